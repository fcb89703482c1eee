/*
 * percentiles.h - which points of a latency distribution are reported, and their names: the same in
 * run files, CSV and tables.
 */
#ifndef CONCBENCH_PERCENTILES_H
#define CONCBENCH_PERCENTILES_H

#include "harness/stats/histogram.h"
#include "harness/stats/stats.h"

#define PERCENTILES 5

struct percentile {
	const char *key;   /* as a member or a column: "p99_9_ns" */
	const char *title; /* for people: "p99.9" */
	double q;
};

/** percentiles - ascending; the last is the maximum. */
extern const struct percentile percentiles[PERCENTILES];

/* One point of a series' latency. */
struct percentile_figure {
	enum {
		PERCENTILE_NONE,
		PERCENTILE_TYPICAL, /* the middle of the launches' own, with its interval */
		PERCENTILE_MERGED,  /* of all launches, each with the same weight: no interval */
	} of;
	struct stats_interval ns;
};

/** percentile_find() - which of percentiles[] a metric is; -1 none. */
int percentile_find(const char *metric);

/**
 * percentile_get() - the value at percentiles[@i] of one launch. Return: true and *@ns set when
 * there are enough values for it (histogram.h).
 */
bool percentile_get(const struct histogram *h, unsigned i, uint64_t *ns);

#endif
