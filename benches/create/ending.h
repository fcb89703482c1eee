/*
 * ending.h - each way for a worker to end, by itself or not, and what is told of it.
 */
#ifndef CONCBENCH_CREATE_ENDING_H
#define CONCBENCH_CREATE_ENDING_H

#include "benches/create/life.h"

enum ending {
	/* By itself. */
	ENDING_RETURN,       /* a thread's function returns a value */
	ENDING_PTHREAD_EXIT, /* a thread calls pthread_exit(3) with one */
	ENDING_EXIT,         /* a process, with a status */
	ENDING_SIGNAL,       /* a process kills itself, by one signal or another */
	ENDING_ABORT,        /* a process calls abort(3) */
	ENDINGS,
};

/* What is known of an end. */
struct ending_told {
	int code; /* value or status; -1: none */
	int signal;
};

/** ending_of() - what is to be told of the end of a life with that key. */
struct ending_told ending_of(enum ending end, uint64_t key);

/** ending_batch() - as batch(). @decode: what waitpid(2) has said of a process. */
uint64_t ending_batch(
    struct cb_worker *w, void *state, uint64_t n, struct ending_told (*decode)(int status));

struct ending_told ending_decode(int status);

enum terminate_way {
	TERMINATE_CANCEL,          /* pthread_cancel(3), pthread_join(3) */
	TERMINATE_CANCEL_SPINNING, /* the same, of one that never comes to where it could be */
	TERMINATE_TERM,            /* SIGTERM, waitpid(2) */
	TERMINATE_KILL,            /* of one that ignores SIGTERM: SIGKILL */
	TERMINATE_WAYS,
};

/* So long it may take to be cancelled; then it is told to end. */
#define TERMINATE_DEADLINE_NS CB_NS_PER_MS

/** terminate_batch() - as batch(). @end: makes it end. Return: 0; -errno. */
uint64_t terminate_batch(struct cb_worker *w, void *state, uint64_t n, int (*end)(struct life *l));

#endif
