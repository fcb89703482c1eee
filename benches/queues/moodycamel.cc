/*
 * moodycamel.cc - ConcurrentQueue of Cameron Desrochers, for any number of both: each thread that
 * puts has a queue of its own in it, and whoever gets looks for one that is not empty. Optional:
 * where its header was not there when concbench was built, its cases say so.
 */
#include "benches/queues/word.h"

#include <cerrno>
#include <cstdio>
#include <new>

/* Its fences, which the sanitizer would not see; nor does it see anything else in there. */
#if defined(__SANITIZE_THREAD__) && !defined(__clang__)
#pragma GCC diagnostic ignored "-Wtsan"
#endif

#if __has_include(<concurrentqueue/concurrentqueue.h>)
#include <concurrentqueue/concurrentqueue.h>
#define THERE 1
#elif __has_include(<concurrentqueue/moodycamel/concurrentqueue.h>)
#include <concurrentqueue/moodycamel/concurrentqueue.h>
#define THERE 1
#else
#define THERE 0
#endif

#define BLOCK 32u /* items */
#define GIVEN 256u

/* What it is given to begin with, which is all that a put that does not allocate can use: blocks
 * for so many items, and for each producer the two in which its first and its last lie. */
static unsigned capacity(const struct cb_queue_env *env)
{
	return (GIVEN / BLOCK - 1 + 2 * env->producers) * BLOCK;
}

#if THERE

using many = moodycamel::ConcurrentQueue<void *>;

static_assert(many::BLOCK_SIZE == BLOCK, "its capacity is another");

static int init(void *queue, const struct cb_queue_env *env)
{
	try {
		*static_cast<many **>(queue) = new many(GIVEN, 0, env->producers);
	} catch (const std::bad_alloc &) {
		return -ENOMEM;
	}
	return 0;
}

static void destroy(void *queue)
{
	delete *static_cast<many **>(queue);
}

CB_INLINE bool put(void *queue, const void *item)
{
	return (*static_cast<many **>(queue))->try_enqueue(as_pointer(item));
}

CB_INLINE bool get(void *queue, void *item)
{
	void *value;

	if (!(*static_cast<many **>(queue))->try_dequeue(value))
		return false;
	memcpy(item, &value, sizeof(value));
	return true;
}

#define CAN nullptr

#else

static int init(void *, const struct cb_queue_env *)
{
	return -ENOTSUP;
}

static void destroy(void *)
{
}

static bool put(void *, const void *)
{
	return false;
}

static bool get(void *, void *)
{
	return false;
}

static int left_out(const struct cb_case *, char *why, size_t why_len)
{
	(void)snprintf(why, why_len,
	    "left out of this build, as concurrentqueue.h was not there (libconcurrentqueue-dev)");
	return -ENOTSUP;
}

#define CAN left_out

#endif

static size_t bytes(const struct cb_queue_env *)
{
	return sizeof(void *);
}

static inline bool try_put(void *queue, struct cb_worker *, const void *item, size_t)
{
	return UNSEEN(put(queue, item));
}

static inline bool try_get(void *queue, struct cb_worker *, void *item, size_t)
{
	return UNSEEN(get(queue, item));
}

static const struct cb_queue_ops cb_queue_ops_moodycamel = {
    init, nullptr, try_put, try_get, nullptr, nullptr, nullptr, nullptr, nullptr, destroy};
CB_QUEUE_BATCH(moodycamel)
static const struct cb_queue cb_queue_impl_moodycamel = {&cb_queue_ops_moodycamel, bytes, capacity,
    0, 0, CB_QUEUE_ITEM_BYTES, 0, CB_ORDER_FIFO, false, true, false};
CB_QUEUE_KIND_IF(moodycamel,
    "a queue for each producer, in blocks; who gets looks for one with items",
    "Desrochers 2014, moodycamel::ConcurrentQueue", CB_FULL,
    CB_CAN(CB_THREAD) | CB_CAN(CB_COROUTINE),
    "its blocks are on the heap, which is each process's own", "capacity", 0, CAN)
