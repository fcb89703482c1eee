/*
 * queue.h - a queue of the family "queue": producers hand items to consumers, and every item is
 * accounted for.
 *
 * The short form is all of most queues that never sleep:
 *
 *	CB_QUEUE(my_ring, "one producer, one consumer, no read-modify-write", "paper or library",
 *	    CB_QUICK, CB_CAN_ALL, 1, 1, 0, struct my_ring,
 *	    sizeof(struct my_ring) + env->capacity * env->bytes, my_init(queue, env->capacity),
 *	    my_put(queue, item, bytes), my_get(queue, item, bytes))
 *
 * Its name, what it is and where it comes from; the smallest profile that has it; the models it can
 * do; how many producers and consumers at most (0: any number); the only size of item that it takes
 * (0: any); its type; and four expressions, in which `queue` points to the type, `item` to the
 * item's `bytes`, `w` to the worker (NULL when the queue is emptied between trials):
 *
 *	bytes    of shared memory; `env` is what is known beforehand
 *	init     an int: 0 or -errno
 *	put      true when done, false when full
 *	get      true when done, false when empty
 *
 * Whoever finds it full or empty goes round again, giving up the PU where its worker says so.
 *
 * The long form, for queues whose waiters sleep, that have a capacity of their own, or that each
 * worker has to attach to: write the functions of struct cb_queue_ops, then CB_QUEUE_BATCH(x) and a
 * struct cb_queue; CB_QUEUE's own expansion below shows how.
 *
 * An item begins with 8 bytes: its producer, its number there, and 16 bits that both decide; what
 * follows is decided by these. A consumer checks all of it, and the item's place in its producer's
 * order. Between trials the queue is emptied, and then, for every producer, the number of items
 *that came out and the sum of their mixed heads has to be that of the items put in.
 */
#ifndef CONCBENCH_PUBLIC_QUEUE_H
#define CONCBENCH_PUBLIC_QUEUE_H

#include <concbench/concbench.h>

#include <string.h>

