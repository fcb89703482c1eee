/* From every older version to the newest, with what was in it; and what is not to be touched. */
#include "harness/history/history_fixture.h"
#include "harness/history/schema.h"

/* A run and a figure as version 1 has them; only what its tables know. */
static void fill_version_1(struct store *s)
{
	static const char *const rows[] = {
	    "INSERT INTO machine (id, class, title) VALUES (1, 'aaaa', 'a machine')",
	    "INSERT INTO bench_case (id, name, hash, op, workers)"
	    " VALUES (1, 'lock/x/workers:2', 'h1', 'op', 2)",
	    "INSERT INTO run (id, name, date, machine, profile, seed, elapsed_s, interrupted,"
	    " recovered, command, noise) VALUES (1, 'old', '2025-01-01T00:00:00Z', 1, 'quick',"
	    " '18446744073709551615', 1.5, 0, 0, 'concbench run', 'quiet')",
	    "INSERT INTO run (id, name, date, machine, profile, seed, elapsed_s, interrupted,"
	    " recovered, command, noise) VALUES (2, 'older', '2024-01-01T00:00:00Z', 1, 'quick',"
	    " '1', 1.5, 0, 0, 'concbench run', 'quiet')",
	    "INSERT INTO fact (run, name, value) VALUES (1, 'build.revision', 'abcdef')",
	    "INSERT INTO fact (run, name, value) VALUES (1, 'cpu.model', 'x')",
	    "INSERT INTO figure (id, run, bench_case, status, reason, ns_per_op, low, high,"
	    " covered, mad, ops_per_s, launches, samples)"
	    " VALUES (1, 1, 1, 'ok', '', 100, 99, 101, 0.95, 1, 1e7, 10, 50)",
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (store_exec(s, rows[i], NULL, 0))
			fail_msg("%s", store_error(s));
}

static void assert_holds_the_old_run(struct history *h)
{
	const struct history_filter all = {0};
	struct history_runs runs = {0};
	struct history_series_list list = {0};
	struct history_points points = {0};

	assert_int_equal(history_list_runs(h, &all, &runs), 0);
	assert_int_equal(runs.count, 2);
	assert_string_equal(runs.items[0].name, "older");
	assert_string_equal(runs.items[0].revision, "");
	assert_string_equal(runs.items[1].name, "old");
	/* The fact, or what the step to version 2 has made of it. */
	assert_string_equal(runs.items[1].revision, "abcdef");
	assert_int_equal(history_list_series(h, &all, &list), 0);
	assert_int_equal(list.count, 1);
	assert_int_equal(history_trend(h, &list.items[0], &points), 0);
	assert_int_equal(points.count, 1);
	assert_true(points.items[0].ns_per_op.estimate == 100);
	assert_string_equal(points.items[0].revision, "abcdef");
	history_runs_free(&runs);
	history_series_free(&list);
	history_points_free(&points);
}

/* And it can be added to. */
static void assert_has_the_old_run(const struct db_fixture *f)
{
	struct history *h = db_history(f);

	assert_holds_the_old_run(h);
	db_add_run(h, 7, 1);
	history_close(h);
}

/* A reader finds all of it, says nothing, and leaves the version what it was: whoever writes with
 * an older build goes on. */
static void assert_reading_changes_nothing(const struct db_fixture *f, unsigned version)
{
	char note[512] = "x", err[512] = "";
	struct history_run run;
	struct history *h;
	struct store *s;
	unsigned now;

	if (history_open(f->db, HISTORY_READ, 1000, &h, note, sizeof(note), err, sizeof(err)))
		fail_msg("%s", err);
	assert_string_equal(note, "");
	assert_holds_the_old_run(h);
	assert_int_equal(history_find_run(h, "latest", NULL, &run), 0);
	assert_string_equal(run.revision, "abcdef");
	history_close(h);
	s = db_store(f);
	assert_int_equal(schema_version(s, &now), 0);
	assert_int_equal(now, version);
	store_close(s);
}

static void every_older_version_is_brought_up(void **state)
{
	(void)state;
	/* A database for every older version: each new step is tested from all of them. */
	for (unsigned version = 1; version < schema_newest(); version++) {
		void *own;
		const struct db_fixture *f = (db_setup(&own), own);
		struct store *s = db_store(f);
		char note[512] = "", err[512] = "", want[64];
		struct history *h;
		unsigned from = 99, now;

		assert_int_equal(schema_migrate_to(s, version, &from), 0);
		assert_int_equal(from, 0);
		assert_int_equal(schema_version(s, &now), 0);
		assert_int_equal(now, version);
		fill_version_1(s);
		/* As a writer of that version has filled it. */
		if (version >= 2)
			assert_int_equal(
			    store_exec(
				s, "UPDATE run SET revision = 'abcdef' WHERE id = 1", NULL, 0),
			    0);
		store_close(s);

		assert_reading_changes_nothing(f, version);
		/* A writer brings it up to date, and says so. */
		assert_int_equal(history_open(f->db, HISTORY_WRITE, 1000, &h, note, sizeof(note),
				     err, sizeof(err)),
		    0);
		history_close(h);
		snprintf(
		    want, sizeof(want), "from schema %u to schema %u", version, schema_newest());
		assert_non_null(strstr(note, want));
		assert_has_the_old_run(f);
		db_teardown(&own);
	}
}

/* What step 3 is for: a case is found without looking at every figure. */
static void a_case_has_an_index(void **state)
{
	const struct db_fixture *f = *state;
	struct history *h = db_history(f);
	struct store_rows *rows;
	bool used = false;

	if (f->server) {
		history_close(h);
		skip();
	}
	assert_int_equal(
	    store_select(h->store, "EXPLAIN QUERY PLAN SELECT run FROM figure WHERE bench_case = 1",
		NULL, 0, &rows),
	    0);
	while (store_next(rows) == 1)
		used = used || strstr(store_get_text(rows, 3), "figure_of_case");
	assert_true(used);
	history_close(h);
}

static void newest_is_left_alone(void **state)
{
	const struct db_fixture *f = *state;
	struct history *h = db_history(f);
	char note[512] = "x", err[512] = "";

	history_close(h);
	assert_int_equal(
	    history_open(f->db, HISTORY_WRITE, 1000, &h, note, sizeof(note), err, sizeof(err)), 0);
	assert_string_equal(note, "");
	history_close(h);
}

static void newer_is_refused_with_both_versions(void **state)
{
	const struct db_fixture *f = *state;
	struct history *h = db_history(f);
	char note[512], err[512] = "", theirs[32], ours[32];

	snprintf(theirs, sizeof(theirs), "schema %u ", schema_newest() + 5);
	snprintf(ours, sizeof(ours), "schema %u ", schema_newest());
	assert_int_equal(
	    store_exec(h->store, "UPDATE schema_version SET version = version + 5", NULL, 0), 0);
	history_close(h);
	for (int mode = HISTORY_READ; mode <= HISTORY_WRITE; mode++) {
		assert_int_equal(history_open(f->db, (enum history_mode)mode, 1000, &h, note,
				     sizeof(note), err, sizeof(err)),
		    -EPROTO);
		assert_non_null(strstr(err, theirs));
		assert_non_null(strstr(err, ours));
	}
}

static void foreign_tables_are_not_touched(void **state)
{
	const struct db_fixture *f = *state;
	struct store *s = db_store(f);
	struct history *h;
	char note[512], err[512] = "";

	assert_int_equal(store_exec(s, "CREATE TABLE groceries (milk INTEGER)", NULL, 0), 0);
	store_close(s);
	assert_int_equal(
	    history_open(f->db, HISTORY_WRITE, 1000, &h, note, sizeof(note), err, sizeof(err)),
	    -EUCLEAN);
	assert_non_null(strstr(err, "not a history of concbench"));
	s = db_store(f);
	assert_int_equal(store_has_table(s, "run"), 0);
	assert_int_equal(store_has_table(s, "groceries"), 1);
	store_close(s);
}

/* A step that fails half-way leaves the version that was: nothing of the step remains. */
static void failed_step_is_taken_back(void **state)
{
	const struct db_fixture *f = *state;
	struct store *s = db_store(f);
	unsigned from, now;

	assert_int_equal(schema_migrate_to(s, 1, &from), 0);
	fill_version_1(s);
	/* In the way of the step to version 2, behind its first two statements. */
	assert_int_equal(store_exec(s, "CREATE INDEX run_of_machine ON run (name)", NULL, 0), 0);
	assert_true(schema_migrate_to(s, schema_newest(), &from) < 0);
	assert_true(store_error(s)[0] != '\0');
	assert_int_equal(schema_version(s, &now), 0);
	assert_int_equal(now, 1);
	assert_true(store_exec(s, "UPDATE run SET revision = 'x'", NULL, 0) < 0);
	assert_int_equal(store_exec(s, "DROP INDEX run_of_machine", NULL, 0), 0);
	store_close(s);
	assert_has_the_old_run(f);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, db_setup, db_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(every_older_version_is_brought_up),
	    TEST(a_case_has_an_index),
	    TEST(newest_is_left_alone),
	    TEST(newer_is_refused_with_both_versions),
	    TEST(foreign_tables_are_not_touched),
	    TEST(failed_step_is_taken_back),
	};

	return cmocka_run_group_tests_name("schema", tests, NULL, NULL);
}
