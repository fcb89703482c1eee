/* gate_rows.c - what a suite's launches become: a row a case, with its verdict and the reason. */
#include "harness/gate/gate_private.h"

#include "harness/stats/scale.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void say_unsure(const struct gate *g, const struct gate_case *c, struct comparison_row *row)
{
	const struct sequential *t = &c->test;
	const char *looked = comparison_word(row, t->flagged);
	char per_cent[80];

	if (c->pairs < looks_launches(0) && c->apart > c->pairs)
		(void)snprintf(row->reason, sizeof(row->reason),
		    "never looked at: base and head of %u of %u pairs of launches were in "
		    "different "
		    "regimes of the machine",
		    c->apart, c->apart + c->pairs);
	else if (c->pairs < looks_launches(0))
		(void)snprintf(row->reason, sizeof(row->reason),
		    "never looked at: %u pairs of launches, a first look needs %u: %s", c->pairs,
		    looks_launches(0),
		    g->why[0]        ? "no cell could be started"
		    : g->interrupted ? "interrupted"
				     : "time budget too small");
	else if (t->flagged != VERDICT_UNSURE && t->ended)
		(void)snprintf(row->reason, sizeof(row->reason),
		    "looked %s, but fresh launches did not confirm it", looked);
	else if (t->flagged != VERDICT_UNSURE)
		(void)snprintf(row->reason, sizeof(row->reason),
		    "looks %s; %s before fresh launches could confirm it", looked,
		    g->interrupted ? "interrupted" : "the time was up");
	else if (row->quickest_launches && row->change.low >= -g->plan->min_effect &&
		 row->change.high <= g->plan->min_effect)
		(void)snprintf(row->reason, sizeof(row->reason),
		    "the quickest turns are the same, but of all turns %u pairs of launches cannot "
		    "tell",
		    c->pairs);
	else
		(void)snprintf(row->reason, sizeof(row->reason),
		    "%u pairs of launches cannot tell it from a change of %.3g %s%s", c->pairs,
		    100.0 * g->plan->min_effect,
		    run_figure_per_cent(&c->figure, per_cent, sizeof(per_cent)),
		    g->interrupted ? ": interrupted" : "");
}

static void say_failure(const struct gate_case *c, struct comparison_row *row)
{
	switch (c->error) {
	case -ENODATA:
		row->verdict = VERDICT_FAILED;
		if (run_figure_has_rate(&c->figure))
			(void)snprintf(row->reason, sizeof(row->reason),
			    "no operation was finished in slots of %.3g ms; give more with "
			    "--slot-time",
			    (double)c->slot_ns / 1e6);
		else
			(void)snprintf(row->reason, sizeof(row->reason), "no %s%s%s",
			    c->figure.metric, c->failure.why[0] ? ": " : " in any turn",
			    c->failure.why);
		break;
	case -ESTALE:
		row->verdict = VERDICT_INCOMPARABLE;
		(void)snprintf(row->reason, sizeof(row->reason), "%s", c->failure.why);
		break;
	default:
		row->verdict = VERDICT_FAILED;
		(void)snprintf(row->reason, sizeof(row->reason), "%s %s in pair %u: %s",
		    side_name(c->failure.side), status_name(c->failure.status), c->pairs,
		    c->failure.why);
	}
}

/* Return: 0; as scale_middle(). */
static int fill_middles(
    const struct gate_case *c, size_t first, size_t n, struct comparison_row *row)
{
	const enum cb_scale scale = c->figure.scale;
	int ret = scale_middle(scale, c->value[SIDE_BASE] + first, n, &row->base);

	if (!ret)
		ret = scale_middle(scale, c->value[SIDE_HEAD] + first, n, &row->head_alone);
	row->head = row->head_alone;
	row->has_value[SIDE_BASE] = row->has_value[SIDE_HEAD] = !ret;
	return ret;
}

