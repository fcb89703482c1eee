/* What goes in comes out, and in the right series. */
#include "harness/history/history_fixture.h"

#include "harness/run/launch.h"

#include <math.h>

static const struct history_filter all = {0};

static void assert_point(const struct history_point *p, const struct run *run)
{
	const struct series *s = run_find_series(run, p->name);

	assert_non_null(s);
	assert_string_equal(p->run, run->id);
	assert_string_equal(p->date, run->date);
	assert_string_equal(p->hash, s->hash);
	assert_int_equal(p->workers, s->workers);
	assert_int_equal(p->status, s->status);
	if (!status_has_figure(s->status)) {
		assert_true(isnan(p->ns_per_op.estimate));
		assert_true(p->covered == 0);
		return;
	}
	/* To the last bit. */
	assert_memory_equal(&p->ns_per_op, &s->summary.figure, sizeof(p->ns_per_op));
	assert_true(p->covered == s->summary.covered);
	assert_true(p->ops_per_s == s->summary.ops_per_s.estimate);
	assert_int_equal(p->launches, s->summary.launches);
	assert_int_equal(p->samples, s->summary.samples);
}

static void assert_launches(struct history *h, const struct history_point *p, const struct run *run)
{
	struct history_launches got = {0};
	struct launch_list want = {0};

	assert_int_equal(launch_list_build(run_find_series(run, p->name), &want), 0);
	assert_int_equal(history_launches(h, p->figure_id, &got), 0);
	assert_int_equal(got.count, want.count);
	for (size_t i = 0; i < got.count; i++) {
		double ns = NAN;

		assert_int_equal(got.items[i].launch, want.items[i].launch);
		assert_int_equal(got.items[i].samples, want.items[i].samples);
		assert_true(got.items[i].ops == want.items[i].ops);
		(void)metric_get(&want.items[i].medians, METRIC_NS_PER_OP, &ns);
		assert_true(got.items[i].ns_per_op == ns);
	}
	launch_list_free(&want);
	history_launches_free(&got);
}

static void what_goes_in_comes_out(void **state)
{
	struct history *h = db_history(*state);
	struct history_runs runs = {0};
	struct history_points points = {0};
	struct manifest facts = {0};
	struct run run;
	uint64_t samples = 0, want = 0;

	db_numbered_run(&run, 3, 1.0 / 3);
	assert_int_equal(manifest_add(&run.manifest, "odd", "a\\b 'c' \"d\" $1 µ"), 0);
	assert_int_equal(history_add(h, &run), 0);

	assert_int_equal(history_list_runs(h, &all, &runs), 0);
	assert_int_equal(runs.count, 1);
	assert_string_equal(runs.items[0].name, run.id);
	assert_int_equal(runs.items[0].cases, run.series_count);
	assert_int_equal(runs.items[0].figures, 3);
	assert_int_equal(runs.items[0].failed, 2);

	assert_int_equal(history_figures(h, runs.items[0].id, &points), 0);
	assert_int_equal(points.count, run.series_count);
	for (size_t i = 0; i < points.count; i++) {
		assert_point(&points.items[i], &run);
		assert_launches(h, &points.items[i], &run);
	}
	for (size_t i = 0; i < run.series_count; i++)
		want += run.series[i].sample_count;
	assert_int_equal(history_count_samples(h, &samples), 0);
	assert_int_equal(samples, want);

	assert_int_equal(history_facts(h, runs.items[0].id, &facts), 0);
	assert_int_equal(facts.count, run.manifest.count);
	for (size_t i = 0; i < facts.count; i++)
		assert_string_equal(
		    facts.items[i].value, manifest_get(&run.manifest, facts.items[i].key));
	manifest_free(&facts);
	history_points_free(&points);
	history_runs_free(&runs);
	run_free(&run);
	history_close(h);
}

