/* family.c - the family of queues: its parameters, and the parts of the workload that all share. */
#include "benches/queues/family.h"
#include "benches/queues/pace.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define CAPACITY_MAX (1 << 20)
#define ITEM_BYTES_MAX (1 << 20)
#define STAGES_MAX 16
#define IN_FLIGHT_MAX 64

/* Waking somebody takes tens of microseconds, taking turns on one PU up to a slice of the
 * scheduler's: a short window would hold too few of either. */
#define WINDOW_NS UINT64_C(20000000)

/* The low bits of a stamp say of which item it is; 56 bits of nanoseconds are two years. */
#define STAMP_TAG_BITS 8
#define STAMP_TAG_MASK ((UINT64_C(1) << STAMP_TAG_BITS) - 1)

enum totals {
	DELIVERED,
	EMPTY_POLLS,
	FULL_POLLS,
	TIMED_OUT,
	LATE_NS,
	ASKED,
	SAID_FULL,
	STALE,
	TOTALS
};

static const struct cb_param params[] = {
    CB_PARAM_MODEL,
    CB_PARAM("producers", CB_COUNT, "1", 1, CB_QUEUE_PRODUCERS_MAX, "who put items in"),
    CB_PARAM("consumers", CB_COUNT, "1", 1, 1000, "who get them out"),
    /* One carrier is one PU: what suspends its coroutines is not seen by others. */
    CB_PARAM_CARRIERS,
    CB_PARAM_PLACE("scatter"),
    CB_PARAM("capacity", CB_COUNT, "256", 2, CAPACITY_MAX, "items that it holds, a power of two"),
    CB_PARAM("bytes", CB_BYTES, "8", CB_QUEUE_ITEM_BYTES, ITEM_BYTES_MAX, "of an item"),
    CB_PARAM_SPARSE("wait_ns", CB_NS, "0", 0, 1000000000,
	"the patience of a put or get, after which it tries again; 0: no end"),
    CB_PARAM_SPARSE("load_pct", CB_PERCENT, "0", 0, 100,
	"items come at random, at so much of the rate that it can do; 0: as fast as it can"),
    CB_PARAM_SPARSE("burst", CB_COUNT, "1", 1, 4096,
	"with load_pct: so many come at once, a power of two, and more time lies between"),
    CB_PARAM_SPARSE("asking", CB_COUNT, "0", 0, 1,
	"1: a producer asks for its size before each put: is it full?"),
    CB_PARAM_SPARSE("stages", CB_COUNT, "0", 0, STAGES_MAX,
	"workers in a row, a queue between each two; 0: one queue, producers to consumers"),
    CB_PARAM_SPARSE("in_flight", CB_COUNT, "0", 0, IN_FLIGHT_MAX,
	"items that go round the stages, back to the first: 1 is a ping-pong; 0: to the last"),
};

static const struct cb_sweep sweeps[] = {
    {CB_SMOKE, "model=thread,process"},
    /* One PU for all: the only place where the three models can be compared with each other. */
    {CB_SMOKE, "model=thread,process,coroutine place=same"},
    {CB_QUICK, "model=thread,process producers=2 consumers=2"},
    {CB_QUICK, "model=thread bytes=1KiB"},
    {CB_FULL, "model=process bytes=1KiB"},
    {CB_FULL, "model=thread,process capacity=16,4096"},
    {CB_FULL, "model=thread,process,coroutine place=same capacity=16,4096"},
    {CB_FULL, "model=thread,process producers=1,4 consumers=4"},
    {CB_FULL, "model=thread,process producers=4 consumers=1"},
    {CB_FULL, "model=thread,process bytes=64"},
    {CB_FULL, "model=thread wait_ns=100us"},
    {CB_FULL, "model=thread load_pct=10,50,80,95"},
    {CB_FULL, "model=process load_pct=50"},
    {CB_FULL, "model=thread load_pct=50 burst=16"},
    {CB_FULL, "model=thread producers=1,2 capacity=16 asking=1"},
    {CB_FULL, "model=thread,process stages=2 in_flight=1"},
    {CB_FULL, "model=thread,process,coroutine place=same stages=2 in_flight=1"},
    {CB_FULL, "model=thread stages=4"},
    {CB_CHECK, "model=thread,process,coroutine capacity=2,256"},
    {CB_CHECK, "model=thread,process,coroutine bytes=24,1000 capacity=16"},
    {CB_CHECK, "model=thread,process,coroutine producers=2 consumers=2"},
    {CB_CHECK, "model=thread,process,coroutine producers=3 consumers=1 capacity=16"},
    {CB_CHECK, "model=thread,process,coroutine producers=1 consumers=3 capacity=16"},
    {CB_CHECK, "model=thread,process,coroutine wait_ns=1us capacity=2"},
    {CB_CHECK, "model=thread,coroutine load_pct=50 capacity=16"},
    {CB_CHECK, "model=thread load_pct=50 burst=16"},
    {CB_CHECK, "model=thread producers=1,2 capacity=2 asking=1"},
    {CB_CHECK, "model=thread,process,coroutine stages=2 in_flight=1"},
    {CB_CHECK, "model=thread stages=3 in_flight=2 bytes=24 capacity=16"},
    {CB_CHECK, "model=process,coroutine stages=4 capacity=2"},
    {CB_CHECK, "model=thread stages=3"},
    /* Those whose capacity is not ours to choose. */
    {CB_CHECK, "model=thread,process,coroutine"},
    {CB_CHECK, "model=thread,process,coroutine bytes=1000 producers=3"},
};

