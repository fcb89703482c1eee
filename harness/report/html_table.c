/* html_table.c - tables of cases; sortable by a click, complete without. */
#include "harness/report/html.h"

#include "harness/base/grow.h"
#include "harness/report/again.h"
#include "harness/report/figure.h"

#include <stdio.h>
#include <string.h>

#define DASH "\u2013"

/* Metrics that have columns of their own, or that only tell how a trial went. */
static const char *const known[] = {METRIC_NS_PER_OP, METRIC_OPS_PER_S, METRIC_OPS,
    METRIC_WINDOW_NS, METRIC_CPU_NS_PER_OP, METRIC_JAIN, METRIC_VOLUNTARY, METRIC_INVOLUNTARY,
    METRIC_MIGRATIONS, METRIC_STEAL_PCT, METRIC_START_SKEW_NS, METRIC_ROUND_TRIP_NS};

struct columns {
	bool rate, latency, cpu, switches, jain;
	size_t extra_count, extra_room;
	const char **extra; /* metrics of the workload's own */
};

/* Return: 0; -ENOMEM. */
static int note_metric(struct columns *c, const char *name)
{
	int rc;

	/* How many trials ended so stands beside the figure. */
	if (!strncmp(name, METRIC_OUTCOME, sizeof(METRIC_OUTCOME) - 1))
		return 0;
	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		if (!strcmp(known[i], name))
			return 0;
	for (size_t i = 0; i < c->extra_count; i++)
		if (!strcmp(c->extra[i], name))
			return 0;
	rc = grow(&c->extra, c->extra_count + 1, &c->extra_room, sizeof(*c->extra));
	if (!rc)
		c->extra[c->extra_count++] = name;
	return rc;
}

/* Return: 0; -ENOMEM. */
static int find_columns(const struct case_group *g, struct columns *c)
{
	int rc = 0;

	memset(c, 0, sizeof(*c));
	for (size_t i = 0; i < g->count && !rc; i++) {
		const struct series *s = g->rows[i].series;
		const struct metric_set *m = &s->summary.medians;
		double value;

		if (!figure_usable(s))
			continue;
		c->rate |= run_figure_has_rate(&s->figure);
		c->latency |= s->summary.latency && s->summary.latency->count;
		c->cpu |= metric_get(m, METRIC_CPU_NS_PER_OP, &value);
		c->switches |= metric_get(m, METRIC_VOLUNTARY, &value);
		c->jain |= metric_get(m, METRIC_JAIN, &value);
		for (unsigned k = 0; k < m->count && !rc; k++)
			rc = note_metric(c, m->item[k].name);
		for (unsigned k = 0; k < s->counters.count && !rc; k++)
			rc = note_metric(c, s->counters.item[k].name);
	}
	return rc;
}

static void head(struct text_buffer *b, const char *class, const char *text, const char *title)
{
	text_buffer_addf(
	    b, "<th scope=\"col\"%s%s%s", *class ? " class=\"" : "", class, *class ? "\"" : "");
	if (*title) {
		text_buffer_add(b, " title=\"");
		html_text(b, title);
		text_buffer_add(b, "\"");
	}
	text_buffer_add(b, ">");
	html_text(b, text);
	text_buffer_add(b, "</th>");
}

/* "handoff_share" is "handoff share" to people. */
static void extra_name(const char *name, char *buf, size_t len)
{
	snprintf(buf, len, "%s", name);
	for (; *buf; buf++)
		if (*buf == '_')
			*buf = ' ';
}

/* A column that says the same in every row is only in the way; but a row needs a name. */
static bool shows_kind(const struct case_group *g)
{
	for (unsigned k = 0; k < g->key_count; k++)
		if (g->keys[k].differs)
			return g->kind_differs;
	return true;
}

static void write_status(struct text_buffer *b, const struct series *s)
{
	char why[SERIES_WHY_MAX];

	text_buffer_add(b, "<td class=\"status\">");
	html_status(b, s);
	if (*series_why(s, why)) {
		text_buffer_add(b, "<small>");
		html_prose(b, why);
		text_buffer_add(b, "</small>");
	}
	text_buffer_add(b, "</td>");
}

