/* store_sqlite.c - a store in one SQLite file, once it is open. */
#include "harness/history/store_sqlite.h"

#include "harness/base/text.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

struct sqlite_rows {
	struct store_rows head;
	struct sqlite_store *store;
	sqlite3_stmt *statement;
};

static struct sqlite_store *of(struct store *s)
{
	return (struct sqlite_store *)s;
}

/* SQLite says "disk I/O error" of a full disk where it maps the file; the system knows better. */
static bool disk_is_full(sqlite3 *db, int code)
{
	return (code & 0xff) == SQLITE_FULL ||
	       ((code & 0xff) == SQLITE_IOERR && sqlite3_system_errno(db) == ENOSPC);
}

int store_sqlite_failed(struct sqlite_store *s)
{
	const int code = sqlite3_extended_errcode(s->db);

	if (disk_is_full(s->db, code))
		return store_say(&s->head, -ENOSPC, "no space left on the disk");
	switch (code & 0xff) {
	case SQLITE_BUSY:
	case SQLITE_LOCKED:
		return store_say(&s->head, -EBUSY,
		    "locked by another process for longer than %.3g s", s->wait_ms / 1e3);
	case SQLITE_READONLY:
	case SQLITE_PERM:
	case SQLITE_AUTH:
		s->head.writable = false;
		return store_say(&s->head, -EROFS, "%s", s->why_read_only);
	case SQLITE_NOTADB:
		return store_say(&s->head, -EUCLEAN, "not an SQLite database");
	case SQLITE_CORRUPT:
		return store_say(&s->head, -EUCLEAN, "damaged database: %s", sqlite3_errmsg(s->db));
	case SQLITE_CANTOPEN: {
		const int why = sqlite3_system_errno(s->db);

		return store_say(
		    &s->head, why ? -why : -EIO, "%s", why ? strerror(why) : sqlite3_errmsg(s->db));
	}
	case SQLITE_CONSTRAINT:
		return store_say(&s->head, -EEXIST, "%s", sqlite3_errmsg(s->db));
	case SQLITE_NOMEM:
		return store_say(&s->head, -ENOMEM, "out of memory");
	case SQLITE_IOERR: {
		const int why = sqlite3_system_errno(s->db);

		return store_say(
		    &s->head, why ? -why : -EIO, "%s", why ? strerror(why) : sqlite3_errmsg(s->db));
	}
	default:
		return store_say(&s->head, -EIO, "%s", sqlite3_errmsg(s->db));
	}
}

static void sqlite_close(struct store *head)
{
	struct sqlite_store *s = of(head);

	/* An open transaction is rolled back by closing. */
	(void)sqlite3_close(s->db);
	free(s);
}

static int bind_value(sqlite3_stmt *statement, int at, const struct store_value *p)
{
	switch (p->type) {
	case STORE_NULL:
		return sqlite3_bind_null(statement, at);
	case STORE_INT:
		return sqlite3_bind_int64(statement, at, p->integer);
	case STORE_REAL:
		return sqlite3_bind_double(statement, at, p->real);
	case STORE_TEXT:
		return sqlite3_bind_text(statement, at, p->text, -1, SQLITE_TRANSIENT);
	}
	return SQLITE_MISUSE;
}

/* "$7" may stand anywhere and more than once; SQLite numbers names in order of appearance. */
static int bind(sqlite3_stmt *statement, const struct store_value *p, unsigned n)
{
	for (unsigned i = 0; i < n; i++) {
		char name[16];
		int at, rc = SQLITE_OK;

		(void)snprintf(name, sizeof(name), "$%u", i + 1);
		at = sqlite3_bind_parameter_index(statement, name);
		if (at)
			rc = bind_value(statement, at, &p[i]);
		if (rc != SQLITE_OK)
			return rc;
	}
	return SQLITE_OK;
}

static int sqlite_select(struct store *head, const char *sql, const struct store_value *p,
    unsigned n, struct store_rows **out)
{
	struct sqlite_store *s = of(head);
	struct sqlite_rows *rows = calloc(1, sizeof(*rows));

	if (!rows)
		return store_say(head, -ENOMEM, "out of memory");
	rows->head.backend = head->backend;
	rows->store = s;
	if (sqlite3_prepare_v2(s->db, sql, -1, &rows->statement, NULL) != SQLITE_OK ||
	    bind(rows->statement, p, n) != SQLITE_OK) {
		const int rc = store_sqlite_failed(s);

		(void)sqlite3_finalize(rows->statement);
		free(rows);
		return rc;
	}
	*out = &rows->head;
	return 0;
}

static void sqlite_done(struct store_rows *head)
{
	struct sqlite_rows *rows = (struct sqlite_rows *)head;

	(void)sqlite3_finalize(rows->statement);
	free(rows);
}

