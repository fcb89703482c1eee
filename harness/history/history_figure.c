#include "harness/history/history_figure.h"

#include "harness/base/text.h"
#include "harness/report/figure.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

const char *const history_scales[] = {
    [CB_RATIO] = "ratio",
    [CB_DIFFERENCE] = "difference",
    [CB_SHARE] = "share",
    [CB_OUTCOME] = "outcome",
    NULL,
};
const char *const history_betters[] = {
    [CB_LESS] = "less",
    [CB_MORE] = "more",
    [CB_NEITHER] = "neither",
    NULL,
};

static bool is_share(const struct run_figure *f)
{
	return f->scale == CB_SHARE || f->scale == CB_OUTCOME;
}

bool history_is_time(const struct run_figure *f)
{
	return !strcmp(f->metric, METRIC_NS_PER_OP);
}

const char *history_label(const char *name, const struct run_figure *f, char buf[HISTORY_LABEL_MAX])
{
	const bool time = history_is_time(f);

	(void)snprintf(
	    buf, HISTORY_LABEL_MAX, "%s%s%s", name, time ? "" : " ", time ? "" : f->metric);
	return buf;
}

const char *history_value(
    const struct run_figure *f, double value, bool plain, char buf[HISTORY_TEXT_MAX])
{
	char number[TEXT_FORMAT_MAX];

	if (is_share(f)) {
		(void)snprintf(buf, HISTORY_TEXT_MAX, "%.3g %%", value * 100);
	} else if (!strcmp(f->unit, "ns")) {
		figure_ns(value, plain, buf, HISTORY_TEXT_MAX);
	} else {
		/* "812 bytes", "8.19 kbytes" */
		text_format_count(value, number, sizeof(number));
		(void)snprintf(buf, HISTORY_TEXT_MAX, "%s%s%s", number,
		    strchr(number, ' ') || !*f->unit ? "" : " ", f->unit);
	}
	return buf;
}

const char *history_half_width(const struct run_figure *f, const struct stats_interval *value,
    double covered, bool plain, char buf[HISTORY_TEXT_MAX])
{
	char half[HISTORY_TEXT_MAX];

	buf[0] = '\0';
	if (f->scale == CB_RATIO)
		figure_half_width(value, covered, plain, buf, HISTORY_TEXT_MAX);
	else if (covered > 0)
		(void)snprintf(buf, HISTORY_TEXT_MAX, "%s%.40s", plain ? "+-" : "±",
		    history_value(f,
			fmax(value->high - value->estimate, value->estimate - value->low), plain,
			half));
	return buf;
}

double history_effect(const struct run_figure *f, double from, double to)
{
	return f->scale == CB_RATIO ? to / from - 1 : to - from;
}

double history_least_effect(const struct run_figure *f, double min_effect)
{
	return f->scale == CB_DIFFERENCE ? min_effect * f->worth : min_effect;
}

const char *history_change(
    const struct run_figure *f, double effect, bool plain, char buf[HISTORY_TEXT_MAX])
{
	char value[HISTORY_TEXT_MAX];

	if (!isfinite(effect))
		buf[0] = '\0';
	else if (f->scale == CB_RATIO || is_share(f))
		(void)snprintf(
		    buf, HISTORY_TEXT_MAX, "%+.1f %s", effect * 100, is_share(f) ? "points" : "%");
	else
		(void)snprintf(buf, HISTORY_TEXT_MAX, "%s%.60s", effect < 0 ? "" : "+",
		    history_value(f, effect, plain, value));
	return buf;
}

const char *history_direction(const struct run_figure *f, double effect)
{
	static const char *const words[][2] = {
	    {"faster", "slower"}, {"better", "worse"}, {"less", "more"}};
	const bool time = !strcmp(f->unit, "ns") && f->scale == CB_RATIO && f->better == CB_LESS;
	const bool up = effect > 0;

	return words[f->better == CB_NEITHER ? 2 : !time][f->better == CB_MORE ? !up : up];
}
