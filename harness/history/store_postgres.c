/*
 * store_postgres.c - a store in a PostgreSQL database, for teams with many machines.
 *
 * The client library is loaded when a server is named and not before. Linked in, it and the two
 * dozen libraries it needs (TLS, Kerberos, LDAP) would be part of every cell: 116 more mappings for
 * fork to copy and 3 ms more for each start, in the very processes that are measured.
 */
#include "harness/history/store_backend.h"

#include "harness/base/text.h"

#include <dlfcn.h>
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <libpq-fe.h>

/* The interface's version 5 has been the same since 2004. */
#define LIBPQ_FILE "libpq.so.5"
/* The functions that are used, X(name). */
/* clang-format off */
#define LIBPQ_FUNCTIONS(X) \
	X(PQclear) X(PQconnectdbParams) X(PQconninfoFree) X(PQconninfoParse) X(PQerrorMessage) \
	X(PQexecParams) X(PQfinish) X(PQfreemem) X(PQgetResult) X(PQgetisnull) X(PQgetvalue) \
	X(PQntuples) X(PQputCopyData) X(PQputCopyEnd) X(PQresultErrorField) X(PQresultStatus) \
	X(PQsetNoticeProcessor) X(PQstatus)
/* clang-format on */

#define LIBPQ_MEMBER(name) __typeof__(&name) name;
static struct {
	LIBPQ_FUNCTIONS(LIBPQ_MEMBER)
} pq;

/* Taken by every writer, so that they queue up at the beginning: "concbenc" as a number. */
#define WRITERS_LOCK "7165066905301380707"

#define PARAMETERS_MAX 32
#define NUMBER_MAX 40
#define COPY_CHUNK_BYTES (1u << 16)

struct postgres_store {
	struct store head;
	PGconn *connection;
	PGresult *result; /* of the query under way; NULL: none */
	int row;
};

static struct postgres_store *of(struct store *s)
{
	return (struct postgres_store *)s;
}

/* ISO C has no conversion from void * to a function; dlsym(3) has nothing else to give. */
#define LIBPQ_LOOK_UP(name)                      \
	found = dlsym(library, #name);           \
	memcpy(&pq.name, &found, sizeof(found)); \
	if (!found)                              \
		missing = #name;

static int load_library(struct store *s)
{
	static bool loaded;
	const char *missing = NULL;
	void *library, *found;

	if (loaded)
		return 0;
	library = dlopen(LIBPQ_FILE, RTLD_NOW | RTLD_LOCAL);
	if (!library)
		return store_say(
		    s, -ENOTSUP, "PostgreSQL's client library is not installed: %s", dlerror());
	LIBPQ_FUNCTIONS(LIBPQ_LOOK_UP)
	if (missing)
		return store_say(s, -ENOTSUP, "%s is too old: it lacks %s", LIBPQ_FILE, missing);
	loaded = true;
	return 0;
}

/* The server's message: its first line, without "ERROR: ". */
static int failed(struct postgres_store *s, const PGresult *result)
{
	static const struct {
		const char *state;
		int rc;
	} known[] = {{"55P03", -EBUSY}, {"25006", -EROFS}, {"53100", -ENOSPC}, {"23505", -EEXIST},
	    {"XX001", -EUCLEAN}, {"XX002", -EUCLEAN}, {"53200", -ENOMEM}};
	const char *state = result ? pq.PQresultErrorField(result, PG_DIAG_SQLSTATE) : NULL;
	const char *what = result ? pq.PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY) : NULL;
	int rc = -EIO;

	for (size_t i = 0; state && i < sizeof(known) / sizeof(known[0]); i++)
		if (!strcmp(state, known[i].state))
			rc = known[i].rc;
	if (rc == -EBUSY)
		return store_say_locked(&s->head);
	if (rc == -EROFS)
		return store_say(&s->head, rc, "read-only");
	if (!what)
		what = pq.PQerrorMessage(s->connection);
	return store_say(&s->head, rc, "%.*s", (int)strcspn(what, "\n"), what);
}