static int sqlite_next(struct store_rows *head)
{
	struct sqlite_rows *rows = (struct sqlite_rows *)head;
	const int code = sqlite3_step(rows->statement);
	int rc = 0;

	if (code == SQLITE_ROW)
		return 1;
	if (code != SQLITE_DONE)
		rc = store_sqlite_failed(rows->store);
	sqlite_done(head);
	return rc;
}

static int64_t sqlite_get_int(const struct store_rows *head, unsigned column)
{
	return sqlite3_column_int64(((const struct sqlite_rows *)head)->statement, (int)column);
}

static double sqlite_get_real(const struct store_rows *head, unsigned column)
{
	sqlite3_stmt *statement = ((const struct sqlite_rows *)head)->statement;

	if (sqlite3_column_type(statement, (int)column) == SQLITE_NULL)
		return NAN;
	return sqlite3_column_double(statement, (int)column);
}

static const char *sqlite_get_text(const struct store_rows *head, unsigned column)
{
	const struct sqlite_rows *rows = (const struct sqlite_rows *)head;
	const unsigned char *text = sqlite3_column_text(rows->statement, (int)column);

	return text ? (const char *)text : "";
}

static int sqlite_exec(struct store *head, const char *sql, const struct store_value *p, unsigned n)
{
	struct store_rows *rows;
	int rc = sqlite_select(head, sql, p, n, &rows);

	while (!rc && (rc = sqlite_next(rows)) == 1)
		rc = 0;
	return rc;
}

static int sqlite_has_table(struct store *head, const char *name)
{
	const struct store_value p[] = {store_text(name)};
	int64_t n;
	int rc = store_scalar_int(head,
	    "SELECT count(*) FROM sqlite_master WHERE type = 'table' AND name = $1", p, 1, &n);

	return rc ? rc : n > 0;
}

static int sqlite_has_any_table(struct store *head)
{
	int64_t n;
	int rc = store_scalar_int(
	    head, "SELECT count(*) FROM sqlite_master WHERE type = 'table'", NULL, 0, &n);

	return rc ? rc : n > 0;
}

/* "sample (a, b)" with 2 columns: "INSERT INTO sample (a, b) VALUES ($1, $2)". */
static char *insert_text(const char *table, unsigned columns)
{
	struct text_buffer sql = {0};

	text_buffer_addf(&sql, "INSERT INTO %s VALUES (", table);
	for (unsigned i = 0; i < columns; i++)
		text_buffer_addf(&sql, "%s$%u", i ? ", " : "", i + 1);
	text_buffer_add(&sql, ")");
	if (sql.failed)
		text_buffer_free(&sql);
	return sql.data;
}

static int sqlite_insert(struct store *head, const char *table, unsigned columns,
    const struct store_value *values, size_t count)
{
	struct sqlite_store *s = of(head);
	char *sql = insert_text(table, columns);
	sqlite3_stmt *statement = NULL;
	int rc = 0;

	if (!sql)
		return store_say(head, -ENOMEM, "out of memory");
	if (sqlite3_prepare_v2(s->db, sql, -1, &statement, NULL) != SQLITE_OK)
		rc = store_sqlite_failed(s);
	for (size_t i = 0; i < count && !rc; i++) {
		/* insert_text() has numbered them as they stand. */
		for (unsigned k = 0; k < columns && !rc; k++)
			if (bind_value(statement, (int)k + 1, &values[i * columns + k]) !=
			    SQLITE_OK)
				rc = store_sqlite_failed(s);
		if (!rc && sqlite3_step(statement) != SQLITE_DONE)
			rc = store_sqlite_failed(s);
		(void)sqlite3_reset(statement);
	}
	(void)sqlite3_finalize(statement);
	free(sql);
	return rc;
}

static int sqlite_begin(struct store *head)
{
	return sqlite_exec(head, "BEGIN IMMEDIATE", NULL, 0);
}

static int sqlite_commit(struct store *head)
{
	return sqlite_exec(head, "COMMIT", NULL, 0);
}

static void sqlite_rollback(struct store *head)
{
	struct sqlite_store *s = of(head);

	/* SQLite has rolled back by itself after some errors. */
	if (!sqlite3_get_autocommit(s->db))
		(void)sqlite3_exec(s->db, "ROLLBACK", NULL, NULL, NULL);
}

const struct store_backend store_sqlite_backend = {
    .close = sqlite_close,
    .adopt = store_sqlite_adopt,
    .has_table = sqlite_has_table,
    .has_any_table = sqlite_has_any_table,
    .exec = sqlite_exec,
    .insert = sqlite_insert,
    .select = sqlite_select,
    .next = sqlite_next,
    .done = sqlite_done,
    .get_int = sqlite_get_int,
    .get_real = sqlite_get_real,
    .get_text = sqlite_get_text,
    .begin = sqlite_begin,
    .commit = sqlite_commit,
    .rollback = sqlite_rollback,
};
