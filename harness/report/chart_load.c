/*
 * chart_load.c - latency against load: of each kind a panel, of each model two lines, its 50th and
 * its 99th percentile, over the part of the peak that operations came at. All panels have the same
 * axes, so that they can be compared.
 */
#include "harness/report/chart.h"

#include "harness/report/figure.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LABEL_MAX 160

static const char *const percentile[] = {"p50_ns", "p99_ns"};

/* Cases that differ in nothing but their load. */
struct line {
	size_t panel;
	size_t entry; /* in the legend, which has two for each */
	const struct case_row *first;
};

struct load {
	const struct case_group *g;
	struct line *lines;
	size_t line_count;
	size_t *line_of; /* [g->count] SIZE_MAX: it is not drawn */
	size_t *order;   /* [g->count] rows by rising load */
	const char **panels;
	size_t panel_count;
	char (*entries)[LABEL_MAX];
	const char **model;
	unsigned *variant;
	size_t entry_count;
	double low, high; /* of all that is drawn, in ns */
	double least_pct, most_pct;
};

static double load_of(const struct load *l, const struct case_row *row)
{
	const char *pct = case_parts_value(&row->parts, l->g->family->load);

	return *pct ? strtod(pct, NULL) : NAN;
}

static const struct percentile_figure *latency(const struct case_row *row, size_t which)
{
	return &row->series->summary.latency_at[percentile_find(percentile[which])];
}

static bool is_at_load(const struct load *l, const struct case_row *row)
{
	return row->series->latency_of[0] && !isnan(load_of(l, row));
}

static bool drawn(const struct load *l, const struct case_row *row)
{
	return is_at_load(l, row) && figure_usable(row->series) && figure_is_given(row->series) &&
	       latency(row, 0)->of != PERCENTILE_NONE;
}

/* Other than those that the chart shows by its own means. */
static bool is_knob(const struct load *l, const char *key)
{
	return strcmp(key, l->g->family->load) != 0 && strcmp(key, "model") != 0;
}

/* Does another case of the same kind have another value? */
static bool tells_apart(const struct load *l, const struct case_row *row, const char *key)
{
	for (size_t i = 0; i < l->g->count; i++) {
		const struct case_row *other = &l->g->rows[i];

		if (drawn(l, other) && !strcmp(other->parts.kind, row->parts.kind) &&
		    strcmp(
			case_parts_value(&other->parts, key), case_parts_value(&row->parts, key)))
			return true;
	}
	return false;
}

static void name_entry(const struct load *l, const struct case_row *row, char label[LABEL_MAX])
{
	const char *model = case_parts_value(&row->parts, "model");
	size_t used = (size_t)snprintf(label, LABEL_MAX, "%s", *model ? model : row->parts.kind);

	for (unsigned i = 0; i < row->parts.count && used < LABEL_MAX; i++)
		if (is_knob(l, row->parts.key[i]) && tells_apart(l, row, row->parts.key[i]))
			used += (size_t)snprintf(label + used, LABEL_MAX - used, " %s:%s",
			    row->parts.key[i], row->parts.value[i]);
}

static size_t find_entry(struct load *l, const struct case_row *row)
{
	const char *model = case_parts_value(&row->parts, "model");
	char label[LABEL_MAX];
	unsigned variant = 0;
	size_t n = 0;

	name_entry(l, row, label);
	for (; n < l->entry_count && strcmp(l->entries[n], label) != 0; n++)
		variant += !strcmp(l->model[n], model);
	if (n == l->entry_count) {
		memcpy(l->entries[n], label, sizeof(label));
		l->model[n] = model;
		l->variant[n] = variant;
		l->entry_count++;
	}
	return n;
}

static size_t find_panel(struct load *l, const char *kind)
{
	size_t n = 0;

	while (n < l->panel_count && strcmp(l->panels[n], kind) != 0)
		n++;
	if (n == l->panel_count)
		l->panels[l->panel_count++] = kind;
	return n;
}

static void find_lines(struct load *l)
{
	for (size_t i = 0; i < l->g->count; i++) {
		const struct case_row *row = &l->g->rows[i];
		size_t n = 0, panel, entry;

		l->line_of[i] = SIZE_MAX;
		if (!drawn(l, row))
			continue;
		panel = find_panel(l, row->parts.kind);
		entry = find_entry(l, row);
		while (
		    n < l->line_count && (l->lines[n].panel != panel || l->lines[n].entry != entry))
			n++;
		if (n == l->line_count)
			l->lines[l->line_count++] = (struct line){panel, entry, row};
		l->line_of[i] = n;
	}
}

static void sort_rows(struct load *l)
{
	for (size_t i = 0; i < l->g->count; i++) {
		size_t k = i;

		for (; k && load_of(l, &l->g->rows[l->order[k - 1]]) > load_of(l, &l->g->rows[i]);
		     k--)
			l->order[k] = l->order[k - 1];
		l->order[k] = i;
	}
}

/* An interval far beyond the decades of the figures would flatten all of them. */
static void extend(struct load *l, const struct stats_interval *i)
{
	l->low = fmin(l->low, fmax(i->low, i->estimate / 2));
	l->high = fmax(l->high, fmin(i->high, i->estimate * 2));
}

