#include "harness/report/figure.h"

#include "harness/base/text.h"
#include "harness/run/launch.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

char *figure_half_width(
    const struct stats_interval *i, double covered, bool plain, char *buf, size_t len)
{
	const double pct = stats_half_width(i) * 100;
	const char *sign = plain ? "+-" : "±";

	buf[0] = '\0';
	if (!(covered > 0) || !isfinite(pct))
		return buf;
	if (pct < 0.05)
		snprintf(buf, len, "%s<0.1%s", sign, plain ? "%" : " %");
	else
		snprintf(buf, len, "%s%.*f%s", sign, pct < 9.95 ? 1 : 0, pct, plain ? "%" : " %");
	return buf;
}

char *figure_ns(double ns, bool plain, char *buf, size_t len)
{
	char *micro;

	text_format_ns(ns, buf, len);
	micro = strstr(buf, "µ");
	if (plain && micro) {
		*micro = 'u';
		memmove(micro + 1, micro + strlen("µ"), strlen(micro + strlen("µ")) + 1);
	}
	return buf;
}

int figure_of_metric(const struct series *s, const char *metric, struct stats_interval *out)
{
	struct launch_list list = {0};
	double *x = NULL;
	double covered;
	size_t n = 0;
	int rc;

	if (!status_has_figure(s->status))
		return -ENODATA;
	rc = launch_list_build(s, &list);
	if (rc)
		return rc;
	rc = -ENOMEM;
	x = calloc(list.count + 1, sizeof(*x));
	if (!x)
		goto out;
	for (size_t i = 0; i < list.count; i++)
		n += metric_get(&list.items[i].medians, metric, &x[n]);
	rc = -ENODATA;
	if (n == 1) {
		out->estimate = out->low = out->high = x[0];
		rc = 0;
	} else if (n > 1) {
		rc = stats_median_ci(x, n, 0.95, out, &covered);
	}
out:
	free(x);
	launch_list_free(&list);
	return rc;
}

bool figure_usable(const struct series *s)
{
	return status_has_figure(s->status) && isfinite(s->summary.figure.estimate) &&
	       s->summary.figure.estimate > 0;
}
