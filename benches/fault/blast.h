/*
 * blast.h - a team of which one dies in the middle of its work, and what that leaves of the
 * others'.
 */
#ifndef CONCBENCH_FAULT_BLAST_H
#define CONCBENCH_FAULT_BLAST_H

#include <concbench/concbench.h>

#include <sys/types.h>

#define BLAST_DEEDS 50u /* of each; the victim, worker 0, dies half-way */

enum blast_way { BLAST_ABORT, BLAST_SEGFAULT, BLAST_OVERRUN, BLAST_EXIT, BLAST_HANG, BLAST_WAYS };

/* What a trial does; all of them, but for fixtures. */
struct blast_plan {
	bool dies;   /* the victim does */
	bool lies;   /* the others count what they have not done */
	bool spares; /* the others end their work early, and nothing has happened to them */
};

struct blast_worker {
	uint32_t done;
	pid_t process;
} CB_ALIGNED;

struct blast_state {
	struct blast_plan plan;
	enum blast_way way;
	enum cb_model model;
	uint32_t workers;
	int error;
	int victim_status;            /* of waitpid(2); a process's */
	uint64_t died_ns, noticed_ns; /* 0: not, or by nobody */
	struct cb_fate fate;
	struct blast_worker worker[];
};

/** blast_once() - as struct cb_workload's once(). */
int blast_once(const struct blast_plan *plan, struct cb_env *env, struct cb_metrics *metrics,
    char *why, size_t why_len);

#endif
