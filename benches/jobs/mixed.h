/*
 * mixed.h - a job of requests that each compute for a while and wait for a while.
 *
 * Computing is a chain of steps, each of which needs the one before (x = a x + c, modulo 2^64):
 * what comes out after any number of them is known without doing them one by one, so the check
 * knows whether they were all done.
 *
 * The state is public for the self-check's own test.
 */
#ifndef CONCBENCH_MIXED_H
#define CONCBENCH_MIXED_H

#include <concbench/job.h>

struct mixed_worker {
	uint64_t x;        /* after all steps since the launch began */
	uint64_t requests; /* since then, like the next */
	uint64_t early;    /* waits that were over before their time */
} CB_ALIGNED;

struct mixed_state {
	uint64_t steps; /* of a request */
	uint64_t wait_ns;
	struct mixed_worker worker[];
};

/** mixed_after() - x after so many steps from 0. */
uint64_t mixed_after(uint64_t steps);

#endif
