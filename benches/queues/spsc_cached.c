/*
 * spsc_cached.c - a ring for one producer and one consumer, each of whom remembers how far the
 * other was when it last looked, and looks again only when that is not enough: the line in which
 * the other counts then moves once for many items, not once for each. Who finds it full or empty
 * has nothing to write down: the other looks at that line. Ours, after the idea.
 */
#include <concbench/queue.h>

/* What was written down in vain is not, any more. */
#undef CB_QUEUE_VERSION
#define CB_QUEUE_VERSION 3

/* Written by one of the two only, and of that the other reads the count alone. */
struct end {
	uint64_t count; /* of items put, or got */
	uint64_t seen;  /* the other's count, when last looked at */
} CB_ALIGNED;

struct ring {
	struct end put;
	struct end get;
	uint64_t capacity CB_ALIGNED;
	unsigned char slot[] CB_ALIGNED;
};

CB_INLINE unsigned char *slot(struct ring *r, uint64_t i, size_t bytes)
{
	return &r->slot[(i & (r->capacity - 1)) * bytes];
}

CB_INLINE bool ring_put(struct ring *r, const void *item, size_t bytes)
{
	const uint64_t n = r->put.count;

	if (n - r->put.seen == r->capacity) {
		const uint64_t got = cb_load_acquire(&r->get.count);

		if (n - got == r->capacity)
			return false;
		r->put.seen = got;
	}
	memcpy(slot(r, n, bytes), item, bytes);
	cb_store_release(&r->put.count, n + 1);
	return true;
}

CB_INLINE bool ring_get(struct ring *r, void *item, size_t bytes)
{
	const uint64_t n = r->get.count;

	if (n == r->get.seen) {
		const uint64_t put = cb_load_acquire(&r->put.count);

		if (n == put)
			return false;
		r->get.seen = put;
	}
	memcpy(item, slot(r, n, bytes), bytes);
	cb_store_release(&r->get.count, n + 1);
	return true;
}

/* The consumer's first: the producer's is never behind it. */
static uint64_t ring_size(struct ring *r)
{
	const uint64_t got = cb_load_acquire(&r->get.count);

	return cb_load_acquire(&r->put.count) - got;
}

CB_QUEUE_SIZED(spsc_cached,
    "ring, one producer, one consumer, who look at each other's index when they must",
    "Lee, Bu, Chandranmenon 2009 (MCRingBuffer), without its batches", CB_FULL, CB_CAN_ALL, 1, 1, 0,
    struct ring, sizeof(struct ring) + env->capacity * env->bytes,
    (queue->capacity = env->capacity, 0), ring_put(queue, item, bytes),
    ring_get(queue, item, bytes), ring_size(queue), 0)
