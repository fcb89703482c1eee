/* context.h - the state of the rows that switch stacks; public for the self-check's own test. */
#ifndef CONCBENCH_HANDOFF_CONTEXT_H
#define CONCBENCH_HANDOFF_CONTEXT_H

#include <concbench/concbench.h>

/*
 * One worker and one bare context, to and fro.
 *
 * fcontext_flags is fcontext with FE_INEXACT raised in the context and not in the worker, as after
 * a division in one of them. Both rows save and load MXCSR (Intel SDM vol. 1, 10.2.3) with every
 * switch; on some processors loading a value that is already there is next to free, and another
 * value costs tens of nanoseconds.
 */
struct context_state {
	uint64_t entered;  /* how often the context ran; it counts itself */
	uint64_t returned; /* how often the worker got back from it */
	uint64_t lost;     /* round trips whose number did not come back one higher */
	void *stack;       /* NULL: not made yet */
	void *context;     /* where it stands; ucontext: the pair of contexts */
	bool flag_kept;    /* a floating-point flag is up in the context, and a switch keeps it */
};

#endif
