/* family.c - the family of queues: its parameters, its cases, and what can be one. */
#include "benches/queues/pace.h"
#include "benches/queues/work.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define CAPACITY_MAX (1 << 20)
#define ITEM_BYTES_MAX (1 << 20)
#define STAGES_MAX 16
#define IN_FLIGHT_MAX 64

/* Waking somebody takes tens of microseconds, taking turns on one PU up to a slice of the
 * scheduler's: a short window would hold too few of either. */
#define WINDOW_NS UINT64_C(20000000)

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
    {CB_FULL, "model=thread,process bytes=64,16KiB,64KiB"},
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
    {CB_CHECK, "model=thread,process,coroutine bytes=1000 wait_ns=1us"},
    {CB_CHECK, "model=thread,process bytes=1000 producers=2 consumers=2 wait_ns=1us"},
    {CB_CHECK, "model=thread,coroutine bytes=1000 producers=3 wait_ns=1us"},
};

/* ---- what a case can be ---- */

bool queue_has(const struct cb_case *c, const char *key)
{
	return !c->kind->without || !strstr(c->kind->without, key);
}

unsigned queue_value(const struct cb_case *c, const char *key)
{
	return queue_has(c, key) ? (unsigned)cb_case_value(c, key) : 0;
}

unsigned queue_stages(const struct cb_case *c)
{
	return queue_value(c, "stages");
}

unsigned queue_workers(const struct cb_case *c)
{
	return queue_stages(c) ? queue_stages(c)
			       : queue_value(c, "producers") + queue_value(c, "consumers");
}

unsigned queue_count(const struct cb_case *c)
{
	if (!queue_stages(c))
		return 1;
	return queue_stages(c) - !queue_value(c, "in_flight");
}

struct cb_queue_env queue_env_of(const struct cb_case *c)
{
	const struct cb_queue *impl = c->kind->impl;
	struct cb_queue_env env = {.c = c,
	    .model = c->model,
	    .producers = queue_value(c, "producers"),
	    .consumers = queue_value(c, "consumers"),
	    .capacity = queue_value(c, "capacity"),
	    .bytes = (size_t)cb_case_value(c, "bytes")};

	if (impl->capacity)
		env.capacity = impl->capacity(&env);
	return env;
}

int queue_takes(const struct cb_queue_env *env, char *why, size_t why_len)
{
	const struct cb_queue *impl = env->c->kind->impl;
	const unsigned told = queue_value(env->c, "capacity");

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
	if (told & (told - 1)) {
		(void)snprintf(why, why_len, "capacity:%u is not a power of two", told);
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
	else if (!impl->ops->try_put && !queue_has(c, "wait_ns"))
		(void)snprintf(why, why_len, "asking: its put() waits");
	else if (pace_pct(c) || queue_stages(c) || queue_value(c, "wait_ns"))
		(void)snprintf(
		    why, why_len, "asking goes with none of load_pct, stages and wait_ns");
	else
		return true;
	return false;
}

static bool can_burst(const struct cb_case *c, char *why, size_t why_len)
{
	const unsigned burst = queue_value(c, "burst");

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
	const unsigned in_flight = queue_value(c, "in_flight");

	if (!queue_stages(c) && !in_flight)
		return true;
	if (queue_stages(c) < 2)
		(void)snprintf(why, why_len, "stages:%u: there are two at least", queue_stages(c));
	else if (env->producers != 1 || env->consumers != 1)
		(void)snprintf(
		    why, why_len, "stages: each queue has one producer and one consumer");
	else if (pace_pct(c) || queue_value(c, "wait_ns"))
		(void)snprintf(why, why_len, "stages go with neither load_pct nor wait_ns");
	else if (impl->single && queue_count(c) > 1)
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
	const struct cb_queue_env env = queue_env_of(c);

	if (queue_takes(&env, why, why_len) != 0)
		return -EINVAL;
	if (queue_value(c, "wait_ns") && !impl->ops->put) {
		(void)snprintf(why, why_len, "nobody waits in it: no patience to lose");
		return -EINVAL;
	}
	if (queue_value(c, "asking") && !can_ask(c, why, why_len))
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
	const struct cb_queue_env env = queue_env_of(c);
	const struct {
		const char *what;
		unsigned most;
	} ends[] = {{"producers", impl->most_producers}, {"consumers", impl->most_consumers}};
	char text[120];

	(void)snprintf(text, sizeof(text), "%zu bytes of shared memory", impl->queue_bytes(&env));
	say(to, "queue", text);
	(void)snprintf(text, sizeof(text), "%u item%s%s%s%s", env.capacity - impl->spare,
	    env.capacity - impl->spare == 1 ? "" : "s", impl->holds_less ? " at most" : "",
	    !impl->capacity            ? ", as it is told"
	    : queue_has(c, "capacity") ? ", by what it is told and what is under way"
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
    .workers = queue_workers,
    .window_ns = window_ns,
    .exercised = "empty_polls_per_op|full_polls_per_op gave_up_per_op",
    .floor = "none",
    .load = "load_pct",
    .size = "bytes",
};
