/*
 * How long importing and asking take. Nothing absolute is asserted; the figures are printed, and
 * CONCBENCH_HISTORY_RUNS=200 makes it a million samples in 200 run files of 50 cases:
 *
 *   CONCBENCH_HISTORY_RUNS=200 build/tests/harness/history/history_speed_test
 *   ... CONCBENCH_TEST_DB=postgresql://... the same on a server, whose tables are dropped
 */
#include "harness/history/history_fixture.h"

#include "harness/base/clock.h"
#include "harness/base/text.h"
#include "harness/run/result.h"

#define CASES 50
#define LAUNCHES 10
#define SLOTS 10
#define RUNS_DEFAULT 6

static const struct history_filter all = {0};

static unsigned runs_wanted(void)
{
	const char *text = getenv("CONCBENCH_HISTORY_RUNS");
	uint64_t n = RUNS_DEFAULT;

	if (text && text_parse_u64(text, 2, 100000, &n))
		fail_msg("CONCBENCH_HISTORY_RUNS: %s", text);
	return (unsigned)n;
}

static void make_run(struct run *run, unsigned n)
{
	memset(run, 0, sizeof(*run));
	snprintf(run->id, sizeof(run->id), "20260102T%06uZ-host-%06x", n, n);
	snprintf(run->date, sizeof(run->date), "20%02u-%02u-%02uT03:04:05Z", 10 + n / 336,
	    1 + n / 28 % 12, 1 + n % 28);
	assert_int_equal(manifest_add(&run->manifest, "cpu.model", "A CPU"), 0);
	for (unsigned c = 0; c < CASES; c++) {
		char name[CASE_NAME_MAX];
		struct series *s;

		snprintf(name, sizeof(name), "lock/kind%u/model:thread/workers:2", c);
		s = fixture_series(run, name, 2);
		for (unsigned l = 0; l < LAUNCHES; l++)
			for (unsigned k = 0; k < SLOTS; k++)
				fixture_add(s, fixture_sample(l, k, 100 + l + 0.1 * k + n % 7));
	}
	assert_int_equal(run_summarise(run), 0);
}

/* The least of some: what it costs when nothing else is in the way. */
static uint64_t trend_ns(struct history *h, size_t want)
{
	const struct history_filter one = {.case_name = "^lock/kind7/"};
	struct history_series_list list = {0};
	uint64_t least = UINT64_MAX;

	assert_int_equal(history_list_series(h, &one, &list), 0);
	assert_int_equal(list.count, 1);
	for (unsigned i = 0; i < 15; i++) {
		const uint64_t start = clock_now_ns();
		struct history_points points = {0};
		uint64_t took;

		assert_int_equal(history_trend(h, &list.items[0], &points), 0);
		took = clock_now_ns() - start;
		assert_int_equal(points.count, want);
		least = took < least ? took : least;
		free(points.items);
	}
	free(list.items);
	return least;
}

static void say(const char *what, uint64_t ns)
{
	char text[TEXT_FORMAT_MAX];

	print_message("# %s: %s\n", what, text_format_duration(ns, text, sizeof(text)));
}

static void import_and_trend(void **state)
{
	const struct db_fixture *f = *state;
	const unsigned runs = runs_wanted();
	struct history *h = db_history(f);
	uint64_t reading = 0, adding = 0, listing;
	struct history_series_list list = {0};

	for (unsigned n = 0; n < runs; n++) {
		struct run made, run = {0};
		char path[256], err[512] = "";
		uint64_t start;

		make_run(&made, n);
		snprintf(path, sizeof(path), "%s/run.json", f->dir);
		assert_int_equal(result_write(&made, path), 0);
		run_free(&made);
		start = clock_now_ns();
		if (result_read(path, &run, err, sizeof(err)))
			fail_msg("%s", err);
		reading += clock_now_ns() - start;
		start = clock_now_ns();
		if (history_add(h, &run))
			fail_msg("%s", history_error(h));
		adding += clock_now_ns() - start;
		run_free(&run);
	}
	print_message("# %u runs, %u samples\n", runs, runs * CASES * LAUNCHES * SLOTS);
	say("reading the run files", reading);
	say("adding them", adding);
	listing = clock_now_ns();
	assert_int_equal(history_list_series(h, &all, &list), 0);
	listing = clock_now_ns() - listing;
	assert_int_equal(list.count, CASES);
	free(list.items);
	say("list of all series", listing);
	say("trend of a case", trend_ns(h, runs));
	history_close(h);
}

/* A trend is read from figures: ten times the samples behind them cost nothing. */
static void trend_does_not_read_samples(void **state)
{
	struct history *h = db_history(*state);
	struct store_value rows[5 * 1000];
	uint64_t few, many;
	struct run run;

	for (unsigned n = 0; n < 3; n++) {
		make_run(&run, n);
		assert_int_equal(history_add(h, &run), 0);
		run_free(&run);
	}
	few = trend_ns(h, 3);
	assert_int_equal(store_begin(h->store), 0);
	for (unsigned figure = 1; figure <= 3 * CASES; figure++) {
		for (unsigned i = 0; i < 1000; i++) {
			rows[5 * i] = store_int(figure);
			rows[5 * i + 1] = store_int(1000 + i);
			rows[5 * i + 2] = store_int(0);
			rows[5 * i + 3] = store_int(0);
			rows[5 * i + 4] = store_real(100, true);
		}
		assert_int_equal(
		    store_insert(
			h->store, "sample (figure, launch, slot, warm_up, value)", 5, rows, 1000),
		    0);
	}
	assert_int_equal(store_commit(h->store), 0);
	many = trend_ns(h, 3);
	print_message("# trend with few and with many samples: %llu and %llu us\n",
	    (unsigned long long)few / 1000, (unsigned long long)many / 1000);
	assert_true(many < few * 5);
	history_close(h);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, db_setup, db_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(import_and_trend),
	    TEST(trend_does_not_read_samples),
	};

	return cmocka_run_group_tests_name("history_speed", tests, NULL, NULL);
}
