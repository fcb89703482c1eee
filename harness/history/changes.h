/*
 * changes.h - from which run on a case's figures are other ones, in text or JSON.
 */
#ifndef CONCBENCH_CHANGES_H
#define CONCBENCH_CHANGES_H

#include "harness/history/changes_walk.h"

#include <stdio.h>

/**
 * changes_print() - for every series that @filter picks, its change points by E-divisive means
 * (change_points.h), each with the run it begins with and what else changed with it.
 *
 * The same history gives the same text: the permutations are seeded.
 * @count: what there was.
 * Return: 0; -EUCLEAN when some series are damaged: all others are there; -EIO when @to has an
 * error; an error that history_error() says.
 */
int changes_print(FILE *to, struct history *h, const struct history_filter *filter,
    const struct changes_options *how, struct changes_count *count);

/**
 * changes_json() - the same for programs, one object:
 *
 *   concbench_changes: 1, the version of this format; min_effect; since: a run's id, when asked
 * for; count: {series, short_series, points, changes, smaller, damaged}; changes: [{case,
 * definition, workers, machine, machine_title, effect, p, before, after: {run, date, revision,
 * ns_per_op}, facts: {key: {before, after}}}]
 *
 * before.run is the last one of the old level and after.run the first of the new one, ns_per_op the
 * medians of the two levels, effect 0.05 where it takes 5 % longer. Of a fact that one of them does
 * not have, that side is missing.
 */
int changes_json(FILE *to, struct history *h, const struct history_filter *filter,
    const struct changes_options *how, struct changes_count *count);

#endif
