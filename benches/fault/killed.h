/*
 * killed.h - a team of processes around one lock, of which one is killed while it holds it.
 *
 * What the lock protects is two counters that are equal whenever nobody is inside. The victim dies
 * between them; the others are waiting for the lock by then. Each of them has so many operations to
 * do after that death.
 */
#ifndef CONCBENCH_FAULT_KILLED_H
#define CONCBENCH_FAULT_KILLED_H

#include <concbench/concbench.h>

#include <pthread.h>

enum killed_outcome {
	KILLED_SURVIVED,   /* the others have gone on, and everything adds up */
	KILLED_DEADLOCKED, /* nobody else has had the lock */
	KILLED_LOST,       /* they have gone on, and what is protected does not add up */
	KILLED_OUTCOMES,
};

extern const char *const killed_outcomes[]; /* their names */

/* What a trial does; all of them, but for fixtures. */
struct killed_plan {
	bool holds;   /* the victim dies inside the section */
	bool kills;   /* it dies at all */
	bool repairs; /* who learns of its death completes what it has left half done */
	bool honest;  /* the outcome is what it was */
};

struct killed_state {
	pthread_mutex_t mutex;
	uint64_t first, second; /* protected */
	uint64_t repaired;      /* by those who were told that its holder had died; protected */
	struct killed_plan plan;
	uint32_t workers;
	uint32_t robust;
	uint32_t born;     /* processes that there have been */
	uint32_t there;    /* workers that have begun, beside the victim */
	uint32_t inside;   /* the victim is */
	uint32_t dead;     /* and then no more */
	int victim_status; /* of waitpid(2) */
	int error;         /* in the sacrificed process: negative errno */
	uint64_t killed_ns;
	uint64_t next_ns; /* somebody has the lock, and was told of the death; protected */
	uint64_t done;    /* operations that are over; added to by all */
	uint64_t after;   /* of these, after that death */
	/* The cell's. */
	uint32_t outcome;
	struct cb_fate fate;
};

/** killed_once() - as struct cb_workload's once(). */
int killed_once(const struct killed_plan *plan, struct cb_env *env, struct cb_metrics *metrics,
    char *why, size_t why_len);

#endif
