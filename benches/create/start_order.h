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

/* In one trial all of them are started so often: what is said of the orders is of so many. */
#define START_TIMES 16u

/* Orders that were seen in a trial, each by a number that no two of them share but by chance, of 1
 * in 2^64. */
struct start_seen {
	unsigned starts;
	unsigned orders; /* different ones */
	uint64_t last;   /* the number of the last one's */
	struct start_kept {
		uint64_t number;
		unsigned starts;
		bool mixed;
	} order[START_TIMES];
};

struct start_worker {
	struct start_state *st;
	unsigned index;
	int pu;
	pthread_t thread;
	pid_t process;
};

struct start_state {
	uint32_t next;          /* of those to run */
	uint32_t order;         /* enum start_order, of the first start of a trial; the cell's */
	uint32_t *ran;          /* [worker] its place: 0 is the first to run */
	struct start_seen seen; /* of the last trial */
	struct start_worker worker[];
};

/** start_judge() - which of @count that is, and in @inversions the share of pairs of which the
 * later one ran first. */
enum start_order start_judge(const uint32_t *ran, unsigned count, double *inversions);

/** start_number() - of an order of @count. */
uint64_t start_number(const uint32_t *ran, unsigned count);

/** start_note() - one more start, of at most START_TIMES, was in that order. @mixed: in none that
 * has a name. */
void start_note(struct start_seen *seen, const uint32_t *ran, unsigned count, bool mixed);

/** start_foremost() - starts in the mixed order that was seen most often; 0: there is none. */
unsigned start_foremost(const struct start_seen *seen);

#endif
