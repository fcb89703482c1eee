/*
 * replay.c - decision rules on recorded noise: how often each finds a change where there is none,
 * and how often it finds one that is there. See replay.sh.
 *
 * Usage: replay [-l] WINDOWS TRACE.csv...   (lines as harness/stats/trace_fixture.h says)
 *
 * -l: our rule alone, with pairs of other lengths in the same time.
 */
#include "harness/gate/gate_private.h"
#include "harness/gate/noise.h"
#include "harness/stats/scale.h"
#include "harness/stats/rank.h"
#include "harness/stats/trace_fixture.h"

/* About how long the turns of the gate's pairs take. */
#define PAIR_MS ((double)GATE_LAUNCH_NS / (double)CLOCK_NS_PER_MS)
#define SUITE 50
#define SUITE_RATE 0.05

struct outcome {
	unsigned slower, faster, same, unsure, windows;
};

static void print(
    const char *rule, const char *trace, double slowdown, double seconds, struct outcome o)
{
	const struct stats_interval slower = stats_wilson(o.slower, o.windows, STATS_Z_95);
	const struct stats_interval any = stats_wilson(o.slower + o.faster, o.windows, STATS_Z_95);

	(void)printf("%s\t%s\t%.1f\t%.0f\t%u\t%u\t%u\t%u\t%u\t%.2f\t%.2f\t%.2f\t%.2f\t%.2f\t%.2f\n",
	    rule, trace, slowdown * 100, seconds, o.windows, o.slower, o.faster, o.same, o.unsure,
	    100 * slower.estimate, 100 * slower.low, 100 * slower.high, 100 * any.estimate,
	    100 * any.low, 100 * any.high);
}

static void count(struct outcome *o, enum verdict v)
{
	o->slower += v == VERDICT_SLOWER;
	o->faster += v == VERDICT_FASTER;
	o->same += v == VERDICT_SAME;
	o->unsure += v == VERDICT_UNSURE;
	o->windows++;
}

static void fail(const char *what)
{
	(void)fprintf(stderr, "replay: %s\n", what);
	exit(2);
}

/* ---- ours ---- */

/* What a gate's pair takes with turns as long as the recorded ones, and with what comes beside
 * them. */
static double pair_and_overhead_ms(const struct trace *t, double pair_ms)
{
	const struct gate_plan plan = {.launch_ns = (uint64_t)(pair_ms * 1e6)};

	return (double)gate_pair_ns(&plan, (uint64_t)(t->slot_ms * 1e6)) / 1e6;
}

static struct trace_plan plan_of(
    const struct trace *t, double pair_ms, double seconds, double slowdown)
{
	const unsigned find = (unsigned)(seconds * 1e3 / pair_and_overhead_ms(t, pair_ms));

	return (struct trace_plan){
	    .pair_ms = pair_ms, .slowdown = slowdown, .find = find, .confirm = find / 2};
}

/* A window as recorded; of a trace that is not long enough for two of them, as the tests' are,
 * launches with replacement. */
static void draw(struct trace_pairs *pairs, const struct trace *t, unsigned all, uint64_t *rng)
{
	if (trace_longest(t) > all)
		trace_in_a_row(pairs, trace_window(t, all, rng), all, 0);
	else
		trace_resample(pairs, t, all, false, rng);
}

static void ours(const char *rule, const struct trace *t, double pair_ms, double seconds,
    double slowdown, unsigned windows)
{
	const struct trace_plan p = plan_of(t, pair_ms, seconds, slowdown);
	struct trace_pairs pairs;
	struct outcome o = {0};
	uint64_t rng = 1;

	if (p.find + p.confirm > TRACE_PAIRS_MAX)
		fail("pairs are too short");
	for (unsigned i = 0; i < windows; i++) {
		const unsigned all = p.find + p.confirm;
		enum verdict v;

		draw(&pairs, t, all, &rng);
		if (trace_gate(t, &pairs, &p, &rng, &v, NULL) != 0)
			fail("the statistics");
		count(&o, v);
	}
	print(rule, t->name, slowdown, seconds, o);
}

