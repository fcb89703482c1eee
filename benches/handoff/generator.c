/*
 * generator.c - one step of a generator: a value is sent in, it adds that to its sum, and hands the
 * sum back; or nothing is sent in, and the next number comes; or it is begun, gives one value and
 * ends, and what it returns is taken. Stackless, as a function that goes on where it left off, and
 * stackful, on a context of its own; and delegated ("yield from"): a stackless one is resumed level
 * by level each time, a stackful one goes straight to the innermost.
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
			return got + g->number;
		case 1:;
		}
	default:
		return 0;
	}
}

static uint64_t leaf_next(struct generator *g)
{
	switch (g->at) {
	case 0:
		g->sum = 0;
		for (;;) {
			g->at = 1;
			return ++g->sum;
		case 1:;
		}
	default:
		return 0;
	}
}

static uint64_t delegate_next(struct generator *g)
{
	uint64_t got;

	switch (g->at) {
	case 0:
		for (;;) {
			got = g->inner->next(g->inner);
			g->at = 1;
			return got + g->number;
		case 1:;
		}
	default:
		return 0;
	}
}

/* It gives what it was begun with, and returns one more. */
static uint64_t leaf_life(struct generator *g)
{
	switch (g->at) {
	case 0:
		g->over = false;
		g->at = 1;
		return g->sum;
	default:
		g->over = true;
		return g->sum + 1;
	}
}

static void begin_life(struct generator *g, uint64_t start)
{
	g->at = 0;
	g->sum = start;
}

/* It begins the inner one, hands on what that gives, and returns what that has returned. */
static uint64_t delegate_life(struct generator *g)
{
	uint64_t got;

	switch (g->at) {
	case 0:
		begin_life(g->inner, g->sum);
		for (;;) {
			got = g->inner->next(g->inner);
			g->over = g->inner->over;
			g->at = 1;
			return got + g->number;
		case 1:;
		}
	default:
		return 0;
	}
}

void generator_stackless_begin(struct generator *level, unsigned depth, enum generator_step step)
{
	const bool lives = step == GENERATOR_RETURN;

	for (unsigned i = 0; i < depth; i++) {
		const bool last = i + 1 == depth;

		level[i] = (struct generator){
		    .send = last ? leaf_send : delegate_send,
		    .next = lives ? (last ? leaf_life : delegate_life)
				  : (last ? leaf_next : delegate_next),
		    .inner = &level[i] + 1,
		    .number = i + 1,
		};
	}
}

static int setup(struct cb_env *env, char *why, size_t why_len)
{
	struct generator_state *st = env->state;

	(void)why;
	(void)why_len;
	st->depth = (unsigned)cb_case_value(env->c, "depth");
	st->step = (enum generator_step)cb_case_value(env->c, "step");
	st->numbers = (uint64_t)st->depth * (st->depth - 1) / 2;
	st->life = (struct generator_life){.depth = st->depth, .step = st->step};
	return 0;
}

static int stackless_setup(struct cb_env *env, char *why, size_t why_len)
{
	struct generator_state *st = env->state;
	const int ret = setup(env, why, why_len);

	generator_stackless_begin(st->level, st->depth, st->step);
	return ret;
}

/* Not constants, or it would be known what comes out; never 0, which would not be missed. */
static inline uint64_t value_of(uint64_t i)
{
	return (i & 7) + 1;
}

/* Of lives: what all values come to, and all that was returned. */
struct sums {
	uint64_t given, returned;
};

/* As both come back, from the outermost. */
static struct sums expected_of_lives(const struct generator_state *st, uint64_t n)
{
	struct sums sums = {n * st->numbers, n * (st->numbers + 1)};

	for (uint64_t i = 0; i < n; i++) {
		sums.given += value_of(i);
		sums.returned += value_of(i);
	}
	return sums;
}

static void note_lives(struct generator_state *st, const struct sums *got, uint64_t n)
{
	const struct sums expected = expected_of_lives(st, n);

	st->wrong += got->given != expected.given;
	st->wrong_returns += got->returned != expected.returned;
	st->steps += n;
}

/* @got: what came back last, after @n steps. */
static void note_steps(struct generator_state *st, uint64_t got, uint64_t expected, uint64_t n)
{
	st->wrong += got != expected + st->numbers;
	st->expected = expected;
	st->steps += n;
}

