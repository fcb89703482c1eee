/*
 * compare.h - two stored runs against each other.
 *
 * Weaker evidence than a gate: the two were measured at different times, so whatever drifted in
 * between counts as change, and no statistics can tell it apart.
 */
#ifndef CONCBENCH_COMPARE_H
#define CONCBENCH_COMPARE_H

#include "harness/run/case_filter.h"
#include "harness/compare/comparison.h"

struct compare_rules {
	const struct case_filter *filter; /* NULL: all */
	double min_effect;                /* relative */
	double must_see;                  /* comparison.h; 0: not asked for */
	bool strict;
	bool force; /* figures even for what is not comparable, marked */
};

/* The two-sided error of one look at a finished series: z = 2.58. */
#define COMPARE_ALPHA 0.00988
/* False discovery rate over the cases. */
#define COMPARE_FALSE_DISCOVERY 0.05

/**
 * compare_runs() - fill @out, which is zero or has base, head and date set.
 *
 * When the environments must not be compared, every row is incomparable, unless forced. A case that
 * is unsupported on both sides gets no row. comparison_free() @out in any case.
 * @refusals: how many differences of the environments forbid comparing; may be NULL.
 * Return: 0; -ENOMEM; -E2BIG as launch_list_build().
 */
int compare_runs(const struct run *base, const struct run *head, const struct compare_rules *rules,
    struct comparison *out, size_t *refusals);

#endif
