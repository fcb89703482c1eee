#include "harness/stats/scale.h"

#include <errno.h>
#include <math.h>

/* A p below it is not worth telling apart; also the end of the search for it. */
#define Z_MAX 38.0

bool scale_allows(enum cb_scale scale, double x)
{
	switch (scale) {
	case CB_RATIO:
		return isfinite(x) && x > 0;
	case CB_SHARE:
	case CB_OUTCOME:
		return x >= 0 && x <= 1;
	default:
		return isfinite(x);
	}
}

bool scale_averages(enum cb_scale scale)
{
	return scale == CB_SHARE || scale == CB_OUTCOME;
}

int scale_middle(enum cb_scale scale, const double *x, size_t n, double *out)
{
	double deviation;

	return scale_averages(scale) ? stats_mean_stddev(x, n, out, &deviation)
				     : stats_median(x, n, out);
}

int scale_interval(enum cb_scale scale, const double *x, size_t n, unsigned trials, double level,
    struct stats_interval *out, double *covered)
{
	if (n == 1) {
		out->estimate = out->low = out->high = x[0];
		*covered = 0;
		return 0;
	}
	if (!scale_averages(scale))
		return stats_median_ci(x, n, level, out, covered);
	if (!n)
		return -EINVAL;
	*out = stats_share_ci(
	    x, n, trials, scale == CB_OUTCOME, stats_normal_quantile_upper((1 - level) / 2));
	*covered = level;
	return 0;
}

double scale_half_width(enum cb_scale scale, double worth, const struct stats_interval *i)
{
	const double longer = fmax(i->high - i->estimate, i->estimate - i->low);

	return longer / (scale == CB_RATIO ? i->estimate : scale == CB_DIFFERENCE ? worth : 1);
}

double scale_place(enum cb_scale scale, double worth, double x)
{
	return scale == CB_RATIO ? log(x) : scale == CB_DIFFERENCE ? x / worth : x;
}

double scale_effect(enum cb_scale scale, double worth, double shift)
{
	return scale == CB_RATIO ? expm1(shift) : scale == CB_DIFFERENCE ? shift * worth : shift;
}

double scale_bound(enum cb_scale scale, double fraction)
{
	return scale == CB_RATIO ? log1p(fraction) : fraction;
}

/* ---- shares ---- */

struct stats_interval stats_wilson(double hits, double of, double z)
{
	const double p = of > 0 ? hits / of : 0, z2 = z * z;
	const double middle = of > 0 ? (p + z2 / (2 * of)) / (1 + z2 / of) : 0.5;
	const double half =
	    of > 0 ? z / (1 + z2 / of) * sqrt(p * (1 - p) / of + z2 / (4 * of * of)) : 0.5;

	/* Rounding must not put the estimate outside. */
	return (struct stats_interval){.estimate = p,
	    .low = fmax(0, fmin(p, middle - half)),
	    .high = fmin(1, fmax(p, middle + half))};
}

/* Student's t at the level of @z (Fisher & Cornish, Technometrics 2 (1960) 209-225): good to 5 %
 * from 4 degrees of freedom on. */
static double student(double z, double degrees)
{
	const double z2 = z * z;
	const double g1 = z * (z2 + 1) / 4, g2 = z * ((5 * z2 + 16) * z2 + 3) / 96,
		     g3 = z * (((3 * z2 + 19) * z2 + 17) * z2 - 15) / 384;

	return z + (g1 + (g2 + g3 / degrees) / degrees) / degrees;
}

/* The mean of the launches' shares, and how much it varies by chance. */
struct share {
	double mean, error2;
	double launches, trials;
	bool counts;
};

static struct share share_of(const struct share_sample *s)
{
	struct share out = {.launches = (double)s->n, .trials = s->trials, .counts = s->counts};
	double squares = 0;

	for (size_t i = 0; i < s->n; i++)
		out.mean += s->x[i];
	/* Of ones rounding must not make more than one. */
	out.mean = fmin(1, out.mean / (double)s->n);
	for (size_t i = 0; i < s->n; i++)
		squares += (s->x[i] - out.mean) * (s->x[i] - out.mean);
	out.error2 = s->n > 1 ? squares / (double)(s->n - 1) / (double)s->n : 0;
	return out;
}

/* How many independent tries the launches are worth; @alike: when all are 0, or 1. */
static double tries_of(const struct share *s, double z, double alike)
{
	const double most = s->mean * (1 - s->mean);
	double t, tries;

	if (!(most > 0))
		return alike;
	t = student(z, s->launches - 1) / z;
	tries = fmax(s->launches, most / (s->error2 * t * t));
	return s->counts ? fmin(tries, s->trials) : tries;
}

static struct stats_interval share_ci(const struct share *s, double z, double tries)
{
	/* Equal launches: no width. */
	if (!isfinite(tries))
		return (struct stats_interval){s->mean, s->mean, s->mean};
	return stats_wilson(s->mean * tries, tries, z);
}

struct stats_interval stats_share_ci(
    const double *x, size_t n, unsigned trials, bool counts, double z)
{
	const struct share s = share_of(&(struct share_sample){x, n, trials, counts});

	return share_ci(&s, z, tries_of(&s, z, s.trials));
}

static bool all_alike(const struct share *s)
{
	return !(s->mean > 0 && s->mean < 1);
}

/* The worth of a trial for both sides: that of the side whose launches vary more. */
static struct stats_interval shift_at(const struct share *a, const struct share *b, double z)
{
	const double worth =
	    all_alike(a) && all_alike(b)
		? 1
		: fmin(tries_of(a, z, INFINITY) / a->trials, tries_of(b, z, INFINITY) / b->trials);
	const struct stats_interval i = share_ci(a, z, fmax(a->launches, a->trials * worth));
	const struct stats_interval j = share_ci(b, z, fmax(b->launches, b->trials * worth));
	const double shift = b->mean - a->mean;

	return (struct stats_interval){.estimate = shift,
	    .low = shift - hypot(j.estimate - j.low, i.high - i.estimate),
	    .high = shift + hypot(j.high - j.estimate, i.estimate - i.low)};
}

int stats_share_shift(const struct share_sample *a, const struct share_sample *b, double alpha,
    struct stats_interval *out, double *p)
{
	struct share from, to;
	double low = 0, high = Z_MAX;

	if (a->n < SHARE_LAUNCHES_MIN || b->n < SHARE_LAUNCHES_MIN || !(alpha > 0 && alpha < 1))
		return -EINVAL;
	from = share_of(a);
	to = share_of(b);
	*out = shift_at(&from, &to, stats_normal_quantile_upper(alpha / 2));
	for (int i = 0; i < 50; i++) {
		const double z = (low + high) / 2;
		const struct stats_interval at = shift_at(&from, &to, z);

		if (at.low > 0 || at.high < 0)
			low = z;
		else
			high = z;
	}
	*p = fmin(1, 2 * stats_normal_upper(low));
	return 0;
}