/* Values and change of the same launches: of what was found, the fresh ones. */
static int fill_figures(const struct gate_case *c, struct comparison_row *row)
{
	const size_t first = c->test.evidence[1].launches ? c->test.first : 0;
	struct evidence e;
	int ret = sequential_estimate(&c->test, &e);

	/* Too few launches for an interval: what they have, and no change. */
	if (ret == -EINVAL)
		return c->pairs ? fill_middles(c, 0, c->pairs, row) : 0;
	if (!ret)
		ret = fill_middles(c, first, e.launches, row);
	if (ret)
		return ret;
	row->figure_launches = e.launches;
	row->quickest_launches = e.quickest;
	memcpy(row->outcomes, c->outcomes, sizeof(row->outcomes));
	comparison_fill(row, &e, 1.0 - e.alpha);
	comparison_place_head(row);
	row->layout_ratio = layout_ratio(c->test.launch, c->test.count);
	row->layout_sensitive = layout_sensitive(c->test.launch, c->test.count);
	return 0;
}

/* Forced or not: figures of other work say nothing about faster and slower. */
static void say_differs(struct comparison_row *row)
{
	row->verdict = VERDICT_INCOMPARABLE;
	row->confirmed = false;
	(void)snprintf(row->reason, sizeof(row->reason), PAIR_DIFFERS);
}

static int conclude_case(struct gate_case *c, struct comparison *out)
{
	struct comparison_row *row = comparison_add(out, c->name);
	int ret = 0;

	if (!row)
		return -ENOMEM;
	row->figure = c->figure;
	row->given[SIDE_BASE] = row->given[SIDE_HEAD] = c->given;
	row->base_launches = row->head_launches = c->pairs;
	row->slots = c->slots;
	row->excluded = c->warm_up + c->empty + c->apart_slots;
	row->excluded_empty = c->empty;
	row->excluded_regime = c->apart_slots;
	row->spent_s = (double)c->spent_ns / 1e9;
	if (c->error) {
		say_failure(c, row);
		return 0;
	}
	if (!c->test.ended)
		ret = sequential_finish(&c->test);
	if (ret)
		return ret;
	row->verdict = verdict_by_merit(c->test.verdict, c->figure.better);
	row->p = sequential_p(&c->test);
	row->confirmed = c->test.pass == 1 && verdict_is_change(row->verdict);
	if (c->differs)
		say_differs(row);
	return fill_figures(c, row);
}

/* Over the cases that have evidence. */
static int control(const struct gate *g, struct comparison *out, size_t first)
{
	enum verdict *verdict = calloc(g->count ? g->count : 1, sizeof(*verdict));
	double *p = calloc(g->count ? g->count : 1, sizeof(*p));
	size_t *row = calloc(g->count ? g->count : 1, sizeof(*row));
	size_t n = 0;
	int ret = verdict && p && row ? 0 : -ENOMEM;

	for (size_t i = 0; !ret && i < g->count; i++) {
		if (!out->rows[first + i].has_figure || g->item[i].differs)
			continue;
		verdict[n] = out->rows[first + i].verdict;
		p[n] = out->rows[first + i].p;
		row[n++] = first + i;
	}
	if (!ret)
		ret = verdicts_control(verdict, p, n, SUITE_FALSE_RATE);
	for (size_t i = 0; ret > 0 && i < n; i++) {
		struct comparison_row *r = &out->rows[row[i]];

		if (r->verdict != verdict[i])
			(void)snprintf(r->reason, sizeof(r->reason),
			    "%s alone, but among %zu cases one such is to be expected",
			    comparison_word(r, r->verdict), n);
		r->verdict = verdict[i];
	}
	free(verdict);
	free(p);
	free(row);
	return ret < 0 ? ret : 0;
}

int gate_conclude(struct gate *g, struct comparison *out)
{
	const size_t first = out->row_count;
	int ret = 0;

	for (size_t i = 0; !ret && i < g->count; i++)
		ret = conclude_case(&g->item[i], out);
	if (!ret)
		ret = control(g, out, first);
	for (size_t i = 0; !ret && i < g->count; i++) {
		struct comparison_row *row = &out->rows[first + i];

		if (row->verdict == VERDICT_UNSURE && !row->reason[0])
			say_unsure(g, &g->item[i], row);
	}
	return ret;
}
