/*
 * history_figure.h - a series' figure in words, and how large a change of it is.
 */
#ifndef CONCBENCH_HISTORY_FIGURE_H
#define CONCBENCH_HISTORY_FIGURE_H

#include "harness/run/run.h"

#define HISTORY_TEXT_MAX 64
#define HISTORY_LABEL_MAX (CASE_NAME_MAX + METRIC_NAME_MAX)

/* Words for the scale and the direction in databases and JSON, in the order of the enums. A NULL
 * ends them.
 */
extern const char *const history_scales[], *const history_betters[];

/** history_is_time() - the figure that nearly all cases have. */
bool history_is_time(const struct run_figure *f);

/** history_label() - the case's name, followed by the metric unless that is the time per operation:
 * a case may have several figures. Return: @buf. */
const char *history_label(
    const char *name, const struct run_figure *f, char buf[HISTORY_LABEL_MAX]);

/** history_effect() - the change from one value to another: relative for a ratio (0.05: 5 % more),
 * otherwise the difference, in the figure's unit or as a fraction for a share (0.05: 5 points). */
double history_effect(const struct run_figure *f, double from, double to);

/** history_least_effect() - the relative @min_effect as an effect of this figure: a fraction of its
 * worth when the scale is a difference. */
double history_least_effect(const struct run_figure *f, double min_effect);

/** history_change() - an effect for people: "+5.0 %", "-1.2 µs", "+0.3 points"; "" when there is
 * none, as from 0. Return: @buf. */
const char *history_change(
    const struct run_figure *f, double effect, bool plain, char buf[HISTORY_TEXT_MAX]);

/** history_direction() - "slower" or "faster" for a time, otherwise "worse" or "better"; "more" or
 * "less" when neither direction is better. */
const char *history_direction(const struct run_figure *f, double effect);

#endif
