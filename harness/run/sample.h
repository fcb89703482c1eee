/*
 * sample.h - the outcome of one trial, and the words for the status of a case.
 */
#ifndef CONCBENCH_SAMPLE_H
#define CONCBENCH_SAMPLE_H

#include "harness/stats/histogram.h"

#include <concbench/figure.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What became of a case. Only the first three carry a figure. */
enum case_status {
	STATUS_OK,
	STATUS_NOISY,          /* measured, but its interval is too wide to build on */
	STATUS_OVERSUBSCRIBED, /* measured, with more workers than PUs */
	STATUS_UNSUPPORTED,    /* this machine or this combination cannot run it; never started */
	STATUS_INVALID,        /* ran, but its self-check failed: no figure */
	STATUS_CRASHED,        /* one of its processes died or broke the protocol */
	STATUS_HUNG,           /* overran its deadline and was killed */
	STATUS_NOT_RUN,        /* the run ended (Ctrl-C, time budget) before its turn */
	STATUS_COUNT,
};

/** status_names - "ok", "noisy", ..., up to a NULL. */
extern const char *const status_names[STATUS_COUNT + 1];
/** status_name() - "ok", "noisy", ... */
const char *status_name(enum case_status s);
/** status_from_name() - Return: 0; -EINVAL. */
int status_from_name(const char *name, enum case_status *out);
/** status_has_figure() - ok, noisy or oversubscribed. */
bool status_has_figure(enum case_status s);
/** status_is_failure() - invalid, crashed or hung: makes the exit code 1. */
bool status_is_failure(enum case_status s);

#define METRIC_NAME_MAX 40
#define METRICS_MAX 48

struct metric {
	char name[METRIC_NAME_MAX]; /* with its unit: "cpu_ns_per_op" */
	double value;               /* up to METRIC_ABS_MAX */
};

/* Beyond anything that is ever measured, and still small enough for the squares of a run's samples
 * to have a finite sum. */
#define METRIC_ABS_MAX 1e140

struct metric_set {
	unsigned count;
	struct metric item[METRICS_MAX];
};

/**
 * metric_add() - append or replace. Values that are not finite are refused: an unknown figure is
 * left out, it is never a NaN.
 * Return: 0; -EINVAL not finite or beyond METRIC_ABS_MAX, or a name that is empty, too long or not
 * of [A-Za-z0-9_.:-]; -ENOSPC.
 */
int metric_add(struct metric_set *set, const char *name, double value);

/**
 * metric_middle() - one value for a metric of many trials: the median; for rare events (steal time
 * in ticks of 10 ms, moves, preemptions, ways to end) the mean, because the median of 0, 0, 0 and
 * 100 says nothing.
 * @x: [n], finite; n >= 1.
 * Return: 0; -EINVAL; -ENOMEM.
 */
int metric_middle(const char *name, const double *x, size_t n, double *out);

/** metric_get() - Return: true and *value set when the set has it. */
bool metric_get(const struct metric_set *set, const char *name, double *value);

/*
 * Names of the metrics that samples of work in a window carry. All counts are those inside the
 * window, from the common start time to the common end time of all workers, unless said otherwise.
 */
#define METRIC_NS_PER_OP "ns_per_op" /* window / operations of all workers together */
#define METRIC_OPS_PER_S "ops_per_s" /* operations of all workers together / window */
#define METRIC_OPS "ops"             /* operations of all workers together */
#define METRIC_WINDOW_NS "window_ns"
#define METRIC_CPU_NS_PER_OP "cpu_ns_per_op" /* CPU time of all workers / op */
#define METRIC_DISPLACED CB_DISPLACED_NS_PER_OP
#define METRIC_SOAKED_PCT                                                       \
	"parked_soaked_pct" /* of the PUs, by a soaker while workers are parked \
			     */
#define METRIC_JAIN "jain"  /* Jain's index of the workers' operations */
#define METRIC_VOLUNTARY "voluntary_switches_per_op"
#define METRIC_INVOLUNTARY "involuntary_switches_per_op"
#define METRIC_MIGRATIONS "migrations" /* moves to another PU; only unbound workers can */
#define METRIC_STEAL_PCT "steal_pct"   /* of the machine's CPU time during the trial */
/* What else the machine did, over the whole trial: a little more than its window. */
#define METRIC_THROTTLED_PCT "throttled_pct"   /* stopped by the CPU quota; only under one */
#define METRIC_RUN_DELAY_PCT "run_delay_pct"   /* workers were ready and did not run */
#define METRIC_OTHER_BUSY_PUS "other_busy_pus" /* PUs at work that are not the workers' */
#define METRIC_INTERRUPTS_PER_S "device_interrupts_per_s" /* taken by the workers' PUs */
#define METRIC_LOAD "load_1min"                           /* the machine's, theirs in it */
#define METRIC_START_SKEW_NS "start_skew_ns"     /* last worker's start minus the first's */
#define METRIC_COMPANION_PU "companion_pu"       /* PU of the load generator; none when not bound */
#define METRIC_CLIENT_BUSY_PCT "client_busy_pct" /* of the load generator, the busiest */
#define METRIC_COMPANION_CPU_NS "companion_cpu_ns"        /* of all beside the workers, window */
#define METRIC_COMPANION_BYTES "companion_resident_bytes" /* the same */
#define METRIC_TRIAL_NS "trial_ns" /* of a trial without a window: how long all of it took */
#define METRIC_ROUND_TRIP_NS \
	"line_round_trip_ns"      /* a cache line between the first two PUs, as the launch began */
#define METRIC_OUTCOME "outcome." /* and a word: 1 of a trial that ended so (figure.h) */

#define METRIC_GIVEN_OPS_PER_S "given_ops_per_s" /* CB_GIVEN_OPS_PER_S (concbench.h) */

/* From here on the load generator, and not what it loads, decides a rate. */
#define CLIENT_BUSY_LIMIT_PCT 90.0

/* One trial. Owns worker_ops and latency; release with sample_free(). */
struct sample {
	unsigned launch; /* which cell of the case, from 0: the unit of replication */
	unsigned slot;   /* which trial in the cell, from 0 */
	bool warm_up; /* kept in the raw data, left out of every figure: it came too early, or was
			 measured in another window to see whether that matters */
	struct metric_set metrics;
	uint32_t worker_count;
	uint64_t *worker_ops;      /* [worker_count] in the window; NULL once in the journal,
				      and there again in a recovered run */
	struct histogram *latency; /* NULL when the case measures none */
};

void sample_free(struct sample *s);

/** sample_length_ns() - the time of a trial for Google Benchmark: per operation, or else of the
 * whole trial; 0 when neither is known. */
double sample_length_ns(const struct sample *s);

#endif
