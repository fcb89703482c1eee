/*
 * table.h - the table at the end of a run, for a terminal of 100 columns or a log.
 */
#ifndef CONCBENCH_TABLE_H
#define CONCBENCH_TABLE_H

#include "harness/run/run.h"

#include <stdio.h>

#define TABLE_WIDTH 100

/**
 * table_print_run() - one block a family: figures, then the reasons of rows that are not ok, then
 * the verdict on the machine's noise.
 * @plain: ASCII only, for terminals and logs that are not UTF-8.
 * @above_floor: of families that have a floor (struct cb_family), how much more a row takes than
 * the floor's with the same parameters, instead of what it takes; nothing where there is no such
 * row. The heading says which of the two is shown.
 *
 * What all rows of a block share stands in its heading; every knob that differs has a column of
 * its own and is never cut. Long kinds are cut in the middle, where the rest tells them apart best.
 * Return: 0; -ENOMEM; -EIO when @to has an error.
 */
int table_print_run(FILE *to, const struct run *run, bool plain, bool above_floor);

#endif
