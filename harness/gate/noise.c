#include "harness/gate/noise.h"

#include "harness/stats/power.h"
#include "harness/stats/scale.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

/* Of a normal deviation over the median absolute one. */
#define MAD_TO_SD 1.4826022185056018
/* After the last look of a pass nothing changes any more. */
#define LAUNCHES_MAX looks_launches(LOOKS - 1)

static unsigned at_most(uint64_t launches)
{
	return launches < LAUNCHES_MAX ? (unsigned)launches : LAUNCHES_MAX;
}

/* The relative standard error of a MAD of n normal values, times sqrt(n). */
#define MAD_ERROR 1.17
/*
 * One and a half of them on top: a spread that came out small by chance promises what the next
 * launches do not keep. With so many, of the changes that were promised from eleven launches nine
 * in ten were found on what was recorded (noise_promise_test.c).
 */
#define MAD_MARGIN 1.5

double noise_spread(const struct launch_ratio *launch, size_t n)
{
	double *x = n ? calloc(n, sizeof(*x)) : NULL;
	double mad, all;
	int ret = -1;

	if (!x || n < 2)
		goto out;
	for (size_t i = 0; i < n; i++)
		x[i] = launch[i].log_ratio;
	ret = stats_mad(x, n, &mad);
	for (size_t i = 0; i < n; i++)
		x[i] = launch[i].quickest ? launch[i].middle : launch[i].log_ratio;
	if (!ret)
		ret = stats_mad(x, n, &all);
out:
	free(x);
	return ret ? NAN
		   : MAD_TO_SD * fmax(mad, all) * (1.0 + MAD_MARGIN * MAD_ERROR / sqrt((double)n));
}

double noise_visible_change(
    const struct launch_ratio *launch, size_t n, uint64_t launches, double min_effect)
{
	const struct power_design d = {.scale = n ? launch[0].scale : CB_RATIO,
	    .sd = noise_spread(launch, n),
	    .min_effect = min_effect,
	    .find = at_most(launches),
	    .confirm = at_most(launches / GATE_CONFIRM_SHARE)};

	return power_visible(&d);
}

/* What a two-sided interval at a look's price reaches to, in standard errors: looks_alpha(). */
static const double look_reach[LOOKS] = {3.29, 3.29, 2.81, 2.58};
/* How far the estimate of the worst of some dozens of cases strays, in standard errors. */
#define WORST_OF_SUITE 3.0
/* The spread of all of a suite's cases is to be no larger than thought, not only of half of them:
 * so many of its standard errors. */
#define SUITE_MARGIN 2.0
/* An interval of shares is not of a spread: it is taken from the launches, and so much longer. */
#define SHARE_MARGIN 1.5

/* As if the launches were @launches: the same again and again. Return: NAN without memory. */
static double share_reach(
    const struct launch_ratio *launch, size_t n, unsigned launches, double alpha)
{
	struct launch_ratio *all = calloc(launches, sizeof(*all));
	struct evidence e;
	int ret = all ? 0 : -ENOMEM;

	for (unsigned i = 0; !ret && i < launches; i++)
		all[i] = launch[i % n];
	if (!ret)
		ret = evidence_of(all, launches, alpha, &e);
	free(all);
	return ret ? NAN : SHARE_MARGIN * fmax(e.log_ratio.high, -e.log_ratio.low);
}

double noise_surely_seen(
    const struct launch_ratio *launch, size_t n, unsigned launches, double min_effect)
{
	const double error = MAD_ERROR / sqrt((double)(n ? n : 1));
	const double sd =
	    noise_spread(launch, n) * (1.0 + SUITE_MARGIN * error) / (1.0 + MAD_MARGIN * error);
	unsigned look = 0;
	double reach;

	if (n < 2 || launches < looks_launches(0))
		return 0.0;
	launches = at_most(launches);
	/* The price of the look that would be next: sequential_finish(). */
	while (look < LOOKS - 1 && looks_launches(look) <= launches)
		look++;
	reach = scale_averages(launch[0].scale)
		    ? share_reach(launch, n, launches, looks_alpha(look))
		    : sd * (look_reach[look] + WORST_OF_SUITE) / sqrt((double)launches);
	return isfinite(reach) ? fmax(scale_effect(launch[0].scale, 1.0, reach), min_effect) : 0.0;
}

