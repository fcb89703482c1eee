/*
 * chart_matrix.c - PU by PU: a cell for each pair that a case was placed on, the darker the more. A
 * pair has one cell, since it was measured once.
 */
#include "harness/report/chart.h"

#include "harness/base/grow.h"
#include "harness/machine/placement.h"
#include "harness/report/chart_knobs.h"
#include "harness/report/figure.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LABEL_MAX 160
/* Colours are no finer than this: noise is not to look like distance. */
#define RANGE_LEAST 4.0
/* Of the legend; matrix.gp has as many colours. */
#define SHADES 5

struct matrix {
	const struct case_group *g;
	const struct chart *c;
	struct knobs knobs;
	unsigned (*pair)[2]; /* [g->count] equal where a row has no cell */
	size_t *panel_of;    /* [g->count] */
	unsigned *pus;       /* of all cells, rising */
	size_t pu_count;
	char (*panels)[LABEL_MAX];
	size_t panel_count;
};

static int by_number(const void *a, const void *b)
{
	const unsigned x = *(const unsigned *)a, y = *(const unsigned *)b;

	return (x > y) - (x < y);
}

static bool is_pair(const struct case_row *row, unsigned pu[2])
{
	return placement_pair_parse(case_parts_value(&row->parts, "place"), pu) == 0;
}

static void find_panel(struct matrix *m, size_t row)
{
	const struct case_row *r = &m->g->rows[row];
	char label[LABEL_MAX], first[LABEL_MAX];
	const char *model = case_parts_value(&r->parts, "model");
	size_t k = 0;

	(void)snprintf(first, sizeof(first), "%s%s%s",
	    *r->parts.kind ? r->parts.kind : r->parts.family, *model ? " " : "", model);
	knobs_text(m->g, &m->knobs, KNOB_LABEL, first, &r->parts, label, sizeof(label));
	while (k < m->panel_count && strcmp(m->panels[k], label) != 0)
		k++;
	if (k == m->panel_count)
		(void)snprintf(m->panels[m->panel_count++], LABEL_MAX, "%s", label);
	m->panel_of[row] = k;
}

static int find_cells(struct matrix *m, struct chart *c)
{
	size_t unique = 0;
	int rc = 0;

	for (size_t i = 0; i < m->g->count && !rc; i++) {
		const struct case_row *r = &m->g->rows[i];
		unsigned pu[2];

		if (!chart_has(c, r->series) || !is_pair(r, pu))
			continue;
		if (!chart_shows(c, r->series)) {
			rc = chart_leave_out(c, r->series);
			continue;
		}
		memcpy(m->pair[i], pu, sizeof(pu));
		find_panel(m, i);
		memcpy(&m->pus[m->pu_count], pu, sizeof(pu));
		m->pu_count += 2;
	}
	qsort(m->pus, m->pu_count, sizeof(*m->pus), by_number);
	for (size_t i = 0; i < m->pu_count; i++)
		if (!i || m->pus[i] != m->pus[i - 1])
			m->pus[unique++] = m->pus[i];
	m->pu_count = unique;
	return rc;
}

static size_t place_of(const struct matrix *m, unsigned pu)
{
	const unsigned *at = bsearch(&pu, m->pus, m->pu_count, sizeof(pu), by_number);

	return (size_t)(at - m->pus);
}

/* A number without its unit, which the title has. */
static char *short_number(double value, char *buf, size_t len)
{
	(void)snprintf(buf, len, fabs(value) >= 100 ? "%.0f" : "%.3g", value);
	return buf;
}

/* With a mark where it mixes two regimes of the machine. Return: 0; -ENOMEM; -E2BIG. */
static int write_cells(const struct matrix *m, struct chart *c)
{
	for (size_t p = 0; p < m->panel_count; p++) {
		text_buffer_addf(&c->tsv, "%spu\tother\t%s\tlow\thigh\tx\ty\ttext\n",
		    p ? "\n\n" : "", c->of->metric);
		for (size_t i = 0; i < m->g->count; i++) {
			const struct stats_interval *f = &m->g->rows[i].series->summary.figure;
			const unsigned *pu = m->pair[i];
			const size_t low = pu[0] < pu[1] ? 0 : 1;
			double regimes[2];
			char text[32];
			int rc;

			if (pu[0] == pu[1] || m->panel_of[i] != p)
				continue;
			rc = chart_regimes(c, m->g->rows[i].series, false, regimes);
			if (rc)
				return rc;
			text_buffer_addf(&c->tsv, "%u\t%u\t%.6g\t%.6g\t%.6g\t%zu\t%zu\t%s%s\n",
			    pu[low], pu[1 - low], f->estimate, f->low, f->high,
			    place_of(m, pu[low]), place_of(m, pu[1 - low]),
			    short_number(f->estimate, text, sizeof(text)),
			    isnan(regimes[0]) ? "" : "*");
			c->points++;
		}
	}
	return 0;
}

