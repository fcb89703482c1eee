/* chart.c - which groups give a chart, and what the files that make them share. */
#include "harness/report/chart.h"

#include "harness/report/figure.h"
#include "harness/run/run_regimes.h"

#include <ctype.h>
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The order of the line types in style.gp; models not in it share the last. */
static const char *const models[] = {"thread", "process", "coroutine", "callback"};
#define MODELS (sizeof(models) / sizeof(models[0]))
#define VARIANTS 3

unsigned chart_style(const char *model, unsigned variant)
{
	unsigned i = 0;

	while (i < MODELS && strcmp(models[i], model))
		i++;
	return 1 + i + (variant % VARIANTS) * (unsigned)(MODELS + 1);
}

/* Along an axis it shows from where on a rate that is given is kept no longer; beside other kinds'
 * best it would be taken for a bad one. */
static bool has_place(const struct chart *c, const struct series *s)
{
	return c->one_metric || !figure_is_given(s);
}

bool chart_has(const struct chart *c, const struct series *s)
{
	const struct run_figure *f = &s->figure;

	return f->scale == c->of->scale && !strcmp(f->unit, c->of->unit) &&
	       !strcmp(f->outcomes, c->of->outcomes) &&
	       (!c->one_metric || !strcmp(f->metric, c->of->metric)) && has_place(c, s);
}

bool chart_shows(const struct chart *c, const struct series *s)
{
	return chart_has(c, s) && figure_usable(s);
}

int chart_regimes(struct chart *c, const struct series *s, bool rate, double out[2])
{
	struct series_regimes r;
	const int rc = series_regimes(s, &r);

	out[0] = out[1] = NAN;
	if (rc || r.count != 2)
		return rc;
	for (unsigned i = 0; i < 2; i++)
		out[i] = rate ? 1e9 / r.of[i].figure.estimate : r.of[i].figure.estimate;
	c->mixed++;
	return 0;
}

void chart_tell_regimes(struct chart *c)
{
	const size_t used = strlen(c->text);

	if (c->mixed)
		snprintf(c->text + used, sizeof(c->text) - used,
		    " Crosses beside %zu of the points: what they are in each of the two regimes "
		    "of "
		    "the machine that their launches mix.",
		    c->mixed);
}

void chart_tell_unit(struct chart *c, bool rate, double most)
{
	static const char *const small[] = {"ns", "µs", "ms", "s"}, *const large[] = {
									"", "k", "M", "G"};
	const struct run_figure *f = c->of;
	const bool time = !strcmp(f->unit, "ns"),
		   share = f->scale == CB_SHARE || f->scale == CB_OUTCOME;
	char unit[32] = "%";
	double scale = 100;
	size_t i = 0;

	chart_set_number(c, "log", rate || f->scale == CB_RATIO);
	if (rate || f->scale == CB_RATIO) {
		/* style.gp's si() does the rest. */
		scale = time && !rate ? 1e-9 : 1;
		snprintf(unit, sizeof(unit), "%s", rate ? "" : time ? "s" : f->unit);
	} else if (!share) {
		scale = 1;
		for (; i < 3 && most * scale >= 1000; i++)
			scale /= 1000;
		snprintf(
		    unit, sizeof(unit), "%s%s", time ? small[i] : large[i], time ? "" : f->unit);
	}
	chart_set_number(c, "scale", scale);
	chart_set_text(c, "unit", unit);
}

void chart_tell_range(
    struct chart *c, const char *name, const char *suffix, double low, double high)
{
	static const double nice[] = {1, 2, 5, 10};
	double decade, step = 1;
	const char *what[] = {"low", "high", "step"};
	double value[3];

	low = fmin(low, 0);
	high = fmax(high, 0);
	/* A share that is 0 everywhere still has an axis. */
	if (!(high > low))
		high = c->of->scale == CB_DIFFERENCE ? c->of->worth : 1;
	decade = pow(10, floor(log10((high - low) / 4)));
	for (size_t i = 0; i < 4; i++) {
		step = nice[i] * decade;
		if (step >= (high - low) / 4 * (1 - 1e-9))
			break;
	}
	value[0] = floor(low / step + 1e-9) * step;
	value[1] = ceil(high / step - 1e-9) * step;
	value[2] = step;
	for (size_t i = 0; i < 3; i++) {
		char text[64];

		snprintf(text, sizeof(text), "%s%s%s", name, what[i], suffix);
		chart_set_number(c, text, value[i]);
	}
}

