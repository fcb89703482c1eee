#include "harness/report/table.h"
#include "harness/base/file.h"
#include "harness/report/fixture_test.h"
#include "harness/run/result.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

static char *print_as(struct run *run, bool plain, bool above_floor)
{
	char *text = NULL;
	size_t len = 0;
	FILE *to = open_memstream(&text, &len);

	assert_non_null(to);
	fixture_end(run);
	assert_int_equal(table_print_run(to, run, plain, above_floor), 0);
	assert_int_equal(fclose(to), 0);
	run_free(run);
	return text;
}

static char *print(struct run *run, bool plain)
{
	return print_as(run, plain, false);
}

static void a_table(void **state)
{
	struct fixture_case c = {.name = "lock/mutex/model:thread/workers:2/place:same",
	    .op = "acquire+release",
	    .ns = 1500,
	    .spread = 0.02,
	    .cpu_ns = 900};
	struct run run;
	char *text;

	(void)state;
	for (int plain = 0; plain < 2; plain++) {
		fixture_begin(&run);
		c.name = "lock/mutex/model:thread/workers:2/place:same";
		c.status = STATUS_OK;
		c.reason = NULL;
		fixture_add(&run, &c);
		c.name = "lock/ticket/model:thread/workers:4/place:same";
		c.status = STATUS_HUNG;
		c.reason = "no sample within 10 s";
		fixture_add(&run, &c);
		text = print(&run, plain);
		if (plain)
			assert_string_equal(text,
			    "lock model:thread place:same (op: acquire+release)\n"
			    "  case    workers        time/op  ops/s  CPU/op  status\n"
			    "  mutex   2        1.5 us +-2.0%  667 k  900 ns  ok\n"
			    "  ticket  4                                      hung\n"
			    "  hung: no sample within 10 s [ticket workers:4]\n"
			    "\n"
			    "Noise of this machine: unknown - 1 case with an interval, too few to "
			    "judge; 0.5 % of the CPU time\n  stolen\n"
			    "Intervals cover 95 %, but those of 1 case less, down to 94 %: too few "
			    "launches\n");
		else
			assert_non_null(
			    strstr(text, "  mutex   2        1.5 µs ±2.0 %  667 k  900 ns  ok\n"));
		free(text);
	}
}

/* Beside the status, in words that fit. */
static void the_flag_of_the_quota(void **state)
{
	struct fixture_case c = {.name = "lock/mutex/model:thread/workers:2/place:same",
	    .op = "op",
	    .ns = 1500,
	    .spread = 0.02,
	    .extra = METRIC_THROTTLED_PCT,
	    .extra_value = 12.5};
	struct run run;
	char *text;

	(void)state;
	fixture_begin(&run);
	fixture_add(&run, &c);
	c.name = "lock/mutex/model:thread/workers:4/place:same";
	c.pus_of_machine = 2;
	fixture_add(&run, &c);
	c.name = "lock/mutex/model:thread/workers:8/place:same";
	c.extra_value = 0;
	fixture_add(&run, &c);
	text = print(&run, true);
	assert_non_null(strstr(text, "  ok, throttled\n"));
	assert_non_null(strstr(text, "  oversubscribed, throttled\n"));
	assert_non_null(strstr(text, "  oversubscribed\n"));
	free(text);
	/* Where a name leaves no room. */
	fixture_begin(&run);
	c.name = "lock/a_lock_with_quite_a_long_name_that_goes_on_and_on_and_on_and_on_and_on_one/"
		 "model:thread/"
		 "workers:4";
	c.extra_value = 12.5;
	fixture_add(&run, &c);
	c.name = "lock/a_lock_with_quite_a_long_name_that_goes_on_and_on_and_on_and_on_and_on_two/"
		 "model:thread/"
		 "workers:4";
	fixture_add(&run, &c);
	text = print(&run, true);
	/* That there is more is left of it; the reasons say what. */
	if (!strstr(text, " oversub+\n") || !strstr(text, "throttled by the CPU quota"))
		fail_msg("%s", text);
	free(text);
}