/* Longer pairs are fewer, and more of the time is turns; shorter ones are more, and begin more. */
static void launch_lengths(const struct trace *t, unsigned windows)
{
	static const double pair_ms[] = {60.0, 70.0, 80.0, 160.0, 500.0};
	static const double changes[] = {0.0, 0.01, 0.02};

	for (size_t l = 0; l < sizeof(pair_ms) / sizeof(pair_ms[0]); l++) {
		for (size_t s = 0; s < sizeof(changes) / sizeof(changes[0]); s++) {
			char rule[40];

			(void)snprintf(rule, sizeof(rule), "pairs of %.0f ms", pair_ms[l]);
			ours(rule, t, pair_ms[l], 5.0, changes[s], windows);
		}
	}
}

/* A suite of equal cases, each on a window of its own of one of the traces. */
static void suite(const struct trace *t, size_t traces, unsigned suites)
{
	struct trace_pairs pairs;
	struct outcome o = {0};
	uint64_t rng = 2;

	for (unsigned i = 0; i < suites; i++) {
		enum verdict v[SUITE];
		double pvalue[SUITE];
		bool slower = false, faster = false;

		for (unsigned c = 0; c < SUITE; c++) {
			const struct trace *of = &t[c % traces];
			const struct trace_plan p = plan_of(of, PAIR_MS, 5.0, 0.0);
			const unsigned all = p.find + p.confirm;

			draw(&pairs, of, all, &rng);
			if (trace_gate(of, &pairs, &p, &rng, &v[c], &pvalue[c]) != 0)
				fail("the statistics");
		}
		if (verdicts_control(v, pvalue, SUITE, SUITE_RATE) < 0)
			fail("no memory");
		for (unsigned c = 0; c < SUITE; c++) {
			slower |= v[c] == VERDICT_SLOWER;
			faster |= v[c] == VERDICT_FASTER;
		}
		o.slower += slower;
		o.faster += faster && !slower;
		o.same += !slower && !faster;
		o.windows++;
	}
	print("concbench, suite of 50", "all", 0.0, 5.0 * SUITE, o);
}

/* ---- base first, then head ---- */

/* Samples of @ms from @at on, none over a gap. Return: how many; 0 when there are not so many. */
static size_t block(const struct trace *t, size_t at, double ms)
{
	const double until_us = t->sample[at].start_us + ms * 1e3;
	size_t n = 0;

	while (at + n < t->count && t->sample[at + n].start_us < until_us) {
		if (n && t->sample[at + n].start_us - t->sample[at + n - 1].start_us > TRACE_GAP_US)
			return 0;
		n++;
	}
	return at + n < t->count ? n : 0;
}

static double mean(const struct trace *t, size_t at, size_t n)
{
	double sum = 0.0;

	for (size_t i = 0; i < n; i++)
		sum += t->sample[at + i].noise;
	return sum / (double)n;
}

/* compare.py: nine repetitions of the mean, base's then head's; two-sided U test at 0.05. */
static enum verdict compare_py(const struct trace *t, size_t at, double seconds, double slowdown)
{
	double x[2][9], median[2];
	struct rank_shift r;

	for (unsigned side = 0; side < 2; side++) {
		for (unsigned k = 0; k < 9; k++) {
			const size_t n = block(t, at, seconds * 1e3 / 18);

			if (!n)
				return VERDICT_MISSING;
			x[side][k] = mean(t, at, n) * (side ? 1.0 + slowdown : 1.0);
			at += n;
		}
		if (stats_median(x[side], 9, &median[side]) != 0)
			fail("a median");
	}
	if (rank_two_samples(x[0], 9, x[1], 9, 0.05, &r) != 0)
		fail("the U test");
	return r.p >= 0.05 ? VERDICT_SAME : median[1] > median[0] ? VERDICT_SLOWER : VERDICT_FASTER;
}

