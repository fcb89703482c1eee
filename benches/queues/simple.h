/*
 * simple.h - a queue that can be broken in many ways, for the tests of the self-check.
 *
 * Goes through the very template and check that the benches use.
 */
#ifndef CONCBENCH_QUEUES_SIMPLE_H
#define CONCBENCH_QUEUES_SIMPLE_H

#include "benches/queues/transfer.h"

enum fault {
	FAULT_NONE,
	FAULT_DROP,     /* one item in a million */
	FAULT_DOUBLE,   /* one item comes out twice */
	FAULT_REORDER,  /* two change places */
	FAULT_DAMAGE,   /* one bit of one item */
	FAULT_FORGE,    /* an item that looks right, but is not the one put in */
	FAULT_HOARD,    /* takes more than its capacity, and gives nothing */
	FAULT_MISCOUNT, /* says that it did one more than it did */
};

struct simple_kind {
	struct queue_kind queue; /* first: t->kind points to it */
	enum fault fault;
};

/* A lock around a ring, without waiting: whoever finds it taken, full or empty goes round. */
struct simple {
	_Alignas(ARENA_ALIGN) atomic_flag taken;
	bool broke; /* did what it is there for, once */
	uint64_t put;
	unsigned first;
	unsigned count;
	uint64_t slot[];
};

static enum fault fault_of(const struct transfer *t)
{
	return ((const struct simple_kind *)(const void *)t->kind)->fault;
}

/* Room for those that take more than they should. */
static unsigned simple_slots(const struct transfer *t)
{
	return 2 * t->capacity;
}

static size_t simple_bytes(unsigned capacity)
{
	return sizeof(struct simple) + 2 * (size_t)capacity * sizeof(uint64_t);
}

static int simple_init(struct transfer *t, enum model model)
{
	struct simple *q = t->queue;

	(void)model;
	atomic_flag_clear(&q->taken);
	return 0;
}

static uint64_t *simple_slot(struct transfer *t, unsigned i)
{
	struct simple *q = t->queue;

	return &q->slot[(q->first + i) % simple_slots(t)];
}

static uint64_t simple_pop(struct transfer *t)
{
	struct simple *q = t->queue;
	const uint64_t item = q->slot[q->first];

	q->first = (q->first + 1) % simple_slots(t);
	q->count--;
	return item;
}

/* Return: true when this is the time for the fault. */
static bool due(const struct transfer *t)
{
	const struct simple *q = t->queue;

	if (fault_of(t) == FAULT_DROP)
		return q->put == 1000000;
	/* After a while, and where two are inside and there is room for one more. */
	return !q->broke && q->put >= 5000 && q->count >= 2 && q->count < t->capacity;
}

static void simple_break(struct transfer *t)
{
	struct simple *q = t->queue;
	uint64_t *newest = simple_slot(t, q->count - 1), kept = *newest;

	q->broke = true;
	switch (fault_of(t)) {
	case FAULT_DROP:
		q->count--;
		break;
	case FAULT_DOUBLE:
		*simple_slot(t, q->count++) = *newest;
		break;
	case FAULT_REORDER:
		*newest = *simple_slot(t, q->count - 2);
		*simple_slot(t, q->count - 2) = kept;
		break;
	case FAULT_DAMAGE:
		*newest ^= UINT64_C(1) << 20;
		break;
	case FAULT_FORGE:
		*newest =
		    transfer_item(transfer_item_producer(kept), transfer_item_number(kept) + 1);
		break;
	default:
		break;
	}
}

static bool simple_try(struct transfer *t, bool put, uint64_t *item)
{
	struct simple *q = t->queue;
	const unsigned room = fault_of(t) == FAULT_HOARD ? 2 * t->capacity : t->capacity;
	bool done = false;

	if (atomic_flag_test_and_set_explicit(&q->taken, memory_order_acquire))
		return false;
	if (put && q->count < room) {
		*simple_slot(t, q->count++) = *item;
		q->put++;
		if (due(t))
			simple_break(t);
		done = true;
	} else if (!put && q->count > 0 && fault_of(t) != FAULT_HOARD) {
		*item = simple_pop(t);
		done = true;
	}
	atomic_flag_clear_explicit(&q->taken, memory_order_release);
	return done;
}

static inline bool simple_put(
    struct worker *w, struct transfer *t, struct transfer_worker *own, uint64_t item)
{
	while (!simple_try(t, true, &item)) {
		own->full_polls++;
		if (transfer_over(w, t))
			return false;
		worker_relax(w);
	}
	return true;
}

static inline bool simple_get(
    struct worker *w, struct transfer *t, struct transfer_worker *own, uint64_t *item)
{
	while (!simple_try(t, false, item)) {
		own->empty_polls++;
		if (transfer_over(w, t))
			return false;
		worker_relax(w);
	}
	return true;
}

static uint64_t simple_batch(struct worker *w, void *state, uint64_t n)
{
	struct transfer *t = state;
	const bool boasts = fault_of(t) == FAULT_MISCOUNT && w->index == t->producers;

	return transfer_loop(w, t, n, simple_put, simple_get) + boasts;
}

static bool simple_drain(struct transfer *t, uint64_t *item)
{
	if (((struct simple *)t->queue)->count == 0)
		return false;
	*item = simple_pop(t);
	return true;
}

#define SIMPLE(fault_name, its_fault)                  \
	static const struct simple_kind fault_name = { \
	    .queue = {QUEUE_KIND(simple, #fault_name), .many = true}, .fault = (its_fault)}

SIMPLE(sound, FAULT_NONE);
SIMPLE(dropping, FAULT_DROP);
SIMPLE(doubling, FAULT_DOUBLE);
SIMPLE(reordering, FAULT_REORDER);
SIMPLE(damaging, FAULT_DAMAGE);
SIMPLE(forging, FAULT_FORGE);
SIMPLE(hoarding, FAULT_HOARD);
SIMPLE(miscounting, FAULT_MISCOUNT);

#endif
