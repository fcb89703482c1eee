/* What goes in comes out, and in the right series. */
#include "harness/history/history_fixture.h"

#include <math.h>

static const struct history_filter all = {0};

static void assert_point(const struct history_point *p, const struct run *run)
{
	const struct series *s = run_find_series(run, p->name);

	assert_non_null(s);
	assert_string_equal(p->run, run->id);
	assert_string_equal(p->date, run->date);
	assert_int_equal(p->status, s->status);
	if (!status_has_figure(s->status)) {
		assert_true(isnan(p->value.estimate));
		assert_true(p->covered == 0);
		return;
	}
	/* To the last bit. */
	assert_memory_equal(&p->value, &s->summary.figure, sizeof(p->value));
	assert_true(p->covered == s->summary.covered);
	assert_int_equal(p->launches, s->summary.launches);
	assert_int_equal(p->samples, s->summary.samples);
}

struct checking {
	const struct run *run;
	const struct series *series;
	size_t n;
};

static int check_sample(struct store *rows, void *arg)
{
	struct checking *c = arg;
	const struct sample *want = &c->series->samples[c->n++];
	double value = NAN;

	assert_true(c->n <= c->series->sample_count);
	(void)metric_get(&want->metrics, c->series->figure.metric, &value);
	assert_int_equal(store_get_int(rows, 0), want->launch);
	assert_int_equal(store_get_int(rows, 1), want->slot);
	assert_int_equal(store_get_int(rows, 2), want->warm_up);
	if (isnan(value))
		assert_true(isnan(store_get_real(rows, 3)));
	else
		assert_true(store_get_real(rows, 3) == value);
	return 0;
}

static void assert_samples(struct history *h, const struct history_point *p, const struct run *run)
{
	const struct store_value id[] = {store_int(p->figure_id)};
	struct checking c = {.series = run_find_series(run, p->name)};

	assert_int_equal(store_each(h->store,
			     "SELECT launch, slot, warm_up, value FROM sample WHERE figure = $1"
			     " ORDER BY launch, slot",
			     id, 1, check_sample, &c),
	    0);
	assert_int_equal(c.n, c.series->sample_count);
}

static int check_fact(struct store *rows, void *arg)
{
	struct checking *c = arg;
	const char *want = manifest_get(&c->run->manifest, store_get_text(rows, 0));

	assert_non_null(want);
	assert_string_equal(store_get_text(rows, 1), want);
	c->n++;
	return 0;
}

static void what_goes_in_comes_out(void **state)
{
	struct history *h = db_history(*state);
	struct history_runs runs = {0};
	struct history_points points = {0};
	struct history_series_list list = {0};
	struct run run;
	struct checking facts = {.run = &run};

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
		assert_samples(h, &points.items[i], &run);
	}
	assert_int_equal(
	    store_each(h->store, "SELECT name, value FROM fact", NULL, 0, check_fact, &facts), 0);
	assert_int_equal(facts.n, run.manifest.count);

	assert_int_equal(history_list_series(h, &all, &list), 0);
	assert_int_equal(list.count, run.series_count);
	for (size_t i = 0; i < list.count; i++) {
		const struct series *s = run_find_series(&run, list.items[i].name);

		assert_string_equal(list.items[i].hash, s->hash);
		assert_int_equal(list.items[i].workers, s->workers);
		assert_int_equal(list.items[i].slot_ns, s->slot_ns);
	}
	free(list.items);
	free(points.items);
	free(runs.items);
	run_free(&run);
	history_close(h);
}

static void same_run_twice_is_once(void **state)
{
	struct history *h = db_history(*state);
	struct run run;
	int64_t first;

	db_numbered_run(&run, 1, 1);
	assert_int_equal(history_add(h, &run), 0);
	first = db_count(h->store, "SELECT count(*) FROM sample");
	assert_int_equal(history_add(h, &run), 1);
	assert_int_equal(db_count(h->store, "SELECT count(*) FROM sample"), first);
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
	assert_true(points.items[0].value.estimate > 150);
	assert_true(points.items[1].value.estimate < 150);
	assert_true(points.items[2].value.estimate > 250);
	free(points.items);
	free(list.items);
	history_close(h);
}

