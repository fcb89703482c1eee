/* Values of every kind, errors of every kind; and files that are no database, or one no more. */
#include "harness/history/history_fixture.h"

#include <math.h>
#include <signal.h>
#include <sys/resource.h>

static const double reals[] = {0, -0.0, 1.0 / 3, 1e-300, 1.7976931348623157e308, 5e-324};
static const char *const texts[] = {"", "plain", "it's \"quoted\"", "back\\slash \\N", "tab\there",
    "line\nbreak\r", "µ ± 漢字", "$1 ? ; DROP TABLE t"};

static int check_values(struct store *s, void *arg)
{
	unsigned *n = arg;
	const double r = store_get_real(s, 1);

	assert_int_equal(store_get_int(s, 0), *n);
	if (*n == 5)
		assert_true(isnan(r));
	else
		assert_true(r == reals[*n < 6 ? *n : *n - 2]);
	assert_string_equal(store_get_text(s, 2), *n == 4 ? "" : texts[*n]);
	++*n;
	return 0;
}

static int stop_at_third(struct store *s, void *arg)
{
	(void)s;
	return ++*(unsigned *)arg == 3 ? 17 : 0;
}

static void values_survive(void **state)
{
	struct store *s = db_store(*state);
	struct store_value rows[3 * 6];
	unsigned n = 0;

	assert_int_equal(
	    store_exec(
		s, "CREATE TABLE t (i INTEGER PRIMARY KEY, r DOUBLE PRECISION, x TEXT)", NULL, 0),
	    0);
	for (unsigned i = 0; i < 6; i++) {
		rows[3 * i] = store_int(i);
		rows[3 * i + 1] = store_real(reals[i], i != 5);
		rows[3 * i + 2] = i == 4 ? store_real(0, false) : store_text(texts[i]);
	}
	assert_int_equal(store_insert(s, "t (i, r, x)", 3, rows, 6), 0);
	for (unsigned i = 6; i < 8; i++) {
		const struct store_value p[] = {
		    store_text(texts[i]), store_real(reals[i - 2], true), store_int(i)};

		/* Parameters in any order, and more than once. */
		assert_int_equal(
		    store_exec(s, "INSERT INTO t (i, r, x) VALUES ($3, $2, $1)", p, 3), 0);
		assert_int_equal(
		    store_exec(s, "UPDATE t SET i = $1 WHERE i = $1 AND 0 < $1", p + 2, 1), 0);
	}
	assert_int_equal(
	    store_each(s, "SELECT i, r, x FROM t ORDER BY i", NULL, 0, check_values, &n), 0);
	assert_int_equal(n, 8);
	/* What the reader says ends a query, and the next one begins anew. */
	for (unsigned k = 0; k < 2; k++) {
		n = 0;
		assert_int_equal(store_each(s, "SELECT i FROM t", NULL, 0, stop_at_third, &n), 17);
		assert_int_equal(n, 3);
	}
	store_close(s);
}

static void errors_say_what_and_where(void **state)
{
	struct store *s = db_store(*state);
	const struct store_value one[] = {store_int(1), store_int(1)};
	int64_t n;

	assert_true(store_exec(s, "NO SUCH STATEMENT", NULL, 0) < 0);
	assert_int_equal(strncmp(store_error(s), store_name(s), strlen(store_name(s))), 0);
	assert_null(strchr(store_error(s), '\n'));
	assert_true(store_scalar_int(s, "SELECT 1 FROM nowhere", NULL, 0, &n) < 0);
	assert_int_equal(store_exec(s, "CREATE TABLE t (i INTEGER PRIMARY KEY)", NULL, 0), 0);
	assert_int_equal(store_scalar_int(s, "SELECT i FROM t", NULL, 0, &n), -ENODATA);
	/* The second row is there already; with the transaction, so is the first no more. */
	assert_int_equal(store_begin(s), 0);
	assert_int_equal(store_insert(s, "t (i)", 1, one, 2), -EEXIST);
	store_rollback(s);
	assert_true(store_error(s)[0] != '\0');
	assert_int_equal(db_count(s, "SELECT count(*) FROM t"), 0);
	/* And it can still be used. */
	assert_int_equal(store_insert(s, "t (i)", 1, one, 1), 0);
	assert_int_equal(db_count(s, "SELECT count(*) FROM t"), 1);
	store_close(s);
}

