/* store_postgres.c - a store in a PostgreSQL database, for teams with many machines. */
#include "harness/history/libpq.h"
#include "harness/history/store_backend.h"

#include "harness/base/one_line.h"
#include "harness/base/text.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Types as the server numbers them (pg_type.h); they have never changed. */
#define OID_INT8 20
#define OID_TEXT 25
#define OID_FLOAT8 701

/* Taken by every writer, so that they queue up at the beginning: "concbenc" as a number. */
#define WRITERS_LOCK "7165066905301380707"

#define PARAMETERS_MAX 32
#define NUMBER_MAX 40
#define COPY_CHUNK_BYTES (1u << 16)

struct postgres_store {
	struct store head;
	const struct libpq *pq;
	PGconn *connection;
	unsigned wait_ms;
	bool in_transaction;
};

struct postgres_rows {
	struct store_rows head;
	const struct libpq *pq;
	PGresult *result;
	int row, count;
};

static struct postgres_store *of(struct store *s)
{
	return (struct postgres_store *)s;
}

/* What the server has said: one line, without its "ERROR: " and without what follows the first. */
static int failed(struct postgres_store *s, const PGresult *result)
{
	static const struct {
		const char *state;
		int rc;
	} known[] = {{"55P03", -EBUSY}, {"25006", -EROFS}, {"53100", -ENOSPC}, {"23505", -EEXIST},
	    {"XX001", -EUCLEAN}, {"XX002", -EUCLEAN}, {"53200", -ENOMEM}};
	const char *state = result ? s->pq->PQresultErrorField(result, PG_DIAG_SQLSTATE) : NULL;
	const char *what =
	    result ? s->pq->PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY) : NULL;
	int rc = -EIO;

	for (size_t i = 0; state && i < sizeof(known) / sizeof(known[0]); i++)
		if (!strcmp(state, known[i].state))
			rc = known[i].rc;
	if (!what)
		what = s->pq->PQerrorMessage(s->connection);
	if (rc == -EBUSY)
		return store_say(&s->head, rc, "locked by another process for longer than %.3g s",
		    s->wait_ms / 1e3);
	if (rc == -EROFS) {
		s->head.writable = false;
		return store_say(&s->head, rc, "read-only");
	}
	return store_say(&s->head, rc, "%.*s", (int)strcspn(what, "\n"), what);
}

static void postgres_close(struct store *head)
{
	struct postgres_store *s = of(head);

	/* The server rolls back what is open. */
	if (s->connection)
		s->pq->PQfinish(s->connection);
	free(s);
}

static int run(struct postgres_store *s, const char *sql, const struct store_value *p, unsigned n,
    ExecStatusType want, PGresult **out)
{
	Oid types[PARAMETERS_MAX];
	const char *values[PARAMETERS_MAX];
	char numbers[PARAMETERS_MAX][NUMBER_MAX];
	PGresult *result;

	if (n > PARAMETERS_MAX)
		return store_say(&s->head, -E2BIG, "more than %d parameters", PARAMETERS_MAX);
	for (unsigned i = 0; i < n; i++) {
		values[i] = numbers[i];
		switch (p[i].type) {
		case STORE_NULL:
			/* 0: the server finds out from where it stands. */
			types[i] = 0;
			values[i] = NULL;
			break;
		case STORE_INT:
			types[i] = OID_INT8;
			(void)snprintf(numbers[i], NUMBER_MAX, "%lld", (long long)p[i].integer);
			break;
		case STORE_REAL:
			types[i] = OID_FLOAT8;
			(void)snprintf(numbers[i], NUMBER_MAX, "%.17g", p[i].real);
			break;
		case STORE_TEXT:
			types[i] = OID_TEXT;
			values[i] = p[i].text;
			break;
		}
	}
	result = s->pq->PQexecParams(s->connection, sql, (int)n, types, values, NULL, NULL, 0);
	if (s->pq->PQresultStatus(result) != want) {
		const int rc = failed(s, result);

		s->pq->PQclear(result);
		return rc;
	}
	if (out)
		*out = result;
	else
		s->pq->PQclear(result);
	return 0;
}

static int postgres_exec(
    struct store *head, const char *sql, const struct store_value *p, unsigned n)
{
	return run(of(head), sql, p, n, PGRES_COMMAND_OK, NULL);
}

