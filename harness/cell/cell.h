/*
 * cell.h - the child's side: one case, measured for a short while, in a process of its own.
 *
 * A cell never supervises and never prints results: it says them to its supervisor, or, in process
 * (for gdb and perf), lets Google Benchmark's own reporter print them.
 */
#ifndef CONCBENCH_CELL_H
#define CONCBENCH_CELL_H

#include "harness/work/bench_case.h"

/* Of every worker, in ns, instead of Linux's 50,000 (prctl(2), PR_SET_TIMERSLACK): sleeping until
 * shortly before the start line, and a timer that is measured, must not be rounded by it. */
#define CELL_TIMER_SLACK_NS 1

struct cell_options {
	const struct bench_case *bc;
	const struct topology *topo;
	unsigned slots;   /* Google Benchmark repetitions */
	uint64_t slot_ns; /* length of the window; 0: the case's */
	uint64_t seed;    /* of this launch */
	bool counters;    /* the pass for hardware counters */
	bool displacing;  /* the pass for what workers take from others: team_displace() */
	bool checking;    /* for conformance, not for figures */
	double given;     /* the figure that the case depends on */
};

/** cell_set_timer_slack() - of the calling thread and all that it starts. A supervisor that does
 * so, too, knows what its cells will have. Return: what it is now, read back; -1: not known. */
int cell_set_timer_slack(void);

/**
 * cell_serve() - measure the case, turn by turn, as the supervisor at @fd says.
 * Return: the process's exit status: 0, or 1 after a failure that has been reported.
 * Does not clean up after a failure: the caller has to exit.
 */
int cell_serve(const struct cell_options *o, int fd);

/**
 * cell_run_here() - measure the case @slots times without a supervisor; rows go to Google
 * Benchmark's reporter (gbench_initialize() first).
 * Return: 0; 1 when the case failed, with a line on stderr; exit afterwards, as above.
 */
int cell_run_here(const struct cell_options *o);

/**
 * cell_refuse() - say to the supervisor at @fd why there will be nothing.
 * @error: what its case becomes, as cell_status_of() says.
 * Return: the process's exit status.
 */
int cell_refuse(int fd, int error, const char *why);

/** cell_status_of() - the status that an error of team_create() or team_trial() means. */
enum case_status cell_status_of(int error);

#endif