static void secrets_are_not_shown(void **state)
{
	struct store *s = NULL;
	char err[512] = "";

	(void)state;
	assert_true(store_open("postgresql://user:secret1@localhost:1/db?password=secret2"
			       "&connect_timeout=2",
			STORE_EXISTING, 100, &s, err, sizeof(err)) < 0);
	assert_null(strstr(err, "secret"));
	assert_null(strchr(err, '\n'));
	assert_true(err[0] != '\0');
	assert_int_equal(
	    store_open("mysql://host/db", STORE_CREATE, 100, &s, err, sizeof(err)), -EINVAL);
	assert_non_null(strstr(err, "postgresql://"));
}

/* However a URL is mistyped: of what may be a secret not even a part is shown. */
static void secrets_of_malformed_urls_are_not_shown(void **state)
{
	static const struct {
		const char *url, *shown;
	} table[] = {
	    {"postgresql://user:se/cret@localhost:1/db", "postgresql://localhost:1/db: "},
	    {"postgresql://user:se?cret@localhost:1/db", "postgresql://...: "},
	    {"postgresql://user:se#cret@localhost:1/db", "postgresql://...: "},
	    {"postgresql://user:se@cret@localhost:1/db", "postgresql://localhost:1/db: "},
	    {"postgresql://user:se%zzcret@localhost:1/db", "postgresql://localhost:1/db: "},
	    {"postgresql://user:secret%@localhost:1/db", "postgresql://localhost:1/db: "},
	    {"postgresql://us/er:secret@localhost:1/db", "postgresql://localhost:1/db: "},
	    {"postgresql://user:secret/db", "postgresql://...: "},
	    {"postgresql://localhost:1/db?password=%zzsecret", "postgresql://localhost:1/db: "},
	    {"postgresql://localhost:1/db?password=se@cret", "postgresql://...: "},
	    {"postgresql://localhost:1/db?secret", "postgresql://localhost:1/db: "},
	    {"postgresql://localhost:1/db?password=a&secret=", "postgresql://localhost:1/db: "},
	    {"postgresql://localhost:1/db?port=secret", "postgresql://localhost:1/db: "},
	    {"postgresql://[::1/db?password=secret", "postgresql://[::1/db: "},
	    {"postgresql://user:secret@[::1]x:1/db", "postgresql://[::1]x:1/db: "},
	    {"postgres://user:secret@localhost:1/db", "postgres://localhost:1/db: "},
	    {"mysql://user:secret@host/db", "mysql://host/db: "},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		struct store *s = NULL;
		char err[768] = "";

		assert_true(
		    store_open(table[i].url, STORE_EXISTING, 100, &s, err, sizeof(err)) < 0);
		if (strstr(err, "secret") || strstr(err, "cret") || strchr(err, '\n'))
			fail_msg("%s: %s", table[i].url, err);
		/* Without libpq it says only that. */
		if (strncmp(err, table[i].shown, strlen(table[i].shown)) != 0 &&
		    !strstr(err, "not installed"))
			fail_msg("%s: %s", table[i].url, err);
	}
}

/* ---- SQLite files that are not what they should be ---- */

static char *a_database(const char *path, size_t *len)
{
	const struct db_fixture f = {0};
	struct db_fixture own = f;
	struct history *h;
	char *bytes = NULL;

	snprintf(own.db, sizeof(own.db), "%s", path);
	h = db_history(&own);
	for (unsigned i = 0; i < 5; i++)
		db_add_run(h, i, 1 + i);
	history_close(h);
	assert_int_equal(file_read_all(path, 1u << 24, &bytes, len), 0);
	return bytes;
}

