/* A step in a history is found where it is, with what else changed; noise alone is none. */
#include "harness/history/changes.h"
#include "harness/history/history_figure.h"
#include "harness/history/history_fixture.h"
#include "harness/run/run_regimes.h"

#include <jansson.h>
#include <math.h>

#define ID "20260101T000000Z-vm-0000" /* and the number of the run */
#define CASE "lock/x/workers:2"
#define REST "lock/y/workers:2"

/* Noise of some 0.2 %, the same at every call. */
static double noise(unsigned n)
{
	const uint64_t x = (n + 1) * UINT64_C(0x9e3779b97f4a7c15);

	return 1 + 0.004 * ((double)(x >> 40) / 0x1p24 - 0.5);
}

static void add_case(struct run *run, const char *name, double ns)
{
	struct series *s = fixture_series(run, name, 2);

	for (unsigned l = 0; l < 3; l++)
		fixture_add(s, fixture_sample(l, 0, ns));
}

/* @crashed: run number of a run whose first case has no figure. */
static void fill(struct history *h, unsigned runs, unsigned step, double factor, unsigned crashed)
{
	for (unsigned n = 0; n < runs; n++) {
		struct run run = {0};

		snprintf(run.id, sizeof(run.id), ID "%02u", n);
		snprintf(
		    run.date, sizeof(run.date), "2026-%02u-%02uT00:00:00Z", 1 + n / 28, 1 + n % 28);
		assert_int_equal(manifest_add(&run.manifest, "cpu.model", "A CPU"), 0);
		assert_int_equal(manifest_addf(&run.manifest, "load.before.1min", "%u", n), 0);
		assert_int_equal(manifest_add(&run.manifest, "build.revision",
				     n < step ? "old-revision" : "new-revision"),
		    0);
		assert_int_equal(manifest_addf(&run.manifest, RUN_REGIMES_KEY "0,1",
				     "3 launches: least 59, quartiles 59.5, %.3g and 999, most "
				     "999; one regime",
				     (n < step ? 60 : 60 * factor) + n % 3),
		    0);
		add_case(&run, CASE, 100 * (n < step ? 1 : factor) * noise(n));
		add_case(&run, REST, 50 * noise(n + 1000));
		if (n == crashed)
			run.series[0].status = STATUS_CRASHED;
		assert_int_equal(run_summarise(&run), 0);
		assert_int_equal(history_add(h, &run), 0);
		run_free(&run);
	}
}

static char *changes_of(struct history *h, double min_effect)
{
	const struct history_filter all = {0};
	const struct changes_options how = {.min_effect = min_effect, .plain = true};
	struct changes_count count;
	char *text = NULL;
	size_t len;
	FILE *to = open_memstream(&text, &len);

	assert_non_null(to);
	assert_int_equal(changes_print(to, h, &all, &how, &count), 0);
	assert_int_equal(fclose(to), 0);
	return text;
}

static void assert_has(const char *text, const char *part)
{
	if (!strstr(text, part))
		fail_msg("no '%s' in:\n%s", part, text);
}

static void step_is_found_where_it_is(void **state)
{
	struct history *h = db_history(*state);
	char *text, *again;

	/* A run without a figure, before the step: points are not runs. */
	fill(h, 30, 18, 1.05, 7);
	text = changes_of(h, 0.01);
	assert_has(text, "from 2026-01-19T00:00:00Z on: 100 ns -> 105 ns, +5.0 %, slower (p");
	assert_has(text, "run " ID "18, revision new-revision after old-revision");
	assert_has(text, "    build.revision: old-revision -> new-revision\n");
	assert_has(text, "1 change in 2 series of 59 points");
	/* What differs from run to run explains nothing. */
	assert_null(strstr(text, "load.before"));
	assert_null(strstr(text, REST));
	again = changes_of(h, 0.01);
	assert_string_equal(text, again);
	free(again);
	free(text);
	/* Smaller than what is asked for. */
	text = changes_of(h, 0.10);
	assert_has(text, "0 changes in 2 series of 59 points, 1 smaller one left out\n");
	free(text);
	history_close(h);
}

