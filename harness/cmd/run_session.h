/*
 * run_session.h - what `concbench run` has in hand between its steps. For cmd_run.c and run_plan.c.
 */
#ifndef CONCBENCH_RUN_SESSION_H
#define CONCBENCH_RUN_SESSION_H

#include "harness/cell/run_loop.h"
#include "harness/cmd/run_options.h"
#include "harness/machine/topology.h"

#define PATH_LEN 4096

struct session {
	struct run_options o;
	struct topology *topo;
	struct catalogue_here here;
	struct selected chosen;
	struct run run;
	struct run_entry *entries;
	size_t entry_count;
	char exe[PATH_LEN];
	char folder[PATH_LEN];
	char xml[PATH_LEN + 32];
	struct journal *journal;
	struct windows windows; /* of this class of machines */
	int stderr_fd;
	bool saved;         /* run.json is there */
	bool reported;      /* report.html is there */
	char aa[128];       /* what an A/A run has shown, for people */
	char left_out[256]; /* which cases of the profile there is no time for; "" none */
};

/** session_open() - look at the machine and at what can be measured. Return: 0; EXIT_USAGE after a
 * line on stderr. */
int session_open(struct session *s);

/** session_plan() - pick the cases that were asked for, and make a series of each. Return: as
 * above.
 */
int session_plan(struct session *s);

/** session_print_list() - for --list. Return: as above. */
int session_print_list(const struct session *s);

#endif
