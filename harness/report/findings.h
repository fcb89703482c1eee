/*
 * findings.h - what a run says, in sentences, as far as its intervals carry them.
 *
 * A case is called fastest only when its interval shares no point with that of any other it is
 * compared with; otherwise the sentence says that there is no clear winner. Cases are compared
 * only when they differ in nothing but the model (jobs) or the kind (locks, queues), or in knobs
 * that follow from these, which are then named.
 *
 * Nor are regimes of the machine (run_regimes.h) mixed: of two, the launches of that one are
 * compared which gives every case most, and where none gives all of them enough, nobody wins.
 *
 * How far apart two are said to be goes by the figure's scale: "1.2 times" of a ratio, so much more
 * of a difference, points of a share. A figure that is neither good nor bad has no winner.
 */
#ifndef CONCBENCH_FINDINGS_H
#define CONCBENCH_FINDINGS_H

#include "harness/report/case_group.h"

struct finding {
	char topic[2 * CASE_WORD_MAX]; /* the group's title */
	char where[160];               /* "2 workers", "thread, 4 workers" */
	char text[640];                /* a sentence or two */
	bool clear;                    /* false: nothing could be told apart */
};

struct findings {
	struct finding *items;
	size_t count;
};

/** findings_build() - in the groups' order. Return: 0; -ENOMEM; -E2BIG. */
int findings_build(const struct case_groups *groups, struct findings *out);

void findings_free(struct findings *f);

/* One of the things compared. */
struct contender {
	char label[160];
	struct stats_interval value;
};

/**
 * findings_compare() - sort @c best first and say how many cannot be told from the best.
 * @less_is_better: for times; false for rates.
 * Return: 1 when the first is clearly the best, else how many overlap with it, itself included;
 * 0 when n is 0.
 */
size_t findings_compare(struct contender *c, size_t n, bool less_is_better);

#endif
