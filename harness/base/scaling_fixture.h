/*
 * scaling_fixture.h - does what takes n long for n take 4n for 4n? For *_test.c.
 *
 * CPU time of this process, so that others on the machine do not matter much; the least of several
 * tries, small and large in turns, since whatever disturbs only ever adds.
 */
#ifndef CONCBENCH_SCALING_FIXTURE_H
#define CONCBENCH_SCALING_FIXTURE_H

#include "harness/base/clock.h"

#include <stdint.h>
#include <stdio.h>
#include <time.h>

#define SCALING_TRIES 5
/* Linear is 4, and up to 7 where what is larger no longer fits into a cache that others use as
 * well; quadratic is 16, cubic 64. */
#define SCALING_BY 4
#define SCALING_MOST 10.0

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

	for (unsigned i = 0; i < SCALING_TRIES; i++) {
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
