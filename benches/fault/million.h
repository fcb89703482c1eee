/*
 * million.h - the textbook's race: each of several workers adds one to a shared counter a million
 * times, and then the counter says how many of these there are.
 */
#ifndef CONCBENCH_FAULT_MILLION_H
#define CONCBENCH_FAULT_MILLION_H

#include "benches/fault/updates.h"

#include <pthread.h>

#define MILLION 1000000u
/* Where workers of the kernel's give way while it is only checked that they can: each time may be a
 * slice of whoever else is on the PU. */
#define MILLION_CHECKED 200u

/* What a trial does; all of them, but for fixtures. */
struct million_plan {
	uint32_t less; /* additions of each */
	int32_t more;  /* that are on the counter at the end, and nobody has made */
	bool torn;     /* each is a read and a write, and others come between now and then */
};

struct million_worker {
	uint64_t added;
	uint64_t began_ns, ended_ns;
} CB_ALIGNED;

struct million_state {
	uint64_t value CB_ALIGNED;
	pthread_mutex_t mutex CB_ALIGNED;
	/* The same for coroutines. */
	struct cb_waitq queue;
	bool locked;
	struct million_plan plan CB_ALIGNED;
	enum update update;
	enum cb_model model;
	bool oversubscribed;
	uint32_t workers;
	uint32_t due;   /* additions of each */
	uint32_t ready; /* workers that wait for the others to begin */
	int error;
	struct cb_fate fate;
	struct million_worker worker[];
};

/** million_once() - as struct cb_workload's once(). */
int million_once(const struct million_plan *plan, struct cb_env *env, struct cb_metrics *metrics,
    char *why, size_t why_len);

#endif