/* Steps that are small each add up: what is left out makes one segment, and counts from there. */
static void small_steps_add_up(void **state)
{
	static const struct {
		double step;
		size_t changes_min, changes_max;
	} table[] = {{1.009, 2, 5}, {1, 0, 0}};

	(void)state;
	for (size_t t = 0; t < sizeof(table) / sizeof(table[0]); t++) {
		struct history_point point[80] = {0};
		const struct history_points points = {.items = point, .count = 80};
		struct changes_series all, large;
		double product = 1;

		for (unsigned i = 0; i < 80; i++)
			point[i] = (struct history_point){.status = STATUS_OK,
			    .figure = run_time_figure(),
			    .value.estimate = 100 * pow(table[t].step, i / 10) * noise(i)};
		assert_int_equal(changes_search(&points, 0, &all), 0);
		assert_int_equal(changes_search(&points, 0.01, &large), 0);
		assert_int_equal(all.count, table[t].changes_max ? 7 : 0);
		assert_int_equal(large.count + large.smaller, all.count);
		assert_in_range(large.count, table[t].changes_min, table[t].changes_max);
		for (size_t i = 0; i < large.count; i++) {
			assert_true(fabs(changes_effect(&large, i)) >= 0.01);
			product *= 1 + changes_effect(&large, i);
		}
		/* From the first segment's middle to the last one's. */
		assert_true(product >= pow(table[t].step, 5));
		changes_series_free(&all);
		changes_series_free(&large);
	}
}

static json_t *json_of(struct history *h, const struct changes_options *how)
{
	const struct history_filter all = {0};
	struct changes_count count;
	json_error_t error;
	char *text = NULL;
	size_t len;
	FILE *to = open_memstream(&text, &len);
	json_t *o;

	assert_non_null(to);
	assert_int_equal(changes_json(to, h, &all, how, &count), 0);
	assert_int_equal(fclose(to), 0);
	o = json_loads(text, JSON_REJECT_DUPLICATES, &error);
	if (!o)
		fail_msg("%s: %s", error.text, text);
	assert_int_equal(json_array_size(json_object_get(o, "changes")), count.changes);
	free(text);
	return o;
}

static const char *text_at(const json_t *o, const char *key, const char *inner)
{
	return json_string_value(json_object_get(json_object_get(o, key), inner));
}

static const struct run_figure bytes = {"bytes", "memory", "bytes", CB_RATIO, CB_LESS, 0, ""},
			       late = {"late_ns", "lateness", "ns", CB_DIFFERENCE, CB_LESS, 1000,
				   ""},
			       kept = {"kept", "kept", "", CB_SHARE, CB_MORE, 0, ""},
			       lost = {"lost", "lost", "", CB_SHARE, CB_LESS, 0, ""},
			       ends = {"outcome.ok", "", "", CB_OUTCOME, CB_MORE, 0, "ok lost"},
			       fact = {"size", "size", "", CB_RATIO, CB_NEITHER, 0, ""};

