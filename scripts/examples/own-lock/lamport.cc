/*
 * lamport.cc - a queue of one's own, in C++ (C does as well); to begin with, a ring for one
 * producer and one consumer (Lamport 1977). <concbench/queue.h> says what CB_QUEUE() takes.
 */
#include <concbench/queue.h>

#include <atomic>
#include <cstring>

struct ring {
	alignas(CB_ALIGN) std::atomic<unsigned> head; /* the producer's */
	alignas(CB_ALIGN) std::atomic<unsigned> tail; /* the consumer's */
	unsigned capacity;
	size_t bytes;
	/* the items follow */
};

static unsigned char *slot(ring *q, unsigned i)
{
	return reinterpret_cast<unsigned char *>(q + 1) + (i & (q->capacity - 1)) * q->bytes;
}

static int begin(ring *q, const cb_queue_env *env)
{
	q->capacity = env->capacity;
	q->bytes = env->bytes;
	return 0;
}

static bool put(ring *q, const void *item)
{
	const unsigned head = q->head.load(std::memory_order_relaxed);

	if (head - q->tail.load(std::memory_order_acquire) == q->capacity)
		return false;
	std::memcpy(slot(q, head), item, q->bytes);
	q->head.store(head + 1, std::memory_order_release);
	return true;
}

static bool get(ring *q, void *item)
{
	const unsigned tail = q->tail.load(std::memory_order_relaxed);

	if (tail == q->head.load(std::memory_order_acquire))
		return false;
	std::memcpy(item, slot(q, tail), q->bytes);
	q->tail.store(tail + 1, std::memory_order_release);
	return true;
}

CB_QUEUE(lamport, "one producer, one consumer, loads and stores only", "Lamport 1977", CB_QUICK,
    CB_CAN_ALL, 1, 1, 0, ring, sizeof(ring) + env->capacity * env->bytes, begin(queue, env),
    put(queue, item), get(queue, item))

CB_MODULE