static void add_row(struct load *l, struct chart *c, const struct case_row *row)
{
	double per_s = 0.0;

	(void)metric_get(&row->series->summary.medians, METRIC_GIVEN_OPS_PER_S, &per_s);
	text_buffer_addf(&c->tsv, "%.15g\t%.6g", load_of(l, row), per_s);
	for (size_t k = 0; k < 2; k++) {
		const struct percentile_figure *f = latency(row, k);

		if (f->of == PERCENTILE_NONE) {
			text_buffer_add(&c->tsv, "\t?\t?\t?");
			continue;
		}
		extend(l, &f->ns);
		text_buffer_addf(
		    &c->tsv, "\t%.6g\t%.6g\t%.6g", f->ns.estimate, f->ns.low, f->ns.high);
	}
	text_buffer_add(&c->tsv, "\n");
	l->least_pct = fmin(l->least_pct, load_of(l, row));
	l->most_pct = fmax(l->most_pct, load_of(l, row));
	c->points++;
}

static void add_lines(struct load *l, struct chart *c)
{
	for (size_t n = 0; n < l->line_count; n++) {
		const struct line *line = &l->lines[n];
		char name[32];

		text_buffer_add(&c->tsv, n ? "\n\n" : "");
		chart_cell(&c->tsv, l->panels[line->panel]);
		text_buffer_add(&c->tsv, " ");
		chart_cell(&c->tsv, l->entries[line->entry]);
		text_buffer_add(&c->tsv, "\tgiven_ops_per_s\tlatency_p50_ns\tlow\thigh\t"
					 "latency_p99_ns\tlow\thigh\n");
		for (size_t i = 0; i < l->g->count; i++)
			if (l->line_of[l->order[i]] == n)
				add_row(l, c, &l->g->rows[l->order[i]]);
		snprintf(name, sizeof(name), "panel_of%zu", n + 1);
		chart_set_number(c, name, (double)line->panel + 1);
		snprintf(name, sizeof(name), "entry_of%zu", n + 1);
		chart_set_number(c, name, (double)line->entry + 1);
	}
}

/* The first percentile's point is full, the second's hollow; of a third setting neither is. */
static void tell_legend(struct chart *c, const struct load *l)
{
	chart_set_number(c, "series", 2.0 * (double)l->entry_count);
	for (size_t n = 0; n < 2 * l->entry_count; n++) {
		const unsigned variant = l->variant[n / 2] ? 2 : (unsigned)(n % 2);
		char name[32], text[LABEL_MAX + 8];

		snprintf(name, sizeof(name), "series%zu", n + 1);
		snprintf(text, sizeof(text), "%s %.3s", l->entries[n / 2], percentile[n % 2]);
		chart_set_text(c, name, text);
		snprintf(name, sizeof(name), "style%zu", n + 1);
		chart_set_number(c, name, chart_style(l->model[n / 2], variant));
	}
}

static void tell(struct chart *c, const struct load *l)
{
	chart_set_number(c, "lines", (double)l->line_count);
	chart_set_number(c, "panels", (double)l->panel_count);
	for (size_t n = 0; n < l->panel_count; n++) {
		char name[32];

		snprintf(name, sizeof(name), "panel%zu", n + 1);
		chart_set_text(c, name, l->panels[n]);
	}
	chart_set_number(c, "low", l->low * 1e-9);
	chart_set_number(c, "high", l->high * 1e-9);
	chart_set_number(c, "least", l->least_pct);
	chart_set_number(c, "most", l->most_pct);
	chart_set_text(c, "title", c->title);
	chart_set_text(c, "common", "");
	chart_set_text(c, "note", "");
}

int chart_load_build(const struct case_group *g, struct chart *c)
{
	struct load l = {.g = g,
	    .lines = calloc(g->count, sizeof(*l.lines)),
	    .line_of = calloc(g->count, sizeof(*l.line_of)),
	    .order = calloc(g->count, sizeof(*l.order)),
	    .panels = calloc(g->count, sizeof(*l.panels)),
	    .entries = calloc(g->count, sizeof(*l.entries)),
	    .model = calloc(g->count, sizeof(*l.model)),
	    .variant = calloc(g->count, sizeof(*l.variant)),
	    .low = INFINITY,
	    .least_pct = INFINITY,
	    .most_pct = -INFINITY};
	int rc = -ENOMEM;

	if (!l.lines || !l.line_of || !l.order || !l.panels || !l.entries || !l.model || !l.variant)
		goto out;
	rc = 0;
	for (size_t i = 0; i < g->count && !rc; i++)
		if (is_at_load(&l, &g->rows[i]) && !drawn(&l, &g->rows[i]))
			rc = chart_leave_out(c, g->rows[i].series);
	c->script = "load.gp";
	snprintf(c->title, sizeof(c->title), "%s: latency against load", g->family->title);
	snprintf(c->text, sizeof(c->text),
	    "Each %s came at random, at a part of the peak that the same case had reached. Its "
	    "latency "
	    "counts from when it was due, so what has to wait behind others shows. Full points: "
	    "half "
	    "were quicker; hollow ones: 99 %% were. The same axes for all. Error bars as in the "
	    "table.",
	    g->op[0] ? g->op : "operation");
	find_lines(&l);
	sort_rows(&l);
	add_lines(&l, c);
	if (c->points) {
		tell(c, &l);
		tell_legend(c, &l);
	}
out:
	free(l.lines);
	free(l.line_of);
	free(l.order);
	free(l.panels);
	free(l.entries);
	free(l.model);
	free(l.variant);
	return rc;
}