/* 100 columns, whatever the names; knobs are never cut. */
static void long_names(void **state)
{
	struct fixture_case c = {
	    .op = "op", .ns = 123456, .spread = 0.02, .cpu_ns = 900, .latency_of = "x"};
	struct run run;
	char *text, *line, *rest;

	(void)state;
	fixture_begin(&run);
	c.name = "lock/a_lock_with_quite_a_long_name_that_goes_on_and_on_one/model:coroutine/"
		 "workers:1000/place:scatter";
	fixture_add(&run, &c);
	c.name = "lock/a_lock_with_quite_a_long_name_that_goes_on_and_on_two/model:thread/"
		 "workers:1/place:compact";
	fixture_add(&run, &c);
	text = print(&run, true);
	assert_non_null(strstr(text, "on_one coroutine 1000   scatter"));
	assert_non_null(strstr(text, "on_two thread    1      compact"));
	assert_non_null(strstr(text, ".."));
	line = strtok_r(text, "\n", &rest);
	for (; line; line = strtok_r(NULL, "\n", &rest))
		if (strlen(line) > TABLE_WIDTH)
			fail_msg("%s", line);
	free(text);
}

/* Wide knobs take space and headings before they take letters of a name. */
static void many_knobs(void **state)
{
	struct fixture_case c = {.op = "op",
	    .ns = 123456,
	    .spread = 0.5,
	    .cpu_ns = 900,
	    .latency_of = "x",
	    .pus_of_machine = 2};
	struct run run;
	char *text, *line, *rest;

	(void)state;
	fixture_begin(&run);
	c.name = "queue/mutex_ring/model:coroutine/producers:2/consumers:2/workers:4/"
		 "place:scatter/carriers:1";
	fixture_add(&run, &c);
	c.name = "queue/ck/model:thread/producers:1/consumers:1/workers:2/place:same";
	fixture_add(&run, &c);
	text = print(&run, true);
	assert_non_null(strstr(text, "mutex_ring coroutine 2      2      4      scatter 1 "));
	assert_non_null(strstr(text, " produ. consu. worke. place   carri. "));
	/* The interval stands in the table; saying it again for every row would bury the rest. */
	assert_non_null(strstr(text,
	    "\n  oversubscribed: 4 workers, more than there are PUs; noisy: interval over +-10 %"));
	assert_non_null(strstr(text, "\n  noisy: interval over +-10 % [ck model:thread"));
	line = strtok_r(text, "\n", &rest);
	for (; line; line = strtok_r(NULL, "\n", &rest))
		if (strlen(line) > TABLE_WIDTH)
			fail_msg("%s", line);
	free(text);
}

/* One line for one reason, however many rows have it. */
static void reasons_are_shared(void **state)
{
	struct fixture_case c = {.op = "op", .ns = 10, .spread = 0.02, .pus_of_machine = 2};
	char name[64];
	struct run run;
	char *text;

	(void)state;
	fixture_begin(&run);
	for (int i = 0; i < 5; i++) {
		snprintf(name, sizeof(name), "lock/k%d/model:thread/workers:4", i);
		c.name = name;
		fixture_add(&run, &c);
	}
	text = print(&run, true);
	assert_non_null(strstr(text, "oversubscribed: 4 workers, more than there are PUs [k0, k1 "
				     "and 3 more]\n"));
	free(text);
}

