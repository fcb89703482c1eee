/*
 * noise_tally.h - what became of many tries of the same gate.
 */
#ifndef CONCBENCH_NOISE_TALLY_H
#define CONCBENCH_NOISE_TALLY_H

#include "harness/gate/noise.h"

#include <stdio.h>

struct noise_case {
	char name[CASE_NAME_MAX];
	unsigned verdicts[VERDICT_COUNT];
	unsigned tries;
	char reason[REASON_MAX];     /* of the first failure */
	struct launch_ratio *launch; /* of all tries; owned */
	size_t launch_count, launch_capacity;
	uint64_t spent_ns;
	uint64_t slot_ns;
	struct noise_visible visible; /* noise_tally_conclude() */
};

struct noise_tally {
	struct noise_case *item;
	size_t count;
	uint64_t case_ns; /* that a case has in one try */
	unsigned tries;
	unsigned tries_with_slower; /* any case of the suite was called slower */
	unsigned tries_with_faster;
};

/** noise_tally_begin() - @case_ns: the time that a case has in one try, for which the smallest
 * visible change is said. Return: 0; -ENOMEM. */
int noise_tally_begin(struct noise_tally *t, const struct catalogue_case *const *cases,
    size_t count, uint64_t case_ns);

/** noise_tally_add() - one try, concluded: @rows are @g's cases in order. Return: 0; -ENOMEM. */
int noise_tally_add(struct noise_tally *t, const struct gate *g, const struct comparison_row *rows);

/** noise_tally_conclude() - after the last try, before it is printed: what each case could see. It
 * is a search over simulated gates, so it is done once. */
void noise_tally_conclude(struct noise_tally *t, double min_effect);

/** noise_tally_print() - a line a case and the suite's false-verdict rate. @aa: both sides are the
 * same program, so any difference found is false. Return: 0; -errno. */
int noise_tally_print(FILE *to, const struct noise_tally *t, bool aa);

/** noise_tally_tsv() - the same as a file, whole or not at all. Return: 0; -errno. */
int noise_tally_tsv(const struct noise_tally *t, const char *path);

void noise_tally_free(struct noise_tally *t);

#endif
