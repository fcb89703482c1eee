/*
 * ck_linked.c - the linked queues of Concurrency Kit (concurrencykit.org) and its stack. Their
 * nodes lie in the shared state, as many as its capacity: whoever finds none free finds it full.
 */
#include "benches/queues/word.h"

/* The first generation is a null pointer, and the next that and one more: undefined, they say. */
#ifdef __clang__
#pragma clang attribute push(__attribute__((no_sanitize("pointer-overflow"))), apply_to = function)
#endif
#include <ck_fifo.h>
#include <ck_stack.h>
#ifdef __clang__
#pragma clang attribute pop
#endif

/* ---- one producer, one consumer ---- */

struct fifo_spsc {
	ck_fifo_spsc_t fifo CB_ALIGNED;
	unsigned unused CB_ALIGNED; /* nodes that have not been in it yet */
	ck_fifo_spsc_entry_t node[] CB_ALIGNED;
};

/* And one that is the last to have come out. */
static size_t fifo_spsc_bytes(const struct cb_queue_env *env)
{
	return sizeof(struct fifo_spsc) + (env->capacity + 1) * sizeof(ck_fifo_spsc_entry_t);
}

static int fifo_spsc_init(struct fifo_spsc *q, unsigned capacity)
{
	q->unused = capacity;
	ck_fifo_spsc_init(&q->fifo, &q->node[capacity]);
	return 0;
}

CB_INLINE bool fifo_spsc_put(struct fifo_spsc *q, const void *item)
{
	ck_fifo_spsc_entry_t *node = ck_fifo_spsc_recycle(&q->fifo);

	if (!node && q->unused)
		node = &q->node[--q->unused];
	if (!node)
		return false;
	ck_fifo_spsc_enqueue(&q->fifo, node, as_pointer(item));
	return true;
}

CB_INLINE bool fifo_spsc_get(struct fifo_spsc *q, void *item)
{
	void *value;

	if (!ck_fifo_spsc_dequeue(&q->fifo, &value))
		return false;
	memcpy(item, &value, sizeof(value));
	return true;
}

CB_QUEUE(ck_fifo_spsc, "linked, one producer, who takes the nodes back, one consumer",
    "Concurrency Kit; nodes taken back after Vyukov", CB_FULL, CB_CAN_ALL, 1, 1,
    CB_QUEUE_ITEM_BYTES, struct fifo_spsc, fifo_spsc_bytes(env),
    fifo_spsc_init(queue, env->capacity), UNSEEN(fifo_spsc_put(queue, item)),
    UNSEEN(fifo_spsc_get(queue, item)))

/* Where the processor compares and swaps two words at once: both count generations of a node. */
#if defined(CK_F_FIFO_MPMC) && defined(CK_F_STACK_POP_MPMC)

/* A node that is free hangs in a stack. */
union node {
	ck_stack_entry_t free;
	ck_fifo_mpmc_entry_t entry;
	struct {
		ck_stack_entry_t link;
		void *value;
	} stacked;
};

struct linked {
	union {
		ck_fifo_mpmc_t fifo;
		ck_stack_t stack;
	} items CB_ALIGNED;
	ck_stack_t free CB_ALIGNED;
	union node node[] CB_ALIGNED;
};

static size_t linked_bytes(const struct cb_queue_env *env)
{
	return sizeof(struct linked) + (env->capacity + 1) * sizeof(union node);
}

static void free_all(struct linked *q, unsigned capacity)
{
	ck_stack_init(&q->free);
	for (unsigned i = capacity; i > 0; i--)
		ck_stack_push_spnc(&q->free, &q->node[i - 1].free);
}

CB_INLINE union node *take_free(struct linked *q)
{
	return (union node *)(void *)ck_stack_pop_mpmc(&q->free);
}

/* ---- any number of both: a queue ---- */

static int fifo_mpmc_init(void *queue, const struct cb_queue_env *env)
{
	struct linked *q = queue;

	free_all(q, env->capacity);
	ck_fifo_mpmc_init(&q->items.fifo, &q->node[env->capacity].entry);
	return 0;
}

CB_INLINE bool fifo_mpmc_put(struct linked *q, const void *item)
{
	union node *node = take_free(q);

	if (!node)
		return false;
	ck_fifo_mpmc_enqueue(&q->items.fifo, &node->entry, as_pointer(item));
	return true;
}

CB_INLINE bool fifo_mpmc_get(struct linked *q, void *item)
{
	ck_fifo_mpmc_entry_t *out;
	void *value;

	if (!ck_fifo_mpmc_dequeue(&q->items.fifo, &value, &out))
		return false;
	memcpy(item, &value, sizeof(value));
	ck_stack_push_mpmc(&q->free, &((union node *)(void *)out)->free);
	return true;
}

/* ---- any number of both: a stack ---- */

static int stack_init(void *queue, const struct cb_queue_env *env)
{
	struct linked *q = queue;

	free_all(q, env->capacity);
	ck_stack_init(&q->items.stack);
	return 0;
}

CB_INLINE bool stack_put(struct linked *q, const void *item)
{
	union node *node = take_free(q);

	if (!node)
		return false;
	node->stacked.value = as_pointer(item);
	ck_stack_push_mpmc(&q->items.stack, &node->stacked.link);
	return true;
}

CB_INLINE bool stack_get(struct linked *q, void *item)
{
	union node *node = (union node *)(void *)ck_stack_pop_mpmc(&q->items.stack);

	if (!node)
		return false;
	memcpy(item, &node->stacked.value, sizeof(node->stacked.value));
	ck_stack_push_mpmc(&q->free, &node->free);
	return true;
}

/*
 * Neither promises an order. The queue would, if its nodes were not used again at once: a put sets
 * its node's generation back to 0. A producer that was preempted when it had found that node last
 * in the queue then hangs its own item at it, although it is not in the queue yet, and its next
 * item overtakes that one.
 */
#define LINKED(x, about)                                                                           \
	static inline bool x##_try_put(                                                            \
	    void *queue, struct cb_worker *w, const void *item, size_t bytes)                      \
	{                                                                                          \
		(void)w;                                                                           \
		(void)bytes;                                                                       \
		return UNSEEN(x##_put((struct linked *)queue, item));                              \
	}                                                                                          \
	static inline bool x##_try_get(void *queue, struct cb_worker *w, void *item, size_t bytes) \
	{                                                                                          \
		(void)w;                                                                           \
		(void)bytes;                                                                       \
		return UNSEEN(x##_get((struct linked *)queue, item));                              \
	}                                                                                          \
	static const struct cb_queue_ops cb_queue_ops_ck_##x = {                                   \
	    .init = x##_init, .try_put = x##_try_put, .try_get = x##_try_get};                     \
	CB_QUEUE_BATCH(ck_##x)                                                                     \
	static const struct cb_queue cb_queue_impl_ck_##x = {.ops = &cb_queue_ops_ck_##x,          \
	    .queue_bytes = linked_bytes,                                                           \
	    .item_bytes = CB_QUEUE_ITEM_BYTES,                                                     \
	    .order = CB_ORDER_NONE};                                                               \
	CB_QUEUE_KIND(ck_##x, about, "Concurrency Kit", CB_FULL, CB_CAN_ALL, NULL, NULL, 0)

LINKED(
    fifo_mpmc, "linked; of two producers one's items may overtake, as nodes are used again at once")
LINKED(stack, "a stack: last in, first out")

#endif
