/*
 * run_options.h - the command line of `concbench run`.
 */
#ifndef CONCBENCH_RUN_OPTIONS_H
#define CONCBENCH_RUN_OPTIONS_H

#include "harness/cmd/selection.h"

#include <stdio.h>

enum output_format { FORMAT_CONSOLE, FORMAT_JSON, FORMAT_CSV };

struct run_options {
	struct selection what;
	const char *sets[64], *loads[16];
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

/**
 * run_options_parse() - a user's mistake is said in one line on stderr.
 * Return: 0; EXIT_USAGE. Release with run_options_free() in either case.
 */
int run_options_parse(int argc, char **argv, struct run_options *o);
void run_options_free(struct run_options *o);
void run_options_help(FILE *to);

#endif
