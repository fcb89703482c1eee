/* export_private.h - the writers behind export_run(). Private to export*.c. */
#ifndef CONCBENCH_EXPORT_PRIVATE_H
#define CONCBENCH_EXPORT_PRIVATE_H

#include "harness/history/export.h"

/*
 * Each gets the cases of a run and gives the file's text, to be freed. @count is zeroed before.
 * Return: 0; -ENOMEM; -ERANGE for a figure that the format cannot hold; an error that
 * history_error() says.
 */
int export_github(const struct history_points *points, char **text, struct export_count *count);
int export_bencher(const struct history_points *points, char **text, struct export_count *count);
int export_compare_py(struct history *h, const struct history_run *run,
    const struct history_points *points, char **text, struct export_count *count);

#endif
