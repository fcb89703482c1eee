#include "benches/queues/transfer.h"

#include "harness/base/clock.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* The low bits of a stamp say of which item it is; 56 bits of nanoseconds are two years. */
#define STAMP_TAG_BITS 8
#define STAMP_TAG_MASK ((UINT64_C(1) << STAMP_TAG_BITS) - 1)

static size_t lines(size_t bytes)
{
	return (bytes + ARENA_ALIGN - 1) / ARENA_ALIGN * ARENA_ALIGN;
}

/* Enough that an item's stamp is not written over while it is in the queue, and a line at least. */
static unsigned stamp_slots(unsigned capacity)
{
	unsigned slots = ARENA_ALIGN / sizeof(uint64_t);

	while (slots < capacity / TRANSFER_TIMED + 2)
		slots *= 2;
	return slots;
}

static size_t workers_bytes(const struct bench_case *bc)
{
	return sizeof(struct transfer) + bc->workers * sizeof(struct transfer_worker);
}

static size_t stamps_bytes(const struct bench_case *bc)
{
	return (size_t)bc->params[TRANSFER_PRODUCERS] *
	       stamp_slots((unsigned)bc->params[TRANSFER_CAPACITY]) * sizeof(uint64_t);
}

size_t transfer_state_size(const struct bench_case *bc)
{
	const struct queue_kind *kind = bc->kind;

	return lines(workers_bytes(bc)) + lines(stamps_bytes(bc)) +
	       kind->bytes((unsigned)bc->params[TRANSFER_CAPACITY]);
}

static bool sensible(const struct bench_env *env)
{
	const int64_t producers = env->params[TRANSFER_PRODUCERS];
	const int64_t consumers = env->params[TRANSFER_CONSUMERS];
	const int64_t capacity = env->params[TRANSFER_CAPACITY];

	return producers >= 1 && producers <= TRANSFER_PRODUCERS_MAX && consumers >= 1 &&
	       producers + consumers == env->workers && capacity >= 2 &&
	       capacity <= TRANSFER_CAPACITY_MAX && (capacity & (capacity - 1)) == 0 &&
	       env->params[TRANSFER_BYTES] == TRANSFER_ITEM_BYTES;
}

int transfer_setup(struct bench_env *env, char *why, size_t why_len)
{
	struct transfer *t = env->state;
	unsigned char *at = env->state;
	int ret;

	t->kind = env->bc->kind;
	if (!sensible(env)) {
		(void)snprintf(
		    why, why_len, "%s: producers, consumers, capacity or bytes", t->kind->name);
		return -EINVAL;
	}
	t->producers = (unsigned)env->params[TRANSFER_PRODUCERS];
	t->consumers = (unsigned)env->params[TRANSFER_CONSUMERS];
	t->capacity = (unsigned)env->params[TRANSFER_CAPACITY];
	t->stamp_slots = stamp_slots(t->capacity);
	at += lines(workers_bytes(env->bc));
	t->stamps = (void *)at;
	at += lines(stamps_bytes(env->bc));
	t->queue = at;
	ret = t->kind->init(t, env->model);
	if (ret)
		(void)snprintf(
		    why, why_len, "%s: making the queue: %s", t->kind->name, strerror(-ret));
	return ret;
}

static _Atomic uint64_t *stamp_of(struct transfer *t, unsigned producer, uint64_t number)
{
	return &t->stamps[producer * t->stamp_slots +
			  (number / TRANSFER_TIMED & (t->stamp_slots - 1))];
}

static uint64_t stamp_tag(const struct transfer *t, uint64_t number)
{
	return number / TRANSFER_TIMED / t->stamp_slots & STAMP_TAG_MASK;
}

void transfer_stamp(struct transfer *t, unsigned producer, uint64_t number)
{
	atomic_store_explicit(stamp_of(t, producer, number),
	    clock_now_ns() << STAMP_TAG_BITS | stamp_tag(t, number), memory_order_relaxed);
}

/*
 * The queue itself orders stamp and item. But a consumer that is preempted between getting an item
 * and coming here may find a later item's stamp, if others went on consuming: the tag tells.
 */
void transfer_timed(struct worker *w, struct transfer *t, unsigned producer, uint64_t number)
{
	const uint64_t now_ns = clock_now_ns();
	const uint64_t stamp =
	    atomic_load_explicit(stamp_of(t, producer, number), memory_order_relaxed);

	if ((stamp & STAMP_TAG_MASK) == stamp_tag(t, number))
		worker_record_ns(w, now_ns, now_ns - (stamp >> STAMP_TAG_BITS));
}