/* Each by the arithmetic of its scale: around 0 there are no ratios, and of shares no per cents. */
static void every_scale_has_its_effects(void **state)
{
	static const struct {
		const struct run_figure *figure;
		double from, to, noise;       /* the noise is added */
		double found_at, left_out_at; /* min_effect */
		double effect;
		const char *text, *direction;
	} table[] = {
	    {&bytes, 8000, 4000, 20, 0.4, 0.6, -0.5, "-50.0 %", "better"},
	    {&late, -50, 150, 20, 0.15, 0.25, 200, "+200 ns", "worse"},
	    {&late, 150, -50, 20, 0.15, 0.25, -200, "-200 ns", "better"},
	    {&kept, 0.99, 0.95, 0.004, 0.03, 0.05, -0.04, "-4.0 points", "worse"},
	    {&lost, 0, 0.04, 0.004, 0.03, 0.05, 0.04, "+4.0 points", "worse"},
	    {&ends, 0.5, 0.9, 0.1, 0.3, 0.5, 0.4, "+40.0 points", "better"},
	    {&fact, 100, 150, 1, 0.4, 0.6, 0.5, "+50.0 %", "more"},
	};

	(void)state;
	for (size_t t = 0; t < sizeof(table) / sizeof(table[0]); t++) {
		const double ratio_off = table[t].figure->scale == CB_RATIO ? 0.01 : 0;
		struct history_point point[40] = {0};
		const struct history_points points = {.items = point, .count = 40};
		char text[HISTORY_TEXT_MAX];
		struct changes_series s;

		for (int step = 0; step < 2; step++) {
			for (unsigned i = 0; i < 40; i++)
				point[i] = (struct history_point){.status = STATUS_OK,
				    .figure = *table[t].figure,
				    .value.estimate =
					(step && i >= 20 ? table[t].to : table[t].from) +
					table[t].noise * (noise(i) - 1) * 100};
			assert_int_equal(changes_search(&points, table[t].found_at, &s), 0);
			assert_int_equal(s.n, 40);
			assert_int_equal(s.count, step);
			changes_series_free(&s);
		}
		assert_int_equal(changes_search(&points, table[t].found_at, &s), 0);
		assert_int_equal(s.found[0].index, 20);
		if (!(fabs(changes_effect(&s, 0) - table[t].effect) <=
			ratio_off + fabs(table[t].effect) / 10))
			fail_msg("%zu: effect %g", t, changes_effect(&s, 0));
		assert_string_equal(
		    history_direction(&s.figure, changes_effect(&s, 0)), table[t].direction);
		assert_string_equal(
		    history_change(&s.figure, table[t].effect, true, text), table[t].text);
		changes_series_free(&s);
		assert_int_equal(changes_search(&points, table[t].left_out_at, &s), 0);
		assert_int_equal(s.count, 0);
		assert_int_equal(s.smaller, 1);
		changes_series_free(&s);
	}
}

/* In words and for programs, beside a time that stays. */
static void changes_of_a_share_are_told(void **state)
{
	const struct changes_options how = {.min_effect = 0.01};
	struct history *h = db_history(*state);
	const json_t *one;
	char *text;
	json_t *o;

	for (unsigned n = 0; n < 24; n++) {
		struct run run;

		db_numbered_run(&run, n, 1);
		run.series[0].figure = kept;
		run.series[0].summary.figure.estimate = (n < 12 ? 0.99 : 0.95) * noise(n);
		assert_int_equal(history_add(h, &run), 0);
		run_free(&run);
	}
	text = changes_of(h, 0.01);
	assert_has(text, "lock/ck_mcs/model:thread/workers:2/place:scatter kept\n");
	assert_has(text, "on: 99 % -> 95 %, -4.0 points, worse (p <= ");
	assert_has(text, "1 change in 7 series of 72 points");
	free(text);
	o = json_of(h, &how);
	one = json_array_get(json_object_get(o, "changes"), 0);
	assert_string_equal(json_string_value(json_object_get(one, "metric")), "kept");
	assert_string_equal(json_string_value(json_object_get(one, "scale")), "share");
	assert_string_equal(json_string_value(json_object_get(one, "better")), "more");
	assert_string_equal(json_string_value(json_object_get(one, "direction")), "worse");
	assert_true(fabs(json_real_value(json_object_get(one, "effect")) + 0.04) < 0.005);
	assert_true(fabs(json_real_value(json_object_get(json_object_get(one, "after"), "value")) -
			 0.95) < 0.005);
	json_decref(o);
	history_close(h);
}

static void noise_is_no_change(void **state)
{
	struct history *h = db_history(*state);
	char *text;

	fill(h, 30, 30, 1, 99);
	text = changes_of(h, 0);
	assert_string_equal(text, "0 changes in 2 series of 60 points\n");
	free(text);
	history_close(h);
}

static void short_series_are_counted(void **state)
{
	struct history *h = db_history(*state);
	char *text;

	fill(h, CHANGES_POINTS_MIN - 1, 3, 2, 99);
	text = changes_of(h, 0.01);
	assert_has(text, "0 changes in 2 series of 18 points; 2 with fewer than 10 points");
	free(text);
	history_close(h);
}

