/*
 * chart_over.c - figures over one parameter: of each kind a panel, of each model its lines. All
 * panels have the same axes, so that they can be compared. Latency against load: the 50th and the
 * 99th percentile over the part of the peak that operations came at. The rate against size: over
 * the bytes that an operation hands over.
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

/* Cases that differ in nothing but that parameter. */
struct line {
	size_t panel;
	size_t entry; /* in the legend, which has one for each of its figures */
	const struct case_row *first;
};

struct over {
	const struct case_group *g;
	const char *key; /* of the parameter */
	bool size;       /* that it is: of the rate; else the load, of latencies */
	struct line *lines;
	size_t line_count;
	size_t *line_of; /* [g->count] SIZE_MAX: it is not drawn */
	size_t *order;   /* [g->count] rows by rising value */
	const char **panels;
	size_t panel_count;
	char (*entries)[LABEL_MAX];
	const char **model;
	unsigned *variant;
	size_t entry_count;
	double low, high;   /* of all that is drawn, in ns or per second */
	double least, most; /* of the parameter */
};

static double at_of(const struct over *l, const struct case_row *row)
{
	const char *value = case_parts_value(&row->parts, l->key);

	return *value ? strtod(value, NULL) : NAN;
}

static const struct percentile_figure *latency(const struct case_row *row, size_t which)
{
	return &row->series->summary.latency_at[percentile_find(percentile[which])];
}

/* Do they differ in the parameter, and in nothing else? */
static bool are_of_one_line(
    const struct over *l, const struct case_row *a, const struct case_row *b)
{
	if (strcmp(a->parts.kind, b->parts.kind) != 0 || a->parts.count != b->parts.count ||
	    at_of(l, a) == at_of(l, b))
		return false;
	for (unsigned i = 0; i < a->parts.count; i++)
		if (strcmp(a->parts.key[i], l->key) != 0 &&
		    strcmp(a->parts.value[i], case_parts_value(&b->parts, a->parts.key[i])) != 0)
			return false;
	return true;
}

/* Has its size been changed, and nothing else? Of those of one size there is nothing to see. */
static bool has_another_size(const struct over *l, const struct case_row *row)
{
	for (size_t i = 0; i < l->g->count; i++)
		if (figure_usable(l->g->rows[i].series) && are_of_one_line(l, row, &l->g->rows[i]))
			return true;
	return false;
}

static bool has_place(const struct over *l, const struct case_row *row)
{
	if (isnan(at_of(l, row)))
		return false;
	if (l->size)
		return run_figure_has_rate(&row->series->figure) && !figure_is_given(row->series) &&
		       has_another_size(l, row);
	return row->series->latency_of[0];
}

static bool drawn(const struct over *l, const struct case_row *row)
{
	if (!has_place(l, row) || !figure_usable(row->series))
		return false;
	return l->size || (figure_is_given(row->series) && latency(row, 0)->of != PERCENTILE_NONE);
}

/* Other than those that the chart shows by its own means. */
static bool is_knob(const struct over *l, const char *key)
{
	return strcmp(key, l->key) != 0 && strcmp(key, "model") != 0;
}

/* Does another case of the same kind have another value? */
static bool tells_apart(const struct over *l, const struct case_row *row, const char *key)
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

static void name_entry(const struct over *l, const struct case_row *row, char label[LABEL_MAX])
{
	const char *model = case_parts_value(&row->parts, "model");
	size_t used = (size_t)snprintf(label, LABEL_MAX, "%s", *model ? model : row->parts.kind);

	for (unsigned i = 0; i < row->parts.count && used < LABEL_MAX; i++)
		if (is_knob(l, row->parts.key[i]) && tells_apart(l, row, row->parts.key[i]))
			used += (size_t)snprintf(label + used, LABEL_MAX - used, " %s:%s",
			    row->parts.key[i], row->parts.value[i]);
}

static size_t find_entry(struct over *l, const struct case_row *row)
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

static size_t find_panel(struct over *l, const char *kind)
{
	size_t n = 0;

	while (n < l->panel_count && strcmp(l->panels[n], kind) != 0)
		n++;
	if (n == l->panel_count)
		l->panels[l->panel_count++] = kind;
	return n;
}

static void find_lines(struct over *l)
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

static void sort_rows(struct over *l)
{
	for (size_t i = 0; i < l->g->count; i++) {
		size_t k = i;

		for (; k && at_of(l, &l->g->rows[l->order[k - 1]]) > at_of(l, &l->g->rows[i]); k--)
			l->order[k] = l->order[k - 1];
		l->order[k] = i;
	}
}

/* An interval far beyond the decades of the figures would flatten all of them. */
static void extend(struct over *l, const struct stats_interval *i)
{
	l->low = fmin(l->low, fmax(i->low, i->estimate / 2));
	l->high = fmax(l->high, fmin(i->high, i->estimate * 2));
}

