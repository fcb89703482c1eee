#include "harness/compare/compare.h"

#include "harness/compare/comparable.h"
#include "harness/run/run_regimes.h"
#include "harness/stats/rank.h"
#include "harness/stats/scale.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* One side of a case: its figure, one a launch. */
struct side {
	double *x; /* first in its unit, then where differences are measured (scale_place()) */
	size_t n;
	unsigned trials, slots, excluded, other_regime, other_length, without_figure;
	double middle; /* in its unit */
};

static int side_build(const struct series *s, const struct launch_list *list,
    const struct regime_choice *regime, struct side *out, unsigned outcomes[RUN_OUTCOMES_MAX])
{
	const struct run_figure *f = &s->figure;
	int rc = 0;

	out->x = calloc(list->count + 1, sizeof(*out->x));
	if (!out->x)
		return -ENOMEM;
	for (size_t i = 0; i < list->count; i++) {
		const struct launch *l = &list->items[i];

		if (!l->has_figure) {
			out->without_figure += l->samples;
			continue;
		}
		if (!regime_chosen(regime, l)) {
			out->other_regime += l->samples;
			continue;
		}
		out->x[out->n++] = l->figure;
		out->slots += l->samples;
		out->trials += l->samples - l->empty_samples;
		for (unsigned k = 0; k < RUN_OUTCOMES_MAX; k++)
			outcomes[k] += l->outcomes[k];
	}
	out->excluded = (unsigned)s->sample_count - out->slots;
	for (size_t i = 0; i < s->sample_count; i++)
		out->other_length += !s->samples[i].warm_up && !series_uses(s, &s->samples[i]);
	if (out->n)
		rc = scale_middle(f->scale, out->x, out->n, &out->middle);
	for (size_t i = 0; i < out->n; i++)
		out->x[i] = scale_place(f->scale, f->worth, out->x[i]);
	return rc;
}

/* Which launches of the two are of the same regime of the machine. Return: 0; -ESTALE when none
 * are, with the row's reason; -ENOMEM. */
static int choose_regime(
    struct comparison_row *row, const struct launch_list *lists, struct regime_choice *out)
{
	size_t in[2][2];
	const int rc = regime_choose(lists, 2, out, in);

	if (rc != -ESTALE)
		return rc;
	row->verdict = VERDICT_INCOMPARABLE;
	(void)snprintf(row->reason, sizeof(row->reason),
	    "measured in different regimes of the machine: a cache line took %.3g ns there and "
	    "back in %zu of base's launches and %zu of head's, %.3g ns in %zu and %zu",
	    out->regimes.middle[0], in[0][0], in[1][0], out->regimes.middle[1], in[0][1], in[1][1]);
	return rc;
}

/* The outcome of the comparison for a status without a figure. */
static void note_absence(
    struct comparison_row *row, const struct series *base, const struct series *head)
{
	const struct series *const sides[] = {base, head};
	size_t used = 0;

	row->verdict = VERDICT_MISSING;
	for (int i = 0; i < 2; i++) {
		const struct series *s = sides[i];
		int n;

		if (s && status_has_figure(s->status)) {
			row->figure = s->figure;
			row->has_value[i] = true;
			*(i ? &row->head : &row->base) = s->summary.figure.estimate;
			*(i ? &row->head_launches : &row->base_launches) = s->summary.launches;
			continue;
		}
		if (s && status_is_failure(s->status))
			row->verdict = VERDICT_FAILED;
		n = snprintf(row->reason + used, sizeof(row->reason) - used, "%s%s: %s%s%s",
		    used ? "; " : "", i ? "head" : "base",
		    s ? status_name(s->status) : "no such case", s && s->reason[0] ? ": " : "",
		    s ? s->reason : "");
		used += n > 0 ? (size_t)n : 0;
		if (used >= sizeof(row->reason))
			break;
	}
}

static int shift_of(
    enum cb_scale scale, const struct side *a, const struct side *b, struct rank_shift *out)
{
	const bool counts = scale == CB_OUTCOME;

	if (!scale_averages(scale))
		return rank_two_samples(a->x, a->n, b->x, b->n, COMPARE_ALPHA, out);
	out->covered = 1 - COMPARE_ALPHA;
	return stats_share_shift(&(struct share_sample){a->x, a->n, a->trials, counts},
	    &(struct share_sample){b->x, b->n, b->trials, counts}, COMPARE_ALPHA, &out->shift,
	    &out->p);
}

