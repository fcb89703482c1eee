/*
 * store.h - one database behind one small interface: an SQLite file, or a PostgreSQL server.
 *
 * SQL goes through unchanged, so it must be SQL that both understand: "$1" for parameters, INTEGER,
 * BIGINT, DOUBLE PRECISION and TEXT for types. A function that fails leaves one line for people in
 * store_error(). Not thread-safe per store.
 *
 * Errors that mean something to callers: -EBUSY another writer did not finish in time, -EROFS may
 * not be written, -ENOSPC, -EUCLEAN not a database or a damaged one, -ENOENT no such database,
 * -EEXIST a row with that key is there, -EIO anything else.
 */
#ifndef CONCBENCH_STORE_H
#define CONCBENCH_STORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum store_type { STORE_NULL, STORE_INT, STORE_REAL, STORE_TEXT };

struct store_value {
	enum store_type type;
	int64_t integer;
	double real;
	const char *text; /* the caller's, until the call returns */
};

static inline struct store_value store_int(int64_t v)
{
	return (struct store_value){.type = STORE_INT, .integer = v};
}

/* NULL where it is not known. */
static inline struct store_value store_real(double v, bool known)
{
	return (struct store_value){.type = known ? STORE_REAL : STORE_NULL, .real = v};
}

static inline struct store_value store_text(const char *v)
{
	return (struct store_value){.type = STORE_TEXT, .text = v};
}

struct store;

enum store_mode {
	STORE_EXISTING, /* -ENOENT when it is not there */
	STORE_CREATE,   /* an SQLite file is made when it is not there; never a server's database */
};

/**
 * store_open() - @where is a path, or "postgresql://..." (also "postgres://...").
 * @wait_ms: how long to wait for another writer before -EBUSY.
 * @err: one line on failure.
 * Return: 0; an error as above; -ENOTSUP when libpq is not installed; -ENOMEM.
 */
int store_open(const char *where, enum store_mode mode, unsigned wait_ms, struct store **out,
    char *err, size_t err_len);

/** store_close() - NULL is fine; what was begun and not committed is rolled back. */
void store_close(struct store *s);

/**
 * store_adopt() - call it once the database is known to be ours; before that no byte of a file is
 * changed. @to_write: turns an SQLite file into a WAL database for good, so that readers and a
 * writer do not wait for each other.
 * Return: 0; an error.
 */
int store_adopt(struct store *s, bool to_write);

/** store_name() - the path, or the server without user, password and options: fit to be shown. */
const char *store_name(const struct store *s);

/** store_error() - one line that begins with the name and says what went wrong in the last call; ""
 * when nothing did. */
const char *store_error(const struct store *s);

/** store_say() - set store_error() to "<name>: ...", for errors that the database does not know.
 * Return: @rc. */
int store_say(struct store *s, int rc, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/** store_has_table() - @name: "" of any name, in the schema that is used. Return: 1; 0; an error.
 */
int store_has_table(struct store *s, const char *name);

/** store_exec() - run a statement and ignore its rows, if any. Return: 0; an error. */
int store_exec(struct store *s, const char *sql, const struct store_value *p, unsigned n);

/**
 * store_insert() - many rows at once, the fastest way that the database has.
 * @table: with its columns: "sample (figure, launch)". @values: [rows * columns].
 * Return: 0; an error, and the transaction is to be rolled back.
 */
int store_insert(struct store *s, const char *table, unsigned columns,
    const struct store_value *values, size_t rows);

/** store_row_fn - sees one row, with the functions below; may not begin another query.
 * Return: 0 to go on; anything else ends the query. */
typedef int store_row_fn(struct store *s, void *arg);

/** store_each() - a query, row by row. Return: 0; an error; what @row returned. */
int store_each(struct store *s, const char *sql, const struct store_value *p, unsigned n,
    store_row_fn *row, void *arg);

/* A column of the row; NULL gives 0, NAN and "". Texts are valid until the next row. */
int64_t store_get_int(const struct store *s, unsigned column);
double store_get_real(const struct store *s, unsigned column);
const char *store_get_text(const struct store *s, unsigned column);

/** store_scalar_int() - the first column of the first row. Return: 0; -ENODATA no row; an error. */
int store_scalar_int(
    struct store *s, const char *sql, const struct store_value *p, unsigned n, int64_t *out);

/** store_begin() - begin a transaction that writes, alone: a second writer waits here, never
 * later. */
int store_begin(struct store *s);
int store_commit(struct store *s);
/** store_rollback() - nothing of it remains; store_error() stays what it was. */
void store_rollback(struct store *s);

#endif
