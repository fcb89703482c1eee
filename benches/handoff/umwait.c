/*
 * umwait.c - spin, with the PU asleep between two looks: it watches the line that the turn is in,
 * and wakes when another PU writes to it. x86-64 with WAITPKG: Intel SDM vol. 2, UMONITOR, UMWAIT.
 */
#include "benches/handoff/turns.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#if defined(__x86_64__)
#include <cpuid.h>

static bool has_umwait(void)
{
	unsigned a, b, c, d;

	return __get_cpuid_count(7, 0, &a, &b, &c, &d) && (c & 1u << 5);
}

static inline void watch(const void *line)
{
	__asm__ volatile("umonitor %0" : : "r"(line) : "memory");
}

/* For so many cycles at most: whoever leaves writes to another line. The kernel's own limit is as
 * long as a rule (/sys/devices/system/cpu/umwait_control/max_time). */
#define DOZE_CYCLES 100000

/* In C0.1, from which it wakes soonest. */
static inline void doze(void)
{
	const uint64_t until = __builtin_ia32_rdtsc() + DOZE_CYCLES;

	__asm__ volatile("umwait %0"
			 :
			 : "r"(1), "a"((uint32_t)until), "d"((uint32_t)(until >> 32))
			 : "cc", "memory");
}
#else
static bool has_umwait(void)
{
	return false;
}

static inline void watch(const void *line)
{
	(void)line;
}

static inline void doze(void)
{
	cb_pause();
}
#endif

static inline bool await(struct cb_worker *w, void *st, unsigned me)
{
	while (!my_turn(st, me)) {
		if (closed(w, st))
			return false;
		if (w->oversubscribed) {
			cb_relax(w);
			continue;
		}
		watch(&turns_of(st)->count);
		/* What was written before it watched would not wake it. */
		if (!my_turn(st, me))
			doze();
	}
	return true;
}

static int init(char *why, size_t why_len)
{
	if (has_umwait())
		return 0;
	(void)snprintf(why, why_len, "the processor has no umwait, or does not say so to a guest");
	return -ENOTSUP;
}

static int can(const struct cb_case *c, char *why, size_t why_len)
{
	if (!cb_case_on_one_pu(c))
		return turns_can(c, why, why_len);
	(void)snprintf(why, why_len, "on one PU the other cannot run while this one watches");
	return -EINVAL;
}

static const struct cb_param params[] = {CB_PARAM_PLACE("scatter")};

static const struct cb_sweep sweeps[] = {
    {CB_FULL, "model=thread,process"},
    {CB_CHECK, "model=thread,process"},
};

HANDOFF_WORK(umwait, char, init(why, why_len), await(w, st, me), (void)0, (void)0, 0, NULL)
HANDOFF_KIND_AS(umwait, "a turn in a cache line that the waiter's PU watches, asleep",
    "Intel SDM vol. 2", CB_FULL, .can = can, .params = params, .param_count = 1, .without = "place",
    .sweeps = sweeps, .sweep_count = 2)
