/*
 * switch_rows.h - the rungs of the hand-off ladder, one file each, and their states: public for
 * the tests of the self-checks.
 */
#ifndef CONCBENCH_SWITCH_ROWS_H
#define CONCBENCH_SWITCH_ROWS_H

#include "harness/work/workload.h"

#include <pthread.h>

/* switch_futex.c: two workers pass a turn by FUTEX_WAIT and FUTEX_WAKE. */
#define SWITCH_FUTEX_CLOSED 1u /* somebody has left: do not wait for a turn */
#define SWITCH_FUTEX_TURN 2u   /* what one hand-off adds to the word */

struct switch_futex_worker {
	_Alignas(ARENA_ALIGN) uint32_t seen; /* the word's turns at its last hand-off */
	bool began;
	uint64_t out_of_turn; /* hand-offs that did not follow exactly one of the partner */
};

struct switch_futex_state {
	/* Turns handed over so far, times SWITCH_FUTEX_TURN, plus the flag. Even: worker 0's. */
	_Alignas(ARENA_ALIGN) _Atomic uint32_t word;
	int wait_op; /* FUTEX_WAIT and FUTEX_WAKE, private between threads */
	int wake_op;
	struct switch_futex_worker worker[2];
};

extern const struct workload switch_futex_workload;

/* switch_pipe.c: two workers pass a byte through two pipes. */
struct switch_pipe_worker {
	_Alignas(
	    ARENA_ALIGN) uint64_t out_of_turn; /* hand-offs that did not follow the partner's */
	bool partner_left;
};

struct switch_pipe_state {
	int to[2][2];          /* [worker] the pipe that it reads: read end, write end */
	_Atomic uint64_t done; /* hand-offs so far; whoever has the byte counts */
	struct switch_pipe_worker worker[2];
};

extern const struct workload switch_pipe_workload;

/* switch_condvar.c: two workers pass a turn under a mutex, waiting on a condition variable. */
struct switch_condvar_state {
	pthread_mutex_t mutex;
	pthread_cond_t changed;
	uint32_t turn;
	bool closed;   /* somebody has left */
	uint64_t done; /* hand-offs */
};

extern const struct workload switch_condvar_workload;

/* switch_yield.c: every worker yields all the time. */
struct switch_yield_worker {
	_Alignas(ARENA_ALIGN) uint64_t alone; /* yields after which nobody else had run ... */
	uint64_t stuck;                       /* ... though on one carrier somebody could have */
	uint64_t yields;                      /* since the cell began, like the others */
	bool running;
};

struct switch_yield_state {
	_Alignas(ARENA_ALIGN) atomic_uint last; /* who yielded last */
	_Alignas(ARENA_ALIGN) atomic_uint running;
	struct switch_yield_worker worker[];
};

extern const struct workload switch_yield_workload;

/*
 * switch_context.c: one worker and one bare context, to and fro.
 *
 * fcontext_flags is fcontext with FE_INEXACT raised in the context and not in the worker, as after
 * a division in one of them. Both rows save and load MXCSR (Intel SDM vol. 1, 10.2.3) with every
 * switch; on some processors loading a value that is already there is next to free, and another
 * value costs tens of nanoseconds.
 */
struct switch_context_state {
	uint64_t entered;  /* how often the context ran; it counts itself */
	uint64_t returned; /* how often the worker got back from it */
	uint64_t lost;     /* round trips whose number did not come back one higher */
	void *stack;       /* NULL: not made yet */
	void *context;     /* where it stands; ucontext: the pair of contexts */
	bool flag_kept;    /* a floating-point flag is up in the context, and a switch keeps it */
};

extern const struct workload switch_fcontext_workload;
extern const struct workload switch_fcontext_flags_workload;
extern const struct workload switch_ucontext_workload;

/* switch_call.c: a function that does nothing, called directly and through the worker. */
struct switch_call_state {
	uint64_t calls; /* as the callee counted them */
	uint64_t wrong; /* batches after which callee and caller disagreed */
};

extern const struct workload switch_call_direct_workload;
extern const struct workload switch_call_worker_workload;

#endif
