/* chart_lines.c - one line a model over the family's axis: workers, connections, bytes. */
#include "harness/report/chart.h"

#include "harness/report/chart_knobs.h"
#include "harness/report/figure.h"

#include <ctype.h>
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LABEL_MAX 160
#define NO_BREAK "\u00a0"

struct line {
	char label[LABEL_MAX];
	char model[CASE_WORD_MAX];
	unsigned variant;
};

struct lines {
	const struct case_group *g;
	const struct chart *c;
	struct knobs knobs;
	struct line *items; /* [count] */
	size_t count;
	size_t *line_of; /* [g->count] */
	size_t *order;   /* [g->count] rows by rising place on the axis */
};

/* A line goes from number to number. */
static bool drawn(const struct lines *l, const struct case_row *row)
{
	return chart_shows(l->c, row->series) && !isnan(row->at);
}

static void row_label(const struct lines *l, const struct case_row *row, char label[LABEL_MAX])
{
	const char *model = case_parts_value(&row->parts, "model");
	char series[LABEL_MAX];

	knobs_text(l->g, &l->knobs, KNOB_SERIES, *model ? model : row->parts.kind, &row->parts,
	    series, sizeof(series));
	knobs_text(l->g, &l->knobs, KNOB_LABEL, series, &row->parts, label, LABEL_MAX);
}

static void find_lines(struct lines *l)
{
	for (size_t i = 0; i < l->g->count; i++) {
		const char *model = case_parts_value(&l->g->rows[i].parts, "model");
		char label[LABEL_MAX];
		unsigned variant = 0;
		size_t n = 0;

		if (!drawn(l, &l->g->rows[i]))
			continue;
		row_label(l, &l->g->rows[i], label);
		while (n < l->count && strcmp(l->items[n].label, label))
			n++;
		l->line_of[i] = n;
		if (n < l->count)
			continue;
		for (size_t k = 0; k < l->count; k++)
			variant += !strcmp(l->items[k].model, model);
		memcpy(l->items[n].label, label, sizeof(label));
		snprintf(l->items[n].model, sizeof(l->items[n].model), "%s", model);
		l->items[n].variant = variant;
		l->count++;
	}
}

/* Insertion keeps the run's order among equals; a group has tens of rows. */
static void sort_rows(struct lines *l)
{
	for (size_t i = 0; i < l->g->count; i++) {
		size_t k = i;

		for (; k && l->g->rows[l->order[k - 1]].at > l->g->rows[i].at; k--)
			l->order[k] = l->order[k - 1];
		l->order[k] = i;
	}
}

static void tell_lines(struct chart *c, const struct lines *l)
{
	chart_set_number(c, "series", (double)l->count);
	for (size_t n = 0; n < l->count; n++) {
		char name[32];

		snprintf(name, sizeof(name), "series%zu", n + 1);
		chart_set_text(c, name, l->items[n].label);
		snprintf(name, sizeof(name), "style%zu", n + 1);
		chart_set_number(c, name, chart_style(l->items[n].model, l->items[n].variant));
	}
}

/* gnuplot's words end at a blank, which a number and its unit have between them. */
static void add_word(struct text_buffer *words, const char *text)
{
	text_buffer_add(words, words->len ? " " : "");
	for (; *text; text++)
		text_buffer_add_bytes(words, *text == ' ' ? NO_BREAK : text, *text == ' ' ? 2 : 1);
}

/* The axis' range, the values that get a tick, and what is written there. */
static void tell_axis(struct chart *c, const struct lines *l)
{
	struct text_buffer ticks = {0}, names = {0};
	double low = NAN, high = NAN;
	char text[CASE_WORD_MAX];

	for (size_t i = 0; i < l->g->count; i++) {
		const struct case_row *row = &l->g->rows[l->order[i]];

		if (!drawn(l, row) || row->at <= high)
			continue;
		low = isnan(low) ? row->at : low;
		high = row->at;
		snprintf(text, sizeof(text), "%.15g", row->at);
		add_word(&ticks, text);
		add_word(&names, case_tick(l->g, row->at, text, sizeof(text)));
	}
	chart_set_number(c, "low", isnan(low) ? 0 : low);
	chart_set_number(c, "high", isnan(low) ? 0 : high);
	chart_set_text(c, "ticks", text_buffer_str(&ticks));
	chart_set_text(c, "tick_names", text_buffer_str(&names));
	chart_set_text(c, "x_title", case_axis_title(l->g, text, sizeof(text)));
	c->vars.failed |= ticks.failed || names.failed;
	text_buffer_free(&ticks);
	text_buffer_free(&names);
}

/* What the axis counts is who does the work: then twice as many may do twice as much. */
static bool counts_workers(const struct lines *l)
{
	for (size_t i = 0; i < l->g->count; i++) {
		const struct case_row *row = &l->g->rows[i];

		if (drawn(l, row) &&
		    (row->at < row->series->workers || row->at > row->series->workers))
			return false;
	}
	return true;
}

