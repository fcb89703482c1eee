/*
 * eventfd_ring.h - a ring for one producer and one consumer, who spin for a moment where they have
 * to wait, and then sleep at an eventfd of their own.
 *
 * Who goes to sleep says so and then looks again; who has put or taken an item looks, after that,
 * whether the other sleeps. Both are sequentially consistent: one of the two sees what the other
 * has written, or somebody would sleep beside an item.
 */
#ifndef CONCBENCH_QUEUES_EVENTFD_RING_H
#define CONCBENCH_QUEUES_EVENTFD_RING_H

#include <concbench/queue.h>

#include <errno.h>
#include <sys/eventfd.h>
#include <unistd.h>

/* Turns before going to sleep: some microseconds, about what waking somebody takes. A bare ring
 * (scripts/reference/object_queue_loop.c) takes 124 ns an item with 20 turns, 34 with these, and 29
 * with 2000, which nobody wants to burn who waits for long. */
#define EVENTFD_RING_TURNS 200

enum eventfd_ring_side { EVENTFD_RING_PRODUCER, EVENTFD_RING_CONSUMER };

struct eventfd_ring_waiter {
	uint32_t asleep; /* or about to */
	int fd;          /* where it sleeps */
} CB_ALIGNED;

struct eventfd_ring {
	uint64_t put CB_ALIGNED; /* items; the producer's */
	uint64_t got_seen;       /* of the other's, when it last looked */
	uint64_t got CB_ALIGNED; /* the consumer's */
	uint64_t put_seen;
	struct eventfd_ring_waiter waiter[2];
	uint64_t capacity CB_ALIGNED;
	uint32_t closed;
	unsigned char slot[] CB_ALIGNED;
};

static inline size_t eventfd_ring_bytes(const struct cb_queue_env *env)
{
	return sizeof(struct eventfd_ring) + env->capacity * env->bytes;
}

static inline void eventfd_ring_destroy(void *queue)
{
	struct eventfd_ring *r = queue;

	for (unsigned i = 0; i < 2; i++)
		if (r->waiter[i].fd >= 0)
			(void)close(r->waiter[i].fd);
}

static inline int eventfd_ring_init(void *queue, const struct cb_queue_env *env)
{
	struct eventfd_ring *r = queue;

	r->capacity = env->capacity;
	r->waiter[0].fd = r->waiter[1].fd = -1;
	for (unsigned i = 0; i < 2; i++) {
		int ret;

		r->waiter[i].fd = eventfd(0, EFD_CLOEXEC);
		ret = r->waiter[i].fd < 0 ? -errno : cb_fd_prepare(r->waiter[i].fd, env->model);
		if (!ret)
			continue;
		eventfd_ring_destroy(r);
		return ret;
	}
	return 0;
}

static inline unsigned char *eventfd_ring_slot(struct eventfd_ring *r, uint64_t n, size_t bytes)
{
	return &r->slot[(n & (r->capacity - 1)) * bytes];
}

/* Can this side go on? Looks at the other's line only where it could not by what it knows. */
static inline bool eventfd_ring_may(struct eventfd_ring *r, enum eventfd_ring_side side)
{
	if (side == EVENTFD_RING_PRODUCER) {
		if (r->put - r->got_seen < r->capacity)
			return true;
		r->got_seen = __atomic_load_n(&r->got, __ATOMIC_SEQ_CST);
		return r->put - r->got_seen < r->capacity;
	}
	if (r->put_seen != r->got)
		return true;
	r->put_seen = __atomic_load_n(&r->put, __ATOMIC_SEQ_CST);
	return r->put_seen != r->got;
}

/* A turn may be a long one, in which others have run. */
static inline bool eventfd_ring_is_late(uint64_t until_ns)
{
	return CB_UNLIKELY(until_ns != CB_FOR_EVER) && cb_now_ns() >= until_ns;
}

/* Return: WAITED when somebody has written to it; TIMED_OUT; CLOSED with an error. */
static inline enum cb_queue_result eventfd_ring_sleep(
    struct cb_worker *w, int fd, uint64_t until_ns)
{
	uint64_t count;
	ssize_t n = 1;

	if (until_ns != CB_FOR_EVER)
		n = cb_await_fd(w, fd, false, until_ns);
	if (n == 0)
		return CB_QUEUE_TIMED_OUT;
	if (n > 0)
		n = cb_read(w, fd, &count, sizeof(count));
	if (n == (ssize_t)sizeof(count))
		return CB_QUEUE_WAITED;
	cb_fail(w, n < 0 ? (int)n : -EIO, "eventfd: read");
	return CB_QUEUE_CLOSED;
}

/* eventfd_ring_wait() - @careful: it looks again before it sleeps. */
static inline enum cb_queue_result eventfd_ring_wait(struct eventfd_ring *r, struct cb_worker *w,
    enum eventfd_ring_side side, bool careful, uint64_t until_ns)
{
	struct eventfd_ring_waiter *own = &r->waiter[side];
	enum cb_queue_result result;

	for (;;) {
		for (unsigned i = 0; i < EVENTFD_RING_TURNS; i++) {
			if (eventfd_ring_may(r, side))
				return CB_QUEUE_WAITED;
			if (cb_load(&r->closed))
				return CB_QUEUE_CLOSED;
			if (eventfd_ring_is_late(until_ns))
				return CB_QUEUE_TIMED_OUT;
			cb_relax(w);
		}
		/* What a careless one misses is rare unless it takes its time. */
		if (!careful)
			cb_sleep_until(w, cb_now_ns() + 200 * CB_NS_PER_US);
		__atomic_store_n(&own->asleep, 1, __ATOMIC_SEQ_CST);
		if (careful &&
		    (eventfd_ring_may(r, side) || __atomic_load_n(&r->closed, __ATOMIC_SEQ_CST))) {
			cb_store(&own->asleep, 0);
			continue;
		}
		result = eventfd_ring_sleep(w, own->fd, until_ns);
		cb_store(&own->asleep, 0);
		if (result <= 0)
			return result;
	}
}

