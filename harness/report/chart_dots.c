/*
 * chart_dots.c - ladders, dots and panels: one row a case, a point with its interval. Of ratios the
 * axis is logarithmic: points and not bars, since a bar's length means nothing without a zero.
 */
#include "harness/report/chart.h"

#include "harness/machine/placement.h"
#include "harness/report/chart_knobs.h"
#include "harness/report/figure.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LABEL_MAX 160
#define NONE SIZE_MAX

/* Space between two rows, in heights of a point's own line. */
#define ROW_GAP 0.5

/* Where one case goes; NONE when it has no figure. */
struct place {
	size_t panel;
	size_t row;
	size_t series;
};

struct panel {
	char knobs[LABEL_MAX];     /* those with the role of a label */
	const struct case_row *of; /* the case that it was made for */
	size_t cases;
};

struct dots {
	const struct case_group *g;
	const struct chart *c;
	bool rate; /* operations per second instead of the figure */
	bool
	    by_panel; /* one for each place on the axis and setting of the knobs, else one in all */
	bool ladder;  /* sorted, each model a row of its own */
	struct knobs knobs;
	struct place *places; /* [g->count] */
	char (*rows)[LABEL_MAX];
	size_t row_count;
	char (*series)[LABEL_MAX];
	const char **series_model;
	size_t series_count;
	struct panel *panels; /* by rising places on the axis */
	size_t panel_count;
	double *y;     /* [row_count] of the row's first line */
	double height; /* in lines */
};

static size_t find_or_add(char (*list)[LABEL_MAX], size_t *count, const char *label)
{
	for (size_t i = 0; i < *count; i++)
		if (!strcmp(list[i], label))
			return i;
	snprintf(list[*count], LABEL_MAX, "%s", label);
	return (*count)++;
}

static const struct stats_interval *figure(const struct dots *d, size_t i)
{
	const struct series_summary *sum = &d->g->rows[i].series->summary;

	return d->rate ? &sum->ops_per_s : &sum->figure;
}

static bool drawable(const struct dots *d, const struct series *s)
{
	return chart_shows(d->c, s) && (!d->rate || figure_has_rate(s));
}

static void panel_of(const struct dots *d, const struct case_row *r, struct panel *out)
{
	memset(out, 0, sizeof(*out));
	out->of = r;
	if (!d->by_panel)
		return;
	knobs_text(d->g, &d->knobs, KNOB_LABEL, "", &r->parts, out->knobs, sizeof(out->knobs));
}

static bool same_panel(const struct dots *d, const struct panel *a, const struct panel *b)
{
	return !d->by_panel || (case_same_at(a->of, b->of) && !strcmp(a->knobs, b->knobs));
}

static size_t find_panel(const struct dots *d, const struct panel *p)
{
	size_t k = 0;

	while (k < d->panel_count && !same_panel(d, &d->panels[k], p))
		k++;
	return k;
}

static void find_panels(struct dots *d)
{
	for (size_t i = 0; i < d->g->count; i++) {
		struct panel p;
		size_t k;

		if (!drawable(d, d->g->rows[i].series))
			continue;
		panel_of(d, &d->g->rows[i], &p);
		k = find_panel(d, &p);
		if (k == d->panel_count) {
			for (; k && d->panels[k - 1].of->at > p.of->at; k--)
				d->panels[k] = d->panels[k - 1];
			d->panels[k] = p;
			d->panel_count++;
		}
		d->panels[k].cases++;
	}
}

static bool kind_has(const struct case_group *g, const char *kind, const char *key)
{
	for (size_t i = 0; i < g->count; i++)
		if (!strcmp(g->rows[i].parts.kind, kind) &&
		    *case_parts_value(&g->rows[i].parts, key))
			return true;
	return false;
}

/* A case fits beside others when its kind does not know what tells them apart from it. */
static bool fits(const struct dots *d, const struct case_row *r, const struct panel *panel)
{
	const struct case_parts *p = &r->parts;

	if (!d->by_panel)
		return true;
	if (!case_same_at(r, panel->of))
		return false;
	for (unsigned k = 0; k < d->g->key_count; k++) {
		const char *key = d->g->keys[k].name, *value = case_parts_value(p, key);

		if (d->knobs.role[k] == KNOB_LABEL &&
		    strcmp(value, case_parts_value(&panel->of->parts, key)) &&
		    kind_has(d->g, p->kind, key))
			return false;
	}
	return true;
}

