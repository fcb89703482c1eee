/*
 * export_json.c - one row a case: github-action-benchmark and bencher.
 *
 * github-action-benchmark, tool "customSmallerIsBetter" (its README and src/extract.ts): an array
 * of {name, unit, value, range, extra}. Rows of one name would overwrite each other in its charts,
 * so there are no aggregates and no repetitions.
 *
 * Bencher Metric Format (https://bencher.dev/docs/reference/bencher-metric-format): an object with
 * an object a benchmark, in it an object a measure with value, lower_value and upper_value;
 * "latency" in ns and "throughput" in operations per second are its built-in measures.
 */
#include "harness/history/export_private.h"

#include "harness/run/jsonio.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>

static void leave_out(struct export_count *count)
{
	count->left_out++;
	(void)snprintf(count->why, sizeof(count->why), "%s", "without a figure in this run");
}

static int finish(json_t *whole, int failed, char **text)
{
	*text = failed ? NULL : jsonio_lay_out(whole);
	json_decref(whole);
	if (failed == -ERANGE)
		return failed;
	return *text ? 0 : -ENOMEM;
}

/* "± number" and nothing behind it, or it is not read as a number: from databases of builds that
 * took any. Return: 0; -ERANGE. */
static int format_range(const struct stats_interval *of, char *text, size_t len)
{
	const double half = of->high / 2 - of->low / 2;
	const int n = snprintf(text, len, "± %.6f", half);

	return isfinite(half) && n > 0 && (size_t)n < len ? 0 : -ERANGE;
}

static int github_row(json_t *rows, const struct history_point *p)
{
	char text[256], range[256] = "";
	int rc = p->covered > 0 ? format_range(&p->ns_per_op, range, sizeof(range)) : 0;
	json_t *row;

	if (rc)
		return rc;
	row = json_object();
	rc |= jsonio_put_text(row, "name", p->name);
	rc |= jsonio_put_text(row, "unit", "ns/op");
	rc |= jsonio_put_real(row, "value", p->ns_per_op.estimate);
	if (range[0])
		rc |= jsonio_put_text(row, "range", range);
	(void)snprintf(text, sizeof(text), "%s\n%u launches, %u samples\nrun %s",
	    status_name(p->status), p->launches, p->samples, p->run);
	rc |= jsonio_put(row, "extra", json_string(text));
	return rc | jsonio_append(rows, row);
}

int export_github(const struct history_points *points, char **text, struct export_count *count)
{
	json_t *rows = json_array();
	int rc = rows ? 0 : -ENOMEM;

	for (size_t i = 0; i < points->count && !rc; i++) {
		if (!status_has_figure(points->items[i].status)) {
			leave_out(count);
			continue;
		}
		count->cases++;
		rc = github_row(rows, &points->items[i]);
	}
	return finish(rows, rc, text);
}

static int bencher_case(json_t *whole, const struct history_point *p)
{
	json_t *measures = json_object(), *latency = json_object(), *throughput = json_object();
	int rc = 0;

	rc |= jsonio_put_real(latency, "value", p->ns_per_op.estimate);
	if (p->covered > 0) {
		rc |= jsonio_put_real(latency, "lower_value", p->ns_per_op.low);
		rc |= jsonio_put_real(latency, "upper_value", p->ns_per_op.high);
	}
	rc |= jsonio_put_real(throughput, "value", p->ops_per_s);
	rc |= jsonio_put(measures, "latency", latency);
	rc |= jsonio_put(measures, "throughput", throughput);
	return rc | jsonio_put(whole, p->name, measures);
}

int export_bencher(const struct history_points *points, char **text, struct export_count *count)
{
	json_t *whole = json_object();
	int rc = whole ? 0 : -ENOMEM;

	for (size_t i = 0; i < points->count && !rc; i++) {
		if (!status_has_figure(points->items[i].status)) {
			leave_out(count);
			continue;
		}
		count->cases++;
		rc = bencher_case(whole, &points->items[i]);
	}
	return finish(whole, rc, text);
}
