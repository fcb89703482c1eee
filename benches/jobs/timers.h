/*
 * timers.h - an IO-bound job without IO: every worker wakes at a constant rate.
 *
 * One operation is one wake-up. The intended times are a fixed grid of the clock (k * period plus
 * a phase of the worker's own, so that they do not all fire at once), whatever became of the
 * earlier ones: a late wake-up is counted from its intended time and the ones behind it are caught
 * up with, none skipped. Else a stall would hide all the wake-ups it delayed (coordinated
 * omission).
 *
 * The state is public for the self-check's own test.
 */
#ifndef CONCBENCH_TIMERS_H
#define CONCBENCH_TIMERS_H

#include <concbench/job.h>

struct timers_worker {
	_Alignas(CB_ALIGN) uint64_t next_ns; /* next intended time */
	uint64_t begun_ns;                   /* this trial: when it began ... */
	uint64_t first_ns;                   /* ... its first intended time ... */
	uint64_t last_ns;                    /* ... and its last wake-up */
	uint64_t wakeups;                    /* this trial */
	uint64_t early;                      /* since the cell began, like the next */
	uint64_t total;
	bool running;
};

struct timers_state {
	uint64_t period_ns;
	struct timers_worker worker[];
};

#endif
