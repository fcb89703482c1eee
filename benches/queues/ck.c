/*
 * ck.c - queues of Concurrency Kit (concurrencykit.org). They know nothing of processes: indexes
 * and addresses in shared memory, which lies at the same place in all processes of a case.
 */
#include "benches/queues/transfer.h"

#include <assert.h>
#include <ck_ring.h>

/* The ring holds pointers: an item travels as one. */
static_assert(sizeof(void *) == TRANSFER_ITEM_BYTES, "an item does not fit into a pointer");

/*
 * Its atomics are inline assembly that the thread sanitizer cannot see, so a slot's plain write and
 * read look like a race to it. What the slots carry is checked by transfer_take().
 */
#if defined(__SANITIZE_THREAD__)
void AnnotateIgnoreReadsBegin(const char *file, int line);
void AnnotateIgnoreReadsEnd(const char *file, int line);
void AnnotateIgnoreWritesBegin(const char *file, int line);
void AnnotateIgnoreWritesEnd(const char *file, int line);

static void unseen_begin(void)
{
	AnnotateIgnoreReadsBegin(__FILE__, __LINE__);
	AnnotateIgnoreWritesBegin(__FILE__, __LINE__);
}

static void unseen_end(void)
{
	AnnotateIgnoreWritesEnd(__FILE__, __LINE__);
	AnnotateIgnoreReadsEnd(__FILE__, __LINE__);
}
#else
static inline void unseen_begin(void)
{
}

static inline void unseen_end(void)
{
}
#endif

/* One producer, one consumer; no atomic read-modify-write at all. Who finds it full or empty spins,
 * giving up the PU where the worker says so. */
struct spsc {
	_Alignas(ARENA_ALIGN) ck_ring_t ring;
	_Alignas(ARENA_ALIGN) ck_ring_buffer_t slot[];
};

static size_t spsc_bytes(unsigned capacity)
{
	return sizeof(struct spsc) + capacity * sizeof(ck_ring_buffer_t);
}

static int spsc_init(struct transfer *t, enum model model)
{
	struct spsc *q = t->queue;

	(void)model;
	ck_ring_init(&q->ring, t->capacity);
	return 0;
}

static inline bool spsc_try_put(struct spsc *q, uint64_t item)
{
	bool done;

	unseen_begin();
	done = ck_ring_enqueue_spsc(&q->ring, q->slot, (const void *)(uintptr_t)item);
	unseen_end();
	return done;
}

static inline bool spsc_try_get(struct spsc *q, uint64_t *item)
{
	void *p = NULL;
	bool done;

	unseen_begin();
	done = ck_ring_dequeue_spsc(&q->ring, q->slot, &p);
	*item = (uintptr_t)p;
	unseen_end();
	return done;
}

static inline bool spsc_put(
    struct worker *w, struct transfer *t, struct transfer_worker *own, uint64_t item)
{
	while (!spsc_try_put(t->queue, item)) {
		own->full_polls++;
		if (transfer_over(w, t))
			return false;
		worker_relax(w);
	}
	return true;
}

static inline bool spsc_get(
    struct worker *w, struct transfer *t, struct transfer_worker *own, uint64_t *item)
{
	while (!spsc_try_get(t->queue, item)) {
		own->empty_polls++;
		if (transfer_over(w, t))
			return false;
		worker_relax(w);
	}
	return true;
}

TRANSFER_BATCH(spsc)

static bool spsc_drain(struct transfer *t, uint64_t *item)
{
	return spsc_try_get(t->queue, item);
}

static const struct queue_kind ck_queues[] = {
    {QUEUE_KIND(spsc, "ck_spsc")},
};

const struct queue_library queue_library_ck = QUEUE_LIBRARY(ck_queues);
