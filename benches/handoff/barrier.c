/* barrier.c - ping-pong by meeting at a barrier of two: one hand-off is one round, in which whoever
 * has had the turn comes last, or at least no earlier than it has had it. */
#include "benches/handoff/turns.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

/* What a side says. Both leave after the same round: the first in which both have said that they
 * leave, since nobody can be called back from a barrier. */
struct side {
	uint64_t came; /* rounds it has come to */
	uint64_t left; /* it leaves, from this round on; 0: it does not */
	bool begins;   /* its turn has come without a round */
} CB_ALIGNED;

struct meeting {
	pthread_barrier_t barrier; /* first, where a broken row finds it */
	struct side of[2];
};

static inline bool has_left(const struct meeting *st, unsigned who, uint64_t round)
{
	const uint64_t left = cb_load(&st->of[who].left);

	return left && left <= round;
}

static inline void meet(struct cb_worker *w, struct meeting *st, unsigned me)
{
	const uint64_t round = st->of[me].came + 1;
	int ret;

	cb_store(&st->of[me].came, round);
	ret = pthread_barrier_wait(&st->barrier);
	if (CB_UNLIKELY(ret && ret != PTHREAD_BARRIER_SERIAL_THREAD))
		cb_fail(w, -ret, "pthread_barrier_wait");
	/* The other may have come to the next round already. */
	if (CB_UNLIKELY(cb_load(&st->of[1 - me].came) - round > 1))
		cb_fail(w, -EBADMSG, "past the barrier before the other had come");
}

static inline bool await(struct cb_worker *w, struct meeting *st, unsigned me)
{
	const bool begins = st->of[me].begins;

	st->of[me].begins = false;
	if (!begins && !has_left(st, 1 - me, st->of[me].came))
		meet(w, st, me);
	return begins || !has_left(st, 1 - me, st->of[me].came);
}

static inline void leave(struct cb_worker *w, struct meeting *st, unsigned me)
{
	cb_store(&st->of[me].left, st->of[me].came + 1);
	do
		meet(w, st, me);
	while (!has_left(st, 1 - me, st->of[me].came));
}

static int open_barrier(struct meeting *st, bool shared)
{
	pthread_barrierattr_t attr;
	int ret = pthread_barrierattr_init(&attr);

	if (ret)
		return -ret;
	st->of[0].begins = true;
	ret = pthread_barrierattr_setpshared(
	    &attr, shared ? PTHREAD_PROCESS_SHARED : PTHREAD_PROCESS_PRIVATE);
	ret = ret ? ret : pthread_barrier_init(&st->barrier, &attr, 2);
	(void)pthread_barrierattr_destroy(&attr);
	return -ret;
}

/* Nobody is at it. */
static int again(struct meeting *st, unsigned next)
{
	st->of[0].left = st->of[1].left = 0;
	st->of[next].begins = true;
	return 0;
}

HANDOFF(barrier, "a barrier of two, that whoever has the turn comes to and the other waits at",
    "pthread_barrier_wait(3)", CB_FULL, struct meeting, open_barrier(st, model == CB_PROCESS),
    await(w, st, me), meet(w, st, me), leave(w, st, me), again(st, next))

REFILL(barrier, "pthread_barrier_wait(3)", CB_FULL, NULL)
