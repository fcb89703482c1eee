/* history_private.h - shared by history*.c only. */
#ifndef CONCBENCH_HISTORY_PRIVATE_H
#define CONCBENCH_HISTORY_PRIVATE_H

#include "harness/history/history.h"
#include "harness/history/store.h"

struct history {
	struct store *store;
	unsigned schema; /* of the database: a reader leaves it what it was */
	char error[768]; /* of ours; "" when the store's own says it */
};

/** history_fail() - a reason that is not the database's. Return: @rc. */
int history_fail(struct history *h, int rc, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/**
 * HISTORY_GROW() - room for one more item, zeroed, in a list of history.h (items, count, capacity).
 * NULL: no memory.
 */
#define HISTORY_GROW(list) \
	history_grow((list), &(list)->count, &(list)->capacity, sizeof(*(list)->items))
void *history_grow(void *list, size_t *count, size_t *capacity, size_t size);

/** history_like_class() - what "class LIKE $1" takes for @machine, a class, how one begins, or
 * NULL. Return: 0; -EINVAL. */
int history_like_class(struct history *h, const char *machine, char *like, size_t len);

/** history_read_run() - the columns of a run, as HISTORY_RUN_COLUMNS orders them. */
void history_read_run(const struct store_rows *rows, struct history_run *run);
#define HISTORY_RUN_COLUMNS \
	"r.id, r.name, r.date, m.class, m.title, r.profile, r.revision, r.noise, r.interrupted"

/**
 * history_select() - store_select() for a query that has r.revision, on every schema there has
 * been. Return: 0; -ENOMEM; an error of store.h.
 */
int history_select(struct history *h, const char *sql, const struct store_value *p, unsigned n,
    struct store_rows **out);

/** history_copy() - a column of the current row. */
void history_copy(char *to, size_t len, const struct store_rows *rows, unsigned column);

/** history_no_memory() - release @rows and say so. Return: -ENOMEM. */
int history_no_memory(struct history *h, struct store_rows *rows);

#endif