static inline void eventfd_ring_wake(struct cb_worker *w, struct eventfd_ring_waiter *other)
{
	/* Once for each sleep, if the sleeper has yet to come to a PU. It is written to after that,
	 * so somebody who is asleep anew in between only looks once more. */
	if (__atomic_exchange_n(&other->asleep, 0, __ATOMIC_SEQ_CST) &&
	    eventfd_write(other->fd, 1) < 0)
		cb_fail(w, -errno, "eventfd: write");
}

static inline bool eventfd_ring_sleeps(const struct eventfd_ring_waiter *other)
{
	return CB_UNLIKELY(__atomic_load_n(&other->asleep, __ATOMIC_SEQ_CST));
}

CB_INLINE enum cb_queue_result eventfd_ring_put(struct eventfd_ring *r, struct cb_worker *w,
    const void *item, size_t bytes, bool careful, uint64_t until_ns)
{
	enum cb_queue_result result = CB_QUEUE_DONE;

	if (cb_load(&r->closed))
		return CB_QUEUE_CLOSED;
	if (CB_UNLIKELY(!eventfd_ring_may(r, EVENTFD_RING_PRODUCER)))
		result = eventfd_ring_wait(r, w, EVENTFD_RING_PRODUCER, careful, until_ns);
	if (result <= 0)
		return result;
	memcpy(eventfd_ring_slot(r, r->put, bytes), item, bytes);
	__atomic_store_n(&r->put, r->put + 1, __ATOMIC_SEQ_CST);
	if (eventfd_ring_sleeps(&r->waiter[EVENTFD_RING_CONSUMER]))
		eventfd_ring_wake(w, &r->waiter[EVENTFD_RING_CONSUMER]);
	return result;
}

/* An item that is there. */
CB_INLINE void eventfd_ring_take(
    struct eventfd_ring *r, struct cb_worker *w, void *item, size_t bytes)
{
	memcpy(item, eventfd_ring_slot(r, r->got, bytes), bytes);
	__atomic_store_n(&r->got, r->got + 1, __ATOMIC_SEQ_CST);
	if (eventfd_ring_sleeps(&r->waiter[EVENTFD_RING_PRODUCER]))
		eventfd_ring_wake(w, &r->waiter[EVENTFD_RING_PRODUCER]);
}

CB_INLINE enum cb_queue_result eventfd_ring_get(struct eventfd_ring *r, struct cb_worker *w,
    void *item, size_t bytes, bool careful, uint64_t until_ns)
{
	enum cb_queue_result result = CB_QUEUE_DONE;

	if (cb_load(&r->closed))
		return CB_QUEUE_CLOSED;
	if (CB_UNLIKELY(!eventfd_ring_may(r, EVENTFD_RING_CONSUMER)))
		result = eventfd_ring_wait(r, w, EVENTFD_RING_CONSUMER, careful, until_ns);
	if (result <= 0)
		return result;
	eventfd_ring_take(r, w, item, bytes);
	return result;
}

static inline void eventfd_ring_close(void *queue, struct cb_worker *w)
{
	struct eventfd_ring *r = queue;

	__atomic_store_n(&r->closed, 1, __ATOMIC_SEQ_CST);
	for (unsigned i = 0; i < 2; i++)
		if (eventfd_write(r->waiter[i].fd, 1) < 0)
			cb_fail(w, -errno, "eventfd: write");
}

static inline void eventfd_ring_open(void *queue)
{
	cb_store(&((struct eventfd_ring *)queue)->closed, 0);
}

static inline bool eventfd_ring_drain(void *queue, void *item, size_t bytes)
{
	struct eventfd_ring *r = queue;

	if (!eventfd_ring_may(r, EVENTFD_RING_CONSUMER))
		return false;
	memcpy(item, eventfd_ring_slot(r, r->got++, bytes), bytes);
	return true;
}

/* EVENTFD_RING(x, careful) - cb_queue_ops_x, cb_queue_batch_x() and cb_queue_impl_x. */
#define EVENTFD_RING(x, careful)                                                              \
	static inline enum cb_queue_result put_##x(                                           \
	    void *queue, struct cb_worker *w, const void *item, size_t bytes, uint64_t until) \
	{                                                                                     \
		return eventfd_ring_put(queue, w, item, bytes, careful, until);               \
	}                                                                                     \
	static inline enum cb_queue_result get_##x(                                           \
	    void *queue, struct cb_worker *w, void *item, size_t bytes, uint64_t until)       \
	{                                                                                     \
		return eventfd_ring_get(queue, w, item, bytes, careful, until);               \
	}                                                                                     \
	static const struct cb_queue_ops cb_queue_ops_##x = {.init = eventfd_ring_init,       \
	    .put = put_##x,                                                                   \
	    .get = get_##x,                                                                   \
	    .close = eventfd_ring_close,                                                      \
	    .open = eventfd_ring_open,                                                        \
	    .drain = eventfd_ring_drain,                                                      \
	    .destroy = eventfd_ring_destroy};                                                 \
	CB_QUEUE_BATCH(x)                                                                     \
	static const struct cb_queue cb_queue_impl_##x = {.ops = &cb_queue_ops_##x,           \
	    .queue_bytes = eventfd_ring_bytes,                                                \
	    .most_producers = 1,                                                              \
	    .most_consumers = 1};

#endif
