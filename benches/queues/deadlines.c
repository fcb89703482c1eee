/* deadlines.c - puts and gets that give up at a deadline: do they, and how long after it? */
#include "benches/queues/work.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>

/* One put or get in so many is kept back until the other end times out. */
#define KEPT_OF 16u
/* So often to the end of a trial before that nobody timed out says much. */
#define KEPT_MIN 20u
/* Filling a larger one may take longer than a trial: a server's 200 answers just fit. */
#define KEPT_CAPACITY 200u

static void stand_still(struct cb_worker *w, struct cb_queue_state *st)
{
	const struct cb_queue_worker *other = &st->worker[1 - w->index];
	const uint64_t before = cb_load(&other->timed_out), began_ns = cb_now_ns();
	const bool can_happen = w->index < st->env.producers || st->env.capacity <= KEPT_CAPACITY;
	uint64_t calls = cb_load(&other->timed_calls), since_ns = began_ns;
	uint32_t nobody = 0;

	/* Not both: they would wait for each other. */
	if (!__atomic_compare_exchange_n(
		&st->standing, &nobody, 1, false, __ATOMIC_ACQUIRE, __ATOMIC_RELAXED))
		return;
	while (cb_load(&other->timed_out) == before) {
		const uint64_t now_ns = cb_now_ns();

		if (calls != cb_load(&other->timed_calls)) {
			calls = cb_load(&other->timed_calls);
			since_ns = now_ns;
		}
		if (cb_queue_over(w, st)) {
			/* Who still gets on has no reason to give up. */
			if (can_happen && now_ns - since_ns > (now_ns - began_ns) / 2)
				st->worker[w->index].kept_to_end++;
			break;
		}
		cb_yield(w);
	}
	cb_store_release(&st->standing, 0);
}

uint64_t cb_queue_patience(struct cb_worker *w, struct cb_queue_state *st)
{
	struct cb_queue_worker *own = &st->worker[w->index];

	cb_store(&own->timed_calls, own->timed_calls + 1);
	if (st->checking && w->count == 2 && (cb_random(w) >> 32) % KEPT_OF == 0)
		stand_still(w, st);
	return cb_now_ns() + st->wait_ns;
}

void cb_queue_timed_out(struct cb_worker *w, struct cb_queue_state *st, uint64_t until_ns)
{
	struct cb_queue_worker *own = &st->worker[w->index];
	const uint64_t now_ns = cb_now_ns();

	if (now_ns >= until_ns)
		own->late_ns += now_ns - until_ns;
	if (now_ns < until_ns)
		own->early++;
	else if (own->timed_out == own->early || now_ns - until_ns < own->least_late_ns)
		own->least_late_ns = now_ns - until_ns;
	/* The other end looks at it. */
	cb_store(&own->timed_out, own->timed_out + 1);
}

int queue_check_deadlines(const struct cb_queue_state *st, const struct cb_queue_worker *own,
    const struct cb_queue_worker *other, const char *what, char *why, size_t why_len)
{
	if (own->early)
		(void)snprintf(why, why_len,
		    "%" PRIu64 " of %" PRIu64 " calls of %s timed out before their deadline",
		    own->early, own->timed_out, what);
	else if (other && !own->timed_out && other->kept_to_end >= KEPT_MIN)
		(void)snprintf(why, why_len,
		    "deadlines are not heeded: %" PRIu64
		    " times there was nothing for %s to the end of a trial, and it never timed out",
		    other->kept_to_end, what);
	else if (st->checking && own->timed_out >= CB_LATE_OF && own->least_late_ns > st->late_ns)
		(void)snprintf(why, why_len,
		    "deadlines are not heeded: %" PRIu64
		    " calls of %s timed out, each at least %" PRIu64 " us after its deadline",
		    own->timed_out, what, own->least_late_ns / 1000);
	else
		return 0;
	return -EBADMSG;
}