static void add_latencies(struct over *l, struct chart *c, const struct case_row *row)
{
	double per_s = 0.0;

	(void)metric_get(&row->series->summary.medians, METRIC_GIVEN_OPS_PER_S, &per_s);
	text_buffer_addf(&c->tsv, "\t%.6g", per_s);
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
}

static void add_row(struct over *l, struct chart *c, const struct case_row *row)
{
	const struct stats_interval *rate = &row->series->summary.ops_per_s;
	const double at = at_of(l, row);

	text_buffer_addf(&c->tsv, "%.15g", at);
	if (l->size) {
		extend(l, rate);
		text_buffer_addf(&c->tsv, "\t%.6g\t%.6g\t%.6g\t%.6g", rate->estimate * at,
		    rate->estimate, rate->low, rate->high);
	} else {
		add_latencies(l, c, row);
	}
	text_buffer_add(&c->tsv, "\n");
	l->least = fmin(l->least, at);
	l->most = fmax(l->most, at);
	c->points++;
}

static void add_lines(struct over *l, struct chart *c)
{
	for (size_t n = 0; n < l->line_count; n++) {
		const struct line *line = &l->lines[n];
		char name[32];

		text_buffer_add(&c->tsv, n ? "\n\n" : "");
		chart_cell(&c->tsv, l->panels[line->panel]);
		text_buffer_add(&c->tsv, " ");
		chart_cell(&c->tsv, l->entries[line->entry]);
		text_buffer_add(&c->tsv, l->size ? "\tbytes_per_s\tops_per_s\tlow\thigh\n"
						 : "\tgiven_ops_per_s\tlatency_p50_ns\tlow\thigh\t"
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
static void tell_legend(struct chart *c, const struct over *l)
{
	const size_t each = l->size ? 1 : 2;

	chart_set_number(c, "series", (double)(each * l->entry_count));
	for (size_t n = 0; n < each * l->entry_count; n++) {
		const size_t entry = n / each;
		const unsigned variant = l->size             ? l->variant[entry]
					 : l->variant[entry] ? 2
							     : (unsigned)(n % 2);
		char name[32], text[LABEL_MAX + 8];

		snprintf(name, sizeof(name), "series%zu", n + 1);
		snprintf(text, sizeof(text), l->size ? "%s" : "%s %.3s", l->entries[entry],
		    percentile[n % 2]);
		chart_set_text(c, name, text);
		snprintf(name, sizeof(name), "style%zu", n + 1);
		chart_set_number(c, name, chart_style(l->model[entry], variant));
	}
}

static void tell(struct chart *c, const struct over *l)
{
	chart_set_number(c, "lines", (double)l->line_count);
	chart_set_number(c, "panels", (double)l->panel_count);
	for (size_t n = 0; n < l->panel_count; n++) {
		char name[32];

		snprintf(name, sizeof(name), "panel%zu", n + 1);
		chart_set_text(c, name, l->panels[n]);
	}
	chart_set_number(c, "low", l->size ? l->low : l->low * 1e-9);
	chart_set_number(c, "high", l->size ? l->high : l->high * 1e-9);
	chart_set_number(c, "least", l->least);
	chart_set_number(c, "most", l->most);
	chart_set_text(c, "title", c->title);
	chart_set_text(c, "common", "");
	chart_set_text(c, "note", "");
}

static int build(const struct case_group *g, const char *key, bool size, struct chart *c)
{
	struct over l = {.g = g,
	    .key = key,
	    .size = size,
	    .lines = calloc(g->count, sizeof(*l.lines)),
	    .line_of = calloc(g->count, sizeof(*l.line_of)),
	    .order = calloc(g->count, sizeof(*l.order)),
	    .panels = calloc(g->count, sizeof(*l.panels)),
	    .entries = calloc(g->count, sizeof(*l.entries)),
	    .model = calloc(g->count, sizeof(*l.model)),
	    .variant = calloc(g->count, sizeof(*l.variant)),
	    .low = INFINITY,
	    .least = INFINITY,
	    .most = -INFINITY};
	int rc = -ENOMEM;

	if (!l.lines || !l.line_of || !l.order || !l.panels || !l.entries || !l.model || !l.variant)
		goto out;
	rc = 0;
	for (size_t i = 0; i < g->count && !rc; i++)
		if (has_place(&l, &g->rows[i]) && !drawn(&l, &g->rows[i]))
			rc = chart_leave_out(c, g->rows[i].series);
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

int chart_load_build(const struct case_group *g, struct chart *c)
{
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
	return build(g, g->family->load, false, c);
}

int chart_size_build(const struct case_group *g, struct chart *c)
{
	c->script = "size.gp";
	snprintf(c->title, sizeof(c->title), "%s: rate against size", g->family->title);
	snprintf(c->text, sizeof(c->text),
	    "The height is how many come through in a second, the horizontal axis the bytes of "
	    "each. Each faint line joins points of equal bytes per second. Where points lie level, "
	    "each costs the same, whatever its size; along a faint line it is the copying that "
	    "costs. The same axes for all. Error bars as in the table.");
	return build(g, g->family->size, true, c);
}