static void same_run_twice_is_once(void **state)
{
	struct history *h = db_history(*state);
	struct run run;
	uint64_t first = 0, second = 0;

	db_numbered_run(&run, 1, 1);
	assert_int_equal(history_add(h, &run), 0);
	assert_int_equal(history_count_samples(h, &first), 0);
	assert_int_equal(history_add(h, &run), 1);
	assert_int_equal(history_count_samples(h, &second), 0);
	assert_int_equal(first, second);
	assert_int_equal(db_count(h->store, "SELECT count(*) FROM run"), 1);
	run_free(&run);
	history_close(h);
}

/* The id is a date and six digits: it can be another run's, and then neither is lost unnoticed. */
static void another_run_of_that_id_is_refused(void **state)
{
	struct history *h = db_history(*state);
	struct run run, other;

	db_add_run(h, 1, 1);
	for (unsigned how = 0; how < 4; how++) {
		db_numbered_run(&other, 1, how == 0 ? 1.01 : 1);
		if (how == 1)
			snprintf(other.date, sizeof(other.date), "2019-01-02T03:04:05Z");
		if (how == 2)
			other.series[0].status = STATUS_INVALID;
		if (how == 3)
			assert_non_null(fixture_series(&other, "lock/one/more", 1));
		assert_int_equal(history_add(h, &other), -EEXIST);
		assert_non_null(strstr(history_error(h), "another run of the id 20260102T000001Z"));
		run_free(&other);
	}
	assert_int_equal(db_count(h->store, "SELECT count(*) FROM run"), 1);
	/* With all of its figures it is still itself. */
	db_numbered_run(&run, 1, 1);
	assert_int_equal(history_add(h, &run), 1);
	run_free(&run);
	history_close(h);
}

/* By date, whatever the order of adding; a new definition or another machine is another series. */
static void series_are_told_apart(void **state)
{
	const struct history_filter mcs = {.case_name = "ck_mcs.*workers:2"};
	struct history *h = db_history(*state);
	struct history_series_list list = {0};
	struct history_points points = {0};
	struct run run;

	db_add_run(h, 5, 1);
	db_add_run(h, 2, 2);
	db_add_run(h, 9, 3);
	db_numbered_run(&run, 11, 1);
	snprintf(run.series[0].hash, sizeof(run.series[0].hash), "fedcba9876543210");
	assert_int_equal(history_add(h, &run), 0);
	run_free(&run);
	db_numbered_run(&run, 12, 1);
	assert_int_equal(manifest_add(&run.manifest, "cpu.model", "Another"), 0);
	assert_int_equal(history_add(h, &run), 0);
	run_free(&run);

	assert_int_equal(history_list_series(h, &mcs, &list), 0);
	assert_int_equal(list.count, 3);
	assert_int_equal(list.items[0].runs, 3);
	assert_int_equal(history_trend(h, &list.items[0], &points), 0);
	assert_int_equal(points.count, 3);
	assert_true(points.items[0].ns_per_op.estimate > 150);
	assert_true(points.items[1].ns_per_op.estimate < 150);
	assert_true(points.items[2].ns_per_op.estimate > 250);
	history_points_free(&points);
	history_series_free(&list);
	history_close(h);
}

/* Trials of another length, though the definition is the same, as `compare` sees it; an older
 * history does not know the length and goes on with the first that comes. */
static void trials_of_another_length_are_told_apart(void **state)
{
	static const uint64_t slots_ns[] = {3000000, 1000000, 3000000, 1000000};
	struct history *h = db_history(*state);
	struct history_series_list list = {0};
	const struct history_filter mcs = {.case_name = "ck_mcs.*workers:2"};

	for (unsigned n = 0; n < 4; n++) {
		struct run run;

		db_numbered_run(&run, n, 1);
		for (size_t i = 0; i < run.series_count; i++)
			run.series[i].slot_ns = slots_ns[n];
		assert_int_equal(history_add(h, &run), 0);
		if (!n)
			assert_int_equal(
			    store_exec(h->store, "UPDATE bench_case SET hash = substr(hash, 1, 16)",
				NULL, 0),
			    0);
		run_free(&run);
	}
	assert_int_equal(history_list_series(h, &mcs, &list), 0);
	assert_int_equal(list.count, 2);
	for (size_t i = 0; i < 2; i++)
		assert_int_equal(strlen(list.items[i].hash), 16);
	/* The first had no length any more when the second came, and became it. */
	assert_int_equal(list.items[0].slot_ns, 1000000);
	assert_int_equal(list.items[0].runs, 3);
	assert_int_equal(list.items[1].slot_ns, 3000000);
	assert_int_equal(list.items[1].runs, 1);
	history_series_free(&list);
	history_close(h);
}

