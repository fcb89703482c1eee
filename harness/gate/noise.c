#include "harness/gate/noise.h"

#include "harness/base/text.h"
#include "harness/stats/power.h"

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

double noise_visible_change(
    const struct launch_ratio *launch, size_t n, uint64_t launches, double min_effect)
{
	struct power_design d = {.min_effect = min_effect,
	    .find = at_most(launches),
	    .confirm = at_most(launches / GATE_CONFIRM_SHARE)};
	double *x = n ? calloc(n, sizeof(*x)) : NULL;
	double mad = 0.0;
	int ret = -1;

	if (!x || n < 2)
		goto out;
	d.scale = launch[0].scale;
	for (size_t i = 0; i < n; i++)
		x[i] = launch[i].log_ratio;
	ret = stats_mad(x, n, &mad);
	d.sd = MAD_TO_SD * mad;
out:
	free(x);
	return ret ? 0.0 : power_visible(&d);
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
    const struct gate_plan *plan, const struct catalogue_case *const *cases, size_t count)
{
	const uint64_t needed_ns = gate_needed_ns(plan, cases, count);
	const uint64_t spare_ns = plan->budget_ns > needed_ns ? plan->budget_ns - needed_ns : 0;
	const uint64_t share_ns = plan->budget_ns / BRIEF_SHARE;

	return share_ns < spare_ns ? share_ns : spare_ns;
}

/* Return: how many of @cases, spread over the list, and which. */
static size_t pick(const struct gate_plan *plan, uint64_t left_ns,
    const struct catalogue_case *const *cases, size_t count,
    const struct catalogue_case *picked[BRIEF_CASES])
{
	size_t n = 0;

	for (size_t i = 0; i < BRIEF_CASES && i < count; i++) {
		const size_t at = count <= BRIEF_CASES ? i : i * (count - 1) / (BRIEF_CASES - 1);
		const uint64_t needed_ns = gate_first_look_ns(plan, &cases[at], 1);

		if (needed_ns > left_ns)
			continue;
		left_ns -= needed_ns;
		picked[n++] = cases[at];
	}
	return n;
}

/* Both sides are base. */
static int say_failed(const struct gate_case *c, bool first, char *text, size_t len)
{
	const char *const begin = first ? "no A/A before the gate: " : "; ";

	if (c->error == -ENODATA)
		return snprintf(text, len, "%sbase finished no operation of %s in %.3g ms", begin,
		    c->name, (double)c->slot_ns / 1e6);
	if (c->error == -ESTALE)
		return snprintf(text, len, "%sbase does not always do the same in %s: %s", begin,
		    c->name, c->failure.why);
	return snprintf(text, len, "%sbase %s in %s: %s", begin, status_name(c->failure.status),
	    c->name, c->failure.why);
}

/* @within_ns: what a case has. */
static void say(const struct gate *g, uint64_t within_ns, char *text, size_t len)
{
	size_t used = 0;
	unsigned said = 0;

	text[0] = '\0';
	for (size_t i = 0; i < g->count; i++) {
		const struct gate_case *c = &g->item[i];
		const struct noise_visible v = noise_visible(
		    c->test.launch, c->test.count, c->spent_ns, within_ns, g->plan->min_effect);
		const char *const begin = said ? ", " : "on this machine, ";
		const char *const odd =
		    c->test.flagged == VERDICT_UNSURE ? "" : ", where A/A looked different";
		int n = 0;

		if (c->error || c->pairs < looks_launches(0))
			continue;
		if (v.change > 0.0)
			n = snprintf(text + used, len - used,
			    "%s%.2g %% is visible in %.3g s (%s%s)", begin, 100.0 * v.change,
			    (double)within_ns / 1e9, c->name, odd);
		else if (v.needed_ns)
			n = snprintf(text + used, len - used,
			    "%sa verdict needs %.3g s, and %.3g s are there (%s%s)", begin,
			    (double)v.needed_ns / 1e9, (double)within_ns / 1e9, c->name, odd);
		said += n > 0;
		used += n > 0 ? (size_t)n : 0;
		if (used >= len) /* cut: a long name */
			return;
	}
	for (size_t i = 0; i < g->count; i++) {
		int n = 0;

		if (g->item[i].error)
			n = say_failed(&g->item[i], !said, text + used, len - used);
		said += n > 0;
		used += n > 0 ? (size_t)n : 0;
		if (used >= len)
			return;
	}
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
    char *text, size_t text_len)
{
	const struct catalogue_case *picked[BRIEF_CASES];
	const uint64_t begin_ns = clock_now_ns();
	struct gate_plan aa = *plan;
	const uint64_t budget_ns = plan->open_ended ? UINT64_MAX : brief_ns(plan, cases, count);
	const size_t n = pick(plan, budget_ns, cases, count, picked);
	struct gate g;
	uint64_t took_ns;
	int ret;

	text[0] = '\0';
	aa.cell[SIDE_HEAD] = aa.cell[SIDE_BASE];
	aa.max_pairs = looks_launches(0);
	aa.budget_ns =
	    plan->open_ended ? BRIEF_PATIENCE * gate_first_look_ns(plan, picked, n) : budget_ns;
	aa.doing = "base against itself";
	ret = gate_begin(&g, &aa, picked, n);
	if (!ret && n)
		ret = gate_measure(&g);
	took_ns = clock_now_ns() - begin_ns;
	if (!plan->open_ended)
		plan->budget_ns -= took_ns < plan->budget_ns ? took_ns : plan->budget_ns;
	plan->overhead_ns = gate_overhead_ns(&g);
	gate_widen(plan, cases, count);
	if (!ret && any_finding(&g))
		say(&g, plan->budget_ns / (count ? count : 1), text, text_len);
	gate_free(&g);
	return ret;
}