static bool has_failed(struct history *h, int rc)
{
	assert_int_equal(rc < 0, history_error(h)[0] != '\0');
	assert_null(strchr(history_error(h), '\n'));
	return rc < 0;
}

/* Opens it and does all there is to do. Return: whether some of it failed, each with one line. */
static bool use(const char *path)
{
	const struct history_filter all = {0};
	struct history *h;
	struct history_runs runs = {0};
	struct history_series_list list = {0};
	char err[512] = "";
	struct run run;
	bool failed;

	if (history_open(path, HISTORY_WRITE, 100, &h, err, sizeof(err))) {
		assert_true(err[0] != '\0');
		assert_null(strchr(err, '\n'));
		return true;
	}
	failed = has_failed(h, history_list_runs(h, &all, &runs));
	failed |= has_failed(h, history_list_series(h, &all, &list));
	for (size_t i = 0; i < list.count; i++) {
		struct history_points points = {0};

		failed |= has_failed(h, history_trend(h, &list.items[i], &points));
		free(points.items);
	}
	db_numbered_run(&run, 77, 1);
	failed |= has_failed(h, history_add(h, &run));
	run_free(&run);
	free(runs.items);
	free(list.items);
	history_close(h);
	return failed;
}

static void put(const char *path, const char *bytes, size_t len)
{
	char wal[256];

	snprintf(wal, sizeof(wal), "%s-wal", path);
	(void)unlink(wal);
	snprintf(wal, sizeof(wal), "%s-shm", path);
	(void)unlink(wal);
	assert_int_equal(file_write_whole(path, bytes, len), 0);
}

static void damaged_files_are_refused(void **state)
{
	const struct db_fixture *f = *state;
	char path[128];
	size_t len;
	char *good, *bad;
	unsigned refused = 0;

	if (f->server)
		skip();
	snprintf(path, sizeof(path), "%s", f->db);
	good = a_database(path, &len);
	assert_false(use(path)); /* the control: the same file, whole */
	bad = malloc(len);
	assert_non_null(bad);

	/* No database at all, and half of one. */
	put(path, "this is a letter, not a database", 32);
	assert_true(use(path));
	memcpy(bad, good, len);
	memset(bad, 'x', 100);
	put(path, bad, len);
	assert_true(use(path));
	put(path, good, len / 2);
	assert_true(use(path));

	/* A page at a time: refused, or it was one that nobody asked for; never a crash. */
	for (size_t page = 4096; page + 4096 <= len; page += 4096) {
		memcpy(bad, good, len);
		memset(bad + page, 0x5a, 4096);
		put(path, bad, len);
		refused += use(path);
	}
	assert_true(refused > 5);
	free(bad);
	free(good);
}

static void folders_and_missing_files(void **state)
{
	const struct db_fixture *f = *state;
	struct store *s = NULL;
	char path[256], err[512] = "";

	if (f->server)
		skip();
	assert_int_equal(store_open(f->dir, STORE_CREATE, 100, &s, err, sizeof(err)), -EINVAL);
	snprintf(path, sizeof(path), "%s/none.db", f->dir);
	assert_int_equal(store_open(path, STORE_EXISTING, 100, &s, err, sizeof(err)), -ENOENT);
	snprintf(path, sizeof(path), "%s/no/such/folder.db", f->dir);
	assert_int_equal(store_open(path, STORE_CREATE, 100, &s, err, sizeof(err)), -ENOENT);
	/* What is special in a URI is not in a path. */
	snprintf(path, sizeof(path), "%s/odd ?mode=ro#%%41.db", f->dir);
	assert_int_equal(store_open(path, STORE_CREATE, 100, &s, err, sizeof(err)), 0);
	store_close(s);
	assert_int_equal(access(path, F_OK), 0);
	/* Nor is what comes after two slashes a host. */
	snprintf(path, sizeof(path), "/%s/slashes.db", f->dir);
	assert_int_equal(store_open(path, STORE_CREATE, 100, &s, err, sizeof(err)), 0);
	store_close(s);
	assert_int_equal(access(path, F_OK), 0);
}

