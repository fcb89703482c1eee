#include "harness/history/store_backend.h"

#include "harness/base/one_line.h"

#include <errno.h>
#include <stdarg.h>
#include <string.h>

static bool is_url(const char *where)
{
	return !strncmp(where, "postgresql://", 13) || !strncmp(where, "postgres://", 11);
}

int store_open(const char *where, enum store_mode mode, unsigned wait_ms, struct store **out,
    char *err, size_t err_len)
{
	if (is_url(where))
		return store_postgres_open(where, wait_ms, out, err, err_len);
	/* Not a file of that name: more likely the wrong program than a strange path. */
	if (strstr(where, "://")) {
		char name[512];

		store_name_of_url(where, name, sizeof(name));
		one_line_format(err, err_len, "%s: neither a path nor postgresql://...", name);
		return -EINVAL;
	}
	return store_sqlite_open(where, mode, wait_ms, out, err, err_len);
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

/* "host", "host:5432,other", "[::1]:5432": where a password has slipped in, a port is no number. */
static bool ports_are_numbers(const char *authority, size_t len)
{
	size_t at = 0;

	while (at < len) {
		if (authority[at] == '[') {
			const char *end = memchr(authority + at, ']', len - at);

			at = end ? (size_t)(end - authority) + 1 : len;
		} else if (authority[at] == ':') {
			at += 1 + strspn(authority + at + 1, "0123456789");
			if (at < len && authority[at] != ',')
				return false;
		} else {
			at++;
		}
	}
	return true;
}

void store_name_of_url(const char *url, char *name, size_t len)
{
	const char *host = strstr(url, "://") + 3;
	const size_t scheme = (size_t)(host - url);
	const size_t before_query = strcspn(host, "?#");
	const char *at = memrchr(host, '@', before_query);
	size_t shown = before_query;

	/* A user's secret or an option's: which, nobody can tell. */
	if (strchr(host + before_query, '@')) {
		one_line_format(name, len, "%.*s...", (int)scheme, url);
		return;
	}
	if (at) {
		shown -= (size_t)(at + 1 - host);
		host = at + 1;
	}
	if (ports_are_numbers(host, strcspn(host, "/?#")))
		one_line_format(name, len, "%.*s%.*s", (int)scheme, url, (int)shown, host);
	else
		one_line_format(name, len, "%.*s...", (int)scheme, url);
}

void store_close(struct store *s)
{
	if (s)
		s->backend->close(s);
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

bool store_writable(const struct store *s)
{
	return s->writable;
}

int store_has_table(struct store *s, const char *name)
{
	return s->backend->has_table(s, name);
}

int store_has_any_table(struct store *s)
{
	return s->backend->has_any_table(s);
}

int store_exec(struct store *s, const char *sql, const struct store_value *p, unsigned n)
{
	return s->backend->exec(s, sql, p, n);
}

int store_insert(struct store *s, const char *table, unsigned columns,
    const struct store_value *values, size_t rows)
{
	return rows ? s->backend->insert(s, table, columns, values, rows) : 0;
}

int store_select(struct store *s, const char *sql, const struct store_value *p, unsigned n,
    struct store_rows **out)
{
	return s->backend->select(s, sql, p, n, out);
}

int store_next(struct store_rows *rows)
{
	return rows->backend->next(rows);
}

void store_done(struct store_rows *rows)
{
	rows->backend->done(rows);
}

int64_t store_get_int(const struct store_rows *rows, unsigned column)
{
	return rows->backend->get_int(rows, column);
}

double store_get_real(const struct store_rows *rows, unsigned column)
{
	return rows->backend->get_real(rows, column);
}

const char *store_get_text(const struct store_rows *rows, unsigned column)
{
	return rows->backend->get_text(rows, column);
}

int store_begin(struct store *s)
{
	return s->backend->begin(s);
}

int store_commit(struct store *s)
{
	return s->backend->commit(s);
}

void store_rollback(struct store *s)
{
	s->backend->rollback(s);
}

int store_scalar_int(
    struct store *s, const char *sql, const struct store_value *p, unsigned n, int64_t *out)
{
	struct store_rows *rows;
	int rc = store_select(s, sql, p, n, &rows);

	if (rc)
		return rc;
	rc = store_next(rows);
	if (rc <= 0)
		return rc ? rc : -ENODATA;
	*out = store_get_int(rows, 0);
	store_done(rows);
	return 0;
}
