/*
 * store_sqlite.h - private to store_sqlite*.c, the only files that know SQLite.
 */
#ifndef CONCBENCH_STORE_SQLITE_H
#define CONCBENCH_STORE_SQLITE_H

#include "harness/history/store_backend.h"

#include <sqlite3.h>

struct sqlite_store {
	struct store head;
	sqlite3 *db;
	unsigned wait_ms;
	const char *why_read_only; /* a literal */
};

extern const struct store_backend store_sqlite_backend;

/** store_sqlite_failed() - one line and an errno for what SQLite has just said. */
int store_sqlite_failed(struct sqlite_store *s);

/** store_sqlite_adopt() - as store_adopt(). */
int store_sqlite_adopt(struct store *head, bool to_write);

#endif
