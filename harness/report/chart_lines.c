/* chart_lines.c - one line a model over the number of workers or connections. */
#include "harness/report/chart.h"

#include "harness/report/chart_knobs.h"
#include "harness/report/figure.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LABEL_MAX 160

struct line {
	char label[LABEL_MAX];
	char model[CASE_WORD_MAX];
	unsigned variant;
};

static const char *const axes[] = {"workers", "connections", NULL};

struct lines {
	const struct case_group *g;
	struct knobs knobs;
	struct line *items; /* [count] */
	size_t count;
	size_t *line_of; /* [g->count] */
	size_t *order;   /* [g->count] rows by rising concurrency */
};

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

		if (!figure_has_rate(l->g->rows[i].series))
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
		const unsigned at = case_concurrency(&l->g->rows[i].parts);
		size_t k = i;

		for (; k && case_concurrency(&l->g->rows[l->order[k - 1]].parts) > at; k--)
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

/* The axis' range, and the values that get a tick. */
static void tell_axis(struct chart *c, const struct lines *l)
{
	char ticks[512] = "";
	unsigned low = 0, high = 0;
	size_t used = 0;

	for (size_t i = 0; i < l->g->count; i++) {
		const struct case_row *row = &l->g->rows[l->order[i]];
		const unsigned at = case_concurrency(&row->parts);

		if (!figure_has_rate(row->series) || at == high)
			continue;
		low = low ? low : at;
		high = at;
		if (used + 16 < sizeof(ticks))
			used += (size_t)snprintf(
			    ticks + used, sizeof(ticks) - used, "%s%u", used ? " " : "", at);
	}
	chart_set_number(c, "low", low);
	chart_set_number(c, "high", high);
	chart_set_text(c, "ticks", ticks);
}

/* How many different PUs the chart's workers were bound to, read back: "0,1" or "0-3,8". */
static unsigned pus_used(const struct case_group *g)
{
	static const unsigned long limit = 4096;
	bool seen[4096] = {false};
	unsigned count = 0;

	for (size_t i = 0; i < g->count; i++) {
		const char *at = g->rows[i].series->pus;

		while (figure_has_rate(g->rows[i].series) && *at >= '0' && *at <= '9') {
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

static const struct series *find_base(const struct case_group *g)
{
	for (size_t i = 0; i < g->count; i++)
		if (figure_has_rate(g->rows[i].series) &&
		    case_concurrency(&g->rows[i].parts) == 1 &&
		    !strcmp(case_parts_value(&g->rows[i].parts, "model"), "thread"))
			return g->rows[i].series;
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
	double factor; /* of the rate */
	struct extent rate, cpu, tail;
};

/* One block a line; @row adds the cells behind the concurrency. */
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

			if (!figure_has_rate(r->series) || l->line_of[l->order[i]] != n)
				continue;
			text_buffer_addf(&c->tsv, "%u", case_concurrency(&r->parts));
			rc = row(c, r->series, e);
			if (rc)
				return rc;
			text_buffer_add(&c->tsv, "\n");
			c->points++;
		}
	}
	return 0;
}

static int add_rate(struct chart *c, const struct series *s, struct extents *e)
{
	add_cells(&c->tsv, &s->summary.ops_per_s, e->factor);
	return 0;
}

static int build_cpu(const struct lines *l, struct chart *c)
{
	const struct series *base = find_base(l->g);
	const unsigned pus = pus_used(l->g);
	struct extents e = {.factor = 1};
	char one[32];
	int rc;

	c->script = "models-cpu.gp";
	snprintf(c->title, sizeof(c->title), "%s: %s", l->g->title,
	    base ? "speed-up over one thread" : "rate against workers");
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
		rc = add_blocks(c, l, "speed_up\tlow\thigh", add_rate, &e);
	} else {
		snprintf(c->text, sizeof(c->text),
		    "Work done per second; there is no case with one thread to compare with.");
		chart_tell_bars(c, l->g);
		chart_set_text(c, "y_title", "operations per second");
		rc = add_blocks(c, l, "ops_per_s\tlow\thigh", add_rate, &e);
	}
	chart_set_number(c, "relative", base != NULL);
	chart_set_number(c, "pus", pus);
	return rc;
}

static bool client_limited(const struct series *s)
{
	double busy;

	return metric_get(&s->summary.medians, "client_busy_pct", &busy) &&
	       busy >= FIGURE_CLIENT_LIMIT_PCT;
}

static int add_io(struct chart *c, const struct series *s, struct extents *e)
{
	const struct percentile_figure *p99 = &s->summary.latency_at[percentile_find("p99_ns")];
	struct stats_interval cpu;
	int rc = figure_of_metric(s, METRIC_CPU_NS_PER_OP, &cpu);

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
	return rc == -ENODATA ? 0 : rc;
}

/* Where the client was the limit, rates compare the client with itself. */
static void warn_of_client(const struct case_group *g, struct chart *c)
{
	const size_t used = strlen(c->text);
	size_t known = 0, limit = 0;

	for (size_t i = 0; i < g->count; i++) {
		double busy;

		if (!figure_has_rate(g->rows[i].series) ||
		    !metric_get(&g->rows[i].series->summary.medians, "client_busy_pct", &busy))
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
		    limit, known, FIGURE_CLIENT_LIMIT_PCT);
}

static int build_io(const struct lines *l, struct chart *c)
{
	const char *latency_of = l->g->rows[0].series->latency_of;
	struct extents e = {.factor = 1};
	char y_title[96];
	int rc;

	c->script = "models-io.gp";
	snprintf(c->title, sizeof(c->title), "%s: throughput, CPU and tail against concurrency",
	    l->g->title);
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
	    "limited",
	    add_io, &e);
	tell_extent(c, "rate_low", "rate_high", &e.rate);
	tell_extent(c, "cpu_low", "cpu_high", &e.cpu);
	tell_extent(c, "tail_low", "tail_high", &e.tail);
	warn_of_client(l->g, c);
	return rc;
}

static bool has_latency(const struct case_group *g)
{
	for (size_t i = 0; i < g->count; i++)
		if (g->rows[i].series->latency_of[0] && figure_has_rate(g->rows[i].series) &&
		    g->rows[i].series->summary.latency)
			return true;
	return false;
}

int chart_lines_build(const struct case_group *g, struct chart *c)
{
	struct lines l = {.g = g};
	char common[256], note[512];
	int rc = -ENOMEM;

	l.items = calloc(g->count, sizeof(*l.items));
	l.line_of = calloc(g->count, sizeof(*l.line_of));
	l.order = calloc(g->count, sizeof(*l.order));
	if (!l.items || !l.line_of || !l.order)
		goto out;
	knobs_assign(g, axes, &l.knobs);
	find_lines(&l);
	sort_rows(&l);
	rc = has_latency(g) ? build_io(&l, c) : build_cpu(&l, c);
	for (size_t i = 0; i < g->count && !rc; i++)
		if (!figure_has_rate(g->rows[i].series))
			rc = chart_leave_out(c, g->rows[i].series);
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
