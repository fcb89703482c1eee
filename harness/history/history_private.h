/* history_private.h - shared by the files of history/ only. */
#ifndef CONCBENCH_HISTORY_PRIVATE_H
#define CONCBENCH_HISTORY_PRIVATE_H

#include "harness/history/history.h"
#include "harness/history/store.h"

struct history {
	struct store *store;
};

/** history_grow() - room for one item of @size more behind the @count there are. Return: false: no
 * memory, and nothing has changed. */
bool history_grow(void **items, size_t count, size_t *capacity, size_t size);

#endif
