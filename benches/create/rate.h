/*
 * rate.h - workers made and awaited as fast as it goes, by several makers at once.
 *
 * What the makers have in common is the kernel's: the numbers of processes, and of threads of one
 * process also its memory map. Nothing is timed but the whole: where life.h has a maker's look at
 * the clock, here is nothing.
 */
#ifndef CONCBENCH_CREATE_RATE_H
#define CONCBENCH_CREATE_RATE_H

#include "benches/create/life.h"

/* rate_live() - all that it does. */
CB_INLINE void rate_live(struct life *l)
{
	l->pu = sched_getcpu();
	l->answer = life_answer(l->key);
	cb_adopt_end(l->maker);
	__atomic_fetch_add(&l->ran, 1, __ATOMIC_RELEASE);
}

/* rate_batch() - @make, @await: 0 or -errno. */
CB_INLINE uint64_t rate_batch(struct cb_worker *w, void *state, uint64_t n,
    int (*make)(struct life *l), int (*await)(struct life *l))
{
	struct life_maker *own = (struct life_maker *)state + w->index;
	uint64_t done = 0;

	do {
		const struct life fresh = {.maker = w, .key = cb_random(w)};
		const uint64_t asked_ns = cb_now_ns();
		uint64_t joined_ns;
		int ret;

		own->life = fresh;
		ret = make(&own->life);
		ret = ret ? ret : await(&own->life);
		if (ret) {
			cb_fail(w, ret, "making and awaiting a worker");
			break;
		}
		joined_ns = cb_now_ns();
		life_count(w, own);
		cb_record_ns(w, joined_ns, joined_ns - asked_ns);
		done++;
	} while (done < n && !cb_stopping(w));
	return done;
}

#endif
