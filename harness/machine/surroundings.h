/*
 * surroundings.h - who else the machine works for while something is timed.
 *
 * Looked at by the coordinator before and after a trial, never inside of its window. The files stay
 * open: a look takes some ten microseconds on a small machine. Interrupts are told a line an
 * interrupt and a column a PU, which takes milliseconds on a big one: there they are left out.
 */
#ifndef CONCBENCH_SURROUNDINGS_H
#define CONCBENCH_SURROUNDINGS_H

#include "harness/machine/quota.h"

#include <stddef.h>

/* Cumulative, but for load; subtract two of them. */
struct surroundings_reading {
	uint64_t ns;            /* when */
	uint64_t steal_ns;      /* that the hypervisor withheld, of all PUs together */
	uint64_t other_busy_ns; /* of PUs that are not ours; in ticks, usually of 10 ms */
	uint64_t interrupts;    /* of devices, taken by ours */
	struct quota_reading quota;
	double load; /* of the last minute; ours counts, too */
};

struct surroundings {
	struct quota quota;
	int stat_fd, interrupts_fd, load_fd; /* -1: not told */
	bool any_ours;
	unsigned pus; /* online, as far as /proc/stat says */
	bool *ours;   /* [ours_len], by operating-system index */
	unsigned ours_len;
	char *text;
	size_t text_len;
};

/**
 * surroundings_open() - for what runs on some PUs.
 * @root: before every path; "" but in tests.
 * @pu:   [@n], -1 for what is not bound. With one of these none is another's.
 * Return: 0; -ENOMEM. What the machine does not tell is no error.
 */
int surroundings_open(struct surroundings *s, const char *root, const int *pu, unsigned n);

void surroundings_read(struct surroundings *s, struct surroundings_reading *out);

void surroundings_close(struct surroundings *s);

#endif