static int postgres_select(struct store *head, const char *sql, const struct store_value *p,
    unsigned n, struct store_rows **out)
{
	struct postgres_store *s = of(head);
	struct postgres_rows *rows = calloc(1, sizeof(*rows));
	int rc;

	if (!rows)
		return store_say(head, -ENOMEM, "out of memory");
	rc = run(s, sql, p, n, PGRES_TUPLES_OK, &rows->result);
	if (rc) {
		free(rows);
		return rc;
	}
	rows->head.backend = head->backend;
	rows->pq = s->pq;
	rows->row = -1;
	rows->count = s->pq->PQntuples(rows->result);
	*out = &rows->head;
	return 0;
}

static void postgres_done(struct store_rows *head)
{
	struct postgres_rows *rows = (struct postgres_rows *)head;

	rows->pq->PQclear(rows->result);
	free(rows);
}

static int postgres_next(struct store_rows *head)
{
	struct postgres_rows *rows = (struct postgres_rows *)head;

	if (++rows->row < rows->count)
		return 1;
	postgres_done(head);
	return 0;
}

static const char *postgres_get_text(const struct store_rows *head, unsigned column)
{
	const struct postgres_rows *rows = (const struct postgres_rows *)head;

	return rows->pq->PQgetvalue(rows->result, rows->row, (int)column);
}

static int64_t postgres_get_int(const struct store_rows *head, unsigned column)
{
	return strtoll(postgres_get_text(head, column), NULL, 10);
}

static double postgres_get_real(const struct store_rows *head, unsigned column)
{
	const struct postgres_rows *rows = (const struct postgres_rows *)head;

	if (rows->pq->PQgetisnull(rows->result, rows->row, (int)column))
		return NAN;
	return strtod(postgres_get_text(head, column), NULL);
}

static int postgres_has_table(struct store *head, const char *name)
{
	const struct store_value p[] = {store_text(name)};
	int64_t n;
	/* '': of any name. */
	int rc = store_scalar_int(head,
	    "SELECT count(*) FROM information_schema.tables"
	    " WHERE table_schema = current_schema() AND $1 IN ('', table_name)",
	    p, 1, &n);

	return rc ? rc : n > 0;
}

static int postgres_has_any_table(struct store *head)
{
	return postgres_has_table(head, "");
}

/* A value as COPY's text format has it. */
static void add_copied(struct text_buffer *b, const struct store_value *v)
{
	switch (v->type) {
	case STORE_NULL:
		text_buffer_add(b, "\\N");
		break;
	case STORE_INT:
		text_buffer_addf(b, "%lld", (long long)v->integer);
		break;
	case STORE_REAL:
		text_buffer_addf(b, "%.17g", v->real);
		break;
	case STORE_TEXT:
		for (const char *p = v->text; *p; p++) {
			const char *special = strchr("\\\n\r\t", *p);

			if (special)
				text_buffer_addf(b, "\\%c", "\\nrt"[special - "\\\n\r\t"]);
			else
				text_buffer_add_bytes(b, p, 1);
		}
		break;
	}
}

static int send_rows(
    struct postgres_store *s, unsigned columns, const struct store_value *values, size_t count)
{
	struct text_buffer b = {0};
	int rc = 0;

	for (size_t i = 0; i < count && !rc; i++) {
		for (unsigned c = 0; c < columns; c++) {
			if (c)
				text_buffer_add(&b, "\t");
			add_copied(&b, &values[i * columns + c]);
		}
		text_buffer_add(&b, "\n");
		if (b.failed) {
			rc = store_say(&s->head, -ENOMEM, "out of memory");
		} else if (b.len >= COPY_CHUNK_BYTES || i + 1 == count) {
			if (s->pq->PQputCopyData(s->connection, b.data, (int)b.len) != 1)
				rc = failed(s, NULL);
			text_buffer_free(&b);
		}
	}
	text_buffer_free(&b);
	return rc;
}

/* COPY takes a million rows in the time of some ten thousand INSERTs. */
static int postgres_insert(struct store *head, const char *table, unsigned columns,
    const struct store_value *values, size_t count)
{
	struct postgres_store *s = of(head);
	struct text_buffer sql = {0};
	PGresult *result;
	int rc;

	text_buffer_addf(&sql, "COPY %s FROM STDIN", table);
	if (sql.failed)
		return store_say(head, -ENOMEM, "out of memory");
	rc = run(s, sql.data, NULL, 0, PGRES_COPY_IN, NULL);
	text_buffer_free(&sql);
	if (rc)
		return rc;
	rc = send_rows(s, columns, values, count);
	if (s->pq->PQputCopyEnd(s->connection, rc ? "given up" : NULL) != 1 && !rc)
		rc = failed(s, NULL);
	while ((result = s->pq->PQgetResult(s->connection)) != NULL) {
		if (s->pq->PQresultStatus(result) != PGRES_COMMAND_OK && !rc)
			rc = failed(s, result);
		s->pq->PQclear(result);
	}
	return rc;
}

