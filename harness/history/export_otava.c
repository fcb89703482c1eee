/*
 * export_otava.c - for Apache Otava: its configuration and a CSV file for every series.
 *
 * A test of type csv (Otava's docs/CSV.md, otava/test_config.py): file, time_column, attributes,
 * metrics with direction -1 (smaller is better). Every cell of a metric's column has to be a
 * number, so each series has a file of its own, with the runs that have a figure. File names are
 * relative: Otava is started in the folder.
 */
#include "harness/history/export_private.h"

#include "harness/base/file.h"
#include "harness/base/one_line.h"
#include "harness/base/output.h"
#include "harness/base/text.h"

#include <ctype.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

/* Of a class and of a hash: enough to tell them apart in a name. */
#define DIGITS 8

/* "lock/ck_mcs/workers:2" becomes "lock_ck_mcs_workers_2-<class>-<hash>.csv". */
static void file_name(const struct history_series *s, char *name, size_t len)
{
	(void)snprintf(name, len, "%s-%.*s-%.*s.csv", s->name, DIGITS, s->machine, DIGITS, s->hash);
	for (char *p = name; *p; p++)
		if (!isalnum((unsigned char)*p) && !strchr("._-", *p))
			*p = '_';
	/* Neither hidden nor an option. */
	if (name[0] == '.' || name[0] == '-')
		name[0] = '_';
}

/* YAML's single quotes: the only special character is the quote itself. */
static void add_quoted(struct text_buffer *b, const char *text)
{
	text_buffer_add(b, "'");
	for (; *text; text++)
		text_buffer_add(b, *text == '\'' ? "''" : (const char[]){*text, '\0'});
	text_buffer_add(b, "'");
}

/* CSV's double quotes (RFC 4180), only where they are needed. */
static void add_cell(struct text_buffer *b, const char *text)
{
	if (!strpbrk(text, ",\"\r\n")) {
		text_buffer_add(b, text);
		return;
	}
	text_buffer_add(b, "\"");
	for (; *text; text++)
		text_buffer_add(b, *text == '"' ? "\"\"" : (const char[]){*text, '\0'});
	text_buffer_add(b, "\"");
}

static void add_test(struct text_buffer *yaml, const struct history_series *s, const char *file)
{
	char test[CASE_NAME_MAX + 2 * DIGITS + 3];

	(void)snprintf(
	    test, sizeof(test), "%s@%.*s-%.*s", s->name, DIGITS, s->machine, DIGITS, s->hash);
	text_buffer_add(yaml, "  ");
	add_quoted(yaml, test);
	text_buffer_add(yaml, ":\n    type: csv\n    file: ");
	add_quoted(yaml, file);
	text_buffer_add(yaml, "\n"
			      "    time_column: time\n"
			      "    attributes: [run, commit]\n"
			      "    metrics:\n"
			      "      ns_per_op: {column: ns_per_op, direction: -1, scale: 1}\n"
			      "    csv_options: {delimiter: ',', quote_char: '\"'}\n");
}

/* Return: how many rows it has. */
static unsigned add_rows(struct text_buffer *csv, const struct history_points *points)
{
	unsigned n = 0;

	text_buffer_add(csv, "time,run,commit,ns_per_op\n");
	for (size_t i = 0; i < points->count; i++) {
		const struct history_point *p = &points->items[i];

		if (!status_has_figure(p->status))
			continue;
		add_cell(csv, p->date);
		text_buffer_add(csv, ",");
		add_cell(csv, p->run);
		text_buffer_add(csv, ",");
		add_cell(csv, p->revision);
		text_buffer_addf(csv, ",%.17g\n", p->ns_per_op.estimate);
		n++;
	}
	return n;
}

static int write_in(
    const char *folder, const char *name, const struct text_buffer *b, char *err, size_t err_len)
{
	char path[PATH_MAX];
	int rc = -ENOMEM, n;

	if (!b->failed) {
		n = snprintf(path, sizeof(path), "%s/%s", folder, name);
		rc = n < 0 || (size_t)n >= sizeof(path) ? -ENAMETOOLONG : output_store(path, b);
	}
	if (rc)
		one_line_format(err, err_len, "%s/%s: %s", folder, name, strerror(-rc));
	return rc;
}

static int add_series(struct history *h, const struct history_series *s, const char *folder,
    struct text_buffer *yaml, struct export_count *count, char *err, size_t err_len)
{
	struct history_points points = {0};
	struct text_buffer csv = {0};
	char name[CASE_NAME_MAX + 2 * DIGITS + 8];
	int rc = history_trend(h, s, &points);

	if (rc) {
		one_line_format(err, err_len, "%s", history_error(h));
		return rc;
	}
	if (add_rows(&csv, &points)) {
		file_name(s, name, sizeof(name));
		rc = write_in(folder, name, &csv, err, err_len);
		add_test(yaml, s, name);
		count->cases++;
	} else {
		count->left_out++;
		(void)snprintf(count->why, sizeof(count->why), "%s", "without a figure in any run");
	}
	text_buffer_free(&csv);
	history_points_free(&points);
	return rc;
}

int export_otava(struct history *h, const struct history_filter *filter, const char *folder,
    struct export_count *count, char *err, size_t err_len)
{
	struct history_series_list list = {0};
	struct text_buffer yaml = {0};
	int rc;

	memset(count, 0, sizeof(*count));
	rc = history_list_series(h, filter, &list);
	if (rc) {
		one_line_format(err, err_len, "%s", history_error(h));
		return rc;
	}
	if (!list.count) {
		one_line_format(err, err_len, "%s: no series to export", history_name(h));
		return -ENODATA;
	}
	rc = file_make_dirs(folder);
	if (rc)
		one_line_format(err, err_len, "%s: %s", folder, strerror(-rc));
	text_buffer_add(&yaml, "# For Apache Otava, to be run in this folder:\n"
			       "#   OTAVA_CONFIG=otava.yaml otava analyze <test>\n"
			       "# A test is a case@machine class-definition.\n"
			       "tests:\n");
	for (size_t i = 0; i < list.count && !rc; i++)
		rc = add_series(h, &list.items[i], folder, &yaml, count, err, err_len);
	if (!rc && !count->cases) {
		one_line_format(err, err_len, "no series to export: all are %s", count->why);
		rc = -ENODATA;
	}
	/* Last: whoever finds it finds the files that it names. */
	if (!rc)
		rc = write_in(folder, "otava.yaml", &yaml, err, err_len);
	text_buffer_free(&yaml);
	history_series_free(&list);
	return rc;
}
