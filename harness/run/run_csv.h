/*
 * run_csv.h - a run as Google Benchmark's CSV reporter would print it, one row a case.
 *
 * It has the reporter's fixed columns, then the counters in alphabetical order: every other metric
 * of any case, and the percentiles of the latency (p50_ns, ..., max_ns). A field is empty where a
 * case has no value.
 */
#ifndef CONCBENCH_RUN_CSV_H
#define CONCBENCH_RUN_CSV_H

#include "harness/run/run.h"

#include <stdio.h>

/** run_csv_print() - Return: 0; -errno, with nothing printed when that is -ENOMEM. */
int run_csv_print(const struct run *run, FILE *to);

/** run_csv_write() - to a file, whole or not at all. Return: 0; -errno. */
int run_csv_write(const struct run *run, const char *path);

#endif
