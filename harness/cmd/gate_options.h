/*
 * gate_options.h - the command lines of `concbench gate` and `concbench noise`: one table.
 */
#ifndef CONCBENCH_GATE_OPTIONS_H
#define CONCBENCH_GATE_OPTIONS_H

#include "harness/cmd/conclude.h"
#include "harness/cmd/gate_session.h"

struct gate_options {
	struct gate_request request;
	unsigned profile; /* enum cb_profile */
	const char *filter;
	struct option_list names, sets, loads, base_loads, head_loads;
	const char *base; /* as typed; NULL: not given */
	const char *head;
	const char *git_base, *git_head, *build; /* of somebody else's repository */
	const char *base_name;                   /* what reports call them; NULL: the program */
	const char *head_name;
	const char *results_dir; /* where a stored base is looked for */
	struct outputs outputs;  /* of a gate */
	const char *tsv;
	const char *must_see; /* as typed */
	uint64_t tries_ns;    /* noise: for all tries together; 0: not given */
	bool strict;
	bool force;       /* gate: compare what is not comparable, and mark it */
	bool check;       /* gate: only say whether it can be done */
	bool no_noise;    /* gate: no A/A before it */
	bool launch_time; /* gate: was given */
};

/** run_gate() / run_noise() - the commands themselves; cmd_gate.c, cmd_noise.c. */
int run_gate(void *options);
int run_noise(void *options);

#endif
