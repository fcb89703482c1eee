/*
 * launch_ratio.h - one value of one pair of launches: how much longer head's turns took than
 * base's, or how much more of another figure they gave. Pure.
 */
#ifndef CONCBENCH_LAUNCH_RATIO_H
#define CONCBENCH_LAUNCH_RATIO_H

#include <concbench/figure.h>
#include <stdbool.h>
#include <stddef.h>

#define QUARTET_PAIRS 2u

/* Four slots in the order ABBA or BAAB: two pairs of neighbours, one of which base leads and the
 * other one head. */
struct quartet {
	double base_ns[QUARTET_PAIRS]; /* time per operation of base's slot, of each pair */
	double head_ns[QUARTET_PAIRS]; /* or another figure, in its own unit */
};

/* Head against base, where differences of the scale are measured (scale_place()): in log ratios of
 * times. */
struct launch_ratio {
	enum cb_scale scale; /* the same of all launches of a case */
	double log_ratio;    /* the launch's figure */
	double predicted_sd; /* of log_ratio, as the slots' spread predicts; 0: under 3 quartets */
	bool quickest;       /* log_ratio is that of the quickest turns ... */
	double middle;       /* ... and this that of the middle; else log_ratio is */
	unsigned quartets;
	double share[2]; /* of shares and outcomes: base's and head's */
};

/**
 * launch_ratio_of() - the value of one pair of launches: from the middle of its turns, or from the
 * quickest. @q: the quartets without the warm-up one.
 *
 * The middle is the mean of the middle 40 % of the log ratios of its pairs of neighbouring slots.
 * Drift moves the pairs that base leads and those that head leads by the same amount in opposite
 * directions. A disturbed slot spoils its pair but not its quartet: in recorded slots of 1 to 3 ms
 * on shared cores the median over quartets varies from launch to launch by a tenth to a fourth more
 * than the median over pairs. The mean of the middle resists 3 in 10 bad pairs on either side, as
 * the median does, and varies by up to 2 % less on those recordings and by 8 % less when all noise
 * is white (results/experiments/README.md).
 *
 * When most pairs are spoiled the middle is of no use: something that takes one of two cores for 3
 * ms out of every 6 makes half of the slots two to three times as long, at random. Disturbances
 * only ever add time (Chen & Revels, "Robust benchmarking in noisy environments", 2016), so the
 * quickest quarter of each side's slots has seen the least of them. The difference of their mean
 * logarithms is the value when its error is less than half of the middle's (Yuen's error for the
 * middle, the jackknife's over the quartets for the quickest). On recordings of such minutes it
 * varies by a seventh or less of what the middle does; in calm recordings 1 to 3 % of the launches
 * use it, and it makes no difference.
 *
 * That value describes undisturbed turns only. A head whose undisturbed turns vary more than base's
 * looks quicker, and one with more long turns looks slower, by a part of their spread. Something
 * has changed then, but the size given is that of the quickest turns. verdict_of() calls no change
 * that the middle contradicts.
 *
 * Swapping base and head changes only the sign: a signed-rank test needs that to be exact.
 *
 * Return: 0; -EINVAL when @n is 0 or a time is not finite or not above zero; -ENOMEM.
 */
int launch_ratio_of(const struct quartet *q, size_t n, struct launch_ratio *out);

/**
 * launch_shift_of() - the same for a figure other than time per operation: always the middle of its
 * turns, because a disturbance might also lower it; for shares and outcomes the means of all turns,
 * because a turn that lost something counts by how much (scale.h).
 * Return: 0; -EINVAL when @n is 0 or the scale has no such value; -ENOMEM.
 */
int launch_shift_of(
    enum cb_scale scale, double worth, const struct quartet *q, size_t n, struct launch_ratio *out);

#endif