/* Whose file it is has to be read; nothing else may come of it. */
static void looking_changes_nothing(void **state)
{
	static const char *const contents[] = {
	    NULL, "CREATE TABLE groceries (milk INTEGER)", "PRAGMA journal_mode = WAL;"};
	const struct db_fixture *f = *state;

	if (f->server)
		skip();
	for (size_t i = 0; i < sizeof(contents) / sizeof(contents[0]); i++) {
		char *before, *after, wal[256];
		size_t before_len, after_len;

		put(f->db, "", 0);
		if (contents[i]) {
			struct store *s = db_store(f);

			assert_int_equal(store_exec(s, contents[i], NULL, 0), 0);
			assert_int_equal(
			    store_exec(s, "CREATE TABLE other (egg INTEGER)", NULL, 0), 0);
			store_close(s);
		}
		snprintf(wal, sizeof(wal), "%s-wal", f->db);
		assert_int_equal(!access(wal, F_OK), i == 2);
		assert_int_equal(file_read_all(f->db, 1u << 24, &before, &before_len), 0);
		for (int mode = HISTORY_READ; mode <= HISTORY_WRITE; mode++) {
			char err[512] = "";
			struct history *h;

			/* What is empty may be made a history of. */
			if (!contents[i] && mode == HISTORY_WRITE)
				continue;
			assert_true(history_open(f->db, (enum history_mode)mode, 100, &h, err,
					sizeof(err)) < 0);
			assert_int_equal(file_read_all(f->db, 1u << 24, &after, &after_len), 0);
			assert_int_equal(after_len, before_len);
			assert_memory_equal(after, before, before_len);
			assert_int_equal(!access(wal, F_OK), i == 2);
			free(after);
		}
		free(before);
	}
	/* The control: one of ours is a WAL database from the first writer on. */
	put(f->db, "", 0);
	history_close(db_history(f));
	{
		char *bytes;
		size_t len;

		assert_int_equal(file_read_all(f->db, 1u << 24, &bytes, &len), 0);
		assert_true(len > 20 && bytes[18] == 2 && bytes[19] == 2);
		free(bytes);
	}
}

/* No more room in the middle of a run: said so, and what was there before is still there. */
static void full_disk_loses_nothing(void **state)
{
	const struct db_fixture *f = *state;
	struct rlimit old, small;
	struct history *h;
	struct run run;

	if (f->server)
		skip();
	h = db_history(f);
	db_add_run(h, 1, 1);
	history_close(h);
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &old), 0);
	small = (struct rlimit){100000, old.rlim_max};
	(void)signal(SIGXFSZ, SIG_IGN);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
	h = db_history(f);
	fixture_run(&run, 200, 8, 1);
	assert_int_equal(run_summarise(&run), 0);
	assert_true(history_add(h, &run) < 0);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &old), 0);
	assert_true(history_error(h)[0] != '\0');
	history_close(h);
	h = db_history(f);
	assert_int_equal(db_count(h->store, "SELECT count(*) FROM run"), 1);
	assert_int_equal(history_add(h, &run), 0);
	run_free(&run);
	history_close(h);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, db_setup, db_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(values_survive),
	    TEST(errors_say_what_and_where),
	    TEST(secrets_are_not_shown),
	    TEST(secrets_of_malformed_urls_are_not_shown),
	    TEST(damaged_files_are_refused),
	    TEST(folders_and_missing_files),
	    TEST(looking_changes_nothing),
	    TEST(full_disk_loses_nothing),
	};

	return cmocka_run_group_tests_name("store", tests, NULL, NULL);
}
