/*
 * history_figure.h - a series' figure in words, and how much of it is how large a change.
 */
#ifndef CONCBENCH_HISTORY_FIGURE_H
#define CONCBENCH_HISTORY_FIGURE_H

#include "harness/run/run.h"

#define HISTORY_TEXT_MAX 64
#define HISTORY_LABEL_MAX (CASE_NAME_MAX + METRIC_NAME_MAX)

/* As databases and JSON have the scale and the direction, in the order of the enums. Up to a NULL.
 */
extern const char *const history_scales[], *const history_betters[];

/** history_is_time() - the figure that nearly all cases have. */
bool history_is_time(const struct run_figure *f);

/** history_label() - the case's name, and behind it the metric where that is not the time per
 * operation: a case may have several figures. Return: @buf. */
const char *history_label(
    const char *name, const struct run_figure *f, char buf[HISTORY_LABEL_MAX]);

/** history_effect() - from one value to another: of a ratio relative, 0.05 for 5 % more; else the
 * difference, in the figure's unit or of a share 0.05 for 5 points. */
double history_effect(const struct run_figure *f, double from, double to);

/** history_least_effect() - what @min_effect, relative, is of such: a part of the worth where there
 * are differences only. */
double history_least_effect(const struct run_figure *f, double min_effect);

/** history_change() - an effect for people: "+5.0 %", "-1.2 µs", "+0.3 points"; "" when there is
 * none, as from 0. Return: @buf. */
const char *history_change(
    const struct run_figure *f, double effect, bool plain, char buf[HISTORY_TEXT_MAX]);

/** history_direction() - "slower", "faster" of a time, else "worse", "better"; of what is no merit
 * "more", "less". */
const char *history_direction(const struct run_figure *f, double effect);

#endif
