/*
 * bytes.h - what memory processes have, and what the kernel has taken beside that.
 *
 * Of processes it is
 *  - anonymous memory (Pss_Anon of /proc/PID/smaps_rollup): a page that several of them share
 * counts once, and pages of files, which others of the machine have too, do not count;
 *  - page tables (VmPTE of /proc/PID/status).
 * The kernel's own part (its stack for each task, its structures) nobody accounts for by process.
 * It is what has been lost of what is available beyond those two; everything else that the
 * machine does moves that as well, so it is told only when it is more than that.
 */
#ifndef CONCBENCH_MEMORY_BYTES_H
#define CONCBENCH_MEMORY_BYTES_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

struct parked_bytes {
	uint64_t anonymous;
	uint64_t page_tables;
};

/* Readings of bytes_available(). */
struct parked_available {
	uint64_t least, most;           /* of repeated ones, with nothing in between */
	uint64_t before, during, after; /* of the workers' lives */
};

struct parked_kernel {
	double bytes, noise_bytes;
	bool told; /* it is more than the noise */
};

/** bytes_add() - add a process's. Return: 0; -errno; -ENOTSUP the kernel does not say. */
int bytes_add(pid_t pid, struct parked_bytes *b);

/** bytes_beyond() - what is more in @now than in @before. */
struct parked_bytes bytes_beyond(struct parked_bytes now, struct parked_bytes before);

/**
 * bytes_available() - MemAvailable, and the free pages that PUs have on lists of their own; 0 where
 * the kernel does not say.
 *
 * MemAvailable does not have those, and a PU may keep an eighth of the memory (Linux 6.7): workers
 * that get the pages of others before them then seem to take nothing at all. Seen with 1000
 * threads, in MB: MemAvailable lost 36.9 at first, then -0.1, 11.2 and 4.0; with the lists 41.6,
 * 40.1, 38.5 and 35.6.
 */
uint64_t bytes_available(void);

/** bytes_null_readings() - how far readings lie apart with nothing in between; takes 20 ms. */
void bytes_null_readings(struct parked_available *a);

/**
 * bytes_of_kernel() - its part of what is gone.
 * @counted: bytes of that that are known to be somebody's.
 * The noise is the larger of how far the null readings lie apart and what is missing afterwards.
 */
struct parked_kernel bytes_of_kernel(const struct parked_available *a, uint64_t counted);

#endif