/* How many different PUs the chart's workers were bound to, read back: "0,1" or "0-3,8". */
static unsigned pus_used(const struct lines *l)
{
	const struct case_group *g = l->g;
	static const unsigned long limit = 4096;
	bool seen[4096] = {false};
	unsigned count = 0;

	for (size_t i = 0; i < g->count; i++) {
		const char *at = g->rows[i].series->pus;

		while (drawn(l, &g->rows[i]) && *at >= '0' && *at <= '9') {
			char *end;
			unsigned long first = strtoul(at, &end, 10), last = first;

			if (*end == '-')
				last = strtoul(end + 1, &end, 10);
			for (; first <= last && first < limit; first++) {
				count += !seen[first];
				seen[first] = true;
			}
			at = end + (*end == ',');
		}
	}
	return count;
}

static const struct series *find_base(const struct lines *l)
{
	for (size_t i = 0; i < l->g->count; i++) {
		const struct case_row *row = &l->g->rows[i];

		if (drawn(l, row) && row->series->workers == 1 &&
		    !strcmp(case_parts_value(&row->parts, "model"), "thread"))
			return row->series;
	}
	return NULL;
}

/* What an axis has to hold. */
struct extent {
	double low, high;
};

/* An interval down to 0 would need an endless logarithmic axis; it is cut at the frame. */
static void extend(struct extent *e, const struct stats_interval *i)
{
	const double low = fmax(i->low, i->estimate / 10);
	const double high = fmin(i->high, i->estimate * 10);

	e->low = e->high > 0 ? fmin(e->low, low) : low;
	e->high = fmax(e->high, high);
}

static void tell_extent(struct chart *c, const char *low, const char *high, const struct extent *e)
{
	/* Decades of a panel without data do not matter, but have to be there. */
	chart_set_number(c, low, e->high > 0 ? e->low : 1);
	chart_set_number(c, high, e->high > 0 ? e->high : 10);
}

static void add_cells(struct text_buffer *tsv, const struct stats_interval *i, double factor)
{
	text_buffer_addf(
	    tsv, "\t%.6g\t%.6g\t%.6g", i->estimate * factor, i->low * factor, i->high * factor);
}

struct extents {
	double factor; /* of the figure that is drawn alone */
	struct extent rate, cpu, tail, linear;
};

/* One block a line; @row adds the cells behind the place on the axis. */
static int add_blocks(struct chart *c, const struct lines *l, const char *columns,
    int (*row)(struct chart *c, const struct series *s, struct extents *e), struct extents *e)
{
	for (size_t n = 0; n < l->count; n++) {
		if (n)
			text_buffer_add(&c->tsv, "\n\n");
		chart_cell(&c->tsv, l->items[n].label);
		text_buffer_addf(&c->tsv, "\t%s\n", columns);
		for (size_t i = 0; i < l->g->count; i++) {
			const struct case_row *r = &l->g->rows[l->order[i]];
			int rc;

			if (!drawn(l, r) || l->line_of[l->order[i]] != n)
				continue;
			text_buffer_addf(&c->tsv, "%.15g", r->at);
			rc = row(c, r->series, e);
			if (rc)
				return rc;
			text_buffer_add(&c->tsv, "\n");
			c->points++;
		}
	}
	return 0;
}

/* What it is in each of two regimes of the machine; '?' where it is of one. */
static int add_regimes(
    struct chart *c, const struct series *s, bool rate, double factor, double at[2])
{
	const int rc = chart_regimes(c, s, rate, at);

	for (unsigned i = 0; i < 2 && !rc; i++)
		if (isnan(at[i]))
			text_buffer_add(&c->tsv, "\t?");
		else
			text_buffer_addf(&c->tsv, "\t%.6g", at[i] * factor);
	return rc;
}

static int add_rate(struct chart *c, const struct series *s, struct extents *e)
{
	double at[2];

	add_cells(&c->tsv, &s->summary.ops_per_s, e->factor);
	return add_regimes(c, s, true, e->factor, at);
}

