/*
 * switch_yield.c - everybody yields: the price of one pass through the scheduler, the kernel's or
 * the carrier's.
 *
 * A yield that lets nobody run is cheap and means nothing, so each worker looks who was there
 * last: one store and one load of a word that stays in cache (all workers are on one PU).
 */
#include "benches/handoff/switch_rows.h"

#include "harness/work/bench_case.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>

/*
 * A batch is at least this long, whatever is asked: with a thousand workers one round of yields
 * already takes longer than a batch should, and what is done after a batch (the clock, the window)
 * costs several yields: spread over 64 it still was a tenth of each.
 */
#define BATCH_MIN 256u

static size_t switch_yield_state_size(const struct bench_case *bc)
{
	return sizeof(struct switch_yield_state) + bc->workers * sizeof(struct switch_yield_worker);
}

static int switch_yield_setup(struct bench_env *env, char *why, size_t why_len)
{
	if (env->workers < 2 || (env->model == MODEL_COROUTINE && env->carriers != 1)) {
		(void)snprintf(why, why_len, "yield: at least two workers on one carrier");
		return -EINVAL;
	}
	return 0;
}

static uint64_t switch_yield_batch(struct worker *w, void *state, uint64_t n)
{
	struct switch_yield_state *st = state;
	struct switch_yield_worker *own = &st->worker[w->index];
	const unsigned me = w->index;
	uint64_t alone = 0;

	if (n < BATCH_MIN)
		n = BATCH_MIN;
	if (!own->running) {
		own->running = true;
		atomic_fetch_add_explicit(&st->running, 1, memory_order_relaxed);
	}
	for (uint64_t done = 0; done < n; done++) {
		atomic_store_explicit(&st->last, me, memory_order_relaxed);
		worker_yield(w);
		if (atomic_load_explicit(&st->last, memory_order_relaxed) != me)
			continue;
		alone++;
		/*
		 * On one carrier, first in first out, everybody else who is in the loop has had
		 * its turn. The kernel promises nothing of the sort.
		 */
		if (w->model == MODEL_COROUTINE &&
		    atomic_load_explicit(&st->running, memory_order_relaxed) > 1)
			own->stuck++;
	}
	own->alone += alone;
	own->yields += n;
	return n;
}

static void switch_yield_leave(struct worker *w, void *state)
{
	struct switch_yield_state *st = state;

	st->worker[w->index].running = false;
	atomic_fetch_sub_explicit(&st->running, 1, memory_order_relaxed);
}

static int switch_yield_check(const struct bench_env *env, char *why, size_t why_len)
{
	const struct switch_yield_state *st = env->state;

	for (unsigned i = 0; i < env->workers; i++) {
		const struct switch_yield_worker *own = &st->worker[i];

		if (own->stuck) {
			(void)snprintf(why, why_len,
			    "worker %u: %" PRIu64 " yields ran nobody else", i, own->stuck);
			return -EBADMSG;
		}
		if (own->yields != env->done[i]) {
			(void)snprintf(why, why_len,
			    "worker %u: %" PRIu64 " yields, but %" PRIu64 " were counted", i,
			    own->yields, env->done[i]);
			return -EBADMSG;
		}
	}
	return 0;
}

static void switch_yield_report(const struct bench_env *env, struct metric_set *metrics)
{
	const struct switch_yield_state *st = env->state;
	uint64_t yields = 0, alone = 0;

	for (unsigned i = 0; i < env->workers; i++) {
		yields += st->worker[i].yields;
		alone += st->worker[i].alone;
	}
	if (yields)
		(void)metric_add(
		    metrics, "handed_over_pct", 100.0 * (double)(yields - alone) / (double)yields);
}

const struct workload switch_yield_workload = {
    .op = "yield",
    .state_size = switch_yield_state_size,
    .setup = switch_yield_setup,
    .batch = switch_yield_batch,
    .leave = switch_yield_leave,
    .check = switch_yield_check,
    .report = switch_yield_report,
};
