/*
 * clock.h - the one clock that measures everything here.
 *
 * It is CLOCK_MONOTONIC: it has the same zero in every process and on every core, and reading it
 * through the vDSO takes about 25 ns. CLOCK_MONOTONIC_RAW would avoid NTP's slewing (at most 500
 * ppm), but no timer can be set on it, and a start line needs one.
 */
#ifndef CONCBENCH_CLOCK_H
#define CONCBENCH_CLOCK_H

#include <stdint.h>
#include <time.h>

#define CLOCK_NS_PER_S UINT64_C(1000000000)
#define CLOCK_NS_PER_MS UINT64_C(1000000)
#define CLOCK_NS_PER_US UINT64_C(1000)

static inline uint64_t clock_of_ns(clockid_t id)
{
	struct timespec ts;

	/* Cannot fail for the constant clock ids used here (clock_gettime(2), ERRORS). */
	(void)clock_gettime(id, &ts);
	return (uint64_t)ts.tv_sec * CLOCK_NS_PER_S + (uint64_t)ts.tv_nsec;
}

/** clock_now_ns() - nanoseconds since boot-ish; comparable across threads and processes. */
static inline uint64_t clock_now_ns(void)
{
	return clock_of_ns(CLOCK_MONOTONIC);
}

/** clock_thread_cpu_ns() - CPU time the calling OS thread has used. A system call, ~200 ns. */
static inline uint64_t clock_thread_cpu_ns(void)
{
	return clock_of_ns(CLOCK_THREAD_CPUTIME_ID);
}

/** clock_sleep_until_ns() - sleep to an absolute CLOCK_MONOTONIC time; restarts after signals. */
static inline void clock_sleep_until_ns(uint64_t abs_ns)
{
	struct timespec ts = {.tv_sec = (time_t)(abs_ns / CLOCK_NS_PER_S),
	    .tv_nsec = (long)(abs_ns % CLOCK_NS_PER_S)};

	while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &ts, NULL) != 0)
		;
}

#endif
