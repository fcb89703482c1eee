/*
 * turns.h - hand-offs between two workers that take turns: what they share, and its check.
 *
 * A row is a type and five expressions (HANDOFF() below), in which `st` points to the type, `me` is
 * 0 or 1 and `w` the worker:
 *
 *	init     an int: 0 or -errno, in `why` more than its words; `model` says which
 *	wait     until it is the turn of @me: true; or until closed(w, st): false
 *	pass     the turn to `1 - me`
 *	close    somebody leaves: wake who waits
 *	check    between trials, an int: 0, or -EBADMSG with a line in `why`; the next turn is that
 *	         of `next`. 0 where there is nothing to look at.
 *
 * wait has to have waited in the way that is measured; the turn itself is kept here, beside it, and
 * each hand-off checks that it follows exactly one of the partner's.
 */
#ifndef CONCBENCH_HANDOFF_TURNS_H
#define CONCBENCH_HANDOFF_TURNS_H

#include "benches/handoff/refill.h"

#include <concbench/concbench.h>

#define TURNS_BYTES 1024

struct turns_worker {
	uint64_t passed;      /* hand-offs since the launch began */
	uint64_t out_of_turn; /* of these, those that did not follow one of the partner's */
} CB_ALIGNED;

struct turns {
	/* Hand-offs of both so far. Written by whoever has the turn: even, that is worker 0. */
	uint64_t count CB_ALIGNED;
	/* Somebody has left: do not wait for a turn. */
	uint32_t closed CB_ALIGNED;
	struct turns_worker worker[2];
	unsigned char own[TURNS_BYTES] CB_ALIGNED; /* the row's */
};

static inline struct turns *turns_of(void *own)
{
	return (struct turns *)(void *)((unsigned char *)own - offsetof(struct turns, own));
}

/* It is the turn of @me: for rows that look again after each waking. */
static inline bool my_turn(void *own, unsigned me)
{
	return cb_load_acquire(&turns_of(own)->count) % 2 == me;
}

static inline bool closed(const struct cb_worker *w, void *own)
{
	(void)w;
	return cb_load_acquire(&turns_of(own)->closed) != 0;
}

/* turns_take() - its turn has come: note it. Before the turn is passed. */
CB_INLINE void turns_take(struct turns *t, unsigned me)
{
	const uint64_t count = cb_load(&t->count);

	if (CB_UNLIKELY(count % 2 != me || count / 2 != t->worker[me].passed))
		t->worker[me].out_of_turn++;
	t->worker[me].passed++;
	cb_store_release(&t->count, count + 1);
}

int turns_check(const struct cb_env *env, char *why, size_t why_len);
int turns_can(const struct cb_case *c, char *why, size_t why_len);

void turns_refill_enter(struct cb_worker *w, void *state);
int turns_refill_check(const struct cb_env *env, char *why, size_t why_len);
void turns_refill_report(const struct cb_env *env, struct cb_metrics *metrics);

#define TURNS_TIMED \
	"one passes the turn and waits; the other, who waited, has it: half of a round trip"
#define TURNS_CHECKED \
	"every turn followed exactly one of the partner's, and all of them were counted"

#define TURNS_NOT_MODELS "it waits in the kernel: that stops the carrier, and with it the partner"

/* HANDOFF_WORK() - the row's workload, x_work; teardown: a function, or NULL.
 *
 * x_turns(): @touched, NULL or what each side touches in its turn, before it takes note of that:
 * where both look at the turn itself, noting it passes it on. */
#define HANDOFF_WORK(x, type, init_, wait_, pass_, close_, check_, teardown_)           \
	_Static_assert(sizeof(type) <= TURNS_BYTES, "the row's own part is too large"); \
	static int x##_setup(struct cb_env *env, char *why, size_t why_len)             \
	{                                                                               \
		type *st = (void *)((struct turns *)env->state)->own;                   \
		const enum cb_model model = env->model;                                 \
		int ret;                                                                \
                                                                                        \
		(void)st;                                                               \
		(void)model;                                                            \
		why[0] = '\0';                                                          \
		ret = init_;                                                            \
		if (ret && !why[0])                                                     \
			(void)snprintf(why, why_len, #x ": %s", strerror(-ret));        \
		return ret;                                                             \
	}                                                                               \
	CB_INLINE uint64_t x##_turns(                                                   \
	    struct cb_worker *w, void *state, uint64_t n, struct refill *touched)       \
	{                                                                               \
		struct turns *t = state;                                                \
		type *st = (void *)t->own;                                              \
		const unsigned me = w->index;                                           \
                                                                                        \
		for (uint64_t done = 0; done < n; done++) {                             \
			if (!(wait_) || w->error)                                       \
				return done;                                            \
			if (touched)                                                    \
				refill_turn(w, touched, me, t->worker[me].passed);      \
			turns_take(t, me);                                              \
			pass_;                                                          \
		}                                                                       \
		return n;                                                               \
	}                                                                               \
	static uint64_t x##_batch(struct cb_worker *w, void *state, uint64_t n)         \
	{                                                                               \
		return x##_turns(w, state, n, NULL);                                    \
	}                                                                               \
	static void x##_leave(struct cb_worker *w, void *state)                         \
	{                                                                               \
		struct turns *t = state;                                                \
		type *st = (void *)t->own;                                              \
		const unsigned me = w->index;                                           \
                                                                                        \
		(void)st;                                                               \
		(void)me;                                                               \
		cb_store_release(&t->closed, 1);                                        \
		close_;                                                                 \
	}                                                                               \
	static int x##_check(const struct cb_env *env, char *why, size_t why_len)       \
	{                                                                               \
		struct turns *t = env->state;                                           \
		type *st = (void *)t->own;                                              \
		const unsigned next = t->count % 2;                                     \
		const int ret = turns_check(env, why, why_len);                         \
                                                                                        \
		(void)st;                                                               \
		(void)next;                                                             \
		return ret ? ret : (check_);                                            \
	}                                                                               \
	static const struct cb_workload x##_work = {.op = "hand-off",                   \
	    .timed = TURNS_TIMED,                                                       \
	    .checked = TURNS_CHECKED,                                                   \
	    .state_bytes = sizeof(struct turns),                                        \
	    .setup = x##_setup,                                                         \
	    .batch = x##_batch,                                                         \
	    .leave = x##_leave,                                                         \
	    .check = x##_check,                                                         \
	    .teardown = teardown_};

