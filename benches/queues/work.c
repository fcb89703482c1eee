/* work.c - the workload of queues: the state of a case, its workers' coming and going, and the
 * stamps of timed items. */
#include "benches/queues/pace.h"
#include "benches/queues/work.h"

#include <stdio.h>
#include <string.h>

/* The low bits of a stamp say of which item it is; 56 bits of nanoseconds are two years. */
#define STAMP_TAG_BITS 8
#define STAMP_TAG_MASK ((UINT64_C(1) << STAMP_TAG_BITS) - 1)

/* ---- state ---- */

/* Enough that an item's stamp is not written over while it is in the queue, and a line at least. */
static unsigned stamp_slots(const struct cb_queue_env *env)
{
	/* At a pace it may be each of them. */
	const unsigned every = pace_pct(env->c) ? 1 : CB_QUEUE_TIMED;
	unsigned slots = CB_ALIGN / sizeof(uint64_t);

	while (slots < env->capacity / every * queue_count(env->c) + 2)
		slots *= 2;
	return slots;
}

/* Where the parts of a case's memory begin. */
struct layout {
	size_t worker, item, item_stride, stamps, gap, queue, queue_stride, end;
};

static struct layout lay_out(const struct cb_queue_env *env)
{
	const struct cb_queue *impl = env->c->kind->impl;
	const unsigned n = queue_workers(env->c);
	struct layout l;

	l.worker = cb_lines(sizeof(struct cb_queue_state));
	l.item = l.worker + n * sizeof(struct cb_queue_worker);
	l.item_stride = cb_lines(env->bytes);
	/* One more for the cell, which empties it. */
	l.stamps = l.item + (n + 1) * l.item_stride;
	l.gap = l.stamps + cb_lines(env->producers * stamp_slots(env) * sizeof(uint64_t));
	l.queue = l.gap + cb_lines(pace_bytes(env->c));
	l.queue_stride = cb_lines(impl->queue_bytes(env));
	l.end = l.queue + queue_count(env->c) * l.queue_stride;
	return l;
}

size_t cb_queue_state_size(const struct cb_case *c)
{
	const struct cb_queue_env env = queue_env_of(c);

	return lay_out(&env).end;
}

static void destroy_queues(struct cb_queue_state *st, unsigned count)
{
	for (unsigned i = 0; i < count && st->impl->ops->destroy; i++)
		st->impl->ops->destroy(cb_queue_of(st, i));
}

static int make_queues(
    struct cb_queue_state *st, const struct cb_queue_env *env, char *why, size_t why_len)
{
	const unsigned count = queue_count(env->c);
	struct cb_queue_env of_each = *env;
	char reason[200] = "";

	of_each.why = reason;
	of_each.why_len = sizeof(reason);
	for (unsigned i = 0; i < count && st->impl->ops->init; i++) {
		const int ret = st->impl->ops->init(cb_queue_of(st, i), &of_each);

		if (!ret)
			continue;
		destroy_queues(st, i);
		(void)snprintf(why, why_len, "%s: making the queue: %s", env->c->kind->name,
		    reason[0] ? reason : strerror(-ret));
		return ret;
	}
	return 0;
}

