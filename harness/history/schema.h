/*
 * schema.h - the tables of a history. A database with another schema is refused and never changed.
 */
#ifndef CONCBENCH_SCHEMA_H
#define CONCBENCH_SCHEMA_H

#include "harness/history/store.h"

/* Goes up with every change of the tables. Versions 1 to 3 knew times only.
 */
#define SCHEMA_VERSION 4

/**
 * schema_open() - is it a history of this schema? It is adopted then, see store_adopt().
 * @write: the tables are made, in one transaction, when there are none.
 * Return: 0; -ENOENT no tables, and not to @write; -EPROTO another schema; -EUCLEAN when its tables
 * are not a history's; an error. All with a store_error().
 */
int schema_open(struct store *s, bool write);

#endif
