/* accounts.c - between trials: every queue is emptied, every item accounted for, and what the trial
 * has shown is told. */
#include "benches/queues/pace.h"
#include "benches/queues/work.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>

enum totals {
	DELIVERED,
	EMPTY_POLLS,
	FULL_POLLS,
	TIMED_OUT,
	LATE_NS,
	ASKED,
	SAID_FULL,
	STALE,
	TOTALS
};

/* Who get items out. */
static unsigned consumers(const struct cb_queue_state *st)
{
	return st->stages ? st->env.producers : st->env.consumers;
}

static struct cb_queue_worker *consumer(struct cb_queue_state *st, unsigned i)
{
	return &st->worker[st->stages ? (i + 1) % st->stages : st->env.producers + i];
}

static bool drain_one(struct cb_queue_state *st, void *queue)
{
	const struct cb_queue_ops *ops = st->impl->ops;
	unsigned char *item = st->drained.item;

	return ops->drain ? ops->drain(queue, item, st->env.bytes)
			  : ops->try_get(queue, NULL, item, st->env.bytes);
}

/* Empty all queues into st->drained. Return: the most items found in one. */
static uint64_t drain(struct cb_queue_state *st)
{
	const unsigned count = queue_count(st->env.c);
	uint64_t head, most = 0;

	/* In the queue are only items after all that any consumer has had. */
	for (unsigned c = 0; c < consumers(st); c++)
		for (unsigned p = 0; p < st->env.producers; p++)
			if (consumer(st, c)->source[p].last > st->drained.source[p].last)
				st->drained.source[p].last = consumer(st, c)->source[p].last;
	for (unsigned i = 0; i < count; i++) {
		const uint64_t said = st->impl->size ? st->impl->size(cb_queue_of(st, i)) : 0;
		uint64_t found = 0;

		/* Bounded: a broken queue may go on for ever. */
		while (found <= st->env.capacity && drain_one(st, cb_queue_of(st, i))) {
			(void)cb_queue_take(
			    st, &st->drained, st->drained.item, st->env.bytes, &head);
			found++;
		}
		if (st->impl->size && said != found && !st->misjudged)
			st->misjudged = 1 + (said > found ? said - found : found - said);
		most = found > most ? found : most;
	}
	for (unsigned c = 0; c < consumers(st); c++)
		for (unsigned p = 0; p < st->env.producers; p++)
			consumer(st, c)->source[p].last =
			    /* What was on its way to a later stage is not taken up again. */
			    st->stages ? st->worker[0].put : st->drained.source[p].last;
	return most;
}

/* What all consumers and the draining together had of producer @p. */
static struct cb_queue_source came_out(struct cb_queue_state *st, unsigned p)
{
	struct cb_queue_source all = st->drained.source[p];

	for (unsigned c = 0; c < consumers(st); c++) {
		all.count += consumer(st, c)->source[p].count;
		all.sum += consumer(st, c)->source[p].sum;
	}
	return all;
}

static int check_items(struct cb_queue_state *st, char *why, size_t why_len)
{
	uint64_t damaged = st->drained.damaged, out_of_order = st->drained.out_of_order;

	for (unsigned c = 0; c < consumers(st); c++) {
		damaged += consumer(st, c)->damaged;
		out_of_order += consumer(st, c)->out_of_order;
	}
	for (unsigned p = 0; p < st->env.producers; p++) {
		const struct cb_queue_worker *from = &st->worker[p];
		const struct cb_queue_source out = came_out(st, p);

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

static uint64_t delivered(struct cb_queue_state *st)
{
	uint64_t count = 0;

	/* At the end of their way. */
	for (unsigned c = st->stages ? consumers(st) - 1 : 0; c < consumers(st); c++)
		for (unsigned p = 0; p < st->env.producers; p++)
			count += consumer(st, c)->source[p].count;
	return count;
}

int cb_queue_check(const struct cb_env *env, char *why, size_t why_len)
{
	struct cb_queue_state *st = env->state;
	const uint64_t left = drain(st);
	uint64_t done = 0;
	int ret;

	if (left > st->env.capacity) {
		(void)snprintf(why, why_len, "more items left in the queue than its capacity of %u",
		    st->env.capacity);
		return -EBADMSG;
	}
	ret = check_items(st, why, why_len);
	if (ret)
		return ret;
	for (unsigned i = 0; i < env->workers; i++)
		done += env->done[i];
	if (done != delivered(st)) {
		(void)snprintf(why, why_len,
		    "%" PRIu64 " items delivered, but %" PRIu64 " operations counted",
		    delivered(st), done);
		return -EBADMSG;
	}
	for (unsigned i = 0; st->wait_ns && i < env->workers; i++) {
		ret = queue_check_deadlines(st, &st->worker[i],
		    env->workers == 2 ? &st->worker[1 - i] : NULL,
		    i < st->env.producers ? "put" : "get", why, why_len);
		if (ret)
			return ret;
	}
	ret = queue_check_size(st, why, why_len);
	if (!ret)
		ret = pace_check(st, why, why_len);
	if (ret)
		return ret;
	/* All workers are parked: none can be between the two. */
	cb_store(&st->closed, 0);
	for (unsigned i = 0; i < queue_count(env->c) && st->impl->ops->open; i++)
		st->impl->ops->open(cb_queue_of(st, i));
	return 0;
}

void cb_queue_report(const struct cb_env *env, struct cb_metrics *metrics)
{
	struct cb_queue_state *st = env->state;
	uint64_t now[TOTALS] = {delivered(st)};
	double of[TOTALS];

	for (unsigned i = 0; i < env->workers; i++) {
		now[EMPTY_POLLS] += st->worker[i].empty_polls;
		now[FULL_POLLS] += st->worker[i].full_polls;
		now[TIMED_OUT] += st->worker[i].timed_out;
		now[LATE_NS] += st->worker[i].late_ns;
		now[ASKED] += st->worker[i].asked;
		now[SAID_FULL] += st->worker[i].said_full;
		now[STALE] += st->worker[i].stale_full + st->worker[i].stale_room;
	}
	for (unsigned i = 0; i < TOTALS; i++) {
		of[i] = (double)(now[i] - st->reported[i]);
		st->reported[i] = now[i];
	}
	/* Without any items these are not numbers, and are left out. */
	if (!st->impl->waits_unseen || st->checking) {
		(void)cb_metric(metrics, "empty_polls_per_op", of[EMPTY_POLLS] / of[DELIVERED]);
		(void)cb_metric(metrics, "full_polls_per_op", of[FULL_POLLS] / of[DELIVERED]);
	}
	if (st->wait_ns) {
		(void)cb_metric(metrics, "gave_up_per_op", of[TIMED_OUT] / of[DELIVERED]);
		(void)cb_metric(metrics, "gave_up_late_ns", of[LATE_NS] / of[TIMED_OUT]);
	}
	if (st->asking) {
		(void)cb_metric(metrics, "said_full_share", of[SAID_FULL] / of[ASKED]);
		(void)cb_metric(metrics, "stale_share", of[STALE] / of[ASKED]);
	}
	if (st->gap)
		(void)cb_metric(metrics, CB_GIVEN_OPS_PER_S, st->pace_per_s);
}