/* The runs' own remarks about their figures (other than ok), side by side. */
static void note_flags(
    struct comparison_row *row, const struct series *base, const struct series *head)
{
	const struct series *const sides[] = {base, head};

	for (unsigned i = 0; i < 2; i++) {
		char *const out = row->status[i];

		(void)series_status(sides[i], out, sizeof(row->status[i]));
		if (strcmp(out, status_name(STATUS_OK)) == 0)
			out[0] = '\0';
	}
}

/* Return: 0, also when there are too few launches to say anything. */
static int measure(struct comparison_row *row, const struct series *base, const struct series *head,
    double min_effect)
{
	const struct run_figure *f = &row->figure;
	struct launch_list lists[2] = {0};
	struct side a = {0}, b = {0};
	struct rank_shift shift;
	struct regime_choice regime;
	char per_cent[80];
	int rc;

	row->figure = base->figure;
	rc = launch_list_build(base, &lists[0]);
	if (!rc)
		rc = launch_list_build(head, &lists[1]);
	if (!rc)
		rc = choose_regime(row, lists, &regime);
	if (!rc)
		rc = side_build(base, &lists[0], &regime, &a, row->outcomes[0]);
	if (!rc)
		rc = side_build(head, &lists[1], &regime, &b, row->outcomes[1]);
	if (rc) {
		rc = rc == -ESTALE ? 0 : rc;
		goto out;
	}
	row->base = a.middle;
	row->head = row->head_alone = b.middle;
	row->base_launches = (unsigned)a.n;
	row->head_launches = (unsigned)b.n;
	row->slots = a.slots + b.slots;
	row->excluded = a.excluded + b.excluded;
	row->excluded_regime = a.other_regime + b.other_regime;
	row->excluded_length = a.other_length + b.other_length;
	row->excluded_empty = a.without_figure + b.without_figure;
	row->has_value[0] = a.n > 0;
	row->has_value[1] = b.n > 0;
	rc = shift_of(f->scale, &a, &b, &shift);
	if (rc == -EINVAL) {
		(void)snprintf(row->reason, sizeof(row->reason),
		    "%zu and %zu launches: too few for an interval at %.0f %%", a.n, b.n,
		    (1 - COMPARE_ALPHA) * 100);
		rc = 0;
	} else if (!rc) {
		const struct evidence e = {.scale = f->scale,
		    .log_ratio = shift.shift,
		    .alpha = COMPARE_ALPHA,
		    .p = shift.p,
		    .launches = (unsigned)(a.n < b.n ? a.n : b.n)};

		comparison_fill(row, &e, shift.covered);
		comparison_place_head(row);
		row->p = shift.p;
		row->verdict = verdict_by_merit(verdict_of(&e, min_effect), f->better);
		note_flags(row, base, head);
		if (row->verdict == VERDICT_UNSURE)
			(void)snprintf(row->reason, sizeof(row->reason),
			    "interval beyond +-%.3g %s, %zu and %zu launches", min_effect * 100,
			    run_figure_per_cent(f, per_cent, sizeof(per_cent)), a.n, b.n);
	}
out:
	free(a.x);
	free(b.x);
	launch_list_free(&lists[0]);
	launch_list_free(&lists[1]);
	return rc;
}

/* Two peaks are never the same to the last digit; loads further apart than this, as a fraction of
 * the smaller one, are two questions. */
#define LOADS_APART_MAX 0.05

/* Return: true, or false with @reason. */
static bool same_load(
    const struct run_given *base, const struct run_given *head, char reason[REASON_MAX])
{
	double apart;

	if (!base->of[0] && !head->of[0])
		return true;
	if (!base->of[0] || !head->of[0]) {
		(void)snprintf(reason, REASON_MAX,
		    "%s's run does not say what it was given of %.150s: they may be two loads",
		    base->of[0] ? "head" : "base", base->of[0] ? base->of : head->of);
		return false;
	}
	apart = fmax(base->figure, head->figure) / fmin(base->figure, head->figure) - 1;
	if (!(apart > LOADS_APART_MAX))
		return true;
	(void)snprintf(reason, REASON_MAX,
	    "its loads are %.3g %% apart, and over %.3g %% they are two questions", apart * 100,
	    LOADS_APART_MAX * 100);
	return false;
}

