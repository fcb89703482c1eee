/* chart.c - which groups give a chart, and what the files that make them share. */
#include "harness/report/chart.h"

#include "harness/report/figure.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* How each shape is made; what a run says nothing of is shown as a table only. */
static int (*const makers[])(const struct case_group *g, struct chart *c) = {
    [CB_TABLE_ONLY] = NULL,
    [CB_LADDER] = chart_dots_build,
    [CB_DOTS] = chart_dots_build,
    [CB_PANELS] = chart_dots_build,
    [CB_LINES] = chart_lines_build,
};

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

void chart_tell_bars(struct chart *c, const struct case_group *g)
{
	const size_t used = strlen(c->text);
	double least = 1.0, most = 0.0;

	for (size_t i = 0; i < g->count; i++) {
		const double covered = g->rows[i].series->summary.covered;

		if (!figure_drawable(g->rows[i].series) || !(covered > 0.0))
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
		    " Error bars are intervals that cover %.0f to %.0f %%, since there were too "
		    "few "
		    "launches for 95 %%.",
		    100.0 * least, 100.0 * most);
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

static int add_chart(struct chart_set *set, const struct case_group *g,
    int (*build)(const struct case_group *g, struct chart *c))
{
	struct chart *items;
	struct chart c = {0};
	int rc;

	snprintf(c.id, sizeof(c.id), "%s", g->id);
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

int chart_set_build(const struct case_groups *groups, struct chart_set *out)
{
	struct chart_set set = {0};
	int rc;

	for (size_t i = 0; i < groups->count; i++) {
		const struct case_group *g = &groups->items[i];

		if (!g->family || !makers[g->family->shape])
			continue;
		rc = add_chart(&set, g, makers[g->family->shape]);
		if (rc) {
			chart_set_free(&set);
			return rc;
		}
	}
	*out = set;
	return 0;
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
