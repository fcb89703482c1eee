/*
 * urcu.c - the wait-free queue of liburcu (liburcu.org): any number of producers, each put one
 * exchange and one store; one consumer, without a lock.
 *
 * It is unbounded. Here each producer has its share of the capacity in it: it counts what it has
 * put, the consumer what it has got of that. As each producer's items come out in their order, its
 * nodes come free in their order, too, and it uses them in turn.
 */
#include "benches/queues/word.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

/* Inlined, as the library has it for programs whose licence goes with its own. */
#define _LGPL_SOURCE
#include <urcu/wfcqueue.h>

struct node {
	struct cds_wfcq_node link;
	void *value;
	struct producer *of;
};

struct producer {
	uint64_t put CB_ALIGNED;
	uint64_t seen;             /* what was got, when last looked at */
	uint64_t share;            /* of the capacity, in items */
	struct node *next, *first; /* of its nodes, where they are not made for each item */
	uint64_t got CB_ALIGNED;   /* the consumer's */
};

struct queue {
	struct __cds_wfcq_head head CB_ALIGNED;
	struct cds_wfcq_tail tail CB_ALIGNED;
	/* The consumer's own, where it takes over all that there is at once. */
	struct __cds_wfcq_head taken CB_ALIGNED;
	struct cds_wfcq_tail taken_tail;
	struct producer producer[] CB_ALIGNED;
};

static int urcu_can(const struct cb_case *c, char *why, size_t why_len)
{
	const uint64_t capacity = (uint64_t)cb_case_value(c, "capacity");
	const uint64_t producers = (uint64_t)cb_case_value(c, "producers");

	if (capacity >= producers)
		return 0;
	(void)snprintf(why, why_len, "each producer has a share of its capacity, at least 1");
	return -EINVAL;
}

static size_t urcu_bytes(const struct cb_queue_env *env)
{
	return sizeof(struct queue) + env->producers * sizeof(struct producer) +
	       env->capacity * sizeof(struct node);
}

static int urcu_init(void *queue, const struct cb_queue_env *env)
{
	struct queue *q = queue;
	struct node *node = (void *)&q->producer[env->producers];

	__cds_wfcq_init(&q->head, &q->tail);
	__cds_wfcq_init(&q->taken, &q->taken_tail);
	/* All of it: the first have one more where it cannot be shared out evenly. */
	for (unsigned i = 0; i < env->producers; i++) {
		struct producer *p = &q->producer[i];

		p->share = env->capacity / env->producers + (i < env->capacity % env->producers);
		p->next = p->first = node;
		node += p->share;
	}
	return 0;
}

CB_INLINE struct node *next_of(struct producer *p)
{
	struct node *node = p->next;

	p->next = node + 1 == p->first + p->share ? p->first : node + 1;
	return node;
}

CB_INLINE bool urcu_put(struct queue *q, struct cb_worker *w, const void *item, bool made)
{
	struct producer *p = &q->producer[w->role];
	struct node *node;

	if (p->put - p->seen == p->share) {
		p->seen = cb_load_acquire(&p->got);
		if (p->put - p->seen == p->share)
			return false;
	}
	node = made ? malloc(sizeof(*node)) : next_of(p);
	if (CB_UNLIKELY(!node)) {
		cb_fail(w, -ENOMEM, "to make a node");
		return false;
	}
	node->value = as_pointer(item);
	node->of = p;
	cds_wfcq_node_init(&node->link);
	p->put++;
	(void)cds_wfcq_enqueue(&q->head, &q->tail, &node->link);
	return true;
}

/* NULL: there is none, or its producer has not linked it yet. */
CB_INLINE struct node *take(struct __cds_wfcq_head *head, struct cds_wfcq_tail *tail)
{
	struct cds_wfcq_node *link = __cds_wfcq_dequeue_nonblocking(head, tail);

	return link == CDS_WFCQ_WOULDBLOCK ? NULL : (struct node *)(void *)link;
}

CB_INLINE struct node *take_spliced(struct queue *q)
{
	struct node *node = take(&q->taken, &q->taken_tail);

	if (node)
		return node;
	(void)__cds_wfcq_splice_nonblocking(&q->taken, &q->taken_tail, &q->head, &q->tail);
	return take(&q->taken, &q->taken_tail);
}

CB_INLINE bool urcu_get(struct queue *q, void *item, bool splices, bool made)
{
	struct node *node = splices ? take_spliced(q) : take(&q->head, &q->tail);
	struct producer *p;

	if (!node)
		return false;
	memcpy(item, &node->value, sizeof(node->value));
	p = node->of;
	if (made)
		free(node);
	cb_store_release(&p->got, p->got + 1);
	return true;
}

#define URCU(x, about, splices, made, models, not_models)                                          \
	static inline bool x##_put(                                                                \
	    void *queue, struct cb_worker *w, const void *item, size_t bytes)                      \
	{                                                                                          \
		(void)bytes;                                                                       \
		return UNSEEN(urcu_put((struct queue *)queue, w, item, made));                     \
	}                                                                                          \
	static inline bool x##_get(void *queue, struct cb_worker *w, void *item, size_t bytes)     \
	{                                                                                          \
		(void)w;                                                                           \
		(void)bytes;                                                                       \
		return UNSEEN(urcu_get((struct queue *)queue, item, splices, made));               \
	}                                                                                          \
	static void x##_destroy(void *queue)                                                       \
	{                                                                                          \
		void *value;                                                                       \
                                                                                                   \
		while (x##_get(queue, NULL, &value, sizeof(value)))                                \
			;                                                                          \
	}                                                                                          \
	static const struct cb_queue_ops cb_queue_ops_##x = {                                      \
	    .init = urcu_init, .try_put = x##_put, .try_get = x##_get, .destroy = x##_destroy};    \
	CB_QUEUE_BATCH(x)                                                                          \
	static const struct cb_queue cb_queue_impl_##x = {.ops = &cb_queue_ops_##x,                \
	    .queue_bytes = urcu_bytes,                                                             \
	    .most_consumers = 1,                                                                   \
	    .item_bytes = CB_QUEUE_ITEM_BYTES};                                                    \
	CB_QUEUE_KIND_IF(x, about, "liburcu, Desnoyers and Lai 2012", CB_FULL, models, not_models, \
	    NULL, 0, urcu_can)

#define ONE_PROCESS (CB_CAN(CB_THREAD) | CB_CAN(CB_COROUTINE))
#define WHY_ONE "its nodes are malloc's, which is each process's own"

URCU(wfcqueue,
    "linked, an exchange a put; one consumer, dequeues; each producer has its share of it", false,
    false, CB_CAN_ALL, NULL)
URCU(wfcqueue_malloc, "the same, each node made by malloc() and freed by the consumer", false, true,
    ONE_PROCESS, WHY_ONE)
URCU(wfcqueue_splice, "linked, an exchange a put; the consumer takes over all there is at once",
    true, false, CB_CAN_ALL, NULL)
URCU(wfcqueue_splice_malloc, "the same, each node made by malloc() and freed by the consumer", true,
    true, ONE_PROCESS, WHY_ONE)