struct noise_visible noise_visible(const struct launch_ratio *launch, size_t n, uint64_t spent_ns,
    uint64_t within_ns, double min_effect)
{
	const uint64_t pair_ns = n ? spent_ns / n : 0;
	struct noise_visible v = {.within_ns = within_ns};

	if (!pair_ns)
		return v;
	v.change = noise_visible_change(launch, n, within_ns / pair_ns, min_effect);
	if (within_ns / pair_ns < gate_launches_needed())
		v.needed_ns = gate_case_needed_ns(pair_ns);
	return v;
}

/* Of the time that a gate has, for the A/A before it. */
#define BRIEF_SHARE 6
#define BRIEF_CASES 3
/* When nobody has said how long it may take: so many times as long as expected. */
#define BRIEF_PATIENCE 2

/* Not from what the gate itself needs. */
static uint64_t brief_ns(
    const struct gate_plan *plan, const struct catalogue_case *const *cases, size_t count, bool all)
{
	const uint64_t needed_ns = gate_needed_ns(plan, cases, count);
	const uint64_t spare_ns = plan->budget_ns > needed_ns ? plan->budget_ns - needed_ns : 0;
	const uint64_t share_ns = plan->budget_ns / BRIEF_SHARE;

	return share_ns < spare_ns && !all ? share_ns : spare_ns;
}

/* Return: how many of @cases, @most and spread over the list, and which. */
static size_t pick(const struct gate_plan *plan, uint64_t left_ns,
    const struct catalogue_case *const *cases, size_t count, const struct catalogue_case **picked,
    size_t most)
{
	size_t n = 0;

	for (size_t i = 0; i < most && i < count; i++) {
		const size_t at = count <= most ? i : i * (count - 1) / (most - 1);
		const uint64_t needed_ns = gate_first_look_ns(plan, &cases[at], 1);

		if (needed_ns > left_ns)
			continue;
		left_ns -= needed_ns;
		picked[n++] = cases[at];
	}
	return n;
}

/* Both sides are base. */
static void say_failed(const struct gate_case *c, struct text_buffer *text)
{
	text_buffer_add(text, text->len ? "; " : "no A/A before the gate: ");
	if (c->error == -ENODATA)
		text_buffer_addf(text, "base finished no operation of %s in %.3g ms", c->name,
		    (double)c->slot_ns / 1e6);
	else if (c->error == -ESTALE)
		text_buffer_addf(
		    text, "base does not always do the same in %s: %s", c->name, c->failure.why);
	else
		text_buffer_addf(text, "base %s in %s: %s", status_name(c->failure.status), c->name,
		    c->failure.why);
}

/* At most so many cases by name. */
#define SAID_MAX 3

/* @within_ns: what a case has. */
static void say(const struct gate *g, uint64_t within_ns, struct text_buffer *text)
{
	for (size_t i = 0, said = 0; i < g->count && said < SAID_MAX; i++) {
		const struct gate_case *c = &g->item[i];
		const struct noise_visible v = noise_visible(
		    c->test.launch, c->test.count, c->spent_ns, within_ns, g->plan->min_effect);
		const char *const begin = said ? ", " : "on this machine, ";
		const char *const odd =
		    c->test.flagged == VERDICT_UNSURE ? "" : ", where A/A looked different";

		if (c->error || c->pairs < looks_launches(0) || !(v.change > 0.0 || v.needed_ns))
			continue;
		if (v.change > 0.0)
			text_buffer_addf(text, "%s%.2g %% is visible in %.3g s (%s%s)", begin,
			    100.0 * v.change, (double)within_ns / 1e9, c->name, odd);
		else
			text_buffer_addf(text,
			    "%sa verdict needs %.3g s, and %.3g s are there (%s%s)", begin,
			    (double)v.needed_ns / 1e9, (double)within_ns / 1e9, c->name, odd);
		said++;
	}
	for (size_t i = 0; i < g->count; i++)
		if (g->item[i].error)
			say_failed(&g->item[i], text);
}

