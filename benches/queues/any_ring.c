/*
 * any_ring.c - a ring of each producer's own, and one consumer that waits for any of them, as
 * select does in Go: it looks at each in turn, says at each that it is about to sleep, looks at all
 * once more, and sleeps at one eventfd that all of them know.
 */
#include "benches/queues/eventfd_ring.h"

struct any_rings {
	unsigned count;
	size_t stride; /* from one ring to the next, in bytes */
	int fd;        /* where the consumer sleeps */
	unsigned next; /* ring that it looks at first: the one after the last that gave */
	unsigned char ring[] CB_ALIGNED;
};

static inline struct eventfd_ring *ring_of(struct any_rings *a, unsigned i)
{
	return (struct eventfd_ring *)(void *)(a->ring + i * a->stride);
}

/* Of one ring's: the case's. */
static struct cb_queue_env env_of_one(const struct cb_queue_env *env)
{
	struct cb_queue_env one = *env;

	one.capacity = env->capacity / env->producers;
	return one;
}

static unsigned any_capacity(const struct cb_queue_env *env)
{
	return env->producers * (unsigned)cb_case_value(env->c, "capacity");
}

static size_t any_bytes(const struct cb_queue_env *env)
{
	const struct cb_queue_env one = env_of_one(env);

	return sizeof(struct any_rings) + env->producers * cb_lines(eventfd_ring_bytes(&one));
}

static void any_destroy(void *queue)
{
	struct any_rings *a = queue;

	for (unsigned i = 0; i < a->count; i++) {
		struct eventfd_ring *r = ring_of(a, i);

		/* All have the same. */
		r->waiter[EVENTFD_RING_CONSUMER].fd = -1;
		eventfd_ring_destroy(r);
	}
	if (a->fd >= 0)
		(void)close(a->fd);
}

static int any_init(void *queue, const struct cb_queue_env *env)
{
	const struct cb_queue_env one = env_of_one(env);
	struct any_rings *a = queue;
	int ret;

	a->stride = cb_lines(eventfd_ring_bytes(&one));
	a->fd = eventfd(0, EFD_CLOEXEC);
	ret = a->fd < 0 ? -errno : cb_fd_prepare(a->fd, env->model);
	for (unsigned i = 0; !ret && i < env->producers; i++) {
		struct eventfd_ring *r = ring_of(a, i);

		ret = eventfd_ring_init(r, &one);
		if (ret)
			break;
		(void)close(r->waiter[EVENTFD_RING_CONSUMER].fd);
		r->waiter[EVENTFD_RING_CONSUMER].fd = a->fd;
		a->count = i + 1;
	}
	if (ret)
		any_destroy(a);
	return ret;
}

/* The next that has an item; NULL. */
static inline struct eventfd_ring *any_ready(struct any_rings *a)
{
	for (unsigned n = 0; n < a->count; n++) {
		struct eventfd_ring *r = ring_of(a, a->next);

		a->next = a->next + 1 == a->count ? 0 : a->next + 1;
		if (eventfd_ring_may(r, EVENTFD_RING_CONSUMER))
			return r;
	}
	return NULL;
}

static void say(struct any_rings *a, uint32_t asleep)
{
	for (unsigned i = 0; i < a->count; i++)
		__atomic_store_n(
		    &ring_of(a, i)->waiter[EVENTFD_RING_CONSUMER].asleep, asleep, __ATOMIC_SEQ_CST);
}

static bool is_closed(struct any_rings *a)
{
	return __atomic_load_n(&ring_of(a, 0)->closed, __ATOMIC_SEQ_CST);
}

/* Return: NULL, with @result that is no item. */
static struct eventfd_ring *any_await(
    struct any_rings *a, struct cb_worker *w, uint64_t until_ns, enum cb_queue_result *result)
{
	for (;;) {
		struct eventfd_ring *r;

		for (unsigned i = 0; i < EVENTFD_RING_TURNS; i++) {
			r = any_ready(a);
			if (r)
				return r;
			if (is_closed(a)) {
				*result = CB_QUEUE_CLOSED;
				return NULL;
			}
			if (eventfd_ring_is_late(until_ns)) {
				*result = CB_QUEUE_TIMED_OUT;
				return NULL;
			}
			cb_relax(w);
		}
		say(a, 1);
		r = any_ready(a);
		*result =
		    r || is_closed(a) ? CB_QUEUE_WAITED : eventfd_ring_sleep(w, a->fd, until_ns);
		say(a, 0);
		if (r)
			return r;
		if (*result <= 0)
			return NULL;
	}
}

static inline enum cb_queue_result put_any_ring(
    void *queue, struct cb_worker *w, const void *item, size_t bytes, uint64_t until_ns)
{
	return eventfd_ring_put(ring_of(queue, w->role), w, item, bytes, true, until_ns);
}

static inline enum cb_queue_result get_any_ring(
    void *queue, struct cb_worker *w, void *item, size_t bytes, uint64_t until_ns)
{
	enum cb_queue_result result = CB_QUEUE_DONE;
	struct any_rings *a = queue;
	struct eventfd_ring *r;

	if (CB_UNLIKELY(cb_load(&ring_of(a, 0)->closed)))
		return CB_QUEUE_CLOSED;
	r = any_ready(a);
	if (CB_UNLIKELY(!r)) {
		r = any_await(a, w, until_ns, &result);
		if (!r)
			return result;
		result = CB_QUEUE_WAITED;
	}
	eventfd_ring_take(r, w, item, bytes);
	return result;
}

static void any_close(void *queue, struct cb_worker *w)
{
	struct any_rings *a = queue;

	for (unsigned i = 0; i < a->count; i++)
		eventfd_ring_close(ring_of(a, i), w);
}

static void any_open(void *queue)
{
	struct any_rings *a = queue;

	for (unsigned i = 0; i < a->count; i++)
		eventfd_ring_open(ring_of(a, i));
}

static bool any_drain(void *queue, void *item, size_t bytes)
{
	struct any_rings *a = queue;

	for (unsigned i = 0; i < a->count; i++)
		if (eventfd_ring_drain(ring_of(a, i), item, bytes))
			return true;
	return false;
}

static const struct cb_queue_ops cb_queue_ops_any_ring = {.init = any_init,
    .put = put_any_ring,
    .get = get_any_ring,
    .close = any_close,
    .open = any_open,
    .drain = any_drain,
    .destroy = any_destroy};
CB_QUEUE_BATCH(any_ring)
static const struct cb_queue cb_queue_impl_any_ring = {.ops = &cb_queue_ops_any_ring,
    .queue_bytes = any_bytes,
    .capacity = any_capacity,
    .most_consumers = 1};
CB_QUEUE_KIND(any_ring,
    "a ring for each producer; one consumer waits for any: looks at all, sleeps at one eventfd",
    "select of Go's channels; Dekker's flag at each", CB_FULL, CB_CAN_ALL, NULL, NULL, 0)
