/* Whole or not at all, whoever else is writing and whenever the writer dies. */
#include "harness/history/history_fixture.h"

#include "harness/base/clock.h"

#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>

static const struct history_filter all = {0};

/* ---- more than one at once ---- */

#define WRITERS 3
#define RUNS_EACH 8

static void write_runs(const struct db_fixture *f, unsigned writer)
{
	/* Each opens for itself, so that they also race for making the tables. */
	struct history *h = db_history(f);

	for (unsigned i = 0; i < RUNS_EACH; i++)
		db_add_run(h, writer * 100 + i, 1);
	/* And one that all of them have. */
	for (unsigned i = 0; i < 2; i++) {
		struct run run;

		db_numbered_run(&run, 9999, 1);
		if (history_add(h, &run) < 0)
			fail_msg("%s", history_error(h));
		run_free(&run);
	}
	history_close(h);
}

static void writers_do_not_disturb_each_other(void **state)
{
	pid_t pids[WRITERS];
	struct history *h;
	struct history_series_list list = {0};

	for (unsigned w = 0; w < WRITERS; w++) {
		pids[w] = fork();
		assert_true(pids[w] >= 0);
		if (!pids[w]) {
			write_runs(*state, w);
			_exit(0);
		}
	}
	for (unsigned w = 0; w < WRITERS; w++) {
		int status;

		assert_int_equal(waitpid(pids[w], &status, 0), pids[w]);
		assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
	}
	h = db_history(*state);
	assert_int_equal(db_count(h->store, "SELECT count(*) FROM run"), WRITERS * RUNS_EACH + 1);
	assert_int_equal(db_count(h->store, "SELECT count(*) FROM machine"), 1);
	assert_int_equal(
	    db_count(h->store, "SELECT count(*) FROM figure"), (WRITERS * RUNS_EACH + 1) * 7);
	assert_int_equal(history_list_series(h, &all, &list), 0);
	assert_int_equal(list.count, 7);
	free(list.items);
	history_close(h);
}

/* While another is in its transaction: reading goes on, writing waits and then gives up. */
static void writer_that_does_not_end(void **state)
{
	const struct db_fixture *f = *state;
	struct history *h = db_history(f), *other;
	struct history_runs runs = {0};
	char err[512];
	struct run run;

	db_add_run(h, 1, 1);
	assert_int_equal(store_begin(h->store), 0);
	assert_int_equal(store_exec(h->store, "UPDATE run SET profile = 'x'", NULL, 0), 0);
	assert_int_equal(history_open(f->db, HISTORY_WRITE, 50, &other, err, sizeof(err)), 0);
	db_numbered_run(&run, 2, 1);
	assert_int_equal(history_add(other, &run), -EBUSY);
	assert_non_null(strstr(history_error(other), "locked"));
	assert_int_equal(history_list_runs(other, &all, &runs), 0);
	assert_int_equal(runs.count, 1);
	assert_string_equal(runs.items[0].profile, "quick");
	store_rollback(h->store);
	assert_int_equal(history_add(other, &run), 0);
	run_free(&run);
	free(runs.items);
	history_close(other);
	history_close(h);
}

/* ---- kill -9 ---- */

#define LARGE "20260505T030405Z-large-000001"

static void many_samples(struct run *run)
{
	memset(run, 0, sizeof(*run));
	snprintf(run->id, sizeof(run->id), "%s", LARGE);
	snprintf(run->date, sizeof(run->date), "2026-05-05T03:04:05Z");
	for (unsigned c = 0; c < 8; c++) {
		char name[64];
		struct series *s;

		snprintf(name, sizeof(name), "lock/x/workers:%u", c + 1);
		s = fixture_series(run, name, c + 1);
		for (unsigned l = 0; l < 100; l++)
			for (unsigned k = 0; k < 60; k++)
				fixture_add(s, fixture_sample(l, k, 100 + l + k));
	}
	assert_int_equal(run_summarise(run), 0);
}

/* Nothing of the run, or all of it. */
static bool whole_or_absent(struct store *s)
{
	const int64_t runs = db_count(s, "SELECT count(*) FROM run WHERE name = '" LARGE "'");
	const int64_t samples = db_count(s, "SELECT count(*) FROM sample");
	const int64_t figures = db_count(s, "SELECT count(*) FROM figure");

	return runs ? samples == 48000 && figures == 8 : samples == 0 && figures == 0;
}

static bool has_bytes(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 && st.st_size > 0;
}

/*
 * SQLite writes to the log before the commit, too, once the changes do not fit its cache any more:
 * a log that has just begun to grow means that this kill hits inside the transaction.
 */
static void killed_while_adding(void **state)
{
	const struct db_fixture *f = *state;
	struct run run;
	unsigned inside = 0;

	many_samples(&run);
	history_close(db_history(f));
	for (unsigned i = 0; i < 12; i++) {
		const uint64_t delay_ns = (2 + 7 * i) * CLOCK_NS_PER_MS;
		char wal[160];
		struct history *h;
		int status;
		pid_t pid = fork();

		assert_true(pid >= 0);
		if (!pid) {
			h = db_history(f);
			(void)history_add(h, &run);
			(void)pause();
			_exit(0);
		}
		snprintf(wal, sizeof(wal), "%s-wal", f->db);
		if (i % 2 && !f->server) {
			const uint64_t end_ns = clock_now_ns() + 20 * CLOCK_NS_PER_S;

			while (!has_bytes(wal) && clock_now_ns() < end_ns)
				(void)usleep(200);
		} else {
			clock_sleep_until_ns(clock_now_ns() + delay_ns);
		}
		assert_int_equal(kill(pid, SIGKILL), 0);
		assert_int_equal(waitpid(pid, &status, 0), pid);
		assert_true(WIFSIGNALED(status));
		inside += !f->server && has_bytes(wal);

		h = db_history(f);
		assert_true(whole_or_absent(h->store));
		if (!f->server)
			assert_int_equal(
			    db_count(h->store, "SELECT count(*) FROM pragma_integrity_check"
					       " WHERE integrity_check = 'ok'"),
			    1);
		assert_int_equal(
		    store_exec(h->store, "DELETE FROM sample WHERE figure > 0", NULL, 0), 0);
		assert_int_equal(store_exec(h->store, "DELETE FROM figure", NULL, 0), 0);
		assert_int_equal(store_exec(h->store, "DELETE FROM run", NULL, 0), 0);
		history_close(h);
	}
	if (!f->server)
		assert_true(inside > 0);
	run_free(&run);
}

/* The control: a run that is there in part is seen as that. */
static void part_of_a_run_is_seen(void **state)
{
	struct history *h = db_history(*state);
	struct run run;

	many_samples(&run);
	assert_true(whole_or_absent(h->store));
	assert_int_equal(history_add(h, &run), 0);
	assert_true(whole_or_absent(h->store));
	assert_int_equal(
	    store_exec(h->store, "DELETE FROM sample WHERE figure = 8 AND launch = 99", NULL, 0),
	    0);
	assert_false(whole_or_absent(h->store));
	run_free(&run);
	history_close(h);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, db_setup, db_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(writers_do_not_disturb_each_other),
	    TEST(writer_that_does_not_end),
	    TEST(killed_while_adding),
	    TEST(part_of_a_run_is_seen),
	};

	return cmocka_run_group_tests_name("history_writers", tests, NULL, NULL);
}
