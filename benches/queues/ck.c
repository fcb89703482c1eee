/*
 * ck.c - queues of Concurrency Kit (concurrencykit.org). They know nothing of processes: indexes
 * and addresses in shared memory, which lies at the same place in all processes of a case.
 */
#include <concbench/queue.h>

#include <assert.h>
#include <ck_ring.h>

/* The ring holds pointers: an item travels as one. */
static_assert(sizeof(void *) == CB_QUEUE_ITEM_BYTES, "an item does not fit into a pointer");

/*
 * Its atomics are inline assembly that the thread sanitizer cannot see, so a slot's plain write and
 * read look like a race to it. What the slots carry is checked by cb_queue_take().
 */
#if defined(__SANITIZE_THREAD__)
void AnnotateIgnoreReadsBegin(const char *file, int line);
void AnnotateIgnoreReadsEnd(const char *file, int line);
void AnnotateIgnoreWritesBegin(const char *file, int line);
void AnnotateIgnoreWritesEnd(const char *file, int line);
#define UNSEEN(call)                                   \
	(AnnotateIgnoreReadsBegin(__FILE__, __LINE__), \
	    AnnotateIgnoreWritesBegin(__FILE__, __LINE__), seen_again(call))
static inline bool seen_again(bool done)
{
	AnnotateIgnoreWritesEnd(__FILE__, __LINE__);
	AnnotateIgnoreReadsEnd(__FILE__, __LINE__);
	return done;
}
#else
#define UNSEEN(call) (call)
#endif

static inline void *as_pointer(const void *item)
{
	void *p;

	memcpy(&p, item, sizeof(p));
	return p;
}

struct ring {
	ck_ring_t ring CB_ALIGNED;
	ck_ring_buffer_t slot[1] CB_ALIGNED; /* as many as its capacity */
};

CB_QUEUE(ck_spsc, "ring, one producer, one consumer, no atomic read-modify-write; who waits spins",
    "Concurrency Kit", CB_SMOKE, CB_CAN_ALL, 1, 1, CB_QUEUE_ITEM_BYTES, struct ring,
    sizeof(struct ring) + env->capacity * sizeof(ck_ring_buffer_t),
    (ck_ring_init(&queue->ring, env->capacity), 0),
    UNSEEN(ck_ring_enqueue_spsc(&queue->ring, queue->slot, as_pointer(item))),
    UNSEEN(ck_ring_dequeue_spsc(&queue->ring, queue->slot, item)))