/* The fullest of those it fits into: nobody is alone who can be compared. */
static size_t best_panel(const struct dots *d, const struct case_row *r)
{
	struct panel own;
	size_t best;

	panel_of(d, r, &own);
	best = find_panel(d, &own);
	for (size_t k = 0; k < d->panel_count; k++)
		if (d->panels[k].cases > d->panels[best].cases && fits(d, r, &d->panels[k]))
			best = k;
	return best;
}

static void drop_empty_panels(struct dots *d)
{
	for (size_t k = d->panel_count; k-- > 0;) {
		bool empty = true;

		for (size_t i = 0; i < d->g->count; i++)
			empty = empty && (d->places[i].row == NONE || d->places[i].panel != k);
		if (!empty)
			continue;
		d->panel_count--;
		memmove(
		    &d->panels[k], &d->panels[k + 1], (d->panel_count - k) * sizeof(d->panels[0]));
		for (size_t i = 0; i < d->g->count; i++)
			d->places[i].panel -= d->places[i].row != NONE && d->places[i].panel > k;
	}
}

static void find_places(struct dots *d)
{
	for (size_t i = 0; i < d->g->count; i++) {
		const struct case_row *r = &d->g->rows[i];
		const char *model = case_parts_value(&r->parts, "model");
		struct place *p = &d->places[i];
		char series[LABEL_MAX], first[2 * CASE_WORD_MAX + 2], label[LABEL_MAX];
		size_t known = d->series_count;

		p->row = NONE;
		if (!drawable(d, r->series))
			continue;
		knobs_text(d->g, &d->knobs, KNOB_SERIES, *model ? model : "case", &r->parts, series,
		    sizeof(series));
		snprintf(first, sizeof(first), "%s%s%s",
		    *r->parts.kind ? r->parts.kind : r->parts.family,
		    d->ladder && *model ? " " : "", d->ladder ? model : "");
		if (d->by_panel)
			snprintf(label, sizeof(label), "%s", first);
		else
			knobs_text(
			    d->g, &d->knobs, KNOB_LABEL, first, &r->parts, label, sizeof(label));
		p->row = find_or_add(d->rows, &d->row_count, label);
		p->series = find_or_add(d->series, &d->series_count, series);
		if (p->series == known)
			d->series_model[known] = model;
		p->panel = best_panel(d, r);
	}
}

static double row_low(const struct dots *d, size_t row)
{
	double low = INFINITY;

	for (size_t i = 0; i < d->g->count; i++)
		if (d->places[i].row == row && figure(d, i)->estimate < low)
			low = figure(d, i)->estimate;
	return low;
}

/* The quickest rung on top. */
static int sort_rows(struct dots *d)
{
	size_t *new_of = calloc(d->row_count + 1, sizeof(*new_of));
	char(*sorted)[LABEL_MAX] = calloc(d->row_count + 1, sizeof(*sorted));

	if (!new_of || !sorted) {
		free(new_of);
		free(sorted);
		return -ENOMEM;
	}
	for (size_t a = 0; a < d->row_count; a++) {
		for (size_t b = 0; b < d->row_count; b++) {
			const double la = row_low(d, a), lb = row_low(d, b);

			new_of[a] += lb < la || (!(la < lb) && b < a);
		}
		memcpy(sorted[new_of[a]], d->rows[a], LABEL_MAX);
	}
	for (size_t i = 0; i < d->g->count; i++)
		if (d->places[i].row != NONE)
			d->places[i].row = new_of[d->places[i].row];
	free(d->rows);
	d->rows = sorted;
	free(new_of);
	return 0;
}

static bool row_has_series(const struct dots *d, size_t row, size_t series)
{
	for (size_t i = 0; i < d->g->count; i++)
		if (d->places[i].row == row && d->places[i].series == series)
			return true;
	return false;
}

static size_t series_before(const struct dots *d, size_t row, size_t series)
{
	size_t n = 0;

	for (size_t s = 0; s < series; s++)
		n += row_has_series(d, row, s);
	return n;
}

static void lay_out(struct dots *d)
{
	double y = 0;

	for (size_t r = 0; r < d->row_count; r++) {
		d->y[r] = y;
		y += (double)series_before(d, r, d->series_count) + ROW_GAP;
	}
	d->height = y - ROW_GAP;
}

