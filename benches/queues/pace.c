#include "benches/queues/pace.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#define KEY "load_pct"

/* A look at the clock and a line that changes hands, once in so long, do not show. */
#define TIMED_NS 1000.0

static double parts(double ns)
{
	return ns * (1 << CB_QUEUE_PART_BITS);
}

unsigned pace_pct(const struct cb_case *c)
{
	if (c->kind->without && strstr(c->kind->without, KEY))
		return 0;
	return (unsigned)cb_case_value(c, KEY);
}

size_t pace_bytes(const struct cb_case *c)
{
	return pace_pct(c) ? PACE_GAPS * sizeof(uint64_t) : 0;
}

/* Of the exponential distribution of mean 1, what lies beyond @share of it has this sum. */
static double beyond(double share)
{
	const double rest = 1.0 - share;

	return rest > 0.0 ? rest * (1.0 - log(rest)) : 0.0;
}

void pace_gaps(uint64_t *gap, unsigned count, double mean)
{
	for (unsigned i = 0; i < count; i++)
		gap[i] = (uint64_t)llround(
		    mean * count * (beyond((double)i / count) - beyond((double)(i + 1) / count)));
}

int pace_setup(
    struct cb_queue_state *st, const struct cb_env *env, uint64_t *gap, char *why, size_t why_len)
{
	const unsigned pct = pace_pct(env->c);
	double gap_ns;

	if (!pct)
		return 0;
	/* At a guess it would be another load than the one that its name says. */
	if (!(env->given > 0.0)) {
		(void)snprintf(why, why_len, "it was given no peak to pace itself by");
		return -EINVAL;
	}
	st->pace_per_s = env->given * pct / 100.0;
	st->burst_mask = (unsigned)cb_case_value(env->c, "burst") - 1;
	gap_ns = (double)CB_NS_PER_S * st->env.producers / st->pace_per_s;
	pace_gaps(gap, PACE_GAPS, parts(gap_ns * (st->burst_mask + 1)));
	st->gap = gap;
	while (st->timed_every > 1 && st->timed_every / 2 * gap_ns >= TIMED_NS)
		st->timed_every /= 2;
	st->checked_ns = cb_now_ns();
	return 0;
}

void pace_enter(const struct cb_queue_state *st, struct cb_queue_worker *own)
{
	if (st->gap)
		own->due = 0;
}

uint64_t cb_queue_await(struct cb_worker *w, const struct cb_queue_state *st, uint64_t due)
{
	for (;;) {
		const uint64_t now = cb_now_ns() << CB_QUEUE_PART_BITS;

		if (now >= due)
			return now;
		if (cb_queue_over(w, st))
			return 0;
		cb_relax(w);
	}
}

/* Of arrivals that are @due on average, @burst at once, more than that come once in 10^15 times. */
static double most(double due, double burst)
{
	return due + 8.0 * sqrt(due * burst) + 16.0 * burst;
}

int pace_check(struct cb_queue_state *st, char *why, size_t why_len)
{
	const uint64_t now_ns = cb_now_ns(), elapsed_ns = now_ns - st->checked_ns;
	const double due = st->pace_per_s * (double)elapsed_ns / CB_NS_PER_S;
	const double allowed = most(due, st->burst_mask + 1.0);
	uint64_t put = 0;

	if (!st->gap)
		return 0;
	for (unsigned i = 0; i < st->env.producers; i++)
		put += st->worker[i].put;
	if ((double)(put - st->put_before) > allowed) {
		(void)snprintf(why, why_len,
		    "%" PRIu64 " items in %" PRIu64 " us, where the pace allows %.0f",
		    put - st->put_before, elapsed_ns / CB_NS_PER_US, allowed);
		return -EBADMSG;
	}
	st->put_before = put;
	st->checked_ns = now_ns;
	return 0;
}

/* Takes "/KEY:VALUE" out of @name, wherever in it that stands. */
static void take_out(char *name, const char *key)
{
	char *at = strstr(name, key), *rest = at ? strchr(at + 1, '/') : NULL;

	if (rest)
		memmove(at, rest, strlen(rest) + 1);
	else if (at)
		*at = '\0';
}

/* Its name is ours without the pace. */
bool cb_queue_depends(const struct cb_case *c, char *name, size_t len)
{
	if (!pace_pct(c))
		return false;
	(void)snprintf(name, len, "%s", cb_case_name(c));
	take_out(name, "/" KEY ":");
	take_out(name, "/burst:");
	return true;
}
