/*
 * start_order.h - workers that are started one after another, and the order in which they first
 * run.
 */
#ifndef CONCBENCH_CREATE_START_ORDER_H
#define CONCBENCH_CREATE_START_ORDER_H

#include <concbench/concbench.h>

#include <pthread.h>
#include <sys/types.h>

#define START_MOST 1000u

enum start_order {
	ORDER_STARTED,  /* in the order in which they were started */
	ORDER_REVERSED, /* the last one first */
	ORDER_MIXED,    /* any other */
	ORDERS,
};

struct start_worker {
	struct start_state *st;
	unsigned index;
	int pu;
	pthread_t thread;
	pid_t process;
};

struct start_state {
	uint32_t next;  /* of those to run */
	uint32_t order; /* enum start_order; the cell's */
	uint32_t *ran;  /* [worker] its place: 0 is the first to run */
	struct start_worker worker[];
};

/** start_judge() - which of @count that is, and in @inversions the share of pairs of which the
 * later one ran first. */
enum start_order start_judge(const uint32_t *ran, unsigned count, double *inversions);

#endif
