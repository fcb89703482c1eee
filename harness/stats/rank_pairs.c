#include "harness/stats/rank_pairs.h"

#include <stdint.h>
#include <string.h>

static size_t not_above_walsh(const double *x, size_t n, double v)
{
	size_t count = 0, j = n;

	for (size_t i = 0; i < n; i++) {
		while (j > i && x[i] / 2 + x[j - 1] / 2 > v)
			j--;
		if (j <= i)
			break;
		count += j - i;
	}
	return count;
}

static size_t not_above(const struct rank_pairs *p, double v)
{
	size_t count = 0, j = 0;

	if (!p->a)
		return not_above_walsh(p->b, p->nb, v);
	for (size_t i = 0; i < p->na; i++) {
		while (j < p->nb && p->b[j] - p->a[i] <= v)
			j++;
		count += j;
	}
	return count;
}

/* Unsigned numbers in the order of the doubles: the bits of those below zero count backwards. */
static uint64_t to_order(double v)
{
	uint64_t bits;

	memcpy(&bits, &v, sizeof(bits));
	return bits >> 63 ? ~bits : bits | UINT64_C(1) << 63;
}

static double from_order(uint64_t order)
{
	const uint64_t bits = order >> 63 ? order ^ UINT64_C(1) << 63 : ~order;
	double v;

	memcpy(&v, &bits, sizeof(v));
	return v;
}

double rank_pairs_at(const struct rank_pairs *p, size_t k)
{
	const double *const a = p->a, *const b = p->b;
	const double least = a ? b[0] - a[p->na - 1] : b[0] / 2 + b[0] / 2;
	const double most = a ? b[p->nb - 1] - a[0] : b[p->nb - 1] / 2 + b[p->nb - 1] / 2;
	uint64_t low = to_order(least), high = to_order(most);

	while (low < high) {
		const uint64_t middle = low + (high - low) / 2;

		if (not_above(p, from_order(middle)) > k)
			high = middle;
		else
			low = middle + 1;
	}
	return from_order(high) + 0.0; /* no minus zero */
}
