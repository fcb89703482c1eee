/*
 * coroutine.h - coroutines that are made in groups, run to their end, and gone.
 *
 * One takes less than two looks at the clock would: what is timed is a whole batch, and its phases
 * are those of a group.
 */
#ifndef CONCBENCH_CREATE_COROUTINE_H
#define CONCBENCH_CREATE_COROUTINE_H

#include "benches/create/life.h"

/* On stacks that nobody has touched so many: what a carrier takes to make is shared by them. */
#define COROUTINE_FRESH 256u

/** coroutine_fresh_batch() - as batch(). @anew: each group has a carrier of its own, as it should;
 * or the first one's, with its stacks. */
uint64_t coroutine_fresh_batch(struct cb_worker *w, void *state, uint64_t n, bool anew);

#endif
