/*
 * export.c - one row a case: github-action-benchmark and bencher.
 *
 * github-action-benchmark, tools "customSmallerIsBetter" and "customBiggerIsBetter" (its README and
 * src/extract.ts): an array of {name, unit, value, range, extra}. Rows of one name would overwrite
 * each other in its charts, so there are no aggregates and no repetitions.
 *
 * Bencher Metric Format (https://bencher.dev/docs/reference/bencher-metric-format): an object with
 * an object a benchmark, in it an object a measure with value, lower_value and upper_value;
 * "latency" in ns and "throughput" in operations per second are its built-in measures, any other
 * name makes one.
 */
#include "harness/history/export.h"
#include "harness/history/history_figure.h"

#include "harness/base/one_line.h"
#include "harness/base/output.h"
#include "harness/run/case_filter.h"
#include "harness/run/jsonio.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static json_t *github_row(const struct history_point *p)
{
	char label[HISTORY_LABEL_MAX], extra[256], range[256] = "", unit[32];

	/* "± number" and nothing behind it, or it is not read as a number. */
	if (p->covered > 0)
		(void)snprintf(
		    range, sizeof(range), "± %.6f", p->value.high / 2 - p->value.low / 2);
	(void)snprintf(
	    unit, sizeof(unit), "%s%s", p->figure.unit, history_is_time(&p->figure) ? "/op" : "");
	(void)snprintf(extra, sizeof(extra), "%s\n%u launches, %u samples\nrun %s",
	    status_name(p->status), p->launches, p->samples, p->run);
	return json_pack("{s:s, s:s, s:f, s:s*, s:s}", "name",
	    history_label(p->name, &p->figure, label), "unit", unit, "value", p->value.estimate,
	    "range", *range ? range : NULL, "extra", extra);
}

static int add_github(json_t *rows, const struct history_point *p)
{
	return jsonio_append(rows, github_row(p));
}

static int add_bencher(json_t *whole, const struct history_point *p)
{
	const bool time = history_is_time(&p->figure);
	json_t *measures = json_object_get(whole, p->name), *measure = json_object();
	int rc = 0;

	/* A case may have several figures. */
	if (!measures) {
		measures = json_object();
		rc = jsonio_put(whole, p->name, measures);
	}
	rc |= jsonio_put_real(measure, "value", p->value.estimate);
	if (p->covered > 0) {
		rc |= jsonio_put_real(measure, "lower_value", p->value.low);
		rc |= jsonio_put_real(measure, "upper_value", p->value.high);
	}
	rc |= jsonio_put(measures, time ? "latency" : p->figure.metric, measure);
	if (time && p->value.estimate > 0)
		rc |= jsonio_put(
		    measures, "throughput", json_pack("{s:f}", "value", 1e9 / p->value.estimate));
	return rc;
}

#define BIT(better) (1u << (better))

static const struct {
	json_t *(*whole)(void);
	int (*add)(json_t *whole, const struct history_point *p);
	unsigned betters; /* of the figures it has a place for */
} formats[EXPORT_COUNT] = {
    [EXPORT_OTAVA] = {NULL, NULL, 0},
    [EXPORT_GITHUB] = {json_array, add_github, BIT(CB_LESS)},
    [EXPORT_GITHUB_BIGGER] = {json_array, add_github, BIT(CB_MORE)},
    [EXPORT_BENCHER] = {json_object, add_bencher, BIT(CB_LESS) | BIT(CB_MORE) | BIT(CB_NEITHER)},
};

const char *const export_format_names[EXPORT_COUNT + 1] = {
    [EXPORT_OTAVA] = "otava",
    [EXPORT_GITHUB] = "github-action-benchmark",
    [EXPORT_GITHUB_BIGGER] = "github-action-benchmark-bigger",
    [EXPORT_BENCHER] = "bencher",
};

int export_format_from_name(const char *name, enum export_format *out)
{
	for (unsigned i = 0; i < EXPORT_COUNT; i++) {
		if (!strcmp(name, export_format_names[i])) {
			*out = (enum export_format)i;
			return 0;
		}
	}
	return -EINVAL;
}

static void leave_out(struct export_count *count, const char *why)
{
	count->left_out++;
	(void)snprintf(count->why, sizeof(count->why), "%s", why);
}

/* Return: 0 and the text, to be freed; -ENOMEM. */
static int format_run(const struct history_points *points, const struct case_filter *filter,
    enum export_format format, char **text, struct export_count *count)
{
	json_t *whole = formats[format].whole();
	int rc = 0;

	for (size_t i = 0; i < points->count && !rc; i++) {
		const struct history_point *p = &points->items[i];

		if (!case_filter_matches(filter, p->name))
			continue;
		if (!(formats[format].betters & BIT(p->figure.better))) {
			leave_out(count, "whose figures are better in another direction");
		} else if (!status_has_figure(p->status)) {
			leave_out(count, "without a figure in this run");
		} else {
			rc = formats[format].add(whole, p);
			count->cases++;
		}
	}
	*text = whole && !rc ? jsonio_lay_out(whole) : NULL;
	json_decref(whole);
	return *text ? 0 : -ENOMEM;
}

int export_run(struct history *h, const struct history_run *run,
    const struct history_filter *filter, enum export_format format, const char *path,
    struct export_count *count, char *err, size_t err_len)
{
	struct history_points points = {0};
	struct text_buffer out = {0};
	struct case_filter cases;
	char *text = NULL;
	int rc = case_filter_compile(&cases, filter->case_name, err, err_len);

	memset(count, 0, sizeof(*count));
	if (rc)
		return rc;
	rc = history_figures(h, run->id, &points);
	if (rc) {
		one_line_format(err, err_len, "%s", history_error(h));
		goto out;
	}
	rc = format_run(&points, &cases, format, &text, count);
	if (rc) {
		one_line_format(err, err_len, "out of memory");
	} else if (!count->cases) {
		rc = -ENODATA;
		one_line_format(err, err_len, "%s: no case to export%s%s", run->name,
		    count->why[0] ? ": " : "", count->why);
	} else {
		text_buffer_add(&out, text);
		rc = output_store_or_print(path, &out);
		if (rc)
			one_line_format(err, err_len, "%s: %s", path, strerror(-rc));
	}
out:
	text_buffer_free(&out);
	free(text);
	free(points.items);
	case_filter_free(&cases);
	return rc;
}
