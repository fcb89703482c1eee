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
 * A worker that finds it full or empty goes round again, and gives up its PU where it should. One
 * that can say how many items it has is a CB_QUEUE_SIZED, with one expression more.
 *
 * The long form, for queues whose waiters sleep, that have a capacity of their own, or that each
 * worker has to attach to: write the functions of struct cb_queue_ops, then CB_QUEUE_BATCH(x) and a
 * struct cb_queue; CB_QUEUE's own expansion below shows how.
 *
 * An item begins with 8 bytes, its head: producer, number there, whether it is timed, and 16 bits
 * of nothing, all multiplied by a key: what is changed in a head shows in those bits, but once in
 * 65,536 times. What follows is decided by the head. A consumer checks all of it, and the item's
 * place in its producer's order. Between trials the queue is emptied, and then, for every producer,
 * the number of items that came out and the sum of their heads has to be that of the items put in.
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
	bool checking;     /* no figure comes of it: a queue may look closer */
	/* Workers that attach when others have died, in their roles. */
	unsigned latecomers;
	/* During init, which may write a line there that says more than its -errno. */
	char *why;
	size_t why_len;
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
 * that return at once are there, or the two that wait, or all four. Others may be NULL. Which of
 * its producers and, counted on, consumers calls is w->role: a worker may stand between two queues.
 */
struct cb_queue_ops {
	int (*init)(void *queue, const struct cb_queue_env *env);
	/* attach() - in each worker, before its first trial, once a role: after fork(2), with
	 * descriptors of its own to open. Return: 0; -errno. */
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
	/* What its waiting calls return does not say who had to wait, but while checking. */
	bool waits_unseen;
	/* Its capacity() is a bound: what it holds is the kernel's, or a library's, to say. */
	bool holds_less;
	/* A case cannot have two of it. */
	bool single;
	/* size() - items in it, at a moment during the call; NULL: it cannot say. While nobody is
	 * about it is exact, and where its only producer asks it is never too few. */
	uint64_t (*size)(void *queue);
	unsigned spare; /* slots of its capacity that stay empty, so that full is not empty */
};

/* ---- the workload ---- */

#define CB_QUEUE_ITEM_BYTES 8
#define CB_QUEUE_PRODUCERS_MAX 32

/* At most one item in this many of each producer is timed, and on average no more than one in
 * two batches of some 15 us: looks at the clock and a line that changes hands must not show. Which
 * is drawn. */
#define CB_QUEUE_TIMED 64u

/* What came out of one producer's items at one consumer. */
struct cb_queue_source {
	uint64_t last; /* number of the latest */
	uint64_t count;
	uint64_t sum; /* of cb_queue_weight() */
};