/*
 * Criterion's comparison: 100 samples a side, base's block then head's; the relative change of the
 * means with a bootstrap interval; a change when the test rejects at 0.05 and, with @threshold, the
 * whole interval lies beyond it. Welch's statistic stands for the bootstrapped t: with 100 samples
 * a side they agree.
 */
static enum verdict criterion(
    const struct trace *t, size_t at, double seconds, double slowdown, double threshold)
{
	double m[2], var[2], change, error;

	for (unsigned side = 0; side < 2; side++) {
		double x[100];

		for (unsigned k = 0; k < 100; k++) {
			const size_t n = block(t, at, seconds * 1e3 / 200);

			if (!n)
				return VERDICT_MISSING;
			x[k] = mean(t, at, n) * (side ? 1.0 + slowdown : 1.0);
			at += n;
		}
		if (stats_mean_stddev(x, 100, &m[side], &var[side]) != 0)
			fail("a mean");
		var[side] *= var[side] / 100;
	}
	change = m[1] / m[0] - 1.0;
	error = sqrt(var[0] + var[1]) / m[0];
	if (fabs(change) <= 1.96 * error)
		return VERDICT_SAME;
	if (change - 1.96 * error > threshold)
		return VERDICT_SLOWER;
	return change + 1.96 * error < -threshold ? VERDICT_FASTER : VERDICT_SAME;
}

static void blocks(
    const char *rule, const struct trace *t, double seconds, double slowdown, unsigned windows)
{
	struct outcome o = {0};
	uint64_t rng = 3;

	while (o.windows < windows) {
		const size_t at = (size_t)(random_uniform(&rng) * (double)t->count);
		const enum verdict v =
		    strcmp(rule, "compare.py") == 0  ? compare_py(t, at, seconds, slowdown)
		    : strcmp(rule, "criterion") == 0 ? criterion(t, at, seconds, slowdown, 0.01)
						     : criterion(t, at, seconds, slowdown, 0.0);

		if (v != VERDICT_MISSING)
			count(&o, v);
	}
	print(rule, t->name, slowdown, seconds, o);
}

int main(int argc, char **argv)
{
	static const double slowdowns[] = {0.0, 0.01, 0.02, 0.05};
	struct trace t[8];
	const bool lengths = argc > 1 && strcmp(argv[1], "-l") == 0;
	char **const args = argv + lengths + 1;
	const size_t traces = (size_t)argc - (size_t)lengths - 2;
	const unsigned windows = argc > 2 ? (unsigned)strtoul(args[0], NULL, 10) : 0;

	if (!windows || traces > 8) {
		(void)fputs("usage: replay [-l] WINDOWS TRACE.csv...\n", stderr);
		return 2;
	}
	for (size_t i = 0; i < traces; i++)
		if (trace_read(args[i + 1], &t[i]) != 0 || !t[i].count)
			fail(args[i + 1]);
	(void)puts("rule\ttrace\tslowdown_pct\tbudget_s\twindows\tslower\tfaster\tsame\tunsure\t"
		   "slower_pct\tslower_low_pct\tslower_high_pct\tchanged_pct\tchanged_low_pct\t"
		   "changed_high_pct");
	for (size_t i = 0; lengths && i < traces; i++)
		launch_lengths(&t[i], windows);
	for (size_t i = 0; !lengths && i < traces; i++) {
		for (size_t s = 0; s < sizeof(slowdowns) / sizeof(slowdowns[0]); s++) {
			blocks("compare.py", &t[i], 5.0, slowdowns[s], windows);
			blocks("criterion", &t[i], 5.0, slowdowns[s], windows);
			blocks("criterion, no threshold", &t[i], 5.0, slowdowns[s], windows);
			ours("concbench", &t[i], PAIR_MS, 5.0, slowdowns[s], windows);
		}
	}
	if (!lengths)
		suite(t, traces, windows / 5);
	for (size_t i = 0; i < traces; i++)
		trace_free(&t[i]);
	return fflush(stdout) == 0 ? 0 : 2;
}