/* ---- what a case can be ---- */

static bool has(const struct cb_case *c, const char *key)
{
	return !c->kind->without || !strstr(c->kind->without, key);
}

static unsigned value(const struct cb_case *c, const char *key)
{
	return has(c, key) ? (unsigned)cb_case_value(c, key) : 0;
}

static unsigned stages(const struct cb_case *c)
{
	return value(c, "stages");
}

static unsigned workers(const struct cb_case *c)
{
	return stages(c) ? stages(c) : value(c, "producers") + value(c, "consumers");
}

/* Of the case's. */
static unsigned queues(const struct cb_case *c)
{
	if (!stages(c))
		return 1;
	return stages(c) - !value(c, "in_flight");
}

/* Of each of its queues. */
static struct cb_queue_env env_of(const struct cb_case *c)
{
	const struct cb_queue *impl = c->kind->impl;
	struct cb_queue_env env = {.c = c,
	    .model = c->model,
	    .producers = value(c, "producers"),
	    .consumers = value(c, "consumers"),
	    .capacity = value(c, "capacity"),
	    .bytes = (size_t)cb_case_value(c, "bytes")};

	if (impl->capacity)
		env.capacity = impl->capacity(&env);
	return env;
}

int queue_takes(const struct cb_queue_env *env, char *why, size_t why_len)
{
	const struct cb_queue *impl = env->c->kind->impl;

	if (impl->most_producers && env->producers > impl->most_producers) {
		(void)snprintf(why, why_len, "it takes %u producer%s", impl->most_producers,
		    impl->most_producers == 1 ? "" : "s");
		return -EINVAL;
	}
	if (impl->most_consumers && env->consumers > impl->most_consumers) {
		(void)snprintf(why, why_len, "it takes %u consumer%s", impl->most_consumers,
		    impl->most_consumers == 1 ? "" : "s");
		return -EINVAL;
	}
	if (impl->item_bytes && env->bytes != impl->item_bytes) {
		(void)snprintf(why, why_len, "its items have %zu bytes", impl->item_bytes);
		return -EINVAL;
	}
	if (impl->most_bytes && env->bytes > impl->most_bytes) {
		(void)snprintf(why, why_len, "its items have at most %zu bytes", impl->most_bytes);
		return -EINVAL;
	}
	if (!impl->capacity && (env->capacity & (env->capacity - 1)) != 0) {
		(void)snprintf(why, why_len, "capacity:%u is not a power of two", env->capacity);
		return -EINVAL;
	}
	return 0;
}

int cb_queue_on_one_carrier(const struct cb_case *c, char *why, size_t why_len)
{
	if (c->model != CB_COROUTINE || c->carriers == 1)
		return 0;
	(void)snprintf(why, why_len, "its coroutines wait for each other on one carrier");
	return -EINVAL;
}

