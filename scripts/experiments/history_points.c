/*
 * history_points.c - change points on made-up series: how often one is found, how soon, how often
 * where there is none, and how long 10,000 runs take. See history.sh.
 *
 * Usage: history_points TRIALS
 *
 * The noise is normal, of one standard deviation; 100 runs unless another number is named.
 */
#include "harness/base/clock.h"
#include "harness/base/random.h"
#include "harness/base/text.h"
#include "harness/gate/noise.h"
#include "harness/stats/scale.h"
#include "harness/stats/change_points.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#define RUNS 100
#define LONG_RUNS 10000
#define FOUND_MAX 256
/* A step counts as found when a change point is that near. */
#define STEP_OFF 4
#define BUMP_OFF 1
#define DELAY_BEFORE 50
#define DELAY_MAX 16
/* Of a length of time: the shortest of some. */
#define ROUNDS 5

static uint64_t rng = 20261125;

static double uniform(void)
{
	return random_uniform(&rng);
}

static double normal(void)
{
	return random_normal(&rng);
}

static size_t find(const double *x, size_t n, struct change_point out[FOUND_MAX])
{
	size_t count = 0;

	if (change_points_find(x, n, CHANGE_P_MAX, CHANGE_PERMUTATIONS, 1, out, FOUND_MAX, &count))
		exit(1);
	return count < FOUND_MAX ? count : FOUND_MAX;
}

static unsigned near(const struct change_point *found, size_t n, size_t at, size_t off)
{
	unsigned hits = 0;

	for (size_t i = 0; i < n; i++)
		hits += found[i].index + off >= at && found[i].index <= at + off;
	return hits;
}

static void print_share(
    const char *what, const char *of, double x, unsigned hits, unsigned trials, const char *target)
{
	const struct stats_interval i = stats_wilson(hits, trials, STATS_Z_95);

	(void)printf("%s\t%s\t%g\t%.2f\t%.2f\t%.2f\t%u\t%s\n", what, of, x, 100 * i.estimate,
	    100 * i.low, 100 * i.high, trials, target);
	(void)fflush(stdout);
}

static void steps(size_t margin, const char *name, unsigned trials)
{
	static const double sizes[] = {0.5, 1, 1.5, 2, 2.5, 3, 4};

	for (size_t k = 0; k < sizeof(sizes) / sizeof(sizes[0]); k++) {
		unsigned hits = 0;

		for (unsigned t = 0; t < trials; t++) {
			const size_t at =
			    margin + (size_t)(uniform() * (double)(RUNS + 1 - 2 * margin));
			struct change_point out[FOUND_MAX];
			double x[RUNS];

			for (size_t i = 0; i < RUNS; i++)
				x[i] = normal() + (i < at ? 0 : sizes[k]);
			hits += near(out, find(x, RUNS, out), at, STEP_OFF) > 0;
		}
		print_share("step", name, sizes[k], hits, trials,
		    margin == 10 && sizes[k] == 2 ? ">= 95" : "");
	}
}

static void bumps(size_t len, const char *name, unsigned trials)
{
	static const double sizes[] = {1, 2, 3, 4, 6};

	for (size_t k = 0; k < sizeof(sizes) / sizeof(sizes[0]); k++) {
		unsigned hits = 0;

		for (unsigned t = 0; t < trials; t++) {
			const size_t at = 10 + (size_t)(uniform() * (double)(RUNS - 19 - len));
			struct change_point out[FOUND_MAX];
			double x[RUNS];
			size_t n;

			for (size_t i = 0; i < RUNS; i++)
				x[i] = normal() + (i >= at && i < at + len ? sizes[k] : 0);
			n = find(x, RUNS, out);
			hits += near(out, n, at, BUMP_OFF) && near(out, n, at + len, BUMP_OFF);
		}
		print_share("mended", name, sizes[k], hits, trials, "");
	}
}