static void postgres_rollback(struct store *head)
{
	struct postgres_store *s = of(head);

	if (s->in_transaction)
		s->pq->PQclear(s->pq->PQexec(s->connection, "ROLLBACK"));
	s->in_transaction = false;
}

static int postgres_begin(struct store *head)
{
	struct postgres_store *s = of(head);
	int rc = postgres_exec(head, "BEGIN", NULL, 0);

	if (rc)
		return rc;
	s->in_transaction = true;
	rc = run(
	    s, "SELECT pg_advisory_xact_lock(" WRITERS_LOCK ")", NULL, 0, PGRES_TUPLES_OK, NULL);
	if (rc)
		postgres_rollback(head);
	return rc;
}

static int postgres_commit(struct store *head)
{
	struct postgres_store *s = of(head);

	s->in_transaction = false;
	return postgres_exec(head, "COMMIT", NULL, 0);
}

static const struct store_backend postgres_backend = {
    .close = postgres_close,
    .has_table = postgres_has_table,
    .has_any_table = postgres_has_any_table,
    .exec = postgres_exec,
    .insert = postgres_insert,
    .select = postgres_select,
    .next = postgres_next,
    .done = postgres_done,
    .get_int = postgres_get_int,
    .get_real = postgres_get_real,
    .get_text = postgres_get_text,
    .begin = postgres_begin,
    .commit = postgres_commit,
    .rollback = postgres_rollback,
};

/* Notices are not for our users. */
static void no_notice(void *arg, const char *message)
{
	(void)arg;
	(void)message;
}

static int set_up(struct postgres_store *s)
{
	char sql[64];

	(void)snprintf(sql, sizeof(sql), "SET lock_timeout = %u", s->wait_ms ? s->wait_ms : 1);
	return postgres_exec(&s->head, sql, NULL, 0);
}

/*
 * Does libpq take it apart as it is shown? An '@' or '/' that belongs to a password moves parts of
 * it into the host, the port or the database, and libpq quotes those, and what it cannot read.
 */
static int check_url(struct postgres_store *s, const char *url)
{
	char *why = NULL;
	PQconninfoOption *const options = s->pq->PQconninfoParse(url, &why);
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
		s->pq->PQconninfoFree(options);
	if (why)
		s->pq->PQfreemem(why);
	return good ? 0
		    : store_say(&s->head, -EINVAL,
			  "not understood; special characters of a user, password or option have "
			  "to be percent-encoded (%%40 is @, %%2F is /)");
}

int store_postgres_open(
    const char *url, unsigned wait_ms, struct store **out, char *err, size_t err_len)
{
	/* What comes before "dbname" gives way to what the URL itself says. */
	static const char *const keys[] = {
	    "connect_timeout", "fallback_application_name", "client_encoding", "dbname", NULL};
	const char *const values[] = {"10", "concbench", "UTF8", url, NULL};
	struct postgres_store *s = calloc(1, sizeof(*s));
	int rc = -ENOTSUP;

	if (!s) {
		one_line_format(err, err_len, "out of memory");
		return -ENOMEM;
	}
	s->head.backend = &postgres_backend;
	s->head.writable = true;
	s->wait_ms = wait_ms;
	store_name_of_url(url, s->head.name, sizeof(s->head.name));
	s->pq = libpq_load(err, err_len);
	if (!s->pq)
		goto out_free;
	rc = check_url(s, url);
	if (rc)
		goto out_say;
	s->connection = s->pq->PQconnectdbParams(keys, values, 1);
	if (!s->connection || s->pq->PQstatus(s->connection) != CONNECTION_OK) {
		rc = s->connection ? failed(s, NULL) : -ENOMEM;
		goto out_say;
	}
	(void)s->pq->PQsetNoticeProcessor(s->connection, no_notice, NULL);
	rc = set_up(s);
	if (rc)
		goto out_say;
	*out = &s->head;
	return 0;
out_say:
	one_line_format(err, err_len, "%s", rc == -ENOMEM ? "out of memory" : s->head.error);
out_free:
	if (s->connection)
		s->pq->PQfinish(s->connection);
	free(s);
	return rc;
}