/* Written by one worker only, and summed up by the cell between trials. */
struct cb_queue_worker {
	/* producer */
	uint64_t put; /* items, and the number of the last */
	uint64_t put_sum;
	uint64_t timed;      /* number of the next that is timed */
	uint64_t full_polls; /* looks in vain, or waits */
	uint64_t due;        /* at a pace: when the last was to be put, in parts of a nanosecond */
	uint64_t made;       /* where items go round: of those that are under way */
	uint64_t asked;      /* for the size, before each put */
	uint64_t said_full;
	uint64_t stale_full; /* it said full, and took one at once */
	uint64_t stale_room; /* it said that there was room, and took none */
	/* either */
	uint64_t timed_out;
	uint64_t late_ns;       /* sum over these: after the deadline */
	uint64_t early;         /* of these, before their deadline */
	uint64_t least_late_ns; /* of the others: after it */
	uint64_t kept_to_end;   /* checking: stood still until the other times out, in vain */
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
	/* Of the accounts: where there are stages, the worker of each that puts is a producer, with
	 * one consumer. */
	struct cb_queue_env env;
	unsigned stages;     /* workers, a queue from each to the next; 0: one queue for all */
	unsigned in_flight;  /* items that go round, the last queue leading to the first worker */
	size_t queue_stride; /* from one queue to the next, in bytes */
	uint64_t wait_ns;    /* patience of one put or get; 0: it has all the time */
	bool checking;       /* no figure comes of it: see cb_queue_patience() */
	uint64_t late_ns;    /* checking: who times out later than that is late */
	/*
	 * When a timed item was put: an array for each producer beside the queue, since 8 bytes of
	 * item have no room for it.
	 */
	uint64_t *stamps;
	unsigned stamp_slots; /* for each producer, a power of two */
	unsigned timed_every; /* at most one item in so many is timed, a power of two */
	/* At a pace: a producer's items are due so long after each other, drawn from these; NULL:
	 * as fast as it can. */
	uint64_t *gap;
	unsigned burst_mask; /* as many come at once, a power of two, less one */
	double pace_per_s;   /* of all producers */
	uint64_t checked_ns; /* the cell's: when the last trial was checked, */
	uint64_t put_before; /* and what had been put by then */
	struct cb_queue_worker *worker;
	struct cb_queue_worker drained; /* the cell's: what was left when trials ended */
	uint64_t
	    misjudged; /* 0, or 1 and by how many items its size was wrong, nobody being about */
	uint64_t reported[8]; /* the cell's */
	/* Set by the first worker to leave a trial, cleared by the cell when all have. */
	uint32_t closed CB_ALIGNED;
	uint32_t standing; /* checking: somebody stands still */
	bool asking;       /* for the size, before each put */
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
/** cb_queue_report() - of the last trial: "empty_polls_per_op" and "full_polls_per_op", where the
 * queue says who had to wait. */
void cb_queue_report(const struct cb_env *env, struct cb_metrics *metrics);
void cb_queue_teardown(struct cb_env *env);
/**
 * cb_queue_patience() - the deadline of a put or get. While it is checked, one producer or one
 * consumer now and then stands still before it until the other has timed out: who never does then
 * does not heed its deadline.
 */
uint64_t cb_queue_patience(struct cb_worker *w, struct cb_queue_state *st);
/** cb_queue_on_one_carrier() - can() of a kind whose coroutines wait by cb_wait(), or take turns.
 */
int cb_queue_on_one_carrier(const struct cb_case *c, char *why, size_t why_len);
/* cb_queue_depends() - at a pace: the same case at its peak. */
bool cb_queue_depends(const struct cb_case *c, char *name, size_t len);
/** cb_queue_await() - until it is @due. Return: the time it was then, in its parts; 0 when the
 * trial is over. */
uint64_t cb_queue_await(struct cb_worker *w, const struct cb_queue_state *st, uint64_t due);
/** cb_queue_produce_asking() - a producer's batch that asks for the size before each put, and looks
 * whether it was told the truth. */
uint64_t cb_queue_produce_asking(
    struct cb_worker *w, struct cb_queue_state *st, uint64_t n, unsigned char *item);
/** cb_queue_timed_out() - nothing was done by @until_ns. */
void cb_queue_timed_out(struct cb_worker *w, struct cb_queue_state *st, uint64_t until_ns);
/* What is done for the timed items only, out of line. */
void cb_queue_stamp(struct cb_queue_state *st, unsigned producer, uint64_t number, uint64_t at_ns);
void cb_queue_timed(
    struct cb_worker *w, struct cb_queue_state *st, unsigned producer, uint64_t number);

#define CB_QUEUE_OP "item delivered"
#define CB_QUEUE_LATENCY "put asked or due to got; saturated without load_pct, in_flight"
#define CB_QUEUE_INSIDE                                                                           \
	"make an item and put it, at a producer; get it and look at all of it, at a consumer: "   \
	"counted there. With load_pct a producer spins until the next is due; with stages, each " \
	"between the ends does both, and items are counted at the end of their way"
#define CB_QUEUE_CHECKED                                                                         \
	"of each producer's items as many came out as went in, with the same sum, each intact "  \
	"and, where the queue promises an order, in that order; with load_pct no more than are " \
	"due"

/* Odd, so that it can be undone: their product is 1. */
#define CB_QUEUE_KEY UINT64_C(0x9E3779B97F4A7C15)
#define CB_QUEUE_KEY_UNDONE UINT64_C(0xF1DE83E19937733D)

CB_LAYOUT(queue, CB_SPAN(cb_queue_env, why_len), CB_SPAN(cb_queue_ops, destroy),
    CB_SPAN(cb_queue, spare), CB_SPAN(cb_queue_source, sum), CB_SPAN(cb_queue_worker, attached),
    CB_SPAN(cb_queue_state, asking), (uint32_t)CB_QUEUE_KEY)

/* ---- items ---- */

#define CB_QUEUE_NUMBER_BITS 40
#define CB_QUEUE_NUMBER_MASK ((UINT64_C(1) << CB_QUEUE_NUMBER_BITS) - 1)

/*
 * (nothing : 16, producer : 7, timed : 1, number : 40) * key - hours of items at any rate. The next
 * item's head is this one's and a key more, so neither making it nor comparing it with the only one
 * that can be next takes a multiplication.
 */
static inline uint64_t cb_queue_head(unsigned producer, uint64_t number, bool timed)
{
	return ((uint64_t)producer << 41 | (uint64_t)timed << 40 |
		   (number & CB_QUEUE_NUMBER_MASK)) *
	       CB_QUEUE_KEY;
}

#define CB_QUEUE_TIMED_KEY (CB_QUEUE_KEY << CB_QUEUE_NUMBER_BITS)

static inline unsigned cb_queue_head_producer(uint64_t head)
{
	return (unsigned)(head * CB_QUEUE_KEY_UNDONE >> 41) & 0x7f;
}

static inline uint64_t cb_queue_head_number(uint64_t head)
{
	return head * CB_QUEUE_KEY_UNDONE & CB_QUEUE_NUMBER_MASK;
}

static inline bool cb_queue_head_timed(uint64_t head)
{
	return head * CB_QUEUE_KEY_UNDONE >> 40 & 1;
}

/* Each is compared with the only one that can be next. */
static inline bool cb_queue_alone(const struct cb_queue_state *st)
{
	return st->env.producers == 1 && st->env.consumers == 1 && st->impl->order == CB_ORDER_FIFO;
}

/* cb_queue_weight() - for sums: two wrong items of several producers or consumers must not make up
 * for each other. Of one and one the order says that, and the sum of many is known at once. */
static inline uint64_t cb_queue_weight(uint64_t head, bool alone)
{
	return alone ? head : (head ^ head >> 29) * UINT64_C(0xBF58476D1CE4E5B9);
}

/* Of the items from number @first to before @end of producer 0, none of them timed. */
static inline uint64_t cb_queue_run(uint64_t first, uint64_t end)
{
	const uint64_t n = end - first, ends = first + end - 1;

	return (n % 2 ? n * (ends / 2) : n / 2 * ends) * CB_QUEUE_KEY;
}

/* What follows the head: a word each 8 bytes, no two alike, so that a shift shows as well. Each is
 * the one before and a constant more: making and checking 1 KiB must not take longer than moving
 * it.
 */
#define CB_QUEUE_WORD_STEP UINT64_C(0x94D049BB133111EB)

CB_INLINE void cb_queue_fill(unsigned char *item, size_t bytes, uint64_t head)
{
	uint64_t word = head * CB_QUEUE_WORD_STEP;
	size_t at = sizeof(head);

	memcpy(item, &head, sizeof(head));
	for (; at + sizeof(word) <= bytes; at += sizeof(word)) {
		word += CB_QUEUE_WORD_STEP;
		memcpy(item + at, &word, sizeof(word));
	}
	word += CB_QUEUE_WORD_STEP;
	if (at < bytes)
		memcpy(item + at, &word, bytes - at);
}

CB_INLINE bool cb_queue_intact(const unsigned char *item, size_t bytes, uint64_t head)
{
	uint64_t word = head * CB_QUEUE_WORD_STEP, there, differs = 0;
	size_t at = sizeof(head);

	for (; at + sizeof(word) <= bytes; at += sizeof(word)) {
		word += CB_QUEUE_WORD_STEP;
		memcpy(&there, item + at, sizeof(there));
		differs |= there ^ word;
	}
	word += CB_QUEUE_WORD_STEP;
	return !differs && (at >= bytes || memcmp(item + at, &word, bytes - at) == 0);
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
	if (CB_UNLIKELY(producer >= st->env.producers ||
			head != cb_queue_head(producer, number, cb_queue_head_timed(head)) ||
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
	source->sum += cb_queue_weight(head, cb_queue_alone(st));
	return true;
}

/* ---- the measuring loop ---- */

/* Waiting may never end. */
CB_INLINE bool cb_queue_over(const struct cb_worker *w, const struct cb_queue_state *st)
{
	return cb_stopping(w) || w->error || cb_load(&st->closed);
}

CB_INLINE uint64_t cb_queue_until(struct cb_worker *w, struct cb_queue_state *st)
{
	return CB_LIKELY(!st->wait_ns) ? CB_FOR_EVER : cb_queue_patience(w, st);
}

/* Return: false when the trial is over. */
CB_INLINE bool cb_queue_put(struct cb_worker *w, struct cb_queue_state *st,
    struct cb_queue_worker *own, void *queue, const void *item, size_t bytes,
    const struct cb_queue_ops *ops)
{
	if (!ops->put) {
		while (!ops->try_put(queue, w, item, bytes)) {
			own->full_polls++;
			if (cb_queue_over(w, st))
				return false;
			cb_relax(w);
		}
		return true;
	}
	for (;;) {
		const uint64_t until_ns = cb_queue_until(w, st);

		switch (ops->put(queue, w, item, bytes, until_ns)) {
		case CB_QUEUE_DONE:
			return true;
		case CB_QUEUE_WAITED:
			own->full_polls++;
			return true;
		case CB_QUEUE_TIMED_OUT:
			own->full_polls++;
			cb_queue_timed_out(w, st, until_ns);
			if (cb_queue_over(w, st))
				return false;
			break;
		case CB_QUEUE_CLOSED:
			return false;
		}
	}
}

CB_INLINE bool cb_queue_get(struct cb_worker *w, struct cb_queue_state *st,
    struct cb_queue_worker *own, void *queue, void *item, size_t bytes,
    const struct cb_queue_ops *ops)
{
	if (!ops->get) {
		while (!ops->try_get(queue, w, item, bytes)) {
			own->empty_polls++;
			if (cb_queue_over(w, st))
				return false;
			cb_relax(w);
		}
		return true;
	}
	for (;;) {
		const uint64_t until_ns = cb_queue_until(w, st);

		switch (ops->get(queue, w, item, bytes, until_ns)) {
		case CB_QUEUE_DONE:
			return true;
		case CB_QUEUE_WAITED:
			own->empty_polls++;
			return true;
		case CB_QUEUE_TIMED_OUT:
			own->empty_polls++;
			cb_queue_timed_out(w, st, until_ns);
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
    unsigned char *item, size_t bytes, const struct cb_queue_ops *ops, bool alone)
{
	struct cb_queue_worker *own = &st->worker[w->index];
	void *const queue = st->queue;
	const unsigned self = w->index;
	const uint64_t first = own->put + 1, end = first + n;
	uint64_t number = first, sum = own->put_sum, timed = own->timed;
	uint64_t head = cb_queue_head(self, number, false);

	if (!timed)
		timed = CB_QUEUE_TIMED;
	for (; number != end; number++, head += CB_QUEUE_KEY) {
		if (CB_UNLIKELY(number == timed)) {
			cb_queue_fill(item, bytes, head + CB_QUEUE_TIMED_KEY);
			cb_queue_stamp(st, self, number, cb_now_ns());
			if (!cb_queue_put(w, st, own, queue, item, bytes, ops))
				break;
			/* So far apart that each has a stamp of its own. */
			timed += CB_QUEUE_TIMED + cb_random(w) % (4 * n + 1);
			sum += alone ? CB_QUEUE_TIMED_KEY
				     : cb_queue_weight(head + CB_QUEUE_TIMED_KEY, false);
			continue;
		}
		cb_queue_fill(item, bytes, head);
		if (!cb_queue_put(w, st, own, queue, item, bytes, ops))
			break;
		if (!alone)
			sum += cb_queue_weight(head, false);
	}
	own->put = number - 1;
	own->put_sum = sum + (alone ? cb_queue_run(first, number) : 0);
	own->timed = timed;
	return 0;
}

/* Times of a pace are in 1/256 ns: at 80 million items a second a whole one would be 8 % of a gap.
 */
#define CB_QUEUE_PART_BITS 8
#define CB_QUEUE_GAP_BITS 9

/*
 * The same at a pace: arrivals of a Poisson process, whatever the queue can take. A timed item's
 * latency counts from when it was due, so one that waits behind others shows how long. The clock is
 * looked at only when all that was due by the last look has been put.
 */
CB_INLINE uint64_t cb_queue_produce_paced(struct cb_worker *w, struct cb_queue_state *st,
    uint64_t n, unsigned char *item, size_t bytes, const struct cb_queue_ops *ops, bool alone)
{
	struct cb_queue_worker *own = &st->worker[w->index];
	const unsigned self = w->index;
	const uint64_t *gap = st->gap;
	uint64_t number = own->put + 1, sum = own->put_sum, due = own->due;
	const uint64_t end = number + n;
	uint64_t timed = own->timed ? own->timed : st->timed_every;
	uint64_t head = cb_queue_head(self, number, false), now;

	/* From when all have started: what came to be due before that would stand in line. */
	if (CB_UNLIKELY(!due))
		due = cb_now_ns() << CB_QUEUE_PART_BITS;
	for (now = due; number != end; number++, head += CB_QUEUE_KEY) {
		const uint64_t next = number & st->burst_mask
					  ? due
					  : due + gap[cb_random(w) >> (64 - CB_QUEUE_GAP_BITS)];
		uint64_t whole = head;

		if (next > now && !(now = cb_queue_await(w, st, next)))
			break;
		due = next;
		if (CB_UNLIKELY(number == timed)) {
			whole += CB_QUEUE_TIMED_KEY;
			cb_queue_stamp(st, self, number, due >> CB_QUEUE_PART_BITS);
			timed += st->timed_every + cb_random(w) % st->timed_every;
		}
		cb_queue_fill(item, bytes, whole);
		if (!cb_queue_put(w, st, own, st->queue, item, bytes, ops))
			break;
		sum += cb_queue_weight(whole, alone);
	}
	own->put = number - 1;
	own->put_sum = sum;
	own->due = due;
	own->timed = timed;
	return 0;
}

/* cb_queue_got() - account for any item, and its latency if it is timed. */
CB_INLINE void cb_queue_got(struct cb_worker *w, struct cb_queue_state *st,
    struct cb_queue_worker *own, const unsigned char *item, size_t bytes)
{
	uint64_t head;

	if (cb_queue_take(st, own, item, bytes, &head) && CB_UNLIKELY(cb_queue_head_timed(head)))
		cb_queue_timed(w, st, cb_queue_head_producer(head), cb_queue_head_number(head));
}

CB_INLINE uint64_t cb_queue_consume_any(struct cb_worker *w, struct cb_queue_state *st, uint64_t n,
    unsigned char *item, size_t bytes, const struct cb_queue_ops *ops)
{
	struct cb_queue_worker *own = &st->worker[w->index];
	void *const queue = st->queue;

	for (uint64_t done = 0; done < n; done++) {
		if (!cb_queue_get(w, st, own, queue, item, bytes, ops))
			return done;
		cb_queue_got(w, st, own, item, bytes);
	}
	return n;
}

/* cb_queue_next() - the next @run items of producer 0 have come out, each as it has to be. */
static inline void cb_queue_next(struct cb_queue_source *source, uint64_t run)
{
	source->sum += cb_queue_run(source->last + 1, source->last + 1 + run);
	source->last += run;
	source->count += run;
}

/* Between one producer and one consumer it is known which item comes next: the same check of all of
 * it, by one comparison. */
CB_INLINE uint64_t cb_queue_consume_next(struct cb_worker *w, struct cb_queue_state *st, uint64_t n,
    unsigned char *item, size_t bytes, const struct cb_queue_ops *ops)
{
	struct cb_queue_worker *own = &st->worker[w->index];
	struct cb_queue_source *source = &own->source[0];
	void *const queue = st->queue;
	uint64_t next = cb_queue_head(0, source->last + 1, false), run = 0, done = 0;

	for (; done < n; done++) {
		uint64_t head;

		if (!cb_queue_get(w, st, own, queue, item, bytes, ops))
			break;
		memcpy(&head, item, sizeof(head));
		if (CB_LIKELY(head == next && cb_queue_intact(item, bytes, head))) {
			next += CB_QUEUE_KEY;
			run++;
			continue;
		}
		/* A timed one, or a wrong one. */
		cb_queue_next(source, run);
		run = 0;
		cb_queue_got(w, st, own, item, bytes);
		next = cb_queue_head(0, source->last + 1, false);
	}
	cb_queue_next(source, run);
	return done;
}

CB_INLINE void *cb_queue_of(const struct cb_queue_state *st, unsigned stage)
{
	return (unsigned char *)st->queue + stage * st->queue_stride;
}

enum { CB_QUEUE_PUTS, CB_QUEUE_GETS };

/* Is a producer's next item timed? */
CB_INLINE bool cb_queue_is_timed(struct cb_worker *w, struct cb_queue_state *st,
    struct cb_queue_worker *own, uint64_t number, uint64_t n)
{
	const bool timed = number == own->timed;

	if (CB_LIKELY(!timed && own->timed))
		return false;
	own->timed = number + CB_QUEUE_TIMED + cb_random(w) % (4 * n + 1);
	if (timed)
		cb_queue_stamp(st, w->index, number, cb_now_ns());
	return timed;
}

/*
 * From stage to stage. The first makes items; the others take one, look at all of it, and put into
 * their own queue one that says the same. Where they go round the first takes, too, as soon as all
 * have been made that are to be under way, and makes another for each. Who ends an item's way
 * counts it.
 */
CB_INLINE uint64_t cb_queue_pass(struct cb_worker *w, struct cb_queue_state *st, uint64_t n,
    unsigned char *item, size_t bytes, const struct cb_queue_ops *ops)
{
	struct cb_queue_worker *own = &st->worker[w->index];
	const unsigned self = w->index, ender = st->in_flight ? 0 : st->stages - 1;
	void *const in = cb_queue_of(st, (self ? self : st->stages) - 1);
	void *const out = cb_queue_of(st, self);
	uint64_t done = 0;

	for (uint64_t i = 0; i < n; i++) {
		uint64_t head, number = own->put + 1;
		bool timed = false;

		if (self || (st->in_flight && own->made == st->in_flight)) {
			w->role = CB_QUEUE_GETS;
			if (!cb_queue_get(w, st, own, in, item, bytes, ops))
				break;
			if (!cb_queue_take(st, own, item, bytes, &head))
				continue;
			timed = cb_queue_head_timed(head);
			if (self == ender) {
				done++;
				if (CB_UNLIKELY(timed))
					cb_queue_timed(w, st, 0, cb_queue_head_number(head));
				if (self)
					continue;
			} else {
				number = cb_queue_head_number(head);
			}
		} else {
			own->made++;
		}
		if (!self)
			timed = cb_queue_is_timed(w, st, own, number, n);
		head = cb_queue_head(self, number, timed);
		cb_queue_fill(item, bytes, head);
		w->role = CB_QUEUE_PUTS;
		if (!cb_queue_put(w, st, own, out, item, bytes, ops))
			break;
		own->put++;
		own->put_sum += cb_queue_weight(head, cb_queue_alone(st));
	}
	w->role = self;
	return done;
}

CB_INLINE uint64_t cb_queue_loop(struct cb_worker *w, struct cb_queue_state *st, uint64_t n,
    unsigned char *item, size_t bytes, const struct cb_queue_ops *ops)
{
	if (CB_UNLIKELY(st->stages))
		return cb_queue_pass(w, st, n, item, bytes, ops);
	if (CB_UNLIKELY(st->asking && w->index < st->env.producers))
		return cb_queue_produce_asking(w, st, n, item);
	if (CB_UNLIKELY(st->gap && w->index < st->env.producers))
		return cb_queue_produce_paced(w, st, n, item, bytes, ops, cb_queue_alone(st));
	if (cb_queue_alone(st))
		return w->index ? cb_queue_consume_next(w, st, n, item, bytes, ops)
				: cb_queue_produce(w, st, n, item, bytes, ops, true);
	return w->index < st->env.producers ? cb_queue_produce(w, st, n, item, bytes, ops, false)
					    : cb_queue_consume_any(w, st, n, item, bytes, ops);
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

/* Of the kinds below: a file whose queues are measured otherwise than before has it anew, higher.
 */
#define CB_QUEUE_VERSION 2

/* What becomes of items when a producer or a consumer is killed: every queue that works between
 * processes is a kind of the family "loss" as well. Its workload calls it through cb_queue_ops. */
extern const struct cb_workload cb_queue_loss_work;

#define CB_QUEUE_LOSS_VERSION 1

#define CB_QUEUE_LOSS(x, about, source, from, models, flags, can)                                 \
	static const struct cb_kind cb_loss_##x = {"loss", #x, about, source, flags,              \
	    (from) == CB_SMOKE ? CB_SMOKE : CB_FULL, CB_QUEUE_LOSS_VERSION, CB_CAN(CB_PROCESS),   \
	    "a signal that kills a thread or a coroutine kills all of them", &cb_queue_loss_work, \
	    NULL, &cb_queue_impl_##x, NULL, 0, NULL, NULL, NULL, 0, NULL, 0, can, NULL, NULL,     \
	    NULL, ""};                                                                            \
	CB_REGISTER_IF(((models)&CB_CAN(CB_PROCESS)) && !((flags)&CB_BROKEN), cb_loss_##x)

/* CB_QUEUE_KIND(x) - workload and kind of cb_queue_impl_x with that batch, entered into the table.
 * CB_QUEUE_KIND_IF(x) - the same, of one that cannot be every case: can(), as in struct cb_kind. */
#define CB_QUEUE_KIND(x, about, source, from, models, not_models, without, flags) \
	CB_QUEUE_KIND_IF(x, about, source, from, models, not_models, without, flags, NULL)

#define CB_QUEUE_KIND_IF(x, about, source, from, models, not_models, without, flags, can)         \
	CB_QUEUE_LOSS(x, about, source, from, models, flags, can)                                 \
	static const struct cb_workload cb_queue_work_##x = {CB_QUEUE_OP, CB_QUEUE_LATENCY, 0,    \
	    cb_queue_state_size, cb_queue_setup, cb_queue_enter, cb_queue_batch_##x,              \
	    cb_queue_leave, cb_queue_check, cb_queue_report, cb_queue_teardown, NULL, NULL, 0, 0, \
	    false, true, CB_QUEUE_INSIDE, CB_QUEUE_CHECKED};                                      \
	static const struct cb_kind cb_kind_##x = {"queue", #x, about, source, flags, from,       \
	    CB_QUEUE_VERSION, models, not_models, &cb_queue_work_##x, NULL, &cb_queue_impl_##x,   \
	    NULL, 0, without, NULL, NULL, 0, NULL, 0, can, NULL, NULL, cb_queue_depends, ""};     \
	CB_REGISTER(cb_kind_##x)

#define CB_QUEUE_AS(x, about, source, from, models, most_producers, most_consumers, item_bytes,  \
    type, bytes_, init_, try_put_, try_get_, size_fn_, spare_)                                   \
	static size_t cb_queue_bytes_##x(const struct cb_queue_env *env)                         \
	{                                                                                        \
		(void)env;                                                                       \
		return bytes_;                                                                   \
	}                                                                                        \
	static int cb_queue_init_##x(void *queue_, const struct cb_queue_env *env)               \
	{                                                                                        \
		type *queue = (type *)queue_;                                                    \
                                                                                                 \
		(void)queue;                                                                     \
		(void)env;                                                                       \
		return init_;                                                                    \
	}                                                                                        \
	CB_INLINE bool cb_queue_try_put_##x(                                                     \
	    void *queue_, struct cb_worker *w, const void *item, size_t bytes)                   \
	{                                                                                        \
		type *queue = (type *)queue_;                                                    \
                                                                                                 \
		(void)w;                                                                         \
		(void)bytes;                                                                     \
		return try_put_;                                                                 \
	}                                                                                        \
	CB_INLINE bool cb_queue_try_get_##x(                                                     \
	    void *queue_, struct cb_worker *w, void *item, size_t bytes)                         \
	{                                                                                        \
		type *queue = (type *)queue_;                                                    \
                                                                                                 \
		(void)w;                                                                         \
		(void)bytes;                                                                     \
		return try_get_;                                                                 \
	}                                                                                        \
	static const struct cb_queue_ops cb_queue_ops_##x = {cb_queue_init_##x, NULL,            \
	    cb_queue_try_put_##x, cb_queue_try_get_##x, NULL, NULL, NULL, NULL, NULL, NULL};     \
	CB_QUEUE_BATCH(x)                                                                        \
	static const struct cb_queue cb_queue_impl_##x = {&cb_queue_ops_##x, cb_queue_bytes_##x, \
	    NULL, most_producers, most_consumers, item_bytes, 0, CB_ORDER_FIFO, false, false,    \
	    false, size_fn_, spare_};                                                            \
	CB_QUEUE_KIND(x, about, source, from, models,                                            \
	    (models) == CB_CAN_ALL ? NULL : CB_NOT_CLAIMED, NULL, 0)

#define CB_QUEUE(x, about, source, from, models, most_producers, most_consumers, item_bytes, type, \
    bytes_, init_, try_put_, try_get_)                                                             \
	CB_QUEUE_AS(x, about, source, from, models, most_producers, most_consumers, item_bytes,    \
	    type, bytes_, init_, try_put_, try_get_, NULL, 0)

/* CB_QUEUE_SIZED() - the same, and an expression more, its size; and how many slots stay empty
 * (cb_queue.size, .spare). */
#define CB_QUEUE_SIZED(x, about, source, from, models, most_producers, most_consumers, item_bytes, \
    type, bytes_, init_, try_put_, try_get_, size_, spare_)                                        \
	static uint64_t cb_queue_size_##x(void *queue_)                                            \
	{                                                                                          \
		type *queue = (type *)queue_;                                                      \
                                                                                                   \
		return size_;                                                                      \
	}                                                                                          \
	CB_QUEUE_AS(x, about, source, from, models, most_producers, most_consumers, item_bytes,    \
	    type, bytes_, init_, try_put_, try_get_, cb_queue_size_##x, spare_)

#ifdef __cplusplus
}
#endif

#endif