/* Trials of another length, though the definition is the same, as `compare` sees it. */
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
		run_free(&run);
	}
	assert_int_equal(history_list_series(h, &mcs, &list), 0);
	assert_int_equal(list.count, 2);
	for (size_t i = 0; i < 2; i++)
		assert_int_equal(strlen(list.items[i].hash), 16);
	assert_int_equal(list.items[0].slot_ns, 3000000);
	assert_int_equal(list.items[0].runs, 2);
	assert_int_equal(list.items[1].slot_ns, 1000000);
	assert_int_equal(list.items[1].runs, 2);
	free(list.items);
	history_close(h);
}

/* Whatever a trial measures, and from where on it is something else. */
static void figures_other_than_time(void **state)
{
	static const struct run_figure bytes = {"rss_bytes", "memory of a parked worker", "bytes",
					   CB_RATIO, CB_LESS, 0, ""},
				       late = {"late_ns", "lateness", "ns", CB_DIFFERENCE, CB_LESS,
					   1000, ""},
				       kept = {"kept", "share kept", "", CB_SHARE, CB_MORE, 0, ""},
				       ends = {"outcome.survived", "what becomes of it", "",
					   CB_OUTCOME, CB_MORE, 0, "survived lost"};
	struct history *h = db_history(*state);
	struct history_points points = {0};
	struct history_series_list list = {0};
	struct run_figure changed[7];
	struct run run;

	for (size_t i = 0; i < sizeof(changed) / sizeof(changed[0]); i++)
		changed[i] = late;
	snprintf(changed[1].unit, sizeof(changed[1].unit), "us");
	changed[2].scale = CB_RATIO;
	changed[3].better = CB_NEITHER;
	snprintf(changed[4].outcomes, sizeof(changed[4].outcomes), "in_time late");
	/* These two are words about the same. */
	snprintf(changed[5].title, sizeof(changed[5].title), "delay");
	changed[6].worth = 500;
	for (unsigned n = 0; n < 7; n++) {
		db_numbered_run(&run, n, 1);
		run.series[0].figure = bytes;
		run.series[1].figure = changed[n];
		if (changed[n].scale == CB_DIFFERENCE)
			run.series[1].summary.figure = (struct stats_interval){-5, -7, 0};
		run.series[2].figure = n % 2 ? kept : ends;
		run.series[2].summary.figure = (struct stats_interval){0.5, 0.25, 1};
		assert_int_equal(history_add(h, &run), 0);
		run_free(&run);
	}
	assert_int_equal(history_list_series(h, &all, &list), 0);
	for (size_t i = 0, k = 0; i < list.count; i++) {
		const struct run_figure *f = &list.items[i].figure;

		if (strstr(list.items[i].name, "ck_ring/model:process")) {
			assert_int_equal(list.items[i].runs, k++ ? 3 : 4);
			assert_memory_equal(f, k == 1 ? &ends : &kept, sizeof(*f));
		} else if (strstr(list.items[i].name, "workers:4")) {
			/* As it was, and with other words; then once each. */
			assert_int_equal(list.items[i].runs, f->worth == 500 ? 3 : 1);
			if (f->worth == 500)
				assert_string_equal(f->title, late.title);
		} else if (strstr(list.items[i].name, "ck_mcs")) {
			assert_int_equal(list.items[i].runs, 7);
			assert_memory_equal(f, &bytes, sizeof(*f));
			assert_int_equal(history_trend(h, &list.items[i], &points), 0);
			assert_memory_equal(&points.items[6].figure, &bytes, sizeof(bytes));
			free(points.items);
		}
	}
	assert_int_equal(list.count, 7 + 4 + 1);
	free(list.items);
	assert_int_equal(history_figures(h, 1, &points), 0);
	assert_true(points.items[1].value.estimate == -5 && points.items[1].value.low == -7);
	free(points.items);
	history_close(h);
}

