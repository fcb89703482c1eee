/*
 * daemons.h - threads that nobody waits for, and a main thread that leaves while they work.
 *
 * Each does its deeds one by one and counts them where the process that looks at it afterwards can
 * see them: what is not counted was cut off.
 */
#ifndef CONCBENCH_FAULT_DAEMONS_H
#define CONCBENCH_FAULT_DAEMONS_H

#include <concbench/concbench.h>

#define DAEMONS_DEEDS 100u /* of each */

enum daemons_exit {
	DAEMONS_EXIT,         /* as a return from main: the process ends */
	DAEMONS_PTHREAD_EXIT, /* the main thread alone */
	DAEMONS_JOIN,         /* it waits for them first: then they are no daemons */
	DAEMONS_EXITS,
};

/* What a trial does; all of them, but for fixtures. */
struct daemons_plan {
	uint32_t deeds;    /* that each does, of DAEMONS_DEEDS */
	bool waits_before; /* the main thread, until all of them have begun */
	bool lies;         /* they count what they have not done */
	bool waits_after;  /* the main thread, for all of them, whatever its way to leave */
};

struct daemons_worker {
	uint32_t begun, done;
} CB_ALIGNED;

struct daemons_state {
	struct daemons_plan plan;
	enum daemons_exit leaving;
	uint32_t workers;
	int error;
	uint64_t began_ns; /* no daemon has begun before */
	uint64_t left_ns;  /* the main thread is about to leave */
	struct cb_fate fate;
	struct daemons_worker worker[];
};

/** daemons_once() - as struct cb_workload's once(). */
int daemons_once(const struct daemons_plan *plan, struct cb_env *env, struct cb_metrics *metrics,
    char *why, size_t why_len);

#endif
