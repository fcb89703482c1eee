/*
 * ck.c - the rings of Concurrency Kit (concurrencykit.org). One slot stays empty, so that a full
 * ring is told from an empty one.
 */
#include "benches/queues/word.h"

#include <ck_ring.h>

struct ring {
	ck_ring_t ring CB_ALIGNED;
	ck_ring_buffer_t slot[1] CB_ALIGNED; /* as many as its capacity */
};

#define RING(calls, about, from, most_producers, most_consumers)                               \
	CB_QUEUE_SIZED(ck_##calls, about, "Concurrency Kit", from, CB_CAN_ALL, most_producers, \
	    most_consumers, CB_QUEUE_ITEM_BYTES, struct ring,                                  \
	    sizeof(struct ring) + env->capacity * sizeof(ck_ring_buffer_t),                    \
	    (ck_ring_init(&queue->ring, env->capacity), 0),                                    \
	    UNSEEN(ck_ring_enqueue_##calls(&queue->ring, queue->slot, as_pointer(item))),      \
	    UNSEEN(ck_ring_dequeue_##calls(&queue->ring, queue->slot, item)),                  \
	    UNSEEN(ck_ring_size(&queue->ring)), 1)

RING(spsc, "ring, one producer, one consumer, no atomic read-modify-write; who waits spins",
    CB_SMOKE, 1, 1)
RING(mpsc, "ring, any number of producers, who wait for each other's turn; one consumer", CB_FULL,
    0, 1)
RING(spmc, "ring, one producer, any number of consumers", CB_FULL, 1, 0)
RING(mpmc, "ring, any number of producers, who wait for each other's turn, and consumers", CB_FULL,
    0, 0)
