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
 *
 * What all rows of a block share stands in its heading; every knob that differs has a column of
 * its own and is never cut. Long kinds are cut in the middle, where the rest tells them apart best.
 * Return: 0; -ENOMEM; -EIO when @to has an error.
 */
int table_print_run(FILE *to, const struct run *run, bool plain);

#endif
