/* What other tools get: their schema, one row a case or a launch, and numbers only. */
#include "harness/history/export.h"
#include "harness/history/history_fixture.h"

#include <jansson.h>

#define WITH_FIGURES 3 /* of the cases of fixture_run() */

static const struct history_filter all = {0};

static struct history_run newest(struct history *h)
{
	struct history_runs runs = {0};
	struct history_run run;

	assert_int_equal(history_list_runs(h, &all, &runs), 0);
	assert_true(runs.count > 0);
	run = runs.items[runs.count - 1];
	free(runs.items);
	return run;
}

static void path_in(const struct db_fixture *f, const char *name, char *path, size_t len)
{
	snprintf(path, len, "%s/%s", f->dir, name);
}

/* Strict: jansson takes neither NaN nor Infinity. */
static json_t *load(const char *path)
{
	json_error_t error;
	json_t *j = json_load_file(path, JSON_REJECT_DUPLICATES, &error);

	if (!j)
		fail_msg("%s: line %d: %s", path, error.line, error.text);
	return j;
}

static json_t *export_and_load(const struct db_fixture *f, struct history *h,
    enum export_format format, struct export_count *count)
{
	const struct history_run run = newest(h);
	char path[256], err[512] = "";

	path_in(f, "out.json", path, sizeof(path));
	if (export_run(h, &run, &all, format, path, count, err, sizeof(err)))
		fail_msg("%s", err);
	return load(path);
}

/* No run file has such a number, so neither has a history that is whole. */
static void what_cannot_be_written_is_not(void **state)
{
	const struct db_fixture *f = *state;
	struct history *h = db_history(f);
	struct export_count count;
	struct history_run run;
	char path[256], err[512] = "";

	db_add_run(h, 1, 1);
	assert_int_equal(store_exec(h->store,
			     "UPDATE figure SET low = 0, high = 1.7e308 WHERE high > 0", NULL, 0),
	    0);
	run = newest(h);
	path_in(f, "out.json", path, sizeof(path));
	assert_int_equal(
	    export_run(h, &run, &all, EXPORT_GITHUB, path, &count, err, sizeof(err)), -EUCLEAN);
	assert_non_null(strstr(err, "damaged: figure 1 "));
	assert_int_equal(access(path, F_OK), -1);
	history_close(h);
}

static void github_has_one_row_a_case(void **state)
{
	struct history *h = db_history(*state);
	struct export_count count;
	struct run run;
	json_t *rows, *row;
	size_t i;

	db_numbered_run(&run, 1, 1);
	assert_int_equal(history_add(h, &run), 0);
	rows = export_and_load(*state, h, EXPORT_GITHUB, &count);
	assert_int_equal(count.cases, WITH_FIGURES);
	assert_int_equal(count.left_out, run.series_count - WITH_FIGURES);
	assert_true(json_is_array(rows));
	assert_int_equal(json_array_size(rows), WITH_FIGURES);
	json_array_foreach(rows, i, row)
	{
		const struct series *s =
		    run_find_series(&run, json_string_value(json_object_get(row, "name")));
		const char *range = json_string_value(json_object_get(row, "range"));

		assert_non_null(s);
		assert_true(
		    json_real_value(json_object_get(row, "value")) == s->summary.figure.estimate);
		assert_string_equal(json_string_value(json_object_get(row, "unit")), "ns/op");
		assert_int_equal(strncmp(range, "± ", 3), 0);
		assert_true(strspn(range + 3, "0123456789.") == strlen(range + 3));
		for (size_t k = 0; k < i; k++)
			assert_string_not_equal(
			    json_string_value(json_object_get(json_array_get(rows, k), "name")),
			    s->name);
	}
	json_decref(rows);
	run_free(&run);
	history_close(h);
}

static void bencher_has_measures(void **state)
{
	struct history *h = db_history(*state);
	struct export_count count;
	struct run run;
	json_t *whole, *measures;
	const char *name;

	db_numbered_run(&run, 1, 1);
	assert_int_equal(history_add(h, &run), 0);
	whole = export_and_load(*state, h, EXPORT_BENCHER, &count);
	assert_int_equal(json_object_size(whole), WITH_FIGURES);
	json_object_foreach(whole, name, measures)
	{
		const struct series *s = run_find_series(&run, name);
		json_t *latency = json_object_get(measures, "latency");

		assert_non_null(s);
		assert_int_equal(json_object_size(measures), 2);
		assert_true(json_real_value(json_object_get(latency, "value")) ==
			    s->summary.figure.estimate);
		assert_true(json_real_value(json_object_get(latency, "lower_value")) ==
			    s->summary.figure.low);
		assert_true(json_real_value(json_object_get(latency, "upper_value")) ==
			    s->summary.figure.high);
		assert_true(json_real_value(json_object_get(json_object_get(measures, "throughput"),
				"value")) == s->summary.ops_per_s.estimate);
	}
	json_decref(whole);
	run_free(&run);
	history_close(h);
}

