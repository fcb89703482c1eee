/*
 * two_locks.h - two workers that need the same two locks, each in the order that is the other's
 * reversed.
 *
 * Everybody notes which lock it has and which it wants. Of two who wait for ever, each has what the
 * other wants: that circle is what makes a hang a deadlock.
 */
#ifndef CONCBENCH_FAULT_TWO_LOCKS_H
#define CONCBENCH_FAULT_TWO_LOCKS_H

#include <concbench/concbench.h>

#include <pthread.h>
#include <sys/types.h>

#define TWO_LOCKS_ROUNDS 3000u /* of each */

enum two_locks_outcome {
	TWO_LOCKS_SURVIVED,   /* both have done all their rounds */
	TWO_LOCKS_DEADLOCKED, /* each waits for what the other has */
	TWO_LOCKS_UNFINISHED, /* neither: kept from their PUs, or giving way for ever
			       */
	TWO_LOCKS_OUTCOMES,
};

enum two_locks_cure { CURE_NONE, CURE_ORDER, CURE_TRY, CURE_TIMED, CURES };

/* What a trial does; all of them, but for fixtures. */
struct two_locks_plan {
	uint32_t rounds;
	uint32_t loses;  /* of what the second lock protects */
	bool meets;      /* each takes its second lock when both have their first */
	bool comes_back; /* from its last round */
	bool honest;     /* the outcome is what it was */
};

#define TWO_LOCKS_NONE (-1)

struct two_locks_worker {
	int has, wants; /* a lock, or none */
	uint32_t rounds;
	pid_t process; /* that it is in */
} CB_ALIGNED;

struct two_locks_state {
	struct {
		pthread_mutex_t mutex;
		pthread_spinlock_t spin;
		uint64_t count; /* protected by it */
	} CB_ALIGNED lock[2];
	struct two_locks_worker worker[2];
	struct two_locks_plan plan;
	bool spins;
	enum cb_model model;
	enum two_locks_cure cure;
	int pu[2];
	uint32_t ready, met;
	int error;
	/* The cell's. */
	uint32_t outcome;
	struct cb_fate fate;
};

/** two_locks_once() - as struct cb_workload's once(). */
int two_locks_once(const struct two_locks_plan *plan, struct cb_env *env,
    struct cb_metrics *metrics, char *why, size_t why_len);

/** deadlock_once() - the same, of a deadlock that is certain. */
int deadlock_once(const struct two_locks_plan *plan, struct cb_env *env, struct cb_metrics *metrics,
    char *why, size_t why_len);

#endif
