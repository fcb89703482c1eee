#include "harness/stats/power.h"

#include "harness/base/random.h"
#include "harness/stats/scale.h"
#include "harness/stats/verdict.h"

#include <math.h>

#define TRIALS 500u
/* scipy.stats.binom.cdf(38, 500, 0.1) == 0.0393 */
#define MISSES_MAX 38u
#define SEED UINT64_C(0x636f6e6362)
/* The answer is good to this; the estimate of the launches' spread is worse. */
#define PRECISION 1.02
/* In log ratios: a change that is not found at e^10 times as long never will be. */
#define CHANGE_MAX 10.0

/* One gate of one case; the same numbers for every @shift. Return: whether it is called
 * slower; below zero: no memory. */
static int one_trial(const struct power_design *d, double shift, uint64_t seed, unsigned trial)
{
	uint64_t rng = seed + trial * UINT64_C(0xD1342543DE82EF95);
	struct sequential s;
	int ret = 0;

	sequential_begin(&s, d->min_effect);
	for (unsigned i = 0; !ret && !s.ended && i < d->find + d->confirm; i++) {
		const struct launch_ratio l = {.log_ratio = shift + d->sd * random_normal(&rng)};

		if (i == d->find) {
			ret = sequential_finish(&s);
			if (ret || s.pass == 0)
				break;
		}
		ret = sequential_add(&s, &l);
	}
	if (!ret)
		ret = sequential_finish(&s);
	if (!ret)
		ret = s.verdict == VERDICT_SLOWER;
	sequential_free(&s);
	return ret;
}

double power_share(const struct power_design *d, double change, unsigned trials, uint64_t seed)
{
	unsigned slower = 0;

	for (unsigned i = 0; i < trials; i++) {
		const int ret = one_trial(d, scale_bound(d->scale, change), seed, i);

		if (ret < 0)
			return -1.0;
		slower += ret > 0;
	}
	return (double)slower / trials;
}

/* Ends as soon as it is known: what is far too small costs few trials. */
static bool is_visible(const struct power_design *d, double shift)
{
	unsigned misses = 0;

	for (unsigned i = 0; i < TRIALS && misses <= MISSES_MAX; i++)
		misses += one_trial(d, shift, SEED, i) <= 0;
	return misses <= MISSES_MAX;
}

double power_visible(const struct power_design *d)
{
	/* An estimate at the floor reaches it half of the time. */
	double low = scale_bound(d->scale, verdict_detect_floor(d->min_effect)), high = low;

	if (scale_averages(d->scale) || !isfinite(d->sd) || d->sd < 0.0 ||
	    d->find < looks_launches(0) ||
	    d->find + d->confirm < looks_launches(0) + CONFIRM_LAUNCHES)
		return 0.0;
	do {
		low = high;
		high = fmax(2.0 * low, d->sd / sqrt(d->find));
		if (high > CHANGE_MAX)
			return 0.0;
	} while (!is_visible(d, high));
	while (high > low * PRECISION) {
		const double middle = sqrt(low * high);

		if (is_visible(d, middle))
			high = middle;
		else
			low = middle;
	}
	return scale_effect(d->scale, 1.0, high);
}
