/*
 * surroundings.h - what else the machine does while something is timed.
 *
 * The coordinator looks before and after a trial, never inside its window. The files stay open: a
 * look takes about ten microseconds on a small machine. The kernel lists interrupts with a line for
 * each interrupt and a column for each PU; reading that takes milliseconds on a big machine, where
 * they are left out.
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
 * @pu: [@n], -1 for what is not bound. With a worker that is not bound, nothing is counted as
 * another task's.
 * Return: 0; -ENOMEM. What the machine does not tell is no error.
 */
int surroundings_open(struct surroundings *s, const char *root, const int *pu, unsigned n);

void surroundings_read(struct surroundings *s, struct surroundings_reading *out);

void surroundings_close(struct surroundings *s);

#endif
