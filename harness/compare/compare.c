#include "harness/compare/compare.h"

#include "harness/compare/comparable.h"
#include "harness/run/launch.h"
#include "harness/stats/rank.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* One side of a case: log times per operation, one a launch. */
struct side {
	double *log_ns;
	size_t n;
	unsigned slots, excluded;
	double median_ns;
};

static int side_build(const struct series *s, struct side *out)
{
	struct launch_list list = {0};
	double median;
	int rc = launch_list_build(s, &list);

	memset(out, 0, sizeof(*out));
	if (rc)
		return rc;
	out->log_ns = calloc(list.count + 1, sizeof(*out->log_ns));
	if (!out->log_ns)
		rc = -ENOMEM;
	for (size_t i = 0; i < list.count && !rc; i++) {
		double ns;

		if (metric_get(&list.items[i].medians, METRIC_NS_PER_OP, &ns) && ns > 0) {
			out->log_ns[out->n++] = log(ns);
			out->slots += list.items[i].samples;
		}
	}
	out->excluded = (unsigned)s->sample_count - out->slots;
	if (!rc && out->n) {
		rc = stats_median(out->log_ns, out->n, &median);
		out->median_ns = exp(median);
	}
	launch_list_free(&list);
	return rc;
}

/* What a status without a figure means for the comparison. */
static void note_absence(
    struct comparison_row *row, const struct series *base, const struct series *head)
{
	const struct series *const sides[] = {base, head};
	size_t used = 0;

	row->verdict = VERDICT_MISSING;
	for (int i = 0; i < 2; i++) {
		const struct series *s = sides[i];
		int n;

		if (s && status_has_figure(s->status))
			continue;
		if (s && status_is_failure(s->status))
			row->verdict = VERDICT_FAILED;
		n = snprintf(row->reason + used, sizeof(row->reason) - used, "%s%s: %s%s%.100s",
		    used ? "; " : "", i ? "head" : "base",
		    s ? status_name(s->status) : "no such case", s && s->reason[0] ? ": " : "",
		    s ? s->reason : "");
		used += n > 0 ? (size_t)n : 0;
		if (used >= sizeof(row->reason))
			break;
	}
}

static void note_shift(struct comparison_row *row, const struct rank_shift *shift)
{
	row->has_figure = true;
	row->change.estimate = expm1(shift->shift.estimate);
	row->change.low = expm1(shift->shift.low);
	row->change.high = expm1(shift->shift.high);
	row->level = shift->covered;
	row->p = shift->p;
}

/* Return: 0, also when there are too few launches to say anything. */
static int measure(struct comparison_row *row, const struct series *base, const struct series *head,
    double min_effect)
{
	struct side a = {0}, b = {0};
	struct rank_shift shift;
	int rc = side_build(base, &a);

	if (!rc)
		rc = side_build(head, &b);
	if (rc)
		goto out;
	row->base_ns_per_op = a.median_ns;
	row->head_ns_per_op = b.median_ns;
	row->base_launches = (unsigned)a.n;
	row->head_launches = (unsigned)b.n;
	row->slots = a.slots + b.slots;
	row->excluded = a.excluded + b.excluded;
	rc = rank_two_samples(a.log_ns, a.n, b.log_ns, b.n, COMPARE_ALPHA, &shift);
	if (rc == -EINVAL) {
		(void)snprintf(row->reason, sizeof(row->reason),
		    "%zu and %zu launches: too few for an interval at %.0f %%", a.n, b.n,
		    (1 - COMPARE_ALPHA) * 100);
		rc = 0;
	} else if (!rc) {
		const struct evidence e = {.log_ratio = shift.shift,
		    .alpha = COMPARE_ALPHA,
		    .p = shift.p,
		    .launches = (unsigned)(a.n < b.n ? a.n : b.n)};

		note_shift(row, &shift);
		row->verdict = verdict_of(&e, min_effect);
		if (row->verdict == VERDICT_UNSURE)
			(void)snprintf(row->reason, sizeof(row->reason),
			    "interval beyond +-%.3g %%, %zu and %zu launches", min_effect * 100,
			    a.n, b.n);
	}
out:
	free(a.log_ns);
	free(b.log_ns);
	return rc;
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
	same = comparable_series(base, head, reason);
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
		    verdict_name(tested[i]->verdict), n, tested[i]->p);
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
