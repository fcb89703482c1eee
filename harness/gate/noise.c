#include "harness/gate/noise.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

/* Normal quantiles. */
#define Z_POWER_90 1.2815515655446004
#define Z_95 1.959963984540054
/* Of a normal deviation over the median absolute one. */
#define MAD_TO_SD 1.4826022185056018
/* Asymptotic efficiency of the Hodges-Lehmann estimate for normal errors: 3 / pi. */
#define HL_EFFICIENCY 0.9549296585513721
/* z of the looks, the ones that looks_alpha() is made of. */
static const double look_z[LOOKS] = {3.29, 3.29, 2.81, 2.58};

static double z_of(unsigned launches)
{
	unsigned look = 0;

	while (look + 1 < LOOKS && looks_launches(look + 1) <= launches)
		look++;
	return look_z[look];
}

double noise_visible_change(
    const struct launch_ratio *launch, size_t n, unsigned launches, double min_effect)
{
	double *x = n ? calloc(n, sizeof(*x)) : NULL;
	double mad = 0.0, change;
	int ret = -1;

	if (!x || n < 2 || !launches)
		goto out;
	for (size_t i = 0; i < n; i++)
		x[i] = launch[i].log_ratio;
	ret = stats_mad(x, n, &mad);
out:
	free(x);
	if (ret)
		return 0.0;
	change =
	    expm1((z_of(launches) + Z_POWER_90) * mad * MAD_TO_SD / sqrt(HL_EFFICIENCY * launches));
	return fmax(change, min_effect / 2);
}

struct stats_interval noise_wilson(unsigned hits, unsigned of)
{
	const double n = of, p = of ? hits / n : 0.0, z2 = Z_95 * Z_95;
	const double middle = of ? (p + z2 / (2 * n)) / (1 + z2 / n) : 0.5;
	const double half =
	    of ? Z_95 / (1 + z2 / n) * sqrt(p * (1 - p) / n + z2 / (4 * n * n)) : 0.5;

	return (struct stats_interval){
	    .estimate = p, .low = fmax(0.0, middle - half), .high = fmin(1.0, middle + half)};
}

double noise_case_change(const struct gate_case *c, uint64_t within_ns, double min_effect)
{
	const uint64_t pair_ns = c->pairs ? c->spent_ns / c->pairs : 0;
	const uint64_t pairs = pair_ns ? within_ns / pair_ns : 0;

	return noise_visible_change(
	    c->test.launch, c->test.count, pairs > 1000000 ? 1000000 : (unsigned)pairs, min_effect);
}

/* Of the time that a gate has, for the A/A before it. */
#define BRIEF_SHARE 6
#define BRIEF_CASES 3

/* Return: how many of @cases, spread over the list, and which. */
static size_t pick(const struct gate_plan *plan, const struct catalogue_case *const *cases,
    size_t count, const struct catalogue_case *picked[BRIEF_CASES])
{
	uint64_t left_ns = plan->budget_ns / BRIEF_SHARE;
	size_t n = 0;

	for (size_t i = 0; i < BRIEF_CASES && i < count; i++) {
		const size_t at = count <= BRIEF_CASES ? i : i * (count - 1) / (BRIEF_CASES - 1);
		const uint64_t needed_ns = gate_first_look_ns(plan, &cases[at]->slot_ns, 1);

		if (needed_ns > left_ns)
			continue;
		left_ns -= needed_ns;
		picked[n++] = cases[at];
	}
	return n;
}

static void say(const struct gate *g, char *text, size_t len)
{
	size_t used = 0;
	unsigned said = 0;

	text[0] = '\0';
	for (size_t i = 0; i < g->count; i++) {
		const struct gate_case *c = &g->item[i];
		const double change =
		    c->error ? 0.0 : noise_case_change(c, NOISE_CASE_NS, g->plan->min_effect);
		int n = 0;

		if (change > 0.0)
			n = snprintf(text + used, len - used, "%s%.2g %% is visible in 5 s (%s%s)",
			    said++ ? ", " : "on this machine, ", 100.0 * change, c->name,
			    c->test.flagged == VERDICT_UNSURE ? ""
							      : ", where A/A looked different");
		used += n > 0 ? (size_t)n : 0;
		if (used >= len) /* cut: a long name */
			return;
	}
	if (!said)
		(void)snprintf(text, len, "no A/A before the gate: too little time for a look");
}

int noise_brief(struct gate_plan *plan, const struct catalogue_case *const *cases, size_t count,
    char *text, size_t text_len)
{
	const struct catalogue_case *picked[BRIEF_CASES];
	const uint64_t begin_ns = clock_now_ns();
	struct gate_plan aa = *plan;
	const size_t n = pick(plan, cases, count, picked);
	struct gate g;
	uint64_t took_ns;
	int ret;

	aa.cell[SIDE_HEAD] = aa.cell[SIDE_BASE];
	aa.max_pairs = looks_launches(0);
	aa.budget_ns = plan->budget_ns / BRIEF_SHARE;
	aa.doing = "base against itself";
	ret = gate_begin(&g, &aa, picked, n);
	if (!ret && n)
		ret = gate_measure(&g);
	if (!ret)
		say(&g, text, text_len);
	gate_free(&g);
	took_ns = clock_now_ns() - begin_ns;
	plan->budget_ns -= took_ns < plan->budget_ns ? took_ns : plan->budget_ns;
	return ret;
}
