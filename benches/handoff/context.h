/* context.h - the state of the rows that switch stacks; public for the self-check's own test. */
#ifndef CONCBENCH_HANDOFF_CONTEXT_H
#define CONCBENCH_HANDOFF_CONTEXT_H

#include <concbench/concbench.h>

/*
 * One worker and one bare context, to and fro.
 *
 * fcontext_flags is fcontext with FE_INEXACT raised in the context and not in the worker, as after
 * a division in one of them. Both rows save and load MXCSR (Intel SDM vol. 1, 10.2.3) with every
 * switch; on some processors loading a value that is already there is next to free, and another
 * value costs tens of nanoseconds.
 */
struct context_state {
	uint64_t entered;  /* how often the context ran; it counts itself */
	uint64_t returned; /* how often the worker got back from it */
	uint64_t lost;     /* round trips whose number did not come back one higher */
	void *stack;       /* NULL: not made yet */
	void *context;     /* where it stands; ucontext: the pair of contexts */
	bool flag_kept;    /* a floating-point flag is up in the context, and a switch keeps it */
};

/*
 * A context of our own making: the sanitizers know nothing of it, so they must not look at what
 * runs on its stack. (The coroutines proper do tell them; here that would be most of the time.)
 */
#define ON_BARE_STACK __attribute__((no_sanitize("address", "thread", "undefined")))

/* Boost.Context's C ABI (boost/context/detail/fcontext.hpp). */
struct transfer {
	void *context;
	void *data;
};

extern struct transfer jump_fcontext(void *to, void *data);
extern void *make_fcontext(void *stack_top, size_t size, void (*fn)(struct transfer));

#define CONTEXT_STACK_BYTES ((size_t)64 * 1024)

/** context_stack() - its lowest byte, above a guard page; into st->stack. Return: NULL after
 * cb_fail(). */
void *context_stack(struct cb_worker *w);
int context_check(const struct cb_env *env, char *why, size_t why_len);
/** context_teardown() - all rows are threads of the cell, so it can give back what a worker has
 * mapped. */
void context_teardown(struct cb_env *env);

#define CONTEXT_TIMED "one switch of stacks; half of going there and coming back"
#define CONTEXT_CHECKED \
	"the other context was left as often as it was entered, with the right numbers"
#define CONTEXT_NOT_MODELS "one worker has it all to itself: the model changes nothing"

/* CONTEXT_KIND() - a row of a switch; can: NULL, or what says why this machine cannot. */
#define CONTEXT_KIND(x, about_, source_, from_, version_, enter_, batch_, can_) \
	static const struct cb_workload x##_work = {.op = "switch",             \
	    .timed = CONTEXT_TIMED,                                             \
	    .checked = CONTEXT_CHECKED,                                         \
	    .state_bytes = sizeof(struct context_state),                        \
	    .enter = enter_,                                                    \
	    .batch = batch_,                                                    \
	    .check = context_check,                                             \
	    .teardown = context_teardown};                                      \
	static const struct cb_sweep x##_sweeps[] = {                           \
	    {from_, "model=thread"}, {CB_CHECK, "model=thread"}};               \
	static const struct cb_kind x##_kind = {.family = "handoff",            \
	    .name = #x,                                                         \
	    .about = about_,                                                    \
	    .source = source_,                                                  \
	    .from = from_,                                                      \
	    .version = version_,                                                \
	    .models = CB_CAN(CB_THREAD),                                        \
	    .not_models = CONTEXT_NOT_MODELS,                                   \
	    .work = &x##_work,                                                  \
	    .without = "workers carriers",                                      \
	    .sweeps = x##_sweeps,                                               \
	    .sweep_count = 2,                                                   \
	    .can = can_};                                                       \
	CB_REGISTER(x##_kind)

#endif
