/*
 * histogram.h - log-linear latency histogram: relative error at most 1 %, merges exactly.
 *
 * Fixed size and without pointers, so that it can live in memory shared between processes. Each
 * power of two is cut into 64 equal buckets (values below 128 are exact); a bucket is reported by
 * its middle, so the error is at most 1/128 of the value. Source: the idea of Gil Tene's
 * HdrHistogram (hdrhistogram.org), written anew.
 *
 * One writer per histogram; reading while it is written to gives a value that is some recent one.
 */
#ifndef CONCBENCH_HISTOGRAM_H
#define CONCBENCH_HISTOGRAM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define HISTOGRAM_SUB_BITS 6
#define HISTOGRAM_MAX_BITS 38 /* up to 2^38 ns = 275 s; larger values land in the last bucket */
#define HISTOGRAM_BUCKETS                                                                          \
	(((HISTOGRAM_MAX_BITS - HISTOGRAM_SUB_BITS) + 1) << HISTOGRAM_SUB_BITS)

struct histogram {
	uint64_t count;
	uint64_t sum; /* exact, for the mean; saturates */
	uint64_t min; /* exact */
	uint64_t max; /* exact */
	uint32_t bucket[HISTOGRAM_BUCKETS];
};

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

/** histogram_record() - count one value (any unit). About 2 ns when the bucket is in cache. */
static inline void histogram_record(struct histogram *h, uint64_t value)
{
	h->bucket[histogram_index(value)]++;
	h->count++;
	h->sum = h->sum + value < h->sum ? UINT64_MAX : h->sum + value;
	if (value < h->min)
		h->min = value;
	if (value > h->max)
		h->max = value;
}

/** histogram_bucket_low() / _high() - smallest and largest value that falls into bucket @i. */
uint64_t histogram_bucket_low(uint32_t i);
uint64_t histogram_bucket_high(uint32_t i);

/** histogram_merge() - add @from to @into; exact: the same as recording all values in one. */
void histogram_merge(struct histogram *into, const struct histogram *from);

/**
 * histogram_quantile() - the value at rank ceil(q * count), within 1 % of the exact one.
 * @q: 0 <= q <= 1; 0 gives the exact minimum, 1 the exact maximum.
 * Return: the value; 0 when the histogram is empty.
 */
uint64_t histogram_quantile(const struct histogram *h, double q);

#endif
