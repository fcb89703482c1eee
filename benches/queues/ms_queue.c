/*
 * ms_queue.c - the lock-free queue of Michael and Scott: a linked list whose ends, and whose last
 * link, are compared and swapped. Nodes are used again at once: each reference has a count beside
 * it that never goes back, so that who was kept waiting cannot take a node for what it was before.
 * A reference is a node's index and that count in one word, not a pointer and a count in two. Its
 * 32 bits come round: who stands still between a load and its compare and swap while others do just
 * 2^32 of them, minutes on end, and finds the same node there, takes it for what it was. The check
 * would see it, and no trial is that long.
 */
#include <concbench/queue.h>

#define NO_NODE UINT32_MAX

struct node {
	uint64_t next; /* reference; its count is kept from one use of the node to the next */
	uint64_t item;
	uint32_t below; /* index, where it is free */
};

struct ms_queue {
	uint64_t head CB_ALIGNED; /* reference to the node before the first item's */
	uint64_t tail CB_ALIGNED;
	uint64_t free CB_ALIGNED; /* a stack (Treiber 1986) */
	struct node node[] CB_ALIGNED;
};

static inline uint32_t index_of(uint64_t reference)
{
	return (uint32_t)reference;
}

/* To another node, in the place where @old was. */
static inline uint64_t instead_of(uint64_t old, uint32_t index)
{
	return ((old >> 32) + 1) << 32 | index;
}

/* @old: what is there, when it is something else. */
CB_INLINE bool swap(uint64_t *where, uint64_t *old, uint32_t index)
{
	return __atomic_compare_exchange_n(
	    where, old, instead_of(*old, index), false, __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE);
}

CB_INLINE uint32_t pop_free(struct ms_queue *q)
{
	uint64_t top = cb_load_acquire(&q->free);

	while (index_of(top) != NO_NODE)
		if (swap(&q->free, &top, cb_load(&q->node[index_of(top)].below)))
			break;
	return index_of(top);
}

CB_INLINE void push_free(struct ms_queue *q, uint32_t index)
{
	uint64_t top = cb_load_acquire(&q->free);

	do
		cb_store(&q->node[index].below, index_of(top));
	while (!swap(&q->free, &top, index));
}

static int ms_init(struct ms_queue *q, unsigned capacity)
{
	q->head = q->tail = capacity;
	q->free = NO_NODE;
	for (unsigned i = 0; i <= capacity; i++)
		q->node[i].next = NO_NODE;
	for (unsigned i = capacity; i > 0; i--)
		push_free(q, i - 1);
	return 0;
}

CB_INLINE bool ms_put(struct ms_queue *q, const void *item)
{
	const uint32_t index = pop_free(q);
	uint64_t tail, next, word;

	if (index == NO_NODE)
		return false;
	memcpy(&word, item, sizeof(word));
	cb_store(&q->node[index].item, word);
	cb_store(&q->node[index].next, cb_load(&q->node[index].next) | NO_NODE);
	for (;;) {
		tail = cb_load_acquire(&q->tail);
		next = cb_load_acquire(&q->node[index_of(tail)].next);
		if (tail != cb_load(&q->tail))
			continue;
		if (index_of(next) != NO_NODE)
			/* Somebody has linked one, and the tail is to follow. */
			(void)swap(&q->tail, &tail, index_of(next));
		else if (swap(&q->node[index_of(tail)].next, &next, index))
			break;
	}
	(void)swap(&q->tail, &tail, index);
	return true;
}

CB_INLINE bool ms_get(struct ms_queue *q, void *item)
{
	for (;;) {
		uint64_t head = cb_load_acquire(&q->head), tail = cb_load_acquire(&q->tail);
		const uint64_t next = cb_load_acquire(&q->node[index_of(head)].next);
		const uint32_t first = index_of(next);
		uint64_t word;

		if (head != cb_load(&q->head))
			continue;
		if (first == NO_NODE)
			return false;
		if (index_of(head) == index_of(tail)) {
			(void)swap(&q->tail, &tail, first);
			continue;
		}
		/* Before it is anybody's to use again. */
		word = cb_load(&q->node[first].item);
		if (!swap(&q->head, &head, first))
			continue;
		memcpy(item, &word, sizeof(word));
		push_free(q, index_of(head));
		return true;
	}
}

CB_QUEUE(ms_queue, "linked, lock-free, any number of both; references are counted",
    "Michael and Scott 1996, the non-blocking queue", CB_FULL, CB_CAN_ALL, 0, 0,
    CB_QUEUE_ITEM_BYTES, struct ms_queue,
    sizeof(struct ms_queue) + (env->capacity + 1) * sizeof(struct node),
    ms_init(queue, env->capacity), ms_put(queue, item), ms_get(queue, item))
