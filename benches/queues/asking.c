/* asking.c - a producer that asks for a queue's size before each put: is it full, and was that the
 * truth? */
#include "benches/queues/work.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>

/* At once. Return: whether it is in. */
static bool put_now(struct cb_worker *w, struct cb_queue_state *st, const unsigned char *item)
{
	const struct cb_queue_ops *ops = st->impl->ops;

	return ops->try_put ? ops->try_put(st->queue, w, item, st->env.bytes)
			    : ops->put(st->queue, w, item, st->env.bytes, 0) > 0;
}

uint64_t cb_queue_produce_asking(
    struct cb_worker *w, struct cb_queue_state *st, uint64_t n, unsigned char *item)
{
	struct cb_queue_worker *own = &st->worker[w->index];

	for (uint64_t done = 0; done < n; done++) {
		const uint64_t number = own->put + 1;
		const uint64_t head =
		    cb_queue_head(w->index, number, cb_queue_is_timed(w, st, own, number, n));

		cb_queue_fill(item, st->env.bytes, head);
		for (;;) {
			const bool full =
			    st->impl->size(st->queue) >= st->env.capacity - st->impl->spare;
			const bool put = put_now(w, st, item);

			own->asked++;
			own->said_full += full;
			own->stale_full += full && put;
			own->stale_room += !full && !put;
			if (put)
				break;
			own->full_polls++;
			if (cb_queue_over(w, st))
				return 0;
			cb_relax(w);
		}
		own->put++;
		own->put_sum += cb_queue_weight(head, cb_queue_alone(st));
	}
	return 0;
}

int queue_check_size(const struct cb_queue_state *st, char *why, size_t why_len)
{
	if (st->env.producers == 1 && st->worker[0].stale_room)
		(void)snprintf(why, why_len,
		    "its only producer was told %" PRIu64
		    " times that there was room, and there was none",
		    st->worker[0].stale_room);
	else if (st->misjudged)
		(void)snprintf(why, why_len,
		    "with nobody about, its size was wrong by %" PRIu64 " items",
		    st->misjudged - 1);
	else
		return 0;
	return -EBADMSG;
}
