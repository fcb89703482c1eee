/*
 * figure.h - a case's figures as people read them, the same in the terminal and on the page.
 */
#ifndef CONCBENCH_FIGURE_H
#define CONCBENCH_FIGURE_H

#include "harness/run/run.h"

#define FIGURE_MAX 64

/* From here on the load generator, not what it loads, decides a rate ("client_busy_pct"). */
#define FIGURE_CLIENT_LIMIT_PCT 90.0

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

/** figure_ns() - text_format_ns(), with "us" for "µs" when @plain. */
char *figure_ns(double ns, bool plain, char *buf, size_t len);

/**
 * figure_of_metric() - a metric's median over the launches, with its 95 % interval, as the summary
 * does it for ns_per_op. Without an interval (one launch) low and high are the estimate.
 * Return: 0; -ENODATA when no launch has the metric, or the series has no figure; -ENOMEM; -E2BIG.
 */
int figure_of_metric(const struct series *s, const char *metric, struct stats_interval *out);

/**
 * figure_usable() - whether a chart or comparison can use it: status with a figure, and a rate
 * above 0.
 */
bool figure_usable(const struct series *s);

#endif
