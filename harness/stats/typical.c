#include "harness/stats/typical.h"

#include <assert.h>
#include <math.h>

bool typical_is(const double *x, size_t n, double middle)
{
	size_t near = 0;

	for (size_t i = 0; i < n; i++)
		near += x[i] <= middle * TYPICAL_FACTOR && x[i] * TYPICAL_FACTOR >= middle;
	return n > 0 && (double)near >= TYPICAL_SHARE * (double)n - 1e-9;
}

void mixture_add(struct mixture *m, const struct histogram *h)
{
	const double count = (double)h->count;

	assert(h->count > 0);
	m->min = !m->launches || h->min < m->min ? h->min : m->min;
	m->max = h->max > m->max ? h->max : m->max;
	m->launches++;
	m->variance += 1 / count;
	for (uint32_t i = 0; i < HISTOGRAM_BUCKETS; i++)
		m->share[i] += (double)h->bucket[i] / count;
}

bool mixture_tells_quantile(const struct mixture *m, double q)
{
	const double rarer = q < 0.5 ? q : 1 - q;

	if (!m->launches || q <= 0 || q >= 1)
		return m->launches > 0;
	return rarer * m->launches * m->launches / m->variance >= HISTOGRAM_TAIL_MIN * (1 - 1e-9);
}

double mixture_quantile(const struct mixture *m, double q)
{
	/* Thirds do not add up to one. */
	const double rank = q * m->launches * (1 - 1e-12);
	double seen = 0;

	if (!m->launches || q <= 0)
		return (double)m->min;
	for (uint32_t i = 0; i < HISTOGRAM_BUCKETS - 1 && q < 1; i++) {
		const uint64_t low = histogram_bucket_low(i);

		seen += m->share[i];
		if (seen >= rank && m->share[i] > 0)
			return fmin(fmax((double)(low + (histogram_bucket_high(i) - low) / 2),
					(double)m->min),
			    (double)m->max);
	}
	return (double)m->max;
}
