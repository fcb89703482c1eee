/*
 * ring.c - the bounded buffer of the textbooks: a ring, a mutex, two condition variables. Mutex and
 * condition variables are the worker's: they block threads and processes, and suspend coroutines.
 *
 * Wakes one waiter after each item, also when nobody waits (which costs no system call): to wake
 * only when the ring was empty loses wake-ups as soon as there are two waiters.
 */
#include "benches/queues/transfer.h"

struct ring {
	struct worker_mutex mutex;
	struct worker_cond not_full;
	struct worker_cond not_empty;
	unsigned first; /* slot of the oldest item */
	unsigned count;
	uint64_t slot[];
};

static size_t ring_bytes(unsigned capacity)
{
	return sizeof(struct ring) + capacity * sizeof(uint64_t);
}

static int ring_init(struct transfer *t, enum model model)
{
	struct ring *r = t->queue;
	int ret = worker_mutex_init(&r->mutex, model);

	if (!ret)
		ret = worker_cond_init(&r->not_full, model);
	if (!ret)
		ret = worker_cond_init(&r->not_empty, model);
	return ret;
}

static inline bool ring_put(
    struct worker *w, struct transfer *t, struct transfer_worker *own, uint64_t item)
{
	struct ring *r = t->queue;

	worker_lock(w, &r->mutex);
	while (r->count == t->capacity) {
		own->full_polls++;
		if (transfer_over(w, t)) {
			worker_unlock(w, &r->mutex);
			return false;
		}
		worker_wait(w, &r->not_full, &r->mutex);
	}
	r->slot[(r->first + r->count) & (t->capacity - 1)] = item;
	r->count++;
	worker_unlock(w, &r->mutex);
	worker_wake_one(w, &r->not_empty);
	return true;
}

/* The oldest item, with the mutex held or nobody else about. */
static inline uint64_t take_first(struct ring *r, unsigned capacity)
{
	const uint64_t item = r->slot[r->first];

	r->first = (r->first + 1) & (capacity - 1);
	r->count--;
	return item;
}

static inline bool ring_get(
    struct worker *w, struct transfer *t, struct transfer_worker *own, uint64_t *item)
{
	struct ring *r = t->queue;

	worker_lock(w, &r->mutex);
	while (r->count == 0) {
		own->empty_polls++;
		if (transfer_over(w, t)) {
			worker_unlock(w, &r->mutex);
			return false;
		}
		worker_wait(w, &r->not_empty, &r->mutex);
	}
	*item = take_first(r, t->capacity);
	worker_unlock(w, &r->mutex);
	worker_wake_one(w, &r->not_full);
	return true;
}

TRANSFER_BATCH(ring)

static void ring_wake(struct worker *w, struct transfer *t)
{
	struct ring *r = t->queue;

	/* Whoever has looked at t->closed before it was set sleeps by the time this is ours. */
	worker_lock(w, &r->mutex);
	worker_unlock(w, &r->mutex);
	worker_wake_all(w, &r->not_full);
	worker_wake_all(w, &r->not_empty);
}

static bool ring_drain(struct transfer *t, uint64_t *item)
{
	struct ring *r = t->queue;

	if (r->count == 0)
		return false;
	*item = take_first(r, t->capacity);
	return true;
}

static const struct queue_kind ring_queues[] = {
    {QUEUE_KIND(ring, "mutex_ring"), .wake = ring_wake, .many = true, .sleeps = true},
};

const struct queue_library queue_library_ring = QUEUE_LIBRARY(ring_queues);
