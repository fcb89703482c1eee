/*
 * call.c - what it costs that a job reaches everything through its worker: the same empty
 * function, called directly and through the worker's table of operations.
 */
#include <concbench/concbench.h>

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>

/* A function that does nothing. */
struct call_state {
	uint64_t calls; /* as the callee counted them */
	uint64_t wrong; /* batches after which callee and caller disagreed */
};

#if defined(__clang__) /* which makes no clones */
#define CALLED __attribute__((noinline))
#else
#define CALLED __attribute__((noinline, noclone))
#endif

/* Does what the worker's own does, so that the way there is the only difference. */
static uint64_t CALLED nothing(struct cb_worker *w)
{
	return ++w->calls;
}

/* Both workloads: @before calls when the batch began, @after as the last call returned them. */
static uint64_t note_calls(
    struct call_state *st, struct cb_worker *w, uint64_t before, uint64_t after, uint64_t n)
{
	if (after != before + n || w->calls != after)
		st->wrong++;
	st->calls += after - before;
	return n;
}

static uint64_t call_direct_batch(struct cb_worker *w, void *state, uint64_t n)
{
	const uint64_t before = w->calls;
	uint64_t after = before;

	for (uint64_t done = 0; done < n; done++)
		after = nothing(w);
	return note_calls(state, w, before, after, n);
}

static uint64_t call_worker_batch(struct cb_worker *w, void *state, uint64_t n)
{
	const uint64_t before = w->calls;
	uint64_t after = before;

	for (uint64_t done = 0; done < n; done++)
		after = cb_nothing(w);
	return note_calls(state, w, before, after, n);
}

static int call_check(const struct cb_env *env, char *why, size_t why_len)
{
	const struct call_state *st = env->state;

	if (st->wrong == 0 && st->calls == env->done[0])
		return 0;
	(void)snprintf(why, why_len,
	    "%" PRIu64 " calls arrived, %" PRIu64 " were counted (%" PRIu64 " batches wrong)",
	    st->calls, env->done[0], st->wrong);
	return -EBADMSG;
}

static const struct cb_sweep sweeps[] = {{CB_SMOKE, "model=thread"}, {CB_CHECK, "model=thread"}};

#define CALL(x, about_)                                                                 \
	static const struct cb_workload x##_work = {.op = "call",                       \
	    .timed = "one call and its return",                                         \
	    .checked = "as many calls arrived as were counted",                         \
	    .state_bytes = sizeof(struct call_state),                                   \
	    .batch = x##_batch,                                                         \
	    .check = call_check};                                                       \
	static const struct cb_kind x = {.family = "handoff",                           \
	    .name = #x,                                                                 \
	    .about = about_,                                                            \
	    .from = CB_SMOKE,                                                           \
	    .version = 1,                                                               \
	    .models = CB_CAN(CB_THREAD),                                                \
	    .not_models = "one worker has it all to itself: the model changes nothing", \
	    .work = &x##_work,                                                          \
	    .without = "workers carriers",                                              \
	    .sweeps = sweeps,                                                           \
	    .sweep_count = sizeof(sweeps) / sizeof(sweeps[0])};                         \
	CB_REGISTER(x)

CALL(call_direct, "an empty function, called directly")
CALL(call_worker, "the same through the worker's table of operations: what that costs a job")
