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
};

extern const struct store_backend store_sqlite_backend;

/** store_sqlite_failed() - one line and an errno for what SQLite has just said. */
int store_sqlite_failed(struct sqlite_store *s);

#endif
