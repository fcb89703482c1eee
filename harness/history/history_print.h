/*
 * history_print.h - a history as text, for a terminal or a log.
 *
 * All return 0; -EIO when @to has an error; or the error of reading the database, which
 * history_error() explains.
 */
#ifndef CONCBENCH_HISTORY_PRINT_H
#define CONCBENCH_HISTORY_PRINT_H

#include "harness/history/history.h"

#include <stdint.h>
#include <stdio.h>

/** history_print_runs() - a line a run, then the classes of machines that they were made on. */
int history_print_runs(FILE *to, const struct history_runs *runs);

/** history_print_series() - heading, sparkline and a line a point. */
int history_print_series(
    FILE *to, struct history *h, const struct history_series *series, bool plain);

/**
 * history_print_run() - a line for every case of the run: figure, what it was before, sparkline.
 * @filter: its case_name picks cases.
 */
int history_print_run(FILE *to, struct history *h, const struct history_run *run,
    const struct history_filter *filter, bool plain);

#endif
