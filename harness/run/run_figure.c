/* run_figure.c - what a series' figure makes of a trial's metrics, and how it is written. */
#include "harness/base/text.h"
#include "harness/run/run.h"
#include "harness/stats/scale.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

struct run_figure run_time_figure(void)
{
	return (struct run_figure){.metric = METRIC_NS_PER_OP,
	    .title = "time per operation",
	    .unit = "ns",
	    .scale = CB_RATIO,
	    .better = CB_LESS};
}

bool run_figure_has_rate(const struct run_figure *f)
{
	return !strcmp(f->metric, METRIC_NS_PER_OP);
}

bool run_figure_is_displaced(const struct run_figure *f)
{
	return !strcmp(f->metric, METRIC_DISPLACED);
}

bool run_figure_is_time(const struct run_figure *f)
{
	return f->scale == CB_RATIO && f->better == CB_LESS && !strcmp(f->unit, "ns");
}

bool run_figure_same(const struct run_figure *a, const struct run_figure *b)
{
	return !strcmp(a->metric, b->metric) && !strcmp(a->unit, b->unit) &&
	       !strcmp(a->outcomes, b->outcomes) && a->scale == b->scale &&
	       a->better == b->better && !(a->worth < b->worth) && !(a->worth > b->worth);
}

bool run_figure_word(const struct run_figure *f, unsigned i, char word[METRIC_NAME_MAX])
{
	const char *at = f->outcomes + strspn(f->outcomes, " ");
	size_t len;

	while (i--) {
		at += strcspn(at, " ");
		at += strspn(at, " ");
	}
	len = strcspn(at, " ");
	if (!len || len >= METRIC_NAME_MAX)
		return false;
	memcpy(word, at, len);
	word[len] = '\0';
	return true;
}

static const char *words_wrong(const struct run_figure *f)
{
	char word[METRIC_NAME_MAX], name[sizeof(METRIC_OUTCOME) + METRIC_NAME_MAX];
	char again[sizeof(f->outcomes)] = "";
	struct metric_set seen = {0};
	unsigned n = 0;

	for (; n < RUN_OUTCOMES_MAX && run_figure_word(f, n, word); n++) {
		snprintf(name, sizeof(name), METRIC_OUTCOME "%s", word);
		if (metric_add(&seen, name, 1))
			break;
		snprintf(again + strlen(again), sizeof(again) - strlen(again), "%s%s", n ? " " : "",
		    word);
	}
	/* A word that is there twice is one metric; what else is wrong is not there again. */
	if (!n || seen.count < n || strcmp(again, f->outcomes) != 0)
		return "its outcomes are not one to eight different words with a blank between "
		       "them";
	return NULL;
}

const char *run_figure_wrong(const struct run_figure *f)
{
	struct metric_set set = {0};

	if (metric_add(&set, f->metric, 0))
		return "its metric has no name of letters and digits";
	if (!(fabs(f->worth) <= METRIC_ABS_MAX) || (f->scale == CB_DIFFERENCE && !(f->worth > 0)))
		return "what a difference is worth is not above 0";
	return f->scale == CB_OUTCOME ? words_wrong(f) : NULL;
}

int run_figure_outcome(const struct run_figure *f, const struct metric_set *trial)
{
	char word[METRIC_NAME_MAX], name[METRIC_NAME_MAX + sizeof(METRIC_OUTCOME)];
	int which = -1;

	for (unsigned i = 0; i < RUN_OUTCOMES_MAX && run_figure_word(f, i, word); i++) {
		double happened;

		snprintf(name, sizeof(name), METRIC_OUTCOME "%s", word);
		if (!metric_get(trial, name, &happened) || !(happened > 0))
			continue;
		if (which >= 0)
			return -1;
		which = (int)i;
	}
	return which;
}

bool run_figure_value(const struct run_figure *f, const struct metric_set *trial, double *value)
{
	double x;

	if (f->scale == CB_OUTCOME) {
		const int which = run_figure_outcome(f, trial);

		*value = which == 0;
		return which >= 0;
	}
	if (!metric_get(trial, f->metric, &x) || !scale_allows(f->scale, x))
		return false;
	*value = x;
	return true;
}

char *run_figure_format(const struct run_figure *f, double value, char *buf, size_t len)
{
	char number[TEXT_FORMAT_MAX];
	const char *gap;

	if (f->scale == CB_SHARE || f->scale == CB_OUTCOME) {
		(void)snprintf(buf, len, "%.3g %%", value * 100);
	} else if (!strcmp(f->unit, "ns")) {
		text_format_ns(value, buf, len);
	} else {
		text_format_count(value, number, sizeof(number));
		/* "812 B" and "45.6 kB" */
		gap = f->unit[0] && !strchr(number, ' ') ? " " : "";
		(void)snprintf(buf, len, "%s%s%s", number, gap, f->unit);
	}
	return buf;
}

char *run_given_format(const struct run_given *g, char *buf, size_t len)
{
	char number[TEXT_FORMAT_MAX];
	const char *gap;

	if (!strcmp(g->unit, "ns"))
		return text_format_ns(g->figure, buf, len);
	text_format_count(g->figure, number, sizeof(number));
	gap = g->unit[0] && g->unit[0] != '/' && !strchr(number, ' ') ? " " : "";
	(void)snprintf(buf, len, "%s%s%s", number, gap, g->unit);
	return buf;
}

char *run_figure_per_cent(const struct run_figure *f, char *buf, size_t len)
{
	char worth[TEXT_FORMAT_MAX + sizeof(f->unit)] = "";

	if (f->scale == CB_DIFFERENCE)
		run_figure_format(f, f->worth, worth, sizeof(worth));
	(void)snprintf(buf, len, "%s%s%s", scale_averages(f->scale) ? "points" : "%",
	    worth[0] ? " of " : "", worth);
	return buf;
}
