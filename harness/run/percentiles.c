#include "harness/run/percentiles.h"

#include <string.h>

const struct percentile percentiles[PERCENTILES] = {
    {"p50_ns", "p50", 0.5},
    {"p90_ns", "p90", 0.9},
    {"p99_ns", "p99", 0.99},
    {"p99_9_ns", "p99.9", 0.999},
    {"max_ns", "max", 1},
};

int percentile_find(const char *metric)
{
	for (int i = 0; i < PERCENTILES; i++)
		if (!strcmp(metric, percentiles[i].key))
			return i;
	return -1;
}

bool percentile_get(const struct histogram *h, unsigned i, uint64_t *ns)
{
	if (!histogram_tells_quantile(h, percentiles[i].q))
		return false;
	*ns = histogram_quantile(h, percentiles[i].q);
	return true;
}
