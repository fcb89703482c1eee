/*
 * transfer.h - the queue workload: producers hand items to consumers, and every item is accounted
 * for.
 *
 * To add a queue, write in its library's file (ck.c is the shortest)
 *
 *	static size_t x_bytes(unsigned capacity)                        what it takes
 *	static int x_init(struct transfer *t, enum model model)         0; -errno
 *	static inline bool x_put(struct worker *w, struct transfer *t,
 *	    struct transfer_worker *own, uint64_t item)
 *	static inline bool x_get(struct worker *w, struct transfer *t,
 *	    struct transfer_worker *own, uint64_t *item)
 *	static bool x_drain(struct transfer *t, uint64_t *item)         no worker runs; false: empty
 *
 * with the queue itself at t->queue (shared memory under every model, zeroed); then
 * TRANSFER_BATCH(x) and {QUEUE_KIND(x, "name")} in the table. put and get wait for room or items
 * through the worker, so that they suit every model; each look in vain counts in own->full_polls or
 * own->empty_polls, and when transfer_over() they return false instead of waiting. A queue whose
 * waiters sleep also has x_wake(), which wakes all of them once t->closed is set.
 *
 * An item is 8 bytes: its producer, its number there, and 16 bits that both decide. A consumer
 * checks each item's bits and its place in its producer's order (the very next one where there is
 * one consumer, else a later one). Between trials the queue is emptied, and then, for every
 * producer, the number of items that came out and the sum of their mixed bits has to be that of the
 * items put in. The work for that is the same for all kinds.
 *
 * capacity: slots of the queue. ck_ring leaves one of them empty.
 */
#ifndef CONCBENCH_QUEUES_TRANSFER_H
#define CONCBENCH_QUEUES_TRANSFER_H

#include "harness/work/bench_case.h"

/* Places in bench_case.params. */
enum transfer_param {
	TRANSFER_PRODUCERS, /* the first workers; the rest are consumers */
	TRANSFER_CONSUMERS,
	TRANSFER_CAPACITY, /* a power of two */
	TRANSFER_BYTES,    /* of an item: 8 */
};

#define TRANSFER_ITEM_BYTES 8
#define TRANSFER_PRODUCERS_MAX 32
#define TRANSFER_CAPACITY_MAX (1u << 20)

/* One item in this many of each producer is timed: timing each would change what is timed. */
#define TRANSFER_TIMED 64u

/* What came out of one producer's items at one consumer. */
struct transfer_source {
	uint64_t last; /* number of the latest */
	uint64_t count;
	uint64_t sum; /* of transfer_mix() */
};

/* Written by one worker only, and summed up by the cell between trials. */
struct transfer_worker {
	/* producer */
	_Alignas(ARENA_ALIGN) uint64_t put; /* items, and the number of the last */
	uint64_t put_sum;
	uint64_t full_polls;
	/* consumer */
	uint64_t empty_polls;
	uint64_t damaged;
	uint64_t out_of_order;
	struct transfer_source source[TRANSFER_PRODUCERS_MAX];
};

/* Of all workers, up to the last trial reported. */
struct transfer_totals {
	uint64_t delivered;
	uint64_t empty_polls;
	uint64_t full_polls;
};

struct transfer {
	/* Not written while workers run. */
	const struct queue_kind *kind;
	void *queue;
	unsigned producers;
	unsigned consumers;
	unsigned capacity;
	/*
	 * When a timed item was put: an array for each producer beside the queue, since 8 bytes of
	 * item have no room for it. A cache line more changes hands every 64 items.
	 */
	_Atomic uint64_t *stamps;
	unsigned stamp_slots; /* for each producer, a power of two */
	/* The cell's. */
	struct transfer_worker drained; /* what was left in the queue when trials ended */
	struct transfer_totals reported;
	/* Set by the first worker to leave a trial, cleared by the cell when all have. */
	_Alignas(ARENA_ALIGN) atomic_uint closed;
	struct transfer_worker worker[]; /* one for each */
};

struct queue_kind {
	const char *name;
	struct workload workload;
	size_t (*bytes)(unsigned capacity);
	int (*init)(struct transfer *t, enum model model);
	bool (*drain)(struct transfer *t, uint64_t *item);
	void (*wake)(struct worker *w, struct transfer *t); /* NULL: nobody sleeps */
	bool many;   /* several producers and several consumers */
	bool sleeps; /* waiters sleep in the kernel: longer windows */
};

/* A library's table of queues. */
struct queue_library {
	const struct queue_kind *kinds;
	size_t count;
};

extern const struct queue_library queue_library_ring;
extern const struct queue_library queue_library_ck;

#define QUEUE_LIBRARY(table)                                                  \
	{                                                                     \
		.kinds = (table), .count = sizeof(table) / sizeof((table)[0]) \
	}

/* Return: bytes of state for this case, queue and stamps included. */
size_t transfer_state_size(const struct bench_case *bc);

/** transfer_setup() - lay the state out and make the queue (env->bc->kind's init). */
int transfer_setup(struct bench_env *env, char *why, size_t why_len);

/** transfer_leave() - nobody waits for this worker any more. */
void transfer_leave(struct worker *w, void *state);

/**
 * transfer_check() - empty the queue, account for every item, open the queue again: all workers are
 * parked, so none can be between the two.
 */
int transfer_check(const struct bench_env *env, char *why, size_t why_len);