/* What a pair takes gets longer when the machine gets slower. */
#define PACE_RESERVE 0.8

/* How many pairs of each case there is the time for, by what the A/A's took: a round has one of
 * each. At least those that the budget was held against. */
static unsigned launches_within(const struct gate *g, uint64_t budget_ns)
{
	uint64_t round_ns = 0, n;

	for (size_t i = 0; i < g->count; i++) {
		const struct gate_case *c = &g->item[i];

		round_ns += c->pairs + c->apart ? c->spent_ns / (c->pairs + c->apart) : 0;
	}
	n = round_ns ? (uint64_t)(PACE_RESERVE * (double)budget_ns) / round_ns : 0;
	return n > looks_launches(0) ? at_most(n) : looks_launches(0);
}

/* What every case of @g shows for certain when nothing is slower: the largest of these. Return: 0.0
 * when some case had no time for a look. */
static double size_for_all(const struct gate *g, uint64_t budget_ns)
{
	const unsigned launches = launches_within(g, budget_ns);
	double all = 0.0;

	for (size_t i = 0; i < g->count; i++) {
		const struct gate_case *c = &g->item[i];
		const double one =
		    noise_surely_seen(c->test.launch, c->test.count, launches, g->plan->min_effect);

		/* Of one that fails, or whose sides are never in the same regime, the gate will
		 * say that it has seen nothing. */
		if (c->error || c->apart || c->figure.better == CB_NEITHER)
			continue;
		if (c->pairs < looks_launches(0) || !(one > 0.0))
			return 0.0;
		all = fmax(all, one);
	}
	/* As it is said: rounded up to two digits. */
	return all < 0.1 ? ceil(all * 1e3) / 1e3 : ceil(all * 1e2) / 1e2;
}

/* A look, or what base's failure is. */
static bool any_finding(const struct gate *g)
{
	for (size_t i = 0; i < g->count; i++)
		if (g->item[i].error || g->item[i].pairs >= looks_launches(0))
			return true;
	return false;
}

int noise_brief(struct gate_plan *plan, const struct catalogue_case *const *cases, size_t count,
    double *must_see, struct text_buffer *text)
{
	const size_t most = must_see ? count : BRIEF_CASES;
	const struct catalogue_case **picked = calloc(most ? most : 1, sizeof(*picked));
	const uint64_t begin_ns = clock_now_ns();
	struct gate_plan aa = *plan;
	const uint64_t budget_ns =
	    plan->open_ended ? UINT64_MAX : brief_ns(plan, cases, count, must_see != NULL);
	const size_t n = picked ? pick(plan, budget_ns, cases, count, picked, most) : 0;
	struct gate g = {0};
	uint64_t took_ns;
	int ret;

	if (!picked)
		return -ENOMEM;
	aa.cell[SIDE_HEAD] = aa.cell[SIDE_BASE];
	aa.max_pairs = looks_launches(0);
	aa.budget_ns =
	    plan->open_ended ? BRIEF_PATIENCE * gate_first_look_ns(plan, picked, n) : budget_ns;
	aa.doing = "base against itself";
	ret = gate_begin(&g, &aa, picked, n);
	if (!ret && n)
		ret = gate_measure(&g);
	if (ret == CELL_NONE)
		(void)snprintf(plan->why, sizeof(plan->why), "%s", g.why);
	took_ns = clock_now_ns() - begin_ns;
	if (!plan->open_ended)
		plan->budget_ns -= took_ns < plan->budget_ns ? took_ns : plan->budget_ns;
	plan->overhead_ns = gate_overhead_ns(&g);
	gate_widen(plan, cases, count);
	if (!ret && any_finding(&g))
		say(&g, plan->budget_ns / (count ? count : 1), text);
	if (!ret && must_see)
		*must_see = n == count ? size_for_all(&g, plan->budget_ns) : 0.0;
	gate_free(&g);
	free(picked);
	return ret;
}