static void write_rows(const struct dots *d, struct chart *c)
{
	size_t longest = 0;

	text_buffer_add(&c->tsv, "y\tcase\n");
	for (size_t r = 0; r < d->row_count; r++) {
		const size_t lines = series_before(d, r, d->series_count);

		text_buffer_addf(&c->tsv, "%.6g\t", d->y[r] + (double)(lines - 1) / 2);
		chart_cell(&c->tsv, d->rows[r]);
		text_buffer_add(&c->tsv, "\n");
		if (strlen(d->rows[r]) > longest)
			longest = strlen(d->rows[r]);
	}
	chart_set_number(c, "height", d->height);
	chart_set_number(c, "longest", (double)longest);
}

static bool panel_oversubscribed(const struct dots *d, size_t panel)
{
	bool oversubscribed = false;

	for (size_t i = 0; i < d->g->count; i++)
		if (d->places[i].row != NONE && d->places[i].panel == panel)
			oversubscribed |= d->g->rows[i].series->oversubscribed;
	return oversubscribed;
}

static void write_panels(const struct dots *d, struct chart *c)
{
	size_t longest = 0;

	text_buffer_add(&c->tsv, "\n\npanel\ttitle\n");
	for (size_t p = 0; p < d->panel_count; p++) {
		const bool oversubscribed = panel_oversubscribed(d, p);
		size_t before;

		text_buffer_addf(&c->tsv, "%zu\t", p + 1);
		before = c->tsv.len;
		if (d->by_panel) {
			const struct panel *panel = &d->panels[p];
			char at[2 * CASE_WORD_MAX + 2];

			chart_cell(&c->tsv, case_at(panel->of, d->g->family, at, sizeof(at)));
			text_buffer_add(&c->tsv, *at && panel->knobs[0] ? " " : "");
			chart_cell(&c->tsv, panel->knobs);
			text_buffer_add(&c->tsv, oversubscribed ? " (oversubscribed)" : "");
		}
		if (c->tsv.len - before > longest)
			longest = c->tsv.len - before;
		text_buffer_add(&c->tsv, "\n");
	}
	chart_set_number(c, "panels", (double)d->panel_count);
	chart_set_number(c, "longest_panel", (double)longest);
}

/* The two PUs that all of a panel's workers are bound to, one each. Return: false when it is not
 * so. */
static bool panel_pair(const struct dots *d, size_t panel, unsigned pu[2])
{
	bool any = false;

	for (size_t i = 0; i < d->g->count; i++) {
		const struct series *s = d->g->rows[i].series;
		unsigned own[2];
		int end = 0;

		if (d->places[i].row == NONE || d->places[i].panel != panel)
			continue;
		if (s->workers != 2 || sscanf(s->pus, "%u,%u%n", &own[0], &own[1], &end) != 2 ||
		    s->pus[end] || own[0] == own[1] ||
		    (any && (own[0] != pu[0] || own[1] != pu[1])))
			return false;
		memcpy(pu, own, sizeof(own));
		any = true;
	}
	return any;
}

/* What a hand-off between a panel's two PUs takes at least, as the run has it; 0: it does not say.
 */
static double panel_bound(const struct dots *d, size_t panel)
{
	const struct case_group *b = d->c->bound;
	unsigned pu[2], of[2];
	double least = INFINITY;

	if (!b || !d->by_panel || d->rate || !run_figure_has_rate(d->c->of) ||
	    !panel_pair(d, panel, pu))
		return 0;
	for (size_t i = 0; i < b->count; i++) {
		const struct case_row *r = &b->rows[i];

		if (figure_has_rate(r->series) &&
		    placement_pair_parse(case_parts_value(&r->parts, "place"), of) == 0 &&
		    ((of[0] == pu[0] && of[1] == pu[1]) || (of[0] == pu[1] && of[1] == pu[0])))
			least = fmin(least, r->series->summary.figure.estimate);
	}
	return isfinite(least) ? least : 0;
}

static void tell_bounds(const struct dots *d, struct chart *c)
{
	const size_t used = strlen(c->text);
	bool any = false;

	for (size_t p = 0; p < d->panel_count; p++) {
		const double bound = panel_bound(d, p);
		char name[32];

		if (!(bound > 0))
			continue;
		(void)snprintf(name, sizeof(name), "bound%zu", p + 1);
		chart_set_number(c, name, bound);
		any = true;
	}
	if (any)
		(void)snprintf(c->text + used, sizeof(c->text) - used,
		    " The dashed line is one hand-off between the same two PUs at its quickest "
		    "(%s): "
		    "what takes less did not hand over each time.",
		    d->c->bound->family->title);
}

/*
 * Panels that can be compared have one range. Those with more workers than PUs, where a fair spin
 * lock takes milliseconds, have one of their own: it would leave the others a third of their width.
 */
