/*
 * launch_ratio.h - one figure of one launch: how much longer head's turns took than base's, or how
 * much more of another figure they gave. Pure.
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
 * launch_ratio_of() - one launch pair's figure: of the middle of its turns, or of the quickest.
 * @q: without the warm-up quartet, which the caller has left out.
 *
 * The middle is the mean of the middle 40 % of the log ratios of its pairs of neighbouring slots.
 * Drift moves the pairs that base leads one way and those that head leads the other way, as far. A
 * slot that something took time from spoils its pair, and not its quartet: of recorded slots of 1
 * to 3 ms on shared cores the median over quartets varies from launch to launch by a tenth to a
 * fourth more than that over pairs. The mean of the middle is as safe as the median from what 3 in
 * 10 of the pairs do on either side, and varies by up to 2 % less on those recordings and by 8 %
 * less where all noise is white (results/experiments/README.md).
 *
 * Where most pairs are spoiled there is no middle: something that takes one of two cores for 3 ms
 * out of every 6 makes half of the slots two to three times as long, at random. Whatever disturbs
 * only ever adds time (Chen & Revels, "Robust benchmarking in noisy environments", 2016), so the
 * quickest quarter of each side's slots has seen least of it, and the difference of their mean
 * logarithms is the figure when its error is less than half of the middle's: errors are Yuen's, and
 * the jackknife's over the quartets. On recordings of such minutes it varies by a seventh or less
 * of what the middle does; of calm ones 1 to 3 % of launches take it, and it does not matter.
 *
 * That figure describes undisturbed turns only. A head whose undisturbed turns vary more than
 * base's looks quicker by it, and one with more long turns slower, by a part of their spread. There
 * is a change then, but the size given is that of the quickest turns. verdict_of() calls no change
 * that the middle contradicts.
 *
 * Base and head may change places in all of this, and only the sign does: that is what a
 * signed-rank test needs to be exact.
 *
 * Return: 0; -EINVAL when @n is 0 or a time is not finite or not above zero; -ENOMEM.
 */
int launch_ratio_of(const struct quartet *q, size_t n, struct launch_ratio *out);

/**
 * launch_shift_of() - the same of a figure that is no time per operation: always of the middle of
 * its turns, since nothing says that what disturbs can only add to it; of shares and outcomes the
 * means of all turns, since one that lost something counts by how much (scale.h).
 * Return: 0; -EINVAL when @n is 0 or the scale has no such value; -ENOMEM.
 */
int launch_shift_of(
    enum cb_scale scale, double worth, const struct quartet *q, size_t n, struct launch_ratio *out);

#endif
