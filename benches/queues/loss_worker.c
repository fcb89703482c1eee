/* loss_worker.c - a producer or a consumer, of which one will be killed. */
#include "benches/queues/loss.h"

#include <errno.h>
#include <stdlib.h>

/* Of calls that wait: whoever lost its wake-up with the dead looks again after that. */
#define PATIENCE_NS (5 * CB_NS_PER_MS)

/* Until it is done. Return: false when it leaves, or the queue does not take it any more. */
static bool transfer(
    struct loss_state *st, struct loss_worker *own, struct cb_worker *w, void *item, bool puts)
{
	const struct cb_queue_ops *ops = st->impl->ops;
	const bool waits = puts ? ops->put != NULL : ops->get != NULL;
	const size_t bytes = st->env.bytes;

	for (;;) {
		const uint64_t until_ns = waits ? cb_now_ns() + PATIENCE_NS : 0;
		enum cb_queue_result result = CB_QUEUE_TIMED_OUT;

		if (waits)
			result = puts ? ops->put(st->queue, w, item, bytes, until_ns)
				      : ops->get(st->queue, w, item, bytes, until_ns);
		else if (puts ? ops->try_put(st->queue, w, item, bytes)
			      : ops->try_get(st->queue, w, item, bytes))
			result = CB_QUEUE_DONE;
		if (result > 0)
			return true;
		if (result == CB_QUEUE_CLOSED || w->error || cb_load(&own->leaves))
			return false;
		if (!waits)
			cb_relax(w);
	}
}

static void produce(struct loss_state *st, unsigned p, struct cb_worker *w, unsigned char *item)
{
	struct loss_worker *own = &st->worker[p];

	for (uint64_t number = own->asked + 1; !cb_load(&own->leaves); number++) {
		while (number > LOSS_BEFORE_MOST && !cb_load(&st->dead) && !cb_load(&own->leaves))
			cb_relax(w);
		if (cb_load_acquire(&st->dead) && number > st->at_death[p] + st->goal)
			return;
		cb_queue_fill(item, st->env.bytes, cb_queue_head(p, number, false));
		cb_store_release(&own->asked, number);
		if (!transfer(st, own, w, item, true)) {
			/* Asked to leave, it has not put it; of a dead queue nobody knows. */
			if (!w->error && cb_load(&own->leaves))
				cb_store(&own->asked, own->done);
			return;
		}
		cb_store_release(&own->done, number);
	}
}

static void mark(struct loss_state *st, struct loss_worker *own, const unsigned char *item)
{
	uint64_t head, number;
	unsigned p;

	memcpy(&head, item, sizeof(head));
	p = cb_queue_head_producer(head);
	number = cb_queue_head_number(head);
	if (p >= st->env.producers || head != cb_queue_head(p, number, false) || !number ||
	    number > cb_load(&st->worker[p].asked)) {
		own->torn++;
		own->unreadable++;
		return;
	}
	if (!cb_queue_intact(item, st->env.bytes, head))
		own->torn++;
	(void)cb_fetch_add(&st->seen[p * st->stride + number], 1);
	if (cb_load_acquire(&st->dead) && number > st->at_death[p] && !cb_load(&st->on_ns))
		cb_store(&st->on_ns, cb_now_ns());
}

static void consume(
    struct loss_state *st, struct loss_worker *own, struct cb_worker *w, unsigned char *item)
{
	while (!cb_load(&own->leaves)) {
		cb_store_release(&own->asked, own->done + 1);
		if (!transfer(st, own, w, item, false)) {
			cb_store(&own->asked, own->done);
			return;
		}
		mark(st, own, item);
		cb_store_release(
		    &own->done, own->asked + (st->plan.miscounts && own->asked % 10 == 0));
	}
}

void loss_be_a_worker(void *arg)
{
	const struct loss_member *m = arg;
	struct loss_state *st = m->st;
	struct loss_worker *own = &st->worker[m->i];
	unsigned char *item = malloc(st->env.bytes);
	struct cb_worker *w = NULL;
	int ret = item ? cb_stand_in(st->cell, m->i, &w) : -ENOMEM;

	if (!ret && st->impl->ops->attach)
		ret = st->impl->ops->attach(st->queue, w);
	if (!ret && m->i < st->env.producers)
		produce(st, m->i, w, item);
	else if (!ret)
		consume(st, own, w, item);
	own->error_what = !ret ? w->error_what : "to come to the queue";
	cb_store_release(&own->error, ret ? ret : w->error);
}
