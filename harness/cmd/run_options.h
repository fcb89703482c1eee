/*
 * run_options.h - what the command line of `concbench run` says.
 */
#ifndef CONCBENCH_RUN_OPTIONS_H
#define CONCBENCH_RUN_OPTIONS_H

#include "harness/cmd/options.h"
#include "harness/cmd/selection.h"
#include "harness/machine/manifest.h"

enum output_format { FORMAT_CONSOLE, FORMAT_JSON, FORMAT_CSV };

struct run_options {
	struct option_list typed; /* the whole line */
	unsigned profile;         /* enum cb_profile */
	const char *filter;
	struct option_list names, sets, loads;
	struct selection what; /* all of these */
	const char *results_dir;
	const char *out;     /* --benchmark_out, or NULL */
	unsigned out_format; /* enum output_format, as is the next */
	unsigned format;     /* of stdout */
	uint64_t seed;
	uint64_t budget_ns;
	bool budget_given;
	uint64_t slot_ns; /* 0: the cases' own */
	uint64_t cell_timeout_ns;
	unsigned rounds; /* at most */
	bool rounds_given;
	double precision; /* half-width at which a case ends, relative; 0: never */
	unsigned slots;   /* trials a launch */
	bool quiet;
	bool above_floor;
	bool names_only; /* of those that can run; with list */
	bool list;
	bool in_process;
	bool aa;          /* every case twice */
	bool new_windows; /* nothing that earlier runs know of their lengths */
	bool counters;    /* the pass for hardware counters */
	bool charts;
	struct manifest context; /* --benchmark_context */
	const char *time_unit;
	char *
	    *gbench_argv; /* for --in-process: argv[0] and Google Benchmark's own flags, or none */
	int gbench_argc;
};

/** run_session() - the command itself; cmd_run.c. Return: the exit status. */
int run_session(void *options);

#endif