/* A value as text, in @number where it is one. NULL: there is none. */
static const char *text_of(const struct store_value *v, char number[NUMBER_MAX])
{
	if (v->type == STORE_INT)
		(void)snprintf(number, NUMBER_MAX, "%lld", (long long)v->integer);
	else if (v->type == STORE_REAL)
		(void)snprintf(number, NUMBER_MAX, "%.17g", v->real);
	else
		return v->type == STORE_TEXT ? v->text : NULL;
	return number;
}

static int postgres_select(
    struct store *head, const char *sql, const struct store_value *p, unsigned n)
{
	/* The server's numbers for int8, float8 and text (pg_type.h), which have never changed. It
	 * finds the type of a NULL from its place. */
	static const Oid oids[] = {
	    [STORE_NULL] = 0, [STORE_INT] = 20, [STORE_REAL] = 701, [STORE_TEXT] = 25};
	struct postgres_store *s = of(head);
	char numbers[PARAMETERS_MAX][NUMBER_MAX];
	const char *values[PARAMETERS_MAX];
	Oid types[PARAMETERS_MAX];
	ExecStatusType status;

	if (n > PARAMETERS_MAX)
		return store_say(head, -E2BIG, "more than %d parameters", PARAMETERS_MAX);
	for (unsigned i = 0; i < n; i++) {
		types[i] = oids[p[i].type];
		values[i] = text_of(&p[i], numbers[i]);
	}
	s->row = -1;
	s->result = pq.PQexecParams(s->connection, sql, (int)n, types, values, NULL, NULL, 0);
	status = pq.PQresultStatus(s->result);
	return status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK || status == PGRES_COPY_IN
		   ? 0
		   : failed(s, s->result);
}

static int postgres_next(struct store *head)
{
	return ++of(head)->row < pq.PQntuples(of(head)->result);
}

static void postgres_done(struct store *head)
{
	pq.PQclear(of(head)->result);
	of(head)->result = NULL;
}

static const char *postgres_get_text(const struct store *head, unsigned column)
{
	const struct postgres_store *s = (const struct postgres_store *)head;

	return pq.PQgetvalue(s->result, s->row, (int)column);
}

static double postgres_get_real(const struct store *head, unsigned column)
{
	const struct postgres_store *s = (const struct postgres_store *)head;

	return pq.PQgetisnull(s->result, s->row, (int)column)
		   ? NAN
		   : strtod(postgres_get_text(head, column), NULL);
}

/* A value as COPY's text format has it. */
static void add_copied(struct text_buffer *b, const struct store_value *v)
{
	static const char special[] = "\\\n\r\t", letters[] = "\\nrt";
	char number[NUMBER_MAX];
	const char *text = text_of(v, number);

	if (!text)
		text_buffer_add(b, "\\N");
	for (const char *p = text; p && *p; p++) {
		const char *at = strchr(special, *p);

		if (at)
			text_buffer_addf(b, "\\%c", letters[at - special]);
		else
			text_buffer_add_bytes(b, p, 1);
	}
}

static int send_rows(
    struct postgres_store *s, unsigned columns, const struct store_value *values, size_t rows)
{
	struct text_buffer b = {0};
	int rc = 0;

	for (size_t i = 0; i < rows && !rc; i++) {
		for (unsigned c = 0; c < columns; c++) {
			add_copied(&b, &values[i * columns + c]);
			text_buffer_add(&b, c + 1 < columns ? "\t" : "\n");
		}
		if (b.len < COPY_CHUNK_BYTES && i + 1 < rows && !b.failed)
			continue;
		if (b.failed)
			rc = store_say(&s->head, -ENOMEM, "out of memory");
		else if (pq.PQputCopyData(s->connection, b.data, (int)b.len) != 1)
			rc = failed(s, NULL);
		text_buffer_free(&b);
	}
	return rc;
}