/* The change for a program, and only to who asks from no later run on. */
static void json_and_since(void **state)
{
	struct history *h = db_history(*state);
	struct changes_options how = {.min_effect = 0.01};
	struct history_run since;
	const json_t *one, *facts;
	json_t *o;

	fill(h, 30, 18, 1.05, 99);
	o = json_of(h, &how);
	assert_int_equal(json_integer_value(json_object_get(o, "concbench_changes")), 2);
	assert_null(json_object_get(o, "since"));
	one = json_array_get(json_object_get(o, "changes"), 0);
	assert_string_equal(json_string_value(json_object_get(one, "case")), CASE);
	assert_string_equal(text_at(one, "before", "run"), ID "17");
	assert_string_equal(text_at(one, "after", "run"), ID "18");
	assert_string_equal(text_at(one, "after", "revision"), "new-revision");
	assert_true(fabs(json_real_value(json_object_get(one, "effect")) - 0.05) < 0.005);
	facts = json_object_get(one, "facts");
	assert_int_equal(json_object_size(facts), 1);
	assert_string_equal(text_at(facts, "build.revision", "before"), "old-revision");
	json_decref(o);

	how.since = &since;
	assert_int_equal(history_find_run(h, ID "18", NULL, &since), 0);
	o = json_of(h, &how);
	assert_string_equal(json_string_value(json_object_get(o, "since")), ID "18");
	assert_int_equal(json_array_size(json_object_get(o, "changes")), 1);
	json_decref(o);
	assert_int_equal(history_find_run(h, ID "19", NULL, &since), 0);
	o = json_of(h, &how);
	assert_int_equal(json_array_size(json_object_get(o, "changes")), 0);
	json_decref(o);
	history_close(h);
}

/* What a cache line takes is named where the machine must have been in another regime, and not
 * where it only differs a little, as in every run (json_and_since). */
static void another_regime_is_named(void **state)
{
	struct history *h = db_history(*state);
	char *text;

	fill(h, 30, 18, 2, 99);
	text = changes_of(h, 0.01);
	assert_has(text, "    " RUN_REGIMES_KEY "0,1: 3 launches: least 59, quartiles 59.5, 62 ");
	assert_has(text, " -> 3 launches: least 59, quartiles 59.5, 120 ");
	free(text);
	history_close(h);
}

/* What is no figure does not pass for one, and costs no other series its changes. */
static void damaged_series_are_left_out(void **state)
{
	static const char *const damage[] = {"value = 9e999", "value = NULL", "value = 1e141",
	    "low = 9e999", "high = -9e999", "high = NULL", "covered = 9e999", "value = -1",
	    "status = 'unheard of'"};
	const struct db_fixture *f = *state;
	const struct history_filter all = {0};
	const struct changes_options how = {.min_effect = 0.01, .plain = true};
	struct history *h = db_history(f);

	/* A server takes no number that does not fit. */
	if (f->server) {
		history_close(h);
		skip();
	}
	fill(h, 20, 10, 1.5, 99);
	for (size_t i = 0; i < sizeof(damage) / sizeof(damage[0]); i++) {
		struct changes_count count;
		char sql[256], *text = NULL;
		size_t len;
		FILE *to = open_memstream(&text, &len);

		assert_non_null(to);
		assert_int_equal(store_begin(h->store), 0);
		snprintf(sql, sizeof(sql),
		    "UPDATE figure SET %s WHERE run = 5 AND bench_case ="
		    " (SELECT id FROM bench_case WHERE name = '" REST "')",
		    damage[i]);
		assert_int_equal(store_exec(h->store, sql, NULL, 0), 0);
		assert_int_equal(changes_print(to, h, &all, &how, &count), -EUCLEAN);
		assert_non_null(strstr(history_error(h), "1 of 2 series left out as damaged"));
		assert_int_equal(fclose(to), 0);
		assert_has(text, REST "\n  left out: ");
		assert_has(text, "damaged: figure ");
		assert_has(text, "from 2026-01-11T00:00:00Z on: 100 ns -> 150 ns");
		assert_has(text, "1 change in 2 series of 20 points");
		free(text);
		store_rollback(h->store);
	}
	history_close(h);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, db_setup, db_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(step_is_found_where_it_is),
	    cmocka_unit_test(small_steps_add_up),
	    cmocka_unit_test(every_scale_has_its_effects),
	    TEST(changes_of_a_share_are_told),
	    TEST(noise_is_no_change),
	    TEST(short_series_are_counted),
	    TEST(json_and_since),
	    TEST(another_regime_is_named),
	    TEST(damaged_series_are_left_out),
	};

	return cmocka_run_group_tests_name("changes", tests, NULL, NULL);
}