/* What the cases of a gate show in the time that each has. */
struct spread_of_gate {
	size_t visible; /* cases in which a change is, from @least to @most */
	double least, most;
	uint64_t needed_ns; /* the longest that a verdict takes where no change is; 0: nowhere */
};

static struct spread_of_gate spread_of(const struct gate *g, uint64_t within_ns)
{
	struct spread_of_gate s = {0};

	for (size_t i = 0; i < g->count; i++) {
		const struct gate_case *c = &g->item[i];
		struct noise_visible v;

		if (c->error || c->pairs < looks_launches(0))
			continue;
		v = noise_visible(
		    c->test.launch, c->test.count, c->spent_ns, within_ns, g->plan->min_effect);
		if (v.change > 0.0) {
			s.least = s.visible ? fmin(s.least, v.change) : v.change;
			s.most = s.visible ? fmax(s.most, v.change) : v.change;
			s.visible++;
		} else if (v.needed_ns > s.needed_ns) {
			s.needed_ns = v.needed_ns;
		}
	}
	return s;
}

void noise_of_gate(const struct gate *g, char *text, size_t text_len)
{
	static const char *const none = "no A/A before the gate got to a look";
	const uint64_t within_ns = g->plan->budget_ns / (g->count ? g->count : 1);
	const struct spread_of_gate s = spread_of(g, within_ns);
	const double within_s = (double)within_ns / 1e9;

	if (s.visible && g->count == 1)
		(void)snprintf(text, text_len,
		    "%s; as its own launches spread, %.2g %% is visible in %.3g s (%s)", none,
		    100.0 * s.least, within_s, g->item[0].name);
	else if (s.visible)
		(void)snprintf(text, text_len,
		    "%s; as its own launches spread, from %.2g to %.2g %% is visible in %.3g s a "
		    "case (%zu of %zu cases)",
		    none, 100.0 * s.least, 100.0 * s.most, within_s, s.visible, g->count);
	else if (s.needed_ns)
		(void)snprintf(text, text_len,
		    "%s; as long as its own launches took, a verdict needs up to %.3g s a case, "
		    "and %.3g s were there",
		    none, (double)s.needed_ns / 1e9, within_s);
	else
		(void)snprintf(text, text_len, "%s, nor did a case in it", none);
}

void noise_name_quota(const struct gate *g, char *text, size_t text_len)
{
	char rest[REASON_MAX];
	size_t all = 0, stopped = 0;

	for (size_t i = 0; i < g->count; i++) {
		const struct gate_case *c = &g->item[i];

		stopped += c->throttled;
		all += c->slots + c->warm_up + c->empty + c->apart_slots;
	}
	if (!stopped)
		return;
	(void)snprintf(rest, sizeof(rest), "%s", text);
	text[0] = '\0';
	text_add_clause(text, text_len,
	    "the CPU quota stopped it in %zu of %zu turns: these figures are of the quota as much "
	    "as "
	    "of the code",
	    stopped, all);
	if (rest[0])
		text_add_clause(text, text_len, "%s", rest);
}
