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
		    figure_value(f, effect, plain, value, sizeof(value)));
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