char *chart_figure_title(const struct chart *c, char *buf, size_t len)
{
	static const char *const better[] = {
	    [CB_LESS] = ", less is better", [CB_MORE] = ", more is better", [CB_NEITHER] = ""};

	(void)snprintf(buf, len, "%s%s", c->of->title, better[c->of->better]);
	return buf;
}

void chart_tell_bars(struct chart *c, const struct case_group *g)
{
	const size_t used = strlen(c->text);
	double least = 1.0, most = 0.0;

	for (size_t i = 0; i < g->count; i++) {
		const double covered = g->rows[i].series->summary.covered;

		if (!chart_shows(c, g->rows[i].series) || !(covered > 0.0))
			continue;
		least = covered < least ? covered : least;
		most = covered > most ? covered : most;
	}
	if (!(most > 0.0))
		return; /* single launches, without bars */
	if (least >= FIGURE_COVERED_MIN)
		snprintf(
		    c->text + used, sizeof(c->text) - used, " Error bars are the 95 %% interval.");
	else if (most >= FIGURE_COVERED_MIN)
		snprintf(c->text + used, sizeof(c->text) - used,
		    " Error bars are the 95 %% interval, but where there were too few launches "
		    "for one they cover as little as %.0f %%.",
		    100.0 * least);
	else
		snprintf(c->text + used, sizeof(c->text) - used,
		    " Error bars are intervals that cover as little as %.0f %%, since there were "
		    "too few launches for 95 %%.",
		    100.0 * least);
}

/* What gnuplot may be given. It escapes neither of these for XML, where "]]>" ends what was begun.
 */
static const char *plain(const char *at, const char *begin)
{
	if ((unsigned char)*at < 0x20 || *at == 0x7f)
		return " ";
	return *at == '>' && at - begin >= 2 && !strncmp(at - 2, "]]", 2) ? ")" : at;
}

void chart_set_text(struct chart *c, const char *name, const char *value)
{
	const char *const begin = value;

	text_buffer_addf(&c->vars, "%s='", name);
	for (; *value; value++) {
		/* Inside single quotes gnuplot knows no escape but the doubled quote. */
		if (*value == '\'')
			text_buffer_add(&c->vars, "''");
		else
			text_buffer_add_bytes(&c->vars, plain(value, begin), 1);
	}
	text_buffer_add(&c->vars, "';");
}

void chart_set_number(struct chart *c, const char *name, double value)
{
	text_buffer_addf(&c->vars, "%s=%.9g;", name, value);
}

void chart_cell(struct text_buffer *tsv, const char *text)
{
	const char *const begin = text;

	for (; *text; text++) {
		if (*text == '"')
			text_buffer_add(tsv, "'");
		else
			text_buffer_add_bytes(tsv, plain(text, begin), 1);
	}
}

int chart_leave_out(struct chart *c, const struct series *s)
{
	const struct series **grown =
	    realloc(c->left_out, (c->left_out_count + 1) * sizeof(const struct series *));

	if (!grown)
		return -ENOMEM;
	c->left_out = grown;
	grown[c->left_out_count++] = s;
	return 0;
}

static void chart_free(struct chart *c)
{
	text_buffer_free(&c->vars);
	text_buffer_free(&c->tsv);
	free(c->left_out);
	free(c->svg);
}

/* How each shape is made; what a run says nothing of is shown as a table only. */
static int (*maker(const struct run_family *f, enum cb_scale scale))(
    const struct case_group *g, struct chart *c)
{
	if (!f || f->shape == CB_TABLE_ONLY)
		return NULL;
	if (f->shape == CB_LINES)
		return chart_lines_build;
	if (f->shape == CB_MATRIX)
		return chart_matrix_build;
	return scale == CB_OUTCOME ? chart_outcomes_build : chart_dots_build;
}

