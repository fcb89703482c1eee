#include "harness/stats/launch_ratio.h"

#include "harness/stats/scale.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>

/* Fewer quartets do not tell their spread. */
#define SPREAD_MIN 3
/* The share of a launch's pairs that is left out on either side of the middle. */
#define TRIM_SHARE 0.3
/* One slot in this many is among the quickest: on each side, and at least two. */
#define QUICKEST_OF 4
#define QUICKEST_QUARTETS_MIN 6
/* The quickest are taken when the middle's error is so many times theirs: of two errors that are
 * estimated from a few dozen slots, the smaller is often only the luckier. */
#define QUICKEST_GAIN 2.0

/* One slot's logarithm, and whose it is. */
struct slot {
	double log_ns;
	size_t quartet;
};

static int by_length(const void *a, const void *b)
{
	const double x = ((const struct slot *)a)->log_ns, y = ((const struct slot *)b)->log_ns;

	return (x > y) - (x < y);
}

/* Mean of the quickest of ascending @x, quartet @without (n: none) left out. */
static double quickest_mean(const struct slot *x, size_t n, size_t without)
{
	const size_t slots = (without < n ? n - 1 : n) * QUARTET_PAIRS;
	const size_t wanted = slots / QUICKEST_OF;
	double sum = 0.0;
	size_t taken = 0;

	for (size_t i = 0; taken < wanted; i++) {
		if (x[i].quartet == without)
			continue;
		sum += x[i].log_ns;
		taken++;
	}
	return sum / (double)wanted;
}

/* @error: the jackknife's, one quartet left out at a time (Efron & Stein 1981). Return: 0;
 * -ENOMEM. */
static int quickest_of(const struct quartet *q, size_t n, double *ratio, double *error)
{
	const size_t slots = n * QUARTET_PAIRS;
	struct slot *base = malloc(2 * slots * sizeof(*base)), *head = base ? base + slots : NULL;
	double mean = 0.0, squares = 0.0;

	if (!base)
		return -ENOMEM;
	for (size_t i = 0; i < slots; i++) {
		const size_t quartet = i / QUARTET_PAIRS, pair = i % QUARTET_PAIRS;

		base[i] = (struct slot){log(q[quartet].base_ns[pair]), quartet};
		head[i] = (struct slot){log(q[quartet].head_ns[pair]), quartet};
	}
	qsort(base, slots, sizeof(*base), by_length);
	qsort(head, slots, sizeof(*head), by_length);
	*ratio = quickest_mean(head, n, n) - quickest_mean(base, n, n);
	for (size_t i = 0; i < n; i++) {
		const double x = quickest_mean(head, n, i) - quickest_mean(base, n, i);
		const double before = mean;

		/* Welford 1962 */
		mean += (x - mean) / (double)(i + 1);
		squares += (x - before) * (x - mean);
	}
	*error = sqrt(squares * (double)(n - 1) / (double)n);
	free(base);
	return 0;
}

static int middle_of(const struct quartet *q, size_t n, double worth, struct launch_ratio *r)
{
	const size_t pairs = n * QUARTET_PAIRS;
	double *x = malloc(pairs * sizeof(*x));
	int ret;

	if (!x)
		return -ENOMEM;
	for (size_t i = 0; i < pairs; i++) {
		const struct quartet *of = &q[i / QUARTET_PAIRS];

		x[i] = scale_place(r->scale, worth, of->head_ns[i % QUARTET_PAIRS]) -
		       scale_place(r->scale, worth, of->base_ns[i % QUARTET_PAIRS]);
	}
	ret = stats_trimmed_mean(x, pairs, TRIM_SHARE, &r->log_ratio, &r->predicted_sd);
	if (n < SPREAD_MIN)
		r->predicted_sd = 0.0;
	r->middle = r->log_ratio;
	free(x);
	return ret;
}

static void means_of(const struct quartet *q, size_t n, struct launch_ratio *r)
{
	for (size_t i = 0; i < n * QUARTET_PAIRS; i++) {
		r->share[0] += q[i / QUARTET_PAIRS].base_ns[i % QUARTET_PAIRS];
		r->share[1] += q[i / QUARTET_PAIRS].head_ns[i % QUARTET_PAIRS];
	}
	for (int side = 0; side < 2; side++)
		r->share[side] = fmin(1.0, r->share[side] / (double)(n * QUARTET_PAIRS));
	r->log_ratio = r->middle = r->share[1] - r->share[0];
}

int launch_shift_of(
    enum cb_scale scale, double worth, const struct quartet *q, size_t n, struct launch_ratio *out)
{
	struct launch_ratio r = {.scale = scale, .quartets = (unsigned)n};
	int ret = 0;

	if (!n)
		return -EINVAL;
	for (size_t i = 0; i < n; i++)
		for (unsigned k = 0; k < QUARTET_PAIRS; k++)
			if (!scale_allows(scale, q[i].base_ns[k]) ||
			    !scale_allows(scale, q[i].head_ns[k]))
				return -EINVAL;
	if (scale_averages(scale))
		means_of(q, n, &r);
	else
		ret = middle_of(q, n, worth, &r);
	if (!ret)
		*out = r;
	return ret;
}

int launch_ratio_of(const struct quartet *q, size_t n, struct launch_ratio *out)
{
	struct launch_ratio r;
	double quickest, error;
	int ret = launch_shift_of(CB_RATIO, 0.0, q, n, &r);

	if (!ret && n >= QUICKEST_QUARTETS_MIN) {
		ret = quickest_of(q, n, &quickest, &error);
		if (!ret && error > 0.0 && error * QUICKEST_GAIN < r.predicted_sd) {
			r.quickest = true;
			r.log_ratio = quickest;
			r.predicted_sd = error;
		}
	}
	if (!ret)
		*out = r;
	return ret;
}