/* A night after the other: with how many runs of the new level it is seen. */
static void delay(double size, const char *name, unsigned trials)
{
	unsigned seen[DELAY_MAX + 1] = {0};

	for (unsigned t = 0; t < trials; t++) {
		struct change_point out[FOUND_MAX];
		double x[DELAY_BEFORE + DELAY_MAX];

		for (size_t i = 0; i < DELAY_BEFORE + DELAY_MAX; i++)
			x[i] = normal() + (i < DELAY_BEFORE ? 0 : size);
		for (size_t k = 1; k <= DELAY_MAX; k++) {
			if (!near(out, find(x, DELAY_BEFORE + k, out), DELAY_BEFORE, STEP_OFF))
				continue;
			for (size_t i = k; i <= DELAY_MAX; i++)
				seen[i]++;
			break;
		}
	}
	for (size_t k = 1; k <= DELAY_MAX; k++)
		print_share("delay", name, (double)k, seen[k], trials, "");
}

static void nothing(unsigned trials)
{
	unsigned points = 0, series = 0;

	for (unsigned t = 0; t < trials; t++) {
		struct change_point out[FOUND_MAX];
		double x[RUNS];
		size_t n;

		for (size_t i = 0; i < RUNS; i++)
			x[i] = normal();
		n = find(x, RUNS, out);
		points += (unsigned)n;
		series += n > 0;
	}
	print_share("false", "series with a change point", 0, series, trials, "");
	(void)printf("false\tchange points a series\t0\t%.4f\t\t\t%u\t<= 0.05\n",
	    (double)points / trials, trials);
}

/* @changes levels of equal length, that go up and down; or, with bumps, one of @changes a level
 * that lasts 20 runs. */
static void length(unsigned changes, bool short_ones, const char *name, const char *target)
{
	double *x = calloc(LONG_RUNS, sizeof(*x));
	uint64_t least = UINT64_MAX;
	struct change_point out[FOUND_MAX];
	size_t found = 0;

	if (!x)
		exit(1);
	for (size_t i = 0; i < LONG_RUNS; i++) {
		const size_t level = i * (changes + 1) / LONG_RUNS;
		const size_t into = i - level * LONG_RUNS / (changes + 1);
		const bool high = short_ones ? level > 0 && into < 20 : level % 2 == 1;

		x[i] = normal() + (high ? (short_ones ? 4 : 3) : 0);
	}
	for (unsigned r = 0; r < ROUNDS; r++) {
		const uint64_t began = clock_now_ns();
		uint64_t took;

		found = find(x, LONG_RUNS, out);
		took = clock_now_ns() - began;
		least = took < least ? took : least;
	}
	(void)printf("seconds\t10000 runs, %s (%zu found)\t0\t%.3f\t\t\t%d\t%s\n", name, found,
	    (double)least / 1e9, ROUNDS, target);
	(void)fflush(stdout);
	free(x);
}

int main(int argc, char **argv)
{
	uint64_t trials;

	if (argc != 2 || text_parse_u64(argv[1], 10, 100000, &trials)) {
		(void)fputs("Usage: history_points TRIALS\n", stderr);
		return 2;
	}
	length(0, false, "no change", "<= 1");
	length(9, false, "9 steps", "<= 1");
	length(5, true, "5 bumps of 20", "<= 1");
	length(30, false, "30 steps", "");
	nothing((unsigned)trials * 4);
	steps(10, "at least 10 a side", (unsigned)trials);
	steps(2, "at least 2 a side", (unsigned)trials);
	bumps(5, "5 runs", (unsigned)trials);
	bumps(10, "10 runs", (unsigned)trials);
	bumps(20, "20 runs", (unsigned)trials);
	delay(2, "2 sd", (unsigned)trials / 2);
	delay(3, "3 sd", (unsigned)trials / 2);
	delay(4, "4 sd", (unsigned)trials / 2);
	return 0;
}