#define HANDOFF(x, about, source, from, type, init, wait, pass, close, check) \
	HANDOFF_WORK(x, type, init, wait, pass, close, check, NULL)           \
	HANDOFF_KIND(x, about, source, from)

#define HANDOFF_KIND(x, about, source, from) \
	HANDOFF_KIND_AS(x, about, source, from, .can = turns_can)

/* HANDOFF_KIND_AS() - what follows are further initialisers of the kind. */
#define HANDOFF_KIND_AS(x, about_, source_, from_, ...)                 \
	static const struct cb_kind cb_kind_##x = {.family = "handoff", \
	    .name = #x,                                                 \
	    .about = about_,                                            \
	    .source = source_,                                          \
	    .from = from_,                                              \
	    .version = 2,                                               \
	    .models = CB_CAN_OS,                                        \
	    .not_models = TURNS_NOT_MODELS,                             \
	    .work = &x##_work,                                          \
	    __VA_ARGS__};                                               \
	CB_REGISTER(cb_kind_##x)

/* REFILL() - the row once more, in the family of those that touch something in their turn;
 * teardown: as of HANDOFF_WORK(). REFILL_WORK(): of row `of`, by another name. */
#define REFILL_WORK(x, of, pages_, timed_, checked_, teardown_)                          \
	static size_t x##_refill_size(const struct cb_case *c)                           \
	{                                                                                \
		return refill_size(c, sizeof(struct turns));                             \
	}                                                                                \
	static int x##_refill_setup(struct cb_env *env, char *why, size_t why_len)       \
	{                                                                                \
		struct refill *r = REFILL_OF(struct turns, env->state);                  \
                                                                                         \
		refill_setup(r, env->c);                                                 \
		r->pages = pages_;                                                       \
		return of##_setup(env, why, why_len);                                    \
	}                                                                                \
	static uint64_t x##_refill_batch(struct cb_worker *w, void *state, uint64_t n)   \
	{                                                                                \
		return of##_turns(w, state, n, REFILL_OF(struct turns, state));          \
	}                                                                                \
	static int x##_refill_check(const struct cb_env *env, char *why, size_t why_len) \
	{                                                                                \
		const int ret = of##_check(env, why, why_len);                           \
                                                                                         \
		return ret ? ret : turns_refill_check(env, why, why_len);                \
	}                                                                                \
	static const struct cb_workload x##_refill_work = {.op = "hand-off",             \
	    .timed = TURNS_TIMED timed_,                                                 \
	    .checked = TURNS_CHECKED checked_,                                           \
	    .state_size = x##_refill_size,                                               \
	    .setup = x##_refill_setup,                                                   \
	    .enter = turns_refill_enter,                                                 \
	    .batch = x##_refill_batch,                                                   \
	    .leave = of##_leave,                                                         \
	    .check = x##_refill_check,                                                   \
	    .report = turns_refill_report,                                               \
	    .teardown = teardown_};

#define REFILL(x, source_, from_, teardown_)                                                \
	REFILL_WORK(x, x, false, REFILL_TIMED, REFILL_CHECKED, teardown_)                   \
	REFILL_KIND(x, source_, from_, .models = CB_CAN_OS, .not_models = TURNS_NOT_MODELS, \
	    .can = turns_can)

/* REFILL_SHARED_PAGES() - the row `of` once more, where both sides touch the same pages of shared
 * memory: what is left to differ between threads and processes is the address space. */
#define REFILL_SHARED_PAGES(of)                                                               \
	static const struct cb_sweep shared_pages_sweeps[] = {                                \
	    {CB_FULL, "model=thread,process place=same touched_bytes=32KiB,1MiB,4MiB,16MiB"}, \
	    {CB_CHECK, "model=thread,process place=same,scatter touched_bytes=32KiB"}};       \
	REFILL_WORK(shared_pages, of, true, REFILL_PAGES_TIMED, REFILL_PAGES_CHECKED, NULL)   \
	REFILL_KIND_AS(shared_pages,                                                          \
	    "as handoff/" #of ", with a word touched in each page of one buffer",             \
	    "Intel SDM vol. 3, 4.10: PCIDs", CB_FULL, .models = CB_CAN_OS,                    \
	    .not_models = TURNS_NOT_MODELS, .can = turns_can, .axis = "touched_bytes",        \
	    .sweeps = shared_pages_sweeps,                                                    \
	    .sweep_count = sizeof(shared_pages_sweeps) / sizeof(shared_pages_sweeps[0]))

#endif