/* The flag beside the status, and what it is about below. */
static void a_row_that_mixes_regimes_says_so(void **state)
{
	struct fixture_case c = {.name = "lock/a/workers:1",
	    .op = "op",
	    .ns = 100,
	    .spread = 0.02,
	    .reason = RUN_REGIMES_CLAUSE "42 ns and 168 ns"};
	struct run run;
	char *text;

	(void)state;
	fixture_begin(&run);
	fixture_add(&run, &c);
	c.name = "lock/b/workers:1";
	c.reason = NULL;
	fixture_add(&run, &c);
	text = print(&run, true);
	assert_non_null(strstr(text, "10 M  ok, 2 regimes\n"));
	assert_non_null(strstr(text, "10 M  ok\n"));
	assert_non_null(strstr(text, "mixes two regimes: 42 ns and 168 ns [a]"));
	free(text);
}

/* What the loop alone costs is taken off, from the row with the same parameters and no other. */
static void figures_above_the_floor(void **state)
{
	static const struct {
		const char *name;
		double ns;
	} rows[] = {{"lock/none/model:thread/workers:1", 10},
	    {"lock/none/model:thread/workers:2", 40}, {"lock/a/model:thread/workers:1", 30},
	    {"lock/a/model:thread/workers:2", 30}, {"lock/a/model:thread/workers:4", 30}};
	struct fixture_case c = {.op = "acquire+release", .spread = 0};
	struct run run;
	char *text;

	(void)state;
	for (int floor = 0; floor < 2; floor++) {
		fixture_begin(&run);
		for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
			c.name = rows[i].name;
			c.ns = rows[i].ns;
			fixture_add(&run, &c);
		}
		if (floor)
			strcpy(run.families[1].floor, "none"); /* the locks */
		text = print_as(&run, true, true);
		assert_true(!floor == !strstr(text, "above floor: time/op less that of none"));
		assert_true(!floor == !strstr(text, " above floor "));
		assert_true(!floor == !strstr(text, "a     1         20 ns +-0 ns  "));
		assert_true(!floor == !strstr(text, "a     2        -10 ns +-0 ns  "));
		assert_true(!floor == !strstr(text, "none  2          0 ns +-0 ns  "));
		/* No floor with four: no figure, rather than one of something else. */
		assert_true(!floor == !strstr(text, "a     4                       "));
		free(text);
	}
}

static void hostile_text(void **state)
{
	struct fixture_case c = {.name = "lock/\033[31mred/model:thr\nead/workers:1/x:\033[1m",
	    .op = "op",
	    .status = STATUS_CRASHED,
	    .reason = "says \033]0;title\a"};
	struct run run;
	char *text;

	(void)state;
	fixture_begin(&run);
	fixture_add(&run, &c);
	c.name = "lock/b/model:c/workers:1/x:\033[1m";
	fixture_add(&run, &c);
	text = print(&run, true);
	assert_null(strchr(text, '\033'));
	assert_null(strchr(text, '\a'));
	free(text);
}

/* What README shows is what this program prints of that run. */
static void the_sample_is_of_this_program(void **state)
{
	char *text = NULL, *kept = NULL, err[512];
	size_t len = 0;
	struct run run;
	FILE *to;

	(void)state;
	/* From the top of the tree, as make runs it. */
	if (file_read_all("results/sample/table.txt", 1 << 20, &kept, NULL))
		skip();
	assert_int_equal(result_read("results/sample/run.json", &run, err, sizeof(err)), 0);
	to = open_memstream(&text, &len);
	assert_non_null(to);
	assert_int_equal(table_print_run(to, &run, true, false), 0);
	assert_int_equal(fclose(to), 0);
	if (strcmp(text, kept))
		fail_msg("results/sample/table.txt should be:\n%s", text);
	run_free(&run);
	free(text);
	free(kept);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_table),
	    cmocka_unit_test(the_flag_of_the_quota),
	    cmocka_unit_test(long_names),
	    cmocka_unit_test(many_knobs),
	    cmocka_unit_test(reasons_are_shared),
	    cmocka_unit_test(a_row_that_mixes_regimes_says_so),
	    cmocka_unit_test(figures_above_the_floor),
	    cmocka_unit_test(hostile_text),
	    cmocka_unit_test(the_sample_is_of_this_program),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
