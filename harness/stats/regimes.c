#include "harness/stats/regimes.h"

#include "harness/stats/stats.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define IN_GAP 20u

static void split_sorted(const double *x, size_t n, struct regimes *out)
{
	const size_t least = (size_t)fmax(REGIMES_LEAST, ceil(REGIMES_SHARE * (double)n));
	const size_t inside = n / IN_GAP;
	double widest = 0;
	size_t at = 0, second;

	/* x[i] is the last below the gap, x[i + inside + 1] the first above it. */
	for (size_t i = least - 1; i + inside + 1 + least <= n; i++) {
		const double ratio = x[i + inside + 1] / x[i];

		if (ratio > widest) {
			widest = ratio;
			at = i;
		}
	}
	if (!(widest >= REGIMES_RATIO))
		return;
	second = at + inside + 1;
	out->count = 2;
	out->threshold = sqrt(x[at]) * sqrt(x[second]);
	for (second = at + 1; x[second] <= out->threshold; second++)
		;
	out->n[0] = second;
	out->n[1] = n - second;
	out->middle[0] = stats_quantile_sorted(x, out->n[0], 0.5);
	out->middle[1] = stats_quantile_sorted(x + second, out->n[1], 0.5);
}

int regimes_split(const double *x, size_t n, struct regimes *out)
{
	double *sorted = calloc(n + 1, sizeof(*sorted));

	if (!sorted)
		return -ENOMEM;
	for (size_t i = 0; i < n; i++) {
		if (!(x[i] > 0) || !isfinite(x[i])) {
			free(sorted);
			return -EINVAL;
		}
		sorted[i] = x[i];
	}
	stats_sort(sorted, n);
	memset(out, 0, sizeof(*out));
	if (n) {
		out->count = 1;
		out->threshold = HUGE_VAL;
		out->n[0] = n;
		out->middle[0] = stats_quantile_sorted(sorted, n, 0.5);
		split_sorted(sorted, n, out);
	}
	free(sorted);
	return 0;
}

unsigned regimes_of(const struct regimes *r, double x)
{
	return x > r->threshold;
}

bool regimes_apart(double a, double b)
{
	return a > 0 && b > 0 && fmax(a, b) >= REGIMES_RATIO * fmin(a, b);
}
