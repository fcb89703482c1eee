/*
 * zombies.h - workers that end, and nobody has waited for them.
 *
 * Three generations: the adopter, which the kernel gives orphans to (PR_SET_CHILD_SUBREAPER) and
 * which waits for all of them, makes the maker, and that makes the workers. They end at once; what
 * is left of them is counted while their maker goes on, and once more when that has ended, too.
 */
#ifndef CONCBENCH_FAULT_ZOMBIES_H
#define CONCBENCH_FAULT_ZOMBIES_H

#include <concbench/concbench.h>

#include <pthread.h>
#include <sys/types.h>

enum zombies_reap {
	ZOMBIES_NOBODY,
	ZOMBIES_WAIT,   /* waitpid(2), or pthread_join(3) */
	ZOMBIES_IGNORE, /* SIGCHLD is ignored, or threads are detached: nothing is kept */
	ZOMBIES_DOUBLE, /* fork, and fork: the worker is an orphan from the beginning */
	ZOMBIES_REAPS,
};

enum zombies_outcome { ZOMBIES_GONE, ZOMBIES_KEPT, ZOMBIES_OUTCOMES };

/* What a trial does; all of them, but for fixtures. */
struct zombies_plan {
	bool runs;   /* the workers do what they are for */
	bool heeds;  /* the maker does what is asked for, and does not forget its workers */
	bool honest; /* what is left is what was counted */
};

struct zombies_worker {
	struct zombies_state *st;
	pthread_t thread;
	pid_t id; /* of a process, or of a thread */
	uint32_t ran;
} CB_ALIGNED;

struct zombies_state {
	struct zombies_plan plan;
	enum cb_model model;
	enum zombies_reap reap;
	uint32_t workers;
	int error;
	pid_t adopter, maker;
	uint32_t adopted; /* orphans that the adopter has waited for */
	uint32_t early;   /* of these while the maker went on */
	uint32_t kept; /* workers that have ended and were still there, while the maker went on */
	uint32_t left; /* when it had ended */
	struct cb_fate fate;
	struct zombies_worker worker[];
};

/** zombies_once() - as struct cb_workload's once(). */
int zombies_once(const struct zombies_plan *plan, struct cb_env *env, struct cb_metrics *metrics,
    char *why, size_t why_len);

#endif
