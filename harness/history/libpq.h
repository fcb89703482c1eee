/*
 * libpq.h - PostgreSQL's client library, loaded when a server is named and not before.
 *
 * Linked in, it and the two dozen libraries it needs (TLS, Kerberos, LDAP) would be part of every
 * cell: 116 more mappings for fork to copy and 3 ms more for each start, in the very processes
 * that are measured. Private to store_postgres.c.
 */
#ifndef CONCBENCH_LIBPQ_H
#define CONCBENCH_LIBPQ_H

#include <stddef.h>

#include <libpq-fe.h>

/* The functions that are used, X(name). */
#define LIBPQ_FUNCTIONS(X)      \
	X(PQclear)              \
	X(PQconnectdbParams)    \
	X(PQconninfoFree)       \
	X(PQconninfoParse)      \
	X(PQerrorMessage)       \
	X(PQexec)               \
	X(PQexecParams)         \
	X(PQfinish)             \
	X(PQfreemem)            \
	X(PQgetResult)          \
	X(PQgetisnull)          \
	X(PQgetvalue)           \
	X(PQntuples)            \
	X(PQputCopyData)        \
	X(PQputCopyEnd)         \
	X(PQresultErrorField)   \
	X(PQresultStatus)       \
	X(PQsetNoticeProcessor) \
	X(PQstatus)

#define LIBPQ_MEMBER(name) __typeof__(&name) name;
struct libpq {
	LIBPQ_FUNCTIONS(LIBPQ_MEMBER)
};
#undef LIBPQ_MEMBER

/** libpq_load() - the table of functions, filled once. Not thread-safe.
 * Return: NULL, and a reason in @err, when the library is not installed or lacks one of them. */
const struct libpq *libpq_load(char *err, size_t err_len);

#endif