void transfer_leave(struct worker *w, void *state)
{
	struct transfer *t = state;

	atomic_store_explicit(&t->closed, 1, memory_order_relaxed);
	if (t->kind->wake)
		t->kind->wake(w, t);
}

/* ---- accounts ---- */

/* Empty the queue into t->drained. Return: items found there. */
static uint64_t drain(struct transfer *t)
{
	uint64_t item, found = 0;

	/* In the queue are only items after all that any consumer has had. */
	for (unsigned c = 0; c < t->consumers; c++)
		for (unsigned p = 0; p < t->producers; p++)
			if (t->worker[t->producers + c].source[p].last > t->drained.source[p].last)
				t->drained.source[p].last =
				    t->worker[t->producers + c].source[p].last;
	/* Bounded: a broken queue may go on for ever. */
	while (found <= t->capacity && t->kind->drain(t, &item)) {
		(void)transfer_take(t, &t->drained, item);
		found++;
	}
	for (unsigned c = 0; c < t->consumers; c++)
		for (unsigned p = 0; p < t->producers; p++)
			t->worker[t->producers + c].source[p].last = t->drained.source[p].last;
	return found;
}

/* What all consumers and the draining together had of producer @p. */
static struct transfer_source came_out(const struct transfer *t, unsigned p)
{
	struct transfer_source all = t->drained.source[p];

	for (unsigned c = 0; c < t->consumers; c++) {
		all.count += t->worker[t->producers + c].source[p].count;
		all.sum += t->worker[t->producers + c].source[p].sum;
	}
	return all;
}

static int check_items(const struct transfer *t, char *why, size_t why_len)
{
	uint64_t damaged = t->drained.damaged, out_of_order = t->drained.out_of_order;

	for (unsigned c = 0; c < t->consumers; c++) {
		damaged += t->worker[t->producers + c].damaged;
		out_of_order += t->worker[t->producers + c].out_of_order;
	}
	for (unsigned p = 0; p < t->producers; p++) {
		const struct transfer_worker *from = &t->worker[p];
		const struct transfer_source out = came_out(t, p);

		if (from->put == out.count && from->put_sum == out.sum && !damaged && !out_of_order)
			continue;
		(void)snprintf(why, why_len,
		    "producer %u put %" PRIu64 " items, %" PRIu64 " came out with %s sum; of all "
		    "%" PRIu64 " came out of order and %" PRIu64 " damaged",
		    p, from->put, out.count, from->put_sum == out.sum ? "their" : "another",
		    out_of_order, damaged);
		return -EBADMSG;
	}
	return 0;
}

static uint64_t delivered(const struct transfer *t)
{
	uint64_t count = 0;

	for (unsigned c = 0; c < t->consumers; c++)
		for (unsigned p = 0; p < t->producers; p++)
			count += t->worker[t->producers + c].source[p].count;
	return count;
}

int transfer_check(const struct bench_env *env, char *why, size_t why_len)
{
	struct transfer *t = env->state;
	const uint64_t left = drain(t);
	uint64_t done = 0;
	int ret;

	if (left > t->capacity) {
		(void)snprintf(why, why_len, "more items left in the queue than its capacity of %u",
		    t->capacity);
		return -EBADMSG;
	}
	ret = check_items(t, why, why_len);
	if (ret)
		return ret;
	for (unsigned i = 0; i < env->workers; i++)
		done += env->done[i];
	if (done != delivered(t)) {
		(void)snprintf(why, why_len,
		    "%" PRIu64 " items delivered, but %" PRIu64 " operations counted", delivered(t),
		    done);
		return -EBADMSG;
	}
	atomic_store_explicit(&t->closed, 0, memory_order_relaxed);
	return 0;
}

void transfer_report(const struct bench_env *env, struct metric_set *metrics)
{
	struct transfer *t = env->state;
	struct transfer_totals now = {.delivered = delivered(t)};
	const struct transfer_totals *before = &t->reported;
	const double ops = (double)(now.delivered - before->delivered);

	for (unsigned i = 0; i < env->workers; i++) {
		now.empty_polls += t->worker[i].empty_polls;
		now.full_polls += t->worker[i].full_polls;
	}
	/* Without any items these are not numbers, and metric_add() leaves them out. */
	(void)metric_add(
	    metrics, "empty_polls_per_op", (double)(now.empty_polls - before->empty_polls) / ops);
	(void)metric_add(
	    metrics, "full_polls_per_op", (double)(now.full_polls - before->full_polls) / ops);
	t->reported = now;
}