static void set_ranges(const struct dots *d, struct chart *c, double (*regimes)[2])
{
	const bool log = d->rate || c->of->scale == CB_RATIO;
	double low[2] = {INFINITY, INFINITY}, high[2] = {-INFINITY, -INFINITY}, most = 0;

	for (size_t i = 0; i < d->g->count; i++) {
		const struct place *p = &d->places[i];
		const struct stats_interval *f = figure(d, i);
		bool over;

		if (p->row == NONE)
			continue;
		over = d->by_panel && panel_oversubscribed(d, p->panel);
		/* An interval down to 0 would need an endless axis; it is cut at the frame. */
		most = fmax(most, fmax(fabs(f->low), fabs(f->high)));
		low[over] = fmin(low[over], log ? fmax(f->low, f->estimate / 10) : f->low);
		high[over] = fmax(high[over], log ? fmin(f->high, f->estimate * 10) : f->high);
		for (unsigned k = 0; k < 2; k++) {
			low[over] = fmin(low[over], regimes[i][k]);
			high[over] = fmax(high[over], regimes[i][k]);
		}
	}
	for (size_t p = 0; p < d->panel_count; p++) {
		const double bound = panel_bound(d, p);

		if (bound > 0)
			low[0] = fmin(low[0], bound);
	}
	chart_tell_unit(c, d->rate, most);
	for (size_t p = 0; p < d->panel_count; p++) {
		const bool over = d->by_panel && panel_oversubscribed(d, p);
		const bool any = isfinite(low[over]);
		char name[32];

		if (!log) {
			snprintf(name, sizeof(name), "%zu", p + 1);
			chart_tell_range(c, "x_", name, any ? low[over] : 0, any ? high[over] : 0);
			continue;
		}
		snprintf(name, sizeof(name), "decade_low%zu", p + 1);
		chart_set_number(c, name, any ? floor(log10(low[over])) : 0);
		snprintf(name, sizeof(name), "decade_high%zu", p + 1);
		chart_set_number(c, name, any ? ceil(log10(high[over]) + 1e-9) : 1);
	}
}

/* Beside the points that are of two regimes of the machine. Return: 0; -ENOMEM; -E2BIG. */
static int write_regimes(const struct dots *d, struct chart *c, double (*regimes)[2])
{
	int rc = 0;

	for (size_t i = 0; i < d->g->count && !rc; i++) {
		const struct place *p = &d->places[i];

		regimes[i][0] = regimes[i][1] = NAN;
		if (p->row == NONE)
			continue;
		rc = chart_regimes(c, d->g->rows[i].series, d->rate, regimes[i]);
		if (!rc && !isnan(regimes[i][0]) && c->mixed == 1)
			text_buffer_addf(&c->tsv, "\n\npanel\tseries\ty\t%s\n",
			    d->rate ? METRIC_OPS_PER_S : c->of->metric);
		for (unsigned k = 0; k < 2 && !rc && !isnan(regimes[i][0]); k++)
			text_buffer_addf(&c->tsv, "%zu\t%zu\t%.6g\t%.6g\n", p->panel + 1,
			    p->series + 1,
			    d->y[p->row] + (double)series_before(d, p->row, p->series),
			    regimes[i][k]);
	}
	return rc;
}

static int write_points(const struct dots *d, struct chart *c)
{
	double(*regimes)[2] = calloc(d->g->count + 1, sizeof(*regimes));
	int rc;

	if (!regimes)
		return -ENOMEM;
	text_buffer_addf(&c->tsv, "\n\npanel\tseries\ty\t%s\tlow\thigh\ttext\n",
	    d->rate ? METRIC_OPS_PER_S : c->of->metric);
	for (size_t i = 0; i < d->g->count; i++) {
		const struct place *p = &d->places[i];
		const struct stats_interval *f = figure(d, i);
		char text[FIGURE_MAX];

		if (p->row == NONE)
			continue;
		if (d->rate)
			text_format_count(f->estimate, text, sizeof(text));
		else
			figure_value(
			    &d->g->rows[i].series->figure, f->estimate, false, text, sizeof(text));
		text_buffer_addf(&c->tsv, "%zu\t%zu\t%.6g\t%.6g\t%.6g\t%.6g\t%s\n", p->panel + 1,
		    p->series + 1, d->y[p->row] + (double)series_before(d, p->row, p->series),
		    f->estimate, f->low, f->high, text);
		c->points++;
	}
	rc = write_regimes(d, c, regimes);
	if (!rc)
		set_ranges(d, c, regimes);
	chart_set_number(c, "mixed", (double)c->mixed);
	free(regimes);
	return rc;
}

