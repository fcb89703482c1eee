/*
 * history_fixture.h - a database for tests: an SQLite file in a temporary folder, or the one that
 * CONCBENCH_TEST_DB names, whose schema "public" is emptied before every test.
 *
 * Only for *_test.c.
 */
#ifndef CONCBENCH_HISTORY_FIXTURE_H
#define CONCBENCH_HISTORY_FIXTURE_H

#include "harness/history/history_private.h"
#include "harness/run/run_fixture.h"

#include <dirent.h>
#include <errno.h>

struct db_fixture {
	char dir[64];
	char db[128];
	bool server;
};

static inline int db_setup(void **state)
{
	const char *url = getenv("CONCBENCH_TEST_DB");
	struct db_fixture *f = calloc(1, sizeof(*f));
	struct store *s;
	char err[512];

	assert_non_null(f);
	snprintf(f->dir, sizeof(f->dir), "/tmp/concbench_history_XXXXXX");
	assert_non_null(mkdtemp(f->dir));
	snprintf(f->db, sizeof(f->db), "%s/history.db", f->dir);
	if (url && *url) {
		f->server = true;
		snprintf(f->db, sizeof(f->db), "%s", url);
		if (store_open(f->db, STORE_EXISTING, 5000, &s, err, sizeof(err)))
			fail_msg("%s", err);
		assert_int_equal(store_exec(s, "DROP SCHEMA public CASCADE", NULL, 0), 0);
		assert_int_equal(store_exec(s, "CREATE SCHEMA public", NULL, 0), 0);
		store_close(s);
	}
	*state = f;
	return 0;
}

static inline int db_teardown(void **state)
{
	struct db_fixture *f = *state;
	DIR *dir = opendir(f->dir);
	struct dirent *entry;
	char path[512];

	while (dir && (entry = readdir(dir)) != NULL) {
		snprintf(path, sizeof(path), "%s/%s", f->dir, entry->d_name);
		(void)unlink(path);
	}
	if (dir)
		(void)closedir(dir);
	(void)rmdir(f->dir);
	free(f);
	return 0;
}

static inline struct store *db_store(const struct db_fixture *f)
{
	struct store *s = NULL;
	char err[512] = "";

	if (store_open(f->db, STORE_CREATE, 20000, &s, err, sizeof(err)))
		fail_msg("%s", err);
	return s;
}

static inline struct history *db_history(const struct db_fixture *f)
{
	struct history *h = NULL;
	char err[512] = "";

	if (history_open(f->db, HISTORY_WRITE, 20000, &h, err, sizeof(err)))
		fail_msg("%s", err);
	return h;
}

/* Run number @n of a series whose lengths are scaled; a day later each. */
static inline void db_numbered_run(struct run *run, unsigned n, double scale)
{
	fixture_run(run, 10, 3, scale);
	snprintf(run->id, sizeof(run->id), "20260102T%06uZ-host-%06x", n, n);
	snprintf(
	    run->date, sizeof(run->date), "2026-%02u-%02uT03:04:05Z", 1 + n / 28 % 12, 1 + n % 28);
	assert_int_equal(run_summarise(run), 0);
}

static inline void db_add_run(struct history *h, unsigned n, double scale)
{
	struct run run;

	db_numbered_run(&run, n, scale);
	if (history_add(h, &run))
		fail_msg("%s", history_error(h));
	run_free(&run);
}

static inline int64_t db_count(struct store *s, const char *sql)
{
	int64_t n = -1;

	if (store_scalar_int(s, sql, NULL, 0, &n))
		fail_msg("%s", store_error(s));
	return n;
}

#endif
