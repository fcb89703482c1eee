/*
 * store_backend.h - the functions that a kind of database has to offer as a store. Private to
 * store*.c.
 *
 * store_open.c knows the back ends, they know store.c, and store.c knows none of them.
 */
#ifndef CONCBENCH_STORE_BACKEND_H
#define CONCBENCH_STORE_BACKEND_H

#include "harness/history/store.h"

/* Texts are SQL. A function that fails leaves a store_error(). */
struct store_backend {
	size_t size; /* of its own structure, which begins with a struct store */
	/* The number of tables with the name $1, or of all tables when $1 is "". */
	const char *count_tables;
	const char *begin[3]; /* one after the other; up to a NULL */
	int (*open)(struct store *s, const char *where, enum store_mode mode);
	void (*close)(struct store *s);               /* also what open() has left half open */
	int (*adopt)(struct store *s, bool to_write); /* NULL: nothing to do */
	int (*insert)(struct store *s, const char *table, unsigned columns,
	    const struct store_value *values, size_t rows);
	/* One query at a time: select(), next() for as long as there is a row, and always done().
	 */
	int (*select)(struct store *s, const char *sql, const struct store_value *p, unsigned n);
	int (*next)(struct store *s); /* Return: 1; 0 at the end; an error */
	void (*done)(struct store *s);
	double (*get_real)(const struct store *s, unsigned column);
	const char *(*get_text)(const struct store *s, unsigned column);
};

/* The head of every back end's own structure. */
struct store {
	const struct store_backend *backend;
	char name[512];
	char error[768];
	unsigned wait_ms;
};

/** store_say_locked() - says that another writer did not end in time. Return: -EBUSY. */
int store_say_locked(struct store *s);

extern const struct store_backend store_sqlite, store_postgres;

#endif