/* Several figures on one axis, as the phases of one thing, have their own names in the rows. */
static bool one_title(const struct dots *d)
{
	for (size_t i = 0; i < d->g->count; i++)
		if (chart_has(d->c, d->g->rows[i].series) &&
		    strcmp(d->g->rows[i].series->figure.title, d->c->of->title))
			return false;
	return true;
}

static char *axis_title(const struct dots *d, char *buf, size_t len)
{
	const char *op = d->g->op[0] ? d->g->op : "operation";
	const struct run_figure *f = d->c->of;
	const bool time = !strcmp(f->unit, "ns");

	if (d->rate)
		snprintf(buf, len, "operations per second (%s)", op);
	else if (run_figure_has_rate(f) || (!one_title(d) && time && f->scale == CB_RATIO))
		snprintf(buf, len, "time per %s", op);
	else if (one_title(d))
		chart_figure_title(d->c, buf, len);
	else
		snprintf(buf, len, "%s", time ? "time" : *f->unit ? f->unit : "share");
	return buf;
}

static void tell(const struct dots *d, struct chart *c)
{
	char text[512];

	chart_set_text(c, "title", c->title);
	chart_set_text(c, "axis_title", axis_title(d, text, sizeof(text)));
	chart_set_text(c, "common", knobs_common(d->g, &d->knobs, text, sizeof(text)));
	chart_set_text(c, "note", knobs_note(d->g, &d->knobs, text, sizeof(text)));
	chart_set_number(c, "series", (double)d->series_count);
	for (size_t s = 0; s < d->series_count; s++) {
		unsigned variant = 0;
		char name[32];

		for (size_t k = 0; k < s; k++)
			variant += !strcmp(d->series_model[k], d->series_model[s]);
		snprintf(name, sizeof(name), "series%zu", s + 1);
		chart_set_text(c, name, d->series[s]);
		snprintf(name, sizeof(name), "style%zu", s + 1);
		chart_set_number(c, name, chart_style(d->series_model[s], variant));
	}
}

static int allocate(struct dots *d, size_t n)
{
	d->places = calloc(n, sizeof(*d->places));
	d->rows = calloc(n, sizeof(*d->rows));
	d->series = calloc(n, sizeof(*d->series));
	d->series_model = calloc(n, sizeof(*d->series_model));
	d->panels = calloc(n + 1, sizeof(*d->panels));
	d->y = calloc(n, sizeof(*d->y));
	return d->places && d->rows && d->series && d->series_model && d->panels && d->y ? 0
											 : -ENOMEM;
}

static void release(struct dots *d)
{
	free(d->places);
	free(d->rows);
	free(d->series);
	free(d->series_model);
	free(d->panels);
	free(d->y);
}

static int draw_dots(struct dots *d, struct chart *c)
{
	int rc = allocate(d, d->g->count);

	if (rc)
		return rc;
	knobs_assign(d->g, d->by_panel, &d->knobs);
	find_panels(d);
	find_places(d);
	drop_empty_panels(d);
	if (d->ladder)
		rc = sort_rows(d);
	if (rc)
		return rc;
	lay_out(d);
	write_rows(d, c);
	write_panels(d, c);
	rc = write_points(d, c);
	if (rc)
		return rc;
	chart_tell_regimes(c);
	tell(d, c);
	tell_bounds(d, c);
	for (size_t i = 0; i < d->g->count && !rc; i++)
		if (d->places[i].row == NONE && chart_has(c, d->g->rows[i].series))
			rc = chart_leave_out(c, d->g->rows[i].series);
	return rc;
}

int chart_dots_build(const struct case_group *g, struct chart *c)
{
	struct dots d = {.g = g,
	    .c = c,
	    .rate = g->family->rate && run_figure_has_rate(c->of),
	    .by_panel = g->family->shape == CB_PANELS,
	    .ladder = g->family->shape == CB_LADDER};
	char text[192];
	int rc;

	c->script = "dots.gp";
	snprintf(c->title, sizeof(c->title), "%s: %s", g->family->title,
	    axis_title(&d, text, sizeof(text)));
	snprintf(c->text, sizeof(c->text), "%s", g->family->caption);
	chart_tell_bars(c, g);
	rc = draw_dots(&d, c);
	release(&d);
	return rc;
}
