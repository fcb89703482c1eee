/*
 * carrier_impl.h - what carrier.c and carrier_io.c share.
 */
#ifndef CONCBENCH_CARRIER_IMPL_H
#define CONCBENCH_CARRIER_IMPL_H

#include "harness/coroutine/carrier.h"
#include "harness/coroutine/coroutine_impl.h"
#include "harness/coroutine/reactor.h"
#include "harness/coroutine/timers.h"

struct carrier_task {
	struct coroutine coroutine; /* first: they share the line and the address */
	struct carrier_task *next;  /* in a waitq */
};

struct carrier {
	/* Hot: what a yield touches. */
	struct carrier_task *current;
	struct carrier_task **ring; /* run queue, first in first out */
	uint32_t ring_mask;
	uint32_t head;   /* next to run; free-running, as is tail */
	uint32_t tail;   /* next free place */
	uint32_t budget; /* dispatches until the next look at timers and reactor */
	/* Warm. */
	uint32_t interval;         /* what budget is refilled to */
	uint32_t reactor_waiting;  /* requests that the reactor has */
	uint32_t reactor_unserved; /* handed back, but their task has not run yet */
	unsigned alive;
	uint64_t looked_ns;
	struct reactor *reactor;
	struct coroutine_stacks *stacks;
	struct timers timers;
	struct carrier_task **tasks; /* alive ones, by stack slot */
	unsigned max_tasks;
	enum coroutine_backend backend;
};

/** carrier_block() - from a task that somebody else knows of: run others until it is queued. */
void carrier_block(struct carrier *c);

/** carrier_take_ready() - queue the tasks of a list that the reactor handed back. */
void carrier_take_ready(struct carrier *c, struct reactor_request *list);

#endif