/* A run with a memory and a share besides its times, the share of the same case as a time. */
static void add_other_figures(struct history *h, unsigned n, const char *revision)
{
	struct run run;
	struct series *twice;

	db_numbered_run(&run, n, 1);
	run.series[1].figure =
	    (struct run_figure){"rss_bytes", "memory", "bytes", CB_RATIO, CB_NEITHER, 0, ""};
	run.series[1].summary.figure = (struct stats_interval){8192, 8000, 8400};
	run.series[2].figure = (struct run_figure){"kept", "kept", "", CB_SHARE, CB_MORE, 0, ""};
	run.series[2].summary.figure = (struct stats_interval){0.5, 0.25, 1};
	twice = fixture_series(&run, run.series[0].name, 2);
	twice->status = STATUS_OK;
	twice->figure = run.series[2].figure;
	twice->summary = run.series[2].summary;
	twice->summary.latency = NULL;
	assert_int_equal(manifest_add(&run.manifest, "build.revision", revision), 0);
	assert_int_equal(history_add(h, &run), 0);
	run_free(&run);
}

/* What is better the larger it is is no row of the other kind, and what is neither is none at all.
 */
static void directions_are_kept_apart(void **state)
{
	struct history *h = db_history(*state);
	struct export_count count;
	json_t *o, *row, *measures;

	add_other_figures(h, 1, "abc");
	o = export_and_load(*state, h, EXPORT_GITHUB, &count);
	assert_int_equal(json_array_size(o), 1);
	assert_int_equal(count.cases, 1);
	assert_non_null(strstr(count.why, "better"));
	assert_string_equal(
	    json_string_value(json_object_get(json_array_get(o, 0), "unit")), "ns/op");
	json_decref(o);
	o = export_and_load(*state, h, EXPORT_GITHUB_BIGGER, &count);
	assert_int_equal(json_array_size(o), 2);
	row = json_array_get(o, 1);
	assert_string_equal(json_string_value(json_object_get(row, "name")),
	    "lock/ck_mcs/model:thread/workers:2/place:scatter kept");
	assert_true(json_real_value(json_object_get(row, "value")) == 0.5);
	json_decref(o);
	/* Here they have names of their own, and two figures of a case stand side by side. */
	o = export_and_load(*state, h, EXPORT_BENCHER, &count);
	assert_int_equal(count.cases, 4);
	assert_int_equal(json_object_size(o), 3);
	measures = json_object_get(o, "lock/ck_mcs/model:thread/workers:2/place:scatter");
	assert_int_equal(json_object_size(measures), 3);
	assert_true(
	    json_real_value(json_object_get(json_object_get(measures, "kept"), "value")) == 0.5);
	assert_non_null(json_object_get(measures, "latency"));
	measures = json_object_get(o, "lock/ck_mcs/model:thread/workers:4/place:scatter");
	assert_int_equal(json_object_size(measures), 1);
	assert_true(json_real_value(json_object_get(
			json_object_get(measures, "rss_bytes"), "upper_value")) == 8400);
	json_decref(o);
	history_close(h);
}

/* The header and @rows rows, each with a number at its end. */
static void assert_csv(const char *path, unsigned rows)
{
	char *text, *line, *rest;
	unsigned n = 0;

	assert_int_equal(file_read_all(path, 1u << 20, &text, NULL), 0);
	for (line = strtok_r(text, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest)) {
		if (!n++) {
			assert_string_equal(line, "time,run,commit,ns_per_op");
		} else {
			char *end;
			const char *value = strrchr(line, ',') + 1;

			assert_true(strtod(value, &end) > 0);
			assert_true(*end == '\0' && *value);
			assert_int_equal(strncmp(line, "2026-", 5), 0);
		}
	}
	assert_int_equal(n, rows + 1);
	free(text);
}

static void otava_has_a_file_a_series(void **state)
{
	const struct db_fixture *f = *state;
	struct history *h = db_history(f);
	struct export_count count;
	char folder[128], path[512], err[512] = "", *yaml, *at;
	unsigned files = 0;

	for (unsigned i = 0; i < 4; i++)
		db_add_run(h, i, 1 + i);
	snprintf(folder, sizeof(folder), "%s", f->dir);
	assert_int_equal(export_otava(h, &all, folder, &count, err, sizeof(err)), 0);
	assert_int_equal(count.cases, WITH_FIGURES);
	snprintf(path, sizeof(path), "%s/otava.yaml", folder);
	assert_int_equal(file_read_all(path, 1u << 20, &yaml, NULL), 0);
	for (at = yaml; (at = strstr(at, "    file: '")) != NULL; files++) {
		char *end;

		at += strlen("    file: '");
		end = strchr(at, '\'');
		assert_non_null(end);
		snprintf(path, sizeof(path), "%s/%.*s", folder, (int)(end - at), at);
		assert_csv(path, 4);
	}
	assert_int_equal(files, WITH_FIGURES);
	assert_non_null(strstr(yaml, "\n  'lock/ck_mcs/model:thread/workers:2/place:scatter@"));
	assert_non_null(strstr(yaml, "direction: -1"));
	free(yaml);
	history_close(h);
}