/* An id is a folder's name, a word on command lines and a cell of a table. */
static void foreign_ids_are_refused(void **state)
{
	static const char *const foreign[] = {"", "latest", "../../x", "=HYPERLINK(\"http://x\")",
	    "20260102T030405Z-host", "20260102T030405Z-host-1a2b3", "20260102T030405Z-ho st-1a2b3c",
	    "20260102T030405Z-../x-1a2b3c", "20260102T030405Z-host-1A2B3C",
	    " 20260102T030405Z-host-1a2b3c", "20260102T030405Z-host-1a2b3c\n",
	    "20260102T030405Z--1a2b3c"};
	struct history *h = db_history(*state);
	struct run run;

	db_numbered_run(&run, 1, 1);
	for (size_t i = 0; i < sizeof(foreign) / sizeof(foreign[0]); i++) {
		snprintf(run.id, sizeof(run.id), "%s", foreign[i]);
		if (history_add(h, &run) != -EINVAL)
			fail_msg("taken: '%s'", foreign[i]);
		assert_non_null(strstr(history_error(h), "is not a run's id"));
		assert_null(strchr(history_error(h), '\n'));
	}
	assert_int_equal(db_count(h->store, "SELECT count(*) FROM run"), 0);
	snprintf(run.id, sizeof(run.id), "20260102T030405Z-a_Host-of-mine-1a2b3c");
	assert_int_equal(history_add(h, &run), 0);
	run_free(&run);
	history_close(h);
}

/* A build of what nobody can check out again is marked wherever its revision is. */
static void dirty_builds_are_marked(void **state)
{
	static const struct {
		const char *dirty, *revision;
	} table[] = {
	    {NULL, "1a2b3c4d5e6f"}, {"no", "1a2b3c4d5e6f"}, {"yes", "1a2b3c4d5e6f-modified"}};
	struct history *h = db_history(*state);
	struct history_points points = {0};
	struct history_run found;
	struct run run;

	for (unsigned i = 0; i < 3; i++) {
		db_numbered_run(&run, i, 1);
		assert_int_equal(manifest_add(&run.manifest, "build.revision", "1a2b3c4d5e6f"), 0);
		if (table[i].dirty)
			assert_int_equal(
			    manifest_add(&run.manifest, "build.dirty", table[i].dirty), 0);
		assert_int_equal(history_add(h, &run), 0);
		assert_int_equal(history_find_run(h, run.id, NULL, &found), 0);
		assert_string_equal(found.revision, table[i].revision);
		assert_int_equal(history_figures(h, found.id, &points), 0);
		assert_string_equal(points.items[0].revision, table[i].revision);
		free(points.items);
		run_free(&run);
	}
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
	/* Nor of a machine that hwloc made up. */
	assert_int_equal(manifest_add(&run.manifest, "topology.of", "another machine"), 0);
	assert_int_equal(history_add(h, &run), -EINVAL);
	assert_non_null(strstr(history_error(h), "not of the system that it ran on"));
	assert_int_equal(manifest_add(&run.manifest, "topology.of", "this system"), 0);
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
	free(runs.items);
	filter = (struct history_filter){.machine = class};
	assert_int_equal(history_list_runs(h, &filter, &runs), 0);
	assert_int_equal(runs.count, 1);
	assert_int_equal(history_list_series(h, &filter, &list), 0);
	assert_int_equal(list.count, 1);
	free(runs.items);
	free(list.items);
	class[6] = '\0';
	assert_int_equal(history_list_runs(h, &filter, &runs), 0);
	assert_int_equal(runs.count, 1);
	free(runs.items);

	/* Not classes, not an expression; and the database goes on working. */
	filter.machine = "%";
	assert_int_equal(history_list_runs(h, &filter, &runs), -EINVAL);
	filter = (struct history_filter){.case_name = "("};
	assert_int_equal(history_list_series(h, &filter, &list), -EINVAL);
	assert_non_null(strstr(history_error(h), "--case"));
	assert_int_equal(history_list_runs(h, &all, &runs), 0);
	assert_int_equal(runs.count, 2);
	free(runs.items);
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
		assert_int_equal(atoi(past.items[i].run + 9), 6 - i);
	free(past.items);
	assert_int_equal(history_past(h, points.items[0].case_id, &run, 99, &past), 0);
	assert_int_equal(past.count, 7);
	assert_int_equal(past.items[0].run_id, run.id);
	assert_int_equal(past.items[0].case_id, points.items[0].case_id);
	free(past.items);
	free(points.items);
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
	    TEST(figures_other_than_time),
	    TEST(foreign_ids_are_refused),
	    TEST(dirty_builds_are_marked),
	    TEST(sanitizer_builds_are_refused),
	    TEST(filters_pick),
	    TEST(runs_are_found_by_name),
	    TEST(past_ends_with_the_run),
	    TEST(failed_run_leaves_nothing),
	};

	return cmocka_run_group_tests_name("history", tests, NULL, NULL);
}
