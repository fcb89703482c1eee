/*
 * switch_call.c - what it costs that a job reaches everything through its worker: the same empty
 * function, called directly and through the worker's table of operations.
 */
#include "benches/handoff/switch_rows.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>

/* Does what the worker's own does, so that the way there is the only difference. */
static uint64_t __attribute__((noinline, noclone)) nothing(struct worker *w)
{
	return ++w->calls;
}

/* Both workloads: @before calls when the batch began, @after as the last call returned them. */
static uint64_t note_calls(
    struct switch_call_state *st, struct worker *w, uint64_t before, uint64_t after, uint64_t n)
{
	if (after != before + n || w->calls != after)
		st->wrong++;
	st->calls += after - before;
	return n;
}

static uint64_t switch_call_direct_batch(struct worker *w, void *state, uint64_t n)
{
	const uint64_t before = w->calls;
	uint64_t after = before;

	for (uint64_t done = 0; done < n; done++)
		after = nothing(w);
	return note_calls(state, w, before, after, n);
}

static uint64_t switch_call_worker_batch(struct worker *w, void *state, uint64_t n)
{
	const uint64_t before = w->calls;
	uint64_t after = before;

	for (uint64_t done = 0; done < n; done++)
		after = worker_nothing(w);
	return note_calls(state, w, before, after, n);
}

static int switch_call_check(const struct bench_env *env, char *why, size_t why_len)
{
	const struct switch_call_state *st = env->state;

	if (st->wrong == 0 && st->calls == env->done[0])
		return 0;
	(void)snprintf(why, why_len,
	    "%" PRIu64 " calls arrived, %" PRIu64 " were counted (%" PRIu64 " batches wrong)",
	    st->calls, env->done[0], st->wrong);
	return -EBADMSG;
}

const struct workload switch_call_direct_workload = {
    .op = "call",
    .state_bytes = sizeof(struct switch_call_state),
    .batch = switch_call_direct_batch,
    .check = switch_call_check,
};

const struct workload switch_call_worker_workload = {
    .op = "call",
    .state_bytes = sizeof(struct switch_call_state),
    .batch = switch_call_worker_batch,
    .check = switch_call_check,
};
