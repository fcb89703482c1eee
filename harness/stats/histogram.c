#include "harness/stats/histogram.h"

#include <assert.h>
#include <float.h>
#include <math.h>

#define SUB_BUCKETS (UINT32_C(1) << HISTOGRAM_SUB_BITS)

_Static_assert(HISTOGRAM_BUCKETS ==
		   (HISTOGRAM_MAX_BITS - HISTOGRAM_SUB_BITS - 1) * SUB_BUCKETS + 2 * SUB_BUCKETS,
    "the exact values and every octave above them have their buckets");

void histogram_clear(struct histogram *h)
{
	histogram_store(&h->count, 0);
	histogram_store(&h->sum, 0);
	histogram_store(&h->min, UINT64_MAX);
	histogram_store(&h->max, 0);
	for (uint32_t i = 0; i < HISTOGRAM_BUCKETS; i++)
		histogram_store(&h->bucket[i], 0);
}

/* log2 of the number of values in a bucket. */
static uint32_t bucket_shift(uint32_t i)
{
	return i < 2 * SUB_BUCKETS ? 0 : i / SUB_BUCKETS - 1;
}

uint64_t histogram_bucket_low(uint32_t i)
{
	const uint32_t shift = bucket_shift(i);

	assert(i < HISTOGRAM_BUCKETS);
	return (uint64_t)(i - shift * SUB_BUCKETS) << shift;
}

uint64_t histogram_bucket_high(uint32_t i)
{
	assert(i < HISTOGRAM_BUCKETS);
	if (i == HISTOGRAM_BUCKETS - 1)
		return UINT64_MAX;
	return histogram_bucket_low(i) + (UINT64_C(1) << bucket_shift(i)) - 1;
}

void histogram_merge(struct histogram *into, const struct histogram *from)
{
	const uint64_t count = histogram_load(&from->count);
	const uint64_t min = histogram_load(&from->min);
	const uint64_t max = histogram_load(&from->max);
	uint64_t sum;

	/* An empty one may be zero-filled memory, whose minimum of 0 does not count. */
	if (count == 0)
		return;
	for (uint32_t i = 0; i < HISTOGRAM_BUCKETS; i++) {
		const uint64_t n = histogram_load(&from->bucket[i]);

		if (n > 0)
			histogram_store(&into->bucket[i], histogram_load(&into->bucket[i]) + n);
	}
	if (__builtin_add_overflow(histogram_load(&into->sum), histogram_load(&from->sum), &sum))
		sum = UINT64_MAX;
	histogram_store(&into->sum, sum);
	if (min < histogram_load(&into->min))
		histogram_store(&into->min, min);
	if (max > histogram_load(&into->max))
		histogram_store(&into->max, max);
	histogram_store(&into->count, histogram_load(&into->count) + count);
}

static uint64_t clamp(uint64_t value, uint64_t min, uint64_t max)
{
	if (value < min)
		return min;
	return value > max ? max : value;
}

bool histogram_tells_quantile(const struct histogram *h, double q)
{
	const double count = (double)histogram_load(&h->count);
	const double rarer = q < 0.5 ? q : 1 - q;

	if (q <= 0 || q >= 1)
		return count > 0;
	/* 0.01 * 1000 may come out an ulp below 10. */
	return rarer * count >= HISTOGRAM_TAIL_MIN * (1 - 4 * DBL_EPSILON) - 1e-9;
}

/* Where a value at rank ceil(q * count) lies. */
struct place {
	bool known; /* or among the values too large for a bucket, or the writer was faster */
	uint32_t bucket;
	double rank, before; /* of it; values below its bucket */
};

static struct place place_of(const struct histogram *h, double q, uint64_t count)
{
	uint64_t seen = 0;
	/* A product that is an integer on paper, such as 0.07 * 100, may come out an ulp above it,
	 * and would be taken for the next rank. */
	struct place p = {.rank = ceil(q * (double)count * (1 - 4 * DBL_EPSILON))};

	for (; p.bucket < HISTOGRAM_BUCKETS - 1 && q < 1; p.bucket++) {
		p.before = (double)seen;
		seen += histogram_load(&h->bucket[p.bucket]);
		if ((double)seen >= p.rank) {
			p.known = true;
			break;
		}
	}
	return p;
}

uint64_t histogram_quantile(const struct histogram *h, double q)
{
	const uint64_t count = histogram_load(&h->count);
	const uint64_t min = histogram_load(&h->min);
	const uint64_t max = histogram_load(&h->max);
	const struct place p = place_of(h, q, count);
	uint64_t low;

	assert(q >= 0 && q <= 1);
	if (count == 0)
		return 0;
	if (q <= 0)
		return min;
	if (!p.known)
		return max;
	low = histogram_bucket_low(p.bucket);
	/* The extremes are known exactly, the middle is not. */
	return clamp(low + (histogram_bucket_high(p.bucket) - low) / 2, min, max);
}

double histogram_quantile_between(const struct histogram *h, double q)
{
	const uint64_t count = histogram_load(&h->count);
	const struct place p = place_of(h, q, count);
	double low, width, n;

	if (count == 0 || q <= 0 || !p.known)
		return (double)histogram_quantile(h, q);
	low = (double)histogram_bucket_low(p.bucket);
	width = (double)histogram_bucket_high(p.bucket) + 1 - low;
	n = (double)histogram_load(&h->bucket[p.bucket]);
	/* A whole number stands for what is rounded to it. */
	return fmin(fmax(low - 0.5 + (p.rank - p.before - 0.5) / n * width,
			(double)histogram_load(&h->min)),
	    (double)histogram_load(&h->max));
}
