/* run_csv_test.c - the CSV as a reader of RFC 4180 sees it. */
#include "harness/run/run_csv.h"

#include "harness/report/fixture_test.h"
#include "harness/base/file.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cmocka.h>

#define FIXED 10
#define COLUMNS 20
#define FIELD_MAX 256

/* One record. Return: the text after it, or NULL when it has not exactly COLUMNS good fields. */
static const char *read_record(const char *p, char field[COLUMNS][FIELD_MAX])
{
	for (unsigned i = 0; i < COLUMNS; i++) {
		size_t n = 0;
		const bool quoted = *p == '"';

		p += quoted;
		for (;; p++) {
			if (quoted ? *p == '"' && p[1] != '"'
				   : *p == ',' || *p == '\n' || *p == '\0')
				break;
			if (*p == '\0' || n == FIELD_MAX - 1 || (!quoted && *p == '"'))
				return NULL;
			p += quoted && *p == '"';
			field[i][n++] = *p;
		}
		p += quoted;
		field[i][n] = '\0';
		if (*p++ != (i == COLUMNS - 1 ? '\n' : ','))
			return NULL;
	}
	return p;
}

static void the_reader_refuses_what_is_no_record(void **state)
{
#define TEN "1,2,3,4,5,6,7,8,9,10,"
	static const char *const bad[] = {"", "a,b\n", TEN "1,2,3,4,5,6,7,8,9,10,11\n",
	    TEN "1,2,3,4,5,6,7,8,9,10", TEN "1,2,3,4,5,6,7,8,9\n", TEN "a\"b,2,3,4,5,6,7,8,9,10\n",
	    TEN "\"a\"b\",2,3,4,5,6,7,8,9,10\n", TEN "\"a,2,3,4,5,6,7,8,9,10\n"};
	char field[COLUMNS][FIELD_MAX];

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_null(read_record(bad[i], field));
	assert_non_null(read_record(TEN "1,,\"a\"\"b\",4,5,6,7,8,9,\n", field));
	assert_string_equal(field[12], "a\"b");
#undef TEN
}

static char *print(const struct run *run)
{
	char *text = NULL;
	size_t len = 0;
	FILE *f = open_memstream(&text, &len);

	assert_non_null(f);
	assert_int_equal(run_csv_print(run, f), 0);
	assert_int_equal(fclose(f), 0);
	return text;
}

static void make_run(struct run *run)
{
	fixture_begin(run);
	fixture_add(run, &(const struct fixture_case){.name = "lock/mutex/workers:1",
			     .op = "op",
			     .ns = 10.0 / 3.0,
			     .spread = 0.01,
			     .cpu_ns = 3.5,
			     .latency_of = "asking to having"});
	fixture_add(run, &(const struct fixture_case){
			     .name = "lock/no_cpu", .op = "op", .ns = 20, .spread = 0.01});
	fixture_add(run, &(const struct fixture_case){.name = "place:list:0,2/\"odd\"",
			     .op = "op",
			     .status = STATUS_CRASHED,
			     .reason = "launch 0: said \"hello, world\""});
	fixture_end(run);
}

/* All that are no percentiles. */
static void check_counters(
    const struct series *s, const char *const names[COLUMNS], char field[COLUMNS][FIELD_MAX])
{
	static const unsigned metrics[] = {10, 11, 13, 17, 18, 19};

	for (size_t i = 0; i < sizeof(metrics) / sizeof(metrics[0]); i++) {
		const unsigned at = metrics[i];
		double value;

		assert_true(metric_get(&s->summary.medians, names[at], &value));
		assert_true(strtod(field[at], NULL) == value);
		assert_string_not_equal(field[at], "");
	}
}

