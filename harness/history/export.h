/*
 * export.h - a history in the formats of other tools.
 *
 * The formats follow the tools' own documentation and sources; see each function's file. JSON never
 * has NaN or Infinity: a case without a figure is left out and counted. Google Benchmark's
 * compare.py needs no export: it reads run files as they are.
 */
#ifndef CONCBENCH_EXPORT_H
#define CONCBENCH_EXPORT_H

#include "harness/history/history.h"

enum export_format {
	EXPORT_OTAVA,         /* a folder: otava.yaml and a CSV file for every series */
	EXPORT_GITHUB,        /* github-action-benchmark's customSmallerIsBetter */
	EXPORT_GITHUB_BIGGER, /* its customBiggerIsBetter: what the other cannot have */
	EXPORT_BENCHER,       /* Bencher Metric Format */
	EXPORT_COUNT,
};

extern const char *const export_format_names[EXPORT_COUNT + 1]; /* up to a NULL */

/** export_format_from_name() - Return: 0; -EINVAL. */
int export_format_from_name(const char *name, enum export_format *out);

struct export_count {
	unsigned cases;    /* written; of otava: series */
	unsigned left_out; /* without a figure, or one that the format has no place for */
	char why[128];     /* they were left out; "" none */
};

/**
 * export_run() - one run, in any format but otava, into a file that is replaced whole; see
 * output.h.
 * @path: "-" is standard output.
 * @filter: its case_name picks cases.
 * @err: one line on failure.
 * Return: 0; -ENODATA when nothing is left to write, and nothing is written; -errno.
 */
int export_run(struct history *h, const struct history_run *run,
    const struct history_filter *filter, enum export_format format, const char *path,
    struct export_count *count, char *err, size_t err_len);

/**
 * export_otava() - every series that @filter picks, into a folder that is made when missing.
 * Return: as export_run().
 */
int export_otava(struct history *h, const struct history_filter *filter, const char *folder,
    struct export_count *count, char *err, size_t err_len);

#endif
