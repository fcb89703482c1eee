#include "harness/history/export_private.h"

#include "harness/base/one_line.h"
#include "harness/base/output.h"
#include "harness/run/case_filter.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

const char *const export_format_names[EXPORT_COUNT + 1] = {
    [EXPORT_OTAVA] = "otava",
    [EXPORT_GITHUB] = "github-action-benchmark",
    [EXPORT_BENCHER] = "bencher",
    [EXPORT_COMPARE_PY] = "compare.py",
};

const char *export_format_name(enum export_format format)
{
	return export_format_names[format];
}

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

/* Keeps what the expression picks. Return: 0; -EINVAL. */
static int pick(struct history_points *points, const char *pattern, char *err, size_t err_len)
{
	struct case_filter f;
	size_t kept = 0;
	int rc = case_filter_compile(&f, pattern, err, err_len);

	if (rc)
		return rc;
	for (size_t i = 0; i < points->count; i++)
		if (case_filter_matches(&f, points->items[i].name))
			points->items[kept++] = points->items[i];
	points->count = kept;
	case_filter_free(&f);
	return 0;
}

static int format_run(struct history *h, const struct history_run *run,
    const struct history_points *points, enum export_format format, char **text,
    struct export_count *count)
{
	switch (format) {
	case EXPORT_GITHUB:
		return export_github(points, text, count);
	case EXPORT_BENCHER:
		return export_bencher(points, text, count);
	case EXPORT_COMPARE_PY:
		return export_compare_py(h, run, points, text, count);
	case EXPORT_OTAVA:
	case EXPORT_COUNT:
		break;
	}
	return -EINVAL;
}

int export_run(struct history *h, const struct history_run *run,
    const struct history_filter *filter, enum export_format format, const char *path,
    struct export_count *count, char *err, size_t err_len)
{
	struct history_points points = {0};
	struct text_buffer out = {0};
	char *text = NULL;
	int rc;

	memset(count, 0, sizeof(*count));
	rc = history_figures(h, run->id, &points);
	if (rc) {
		one_line_format(err, err_len, "%s", history_error(h));
		return rc;
	}
	rc = pick(&points, filter->case_name, err, err_len);
	if (rc)
		goto out;
	rc = format_run(h, run, &points, format, &text, count);
	if (rc) {
		one_line_format(err, err_len, "%s",
		    rc == -ENOMEM   ? "out of memory"
		    : rc == -ERANGE ? "a figure is too large to be written, and nothing was"
				    : history_error(h));
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
	history_points_free(&points);
	return rc;
}
