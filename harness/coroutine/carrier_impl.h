/*
 * carrier_impl.h - what carrier.c offers to carrier_io.c, which stands on it.
 */
#ifndef CONCBENCH_CARRIER_IMPL_H
#define CONCBENCH_CARRIER_IMPL_H

#include <concbench/runtime.h>
#include "harness/coroutine/coroutine_impl.h"
#include "harness/coroutine/reactor.h"
#include "harness/coroutine/timers.h"

struct cb_task {
	struct coroutine coroutine; /* first: they share the line and the address */
	struct cb_task *next;       /* in a waitq */
};

struct cb_carrier {
	/* Hot: what a yield touches. */
	struct cb_task *current;
	struct cb_task **ring; /* run queue, first in first out */
	uint32_t ring_mask;
	uint32_t head;   /* next to run; free-running, as is tail */
	uint32_t tail;   /* next free place */
	uint32_t budget; /* dispatches until the next look at timers and reactor */
	/* Warm. */
	uint32_t interval;         /* what budget is refilled to */
	uint32_t reactor_waiting;  /* requests that the reactor has */
	uint32_t reactor_unserved; /* handed back, but their task has not run yet */
	unsigned alive;
	/* Has returned; its stack is given back by whoever comes next, not while it stands on it.
	 */
	struct cb_task *ended;
	uint64_t looked_ns;
	struct reactor *reactor;
	struct coroutine_stacks *stacks;
	struct timers timers;
	uint64_t expired_since_ns;
	unsigned expired; /* timers, since then */
	bool crowded;     /* they come so close together that they are waited for in groups */
	/* By stack slot: the queue of a task that also waits for a time; else NULL. Kept beside the
	 * tasks, whose cache line is full. */
	struct cb_waitq **timed_in;
	unsigned timed;         /* tasks in it */
	struct cb_task **tasks; /* alive ones, by stack slot */
	unsigned max_tasks;
	enum cb_backend backend;
};

/** carrier_block() - called by a task that somebody else will queue again: runs others until
 * then. */
void carrier_block(struct cb_carrier *c);

/** carrier_take_ready() - queue the tasks of a list that the reactor handed back. */
void carrier_take_ready(struct cb_carrier *c, struct reactor_request *list);

#endif
