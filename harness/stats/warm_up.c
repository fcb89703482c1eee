#include "harness/stats/warm_up.h"

#include "harness/stats/stats.h"

#include <math.h>
#include <string.h>

/* Standard deviation of normal noise over its MAD: 1 / the normal quantile of 3/4. */
#define MAD_TO_DEVIATION 1.4826022185056018
#define MAD_MIN_SHARE 0.001

/* Upper median of sorted values: never between a finite and an infinite one. */
static double middle(const double *sorted, size_t n)
{
	return sorted[n / 2];
}

/* Not finite when the middle of them is not: then nothing stands outside. */
static double limit_of(const double *rest, size_t n, double *median)
{
	double x[WARM_UP_WINDOW];

	memcpy(x, rest, n * sizeof(*x));
	stats_sort(x, n);
	*median = n % 2 || isinf(x[n / 2]) ? middle(x, n) : (x[n / 2 - 1] + x[n / 2]) / 2;
	if (isinf(*median))
		return INFINITY;
	for (size_t i = 0; i < n; i++)
		x[i] = fabs(rest[i] - *median);
	stats_sort(x, n);
	return WARM_UP_DEVIATIONS * MAD_TO_DEVIATION *
	       fmax(middle(x, n), MAD_MIN_SHARE * fabs(*median));
}

size_t warm_up_count(const double *x, size_t n)
{
	size_t count = 0;

	if (n < WARM_UP_JUDGED_MIN)
		return n ? 1 : 0;
	if (n > WARM_UP_WINDOW)
		n = WARM_UP_WINDOW;
	for (; count < n / 2; count++) {
		double median;
		const double limit = limit_of(&x[count + 1], n - count - 1, &median);

		if (!(fabs(x[count] - median) > limit))
			break;
	}
	return count;
}
