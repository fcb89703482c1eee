/* store_open.c - which kind of database a text means, and what may be shown of it. */
#include "harness/history/store_backend.h"

#include "harness/base/one_line.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

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

/* "postgresql://user:secret@host/db?password=secret" without both; of a URL in which a secret may
 * be anywhere only how it begins. */
static void name_of_url(const char *url, char *name, size_t len)
{
	const char *host = strstr(url, "://") + 3;
	const int scheme = (int)(host - url);
	const size_t before_query = strcspn(host, "?#");
	const char *at = memrchr(host, '@', before_query), *end = host + before_query;

	host = at ? at + 1 : host;
	/* With an '@' after it, it may be part of a user's secret or of an option. */
	if (strchr(end, '@') || !ports_are_numbers(host, strcspn(host, "/?#")))
		one_line_format(name, len, "%.*s...", scheme, url);
	else
		one_line_format(name, len, "%.*s%.*s", scheme, url, (int)(end - host), host);
}

static const struct store_backend *backend_of(const char *where)
{
	if (!strncmp(where, "postgresql://", 13) || !strncmp(where, "postgres://", 11))
		return &store_postgres;
	/* Not a file of that name: more likely the wrong program than a strange path. */
	return strstr(where, "://") ? NULL : &store_sqlite;
}

int store_open(const char *where, enum store_mode mode, unsigned wait_ms, struct store **out,
    char *err, size_t err_len)
{
	const struct store_backend *backend = backend_of(where);
	struct store *s = calloc(1, backend ? backend->size : sizeof(*s));
	int rc;

	if (!s) {
		one_line_format(err, err_len, "out of memory");
		return -ENOMEM;
	}
	if (strstr(where, "://"))
		name_of_url(where, s->name, sizeof(s->name));
	else
		one_line_format(s->name, sizeof(s->name), "%s", where);
	if (!backend) {
		one_line_format(err, err_len, "%s: neither a path nor postgresql://...", s->name);
		free(s);
		return -EINVAL;
	}
	s->backend = backend;
	s->wait_ms = wait_ms;
	rc = backend->open(s, where, mode);
	if (rc) {
		one_line_format(err, err_len, "%s", s->error);
		store_close(s);
		return rc;
	}
	s->error[0] = '\0';
	*out = s;
	return 0;
}