static void sanitizer_builds_are_refused(void **state)
{
	struct history *h = db_history(*state);
	struct run run;

	db_numbered_run(&run, 1, 1);
	assert_int_equal(manifest_add(&run.manifest, "build.sanitizer", "address"), 0);
	assert_int_equal(history_add(h, &run), -EINVAL);
	assert_non_null(strstr(history_error(h), "address sanitizer"));
	assert_int_equal(db_count(h->store, "SELECT count(*) FROM run"), 0);
	assert_int_equal(manifest_add(&run.manifest, "build.sanitizer", "none"), 0);
	assert_int_equal(history_add(h, &run), 0);
	run_free(&run);
	history_close(h);
}

static void filters_pick(void **state)
{
	struct history *h = db_history(*state);
	struct history_filter filter = {.case_name = "ck_ring"};
	struct history_runs runs = {0};
	struct history_series_list list = {0};
	struct run run;
	char class[MACHINE_CLASS_LEN];

	db_add_run(h, 1, 1);
	db_numbered_run(&run, 2, 1);
	assert_int_equal(manifest_add(&run.manifest, "cpu.model", "Another"), 0);
	machine_class(&run.manifest, class);
	run.series_count = 1;
	assert_int_equal(history_add(h, &run), 0);
	run.series_count = 7;
	run_free(&run);

	assert_int_equal(history_list_runs(h, &filter, &runs), 0);
	assert_int_equal(runs.count, 1);
	history_runs_free(&runs);
	filter = (struct history_filter){.machine = class};
	assert_int_equal(history_list_runs(h, &filter, &runs), 0);
	assert_int_equal(runs.count, 1);
	assert_int_equal(history_list_series(h, &filter, &list), 0);
	assert_int_equal(list.count, 1);
	history_runs_free(&runs);
	history_series_free(&list);
	class[6] = '\0';
	assert_int_equal(history_list_runs(h, &filter, &runs), 0);
	assert_int_equal(runs.count, 1);
	history_runs_free(&runs);

	/* Not classes, not an expression; and the database goes on working. */
	filter.machine = "%";
	assert_int_equal(history_list_runs(h, &filter, &runs), -EINVAL);
	filter = (struct history_filter){.case_name = "("};
	assert_int_equal(history_list_series(h, &filter, &list), -EINVAL);
	assert_non_null(strstr(history_error(h), "--case"));
	assert_int_equal(history_list_runs(h, &all, &runs), 0);
	assert_int_equal(runs.count, 2);
	history_runs_free(&runs);
	history_close(h);
}