static void write_head(struct text_buffer *b, const struct case_group *g, const struct columns *c)
{
	static const char typical[] = "latency in a typical launch, with the 95 % interval over "
				      "launches; without one: of all launches, each with the "
				      "same weight";

	char text[512];

	text_buffer_add(b, "<thead><tr>");
	if (shows_kind(g))
		head(b, "", "case", "");
	for (unsigned k = 0; k < g->key_count; k++) {
		const struct run_param *p = run_find_param(g->family, g->keys[k].name);

		if (g->keys[k].differs)
			head(b, "", g->keys[k].name, p ? p->about : "");
	}
	head(b, "", "status", "");
	if (case_group_times(g))
		head(b, "num", "time / op", "all workers together; with the 95 % interval");
	else
		head(b, "num", case_group_heading(g), case_group_figures(g, text, sizeof(text)));
	if (c->rate)
		head(b, "num", "ops / s", "all workers together");
	if (c->cpu)
		head(b, "num", "CPU / op", "CPU time of all workers");
	if (c->switches)
		head(b, "num", "switches / op", "context switches, voluntary and involuntary");
	for (unsigned i = 0; c->latency && i < PERCENTILES; i++)
		head(b, "num", percentiles[i].title,
		    percentiles[i].q < 1 ? typical : "latency: the longest of all launches");
	if (c->jain)
		head(b, "num", "fairness", "Jain's index of the workers' operations");
	for (size_t k = 0; k < c->extra_count; k++) {
		char name[METRIC_NAME_MAX];

		extra_name(c->extra[k], name, sizeof(name));
		head(b, "num", name, "");
	}
	text_buffer_add(b, "</tr></thead>\n<tbody>\n");
}

static void no_figure(struct text_buffer *b)
{
	text_buffer_add(b, "<td class=\"num\">" DASH "</td>");
}

static void number(struct text_buffer *b, double sort_by, const char *text)
{
	text_buffer_addf(b, "<td class=\"num\" data-v=\"%.9g\">", sort_by);
	html_text(b, text);
	text_buffer_add(b, "</td>");
}

static void write_figure(struct text_buffer *b, const struct series *s)
{
	const struct stats_interval *i = &s->summary.figure;
	char mid[FIGURE_MAX], low[FIGURE_MAX], high[FIGURE_MAX], half[FIGURE_MAX];
	char outcomes[FIGURE_OUTCOMES_MAX];

	text_buffer_addf(b, "<td class=\"num\" data-v=\"%.9g\">", i->estimate);
	html_text(b, figure_value(&s->figure, i->estimate, false, mid, sizeof(mid)));
	figure_plus_minus(&s->figure, i, s->summary.covered, false, half, sizeof(half));
	if (*half)
		html_textf(b, " %s", half);
	if (*half)
		text_buffer_addf(b, "<small>%s " DASH " %s</small>",
		    figure_value(&s->figure, i->low, false, low, sizeof(low)),
		    figure_value(&s->figure, i->high, false, high, sizeof(high)));
	if (*figure_outcomes(s, outcomes, sizeof(outcomes))) {
		text_buffer_add(b, "<small>");
		html_text(b, outcomes);
		text_buffer_add(b, "</small>");
	}
	text_buffer_add(b, "</td>");
}

static void write_metric(struct text_buffer *b, const struct series *s, const char *name)
{
	const size_t len = strlen(name);
	char text[TEXT_FORMAT_MAX];
	double value;

	if (!metric_get(&s->summary.medians, name, &value) &&
	    !metric_get(&s->counters, name, &value)) {
		no_figure(b);
		return;
	}
	if (strstr(name, "_ns"))
		text_format_ns(value, text, sizeof(text));
	else if (len > 4 && !strcmp(name + len - 4, "_pct"))
		snprintf(text, sizeof(text), "%.1f %%", value);
	else if (value >= 1000)
		text_format_count(value, text, sizeof(text));
	else
		snprintf(text, sizeof(text), "%.3g", value);
	number(b, value, text);
}

/* Where all launches had to be merged for it, it has no interval. */
static void write_latency(struct text_buffer *b, const struct series_summary *sum)
{
	for (unsigned i = 0; i < PERCENTILES; i++) {
		const struct percentile_figure *at = &sum->latency_at[i];
		char text[TEXT_FORMAT_MAX], high[TEXT_FORMAT_MAX];

		if (at->of == PERCENTILE_NONE) {
			no_figure(b);
			continue;
		}
		text_buffer_addf(b, "<td class=\"num\" data-v=\"%.9g\">", at->ns.estimate);
		html_text(b, text_format_ns(at->ns.estimate, text, sizeof(text)));
		if (at->ns.low < at->ns.high)
			text_buffer_addf(b, "<small>%s " DASH " %s</small>",
			    text_format_ns(at->ns.low, text, sizeof(text)),
			    text_format_ns(at->ns.high, high, sizeof(high)));
		text_buffer_add(b, "</td>");
	}
}

static void write_figures(struct text_buffer *b, const struct series *s, const struct columns *c)
{
	const struct metric_set *m = &s->summary.medians;
	double voluntary = 0, involuntary = 0;
	char text[TEXT_FORMAT_MAX];

	write_figure(b, s);
	if (run_figure_has_rate(&s->figure))
		number(b, s->summary.ops_per_s.estimate,
		    text_format_count(s->summary.ops_per_s.estimate, text, sizeof(text)));
	else if (c->rate)
		no_figure(b);
	if (c->cpu)
		write_metric(b, s, METRIC_CPU_NS_PER_OP);
	if (c->switches && metric_get(m, METRIC_VOLUNTARY, &voluntary)) {
		(void)metric_get(m, METRIC_INVOLUNTARY, &involuntary);
		snprintf(text, sizeof(text), "%.3g", voluntary + involuntary);
		number(b, voluntary + involuntary, text);
	} else if (c->switches) {
		no_figure(b);
	}
	if (c->latency)
		write_latency(b, &s->summary);
	if (c->jain)
		write_metric(b, s, METRIC_JAIN);
	for (size_t k = 0; k < c->extra_count; k++)
		write_metric(b, s, c->extra[k]);
}

