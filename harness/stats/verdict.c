#include "harness/stats/verdict.h"

#include "harness/stats/rank.h"
#include "harness/stats/scale.h"

#include <errno.h>
#include <limits.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* The ratio of a normal standard deviation to the median absolute deviation. */
#define MAD_TO_SD 1.4826022185056018
/* Fewer quartets do not tell their spread. */
#define SPREAD_MIN 3

const char *const verdict_names[VERDICT_COUNT + 1] = {
    "same", "slower", "faster", "unsure", "incomparable", "missing", "failed", "differs"};

const char *verdict_name(enum verdict v)
{
	return v < VERDICT_COUNT ? verdict_names[v] : "unknown";
}

const char *verdict_word(enum verdict v, bool time)
{
	if (!time && v == VERDICT_SLOWER)
		return "worse";
	return !time && v == VERDICT_FASTER ? "better" : verdict_name(v);
}

bool verdict_is_change(enum verdict v)
{
	return v == VERDICT_SLOWER || v == VERDICT_FASTER || v == VERDICT_DIFFERS;
}

enum verdict verdict_by_merit(enum verdict v, enum cb_better better)
{
	if (better == CB_LESS || !verdict_is_change(v))
		return v;
	if (better == CB_NEITHER)
		return VERDICT_DIFFERS;
	return v == VERDICT_SLOWER ? VERDICT_FASTER : VERDICT_SLOWER;
}

double layout_ratio(const struct launch_ratio *launch, size_t n)
{
	double *x = n ? malloc(n * sizeof(*x)) : NULL, mad, predicted, ratio = 0.0;
	size_t known = 0;

	if (!x)
		return 0.0;
	for (size_t i = 0; i < n; i++)
		if (launch[i].predicted_sd > 0.0)
			x[known++] = launch[i].predicted_sd;
	if (known >= SPREAD_MIN && stats_median(x, known, &predicted) == 0) {
		for (size_t i = 0; i < n; i++)
			x[i] = launch[i].log_ratio;
		if (stats_mad(x, n, &mad) == 0)
			ratio = MAD_TO_SD * mad / predicted;
	}
	free(x);
	return ratio;
}

/* Fewer launches do not tell their spread. */
#define LAYOUT_LAUNCHES_MIN 11
#define LAYOUT_RATIO_MIN 1.5

/* The 99 % quantile of layout_ratio() for exchangeable launches is about @centre + @reach /
 * sqrt(launches): fitted from above to 4,000 simulated cases for each of 11 to 160 launches. */
static const struct layout_fit {
	unsigned quartets; /* or more */
	double centre, reach;
} layout_fits[] = {{12, 1.05, 3.8}, {8, 1.08, 4.1}, {SPREAD_MIN, 1.13, 5.6}};

double layout_limit(size_t launches, unsigned quartets)
{
	if (launches < LAYOUT_LAUNCHES_MIN)
		return 0.0;
	for (size_t i = 0; i < sizeof(layout_fits) / sizeof(layout_fits[0]); i++) {
		const struct layout_fit *f = &layout_fits[i];

		if (quartets >= f->quartets)
			return fmax(
			    LAYOUT_RATIO_MIN, f->centre + f->reach / sqrt((double)launches));
	}
	return 0.0;
}

bool layout_sensitive(const struct launch_ratio *launch, size_t n)
{
	unsigned quartets = UINT_MAX;
	double limit;

	for (size_t i = 0; i < n; i++)
		if (launch[i].predicted_sd > 0.0 && launch[i].quartets < quartets)
			quartets = launch[i].quartets;
	limit = layout_limit(n, n ? quartets : 0);
	return limit > 0.0 && layout_ratio(launch, n) > limit;
}

static int evidence_of_shares(
    const struct launch_ratio *launch, size_t n, double alpha, struct evidence *out)
{
	const enum cb_scale scale = launch[0].scale;
	struct share_sample side[2] = {{.n = n, .counts = scale == CB_OUTCOME}};
	struct evidence e = {.scale = scale, .alpha = alpha, .launches = (unsigned)n};
	double *x = malloc(2 * n * sizeof(*x));
	int ret;

	if (!x)
		return -ENOMEM;
	side[0].x = x;
	for (size_t i = 0; i < n; i++) {
		x[i] = launch[i].share[0];
		x[n + i] = launch[i].share[1];
		side[0].trials += launch[i].quartets * QUARTET_PAIRS;
	}
	side[1] = side[0];
	side[1].x = x + n;
	ret = stats_share_shift(&side[0], &side[1], alpha, &e.log_ratio, &e.p);
	free(x);
	e.middle = e.log_ratio;
	if (!ret)
		*out = e;
	return ret;
}

int evidence_of(const struct launch_ratio *launch, size_t n, double alpha, struct evidence *out)
{
	struct rank_shift shift, middle;
	unsigned quickest = 0;
	double *x;
	int ret;

	if (!n)
		return -EINVAL;
	if (scale_averages(launch[0].scale))
		return evidence_of_shares(launch, n, alpha, out);
	x = malloc(n * sizeof(*x));
	if (!x)
		return -ENOMEM;
	for (size_t i = 0; i < n; i++) {
		x[i] = launch[i].log_ratio;
		quickest += launch[i].quickest;
	}
	ret = rank_one_sample(x, n, alpha, &shift);
	middle = shift;
	for (size_t i = 0; i < n; i++)
		x[i] = launch[i].quickest ? launch[i].middle : launch[i].log_ratio;
	if (!ret && quickest)
		ret = rank_one_sample(x, n, alpha, &middle);
	free(x);
	if (ret)
		return ret;
	*out = (struct evidence){.scale = launch[0].scale,
	    .log_ratio = shift.shift,
	    .alpha = alpha,
	    .p = shift.p,
	    .launches = (unsigned)n,
	    .quickest = quickest,
	    .middle = middle.shift};
	return 0;
}

double verdict_detect_floor(double min_effect)
{
	return min_effect / 2;
}

enum verdict verdict_of(const struct evidence *e, double min_effect)
{
	const double high = scale_bound(e->scale, min_effect), low = -high;
	const double floor = scale_bound(e->scale, verdict_detect_floor(min_effect));
	const struct stats_interval *i = &e->log_ratio;
	const struct stats_interval *all = e->quickest ? &e->middle : i;

	if (i->low >= low && i->high <= high)
		return all->low >= low && all->high <= high ? VERDICT_SAME : VERDICT_UNSURE;
	if (i->low > 0.0 && i->estimate >= floor && all->high >= 0.0)
		return VERDICT_SLOWER;
	if (i->high < 0.0 && i->estimate <= -floor && all->low <= 0.0)
		return VERDICT_FASTER;
	return VERDICT_UNSURE;
}