/** transfer_report() - of the last trial: "empty_polls_per_op" and "full_polls_per_op". */
void transfer_report(const struct bench_env *env, struct metric_set *metrics);

/* A table's line for the queue whose functions are x_bytes(), x_init(), x_put(), x_get(),
 * x_drain(). */
#define QUEUE_KIND(x, queue_name)                                                       \
	.name = (queue_name), .bytes = x##_bytes, .init = x##_init, .drain = x##_drain, \
	.workload = {                                                                   \
	    .op = "item delivered",                                                     \
	    .latency_of = "asking to put to having got, 1 of 64 timed",                 \
	    .state_size = transfer_state_size,                                          \
	    .setup = transfer_setup,                                                    \
	    .batch = x##_batch,                                                         \
	    .leave = transfer_leave,                                                    \
	    .check = transfer_check,                                                    \
	    .report = transfer_report,                                                  \
	    .counts_from_state = true,                                                  \
	}

/* Waiting may never end. */
static inline bool transfer_over(const struct worker *w, struct transfer *t)
{
	return worker_stopping(w) || w->error ||
	       atomic_load_explicit(&t->closed, memory_order_relaxed);
}

#define TRANSFER_NUMBER_BITS 40
#define TRANSFER_NUMBER_MASK ((UINT64_C(1) << TRANSFER_NUMBER_BITS) - 1)

/* producer : 8, check : 16, number : 40 - days of items at any rate. */
static inline uint64_t transfer_item(unsigned producer, uint64_t number)
{
	const uint64_t bare = (uint64_t)producer << 56 | (number & TRANSFER_NUMBER_MASK);

	/* The product's upper bits depend on all of @bare (Knuth's multiplicative hashing). */
	return bare | bare * UINT64_C(0x9E3779B97F4A7C15) >> 48 << TRANSFER_NUMBER_BITS;
}

static inline unsigned transfer_item_producer(uint64_t item)
{
	return (unsigned)(item >> 56);
}

static inline uint64_t transfer_item_number(uint64_t item)
{
	return item & TRANSFER_NUMBER_MASK;
}

/* For sums: two wrong items must not make up for each other. */
static inline uint64_t transfer_mix(uint64_t item)
{
	return (item ^ item >> 29) * UINT64_C(0xBF58476D1CE4E5B9);
}

/* What is done for the timed items only, out of line. */
void transfer_stamp(struct transfer *t, unsigned producer, uint64_t number);
void transfer_timed(struct worker *w, struct transfer *t, unsigned producer, uint64_t number);

/* transfer_take() - account for an item that has come out. Return: false when it is damaged. */
static inline bool transfer_take(
    const struct transfer *t, struct transfer_worker *own, uint64_t item)
{
	const unsigned producer = transfer_item_producer(item);
	const uint64_t number = transfer_item_number(item);
	struct transfer_source *source = &own->source[producer % TRANSFER_PRODUCERS_MAX];

	if (__builtin_expect(
		producer >= t->producers || item != transfer_item(producer, number), 0)) {
		own->damaged++;
		return false;
	}
	if (__builtin_expect(
		t->consumers == 1 ? number != source->last + 1 : number <= source->last, 0))
		own->out_of_order++;
	source->last = number;
	source->count++;
	source->sum += transfer_mix(item);
	return true;
}

typedef bool (*transfer_put_fn)(
    struct worker *w, struct transfer *t, struct transfer_worker *own, uint64_t item);
typedef bool (*transfer_get_fn)(
    struct worker *w, struct transfer *t, struct transfer_worker *own, uint64_t *item);

static inline __attribute__((always_inline)) void transfer_produce(
    struct worker *w, struct transfer *t, uint64_t n, transfer_put_fn put)
{
	struct transfer_worker *own = &t->worker[w->index];

	for (; n; n--) {
		const uint64_t number = own->put + 1;
		const uint64_t item = transfer_item(w->index, number);

		if (__builtin_expect(number % TRANSFER_TIMED == 0, 0))
			transfer_stamp(t, w->index, number);
		if (!put(w, t, own, item))
			return;
		own->put = number;
		own->put_sum += transfer_mix(item);
	}
}

static inline __attribute__((always_inline)) uint64_t transfer_consume(
    struct worker *w, struct transfer *t, uint64_t n, transfer_get_fn get)
{
	struct transfer_worker *own = &t->worker[w->index];

	for (uint64_t done = 0; done < n; done++) {
		uint64_t item;

		if (!get(w, t, own, &item))
			return done;
		if (transfer_take(t, own, item) &&
		    __builtin_expect(transfer_item_number(item) % TRANSFER_TIMED == 0, 0))
			transfer_timed(
			    w, t, transfer_item_producer(item), transfer_item_number(item));
	}
	return n;
}

/*
 * transfer_loop() - the template: always inlined, and so are @put and @get. Operations are items
 * delivered, so a producer has done none.
 */
static inline __attribute__((always_inline)) uint64_t transfer_loop(
    struct worker *w, struct transfer *t, uint64_t n, transfer_put_fn put, transfer_get_fn get)
{
	if (w->index >= t->producers)
		return transfer_consume(w, t, n, get);
	transfer_produce(w, t, n, put);
	return 0;
}

/* x_batch(): the loop for x_put() and x_get(). */
#define TRANSFER_BATCH(x)                                                    \
	static uint64_t x##_batch(struct worker *w, void *state, uint64_t n) \
	{                                                                    \
		return transfer_loop(w, state, n, x##_put, x##_get);         \
	}

#endif
