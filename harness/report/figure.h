/*
 * figure.h - a case's figures as people read them, the same in the terminal and on the page.
 */
#ifndef CONCBENCH_FIGURE_H
#define CONCBENCH_FIGURE_H

#include "harness/run/run_regimes.h"

#define FIGURE_MAX 64

/* With at least this covered an interval counts as one of 95 %: order statistics come in steps. Of
 * five launches the extremes cover 93.75 %, of six more than 95. */
#define FIGURE_COVERED_MIN 0.94

/**
 * figure_half_width() - the interval's half-width in per cent of the estimate: "±3.1 %".
 * @plain: "+-3.1%", for terminals without UTF-8.
 * Return: @buf; "" when the summary has no interval (one launch).
 */
char *figure_half_width(
    const struct stats_interval *i, double covered, bool plain, char *buf, size_t len);

/** figure_value() - a value in the unit of its figure: "10.8 µs", "8.19 kbytes", "99.5 %".
 * Return: @buf. */
char *figure_value(const struct run_figure *f, double value, bool plain, char *buf, size_t len);

/** figure_range() - with its interval, "5 % (2 % to 9 %)". Return: @buf. */
char *figure_range(
    const struct run_figure *f, const struct stats_interval *i, char *buf, size_t len);

#define FIGURE_OUTCOMES_MAX 160
/** figure_outcomes() - how trials ended, "survived 18 of 20, hung 2"; the good way is always there.
 * Return: @buf; "" when that is not what its figure is. */
char *figure_outcomes(const struct series *s, char *buf, size_t len);

/** figure_plus_minus() - the interval's half-width: of a ratio figure_half_width(), else in the
 * figure's unit, "±1.2 µs". Return: @buf; "" when there is no interval. */
char *figure_plus_minus(const struct run_figure *f, const struct stats_interval *i, double covered,
    bool plain, char *buf, size_t len);

/** figure_ns() - text_format_ns(), with "us" for "µs" when @plain. */
char *figure_ns(double ns, bool plain, char *buf, size_t len);

/**
 * figure_of_launches() - the middle of the launches' figures, with its 95 % interval, as the
 * summary does it. Without an interval (one launch) low and high are the estimate.
 * @metric: of the series' own figure, or another one, which is taken for a ratio.
 * @regime: only launches in it; NULL all.
 * Return: 0; -ENODATA when no launch has it; -ENOMEM.
 */
int figure_of_launches(const struct series *s, const struct launch_list *list, const char *metric,
    const struct regime_choice *regime, struct stats_interval *out);

/** figure_of_metric() - figure_of_launches() over all launches of a series. Return: also -ENODATA
 * when it has no figure; -E2BIG. */
int figure_of_metric(const struct series *s, const char *metric, struct stats_interval *out);

/** figure_usable() - whether there is a figure to show; of a ratio one above 0. */
bool figure_usable(const struct series *s);

/** figure_drawable() - and one that a logarithmic axis has a place for, and a comparison a factor.
 */
bool figure_drawable(const struct series *s);

/** figure_has_rate() - and operations per second. */
bool figure_has_rate(const struct series *s);

/** figure_is_given() - is it the time of operations that come at a rate which is given? That is
 * nobody's merit: no chart shows it beside others' best. */
bool figure_is_given(const struct series *s);

#endif
