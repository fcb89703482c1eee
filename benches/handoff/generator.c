/*
 * generator.c - one step of a generator: a value is sent in, it adds that to its sum, and hands the
 * sum back. Stackless, as a function that goes on where it left off, and stackful, on a context of
 * its own; and delegated ("yield from"): a stackless one is resumed level by level each time, a
 * stackful one goes straight to the innermost.
 */
#include "benches/handoff/generator.h"

#include <errno.h>
#include <inttypes.h>
#include <stddef.h>
#include <stdio.h>

/* ---- stackless: Duff's device ---- */

static uint64_t leaf_send(struct generator *g, uint64_t value)
{
	switch (g->at) {
	case 0:
		g->sum = 0;
		for (;;) {
			g->sum += value;
			g->at = 1;
			return g->sum;
		case 1:;
		}
	default:
		return 0;
	}
}

static uint64_t delegate_send(struct generator *g, uint64_t value)
{
	uint64_t got;

	switch (g->at) {
	case 0:
		for (;;) {
			got = g->inner->send(g->inner, value);
			g->at = 1;
			return got;
		case 1:;
		}
	default:
		return 0;
	}
}

static int stackless_setup(struct cb_env *env, char *why, size_t why_len)
{
	struct generator_state *st = env->state;

	(void)why;
	(void)why_len;
	st->depth = (unsigned)cb_case_value(env->c, "depth");
	for (unsigned i = 0; i < st->depth; i++) {
		struct generator *g = &st->level[i];

		g->send = i + 1 < st->depth ? delegate_send : leaf_send;
		g->inner = g + 1;
	}
	return 0;
}

/* Not constants, or it would be known what comes out; never 0, which would not be missed. */
static inline uint64_t value_of(uint64_t i)
{
	return (i & 7) + 1;
}

static uint64_t stackless_batch(struct cb_worker *w, void *state, uint64_t n)
{
	struct generator_state *st = state;
	uint64_t got = st->expected, expected = st->expected;

	(void)w;
	for (uint64_t i = 0; i < n; i++) {
		got = st->level[0].send(&st->level[0], value_of(i));
		expected += value_of(i);
	}
	st->wrong += got != expected;
	st->expected = expected;
	st->sent += n;
	return n;
}

/* ---- stackful ---- */

/* What nobody sends: a generator goes on for as long as its launch. */
#define OVER UINTPTR_MAX

static __attribute__((noinline)) void ON_BARE_STACK descend(
    struct transfer from, unsigned depth, uint64_t *sum)
{
	if (depth > 1) {
		descend(from, depth - 1, sum);
		++*sum; /* it is no tail call: each level has its frame */
		return;
	}
	while ((uintptr_t)from.data != OVER) {
		*sum += (uint64_t)(uintptr_t)from.data;
		from = jump_fcontext(from.context, (void *)(uintptr_t)*sum);
	}
}

static void ON_BARE_STACK other(struct transfer from)
{
	const struct generator_state *st = from.data;
	const unsigned depth = st->depth;
	uint64_t sum = 0;

	from = jump_fcontext(from.context, NULL);
	descend(from, depth, &sum);
	__builtin_trap(); /* there is nowhere to return to */
}

static int stackful_setup(struct cb_env *env, char *why, size_t why_len)
{
	struct generator_state *st = env->state;

	(void)why;
	(void)why_len;
	st->depth = (unsigned)cb_case_value(env->c, "depth");
	return 0;
}

static void ON_BARE_STACK stackful_enter(struct cb_worker *w, void *state)
{
	struct generator_state *st = state;
	unsigned char *stack;

	if (st->context.stack)
		return;
	stack = context_stack(w);
	if (!stack)
		return;
	st->context.stack = stack;
	st->context.context =
	    make_fcontext(stack + CONTEXT_STACK_BYTES, CONTEXT_STACK_BYTES, other);
	st->context.context = jump_fcontext(st->context.context, st).context;
}

static uint64_t ON_BARE_STACK stackful_batch(struct cb_worker *w, void *state, uint64_t n)
{
	struct generator_state *st = state;
	struct transfer back = {
	    .context = st->context.context, .data = (void *)(uintptr_t)st->expected};
	uint64_t expected = st->expected;

	if (!st->context.stack) {
		cb_fail(w, -ENOMEM, "generator: no stack");
		return 0;
	}
	for (uint64_t i = 0; i < n; i++) {
		back = jump_fcontext(back.context, (void *)(uintptr_t)value_of(i));
		expected += value_of(i);
	}
	st->context.context = back.context;
	st->wrong += (uintptr_t)back.data != expected;
	st->expected = expected;
	st->sent += n;
	return n;
}

/* ---- both ---- */

/* context_stack() and context_teardown() know no more of the state than this. */
_Static_assert(offsetof(struct generator_state, context) == 0, "not a context's state");

static int check(const struct cb_env *env, char *why, size_t why_len)
{
	const struct generator_state *st = env->state;

	if (!st->wrong && st->sent == env->done[0])
		return 0;
	(void)snprintf(why, why_len,
	    "%" PRIu64 " values sent, %" PRIu64 " counted; %" PRIu64 " batches with a wrong sum",
	    st->sent, env->done[0], st->wrong);
	return -EBADMSG;
}

static const struct cb_param params[] = {
    CB_PARAM("depth", CB_COUNT, "1", 1, GENERATOR_DEPTH_MAX,
	"generators that delegate, the last included"),
};

static const struct cb_sweep sweeps[] = {
    {CB_QUICK, "model=thread"},
    {CB_FULL, "model=thread depth=4,16"},
    {CB_CHECK, "model=thread depth=1,16"},
};

#define GENERATOR(x, about_, source_, ...)                                                      \
	static const struct cb_workload x##_work = {.op = "value sent",                         \
	    .timed = "send a value in, get the sum of all so far: there and back",              \
	    .checked =                                                                          \
		"the sum of the values is right after each batch, and all of them are counted", \
	    .state_bytes = sizeof(struct generator_state),                                      \
	    .check = check,                                                                     \
	    __VA_ARGS__};                                                                       \
	static const struct cb_kind x##_kind = {.family = "handoff",                            \
	    .name = "generator_" #x,                                                            \
	    .about = about_,                                                                    \
	    .source = source_,                                                                  \
	    .from = CB_QUICK,                                                                   \
	    .version = 1,                                                                       \
	    .models = CB_CAN(CB_THREAD),                                                        \
	    .not_models = CONTEXT_NOT_MODELS,                                                   \
	    .work = &x##_work,                                                                  \
	    .params = params,                                                                   \
	    .param_count = 1,                                                                   \
	    .without = "workers carriers",                                                      \
	    .sweeps = sweeps,                                                                   \
	    .sweep_count = sizeof(sweeps) / sizeof(sweeps[0])};                                 \
	CB_REGISTER(x##_kind)

GENERATOR(stackless,
    "a function that goes on where it left off, as a compiler makes of a generator",
    "Duff's device", .setup = stackless_setup, .batch = stackless_batch)
GENERATOR(stackful, "a generator on a stack of its own, which may yield from any depth",
    "Boost.Context", .setup = stackful_setup, .enter = stackful_enter, .batch = stackful_batch,
    .teardown = context_teardown)
