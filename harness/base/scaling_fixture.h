/*
 * scaling_fixture.h - does five times the input take five times as long? For *_test.c.
 *
 * It takes this process's CPU time, so that others on the machine hardly matter, and the least of
 * several tries, small and large in turns, because disturbances only ever add time. Freed memory is
 * kept: otherwise a large input, whose memory is mapped anew each time, would pay the kernel for
 * its pages and a small one would not.
 */
#ifndef CONCBENCH_SCALING_FIXTURE_H
#define CONCBENCH_SCALING_FIXTURE_H

#include "harness/base/clock.h"

#include <limits.h>
#include <malloc.h>
#include <stdint.h>
#include <stdio.h>
#include <time.h>

#define SCALING_TRIES 5
/* More tries follow while the ratio is this share above linear: they can only lower the least of
 * either side, and code that is not linear stays above. */
#define SCALING_TRIES_MOST 20
#define SCALING_ENOUGH 1.1
/*
 * Linear is 5, quadratic 25. The same input against itself gave 0.93 to 1.08 on a machine with four
 * times as many busy tasks as PUs. Items that no longer fit into a cache cost up to 1.2 times as
 * much each, and a step of a binary search up to 1.3 times.
 */
#define SCALING_BY 5
#define SCALING_MOST 10.0
/* Where the work on each is more than a look at it. */
#define SCALING_MOST_WORK 6.0

typedef void (*scaling_work)(unsigned n);

static inline uint64_t scaling_cpu_ns(scaling_work work, unsigned n)
{
	const uint64_t begin_ns = clock_of_ns(CLOCK_PROCESS_CPUTIME_ID);

	work(n);
	return clock_of_ns(CLOCK_PROCESS_CPUTIME_ID) - begin_ns;
}

/** scaling_ratio() - how many times as long @with takes for @large as @work does for @n. */
static inline double scaling_ratio(
    const char *what, scaling_work work, unsigned n, scaling_work with, unsigned large)
{
	uint64_t small_ns = UINT64_MAX, large_ns = UINT64_MAX;

	(void)mallopt(M_MMAP_THRESHOLD, 32 << 20);
	(void)mallopt(M_TRIM_THRESHOLD, INT_MAX);
	for (unsigned i = 0; i < SCALING_TRIES ||
			     (i < SCALING_TRIES_MOST &&
				 (double)large_ns > SCALING_ENOUGH * SCALING_BY * (double)small_ns);
	     i++) {
		const uint64_t a = scaling_cpu_ns(work, n), b = scaling_cpu_ns(with, large);

		small_ns = a < small_ns ? a : small_ns;
		large_ns = b < large_ns ? b : large_ns;
	}
	(void)printf("# %s: %.2f ms for %u, %.2f ms for %u: %.2f times\n", what,
	    (double)small_ns * 1e-6, n, (double)large_ns * 1e-6, large,
	    (double)large_ns / (double)small_ns);
	return (double)large_ns / (double)small_ns;
}

#endif