static int build_cpu(const struct lines *l, struct chart *c)
{
	const bool workers = counts_workers(l);
	const struct series *base = workers ? find_base(l) : NULL;
	const unsigned pus = workers ? pus_used(l) : 0;
	struct extents e = {.factor = 1};
	char one[CASE_WORD_MAX];
	int rc;

	c->script = "models-cpu.gp";
	snprintf(c->title, sizeof(c->title), "%s: %s%s", l->g->title,
	    base ? "speed-up over one thread" : "rate against ",
	    base ? "" : case_axis_title(l->g, one, sizeof(one)));
	if (base) {
		snprintf(c->text, sizeof(c->text),
		    "Work done per second, as a multiple of what one thread does (%s a %s).",
		    text_format_ns(base->summary.figure.estimate, one, sizeof(one)), base->op);
		chart_tell_bars(c, l->g);
		/* Where that one is uncertain, all points move with it, and two workers may seem
		 * to do more than twice the work. */
		if (base->summary.half_width_pct > RUN_NOISY_HALF_WIDTH_PCT)
			snprintf(c->text + strlen(c->text), sizeof(c->text) - strlen(c->text),
			    " That one thread is only known to ±%.0f %%: the whole picture may "
			    "shift as much.",
			    base->summary.half_width_pct);
		chart_set_text(c, "y_title", "speed-up over 1 thread");
		e.factor = 1 / base->summary.ops_per_s.estimate;
		rc = add_blocks(c, l, "speed_up\tlow\thigh\tregime1\tregime2", add_rate, &e);
	} else {
		snprintf(c->text, sizeof(c->text), "Work done per second%s.",
		    workers ? "; there is no case with one thread to compare with" : "");
		chart_tell_bars(c, l->g);
		chart_set_text(c, "y_title", "operations per second");
		rc = add_blocks(c, l, "ops_per_s\tlow\thigh\tregime1\tregime2", add_rate, &e);
	}
	chart_set_number(c, "relative", base != NULL);
	chart_set_number(c, "pus", pus);
	return rc;
}

static bool client_limited(const struct series *s)
{
	double busy;

	return metric_get(&s->summary.medians, METRIC_CLIENT_BUSY_PCT, &busy) &&
	       busy >= CLIENT_BUSY_LIMIT_PCT;
}

static int add_io(struct chart *c, const struct series *s, struct extents *e)
{
	const struct percentile_figure *p99 = &s->summary.latency_at[percentile_find("p99_ns")];
	struct stats_interval cpu;
	int rc = figure_of_metric(s, METRIC_CPU_NS_PER_OP, &cpu);
	double at[2];

	extend(&e->rate, &s->summary.ops_per_s);
	add_cells(&c->tsv, &s->summary.ops_per_s, 1);
	/* A logarithmic axis has no place for a 0, and kernels count CPU time in ticks. */
	if (!rc && cpu.estimate > 0) {
		extend(&e->cpu, &cpu);
		add_cells(&c->tsv, &cpu, 1);
	} else {
		text_buffer_add(&c->tsv, "\t?\t?\t?");
	}
	if (p99->of != PERCENTILE_NONE) {
		extend(&e->tail, &p99->ns);
		add_cells(&c->tsv, &p99->ns, 1);
	} else {
		text_buffer_add(&c->tsv, "\t?\t?\t?");
	}
	text_buffer_add(&c->tsv, client_limited(s) ? "\t1" : "\t0");
	if (rc && rc != -ENODATA)
		return rc;
	rc = add_regimes(c, s, true, 1, at);
	for (unsigned i = 0; i < 2 && !rc && !isnan(at[0]); i++)
		extend(&e->rate, &(struct stats_interval){at[i], at[i], at[i]});
	return rc;
}

/* Where the client was the limit, rates compare the client with itself. */
static void warn_of_client(const struct lines *l, struct chart *c)
{
	const struct case_group *g = l->g;
	const size_t used = strlen(c->text);
	size_t known = 0, limit = 0;

	for (size_t i = 0; i < g->count; i++) {
		double busy;

		if (!drawn(l, &g->rows[i]) ||
		    !metric_get(&g->rows[i].series->summary.medians, METRIC_CLIENT_BUSY_PCT, &busy))
			continue;
		known++;
		limit += client_limited(g->rows[i].series);
	}
	chart_set_number(c, "limited", (double)limit);
	if (limit)
		snprintf(c->text + used, sizeof(c->text) - used,
		    " In %zu of %zu cases, ringed, the load generator was at least %.0f %% busy: "
		    "there the "
		    "rate is the generator's limit, and CPU time is what can be compared.",
		    limit, known, CLIENT_BUSY_LIMIT_PCT);
}

