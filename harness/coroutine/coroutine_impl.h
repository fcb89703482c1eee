/*
 * coroutine_impl.h - what coroutine*.c and carrier*.c share: the layout and the inlined switch.
 * Everybody else uses coroutine.h.
 *
 * A coroutine lives at the top of its own stack, just above the first frame, so that a switch
 * touches one page (one TLB entry) and neighbouring cache lines. A scheduler that embeds struct
 * coroutine as its first member (coroutine_create_within()) gets its own fields there too.
 *
 *   slot: [ guard page | stack, grows down ... first frame ][ header ][ colour ] next slot
 */
#ifndef CONCBENCH_COROUTINE_IMPL_H
#define CONCBENCH_COROUTINE_IMPL_H

#include "harness/coroutine/coroutine.h"
#include "harness/coroutine/coroutine_san.h"

#include <stdint.h>

#define COROUTINE_LINE_BYTES ((size_t)64)

/* Boost.Context's C ABI; its headers are C++ only. A context is the saved stack pointer. It becomes
 * invalid when it is jumped to; the jump hands the context left behind to the side where it
 * arrives. */
typedef void *fcontext_t;
struct coroutine_transfer {
	fcontext_t left;
	void *data;
};
extern struct coroutine_transfer jump_fcontext(fcontext_t to, void *data);
extern fcontext_t make_fcontext(void *sp, size_t bytes, void (*fn)(struct coroutine_transfer));

/** coroutine_jump() - jump_fcontext() with calls and returns paired; see coroutine.c. */
struct coroutine_transfer coroutine_jump(fcontext_t to, void *data);

/*
 * One side of a switch. A jump passes the side that it leaves to the side where it arrives, which
 * stores in it the context of the side left. All that it needs for this arrives in registers: the
 * loads of the next switch must not wait for anything on the new stack.
 */
struct coroutine_side {
	void *context;        /* while not running: fcontext_t, or its ucontext_t */
	struct coroutine *to; /* last jumped to; how one that has never run learns who it is */
};

struct coroutine {
	/* One cache line is all that a switch touches of it. */
	struct coroutine_side side;
	void *resumer; /* whom it suspends to: a side, or a ucontext_t */
	cb_task_fn fn;
	void *arg;
	struct coroutine_stacks *stacks;
	uint32_t slot;
	uint8_t backend;
	bool done;
#if COROUTINE_ASAN || COROUTINE_TSAN
	struct coroutine_san san;
#endif
};

#if COROUTINE_ASAN || COROUTINE_TSAN
#define COROUTINE_SAN(c) (&(c)->san)
#else
#define COROUTINE_SAN(c) ((struct coroutine_san *)NULL)
#endif

/** coroutine_stacks_create_guarded() - coroutine_stacks_create(), but without @by_madvise it uses
 * mprotect(2) even if the kernel has MADV_GUARD_INSTALL: for tests of the older way. */
int coroutine_stacks_create_guarded(
    size_t count, size_t stack_bytes, bool by_madvise, struct coroutine_stacks **out);

/** coroutine_stacks_take() - @top: line-aligned end of a stack of at least stack_bytes plus the
 * room for a header; @lo: its lowest address. Return: 0; -EAGAIN none left; -ENOMEM no guard. */
int coroutine_stacks_take(struct coroutine_stacks *s, uint32_t *slot, char **lo, char **top);
/** coroutine_stacks_give() - give a stack back; it is the next to be taken (its pages are warm). */
void coroutine_stacks_give(struct coroutine_stacks *s, uint32_t slot);

/** coroutine_enter() - where a coroutine begins under fcontext: its function, and back to whom it
 * suspends to. */
void coroutine_enter(struct coroutine_transfer t);

/**
 * coroutine_create_within() - coroutine_create() with a header of @header_bytes, whose first member
 * is the struct coroutine; the rest is the caller's, not initialised. At most 256 bytes.
 * @enter: coroutine_enter(), or a scheduler's own that knows whom to go on with; under ucontext
 *         it is not used.
 */
int coroutine_create_within(enum cb_backend backend, struct coroutine_stacks *stacks,
    size_t header_bytes, void (*enter)(struct coroutine_transfer t), cb_task_fn fn, void *arg,
    struct coroutine **out);

/** coroutine_arrived() - after every jump: store the context of the side that was left. */
static inline void coroutine_arrived(struct coroutine_transfer t)
{
	((struct coroutine_side *)t.data)->context = t.left;
}

/** coroutine_entered() - first of all in @enter: who begins here. */
static inline __attribute__((always_inline)) struct coroutine *coroutine_entered(
    struct coroutine_transfer t)
{
	struct coroutine *self = ((const struct coroutine_side *)t.data)->to;

	san_arrived(COROUTINE_SAN(self));
	coroutine_arrived(t);
	return self;
}

/*
 * coroutine_leave(), coroutine_leave_for() - last of all in @enter: back to whom it suspends to, or
 * on to @to as coroutine_switch() does; for good. For speed the compiler should make a jump of the
 * call, and optimised it does: the processor remembers every call until its return, which here
 * never comes, and would take the returns of the side where it arrives for this one's.
 */
static inline __attribute__((always_inline)) void coroutine_leave(struct coroutine *self)
{
	self->done = true;
	san_before_suspend(COROUTINE_SAN(self), true);
	(void)jump_fcontext(((const struct coroutine_side *)self->resumer)->context, &self->side);
}

static inline __attribute__((always_inline)) void coroutine_leave_for(
    struct coroutine *self, struct coroutine *to)
{
	self->done = true;
	to->resumer = self->resumer;
	self->side.to = to;
	san_before_switch(COROUTINE_SAN(self), COROUTINE_SAN(to), true);
	(void)jump_fcontext(to->side.context, &self->side);
}

/** coroutine_switch_inline() - coroutine_switch() without the call: a yield does little else. */
static inline __attribute__((always_inline)) void coroutine_switch_inline(
    struct coroutine *from, struct coroutine *to)
{
	struct coroutine_transfer t;

	if (__builtin_expect(from->backend != CB_FCONTEXT, 0)) {
		coroutine_switch(from, to);
		return;
	}
	to->resumer = from->resumer;
	from->side.to = to;
	san_before_switch(COROUTINE_SAN(from), COROUTINE_SAN(to), false);
	t = coroutine_jump(to->side.context, &from->side);
	san_arrived(COROUTINE_SAN(from));
	coroutine_arrived(t);
}

#endif
