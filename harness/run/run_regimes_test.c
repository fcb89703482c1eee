/* run_regimes_test.c - a row that mixes two regimes of the machine says so, and one that does not
 * is left in peace. */
#include "harness/run/result.h"
#include "harness/run/run_fixture.h"
#include "harness/run/run_regimes.h"

#include "harness/base/random.h"

#include <math.h>

/* 40 launches; every fourth is of a machine on which all takes @times as long. */
static struct series *measured(struct run *run, const char *name, double times, bool told)
{
	struct series *s = fixture_series(run, name, 2);
	uint64_t random = 1;

	for (unsigned l = 0; l < 40; l++) {
		const double by = l % 4 ? 1 : times;

		for (unsigned k = 0; k < 3; k++) {
			struct sample one =
			    fixture_sample(l, k, 42 * by * exp(0.01 * random_normal(&random)));

			if (told)
				fixture_metric(
				    &one, METRIC_ROUND_TRIP_NS, 60 * by * (1 + 0.002 * (l % 10)));
			one.warm_up = k == 0;
			fixture_add(s, one);
		}
	}
	return s;
}

static void a_mixed_row_gives_each_its_figure(void **state)
{
	struct run run = {.date = FIXTURE_DATE};
	struct series *s = measured(&run, "a", 4, true);
	struct series_regimes r;
	const char *line;
	char *text;

	(void)state;
	assert_int_equal(run_summarise(&run), 0);
	assert_int_equal(series_regimes(s, &r), 0);
	assert_int_equal(r.count, 2);
	assert_int_equal(r.launches, 40);
	assert_int_equal(r.of[0].launches, 30);
	assert_int_equal(r.of[1].launches, 10);
	assert_true(fabs(r.of[0].figure.estimate - 42) < 1);
	assert_true(fabs(r.of[1].figure.estimate - 168) < 4);
	assert_true(r.of[1].figure.low < r.of[1].figure.high);
	assert_non_null(strstr(s->reason, RUN_REGIMES_CLAUSE "42"));
	assert_non_null(
	    strstr(s->reason, "in 75 % of launches (cache line there and back 60.6 ns), "
			      "16"));
	assert_non_null(strstr(s->reason, "in 25 % (24"));
	assert_string_equal(run.noise.word, "noisy");
	assert_non_null(strstr(run.noise.text, "; two regimes: a cache line between PUs 0,1"));
	line = manifest_get(&run.manifest, "line.round_trip_ns.0,1");
	assert_non_null(line);
	assert_non_null(strstr(line, "40 launches: least 60, quartiles "));
	assert_true(fabs(run_regimes_middle(line) - 60.8) < 0.3);
	assert_true(run_regimes_middle("") == 0 && run_regimes_middle("40 launches") == 0);
	assert_non_null(strstr(line, "two regimes, 60.6 in 75 % and 24"));
	assert_int_equal(result_format(&run, &text), 0);
	assert_non_null(strstr(text, "\"regimes\": ["));
	assert_non_null(strstr(text, "\"share\": 0.75"));
	assert_non_null(strstr(text, "\"label\": \"2 regimes\""));
	free(text);
	run_free(&run);
}

static void one_regime_needs_no_word(void **state)
{
	static const struct {
		double times;
		bool told;
	} table[] = {{1, true}, {1.3, true}, {4, false}};

	(void)state;
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		struct run run = {.date = FIXTURE_DATE};
		struct series *s = measured(&run, "a", table[i].times, table[i].told);
		struct series_regimes r;
		char *text;

		assert_int_equal(run_summarise(&run), 0);
		assert_int_equal(series_regimes(s, &r), 0);
		assert_int_not_equal(r.count, 2);
		assert_null(strstr(s->reason, "regime"));
		assert_null(strstr(run.noise.text, "regime"));
		assert_int_equal(
		    manifest_get(&run.manifest, "line.round_trip_ns.0,1") != NULL, table[i].told);
		assert_int_equal(result_format(&run, &text), 0);
		assert_null(strstr(text, "2 regimes"));
		assert_null(strstr(text, "\"regimes\""));
		free(text);
		run_free(&run);
	}
}

/* Rows that have one regime each make a machine with two. */
static void the_machine_is_judged_over_all_rows(void **state)
{
	struct run run = {.date = FIXTURE_DATE};

	(void)state;
	(void)measured(&run, "a", 1, true);
	(void)measured(&run, "b", 1, true);
	for (size_t i = 0; i < run.series[1].sample_count; i++) {
		double ns;

		assert_true(
		    metric_get(&run.series[1].samples[i].metrics, METRIC_ROUND_TRIP_NS, &ns));
		fixture_metric(&run.series[1].samples[i], METRIC_ROUND_TRIP_NS, 3 * ns);
	}
	assert_int_equal(run_summarise(&run), 0);
	assert_null(strstr(run.series[0].reason, "regime"));
	assert_null(strstr(run.series[1].reason, "regime"));
	assert_non_null(strstr(run.noise.text, "60.5 ns in 50 % of the launches, 182 ns"));
	/* The control: other PUs are further apart, and no other machine. */
	snprintf(run.series[1].pus, sizeof(run.series[1].pus), "0,2");
	assert_int_equal(run_summarise(&run), 0);
	assert_null(strstr(run.noise.text, "regime"));
	assert_non_null(manifest_get(&run.manifest, "line.round_trip_ns.0,2"));
	run_free(&run);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_mixed_row_gives_each_its_figure),
	    cmocka_unit_test(one_regime_needs_no_word),
	    cmocka_unit_test(the_machine_is_judged_over_all_rows),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