int cb_queue_setup(struct cb_env *env, char *why, size_t why_len)
{
	struct cb_queue_env queue_env = queue_env_of(env->c);
	const struct layout l = lay_out(&queue_env);
	struct cb_queue_state *st = env->state;
	unsigned char *base = env->state;
	int ret;

	queue_env.checking = env->checking;
	queue_env.wait_ns = queue_value(env->c, "wait_ns");
	st->env = queue_env;
	st->stages = queue_stages(env->c);
	st->in_flight = queue_value(env->c, "in_flight");
	st->asking = queue_value(env->c, "asking");
	if (st->stages)
		st->env.producers = queue_count(env->c);
	st->impl = env->c->kind->impl;
	st->wait_ns = queue_env.wait_ns;
	st->checking = env->checking;
	st->late_ns = env->checking && st->wait_ns ? cb_late_ns() : 0;
	st->stamp_slots = stamp_slots(&queue_env);
	st->timed_every = CB_QUEUE_TIMED;
	st->stamps = (void *)(base + l.stamps);
	st->worker = (void *)(base + l.worker);
	st->queue = base + l.queue;
	st->queue_stride = l.queue_stride;
	for (unsigned i = 0; i < env->workers; i++)
		st->worker[i].item = base + l.item + i * l.item_stride;
	st->drained.item = base + l.item + env->workers * l.item_stride;
	ret = pace_setup(st, env, (void *)(base + l.gap), why, why_len);
	return ret ? ret : make_queues(st, &queue_env, why, why_len);
}

void cb_queue_teardown(struct cb_env *env)
{
	destroy_queues(env->state, queue_count(env->c));
}

/* What a worker is to a queue. */
struct end {
	void *queue;
	unsigned role;
};

/* Return: how many. */
static unsigned ends_of(const struct cb_queue_state *st, unsigned worker, struct end end[2])
{
	unsigned n = 0;

	if (!st->stages) {
		end[0] = (struct end){st->queue, worker};
		return 1;
	}
	if (worker < st->env.producers)
		end[n++] = (struct end){cb_queue_of(st, worker), CB_QUEUE_PUTS};
	if (worker || st->in_flight)
		end[n++] = (struct end){
		    cb_queue_of(st, (worker ? worker : st->stages) - 1), CB_QUEUE_GETS};
	return n;
}

void cb_queue_enter(struct cb_worker *w, void *state)
{
	struct cb_queue_state *st = state;
	struct cb_queue_worker *own = &st->worker[w->index];
	struct end end[2];
	const unsigned n = ends_of(st, w->index, end);

	pace_enter(st, own);
	own->made = 0;
	if (own->attached || !st->impl->ops->attach)
		return;
	own->attached = true;
	for (unsigned i = 0; i < n; i++) {
		w->role = end[i].role;
		cb_expect(w, -st->impl->ops->attach(end[i].queue, w), "queue: attach");
	}
	w->role = w->index;
}

void cb_queue_leave(struct cb_worker *w, void *state)
{
	struct cb_queue_state *st = state;
	struct end end[2];
	const unsigned n = ends_of(st, w->index, end);

	cb_store(&st->closed, 1);
	for (unsigned i = 0; i < n && st->impl->ops->close; i++) {
		w->role = end[i].role;
		st->impl->ops->close(end[i].queue, w);
	}
	w->role = w->index;
}

/* ---- latencies ---- */

static uint64_t *stamp_of(struct cb_queue_state *st, unsigned producer, uint64_t number)
{
	return &st->stamps[producer * st->stamp_slots +
			   (number / st->timed_every & (st->stamp_slots - 1))];
}

static uint64_t stamp_tag(const struct cb_queue_state *st, uint64_t number)
{
	return number / st->timed_every / st->stamp_slots & STAMP_TAG_MASK;
}

void cb_queue_stamp(struct cb_queue_state *st, unsigned producer, uint64_t number, uint64_t at_ns)
{
	cb_store(stamp_of(st, producer, number), at_ns << STAMP_TAG_BITS | stamp_tag(st, number));
}

/*
 * The queue itself orders stamp and item. But a consumer that is preempted between getting an item
 * and coming here may find a later item's stamp, if others went on consuming: the tag tells.
 */
void cb_queue_timed(
    struct cb_worker *w, struct cb_queue_state *st, unsigned producer, uint64_t number)
{
	const uint64_t now_ns = cb_now_ns();
	const uint64_t stamp = cb_load(stamp_of(st, producer, number));

	if ((stamp & STAMP_TAG_MASK) == stamp_tag(st, number))
		cb_record_ns(w, now_ns, now_ns - (stamp >> STAMP_TAG_BITS));
}
