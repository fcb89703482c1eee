/*
 * tiny.h - the least program that can prove that it has run, as a file that can be executed.
 *
 * No C library, no dynamic linking, one page: what is left is what fork, exec and exit cost. What a
 * program of a distribution takes to load comes on top of that, and differs from one to the next.
 */
#ifndef CONCBENCH_CREATE_TINY_H
#define CONCBENCH_CREATE_TINY_H

#include <stdint.h>

#define TINY_KEY_DIGITS 16
/* How many notes there can be in a file, and the greatest descriptor of one. */
#define TINY_NOTES 4096u
#define TINY_FD_MOST 255
/* From one note to the next. */
#define TINY_STRIDE 64u

/* It writes this as its one deed, then exits with 0; with 1 when it could not. */
struct tiny_note {
	uint64_t first_s, first_ns; /* CLOCK_MONOTONIC at its beginning */
	uint32_t pu, node;
	char key[TINY_KEY_DIGITS]; /* the beginning of its first argument */
	uint64_t last_s, last_ns;  /* and before it writes */
};

/** tiny_place() - its second argument: note number @note, below TINY_NOTES, of the file @fd. */
void tiny_place(int fd, unsigned note, char out[4]);

/** tiny_open() - the program, in memory alone. Return: a descriptor, close-on-exec, to be executed
 * through /proc/self/fd; -ENOTSUP on other processors than x86-64 and AArch64; -errno. */
int tiny_open(void);

#endif
