/*
 * histogram.h - log-linear latency histogram: relative error at most 1 %, merges exactly.
 *
 * Fixed size and without pointers, so that it can live in memory shared between processes. Each
 * power of two is cut into 64 equal buckets (values below 128 are exact); a bucket is reported by
 * its middle, so the error is at most 1/128 of the value. Source: the idea of Gil Tene's
 * HdrHistogram (hdrhistogram.org), written anew.
 *
 * One writer per histogram. Others, in other processes too, may read, merge or take quantiles while
 * it is written to, and get some recent value of each word: the accesses are relaxed atomics, which
 * compile to plain loads and stores. Buckets have 64 bits, since 32 wrap within seconds when one
 * cheap operation is recorded over and over, or when many trials are merged.
 */
#ifndef CONCBENCH_HISTOGRAM_H
#define CONCBENCH_HISTOGRAM_H

#include <stdbool.h>
#include <stdint.h>

#define HISTOGRAM_SUB_BITS 6
#define HISTOGRAM_MAX_BITS 38 /* up to 2^38 ns = 275 s; larger values land in the last bucket */
#define HISTOGRAM_BUCKETS (((HISTOGRAM_MAX_BITS - HISTOGRAM_SUB_BITS) + 1) << HISTOGRAM_SUB_BITS)

struct histogram {
	uint64_t count;
	uint64_t sum; /* exact, for the mean; saturates */
	uint64_t min; /* exact; UINT64_MAX while empty */
	uint64_t max; /* exact */
	uint64_t bucket[HISTOGRAM_BUCKETS];
};

/** histogram_clear() - make empty. Zero-filled memory needs it too before its first use, otherwise
 * the minimum would stay 0. */
void histogram_clear(struct histogram *h);

/** histogram_index() - the bucket a value falls into; monotonic in @value. */
static inline uint32_t histogram_index(uint64_t value)
{
	uint32_t shift;

	if (value >> HISTOGRAM_MAX_BITS)
		return HISTOGRAM_BUCKETS - 1;
	if (value < (UINT64_C(2) << HISTOGRAM_SUB_BITS))
		return (uint32_t)value;
	shift = (uint32_t)(63 - __builtin_clzll(value)) - HISTOGRAM_SUB_BITS;
	return (shift << HISTOGRAM_SUB_BITS) + (uint32_t)(value >> shift);
}

/* A word has one writer, which needs no read-modify-write; but readers elsewhere must see whole
 * words.
 */
static inline uint64_t histogram_load(const uint64_t *word)
{
	return __atomic_load_n(word, __ATOMIC_RELAXED);
}

static inline void histogram_store(uint64_t *word, uint64_t value)
{
	__atomic_store_n(word, value, __ATOMIC_RELAXED);
}

/** histogram_record() - count one value (any unit). About 2 ns when the bucket is in cache. */
static inline void histogram_record(struct histogram *h, uint64_t value)
{
	uint64_t *bucket = &h->bucket[histogram_index(value)];
	uint64_t sum;

	if (__builtin_add_overflow(histogram_load(&h->sum), value, &sum))
		sum = UINT64_MAX;
	histogram_store(bucket, histogram_load(bucket) + 1);
	histogram_store(&h->count, histogram_load(&h->count) + 1);
	histogram_store(&h->sum, sum);
	if (value < histogram_load(&h->min))
		histogram_store(&h->min, value);
	if (value > histogram_load(&h->max))
		histogram_store(&h->max, value);
}

/** histogram_bucket_low() / _high() - smallest and largest value that falls into bucket @i, which
 * is below HISTOGRAM_BUCKETS. The last bucket has no upper end: UINT64_MAX. */
uint64_t histogram_bucket_low(uint32_t i);
uint64_t histogram_bucket_high(uint32_t i);

/** histogram_merge() - add @from to @into; exact: the same as recording all values in one. */
void histogram_merge(struct histogram *into, const struct histogram *from);

/**
 * histogram_quantile() - the value at rank ceil(q * count), within 1 % of the exact one.
 * @q: 0 <= q <= 1; 0 gives the exact minimum, 1 the exact maximum.
 *
 * A rank among values of 2^HISTOGRAM_MAX_BITS and above gives the exact maximum: possibly too much,
 * but a tail never looks shorter than it was.
 * Return: the value; 0 when the histogram is empty.
 */
uint64_t histogram_quantile(const struct histogram *h, double q);

/**
 * histogram_quantile_between() - the same, with the values of a bucket spread evenly over it: for
 * comparing launches, whose quantiles must not jump by a bucket's 1.6 %, or stay where they are.
 */
double histogram_quantile_between(const struct histogram *h, double q);

/* A tail is reported when at least this many values lie in it: fewer would only show what the
 * largest happened to be. */
#define HISTOGRAM_TAIL_MIN 10

/**
 * histogram_tells_quantile() - are there enough values to report that quantile?
 *
 * At least HISTOGRAM_TAIL_MIN expected on the rarer side of it: 20 values for a median, 1,000 for a
 * 99th percentile. The extremes, @q 0 and 1, are facts: one value is enough.
 */
bool histogram_tells_quantile(const struct histogram *h, double q);

#endif