static void every_case_is_a_record(void **state)
{
	static const char *const names[COLUMNS] = {"name", "iterations", "real_time", "cpu_time",
	    "time_unit", "bytes_per_second", "items_per_second", "label", "error_occurred",
	    "error_message", "involuntary_switches_per_op", "jain", "max_ns", "ops", "p50_ns",
	    "p90_ns", "p99_ns", "steal_pct", "voluntary_switches_per_op", "window_ns"};
	char field[COLUMNS][FIELD_MAX];
	const char *p;
	struct run run;
	char *text;

	(void)state;
	make_run(&run);
	p = text = print(&run);
	p = read_record(p, field);
	assert_non_null(p);
	for (unsigned i = 0; i < COLUMNS; i++)
		assert_string_equal(field[i], names[i]);

	p = read_record(p, field);
	assert_non_null(p);
	assert_string_equal(field[0], "lock/mutex/workers:1");
	assert_string_equal(field[1], "5");
	assert_true(strtod(field[2], NULL) == run.series[0].summary.figure.estimate);
	assert_true(strtod(field[2], NULL) == 10.0 / 3.0);
	assert_true(strtod(field[3], NULL) == 3.5);
	assert_string_equal(field[4], "ns");
	assert_string_equal(field[5], "");
	assert_true(strtod(field[6], NULL) == run.series[0].summary.ops_per_s.estimate);
	assert_string_equal(field[7], "ok");
	assert_string_equal(field[8], "");
	assert_string_equal(field[9], "");
	check_counters(&run.series[0], names, field);
	/* Five launches of a thousand latencies each do not tell a p99.9: no column of zeros. */
	assert_true(strtod(field[12], NULL) == (double)run.series[0].summary.latency->max);
	assert_true(strtod(field[14], NULL) ==
		    (double)histogram_quantile(run.series[0].summary.latency, 0.5));
	assert_true(strtod(field[14], NULL) > 0);
	assert_true(strtod(field[16], NULL) >= strtod(field[15], NULL));

	/* What is not known is empty, never a zero. */
	p = read_record(p, field);
	assert_non_null(p);
	assert_string_equal(field[3], "");
	check_counters(&run.series[1], names, field);
	assert_string_equal(field[12], "");
	for (unsigned i = 14; i < 17; i++)
		assert_string_equal(field[i], "");

	p = read_record(p, field);
	assert_non_null(p);
	assert_string_equal(field[0], "place:list:0,2/\"odd\"");
	for (unsigned i = 1; i < 7; i++)
		assert_string_equal(field[i], "");
	assert_string_equal(field[7], "crashed");
	assert_string_equal(field[8], "true");
	assert_string_equal(field[9], "launch 0: said \"hello, world\"");
	for (unsigned i = FIXED; i < COLUMNS; i++)
		assert_string_equal(field[i], "");
	assert_string_equal(p, "");
	free(text);
	run_free(&run);
}

static void a_file_holds_the_same(void **state)
{
	char dir[] = P_tmpdir "/concbench-csv-XXXXXX", path[64], *text, *found = NULL;
	struct run run;

	(void)state;
	assert_non_null(mkdtemp(dir));
	(void)snprintf(path, sizeof(path), "%s/run.csv", dir);
	make_run(&run);
	text = print(&run);
	assert_int_equal(run_csv_write(&run, path), 0);
	assert_int_equal(file_read_all(path, 1 << 20, &found, NULL), 0);
	assert_string_equal(found, text);
	assert_int_equal(unlink(path), 0);
	/* Nothing but the file was left. */
	assert_int_equal(rmdir(dir), 0);
	assert_int_equal(run_csv_write(&run, path), -ENOENT);
	free(found);
	free(text);
	run_free(&run);
}

/* What a spreadsheet would run is a text; names that are none of these stay as they are. */
static void no_cell_is_a_formula(void **state)
{
	static const char *const names[] = {
	    "=HYPERLINK(\"http://x\")", "+1", "-1", "@SUM(A1)", "\tx", "\rx", "lock/=x"};
	char want[64];

	(void)state;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		struct run run = {0};
		char *text, *at;

		fixture_add(
		    &run, &(const struct fixture_case){
			      .name = names[i], .status = STATUS_CRASHED, .reason = names[i]});
		text = print(&run);
		(void)snprintf(want, sizeof(want), "\n\"%s%.3s", i < 6 ? "'" : "", names[i]);
		at = strstr(text, want);
		assert_non_null(at);
		(void)snprintf(want, sizeof(want), ",true,\"%s%.3s", i < 6 ? "'" : "", names[i]);
		assert_non_null(strstr(at, want));
		free(text);
		run_free(&run);
	}
}

static void a_full_disk_is_noticed(void **state)
{
	FILE *full = fopen("/dev/full", "w");
	struct run run;

	(void)state;
	if (!full)
		skip(); /* no /dev/full here */
	make_run(&run);
	(void)setvbuf(full, NULL, _IONBF, 0);
	assert_int_equal(run_csv_print(&run, full), -EIO);
	assert_int_equal(fclose(full), 0);
	run_free(&run);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(the_reader_refuses_what_is_no_record),
	    cmocka_unit_test(every_case_is_a_record),
	    cmocka_unit_test(a_file_holds_the_same),
	    cmocka_unit_test(no_cell_is_a_formula),
	    cmocka_unit_test(a_full_disk_is_noticed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
