/*
 * isolation.h - what a worker writes to after it was made: pages of its own, or its maker's.
 *
 * The maker writes one word to each page, makes the worker, which writes to all of them, and when
 * that has ended looks at them, and writes to them again. Who sees what tells who has shared them.
 */
#ifndef CONCBENCH_FAULT_ISOLATION_H
#define CONCBENCH_FAULT_ISOLATION_H

#include <concbench/concbench.h>

/* Who has written a word. */
enum isolation_hand { ISOLATION_MAKER, ISOLATION_WORKER };

/* What a trial does; all false, but for fixtures. */
struct isolation_plan {
	bool leaks;     /* a process shares its pages with its maker after all */
	bool skips;     /* the worker leaves out the last page */
	bool elsewhere; /* it writes to pages that are nobody else's */
	bool fresh;     /* a process that gives back what it was copied before it looks */
};

/* The first only warms up: its pages come from wherever the machine has some. */
#define ISOLATION_ROUNDS 8u

struct isolation_round {
	uint64_t make_ns;                       /* the call */
	uint64_t tables_bytes;                  /* page tables that the worker has for itself */
	uint64_t first_ns, again_ns;            /* the worker's writing to all pages, twice */
	uint64_t maker_ns;                      /* the maker's, when the worker has ended */
	uint64_t seen_by_worker, seen_by_maker; /* sums, when the worker has written */
};

struct isolation_state {
	struct isolation_plan plan;
	enum cb_model model;
	uint64_t pages;
	int pu; /* of maker and worker; -1: any */
	int error;
	uint32_t round; /* that is under way */
	struct isolation_round rounds[ISOLATION_ROUNDS];
	struct cb_fate fate;
};

/** isolation_sum() - of the words of so many pages, all by one hand. */
uint64_t isolation_sum(enum isolation_hand hand, uint64_t pages);

/** isolation_once() - as struct cb_workload's once(). */
int isolation_once(const struct isolation_plan *plan, struct cb_env *env,
    struct cb_metrics *metrics, char *why, size_t why_len);

#endif