/* Two kinds of a group may mean different things by one metric, and files are named after it. */
static void make_unique(const struct chart_set *set, char id[CHART_ID_MAX])
{
	const size_t len = strlen(id);
	unsigned n = 1;

	for (size_t i = 0; i < set->count; i++)
		if (strcmp(set->items[i].id, id) == 0) {
			(void)snprintf(id + len, CHART_ID_MAX - len, "-%u", ++n);
			i = (size_t)-1;
		}
}

/* One without a point is none. */
static int build_chart(struct chart_set *set, const struct case_group *g,
    int (*build)(const struct case_group *g, struct chart *c), struct chart c)
{
	struct chart *items;
	int rc;

	make_unique(set, c.id);
	rc = build(g, &c);
	if (!rc && (c.vars.failed || c.tsv.failed))
		rc = -ENOMEM;
	if (rc || !c.points) {
		chart_free(&c);
		return rc;
	}
	items = realloc(set->items, (set->count + 1) * sizeof(*items));
	if (!items) {
		chart_free(&c);
		return -ENOMEM;
	}
	set->items = items;
	items[set->count++] = c;
	return 0;
}

/* Of @row's figure, when it is the first of its group that has one like it. */
static int add_chart(
    struct chart_set *set, const struct case_group *g, const struct case_group *bound, size_t row)
{
	struct chart c = {.of = &g->rows[row].series->figure,
	    .bound = bound,
	    .one_metric =
		g->family && (g->family->shape == CB_LINES || g->family->shape == CB_MATRIX)};
	int (*build)(const struct case_group *g, struct chart *c) = maker(g->family, c.of->scale);
	for (size_t i = 0; i < row; i++)
		if (chart_has(&c, g->rows[i].series))
			return 0;
	if (!build || !has_place(&c, g->rows[row].series))
		return 0;
	snprintf(c.id, sizeof(c.id), "%s%s%s", g->id, row ? "-" : "", row ? c.of->metric : "");
	for (char *at = c.id; *at; at++)
		*at = isalnum((unsigned char)*at) || *at == '_' ? *at : '-';
	return build_chart(set, g, build, c);
}

/* Against one parameter of the family's, beside the chart that it has of all. */
static int add_over(struct chart_set *set, const struct case_group *g, const char *key,
    const char *suffix, int (*build)(const struct case_group *g, struct chart *c))
{
	struct chart c = {.of = &g->rows[0].series->figure};

	if (!*key)
		return 0;
	snprintf(c.id, sizeof(c.id), "%s-%s", g->id, suffix);
	return build_chart(set, g, build, c);
}

static const struct case_group *bound_of(
    const struct case_groups *groups, const struct run_family *f)
{
	for (size_t i = 0; f && *f->bound && i < groups->count; i++)
		if (groups->items[i].family && !strcmp(groups->items[i].family->name, f->bound))
			return &groups->items[i];
	return NULL;
}

int chart_set_build(const struct case_groups *groups, struct chart_set *out)
{
	struct chart_set set = {0};
	int rc = 0;

	for (size_t i = 0; i < groups->count; i++) {
		for (size_t k = 0; k < groups->items[i].count && !rc; k++)
			rc = add_chart(
			    &set, &groups->items[i], bound_of(groups, groups->items[i].family), k);
		if (!rc && groups->items[i].family)
			rc = add_over(&set, &groups->items[i], groups->items[i].family->load,
			    "load", chart_load_build);
		if (!rc && groups->items[i].family)
			rc = add_over(&set, &groups->items[i], groups->items[i].family->size,
			    "size", chart_size_build);
	}
	if (rc)
		chart_set_free(&set);
	else
		*out = set;
	return rc;
}

void chart_set_free(struct chart_set *set)
{
	for (size_t i = 0; i < set->count; i++)
		chart_free(&set->items[i]);
	free(set->items);
	memset(set, 0, sizeof(*set));
}

const struct chart *chart_find(const struct chart_set *set, const char *id)
{
	for (size_t i = 0; i < set->count; i++)
		if (!strcmp(set->items[i].id, id))
			return &set->items[i];
	return NULL;
}