static void runs_are_found_by_name(void **state)
{
	struct history *h = db_history(*state);
	struct history_run run = {0};

	assert_int_equal(history_find_run(h, "latest", NULL, &run), -ENOENT);
	db_add_run(h, 5, 1);
	db_add_run(h, 2, 1);
	db_add_run(h, 3, 1);
	assert_int_equal(history_find_run(h, "latest", NULL, &run), 0);
	assert_string_equal(run.name, "20260102T000005Z-host-000005");
	assert_true(run.date[0] && run.machine[0] && run.title[0]);
	assert_int_equal(history_find_run(h, "20260102T000002Z-host-000002", NULL, &run), 0);
	assert_string_equal(run.name, "20260102T000002Z-host-000002");
	assert_int_equal(history_find_run(h, "20260102T000003", NULL, &run), 0);
	assert_string_equal(run.name, "20260102T000003Z-host-000003");
	assert_int_equal(history_find_run(h, "20260102T", NULL, &run), -ENOTUNIQ);
	/* Exactly is exactly, though it begins another one too. */
	assert_int_equal(store_exec(h->store,
			     "UPDATE run SET name = '20260102T' WHERE name ="
			     " '20260102T000005Z-host-000005'",
			     NULL, 0),
	    0);
	assert_int_equal(history_find_run(h, "20260102T", NULL, &run), 0);
	assert_string_equal(run.name, "20260102T");
	/* What means something to a database means nothing here. */
	assert_int_equal(history_find_run(h, "2026%", NULL, &run), -ENOENT);
	assert_int_equal(history_find_run(h, "", NULL, &run), -ENOENT);
	assert_int_equal(history_find_run(h, "latest", "ffffffffffffffff", &run), -ENOENT);
	assert_int_equal(history_find_run(h, "latest", "%", &run), -EINVAL);
	history_close(h);
}

/* The newest points up to a run, and none of another machine. */
static void past_ends_with_the_run(void **state)
{
	struct history *h = db_history(*state);
	struct history_points points = {0}, past = {0};
	struct history_run run = {0};
	struct run other;

	for (unsigned n = 0; n < 9; n++)
		db_add_run(h, (n * 4) % 9, 1 + (n * 4) % 9);
	db_numbered_run(&other, 10, 1);
	assert_int_equal(manifest_add(&other.manifest, "cpu.model", "Another"), 0);
	assert_int_equal(history_add(h, &other), 0);
	run_free(&other);
	assert_int_equal(history_find_run(h, "20260102T000006", NULL, &run), 0);
	assert_int_equal(history_figures(h, run.id, &points), 0);
	assert_int_equal(history_past(h, points.items[0].case_id, &run, 4, &past), 0);
	assert_int_equal(past.count, 4);
	for (size_t i = 0; i < past.count; i++)
		assert_int_equal(atoi(past.items[i].run + 9), 3 + i);
	history_points_free(&past);
	assert_int_equal(history_past(h, points.items[0].case_id, &run, 99, &past), 0);
	assert_int_equal(past.count, 7);
	assert_int_equal(past.items[6].run_id, run.id);
	assert_int_equal(past.items[6].case_id, points.items[0].case_id);
	history_points_free(&past);
	history_points_free(&points);
	history_close(h);
}

/* A run file whose samples are there twice is refused by the key, and leaves nothing behind. */
static void failed_run_leaves_nothing(void **state)
{
	struct history *h = db_history(*state);
	struct run run;

	db_numbered_run(&run, 1, 1);
	run.series[2].samples[3].slot = run.series[2].samples[2].slot;
	assert_int_equal(history_add(h, &run), -EEXIST);
	assert_true(history_error(h)[0] != '\0');
	assert_null(strchr(history_error(h), '\n'));
	assert_int_equal(db_count(h->store, "SELECT count(*) FROM run"), 0);
	assert_int_equal(db_count(h->store, "SELECT count(*) FROM machine"), 0);
	assert_int_equal(db_count(h->store, "SELECT count(*) FROM sample"), 0);
	run.series[2].samples[3].slot++;
	run.series[2].samples[3].slot = 3;
	assert_int_equal(history_add(h, &run), 0);
	run_free(&run);
	history_close(h);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, db_setup, db_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(what_goes_in_comes_out),
	    TEST(same_run_twice_is_once),
	    TEST(another_run_of_that_id_is_refused),
	    TEST(series_are_told_apart),
	    TEST(trials_of_another_length_are_told_apart),
	    TEST(sanitizer_builds_are_refused),
	    TEST(filters_pick),
	    TEST(runs_are_found_by_name),
	    TEST(past_ends_with_the_run),
	    TEST(failed_run_leaves_nothing),
	};

	return cmocka_run_group_tests_name("history", tests, NULL, NULL);
}