/* What the lightest and the darkest colour are, and those between. */
static void tell_shades(const struct matrix *m, struct chart *c)
{
	const bool log = c->of->scale == CB_RATIO;
	double low = INFINITY, high = -INFINITY;

	for (size_t i = 0; i < m->g->count; i++) {
		const double value = m->g->rows[i].series->summary.figure.estimate;

		if (m->pair[i][0] == m->pair[i][1])
			continue;
		low = fmin(low, value);
		high = fmax(high, value);
	}
	if (!isfinite(low))
		return; /* no cell, no chart */
	if (log)
		high = fmax(high, RANGE_LEAST * low);
	else if (!(high > low))
		high = low + (c->of->scale == CB_DIFFERENCE ? c->of->worth : 1);
	chart_set_number(c, "log", log);
	chart_set_number(c, "low", low);
	chart_set_number(c, "high", high);
	chart_set_number(c, "series", SHADES);
	for (int i = 0; i < SHADES; i++) {
		const double at = i / (SHADES - 1.0),
			     value = log ? low * pow(high / low, at) : low + (high - low) * at;
		char name[32], text[FIGURE_MAX];

		(void)snprintf(name, sizeof(name), "series%d", i + 1);
		chart_set_text(c, name, figure_value(c->of, value, false, text, sizeof(text)));
		(void)snprintf(name, sizeof(name), "style%d", i + 1);
		chart_set_number(c, name, 100 + i);
	}
}

static void tell(const struct matrix *m, struct chart *c)
{
	struct text_buffer pus = {0};
	char text[512];

	for (size_t i = 0; i < m->pu_count; i++)
		text_buffer_addf(&pus, "%s%u", i ? " " : "", m->pus[i]);
	chart_set_text(c, "title", c->title);
	chart_set_text(c, "common", knobs_common(m->g, &m->knobs, text, sizeof(text)));
	chart_set_text(c, "note", knobs_note(m->g, &m->knobs, text, sizeof(text)));
	chart_set_text(c, "pus", text_buffer_str(&pus));
	chart_set_number(c, "count", (double)m->pu_count);
	chart_set_number(c, "panels", (double)m->panel_count);
	for (size_t p = 0; p < m->panel_count; p++) {
		char name[32];

		(void)snprintf(name, sizeof(name), "panel%zu", p + 1);
		chart_set_text(c, name, m->panels[p]);
	}
	c->vars.failed |= pus.failed;
	text_buffer_free(&pus);
}

int chart_matrix_build(const struct case_group *g, struct chart *c)
{
	struct matrix m = {.g = g,
	    .c = c,
	    .pair = calloc(g->count, sizeof(*m.pair)),
	    .panel_of = calloc(g->count, sizeof(*m.panel_of)),
	    .pus = calloc(2 * g->count, sizeof(*m.pus)),
	    .panels = calloc(g->count, sizeof(*m.panels))};
	const char *unit = *c->of->unit ? c->of->unit : "";
	int rc = m.pair && m.panel_of && m.pus && m.panels ? 0 : -ENOMEM;

	c->script = "matrix.gp";
	if (run_figure_has_rate(c->of))
		(void)snprintf(c->title, sizeof(c->title), "%s: time per %s, %s", g->family->title,
		    g->op[0] ? g->op : "operation", unit);
	else
		(void)snprintf(c->title, sizeof(c->title), "%s: %s%s%s", g->family->title,
		    c->of->title, *unit ? ", " : "", unit);
	(void)snprintf(c->text, sizeof(c->text),
	    "%s%sA cell for each pair that was measured, in %s; the darker, the more.",
	    g->family->caption, *g->family->caption ? " " : "", *unit ? unit : "shares");
	if (!rc) {
		knobs_assign(g, true, &m.knobs);
		rc = find_cells(&m, c);
	}
	if (!rc) {
		rc = write_cells(&m, c);
		tell_shades(&m, c);
		tell(&m, c);
	}
	if (!rc && c->mixed)
		(void)snprintf(c->text + strlen(c->text), sizeof(c->text) - strlen(c->text),
		    " Those with an asterisk (%zu) mix two regimes of the machine.", c->mixed);
	free(m.pair);
	free(m.panel_of);
	free(m.pus);
	free(m.panels);
	return rc;
}
