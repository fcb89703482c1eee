/* condvar.c - ping-pong under a mutex and a condition variable: the wake-up that most programs are
 * made of. */
#include "benches/handoff/turns.h"

#include <stdio.h>
#include <string.h>

struct pair {
	struct cb_mutex mutex;
	struct cb_cond changed;
};

/* Comes back with the mutex held when it is its turn. */
static inline bool await(struct cb_worker *w, struct pair *st, unsigned me)
{
	cb_lock(w, &st->mutex);
	while (!my_turn(st, me) && !closed(w, st))
		cb_wait(w, &st->changed, &st->mutex);
	if (my_turn(st, me))
		return true;
	cb_unlock(w, &st->mutex);
	return false;
}

static inline void pass(struct cb_worker *w, struct pair *st)
{
	cb_wake_one(w, &st->changed);
	cb_unlock(w, &st->mutex);
}

static int init(struct pair *st, enum cb_model model)
{
	const int ret = cb_mutex_init(&st->mutex, model);

	return ret ? ret : cb_cond_init(&st->changed, model);
}

HANDOFF(condvar, "a turn under a mutex, waited for on a condition variable", "pthread_cond_wait(3)",
    CB_SMOKE, struct pair, init(st, model), await(w, st, me), pass(w, st),
    (cb_lock(w, &st->mutex), pass(w, st)), 0)

REFILL(condvar, "pthread_cond_wait(3)", CB_FULL, NULL)
