/*
 * store_backend.h - what a database has to offer to be a store. Private to store*.c.
 */
#ifndef CONCBENCH_STORE_BACKEND_H
#define CONCBENCH_STORE_BACKEND_H

#include "harness/history/store.h"

#include <stdio.h>

/* The functions of store.h, for one kind of database. */
struct store_backend {
	void (*close)(struct store *s);
	int (*adopt)(struct store *s, bool to_write); /* NULL: nothing to do */
	int (*has_table)(struct store *s, const char *name);
	int (*has_any_table)(struct store *s);
	int (*exec)(struct store *s, const char *sql, const struct store_value *p, unsigned n);
	int (*insert)(struct store *s, const char *table, unsigned columns,
	    const struct store_value *values, size_t rows);
	int (*select)(struct store *s, const char *sql, const struct store_value *p, unsigned n,
	    struct store_rows **out);
	int (*next)(struct store_rows *rows);
	void (*done)(struct store_rows *rows);
	int64_t (*get_int)(const struct store_rows *rows, unsigned column);
	double (*get_real)(const struct store_rows *rows, unsigned column);
	const char *(*get_text)(const struct store_rows *rows, unsigned column);
	int (*begin)(struct store *s);
	int (*commit)(struct store *s);
	void (*rollback)(struct store *s);
};

/* The head of every backend's own structure. */
struct store {
	const struct store_backend *backend;
	char name[512];
	char error[768];
	bool writable;
};

/* The head of every backend's own rows. */
struct store_rows {
	const struct store_backend *backend;
};

/** store_say() - put "<name>: ..." into the store's error, one line. Return: @rc. */
int store_say(struct store *s, int rc, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/** store_name_of_url() - "postgresql://user:secret@host/db?password=secret" as it may be shown:
 * without both; of a URL in which a secret may be anywhere only how it begins. */
void store_name_of_url(const char *url, char *name, size_t len);

int store_sqlite_open(const char *path, enum store_mode mode, unsigned wait_ms, struct store **out,
    char *err, size_t err_len);
int store_postgres_open(
    const char *url, unsigned wait_ms, struct store **out, char *err, size_t err_len);

#endif
