/*
 * result_rows.h - the part of a run file that is Google Benchmark's own JSON schema (1.7.1).
 *
 * Private to result_write.c and run_csv.c.
 */
#ifndef CONCBENCH_RESULT_ROWS_H
#define CONCBENCH_RESULT_ROWS_H

#include "harness/run/run.h"

#include <stdio.h>

struct json_t;

/**
 * result_context() - "context". What the manifest does not know is left out; it is asked for
 * host.name, cpu.online, cpu.mhz_now, cpu.governor, load.before.* and, which the caller of
 * manifest_collect() adds, benchmark.library_build_type.
 * Return: NULL when out of memory.
 */
struct json_t *result_context(const struct run *run);

#define RESULT_LABEL_MAX 128

/** result_label() - a row's label: a status other than ok; and, because the schema knows units of
 * time only, what real_time is instead: "real_time is peak_bytes in bytes". */
void result_label(const struct series *s, char label[RESULT_LABEL_MAX]);

/** result_write_rows() - "benchmarks", as its value stands in the file. Return: 0; -ENOMEM; -E2BIG
 * as launch_list_build(). */
int result_write_rows(const struct run *run, FILE *f);

#endif