/* COPY takes a million rows in the time of some ten thousand INSERTs. */
static int postgres_insert(struct store *head, const char *table, unsigned columns,
    const struct store_value *values, size_t rows)
{
	struct postgres_store *s = of(head);
	char sql[512];
	PGresult *result;
	int rc;

	(void)snprintf(sql, sizeof(sql), "COPY %s FROM STDIN", table);
	rc = postgres_select(head, sql, NULL, 0);
	postgres_done(head);
	if (rc)
		return rc;
	rc = send_rows(s, columns, values, rows);
	if (pq.PQputCopyEnd(s->connection, rc ? "given up" : NULL) != 1 && !rc)
		rc = failed(s, NULL);
	while ((result = pq.PQgetResult(s->connection)) != NULL) {
		if (pq.PQresultStatus(result) != PGRES_COMMAND_OK && !rc)
			rc = failed(s, result);
		pq.PQclear(result);
	}
	return rc;
}

/* Notices are not for our users. */
static void no_notice(void *arg, const char *message)
{
	(void)arg;
	(void)message;
}

/*
 * Does libpq take it apart as it is shown? An '@' or '/' that belongs to a password moves parts of
 * it into the host, the port or the database, and libpq quotes those, and what it cannot read.
 */
static int check_url(struct store *s, const char *url)
{
	char *why = NULL;
	PQconninfoOption *const options = pq.PQconninfoParse(url, &why);
	bool good = options != NULL;

	for (const PQconninfoOption *o = options; good && o->keyword; o++) {
		if (!o->val)
			continue;
		if (!strcmp(o->keyword, "host") || !strcmp(o->keyword, "dbname"))
			good = !strchr(o->val, '@');
		if (!strcmp(o->keyword, "port"))
			good = !o->val[strspn(o->val, "0123456789,")];
	}
	if (options)
		pq.PQconninfoFree(options);
	if (why)
		pq.PQfreemem(why);
	return good ? 0
		    : store_say(s, -EINVAL,
			  "not understood; special characters of a user, password or option have "
			  "to be percent-encoded (%%40 is @, %%2F is /)");
}

static int postgres_open(struct store *head, const char *url, enum store_mode mode)
{
	/* Settings before "dbname" are overridden by the URL. */
	static const char *const keys[] = {
	    "connect_timeout", "fallback_application_name", "client_encoding", "dbname", NULL};
	const char *const values[] = {"10", "concbench", "UTF8", url, NULL};
	struct postgres_store *s = of(head);
	char sql[64];
	int rc = load_library(head);

	(void)mode; /* a database is made by its owner */
	if (!rc)
		rc = check_url(head, url);
	if (rc)
		return rc;
	s->connection = pq.PQconnectdbParams(keys, values, 1);
	if (!s->connection)
		return store_say(head, -ENOMEM, "out of memory");
	if (pq.PQstatus(s->connection) != CONNECTION_OK)
		return failed(s, NULL);
	(void)pq.PQsetNoticeProcessor(s->connection, no_notice, NULL);
	(void)snprintf(
	    sql, sizeof(sql), "SET lock_timeout = %u", head->wait_ms ? head->wait_ms : 1);
	return store_exec(head, sql, NULL, 0);
}

static void postgres_close(struct store *head)
{
	/* The server rolls back what is open. */
	if (of(head)->connection)
		pq.PQfinish(of(head)->connection);
}

const struct store_backend store_postgres = {
    .size = sizeof(struct postgres_store),
    .count_tables = "SELECT count(*) FROM information_schema.tables"
		    " WHERE table_schema = current_schema() AND $1 IN ('', table_name)",
    .begin = {"BEGIN", "SELECT pg_advisory_xact_lock(" WRITERS_LOCK ")"},
    .open = postgres_open,
    .close = postgres_close,
    .insert = postgres_insert,
    .select = postgres_select,
    .next = postgres_next,
    .done = postgres_done,
    .get_real = postgres_get_real,
    .get_text = postgres_get_text,
};
