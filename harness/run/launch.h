/*
 * launch.h - a series' trials grouped by launch, the unit of replication.
 *
 * Knows no JSON. Used by the summary and by the run file's rows, so that both say the same.
 */
#ifndef CONCBENCH_LAUNCH_H
#define CONCBENCH_LAUNCH_H

#include "harness/run/run.h"

/* More names than one sample may carry: trials may have different metrics. */
#define METRIC_NAMES_MAX 128

struct metric_names {
	unsigned count;
	const char *name[METRIC_NAMES_MAX]; /* point into the series' samples */
};

/**
 * metric_names_collect() - all names that the samples of a series use, in order of first
 * appearance.
 * Return: 0; -E2BIG when there are more than METRIC_NAMES_MAX.
 */
int metric_names_collect(const struct series *s, struct metric_names *out);

/* One launch of a series; warm-up trials are left out of all of it. */
struct launch {
	unsigned launch;
	unsigned samples;
	unsigned empty_samples; /* of these: without the series' figure */
	double ops;             /* of all its trials; a window may cut an operation */
	bool has_figure;
	double figure;                       /* in its own unit: the middle of the trials' */
	unsigned outcomes[RUN_OUTCOMES_MAX]; /* CB_OUTCOME: trials that ended so, by word */
	/* metric_middle() over the trials of every metric; of the figure's own, figure. */
	struct metric_set medians;
};

struct launch_list {
	struct launch *items; /* ascending by launch */
	size_t count;
	/*
	 * Of times per operation: true when so many trials were empty that a median trial has no
	 * length: then ns_per_op and ops_per_s of every launch are its whole time over all its
	 * operations instead.
	 */
	bool pooled;
};

/**
 * launch_list_build() - from the samples as they are; launch_list_free() it.
 *
 * An empty trial has no time per operation, but it was not fast: it counts as longer than every
 * other. If it were dropped, a case would look faster the more often it stands still. For other
 * figures a trial without the figure is left out.
 * Return: 0; -ENOMEM; -E2BIG as above.
 */
int launch_list_build(const struct series *s, struct launch_list *out);

void launch_list_free(struct launch_list *list);

/**
 * launch_figure() - the figure of the series' last launch, as launch_list_build() would have it.
 * @trials: how many it is from.
 * Return: 0; -ENODATA when it has none; -ENOMEM.
 */
int launch_figure(const struct series *s, unsigned launch, double *figure, unsigned *trials);

#endif
