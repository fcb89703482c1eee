/*
 * queue_loop.h - what is timed of a queue: its items, the state of a case, and the loops of
 * producers, consumers and stages around its calls. Included by queue.h, which says what a queue
 * is.
 */
#ifndef CONCBENCH_PUBLIC_QUEUE_LOOP_H
#define CONCBENCH_PUBLIC_QUEUE_LOOP_H

#include <concbench/queue.h>

#ifdef __cplusplus
extern "C" {
#endif

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
	uint64_t timed_calls; /* with a deadline, begun */
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

#ifdef __cplusplus
}
#endif

#endif
