/* A history of this schema is made and used; what is anything else is refused and left alone. */
#include "harness/history/history_fixture.h"
#include "harness/history/schema.h"

static int open_as(const struct db_fixture *f, enum history_mode mode, char *err, size_t len)
{
	struct history *h = NULL;
	const int rc = history_open(f->db, mode, 1000, &h, err, len);

	history_close(h);
	return rc;
}

static void made_once(void **state)
{
	const struct db_fixture *f = *state;
	char err[512] = "";
	struct history *h;

	if (f->server)
		assert_int_equal(open_as(f, HISTORY_READ, err, sizeof(err)), -ENOENT);
	h = db_history(f);
	db_add_run(h, 1, 1);
	history_close(h);
	for (int mode = HISTORY_READ; mode <= HISTORY_WRITE; mode++)
		assert_int_equal(open_as(f, (enum history_mode)mode, err, sizeof(err)), 0);
	h = db_history(f);
	assert_int_equal(db_count(h->store, "SELECT count(*) FROM run"), 1);
	assert_int_equal(db_count(h->store, "SELECT version FROM schema_version"), SCHEMA_VERSION);
	history_close(h);
}

static int uses_the_index(struct store *rows, void *used)
{
	*(bool *)used |= strstr(store_get_text(rows, 3), "figure_of_case") != NULL;
	return 0;
}

/* A case is found without looking at every figure. */
static void a_case_has_an_index(void **state)
{
	const struct db_fixture *f = *state;
	struct history *h = db_history(f);
	bool used = false;

	if (f->server) {
		history_close(h);
		skip();
	}
	assert_int_equal(
	    store_each(h->store, "EXPLAIN QUERY PLAN SELECT run FROM figure WHERE bench_case = 1",
		NULL, 0, uses_the_index, &used),
	    0);
	assert_true(used);
	history_close(h);
}

/* Older or newer: refused in one line with both numbers, and nothing is made of it. */
static void other_schemas_are_refused(void **state)
{
	static const int versions[] = {1, SCHEMA_VERSION - 1, SCHEMA_VERSION + 1, 999};
	const struct db_fixture *f = *state;
	struct history *h = db_history(f);

	db_add_run(h, 1, 1);
	history_close(h);
	for (size_t i = 0; i < sizeof(versions) / sizeof(versions[0]); i++) {
		const struct store_value p[] = {store_int(versions[i])};
		struct store *s = db_store(f);
		char theirs[32], ours[32];

		assert_int_equal(store_exec(s, "UPDATE schema_version SET version = $1", p, 1), 0);
		store_close(s);
		snprintf(theirs, sizeof(theirs), "schema %d;", versions[i]);
		snprintf(ours, sizeof(ours), "schema %d:", SCHEMA_VERSION);
		for (int mode = HISTORY_READ; mode <= HISTORY_WRITE; mode++) {
			char err[512] = "";

			assert_int_equal(
			    open_as(f, (enum history_mode)mode, err, sizeof(err)), -EPROTO);
			assert_non_null(strstr(err, theirs));
			assert_non_null(strstr(err, ours));
			assert_null(strchr(err, '\n'));
		}
		s = db_store(f);
		assert_int_equal(db_count(s, "SELECT version FROM schema_version"), versions[i]);
		assert_int_equal(db_count(s, "SELECT count(*) FROM run"), 1);
		store_close(s);
	}
}

static void foreign_tables_are_not_touched(void **state)
{
	static const char *const foreign[] = {"CREATE TABLE groceries (milk INTEGER)",
	    "CREATE TABLE schema_version (version INTEGER)"};
	const struct db_fixture *f = *state;

	for (size_t i = 0; i < sizeof(foreign) / sizeof(foreign[0]); i++) {
		struct store *s = db_store(f);
		char err[512] = "";

		assert_int_equal(store_exec(s, foreign[i], NULL, 0), 0);
		store_close(s);
		assert_int_equal(open_as(f, HISTORY_WRITE, err, sizeof(err)), -EUCLEAN);
		assert_non_null(strstr(err, "not a history of concbench"));
		s = db_store(f);
		assert_int_equal(store_has_table(s, "run"), 0);
		assert_int_equal(store_has_table(s, "groceries"), 1);
		store_close(s);
	}
}

/* Tables that cannot all be made are not made at all, and are made as soon as they can be. */
static void half_of_the_tables_is_taken_back(void **state)
{
	const struct db_fixture *f = *state;
	struct store *s = db_store(f);
	char err[512] = "";

	/* Not a table, but in the way of one; for a server a view is a table as well. */
	assert_int_equal(store_exec(s,
			     f->server ? "CREATE TYPE figure AS (x INTEGER)"
				       : "CREATE VIEW figure AS SELECT 1 AS x",
			     NULL, 0),
	    0);
	assert_true(schema_open(s, true) < 0);
	assert_true(store_error(s)[0] != '\0');
	assert_int_equal(store_has_table(s, ""), 0);
	assert_int_equal(open_as(f, HISTORY_READ, err, sizeof(err)), -ENOENT);
	assert_int_equal(
	    store_exec(s, f->server ? "DROP TYPE figure" : "DROP VIEW figure", NULL, 0), 0);
	assert_int_equal(schema_open(s, true), 0);
	assert_int_equal(store_has_table(s, "sample"), 1);
	store_close(s);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, db_setup, db_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(made_once),
	    TEST(a_case_has_an_index),
	    TEST(other_schemas_are_refused),
	    TEST(foreign_tables_are_not_touched),
	    TEST(half_of_the_tables_is_taken_back),
	};

	return cmocka_run_group_tests_name("schema", tests, NULL, NULL);
}
