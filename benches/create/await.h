/*
 * await.h - the end of a worker, by each way to wait for it.
 */
#ifndef CONCBENCH_CREATE_AWAIT_H
#define CONCBENCH_CREATE_AWAIT_H

#include "benches/create/life.h"

enum await_way {
	AWAIT_JOIN,      /* pthread_join(3), waitpid(2) */
	AWAIT_ENDED,     /* the same, when it has ended already */
	AWAIT_TIMED,     /* with a timeout that does not pass: pthread_timedjoin_np(3), poll(2) of a
			    pidfd */
	AWAIT_TIMED_OUT, /* the same, of one that lives on: it passes */
	AWAIT_POLLED,    /* asked again and again, with the PU given up in between */
	AWAIT_FUTEX,     /* it says itself that it is done */
	AWAIT_PIDFD,     /* poll(2) */
	AWAIT_WAYS,
};

/* That passes. */
#define AWAIT_TIMEOUT_NS CB_NS_PER_MS

/** await_batch() - as batch(). @wait: until l has ended, or the timeout has passed, by l's maker's
 * way. Return: 0; -ETIMEDOUT; -errno. */
uint64_t await_batch(
    struct cb_worker *w, void *state, uint64_t n, int (*wait)(struct life *l, bool *reaped));

#endif
