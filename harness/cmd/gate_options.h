/*
 * gate_options.h - the command lines of `concbench gate` and `concbench noise`.
 */
#ifndef CONCBENCH_GATE_OPTIONS_H
#define CONCBENCH_GATE_OPTIONS_H

#include "harness/cmd/conclude.h"
#include "harness/cmd/gate_session.h"

#define GATE_SETS_MAX 32

/* Which command reads the line; flags say whose they are. */
enum gate_command { GATE_COMMAND = 1, NOISE_COMMAND = 2 };

struct gate_options {
	struct gate_request request;
	const char *sets[GATE_SETS_MAX];
	const char *base; /* as typed; NULL: not given */
	const char *head;
	const char *base_name; /* what reports call them; NULL: the program */
	const char *head_name;
	const char *results_dir; /* where a stored base is looked for */
	struct outputs outputs;  /* of a gate */
	const char *tsv;
	uint64_t tries_ns; /* noise: for all tries together; 0: not given */
	bool noise;        /* whose line it is */
	bool strict;
	bool force;       /* gate: compare what is not comparable, and mark it */
	bool no_noise;    /* gate: no A/A before it */
	bool launch_time; /* gate: was given */
	bool help;
};

/** gate_options_parse() - a user's mistake is said in one line on stderr. Return: 0; EXIT_USAGE. */
int gate_options_parse(enum gate_command command, int argc, char **argv, struct gate_options *o);
void gate_options_help(enum gate_command command, FILE *to);

#endif