static bool can_ask(const struct cb_case *c, char *why, size_t why_len)
{
	const struct cb_queue *impl = c->kind->impl;

	if (!impl->size)
		(void)snprintf(why, why_len, "it cannot say how many items it has");
	/* A put has to say at once whether there was room. */
	else if (!impl->ops->try_put && !has(c, "wait_ns"))
		(void)snprintf(why, why_len, "asking: its put() waits");
	else if (pace_pct(c) || stages(c) || value(c, "wait_ns"))
		(void)snprintf(
		    why, why_len, "asking goes with none of load_pct, stages and wait_ns");
	else
		return true;
	return false;
}

static bool can_burst(const struct cb_case *c, char *why, size_t why_len)
{
	const unsigned burst = value(c, "burst");

	if (burst > 1 && !pace_pct(c))
		(void)snprintf(why, why_len, "burst:%u goes with load_pct", burst);
	else if (burst & (burst - 1))
		(void)snprintf(why, why_len, "burst:%u is not a power of two", burst);
	else
		return true;
	return false;
}

static bool can_stages(
    const struct cb_case *c, const struct cb_queue_env *env, char *why, size_t why_len)
{
	const struct cb_queue *impl = c->kind->impl;
	const unsigned in_flight = value(c, "in_flight");

	if (!stages(c) && !in_flight)
		return true;
	if (stages(c) < 2)
		(void)snprintf(why, why_len, "stages:%u: there are two at least", stages(c));
	else if (env->producers != 1 || env->consumers != 1)
		(void)snprintf(
		    why, why_len, "stages: each queue has one producer and one consumer");
	else if (pace_pct(c) || value(c, "wait_ns"))
		(void)snprintf(why, why_len, "stages go with neither load_pct nor wait_ns");
	else if (impl->single && queues(c) > 1)
		(void)snprintf(why, why_len, "stages: there is only one of it");
	/* They must not stand in each other's way for ever. */
	else if (in_flight > env->capacity)
		(void)snprintf(
		    why, why_len, "in_flight:%u: a queue holds %u", in_flight, env->capacity);
	else
		return true;
	return false;
}

static int can(const struct cb_case *c, char *why, size_t why_len)
{
	const struct cb_queue *impl = c->kind->impl;
	const struct cb_queue_env env = env_of(c);

	if (queue_takes(&env, why, why_len) != 0)
		return -EINVAL;
	if (value(c, "wait_ns") && !impl->ops->put) {
		(void)snprintf(why, why_len, "nobody waits in it: no patience to lose");
		return -EINVAL;
	}
	if (value(c, "asking") && !can_ask(c, why, why_len))
		return -EINVAL;
	if (pace_pct(c) && !c->kind->depends) {
		(void)snprintf(why, why_len, "it has no peak that a load could be a part of");
		return -EINVAL;
	}
	return can_burst(c, why, why_len) && can_stages(c, &env, why, why_len) ? 0 : -EINVAL;
}

static uint64_t window_ns(const struct cb_case *c)
{
	const struct cb_queue *impl = c->kind->impl;

	/* The same for coroutines, which are compared with them. */
	return impl->ops->put || cb_case_on_one_pu(c) ? WINDOW_NS : 0;
}

/* ---- state ---- */

static size_t lines(size_t bytes)
{
	return (bytes + CB_ALIGN - 1) / CB_ALIGN * CB_ALIGN;
}

/* Enough that an item's stamp is not written over while it is in the queue, and a line at least. */
static unsigned stamp_slots(const struct cb_queue_env *env)
{
	/* At a pace it may be each of them. */
	const unsigned every = pace_pct(env->c) ? 1 : CB_QUEUE_TIMED;
	unsigned slots = CB_ALIGN / sizeof(uint64_t);

	while (slots < env->capacity / every * queues(env->c) + 2)
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
	const unsigned n = workers(env->c);
	struct layout l;

	l.worker = lines(sizeof(struct cb_queue_state));
	l.item = l.worker + n * sizeof(struct cb_queue_worker);
	l.item_stride = lines(env->bytes);
	/* One more for the cell, which empties it. */
	l.stamps = l.item + (n + 1) * l.item_stride;
	l.gap = l.stamps + lines(env->producers * stamp_slots(env) * sizeof(uint64_t));
	l.queue = l.gap + lines(pace_bytes(env->c));
	l.queue_stride = lines(impl->queue_bytes(env));
	l.end = l.queue + queues(env->c) * l.queue_stride;
	return l;
}

