/*
 * counters.h - what the kernel and the hardware counted while something ran.
 *
 * Two kinds that are never mixed. Cheap ones (rusage, steal) are read before and after a timed
 * trial. Hardware ones go through perf_event_open(2), slow down context switches by an order of
 * magnitude on virtual machines, and are therefore only opened in a pass of their own.
 */
#ifndef CONCBENCH_COUNTERS_H
#define CONCBENCH_COUNTERS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* What one OS thread used, cumulative; subtract two of them. */
struct counters_usage {
	uint64_t cpu_ns;
	uint64_t voluntary_switches;
	uint64_t involuntary_switches;
};

/** counters_usage_self() - of the calling OS thread (getrusage(2), RUSAGE_THREAD). */
void counters_usage_self(struct counters_usage *out);

/** counters_steal_ns() - CPU time the hypervisor withheld, summed over all CPUs (proc(5), stat). */
uint64_t counters_steal_ns(void);

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

/* A set of events of the calling thread and all it creates after the call (inherited). */
struct counters {
	int fd[COUNTERS_EVENTS]; /* -1: not available */
	int error[COUNTERS_EVENTS]; /* errno of opening, 0 when open */
};

/* One reading. Multiplexed events are scaled by enabled/running time; @scaled says so. */
struct counters_reading {
	bool valid[COUNTERS_EVENTS]; /* false: not available, never a zero */
	bool scaled[COUNTERS_EVENTS];
	double value[COUNTERS_EVENTS];
};

/**
 * counters_open() - open what the kernel allows, disabled. Call before workers are created.
 * @reason: when nothing could be opened, one line why, such as
 *          "hardware counters: not supported by this machine (ENOENT)" or
 *          "hardware counters: not permitted (kernel.perf_event_paranoid=3)".
 * Return: number of events open, 0 when none.
 */
int counters_open(struct counters *c, char *reason, size_t reason_len);

/** counters_enable() / counters_disable() - all open events, children included; 0 or -errno. */
int counters_enable(struct counters *c);
int counters_disable(struct counters *c);

/** counters_read() - totals since opening, children included. Return: 0 or -errno. */
int counters_read(const struct counters *c, struct counters_reading *out);

void counters_close(struct counters *c);

#endif