/* A file in @f's folder that has @part in its name, read. */
static char *read_named(const struct db_fixture *f, const char *part)
{
	DIR *dir = opendir(f->dir);
	struct dirent *entry;
	char *text = NULL;

	assert_non_null(dir);
	while (!text && (entry = readdir(dir)) != NULL) {
		char path[512];

		snprintf(path, sizeof(path), "%s/%s", f->dir, entry->d_name);
		if (strstr(entry->d_name, part))
			assert_int_equal(file_read_all(path, 1u << 20, &text, NULL), 0);
	}
	closedir(dir);
	if (!text)
		fail_msg("no file %s", part);
	return text;
}

static void otava_has_any_figure(void **state)
{
	const struct db_fixture *f = *state;
	struct history *h = db_history(f);
	struct export_count count;
	char err[512] = "", *yaml, *csv;

	add_other_figures(h, 1, "=HYPERLINK(\"http://x\",1)");
	add_other_figures(h, 2, "-1+1");
	add_other_figures(h, 3, "a, \"b\"");
	add_other_figures(h, 4, "@SUM(1)");
	add_other_figures(h, 5, "+1");
	assert_int_equal(export_otava(h, &all, f->dir, &count, err, sizeof(err)), 0);
	assert_int_equal(count.cases, 4);
	yaml = read_named(f, "otava.yaml");
	assert_non_null(strstr(yaml, "kept: {column: kept, direction: 1, scale: 1}"));
	assert_non_null(strstr(yaml, "rss_bytes: {column: rss_bytes, direction: -1, scale: 1}"));
	assert_non_null(strstr(yaml, "ns_per_op: {column: ns_per_op, direction: -1, scale: 1}"));
	free(yaml);
	csv = read_named(f, "workers_2_place_scatter_kept_");
	/* No cell begins as a formula does, and quotes are what they were. */
	assert_string_equal(csv,
	    "time,run,commit,kept\n"
	    "2026-01-02T03:04:05Z,20260102T000001Z-host-000001,"
	    "\"'=HYPERLINK(\"\"http://x\"\",1)\",0.5\n"
	    "2026-01-03T03:04:05Z,20260102T000002Z-host-000002,'-1+1,0.5\n"
	    "2026-01-04T03:04:05Z,20260102T000003Z-host-000003,\"a, \"\"b\"\"\",0.5\n"
	    "2026-01-05T03:04:05Z,20260102T000004Z-host-000004,'@SUM(1),0.5\n"
	    "2026-01-06T03:04:05Z,20260102T000005Z-host-000005,'+1,0.5\n");
	free(csv);
	history_close(h);
}

static void filters_and_bad_places(void **state)
{
	const struct history_filter mcs = {.case_name = "ck_mcs"}, none = {.case_name = "nothing"},
				    bad = {.case_name = "["};
	struct history *h = db_history(*state);
	struct history_run run;
	struct export_count count;
	char path[256], err[512] = "";

	db_add_run(h, 1, 1);
	run = newest(h);
	path_in(*state, "out.json", path, sizeof(path));
	assert_int_equal(
	    export_run(h, &run, &mcs, EXPORT_GITHUB, path, &count, err, sizeof(err)), 0);
	assert_int_equal(count.cases, 2);
	assert_int_equal(
	    export_run(h, &run, &none, EXPORT_GITHUB, path, &count, err, sizeof(err)), -ENODATA);
	assert_int_equal(
	    export_run(h, &run, &bad, EXPORT_GITHUB, path, &count, err, sizeof(err)), -EINVAL);
	assert_int_equal(export_run(h, &run, &all, EXPORT_GITHUB, "/nonexistent/out.json", &count,
			     err, sizeof(err)),
	    -ENOENT);
	assert_non_null(strstr(err, "/nonexistent/out.json"));
	assert_int_equal(
	    export_otava(h, &none, "/nonexistent", &count, err, sizeof(err)), -ENODATA);
	history_close(h);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, db_setup, db_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(github_has_one_row_a_case),
	    TEST(what_cannot_be_written_is_not),
	    TEST(bencher_has_measures),
	    TEST(directions_are_kept_apart),
	    TEST(otava_has_a_file_a_series),
	    TEST(otava_has_any_figure),
	    TEST(filters_and_bad_places),
	};

	return cmocka_run_group_tests_name("export", tests, NULL, NULL);
}