static void stackless_lives(struct generator_state *st, uint64_t n)
{
	struct generator *const g = &st->level[0];
	struct sums got = {0, 0};

	for (uint64_t i = 0; i < n; i++) {
		uint64_t value;

		begin_life(g, value_of(i));
		for (value = g->next(g); !g->over; value = g->next(g))
			got.given += value;
		got.returned += value;
	}
	note_lives(st, &got, n);
}

static uint64_t stackless_batch(struct cb_worker *w, void *state, uint64_t n)
{
	struct generator_state *st = state;
	uint64_t got = st->expected + st->numbers, expected = st->expected;

	(void)w;
	switch (st->step) {
	case GENERATOR_RETURN:
		stackless_lives(st, n);
		return n;
	case GENERATOR_NEXT:
		for (uint64_t i = 0; i < n; i++)
			got = st->level[0].next(&st->level[0]);
		expected += n;
		break;
	default:
		for (uint64_t i = 0; i < n; i++) {
			got = st->level[0].send(&st->level[0], value_of(i));
			expected += value_of(i);
		}
		break;
	}
	note_steps(st, got, expected, n);
	return n;
}

/* ---- stackful ---- */

struct stackful {
	struct generator_life life;
	uint64_t sum, returned;
};

static struct transfer ON_BARE_STACK give(struct transfer from, struct stackful *own)
{
	switch (own->life.step) {
	case GENERATOR_SEND:
		for (;;) {
			own->sum += (uint64_t)(uintptr_t)from.data;
			from = jump_fcontext(from.context, (void *)(uintptr_t)own->sum);
		}
	case GENERATOR_NEXT:
		for (;;)
			from = jump_fcontext(from.context, (void *)(uintptr_t)++own->sum);
	default:
		own->returned = own->life.start + 1;
		return jump_fcontext(from.context, (void *)(uintptr_t)(own->life.start + own->sum));
	}
}

/* Each level adds its number on the way in, and again to what it hands on on the way out: that is
 * why there is one, and no loop or tail call that stands for it. */
static __attribute__((noinline)) struct transfer ON_BARE_STACK descend(
    struct transfer from, unsigned number, struct stackful *own)
{
	if (number == own->life.depth)
		return give(from, own);
	own->sum += number;
	from = descend(from, number + 1, own);
	own->returned += number;
	return from;
}

static void ON_BARE_STACK other(struct transfer from)
{
	struct generator_life *life = from.data;
	struct stackful own = {.life = *life};

	/* A life gives its first value at once; the others wait to be asked. */
	if (own.life.step != GENERATOR_RETURN)
		from = jump_fcontext(from.context, NULL);
	from = descend(from, 1, &own);
	life->over = true;
	(void)jump_fcontext(from.context, (void *)(uintptr_t)own.returned);
	__builtin_trap(); /* there is nowhere to return to */
}

void *ON_BARE_STACK generator_stackful_begin(
    unsigned char *stack, unsigned depth, enum generator_step step)
{
	struct generator_life life = {.depth = depth, .step = step};
	void *context = make_fcontext(stack + CONTEXT_STACK_BYTES, CONTEXT_STACK_BYTES, other);

	return jump_fcontext(context, &life).context;
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
	if (st->step != GENERATOR_RETURN)
		st->context.context = generator_stackful_begin(stack, st->life.depth, st->step);
}

/* Each on the stack of the one before, which has ended. */
static void ON_BARE_STACK stackful_lives(struct generator_state *st, uint64_t n)
{
	unsigned char *const stack = st->context.stack;
	struct generator_life *const life = &st->life;
	struct sums got = {0, 0};

	for (uint64_t i = 0; i < n; i++) {
		struct transfer back;

		life->start = value_of(i);
		life->over = false;
		back.context =
		    make_fcontext(stack + CONTEXT_STACK_BYTES, CONTEXT_STACK_BYTES, other);
		for (back = jump_fcontext(back.context, life); !life->over;
		     back = jump_fcontext(back.context, NULL))
			got.given += (uintptr_t)back.data;
		got.returned += (uintptr_t)back.data;
	}
	note_lives(st, &got, n);
}