/* What the cases of a gate show in the time that each has. */
struct spread_of_gate {
	size_t visible; /* cases in which a change is, from @least to @most */
	size_t kept;    /* of which so many were judged, or a slowdown of that size ruled out */
	double least, most;
	uint64_t needed_ns; /* the longest that a verdict takes where no change is; 0: nowhere */
};

static struct spread_of_gate spread_of(
    const struct gate *g, uint64_t within_ns, struct comparison_row *rows)
{
	struct spread_of_gate s = {0};

	for (size_t i = 0; i < g->count; i++) {
		const struct gate_case *c = &g->item[i];
		struct noise_visible v;

		if (c->error || c->pairs < looks_launches(0))
			continue;
		v = noise_visible(
		    c->test.launch, c->test.count, c->spent_ns, within_ns, g->plan->min_effect);
		rows[i].visible = v.change;
		if (v.change > 0.0) {
			s.least = s.visible ? fmin(s.least, v.change) : v.change;
			s.most = s.visible ? fmax(s.most, v.change) : v.change;
			s.visible++;
			s.kept += comparison_judged(&rows[i]) ||
				  comparison_may_hide(&rows[i]) <= v.change;
		} else if (v.needed_ns > s.needed_ns) {
			s.needed_ns = v.needed_ns;
		}
	}
	return s;
}

void noise_of_gate(
    const struct gate *g, struct comparison_row *rows, bool aa, struct text_buffer *text)
{
	const uint64_t within_ns = g->plan->budget_ns / (g->count ? g->count : 1);
	const struct spread_of_gate s = spread_of(g, within_ns, rows);
	const double within_s = (double)within_ns / 1e9;
	const bool any = s.visible || s.needed_ns;

	if (text->len)
		text_buffer_add(text, any ? "; " : "");
	else if (aa)
		text_buffer_addf(text, "no A/A before the gate got to a look%s",
		    any ? "; " : ", nor did a case in it");
	if (s.visible && g->count == 1)
		text_buffer_addf(text,
		    "as its own launches spread, %.2g %% was visible in %.3g s (%s)",
		    100.0 * s.least, within_s, g->item[0].name);
	else if (s.visible)
		text_buffer_addf(text,
		    "as its own launches spread, from %.2g to %.2g %% was visible in %.3g s a case "
		    "(%zu of %zu cases; %zu were judged, or a slowdown of that size ruled out)",
		    100.0 * s.least, 100.0 * s.most, within_s, s.visible, g->count, s.kept);
	else if (s.needed_ns)
		text_buffer_addf(text,
		    "as long as its own launches took, a verdict needs up to %.3g s a case, and "
		    "%.3g s were there",
		    (double)s.needed_ns / 1e9, within_s);
}

void noise_name_quota(const struct gate *g, struct text_buffer *text)
{
	struct text_buffer rest = *text;
	size_t all = 0, stopped = 0;

	for (size_t i = 0; i < g->count; i++) {
		const struct gate_case *c = &g->item[i];

		stopped += c->throttled;
		all += c->slots + c->warm_up + c->empty + c->apart_slots;
	}
	if (!stopped)
		return;
	*text = (struct text_buffer){0};
	text_buffer_addf(text,
	    "the CPU quota stopped it in %zu of %zu turns: these figures are of the quota as much "
	    "as of the code%s%s",
	    stopped, all, rest.len ? "; " : "", text_buffer_str(&rest));
	text->failed |= rest.failed;
	text_buffer_free(&rest);
}
