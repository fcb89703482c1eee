/*
 * export_otava.c - for Apache Otava: its configuration and a CSV file for every series.
 *
 * A test of type csv (Otava's docs/CSV.md, otava/test_config.py): file, time_column, attributes,
 * metrics with direction -1 (smaller is better) or 1. Every cell of a metric's column has to be a
 * number, so each series has a file of its own, with the runs that have a figure. File names are
 * relative: Otava is started in the folder. People open the files in spreadsheets as well.
 */
#include "harness/history/export.h"
#include "harness/history/history_figure.h"

#include "harness/base/file.h"
#include "harness/base/one_line.h"
#include "harness/base/output.h"
#include "harness/base/text.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* How much of a class and of a hash goes into a name: enough to tell them apart. */
#define DIGITS 8
#define TEST_NAME_MAX (HISTORY_LABEL_MAX + 2 * DIGITS + 32)
#define FILE_NAME_MAX 256
#define CELL_MAX 256

/* "lock/ck_mcs/workers:2@<class>-<hash>-<length of its trials>": what tells series apart. */
static void test_name(const struct history_series *s, char name[TEST_NAME_MAX])
{
	char label[HISTORY_LABEL_MAX];

	(void)snprintf(name, TEST_NAME_MAX, "%s@%.*s-%.*s-%" PRIu64,
	    history_label(s->name, &s->figure, label), DIGITS, s->machine, DIGITS, s->hash,
	    s->slot_ns);
}

/* The same as a file's name. If it is too long only its end is kept, which tells it apart. */
static void file_name(const char *test, char name[FILE_NAME_MAX])
{
	const size_t len = strlen(test), max = FILE_NAME_MAX - sizeof(".csv");

	(void)snprintf(name, FILE_NAME_MAX, "%s.csv", test + (len > max ? len - max : 0));
	for (char *p = name; *p; p++)
		if (!isalnum((unsigned char)*p) && !strchr("._-", *p))
			*p = '_';
	/* Neither hidden nor an option. */
	if (name[0] == '.' || name[0] == '-')
		name[0] = '_';
}

/* In quotes, and those of the text twice: YAML's single ones, CSV's double ones (RFC 4180). */
static void add_quoted(struct text_buffer *b, const char *text, char quote)
{
	text_buffer_add_bytes(b, &quote, 1);
	for (; *text; text++) {
		if (*text == quote)
			text_buffer_add_bytes(b, &quote, 1);
		text_buffer_add_bytes(b, text, 1);
	}
	text_buffer_add_bytes(b, &quote, 1);
}

/* A cell and what follows it. What a spreadsheet would take for a formula becomes a text by an
 * apostrophe: run files come from anywhere. */
static void add_cell(struct text_buffer *b, const char *text)
{
	char plain[CELL_MAX];

	(void)snprintf(
	    plain, sizeof(plain), "%s%s", *text && strchr("=+-@\t\r", *text) ? "'" : "", text);
	if (strpbrk(plain, ",\"\r\n"))
		add_quoted(b, plain, '"');
	else
		text_buffer_add(b, plain);
	text_buffer_add(b, ",");
}

static void add_test(
    struct text_buffer *yaml, const char *test, const char *file, const struct run_figure *figure)
{
	text_buffer_add(yaml, "  ");
	add_quoted(yaml, test, '\'');
	text_buffer_add(yaml, ":\n    type: csv\n    file: ");
	add_quoted(yaml, file, '\'');
	text_buffer_addf(yaml,
	    "\n    time_column: time\n    attributes: [run, commit]\n    metrics:\n"
	    "      %s: {column: %s, direction: %d, scale: 1}\n"
	    "    csv_options: {delimiter: ',', quote_char: '\"'}\n",
	    figure->metric, figure->metric, figure->better == CB_MORE ? 1 : -1);
}

/* Return: how many rows it has. */
static unsigned add_rows(struct text_buffer *csv, const struct history_points *points)
{
	unsigned n = 0;

	for (size_t i = 0; i < points->count; i++) {
		const struct history_point *p = &points->items[i];

		if (!status_has_figure(p->status))
			continue;
		if (!n++)
			text_buffer_addf(csv, "time,run,commit,%s\n", p->figure.metric);
		add_cell(csv, p->date);
		add_cell(csv, p->run);
		add_cell(csv, p->revision);
		text_buffer_addf(csv, "%.17g\n", p->value.estimate);
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
	char test[TEST_NAME_MAX], name[FILE_NAME_MAX];
	int rc = history_trend(h, s, &points);

	if (rc) {
		one_line_format(err, err_len, "%s", history_error(h));
		return rc;
	}
	if (add_rows(&csv, &points)) {
		test_name(s, test);
		file_name(test, name);
		rc = write_in(folder, name, &csv, err, err_len);
		add_test(yaml, test, name, &s->figure);
		count->cases++;
	} else {
		count->left_out++;
		(void)snprintf(count->why, sizeof(count->why), "%s", "without a figure in any run");
	}
	text_buffer_free(&csv);
	free(points.items);
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
			       "# A test is a case@machine class-definition-ns of its trials.\n"
			       "tests:\n");
	for (size_t i = 0; i < list.count && !rc; i++)
		rc = add_series(h, &list.items[i], folder, &yaml, count, err, err_len);
	if (!rc && !count->cases) {
		one_line_format(err, err_len, "no series to export: all are %s", count->why);
		rc = -ENODATA;
	}
	/* Written last, so that the files that it names exist as soon as it does. */
	if (!rc)
		rc = write_in(folder, "otava.yaml", &yaml, err, err_len);
	text_buffer_free(&yaml);
	free(list.items);
	return rc;
}
