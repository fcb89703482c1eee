/*
 * percentiles.h - which points of a latency distribution are told, and under which names: the same
 * in run files, in the CSV and in tables.
 */
#ifndef CONCBENCH_PERCENTILES_H
#define CONCBENCH_PERCENTILES_H

#include "harness/stats/histogram.h"

#define PERCENTILES 5

struct percentile {
	const char *key;   /* as a member or a column: "p99_9_ns" */
	const char *title; /* for people: "p99.9" */
	double q;
};

/** percentiles - ascending; the last is the maximum. */
extern const struct percentile percentiles[PERCENTILES];

/**
 * percentile_get() - the value at percentiles[@i].
 * @h: NULL when the case measures no latency.
 * Return: true and *@ns set when there are values enough to speak of it (histogram.h).
 */
bool percentile_get(const struct histogram *h, unsigned i, uint64_t *ns);

#endif
