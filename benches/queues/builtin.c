/* builtin.c - what the queues are measured against: making items and checking them, and no queue.
 */
#include <concbench/queue.h>

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>

/* For each worker a line of its own, as the producer of what it gets. */
struct source {
	uint64_t number;
} CB_ALIGNED;

static size_t none_bytes(const struct cb_queue_env *env)
{
	return (env->producers + env->consumers) * sizeof(struct source);
}

static inline bool none_put(void *queue, struct cb_worker *w, const void *item, size_t bytes)
{
	(void)queue;
	(void)w;
	(void)bytes;
	/* Made, as for a queue. */
	__asm__ volatile("" : : "r"(item) : "memory");
	return true;
}

static inline bool none_get(void *queue, struct cb_worker *w, void *item, size_t bytes)
{
	struct source *own = (struct source *)queue + w->role;

	cb_queue_fill((unsigned char *)item, bytes, cb_queue_head(0, ++own->number, false));
	__asm__ volatile("" : : "r"(item) : "memory");
	return true;
}

static bool none_drain(void *queue, void *item, size_t bytes)
{
	(void)queue;
	(void)item;
	(void)bytes;
	return false;
}

static const struct cb_queue_ops cb_queue_ops_none = {
    .try_put = none_put, .try_get = none_get, .drain = none_drain};
CB_QUEUE_BATCH(none)
static const struct cb_queue cb_queue_impl_none = {
    .ops = &cb_queue_ops_none, .queue_bytes = none_bytes};

/* Of each consumer alone: what it counted is what it has made, each right and in its order. */
static int none_check(const struct cb_env *env, char *why, size_t why_len)
{
	struct cb_queue_state *st = env->state;

	cb_store(&st->closed, 0);
	for (unsigned i = st->env.producers; i < env->workers; i++) {
		const struct cb_queue_worker *own = &st->worker[i];

		if (own->source[0].count == env->done[i] && !own->damaged && !own->out_of_order)
			continue;
		(void)snprintf(why, why_len,
		    "consumer %u made %" PRIu64 " items, but %" PRIu64
		    " operations counted; %" PRIu64 " out of order and %" PRIu64 " damaged",
		    i, own->source[0].count, env->done[i], own->out_of_order, own->damaged);
		return -EBADMSG;
	}
	return 0;
}

static const struct cb_workload none_work = {
    .op = "item made and checked",
    .timed =
	"make an item, at a producer; make one and look at all of it, at a consumer: counted there",
    .checked = "each consumer's items are those that it made, each intact and in its order",
    .state_size = cb_queue_state_size,
    .setup = cb_queue_setup,
    .batch = cb_queue_batch_none,
    .check = none_check,
    .cooperative = true,
    .counts_from_state = true,
};

static const struct cb_kind none = {
    .family = "queue",
    .name = "none",
    .about = "no queue, items that each makes for itself: what the loop itself costs",
    .flags = CB_REFERENCE,
    .from = CB_FULL,
    .version = 2,
    .models = CB_CAN_ALL,
    .work = &none_work,
    .impl = &cb_queue_impl_none,
    .without = "wait_ns stages in_flight",
};

CB_REGISTER(none)