static int add_row(struct comparison *c, const struct series *base, const struct series *head,
    const struct compare_rules *rules, bool refused)
{
	struct comparison_row *row = comparison_add(c, base ? base->name : head->name);
	char reason[REASON_MAX];
	bool same;
	int rc;

	if (!row)
		return -ENOMEM;
	if (!base || !head || !status_has_figure(base->status) ||
	    !status_has_figure(head->status)) {
		note_absence(row, base, head);
		return 0;
	}
	row->given[0] = base->given;
	row->given[1] = head->given;
	same =
	    comparable_series(base, head, reason) && same_load(&base->given, &head->given, reason);
	if (same && refused && !rules->force) {
		same = false;
		(void)snprintf(
		    reason, sizeof(reason), "%s", "the environments differ (see the differences)");
	}
	if (same)
		return measure(row, base, head, rules->min_effect);
	rc = rules->force ? measure(row, base, head, rules->min_effect) : 0;
	/* Forced or not: figures of other work say nothing about faster and slower. */
	row->verdict = VERDICT_INCOMPARABLE;
	(void)snprintf(row->reason, sizeof(row->reason), "%s", reason);
	c->forced |= rules->force;
	return rc;
}

static bool wanted(
    const struct compare_rules *rules, const struct series *base, const struct series *head)
{
	const bool unsupported = (!base || base->status == STATUS_UNSUPPORTED) &&
				 (!head || head->status == STATUS_UNSUPPORTED);

	return !unsupported && (!rules->filter || case_filter_matches(rules->filter,
						      base ? base->name : head->name));
}

/* A suite of many cases finds a few changes by chance: those are taken back. */
static int control(struct comparison *c)
{
	enum verdict *verdicts = calloc(c->row_count + 1, sizeof(*verdicts));
	double *p = calloc(c->row_count + 1, sizeof(*p));
	struct comparison_row **tested = calloc(c->row_count + 1, sizeof(*tested));
	size_t n = 0;
	int rc = verdicts && p && tested ? 0 : -ENOMEM;

	for (size_t i = 0; i < c->row_count && !rc; i++) {
		struct comparison_row *r = &c->rows[i];

		if (!r->has_figure || r->verdict == VERDICT_INCOMPARABLE)
			continue;
		tested[n] = r;
		verdicts[n] = r->verdict;
		p[n++] = r->p;
	}
	if (!rc && n)
		rc = verdicts_control(verdicts, p, n, COMPARE_FALSE_DISCOVERY);
	for (size_t i = 0; i < n && rc > 0; i++) {
		if (tested[i]->verdict == verdicts[i])
			continue;
		(void)snprintf(tested[i]->reason, sizeof(tested[i]->reason),
		    "%s by itself, but among %zu cases that may be chance (p %.2g)",
		    comparison_word(tested[i], tested[i]->verdict), n, tested[i]->p);
		tested[i]->verdict = verdicts[i];
	}
	free(tested);
	free(p);
	free(verdicts);
	return rc < 0 ? rc : 0;
}

int compare_runs(const struct run *base, const struct run *head, const struct compare_rules *rules,
    struct comparison *out, size_t *refusals)
{
	size_t refusing = 0;
	int rc;

	out->kind = COMPARISON_STORED;
	out->min_effect = rules->min_effect;
	out->must_see = rules->must_see;
	out->strict = rules->strict;
	rc = comparison_take_facts(out, &base->manifest, &head->manifest);
	if (!rc)
		rc = comparable_check(&base->manifest, &head->manifest, out, &refusing);
	if (refusals)
		*refusals = refusing;
	out->forced = refusing && rules->force;
	for (size_t i = 0; i < base->series_count && !rc; i++) {
		const struct series *a = &base->series[i];
		const struct series *b = run_find_series(head, a->name);

		if (wanted(rules, a, b))
			rc = add_row(out, a, b, rules, refusing > 0);
	}
	for (size_t i = 0; i < head->series_count && !rc; i++) {
		const struct series *b = &head->series[i];

		if (!run_find_series(base, b->name) && wanted(rules, NULL, b))
			rc = add_row(out, NULL, b, rules, refusing > 0);
	}
	return rc ? rc : control(out);
}
