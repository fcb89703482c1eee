/* What a terminal shows of a history: each figure in its unit, with what has changed since. */
#include "harness/history/history_print.h"
#include "harness/history/history_fixture.h"

#define SHARE "queue/ck_ring/model:process/workers:2"
#define LATE "lock/ck_mcs/model:thread/workers:4/place:scatter"

static const struct history_filter all = {0};

/* Two runs: a time 20 % longer, a lateness beyond 0, a share that falls; the last one of a dirty
 * build. */
static struct history *fill(const struct db_fixture *f)
{
	struct history *h = db_history(f);

	for (unsigned n = 0; n < 2; n++) {
		struct run run;

		db_numbered_run(&run, n, n ? 1.2 : 1);
		assert_int_equal(manifest_add(&run.manifest, "build.revision", "1a2b3c4d5e6f"), 0);
		assert_int_equal(manifest_add(&run.manifest, "build.dirty", n ? "yes" : "no"), 0);
		run.series[1].figure = (struct run_figure){
		    "late_ns", "lateness", "ns", CB_DIFFERENCE, CB_LESS, 1000, ""};
		run.series[1].summary.figure = n ? (struct stats_interval){1500, 1000, 1700}
						 : (struct stats_interval){-500, -700, -400};
		run.series[2].figure =
		    (struct run_figure){"kept", "share kept", "", CB_SHARE, CB_MORE, 0, ""};
		run.series[2].summary.figure = n ? (struct stats_interval){0.5, 0.25, 0.625}
						 : (struct stats_interval){1, 1, 1};
		assert_int_equal(history_add(h, &run), 0);
		run_free(&run);
	}
	return h;
}

static void assert_line(const char *text, const char *const *parts)
{
	const char *line = text;

	/* All of them in one line, and in this order. */
	for (; *line; line = strchr(line, '\n') + 1) {
		const char *at = line, *end = strchr(line, '\n');
		unsigned found = 0;

		while (parts[found] && (at = strstr(at, parts[found])) && at < end)
			at += strlen(parts[found++]);
		if (!parts[found])
			return;
	}
	fail_msg("no line with '%s' ... in\n%s", parts[0], text);
}

#define LINE(...) assert_line(text, (const char *const[]){__VA_ARGS__, NULL})

static void runs_with_what_made_them(void **state)
{
	struct history *h = fill(*state);
	struct history_runs runs = {0};
	char *text;
	size_t len;
	FILE *to = open_memstream(&text, &len);

	assert_int_equal(history_list_runs(h, &all, &runs), 0);
	assert_int_equal(history_print_runs(to, &runs), 0);
	assert_int_equal(fclose(to), 0);
	LINE("20260102T000000Z-host-000000", "1a2b3c4d5e6f  ", "quick", " 7 ", " 3 ", " 2\n");
	LINE("20260102T000001Z-host-000001", "1a2b3c4d5e6f-modified", "quick");
	LINE("machine ", ", 2 runs");
	free(text);
	free(runs.items);
	history_close(h);
}

static void a_run_case_by_case(void **state)
{
	struct history *h = fill(*state);
	struct history_run run;
	char *text;
	size_t len;
	FILE *to = open_memstream(&text, &len);

	assert_int_equal(history_find_run(h, "latest", NULL, &run), 0);
	assert_int_equal(run.figures, 3);
	assert_int_equal(history_print_run(to, h, &run, &all, true), 0);
	assert_int_equal(fclose(to), 0);
	LINE("revision 1a2b3c4d5e6f-modified");
	LINE("121 ns +-", "%", "+20.0 %", "_#",
	    "lock/ck_mcs/model:thread/workers:2/place:scatter\n");
	LINE("1.5 us +-500 ns", "+2 us", "_#", LATE " late_ns\n");
	LINE("50 % +-25%", "-50.0 points", "#_", SHARE " kept\n");
	LINE("crashed", "??", "job/sieve/model:thread/workers:1");
	LINE("7 cases\n");
	free(text);
	history_close(h);
}

static void a_series_run_by_run(void **state)
{
	const struct history_filter share = {.case_name = "ck_ring/model:process"};
	struct history *h = fill(*state);
	struct history_series_list list = {0};
	char *text;
	size_t len;
	FILE *to = open_memstream(&text, &len);

	assert_int_equal(history_list_series(h, &share, &list), 0);
	assert_int_equal(list.count, 1);
	assert_int_equal(history_print_series(to, h, &list.items[0], false), 0);
	assert_int_equal(fclose(to), 0);
	LINE("definition 0123456789abcdef, 2 runs, trials of 3 ms\n");
	LINE("revision", "share kept", "change");
	LINE("1a2b3c4d5e6f  ", "100 % ±<0.1 %  ", "ok", "host-000000\n");
	LINE("1a2b3c4d5e6f-modified  ", "50 % ±25 %  ", "-50.0 points", "host-000001\n");
	LINE("█▁");
	free(text);
	free(list.items);
	history_close(h);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, db_setup, db_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(runs_with_what_made_them),
	    TEST(a_run_case_by_case),
	    TEST(a_series_run_by_run),
	};

	return cmocka_run_group_tests_name("history_print", tests, NULL, NULL);
}