size_t cb_queue_state_size(const struct cb_case *c)
{
	const struct cb_queue_env env = env_of(c);

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
	const unsigned count = queues(env->c);
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
	struct cb_queue_env queue_env = env_of(env->c);
	const struct layout l = lay_out(&queue_env);
	struct cb_queue_state *st = env->state;
	unsigned char *base = env->state;
	int ret;

	queue_env.checking = env->checking;
	st->env = queue_env;
	st->stages = stages(env->c);
	st->in_flight = value(env->c, "in_flight");
	st->asking = value(env->c, "asking");
	if (st->stages)
		st->env.producers = queues(env->c);
	st->impl = env->c->kind->impl;
	st->wait_ns = value(env->c, "wait_ns");
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
	destroy_queues(env->state, queues(env->c));
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

/* ---- asking ---- */

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

/* What it says while nobody is about, and what its only producer is told. */
static int check_size(const struct cb_queue_state *st, char *why, size_t why_len)
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

/* ---- deadlines ---- */

/* One put or get in so many is kept back until the other end times out. */
#define KEPT_OF 16u
/* So often to the end of a trial before that nobody timed out says much. */
#define KEPT_MIN 20u

static void stand_still(struct cb_worker *w, struct cb_queue_state *st)
{
	const struct cb_queue_worker *other = &st->worker[1 - w->index];
	const uint64_t before = cb_load(&other->timed_out);
	uint32_t nobody = 0;

	/* Not both: they would wait for each other. */
	if (!__atomic_compare_exchange_n(
		&st->standing, &nobody, 1, false, __ATOMIC_ACQUIRE, __ATOMIC_RELAXED))
		return;
	while (cb_load(&other->timed_out) == before) {
		if (cb_queue_over(w, st)) {
			st->worker[w->index].kept_to_end++;
			break;
		}
		cb_yield(w);
	}
	cb_store_release(&st->standing, 0);
}

uint64_t cb_queue_patience(struct cb_worker *w, struct cb_queue_state *st)
{
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

/* Checks one worker. @other: the one that stood still for it; NULL where nobody does. */
static int check_deadlines(const struct cb_queue_state *st, const struct cb_queue_worker *own,
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

/* ---- accounts ---- */

/* Who get items out. */
static unsigned consumers(const struct cb_queue_state *st)
{
	return st->stages ? st->env.producers : st->env.consumers;
}

static struct cb_queue_worker *consumer(struct cb_queue_state *st, unsigned i)
{
	return &st->worker[st->stages ? (i + 1) % st->stages : st->env.producers + i];
}

static bool drain_one(struct cb_queue_state *st, void *queue)
{
	const struct cb_queue_ops *ops = st->impl->ops;
	unsigned char *item = st->drained.item;

	return ops->drain ? ops->drain(queue, item, st->env.bytes)
			  : ops->try_get(queue, NULL, item, st->env.bytes);
}

/* Empty all queues into st->drained. Return: the most items found in one. */
static uint64_t drain(struct cb_queue_state *st)
{
	const unsigned count = queues(st->env.c);
	uint64_t head, most = 0;

	/* In the queue are only items after all that any consumer has had. */
	for (unsigned c = 0; c < consumers(st); c++)
		for (unsigned p = 0; p < st->env.producers; p++)
			if (consumer(st, c)->source[p].last > st->drained.source[p].last)
				st->drained.source[p].last = consumer(st, c)->source[p].last;
	for (unsigned i = 0; i < count; i++) {
		const uint64_t said = st->impl->size ? st->impl->size(cb_queue_of(st, i)) : 0;
		uint64_t found = 0;

		/* Bounded: a broken queue may go on for ever. */
		while (found <= st->env.capacity && drain_one(st, cb_queue_of(st, i))) {
			(void)cb_queue_take(
			    st, &st->drained, st->drained.item, st->env.bytes, &head);
			found++;
		}
		if (st->impl->size && said != found && !st->misjudged)
			st->misjudged = 1 + (said > found ? said - found : found - said);
		most = found > most ? found : most;
	}
	for (unsigned c = 0; c < consumers(st); c++)
		for (unsigned p = 0; p < st->env.producers; p++)
			consumer(st, c)->source[p].last =
			    /* What was on its way to a later stage is not taken up again. */
			    st->stages ? st->worker[0].put : st->drained.source[p].last;
	return most;
}

/* What all consumers and the draining together had of producer @p. */
static struct cb_queue_source came_out(struct cb_queue_state *st, unsigned p)
{
	struct cb_queue_source all = st->drained.source[p];

	for (unsigned c = 0; c < consumers(st); c++) {
		all.count += consumer(st, c)->source[p].count;
		all.sum += consumer(st, c)->source[p].sum;
	}
	return all;
}

static int check_items(struct cb_queue_state *st, char *why, size_t why_len)
{
	uint64_t damaged = st->drained.damaged, out_of_order = st->drained.out_of_order;

	for (unsigned c = 0; c < consumers(st); c++) {
		damaged += consumer(st, c)->damaged;
		out_of_order += consumer(st, c)->out_of_order;
	}
	for (unsigned p = 0; p < st->env.producers; p++) {
		const struct cb_queue_worker *from = &st->worker[p];
		const struct cb_queue_source out = came_out(st, p);

		if (from->put == out.count && from->put_sum == out.sum && !damaged && !out_of_order)
			continue;
		(void)snprintf(why, why_len,
		    "producer %u put %" PRIu64 " items, %" PRIu64 " came out with %s sum; of all "
		    "%" PRIu64 " came out of order and %" PRIu64 " damaged",
		    p, from->put, out.count, from->put_sum == out.sum ? "their" : "another",
		    out_of_order, damaged);
		return -EBADMSG;
	}
	return 0;
}

static uint64_t delivered(struct cb_queue_state *st)
{
	uint64_t count = 0;

	/* At the end of their way. */
	for (unsigned c = st->stages ? consumers(st) - 1 : 0; c < consumers(st); c++)
		for (unsigned p = 0; p < st->env.producers; p++)
			count += consumer(st, c)->source[p].count;
	return count;
}

int cb_queue_check(const struct cb_env *env, char *why, size_t why_len)
{
	struct cb_queue_state *st = env->state;
	const uint64_t left = drain(st);
	uint64_t done = 0;
	int ret;

	if (left > st->env.capacity) {
		(void)snprintf(why, why_len, "more items left in the queue than its capacity of %u",
		    st->env.capacity);
		return -EBADMSG;
	}
	ret = check_items(st, why, why_len);
	if (ret)
		return ret;
	for (unsigned i = 0; i < env->workers; i++)
		done += env->done[i];
	if (done != delivered(st)) {
		(void)snprintf(why, why_len,
		    "%" PRIu64 " items delivered, but %" PRIu64 " operations counted",
		    delivered(st), done);
		return -EBADMSG;
	}
	for (unsigned i = 0; st->wait_ns && i < env->workers; i++) {
		ret = check_deadlines(st, &st->worker[i],
		    env->workers == 2 ? &st->worker[1 - i] : NULL,
		    i < st->env.producers ? "put" : "get", why, why_len);
		if (ret)
			return ret;
	}
	ret = check_size(st, why, why_len);
	if (!ret)
		ret = pace_check(st, why, why_len);
	if (ret)
		return ret;
	/* All workers are parked: none can be between the two. */
	cb_store(&st->closed, 0);
	for (unsigned i = 0; i < queues(env->c) && st->impl->ops->open; i++)
		st->impl->ops->open(cb_queue_of(st, i));
	return 0;
}

void cb_queue_report(const struct cb_env *env, struct cb_metrics *metrics)
{
	struct cb_queue_state *st = env->state;
	uint64_t now[TOTALS] = {delivered(st)};
	double of[TOTALS];

	for (unsigned i = 0; i < env->workers; i++) {
		now[EMPTY_POLLS] += st->worker[i].empty_polls;
		now[FULL_POLLS] += st->worker[i].full_polls;
		now[TIMED_OUT] += st->worker[i].timed_out;
		now[LATE_NS] += st->worker[i].late_ns;
		now[ASKED] += st->worker[i].asked;
		now[SAID_FULL] += st->worker[i].said_full;
		now[STALE] += st->worker[i].stale_full + st->worker[i].stale_room;
	}
	for (unsigned i = 0; i < TOTALS; i++) {
		of[i] = (double)(now[i] - st->reported[i]);
		st->reported[i] = now[i];
	}
	/* Without any items these are not numbers, and are left out. */
	if (!st->impl->waits_unseen || st->checking) {
		(void)cb_metric(metrics, "empty_polls_per_op", of[EMPTY_POLLS] / of[DELIVERED]);
		(void)cb_metric(metrics, "full_polls_per_op", of[FULL_POLLS] / of[DELIVERED]);
	}
	if (st->wait_ns) {
		(void)cb_metric(metrics, "gave_up_per_op", of[TIMED_OUT] / of[DELIVERED]);
		(void)cb_metric(metrics, "gave_up_late_ns", of[LATE_NS] / of[TIMED_OUT]);
	}
	if (st->asking) {
		(void)cb_metric(metrics, "said_full_share", of[SAID_FULL] / of[ASKED]);
		(void)cb_metric(metrics, "stale_share", of[STALE] / of[ASKED]);
	}
	if (st->gap)
		(void)cb_metric(metrics, CB_GIVEN_OPS_PER_S, st->pace_per_s);
}

int queue_accepts(const struct cb_kind *k, char *why, size_t why_len)
{
	const struct cb_queue *queue = (const struct cb_queue *)k->impl;
	const struct cb_queue_ops *ops = queue ? queue->ops : NULL;
	const char *lacks = NULL;

	if (k->work->setup != cb_queue_setup && k->work != &cb_queue_loss_work)
		return 0;
	if (!ops)
		lacks = "calls (impl, a struct cb_queue with ops)";
	else if (!queue->queue_bytes)
		lacks = "queue_bytes()";
	else if (!ops->put && !ops->try_put)
		lacks = "put(), or try_put()";
	else if (!ops->get && !ops->try_get)
		lacks = "get(), or try_get()";
	else if (!ops->drain && !ops->try_get)
		lacks = "drain(), or try_get()";
	if (!lacks)
		return 0;
	(void)snprintf(why, why_len, "it lacks %s", lacks);
	return -EINVAL;
}

static void facts(const struct cb_case *c, cb_say_fn *say, void *to)
{
	const struct cb_queue *impl = c->kind->impl;
	const struct cb_queue_env env = env_of(c);
	const struct {
		const char *what;
		unsigned most;
	} ends[] = {{"producers", impl->most_producers}, {"consumers", impl->most_consumers}};
	char text[120];

	(void)snprintf(text, sizeof(text), "%zu bytes of shared memory", impl->queue_bytes(&env));
	say(to, "queue", text);
	(void)snprintf(text, sizeof(text), "%u item%s%s%s%s", env.capacity - impl->spare,
	    env.capacity - impl->spare == 1 ? "" : "s", impl->holds_less ? " at most" : "",
	    !impl->capacity      ? ", as it is told"
	    : has(c, "capacity") ? ", by what it is told and what is under way"
				 : ", its own: it cannot be given one",
	    impl->spare ? ", but for a slot that stays empty" : "");
	say(to, "capacity", text);
	if (impl->item_bytes)
		(void)snprintf(text, sizeof(text), "of %zu bytes and no others", impl->item_bytes);
	else if (impl->most_bytes)
		(void)snprintf(text, sizeof(text), "of %zu bytes at most", impl->most_bytes);
	else
		(void)snprintf(text, sizeof(text), "of any size");
	say(to, "items", text);
	say(to, "size", impl->size ? "it says how many items it has" : "it cannot say");
	say(to, "order",
	    impl->order == CB_ORDER_FIFO ? "each producer's items come out as they went in"
					 : "promises none: nothing lost, nothing twice");
	for (unsigned i = 0; i < 2; i++) {
		(void)snprintf(text, sizeof(text), "%u at most", ends[i].most);
		say(to, ends[i].what, ends[i].most ? text : "any number");
	}
}

const struct cb_family queue_family = {
    .name = "queue",
    .plural = "queues",
    .title = "Queues",
    .question = "Which queue, between these many, for items of this size?",
    .params = params,
    .param_count = sizeof(params) / sizeof(params[0]),
    .sweeps = sweeps,
    .sweep_count = sizeof(sweeps) / sizeof(sweeps[0]),
    .shape = CB_PANELS,
    .caption = "Items that reached a consumer, per second: more is better.",
    .contenders = CB_KINDS,
    .rate = true,
    .can = can,
    .accepts = queue_accepts,
    .facts = facts,
    .workers = workers,
    .window_ns = window_ns,
    .exercised = "empty_polls_per_op|full_polls_per_op gave_up_per_op",
    .floor = "none",
    .load = "load_pct",
};