#ifdef __cplusplus
extern "C" {
#endif

/* ---- what a queue is ---- */

/* What init may know. */
struct cb_queue_env {
	const struct cb_case *c;
	enum cb_model model;
	unsigned producers;
	unsigned consumers;
	unsigned capacity; /* in items; the case's, a power of two, or the queue's own */
	size_t bytes;      /* of an item */
};

enum cb_queue_result {
	CB_QUEUE_CLOSED = -1,
	CB_QUEUE_TIMED_OUT = 0,
	CB_QUEUE_DONE = 1,
	CB_QUEUE_WAITED = 2, /* done, but not at once */
};

enum cb_queue_order {
	CB_ORDER_FIFO, /* each producer's items come out in the order they went in */
	CB_ORDER_NONE, /* nothing lost, nothing twice, and that is all */
};

/*
 * The calls of a queue, on the queue and nothing of the workload: usable anywhere. Either the two
 * that return at once are there, or the two that wait, or all four. Others may be NULL.
 */
struct cb_queue_ops {
	int (*init)(void *queue, const struct cb_queue_env *env);
	/* attach() - in each worker, before its first trial: after fork(2), with descriptors of its
	 * own to open. Return: 0; -errno. */
	int (*attach)(void *queue, struct cb_worker *w);
	bool (*try_put)(void *queue, struct cb_worker *w, const void *item, size_t bytes);
	bool (*try_get)(void *queue, struct cb_worker *w, void *item, size_t bytes);
	/* put() / get() - wait for room or an item, not beyond @until_ns of cb_now_ns()
	 * (CB_FOR_EVER), and not when closed. */
	enum cb_queue_result (*put)(
	    void *queue, struct cb_worker *w, const void *item, size_t bytes, uint64_t until_ns);
	enum cb_queue_result (*get)(
	    void *queue, struct cb_worker *w, void *item, size_t bytes, uint64_t until_ns);
	/* close() - who waits, or comes to, gets CB_QUEUE_CLOSED. By each worker that leaves a
	 * trial. open() takes it back, no worker being about. */
	void (*close)(void *queue, struct cb_worker *w);
	void (*open)(void *queue);
	/* drain() - an item that is left, no worker being about; NULL: try_get. */
	bool (*drain)(void *queue, void *item, size_t bytes);
	void (*destroy)(void *queue);
};

/* What a queue says of itself beside struct cb_kind; its impl. */
struct cb_queue {
	const struct cb_queue_ops *ops;
	size_t (*queue_bytes)(const struct cb_queue_env *env);
	/* capacity() - of a queue that cannot be given one, in items; NULL: the case's is kept. */
	unsigned (*capacity)(const struct cb_queue_env *env);
	unsigned most_producers; /* 0: any number */
	unsigned most_consumers;
	size_t item_bytes; /* the only size it takes; 0: any up to most_bytes */
	size_t most_bytes; /* 0: any */
	enum cb_queue_order order;
};

/* ---- the workload ---- */

#define CB_QUEUE_ITEM_BYTES 8
#define CB_QUEUE_PRODUCERS_MAX 32

/* One item in this many of each producer is timed: timing each would change what is timed. */
#define CB_QUEUE_TIMED 64u

/* What came out of one producer's items at one consumer. */
struct cb_queue_source {
	uint64_t last; /* number of the latest */
	uint64_t count;
	uint64_t sum; /* of cb_queue_mix() */
};

/* Written by one worker only, and summed up by the cell between trials. */
struct cb_queue_worker {
	/* producer */
	uint64_t put; /* items, and the number of the last */
	uint64_t put_sum;
	uint64_t full_polls; /* looks in vain, or waits */
	/* consumer */
	uint64_t empty_polls;
	uint64_t damaged;
	uint64_t out_of_order;
	struct cb_queue_source source[CB_QUEUE_PRODUCERS_MAX];
	unsigned char *item; /* buffer */
	bool attached;
} CB_ALIGNED;

/* The state of a case. Not written while workers run, but through the pointers and where said. */
struct cb_queue_state {
	void *queue;
	const struct cb_queue *impl;
	struct cb_queue_env env;
	uint64_t wait_ns; /* patience of one put or get; 0: it has all the time */
	/*
	 * When a timed item was put: an array for each producer beside the queue, since 8 bytes of
	 * item have no room for it. A cache line more changes hands every 64 items.
	 */
	uint64_t *stamps;
	unsigned stamp_slots; /* for each producer, a power of two */
	struct cb_queue_worker *worker;
	struct cb_queue_worker drained; /* the cell's: what was left when trials ended */
	uint64_t reported[3];           /* the cell's */
	/* Set by the first worker to leave a trial, cleared by the cell when all have. */
	uint32_t closed CB_ALIGNED;
} CB_ALIGNED;

/* The family's parts of the workload; the program's. */
size_t cb_queue_state_size(const struct cb_case *c);
int cb_queue_setup(struct cb_env *env, char *why, size_t why_len);
/** cb_queue_enter() - the queue's attach(), once a worker. */
void cb_queue_enter(struct cb_worker *w, void *state);
/** cb_queue_leave() - nobody waits for this worker any more. */
void cb_queue_leave(struct cb_worker *w, void *state);
/** cb_queue_check() - empty the queue, account for every item, open it again. */
int cb_queue_check(const struct cb_env *env, char *why, size_t why_len);
/** cb_queue_report() - of the last trial: "empty_polls_per_op" and "full_polls_per_op". */
void cb_queue_report(const struct cb_env *env, struct cb_metrics *metrics);
void cb_queue_teardown(struct cb_env *env);
/* What is done for the timed items only, out of line. */
void cb_queue_stamp(struct cb_queue_state *st, unsigned producer, uint64_t number);
void cb_queue_timed(
    struct cb_worker *w, struct cb_queue_state *st, unsigned producer, uint64_t number);

#define CB_QUEUE_OP "item delivered"
#define CB_QUEUE_LATENCY "asking to put to having got, 1 of 64 timed"

/* ---- items ---- */

#define CB_QUEUE_NUMBER_BITS 40
#define CB_QUEUE_NUMBER_MASK ((UINT64_C(1) << CB_QUEUE_NUMBER_BITS) - 1)

/* producer : 8, check : 16, number : 40 - days of items at any rate. */
static inline uint64_t cb_queue_head(unsigned producer, uint64_t number)
{
	const uint64_t bare = (uint64_t)producer << 56 | (number & CB_QUEUE_NUMBER_MASK);

	/* The product's upper bits depend on all of @bare (Knuth's multiplicative hashing). */
	return bare | bare * UINT64_C(0x9E3779B97F4A7C15) >> 48 << CB_QUEUE_NUMBER_BITS;
}

static inline unsigned cb_queue_head_producer(uint64_t head)
{
	return (unsigned)(head >> 56);
}

static inline uint64_t cb_queue_head_number(uint64_t head)
{
	return head & CB_QUEUE_NUMBER_MASK;
}

/* For sums: two wrong items must not make up for each other. */
static inline uint64_t cb_queue_mix(uint64_t head)
{
	return (head ^ head >> 29) * UINT64_C(0xBF58476D1CE4E5B9);
}

/* What follows the head: a word each 8 bytes, no two alike, so that a shift shows as well. */
static inline uint64_t cb_queue_word(uint64_t head, size_t at)
{
	return (head + at) * UINT64_C(0x94D049BB133111EB);
}

CB_INLINE void cb_queue_fill(unsigned char *item, size_t bytes, uint64_t head)
{
	memcpy(item, &head, sizeof(head));
	for (size_t at = sizeof(head); at < bytes; at += sizeof(head)) {
		const uint64_t word = cb_queue_word(head, at);

		memcpy(item + at, &word, bytes - at < sizeof(word) ? bytes - at : sizeof(word));
	}
}

CB_INLINE bool cb_queue_intact(const unsigned char *item, size_t bytes, uint64_t head)
{
	bool same = true;

	for (size_t at = sizeof(head); at < bytes; at += sizeof(head)) {
		const uint64_t word = cb_queue_word(head, at);

		same &= memcmp(item + at, &word,
			    bytes - at < sizeof(word) ? bytes - at : sizeof(word)) == 0;
	}
	return same;
}

/* cb_queue_take() - account for an item that has come out. Return: false when it is damaged. */
CB_INLINE bool cb_queue_take(const struct cb_queue_state *st, struct cb_queue_worker *own,
    const unsigned char *item, size_t bytes, uint64_t *out)
{
	struct cb_queue_source *source;
	unsigned producer;
	uint64_t head, number;

	memcpy(&head, item, sizeof(head));
	producer = cb_queue_head_producer(head);
	number = cb_queue_head_number(head);
	source = &own->source[producer % CB_QUEUE_PRODUCERS_MAX];
	*out = head;
	if (CB_UNLIKELY(producer >= st->env.producers || head != cb_queue_head(producer, number) ||
			!cb_queue_intact(item, bytes, head))) {
		own->damaged++;
		return false;
	}
	if (CB_UNLIKELY(
		st->env.consumers == 1 ? number != source->last + 1 : number <= source->last) &&
	    st->impl->order == CB_ORDER_FIFO)
		own->out_of_order++;
	source->last = number;
	source->count++;
	source->sum += cb_queue_mix(head);
	return true;
}

/* ---- the measuring loop ---- */

/* Waiting may never end. */
CB_INLINE bool cb_queue_over(const struct cb_worker *w, const struct cb_queue_state *st)
{
	return cb_stopping(w) || w->error || cb_load(&st->closed);
}

CB_INLINE uint64_t cb_queue_until(const struct cb_queue_state *st)
{
	return CB_LIKELY(!st->wait_ns) ? CB_FOR_EVER : cb_now_ns() + st->wait_ns;
}

/* Return: false when the trial is over. */
CB_INLINE bool cb_queue_put(struct cb_worker *w, struct cb_queue_state *st,
    struct cb_queue_worker *own, const void *item, size_t bytes, const struct cb_queue_ops *ops)
{
	if (!ops->put) {
		while (!ops->try_put(st->queue, w, item, bytes)) {
			own->full_polls++;
			if (cb_queue_over(w, st))
				return false;
			cb_relax(w);
		}
		return true;
	}
	for (;;) {
		switch (ops->put(st->queue, w, item, bytes, cb_queue_until(st))) {
		case CB_QUEUE_DONE:
			return true;
		case CB_QUEUE_WAITED:
			own->full_polls++;
			return true;
		case CB_QUEUE_TIMED_OUT:
			own->full_polls++;
			if (cb_queue_over(w, st))
				return false;
			break;
		case CB_QUEUE_CLOSED:
			return false;
		}
	}
}

CB_INLINE bool cb_queue_get(struct cb_worker *w, struct cb_queue_state *st,
    struct cb_queue_worker *own, void *item, size_t bytes, const struct cb_queue_ops *ops)
{
	if (!ops->get) {
		while (!ops->try_get(st->queue, w, item, bytes)) {
			own->empty_polls++;
			if (cb_queue_over(w, st))
				return false;
			cb_relax(w);
		}
		return true;
	}
	for (;;) {
		switch (ops->get(st->queue, w, item, bytes, cb_queue_until(st))) {
		case CB_QUEUE_DONE:
			return true;
		case CB_QUEUE_WAITED:
			own->empty_polls++;
			return true;
		case CB_QUEUE_TIMED_OUT:
			own->empty_polls++;
			if (cb_queue_over(w, st))
				return false;
			break;
		case CB_QUEUE_CLOSED:
			return false;
		}
	}
}

/* Operations are items delivered, so a producer has done none. */
CB_INLINE uint64_t cb_queue_produce(struct cb_worker *w, struct cb_queue_state *st, uint64_t n,
    unsigned char *item, size_t bytes, const struct cb_queue_ops *ops)
{
	struct cb_queue_worker *own = &st->worker[w->index];

	for (; n; n--) {
		const uint64_t number = own->put + 1;
		const uint64_t head = cb_queue_head(w->index, number);

		cb_queue_fill(item, bytes, head);
		if (CB_UNLIKELY(number % CB_QUEUE_TIMED == 0))
			cb_queue_stamp(st, w->index, number);
		if (!cb_queue_put(w, st, own, item, bytes, ops))
			break;
		own->put = number;
		own->put_sum += cb_queue_mix(head);
	}
	return 0;
}

CB_INLINE uint64_t cb_queue_consume(struct cb_worker *w, struct cb_queue_state *st, uint64_t n,
    unsigned char *item, size_t bytes, const struct cb_queue_ops *ops)
{
	struct cb_queue_worker *own = &st->worker[w->index];

	for (uint64_t done = 0; done < n; done++) {
		uint64_t head;

		if (!cb_queue_get(w, st, own, item, bytes, ops))
			return done;
		if (cb_queue_take(st, own, item, bytes, &head) &&
		    CB_UNLIKELY(cb_queue_head_number(head) % CB_QUEUE_TIMED == 0))
			cb_queue_timed(
			    w, st, cb_queue_head_producer(head), cb_queue_head_number(head));
	}
	return n;
}

CB_INLINE uint64_t cb_queue_loop(struct cb_worker *w, struct cb_queue_state *st, uint64_t n,
    unsigned char *item, size_t bytes, const struct cb_queue_ops *ops)
{
	return w->index < st->env.producers ? cb_queue_produce(w, st, n, item, bytes, ops)
					    : cb_queue_consume(w, st, n, item, bytes, ops);
}

/* CB_QUEUE_BATCH(x) - cb_queue_batch_x(): the loop for cb_queue_ops_x, whose functions are inlined;
 * once for items of a register, once for others. */
#define CB_QUEUE_BATCH(x)                                                                   \
	static uint64_t cb_queue_batch_##x(struct cb_worker *w, void *state, uint64_t n)    \
	{                                                                                   \
		struct cb_queue_state *st = (struct cb_queue_state *)state;                 \
		unsigned char item[CB_QUEUE_ITEM_BYTES];                                    \
                                                                                            \
		if (st->env.bytes == CB_QUEUE_ITEM_BYTES)                                   \
			return cb_queue_loop(                                               \
			    w, st, n, item, CB_QUEUE_ITEM_BYTES, &cb_queue_ops_##x);        \
		return cb_queue_loop(                                                       \
		    w, st, n, st->worker[w->index].item, st->env.bytes, &cb_queue_ops_##x); \
	}

/* CB_QUEUE_KIND(x) - workload and kind of cb_queue_x with that batch, entered into the table. */
#define CB_QUEUE_KIND(x, about, source, from, models, not_models, without, flags)                 \
	static const struct cb_workload cb_queue_work_##x = {CB_QUEUE_OP, CB_QUEUE_LATENCY, 0,    \
	    cb_queue_state_size, cb_queue_setup, cb_queue_enter, cb_queue_batch_##x,              \
	    cb_queue_leave, cb_queue_check, cb_queue_report, cb_queue_teardown, NULL, NULL, 0, 0, \
	    false, true};                                                                         \
	static const struct cb_kind cb_kind_##x = {"queue", #x, about, source, flags, from, 1,    \
	    models, not_models, &cb_queue_work_##x, NULL, &cb_queue_##x, NULL, 0, without, NULL,  \
	    0, NULL, 0, NULL, NULL, NULL, NULL, ""};                                              \
	CB_REGISTER(cb_kind_##x)

#define CB_QUEUE(x, about, source, from, models, most_producers, most_consumers, item_bytes, type, \
    bytes_, init_, try_put_, try_get_)                                                             \
	static size_t cb_queue_bytes_##x(const struct cb_queue_env *env)                           \
	{                                                                                          \
		(void)env;                                                                         \
		return bytes_;                                                                     \
	}                                                                                          \
	static int cb_queue_init_##x(void *queue_, const struct cb_queue_env *env)                 \
	{                                                                                          \
		type *queue = (type *)queue_;                                                      \
                                                                                                   \
		(void)queue;                                                                       \
		(void)env;                                                                         \
		return init_;                                                                      \
	}                                                                                          \
	CB_INLINE bool cb_queue_try_put_##x(                                                       \
	    void *queue_, struct cb_worker *w, const void *item, size_t bytes)                     \
	{                                                                                          \
		type *queue = (type *)queue_;                                                      \
                                                                                                   \
		(void)w;                                                                           \
		(void)bytes;                                                                       \
		return try_put_;                                                                   \
	}                                                                                          \
	CB_INLINE bool cb_queue_try_get_##x(                                                       \
	    void *queue_, struct cb_worker *w, void *item, size_t bytes)                           \
	{                                                                                          \
		type *queue = (type *)queue_;                                                      \
                                                                                                   \
		(void)w;                                                                           \
		(void)bytes;                                                                       \
		return try_get_;                                                                   \
	}                                                                                          \
	static const struct cb_queue_ops cb_queue_ops_##x = {cb_queue_init_##x, NULL,              \
	    cb_queue_try_put_##x, cb_queue_try_get_##x, NULL, NULL, NULL, NULL, NULL, NULL};       \
	CB_QUEUE_BATCH(x)                                                                          \
	static const struct cb_queue cb_queue_##x = {&cb_queue_ops_##x, cb_queue_bytes_##x, NULL,  \
	    most_producers, most_consumers, item_bytes, 0, CB_ORDER_FIFO};                         \
	CB_QUEUE_KIND(x, about, source, from, models,                                              \
	    (models) == CB_CAN_ALL ? NULL : CB_NOT_CLAIMED, NULL, 0)

#ifdef __cplusplus
}
#endif

#endif