static uint64_t ON_BARE_STACK stackful_batch(struct cb_worker *w, void *state, uint64_t n)
{
	struct generator_state *st = state;
	struct transfer back = {.context = st->context.context,
	    .data = (void *)(uintptr_t)(st->expected + st->numbers)};
	uint64_t expected = st->expected;

	if (!st->context.stack) {
		cb_fail(w, -ENOMEM, "generator: no stack");
		return 0;
	}
	switch (st->step) {
	case GENERATOR_RETURN:
		stackful_lives(st, n);
		return n;
	case GENERATOR_NEXT:
		for (uint64_t i = 0; i < n; i++)
			back = jump_fcontext(back.context, NULL);
		expected += n;
		break;
	default:
		for (uint64_t i = 0; i < n; i++) {
			back = jump_fcontext(back.context, (void *)(uintptr_t)value_of(i));
			expected += value_of(i);
		}
		break;
	}
	st->context.context = back.context;
	note_steps(st, (uintptr_t)back.data, expected, n);
	return n;
}

/* ---- both ---- */

/* context_stack() and context_teardown() know no more of the state than this. */
_Static_assert(offsetof(struct generator_state, context) == 0, "not a context's state");

static int check(const struct cb_env *env, char *why, size_t why_len)
{
	const struct generator_state *st = env->state;

	if (!st->wrong && !st->wrong_returns && st->steps == env->done[0])
		return 0;
	(void)snprintf(why, why_len,
	    "%" PRIu64 " steps made, %" PRIu64 " counted; %" PRIu64
	    " batches with a wrong sum, %" PRIu64 " with a wrong return value",
	    st->steps, env->done[0], st->wrong, st->wrong_returns);
	return -EBADMSG;
}

static const char *const step_words[] = {
    [GENERATOR_SEND] = "send", [GENERATOR_NEXT] = "next", [GENERATOR_RETURN] = "return", NULL};

static const struct cb_param params[] = {
    CB_PARAM("depth", CB_COUNT, "1", 1, GENERATOR_DEPTH_MAX,
	"generators that delegate, the last included"),
    {"step", CB_WORD, "send", 0, GENERATOR_STEPS - 1,
	"send it a value, ask it for the next, or begin it, take one value and what it returns",
	step_words, true},
};

static const struct cb_sweep sweeps[] = {
    {CB_QUICK, "model=thread"},
    {CB_FULL, "model=thread depth=4,16"},
    {CB_FULL, "model=thread depth=1,4,16 step=next,return"},
    {CB_CHECK, "model=thread depth=1,16 step=send,next,return"},
};

#define GENERATOR(x, about_, source_, ...)                                                         \
	static const struct cb_workload x##_work = {.op = "step",                                  \
	    .timed =                                                                               \
		"send a value in, or nothing, and get the sum of all so far: there and back; "     \
		"step:return is all of one that gives one value and ends: begun, on a stack "      \
		"that is there, asked twice, the second time for what it returns, which each "     \
		"level hands on",                                                                  \
	    .checked = "the sum of what came is right after each batch, as is what was returned, " \
		       "with the number of each level that delegates; and all steps are counted",  \
	    .state_bytes = sizeof(struct generator_state),                                         \
	    .check = check,                                                                        \
	    __VA_ARGS__};                                                                          \
	static const struct cb_kind x##_kind = {.family = "handoff",                               \
	    .name = "generator_" #x,                                                               \
	    .about = about_,                                                                       \
	    .source = source_,                                                                     \
	    .from = CB_QUICK,                                                                      \
	    .version = 2,                                                                          \
	    .models = CB_CAN(CB_THREAD),                                                           \
	    .not_models = CONTEXT_NOT_MODELS,                                                      \
	    .work = &x##_work,                                                                     \
	    .params = params,                                                                      \
	    .param_count = sizeof(params) / sizeof(params[0]),                                     \
	    .without = "workers carriers",                                                         \
	    .sweeps = sweeps,                                                                      \
	    .sweep_count = sizeof(sweeps) / sizeof(sweeps[0])};                                    \
	CB_REGISTER(x##_kind)

GENERATOR(stackless,
    "a function that goes on where it left off, as a compiler makes of a generator",
    "Duff's device", .setup = stackless_setup, .batch = stackless_batch)
GENERATOR(stackful, "a generator on a stack of its own, which may yield from any depth",
    "Boost.Context", .setup = setup, .enter = stackful_enter, .batch = stackful_batch,
    .teardown = context_teardown)
