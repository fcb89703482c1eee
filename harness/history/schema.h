/*
 * schema.h - the tables of a history, and the steps from every older version to this one.
 *
 * A version is one step of a table in schema.c; a new one is added at its end, and none is ever
 * changed. Who only reads leaves an older version alone: see history_select(). All SQL that defines
 * anything is there, in the dialect that both databases understand.
 */
#ifndef CONCBENCH_SCHEMA_H
#define CONCBENCH_SCHEMA_H

#include "harness/history/store.h"

/** schema_newest() - the version this build reads and writes. */
unsigned schema_newest(void);

/**
 * schema_version() - of a database; 0 when it has no tables at all.
 * Return: 0; -EUCLEAN with a store_error() when its tables are not a history's; an error.
 */
int schema_version(struct store *s, unsigned *out);

/** schema_check() - can a reader use that version? Return: 0; -EPROTO with a store_error() when it
 * is newer than this build. */
int schema_check(struct store *s, unsigned version);

/**
 * schema_migrate_to() - bring an empty or older database to @version, in one transaction.
 * @from: the version it had. Only tests want another version than schema_newest().
 * Return: 0; -EPROTO when it is newer than this build; -EROFS when it is older and cannot be
 * written; an error. All with a store_error().
 */
int schema_migrate_to(struct store *s, unsigned version, unsigned *from);

#endif
