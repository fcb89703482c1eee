/*
 * worker.h - a worker as the harness knows it: the part that its job sees (struct cb_worker) and
 * the private part behind it.
 */
#ifndef CONCBENCH_WORKER_H
#define CONCBENCH_WORKER_H

#include "harness/base/arena.h"
#include "harness/stats/histogram.h"

#include <concbench/concbench.h>

#include <stdatomic.h>

struct trial_line;
struct trial_slot;
struct trial_unit;
struct carrier_unit;

/* Private to its worker; the parts that others read are in the slot, in shared memory. */
struct worker {
	/* On cache lines of its own: the workers of threads lie side by side, and each writes to
	 * its own. */
	_Alignas(ARENA_ALIGN) struct cb_worker pub; /* first */
	/* The window, [open, close); open is UINT64_MAX until it is known. */
	const _Atomic uint64_t *open_ns;
	const _Atomic uint64_t *close_ns;
	struct histogram *latency; /* this worker's, or NULL when the case measures none */
	struct trial_slot *slot;
	struct trial_line *line;
	struct trial_unit *unit;   /* the OS thread under it; NULL: nobody asks */
	uint64_t batch;            /* batch size found for this worker */
	struct carrier_unit *home; /* the carrier's books; coroutine model only */
};

static inline struct worker *worker_of(struct cb_worker *w)
{
	return (struct worker *)(void *)w;
}

#endif