static int build_io(const struct lines *l, struct chart *c)
{
	const char *latency_of = l->g->rows[0].series->latency_of;
	struct extents e = {.factor = 1};
	char y_title[96];
	int rc;

	c->script = "models-io.gp";
	snprintf(c->title, sizeof(c->title), "%s: throughput, CPU and tail against %s", l->g->title,
	    case_axis_title(l->g, y_title, sizeof(y_title)));
	snprintf(c->text, sizeof(c->text),
	    "Left: finished per second. Middle: CPU time of the workers for each. Right: the 99th "
	    "percentile of the latency in a typical launch, from %s. All axes are logarithmic; a "
	    "percentile without an error bar is of all launches together, each with the same "
	    "weight.",
	    latency_of);
	chart_tell_bars(c, l->g);
	snprintf(y_title, sizeof(y_title), "%ss per second", l->g->op[0] ? l->g->op : "operation");
	chart_set_text(c, "rate_title", y_title);
	snprintf(y_title, sizeof(y_title), "CPU time per %s", l->g->op[0] ? l->g->op : "operation");
	chart_set_text(c, "cpu_title", y_title);
	rc = add_blocks(c, l,
	    "ops_per_s\tlow\thigh\tcpu_ns_per_op\tlow\thigh\tlatency_p99_ns\tlow\thigh\tclient_"
	    "limited\tregime1\tregime2",
	    add_io, &e);
	tell_extent(c, "rate_low", "rate_high", &e.rate);
	tell_extent(c, "cpu_low", "cpu_high", &e.cpu);
	tell_extent(c, "tail_low", "tail_high", &e.tail);
	warn_of_client(l, c);
	return rc;
}

static bool has_latency(const struct lines *l)
{
	for (size_t i = 0; i < l->g->count; i++)
		if (l->g->rows[i].series->latency_of[0] && drawn(l, &l->g->rows[i]) &&
		    l->g->rows[i].series->summary.latency)
			return true;
	return false;
}

static int add_figure(struct chart *c, const struct series *s, struct extents *e)
{
	const struct stats_interval *f = &s->summary.figure;
	double at[2];
	int rc;

	if (c->of->scale == CB_RATIO)
		extend(&e->rate, f);
	e->linear.low = fmin(e->linear.low, f->low);
	e->linear.high = fmax(e->linear.high, f->high);
	add_cells(&c->tsv, f, 1);
	rc = add_regimes(c, s, false, 1, at);
	for (unsigned i = 0; i < 2 && !rc && !isnan(at[0]); i++) {
		if (c->of->scale == CB_RATIO)
			extend(&e->rate, &(struct stats_interval){at[i], at[i], at[i]});
		e->linear.low = fmin(e->linear.low, at[i]);
		e->linear.high = fmax(e->linear.high, at[i]);
	}
	return rc;
}

/* A figure that is no time per operation: alone, on an axis that suits its scale. */
static int build_figure(const struct lines *l, struct chart *c)
{
	struct extents e = {.linear = {INFINITY, -INFINITY}};
	char title[128], columns[METRIC_NAME_MAX + 40];
	int rc;

	c->script = "lines.gp";
	snprintf(c->title, sizeof(c->title), "%.60s: %s against %.50s", l->g->title, c->of->title,
	    case_axis_title(l->g, title, sizeof(title)));
	chart_figure_title(c, title, sizeof(title));
	snprintf(c->text, sizeof(c->text), "%c%s.", toupper((unsigned char)title[0]), title + 1);
	chart_tell_bars(c, l->g);
	chart_set_text(c, "y_title", title);
	snprintf(columns, sizeof(columns), "%s\tlow\thigh\tregime1\tregime2", c->of->metric);
	rc = add_blocks(c, l, columns, add_figure, &e);
	if (!c->points)
		return rc;
	chart_tell_unit(c, false, fmax(fabs(e.linear.low), fabs(e.linear.high)));
	if (c->of->scale == CB_RATIO)
		tell_extent(c, "y_low", "y_high", &e.rate);
	else
		chart_tell_range(c, "y_", "", e.linear.low, e.linear.high);
	return rc;
}

int chart_lines_build(const struct case_group *g, struct chart *c)
{
	struct lines l = {.g = g, .c = c};
	char common[256], note[512];
	int rc = -ENOMEM;

	l.items = calloc(g->count, sizeof(*l.items));
	l.line_of = calloc(g->count, sizeof(*l.line_of));
	l.order = calloc(g->count, sizeof(*l.order));
	if (!l.items || !l.line_of || !l.order)
		goto out;
	knobs_assign(g, true, &l.knobs);
	find_lines(&l);
	sort_rows(&l);
	rc = !run_figure_has_rate(c->of) ? build_figure(&l, c)
	     : has_latency(&l)           ? build_io(&l, c)
					 : build_cpu(&l, c);
	for (size_t i = 0; i < g->count && !rc; i++)
		if (chart_has(c, g->rows[i].series) && !drawn(&l, &g->rows[i]))
			rc = chart_leave_out(c, g->rows[i].series);
	chart_tell_regimes(c);
	tell_lines(c, &l);
	tell_axis(c, &l);
	chart_set_text(c, "title", c->title);
	chart_set_text(c, "common", knobs_common(g, &l.knobs, common, sizeof(common)));
	chart_set_text(c, "note", knobs_note(g, &l.knobs, note, sizeof(note)));
out:
	free(l.items);
	free(l.line_of);
	free(l.order);
	return rc;
}
