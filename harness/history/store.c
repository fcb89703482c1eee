#include "harness/history/store_backend.h"

#include "harness/base/one_line.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void store_close(struct store *s)
{
	if (s)
		s->backend->close(s);
	free(s);
}

int store_adopt(struct store *s, bool to_write)
{
	return s->backend->adopt ? s->backend->adopt(s, to_write) : 0;
}

const char *store_name(const struct store *s)
{
	return s->name;
}

const char *store_error(const struct store *s)
{
	return s->error;
}

int store_say(struct store *s, int rc, const char *format, ...)
{
	char what[640];
	va_list ap;

	va_start(ap, format);
	(void)vsnprintf(what, sizeof(what), format, ap);
	va_end(ap);
	one_line_format(s->error, sizeof(s->error), "%s: %s", s->name, what);
	return rc;
}

int store_say_locked(struct store *s)
{
	return store_say(
	    s, -EBUSY, "locked by another process for longer than %.3g s", s->wait_ms / 1e3);
}

int store_each(struct store *s, const char *sql, const struct store_value *p, unsigned n,
    store_row_fn *row, void *arg)
{
	int rc;

	s->error[0] = '\0';
	rc = s->backend->select(s, sql, p, n);
	while (!rc && (rc = s->backend->next(s)) == 1)
		rc = row ? row(s, arg) : 0;
	s->backend->done(s);
	return rc;
}

int store_exec(struct store *s, const char *sql, const struct store_value *p, unsigned n)
{
	return store_each(s, sql, p, n, NULL, NULL);
}

int store_insert(struct store *s, const char *table, unsigned columns,
    const struct store_value *values, size_t rows)
{
	s->error[0] = '\0';
	return rows ? s->backend->insert(s, table, columns, values, rows) : 0;
}

int64_t store_get_int(const struct store *s, unsigned column)
{
	return strtoll(store_get_text(s, column), NULL, 10);
}

double store_get_real(const struct store *s, unsigned column)
{
	return s->backend->get_real(s, column);
}

const char *store_get_text(const struct store *s, unsigned column)
{
	return s->backend->get_text(s, column);
}

struct scalar {
	int64_t value;
	bool found;
};

/* Goes on to the last row: only then has a statement made all its changes. */
static int first_int(struct store *s, void *arg)
{
	struct scalar *scalar = arg;

	if (!scalar->found)
		scalar->value = store_get_int(s, 0);
	scalar->found = true;
	return 0;
}

int store_scalar_int(
    struct store *s, const char *sql, const struct store_value *p, unsigned n, int64_t *out)
{
	struct scalar scalar = {0};
	const int rc = store_each(s, sql, p, n, first_int, &scalar);

	if (!rc && scalar.found)
		*out = scalar.value;
	return rc ? rc : scalar.found ? 0 : -ENODATA;
}

int store_has_table(struct store *s, const char *name)
{
	const struct store_value p[] = {store_text(name)};
	int64_t n;
	const int rc = store_scalar_int(s, s->backend->count_tables, p, 1, &n);

	return rc ? rc : n > 0;
}

int store_begin(struct store *s)
{
	const char *const *sql = s->backend->begin;
	int rc = 0;

	while (*sql && !rc)
		rc = store_exec(s, *sql++, NULL, 0);
	if (rc)
		store_rollback(s);
	return rc;
}

int store_commit(struct store *s)
{
	return store_exec(s, "COMMIT", NULL, 0);
}

void store_rollback(struct store *s)
{
	char error[sizeof(s->error)];

	memcpy(error, s->error, sizeof(error));
	/* This fails if the database has already rolled back by itself. */
	(void)store_exec(s, "ROLLBACK", NULL, 0);
	memcpy(s->error, error, sizeof(error));
}
