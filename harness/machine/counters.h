/*
 * counters.h - counts of the kernel and the hardware while something ran.
 *
 * The two are never mixed. Cheap counts (rusage) are read before and after a timed trial. Hardware
 * counters go through perf_event_open(2) and slow down context switches by an order of magnitude on
 * virtual machines, so they are opened only in a pass of their own.
 */
#ifndef CONCBENCH_COUNTERS_H
#define CONCBENCH_COUNTERS_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What one OS thread used, cumulative; subtract two of them. */
struct counters_usage {
	uint64_t cpu_ns;
	uint64_t voluntary_switches;
	uint64_t involuntary_switches;
};

/** counters_usage_self() - the calling OS thread's usage: CPU time from CLOCK_THREAD_CPUTIME_ID,
 * because getrusage(2) knows whole microseconds only, and switches from RUSAGE_THREAD. */
void counters_usage_self(struct counters_usage *out);

enum counters_event {
	COUNTERS_INSTRUCTIONS_USER,
	COUNTERS_INSTRUCTIONS_KERNEL,
	COUNTERS_CYCLES_USER,
	COUNTERS_CYCLES_KERNEL,
	COUNTERS_CACHE_MISSES_USER,
	COUNTERS_CACHE_MISSES_KERNEL,
	COUNTERS_EVENTS,
};

/** counters_event_name() - "instructions_user", ... */
const char *counters_event_name(enum counters_event e);

/* A set of events of the calling thread and of all that it creates after the call (inherited). Each
 * unit opens its own set in itself, so that the set includes what the unit starts for its work and
 * excludes its neighbours. */
struct counters {
	int fd[COUNTERS_EVENTS];    /* -1: not available */
	int error[COUNTERS_EVENTS]; /* errno of opening, 0 when open */
};

/* One reading. Multiplexed events are scaled by enabled/running time; @scaled says so. */
struct counters_reading {
	bool valid[COUNTERS_EVENTS]; /* false: not available, never a zero */
	bool scaled[COUNTERS_EVENTS];
	double value[COUNTERS_EVENTS];
};

/* What to count at one place of the set; see perf_event_open(2). */
struct counters_spec {
	uint32_t type;
	uint64_t config;
	bool user;   /* while in user space */
	bool kernel; /* while in the kernel */
};

/**
 * counters_open() - open what the kernel allows, disabled. Call before workers are created.
 * @reason: "" when all are open, else one line why not, such as
 *          "hardware counters: not supported by this machine (ENOENT)",
 *          "hardware counters: not permitted (kernel.perf_event_paranoid=3)" or
 * "hardware counters: 3 of 6 not permitted (kernel.perf_event_paranoid=2)". With
 * $CONCBENCH_COUNTERS_STAND_IN set, software events take the hardware's place, and @reason says so:
 * to try the pass on a machine without hardware counters.
 * Return: number of events open, 0 when none; then too counters_close() is allowed.
 */
int counters_open(struct counters *c, char *reason, size_t reason_len);

/** counters_none() - a set with nothing open. */
void counters_none(struct counters *c);

/** counters_enable() / counters_disable() - all open events, children included.
 * Return: 0, or -errno of the first that failed, after all have been tried. */
int counters_enable(struct counters *c);
int counters_disable(struct counters *c);

/** counters_read() - totals since opening, children included, alive or not. An event that never got
 * on the hardware is not valid. Return: 0; -errno, and @out untouched. */
int counters_read(const struct counters *c, struct counters_reading *out);

/** counters_close() - and mark all as not open. */
void counters_close(struct counters *c);

/* ---- the layers below, for tests: machines without hardware events have software ones ---- */

/** counters_open_specs() - as counters_open(), for other events. */
int counters_open_specs(struct counters *c, const struct counters_spec specs[COUNTERS_EVENTS]);

#define COUNTERS_PARANOID_UNKNOWN INT_MIN

/** counters_explain() - the @reason of counters_open() from @c's errors. */
void counters_explain(const struct counters *c, int paranoid, char *reason, size_t reason_len);

#endif
