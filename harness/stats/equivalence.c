#include "harness/stats/equivalence.h"

#include <errno.h>
#include <math.h>

/* The value that 5 % of Student's t exceed, by degrees of freedom from 2 on; the last one serves
 * for all beyond. */
static const double t95[] = {2.920, 2.353, 2.132, 2.015, 1.943, 1.895, 1.860, 1.833, 1.812};

#define T95_COUNT (sizeof(t95) / sizeof(t95[0]))

int equivalence_of(const double *log_ratio, size_t n, double margin, struct stats_interval *ratio,
    enum equivalence *out)
{
	const double within = log1p(margin);
	double mean, sd, low, high;
	const int rc = stats_mean_stddev(log_ratio, n, &mean, &sd);

	if (rc)
		return rc;
	low = high = mean;
	*out = EQUIVALENCE_UNKNOWN;
	if (n < EQUIVALENCE_MIN) {
		for (size_t i = 0; i < n; i++) {
			low = fmin(low, log_ratio[i]);
			high = fmax(high, log_ratio[i]);
		}
	} else {
		const size_t at = n - EQUIVALENCE_MIN;
		const double half = t95[at < T95_COUNT ? at : T95_COUNT - 1] * sd / sqrt((double)n);

		low = mean - half;
		high = mean + half;
		if (low >= -within && high <= within)
			*out = EQUIVALENCE_HOLDS;
		else if (low > within || high < -within)
			*out = EQUIVALENCE_FAILS;
	}
	*ratio = (struct stats_interval){exp(mean), exp(low), exp(high)};
	return 0;
}
