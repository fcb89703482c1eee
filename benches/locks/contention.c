#include "benches/locks/contention.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* Enough turns that reading the clock is below a per mille, short enough to do it several times. */
#define CALIBRATION_TURNS UINT64_C(200000)
#define CALIBRATION_ROUNDS 20

/* In a cache line of its own, so that it is the same loop wherever the linker puts it. */
__attribute__((noinline, aligned(64))) void contention_spin(uint64_t turns)
{
	for (; turns; turns--)
		__asm__ volatile("" : "+r"(turns));
}

/* Return: turns that take @ns; at least 1 if @ns is. */
static uint64_t turns_of(uint64_t ns)
{
	uint64_t best_ns = UINT64_MAX, turns;

	if (!ns)
		return 0;
	/* The quickest: interrupts, and a PU waking up, only ever add. */
	for (int i = 0; i < CALIBRATION_ROUNDS; i++) {
		const uint64_t start_ns = clock_now_ns();
		uint64_t took_ns;

		contention_spin(CALIBRATION_TURNS);
		took_ns = clock_now_ns() - start_ns;
		if (took_ns < best_ns)
			best_ns = took_ns;
	}
	turns = ns * CALIBRATION_TURNS / (best_ns ? best_ns : 1);
	return turns ? turns : 1;
}

uint64_t contention_clock_ns(void)
{
	return clock_now_ns();
}

void contention_timed(struct worker *w, uint64_t asked_ns, uint64_t held_ns)
{
	worker_record_ns(w, held_ns, held_ns - asked_ns);
}

size_t contention_state_size(const struct bench_case *bc)
{
	return sizeof(struct contention) + bc->workers * sizeof(struct contention_worker);
}

int contention_setup(struct bench_env *env, char *why, size_t why_len)
{
	const struct lock_kind *kind = env->bc->kind;
	struct contention *c = env->state;
	int ret;

	c->hold_turns = turns_of((uint64_t)env->params[CONTENTION_HOLD_NS]);
	c->think_turns = turns_of((uint64_t)env->params[CONTENTION_THINK_NS]);
	ret = kind->init ? kind->init(c, env->model) : 0;
	if (ret)
		(void)snprintf(why, why_len, "%s: making the lock: %s", kind->name, strerror(-ret));
	return ret;
}

static uint64_t sum_done(const struct bench_env *env)
{
	uint64_t done = 0;

	for (unsigned i = 0; i < env->workers; i++)
		done += env->done[i];
	return done;
}

static uint64_t sum_violations(const struct bench_env *env)
{
	const struct contention *c = env->state;
	uint64_t violations = 0;

	for (unsigned i = 0; i < env->workers; i++)
		violations += c->worker[i].violations;
	return violations;
}

int contention_check(const struct bench_env *env, char *why, size_t why_len)
{
	const struct contention *c = env->state;
	const uint64_t count = atomic_load_explicit(&c->data.counter, memory_order_relaxed);
	const uint64_t done = sum_done(env), violations = sum_violations(env);

	if (count == done && violations == 0)
		return 0;
	(void)snprintf(why, why_len,
	    "not exclusive: the protected counter is %" PRIu64 " after %" PRIu64
	    " operations, and workers met inside %" PRIu64 " times",
	    count, done, violations);
	return -EBADMSG;
}

int contention_check_own(const struct bench_env *env, char *why, size_t why_len)
{
	const struct contention *c = env->state;

	for (unsigned i = 0; i < env->workers; i++) {
		const struct contention_worker *own = &c->worker[i];
		const uint64_t count =
		    atomic_load_explicit(&own->data.counter, memory_order_relaxed);

		if (count == env->done[i] && own->violations == 0)
			continue;
		(void)snprintf(why, why_len,
		    "the counter of worker %u alone is %" PRIu64 " after %" PRIu64
		    " operations, and it met others there %" PRIu64 " times",
		    i, count, env->done[i], own->violations);
		return -EBADMSG;
	}
	return 0;
}

static double share(uint64_t part, uint64_t whole)
{
	/* Not a number when there is nothing to share: metric_add() leaves that out. */
	return (double)part / (double)whole;
}

void contention_report(const struct bench_env *env, struct metric_set *metrics)
{
	struct contention *c = env->state;
	struct contention_totals now = {.acquired = sum_done(env)};
	const struct contention_totals *before = &c->reported;

	for (unsigned i = 0; i < env->workers; i++) {
		now.handoffs += c->worker[i].handoffs;
		now.tried += c->worker[i].tried;
		now.found_held += c->worker[i].found_held;
	}
	(void)metric_add(metrics, "handoff_share",
	    share(now.handoffs - before->handoffs, now.acquired - before->acquired));
	(void)metric_add(metrics, "contended_share",
	    share(now.found_held - before->found_held, now.tried - before->tried));
	c->reported = now;
}
