/*
 * orphans.h - workers whose maker ends before them.
 *
 * Three generations: the adopter, which the kernel gives orphans to (PR_SET_CHILD_SUBREAPER), makes
 * the maker, and that makes the workers. They are in the middle of their work when the maker ends.
 */
#ifndef CONCBENCH_FAULT_ORPHANS_H
#define CONCBENCH_FAULT_ORPHANS_H

#include <concbench/concbench.h>

#include <pthread.h>
#include <sys/types.h>

#define ORPHANS_DEEDS                                                               \
	20u /* of each worker; for the second half it waits until its maker is gone \
	     */

enum orphans_way {
	ORPHANS_KILLED, /* the maker, a process */
	ORPHANS_EXIT,   /* it returns from main */
	ORPHANS_THREAD, /* it is a thread, and its process goes on */
	ORPHANS_WAYS,
};

enum orphans_cure {
	ORPHANS_NO_CURE,
	ORPHANS_PDEATHSIG, /* the worker asks to be killed when its maker ends */
	ORPHANS_CURES,
};

enum orphans_adopter { ORPHANS_REAPS, ORPHANS_SLEEPS, ORPHANS_ADOPTERS };

enum orphans_outcome {
	ORPHANS_ENDED,  /* with their maker, and nothing is left of them */
	ORPHANS_RAN_ON, /* to their end, and nothing is left of them */
	ORPHANS_ZOMBIE, /* one way or the other, and nobody has waited for them */
	ORPHANS_OUTCOMES,
};

/* What a trial does; all of them, but for fixtures. */
struct orphans_plan {
	bool dies;   /* the maker, before its workers have ended */
	bool asks;   /* the worker, to be killed, if that is the cure */
	bool honest; /* the outcome is what it was */
};

struct orphans_worker {
	struct orphans_state *st;
	unsigned index;
	pthread_t thread;
	pid_t pid;
	uint32_t deeds;
	pid_t parent; /* that it has when its maker is gone */
	int status;   /* as of waitpid(2), from whoever has it for a child by then */
	char left;    /* relative_state(), afterwards */
} CB_ALIGNED;

struct orphans_state {
	struct orphans_plan plan;
	enum cb_model model;
	enum orphans_way way;
	enum orphans_cure cure;
	enum orphans_adopter how;
	uint32_t workers;
	int error;
	pid_t adopter, maker; /* processes */
	int maker_status;     /* of waitpid(2) */
	uint32_t maker_gone;
	uint64_t died_ns, ended_ns; /* the maker is about to end; the last of its workers has */
	uint32_t outcome;
	struct cb_fate fate;
	struct orphans_worker worker[];
};

/** orphans_once() - as struct cb_workload's once(). */
int orphans_once(const struct orphans_plan *plan, struct cb_env *env, struct cb_metrics *metrics,
    char *why, size_t why_len);

#endif