/* What a row begins with leads to its command, in the table of every case. */
static void write_row_head(
    struct text_buffer *b, const struct run *run, const struct series *s, const char *text)
{
	text_buffer_addf(b, "<th scope=\"row\"><a href=\"#case-%zu\">", (size_t)(s - run->series));
	html_text(b, text);
	text_buffer_add(b, "</a></th>");
}

static void write_row(struct text_buffer *b, const struct run *run, const struct case_group *g,
    const struct case_row *row, const struct columns *c)
{
	const struct series *s = row->series;

	bool named = shows_kind(g);

	text_buffer_add(b, "<tr>");
	if (named)
		write_row_head(b, run, s, *row->parts.kind ? row->parts.kind : row->parts.family);
	for (unsigned k = 0; k < g->key_count; k++) {
		const char *value = case_parts_value(&row->parts, g->keys[k].name);

		if (!g->keys[k].differs)
			continue;
		if (!named) {
			write_row_head(b, run, s, *value ? value : DASH);
			named = true;
			continue;
		}
		text_buffer_add(b, "<td>");
		html_text(b, *value ? value : DASH);
		text_buffer_add(b, "</td>");
	}
	write_status(b, s);
	if (figure_usable(s)) {
		write_figures(b, s, c);
	} else {
		size_t n = 1u + c->rate + c->cpu + c->switches + c->jain + c->extra_count +
			   (c->latency ? PERCENTILES : 0u);

		while (n--)
			no_figure(b);
	}
	text_buffer_add(b, "</tr>\n");
}

static void begin(struct text_buffer *b, const char *label)
{
	text_buffer_add(b, "<div class=\"scroll\" role=\"region\" tabindex=\"0\" aria-label=\"");
	html_text(b, label);
	text_buffer_add(b, "\">\n<table class=\"sortable\">\n");
}

void html_group_table(struct text_buffer *b, const struct run *run, const struct case_group *g)
{
	char common[512], label[256], text[512];
	struct columns c;

	if (find_columns(g, &c)) {
		b->failed = true;
		free(c.extra);
		return;
	}
	case_group_common(g, common, sizeof(common));
	snprintf(label, sizeof(label), "Figures of %s", g->title);
	begin(b, label);
	case_group_figures(g, text, sizeof(text));
	if (g->op[0] || *common || *text) {
		text_buffer_add(b, "<caption>");
		if (g->op[0])
			html_textf(b, "One operation: %s. ", g->op);
		if (*text)
			html_textf(b, "Figure: %s. ", text);
		if (*common)
			html_textf(b, "All cases: %s.", common);
		text_buffer_add(b, "</caption>\n");
	}
	write_head(b, g, &c);
	for (size_t i = 0; i < g->count; i++)
		write_row(b, run, g, &g->rows[i], &c);
	text_buffer_add(b, "</tbody></table></div>\n");
	free(c.extra);
}

void html_case_table(struct text_buffer *b, const struct run *run)
{
	begin(b, "Every case");
	text_buffer_add(b, "<thead><tr>");
	head(b, "", "case", "");
	head(b, "", "status", "");
	head(b, "", "reason", "");
	head(b, "num", "launches", "processes that measured it: what the interval counts");
	head(b, "num", "trials", "without warm-up");
	head(b, "", "PUs", "where the workers were bound, read back");
	text_buffer_add(b, "</tr></thead>\n<tbody>\n");
	for (size_t i = 0; i < run->series_count; i++) {
		const struct series *s = &run->series[i];
		struct text_buffer command = {0};
		char pus[80], why[SERIES_WHY_MAX];

		text_buffer_addf(b, "<tr id=\"case-%zu\"><td class=\"mono wrap again\">", i);
		again_command(&command, run, s);
		b->failed |= command.failed;
		html_text(b, text_buffer_str(&command));
		text_buffer_free(&command);
		text_buffer_add(b, "</td><td>");
		html_status(b, s);
		text_buffer_add(b, "</td><td class=\"why\">");
		html_prose(b, series_why(s, why));
		text_buffer_addf(b, "</td><td class=\"num\">%u</td><td class=\"num\">%u</td><td>",
		    s->summary.launches, s->summary.samples);
		snprintf(pus, sizeof(pus), "%.64s%s", s->pus, strlen(s->pus) > 64 ? "..." : "");
		html_text(b, pus);
		text_buffer_add(b, "</td></tr>\n");
	}
	text_buffer_add(b, "</tbody></table></div>\n");
}
