#include "harness/report/figure.h"

#include "harness/base/text.h"
#include "harness/stats/scale.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static char *plus_minus_pct(double pct, double covered, bool plain, char *buf, size_t len)
{
	const char *sign = plain ? "+-" : "±";

	buf[0] = '\0';
	if (!(covered > 0) || !isfinite(pct))
		return buf;
	if (pct < 0.05)
		snprintf(buf, len, "%s<0.1%s", sign, plain ? "%" : " %");
	else
		snprintf(buf, len, "%s%.*f%s", sign, pct < 9.95 ? 1 : 0, pct, plain ? "%" : " %");
	return buf;
}

char *figure_half_width(
    const struct stats_interval *i, double covered, bool plain, char *buf, size_t len)
{
	return plus_minus_pct(stats_half_width(i) * 100, covered, plain, buf, len);
}

char *figure_ns(double ns, bool plain, char *buf, size_t len)
{
	char *micro;

	text_format_ns(ns, buf, len);
	micro = strstr(buf, "µ");
	if (plain && micro) {
		*micro = 'u';
		memmove(micro + 1, micro + strlen("µ"), strlen(micro + strlen("µ")) + 1);
	}
	return buf;
}

char *figure_value(const struct run_figure *f, double value, bool plain, char *buf, size_t len)
{
	char number[TEXT_FORMAT_MAX];

	if (f->scale == CB_SHARE || f->scale == CB_OUTCOME) {
		(void)snprintf(buf, len, "%.3g %%", value * 100);
	} else if (!strcmp(f->unit, "ns")) {
		figure_ns(value, plain, buf, len);
	} else {
		/* "812 bytes", "8.19 kbytes" */
		text_format_count(value, number, sizeof(number));
		(void)snprintf(buf, len, "%s%s%s", number,
		    strchr(number, ' ') || !*f->unit ? "" : " ", f->unit);
	}
	return buf;
}

char *figure_range(
    const struct run_figure *f, const struct stats_interval *i, char *buf, size_t len)
{
	char mid[FIGURE_MAX], low[FIGURE_MAX], high[FIGURE_MAX];

	(void)snprintf(buf, len, "%s (%s to %s)",
	    figure_value(f, i->estimate, false, mid, sizeof(mid)),
	    figure_value(f, i->low, false, low, sizeof(low)),
	    figure_value(f, i->high, false, high, sizeof(high)));
	return buf;
}

char *figure_outcomes(const struct series *s, char *buf, size_t len)
{
	const unsigned *counts = s->summary.outcomes;
	char word[METRIC_NAME_MAX];
	unsigned of = 0;
	size_t used = 0;

	buf[0] = '\0';
	if (s->figure.scale != CB_OUTCOME || !status_has_figure(s->status))
		return buf;
	for (unsigned i = 0; i < RUN_OUTCOMES_MAX; i++)
		of += counts[i];
	for (unsigned i = 0; i < RUN_OUTCOMES_MAX && run_figure_word(&s->figure, i, word); i++) {
		if (i && !counts[i])
			continue;
		if (used < len)
			used += (size_t)snprintf(
			    buf + used, len - used, "%s%s %u", i ? ", " : "", word, counts[i]);
		if (!i && used < len)
			used += (size_t)snprintf(buf + used, len - used, " of %u", of);
	}
	return buf;
}

char *figure_plus_minus(const struct run_figure *f, const struct stats_interval *i, double covered,
    bool plain, char *buf, size_t len)
{
	const double side = fmax(i->high - i->estimate, i->estimate - i->low);
	char half[FIGURE_MAX];

	buf[0] = '\0';
	if (f->scale == CB_RATIO)
		return figure_half_width(i, covered, plain, buf, len);
	if (f->scale == CB_SHARE || f->scale == CB_OUTCOME)
		return plus_minus_pct(100 * side, covered, plain, buf, len);
	if (covered > 0)
		(void)snprintf(buf, len, "%s%.40s", plain ? "+-" : "±",
		    figure_value(f, side, plain, half, sizeof(half)));
	return buf;
}

int figure_of_launches(const struct series *s, const struct launch_list *list, const char *metric,
    const struct regime_choice *regime, struct stats_interval *out)
{
	const bool own = strcmp(metric, s->figure.metric) == 0;
	double *x = calloc(list->count + 1, sizeof(*x));
	unsigned trials = 0;
	double covered;
	size_t n = 0;
	int rc = -ENODATA;

	if (!x)
		return -ENOMEM;
	for (size_t i = 0; i < list->count; i++) {
		const struct launch *l = &list->items[i];

		if (regime && !regime_chosen(regime, l))
			continue;
		if (own ? !l->has_figure : !metric_get(&l->medians, metric, &x[n]))
			continue;
		if (own)
			x[n] = l->figure;
		n++;
		trials += l->samples - l->empty_samples;
	}
	if (n == 1) {
		out->estimate = out->low = out->high = x[0];
		rc = 0;
	} else if (n > 1) {
		rc = scale_interval(
		    own ? s->figure.scale : CB_RATIO, x, n, trials, 0.95, out, &covered);
	}
	free(x);
	return rc;
}

int figure_of_metric(const struct series *s, const char *metric, struct stats_interval *out)
{
	struct launch_list list = {0};
	int rc;

	if (!status_has_figure(s->status))
		return -ENODATA;
	rc = launch_list_build(s, &list);
	rc = rc ? rc : figure_of_launches(s, &list, metric, NULL, out);
	launch_list_free(&list);
	return rc;
}

bool figure_usable(const struct series *s)
{
	return status_has_figure(s->status) && isfinite(s->summary.figure.estimate) &&
	       (s->figure.scale != CB_RATIO || s->summary.figure.estimate > 0);
}

bool figure_drawable(const struct series *s)
{
	return figure_usable(s) && s->figure.scale == CB_RATIO;
}

bool figure_has_rate(const struct series *s)
{
	return figure_drawable(s) && run_figure_has_rate(&s->figure);
}

bool figure_is_given(const struct series *s)
{
	double per_s;

	return !strcmp(s->figure.metric, METRIC_NS_PER_OP) &&
	       metric_get(&s->summary.medians, METRIC_GIVEN_OPS_PER_S, &per_s);
}
