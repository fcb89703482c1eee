#include "harness/gate/noise.h"

#include <math.h>
#include <stdlib.h>

/* Normal quantiles. */
#define Z_POWER_90 1.2815515655446004
#define Z_95 1.959963984540054
/* Of a normal deviation over the median absolute one. */
#define MAD_TO_SD 1.4826022185056018
/* Asymptotic efficiency of the Hodges-Lehmann estimate for normal errors: 3 / pi. */
#define HL_EFFICIENCY 0.9549296585513721
/* z of the looks, the ones that looks_alpha() is made of. */
static const double look_z[LOOKS] = {3.29, 3.29, 2.81, 2.58};

static double z_of(unsigned launches)
{
	unsigned look = 0;

	while (look + 1 < LOOKS && looks_launches(look + 1) <= launches)
		look++;
	return look_z[look];
}

double noise_visible_change(
    const struct launch_ratio *launch, size_t n, unsigned launches, double min_effect)
{
	double *x = n ? calloc(n, sizeof(*x)) : NULL;
	double mad = 0.0, change;
	int ret = -1;

	if (!x || n < 2 || !launches)
		goto out;
	for (size_t i = 0; i < n; i++)
		x[i] = launch[i].log_ratio;
	ret = stats_mad(x, n, &mad);
out:
	free(x);
	if (ret)
		return 0.0;
	change =
	    expm1((z_of(launches) + Z_POWER_90) * mad * MAD_TO_SD / sqrt(HL_EFFICIENCY * launches));
	return fmax(change, min_effect / 2);
}

struct stats_interval noise_wilson(unsigned hits, unsigned of)
{
	const double n = of, p = of ? hits / n : 0.0, z2 = Z_95 * Z_95;
	const double middle = of ? (p + z2 / (2 * n)) / (1 + z2 / n) : 0.5;
	const double half =
	    of ? Z_95 / (1 + z2 / n) * sqrt(p * (1 - p) / n + z2 / (4 * n * n)) : 0.5;

	return (struct stats_interval){
	    .estimate = p, .low = fmax(0.0, middle - half), .high = fmin(1.0, middle + half)};
}
