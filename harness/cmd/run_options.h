/*
 * run_options.h - the command line of `concbench run`.
 */
#ifndef CONCBENCH_RUN_OPTIONS_H
#define CONCBENCH_RUN_OPTIONS_H

#include "harness/work/bench_case.h"

#include <stdio.h>

#define RUN_WORKERS_MAX 16

enum output_format { FORMAT_CONSOLE, FORMAT_JSON, FORMAT_CSV };

struct run_options {
	enum profile profile;
	const char *filter; /* NULL: all */
	const char *results_dir;
	const char *out; /* --benchmark_out, or NULL */
	enum output_format out_format;
	enum output_format format; /* of stdout */
	uint64_t seed;
	uint64_t budget_ns;
	uint64_t slot_ns; /* 0: the cases' own */
	uint64_t cell_timeout_ns;
	unsigned rounds; /* at most */
	bool rounds_given;
	double precision;                  /* half-width at which a case ends, relative; 0: never */
	unsigned slots;                    /* trials a launch */
	unsigned workers[RUN_WORKERS_MAX]; /* instead of the profile's counts, when any */
	unsigned worker_counts;
	const char *workers_text; /* as typed, NULL when not given */
	bool place_given;
	struct placement_policy place; /* instead of the cases' own, when given */
	bool quiet;
	bool names_only; /* of those that can run; with list */
	bool list;
	bool in_process;
	bool aa;       /* every case twice */
	bool counters; /* the pass for hardware counters */
	bool charts;
	struct manifest context; /* --benchmark_context */
	char **gbench_argv;      /* for --in-process: argv[0] and Google Benchmark's own flags */
	int gbench_argc;
	bool help;
};

/* Worker counts beyond this are a typing error, not a wish. */
#define RUN_WORKERS_LIMIT 100000u

/**
 * run_options_parse() - a user's mistake is said in one line on stderr.
 * Return: 0; EXIT_USAGE. Release with run_options_free() in either case.
 */
int run_options_parse(int argc, char **argv, struct run_options *o);
void run_options_free(struct run_options *o);
void run_options_help(FILE *to);

/**
 * run_options_workers() - read a list of worker counts, "1,2,8".
 * Return: how many; 0 with a line in @err when it is not one.
 */
unsigned run_options_workers(
    const char *text, unsigned out[RUN_WORKERS_MAX], char *err, size_t err_len);

const char *profile_name(enum profile p);
/** profile_from_name() - Return: 0; -EINVAL. */
int profile_from_name(const char *name, enum profile *out);

#endif
