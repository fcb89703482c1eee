/*
 * coroutine.h - switching between stacks of one OS thread. No scheduler: see carrier.h.
 *
 * Two back ends behind one header, chosen per coroutine at creation:
 *   fcontext  Boost.Context's assembly through its C ABI (make_fcontext, jump_fcontext): saves the
 *             callee-saved registers only. Debian: libboost-context-dev, linked statically.
 *   ucontext  swapcontext(3): also saves the signal mask, one or two system calls a switch.
 *
 * The sanitizers are told about every switch (ASan's and TSan's fiber interface).
 */
#ifndef CONCBENCH_COROUTINE_H
#define CONCBENCH_COROUTINE_H

#include <concbench/runtime.h>

#include <stdbool.h>
#include <stddef.h>

#define COROUTINE_STACK_DEFAULT_BYTES ((size_t)64 * 1024)
#define COROUTINE_STACK_MIN_BYTES ((size_t)16 * 1024)

/* Opaque. Belongs to the OS thread that created it; must be resumed there only. */
struct coroutine;

/* An arena of equal stacks with a guard page below each. Not thread-safe: one per carrier. */
struct coroutine_stacks;

/**
 * coroutine_stacks_create() - reserve @count stacks of @stack_bytes (rounded up to pages).
 *
 * Guard pages by MADV_GUARD_INSTALL (Linux 6.13: no extra mapping, so a million fit), else
 * mprotect(2), which costs a mapping each and so is bounded by vm.max_map_count. No page is touched
 * and no guard set before a stack is first handed out; a stack that comes back is the next to go
 * out. Return: 0; -EINVAL; -ENOMEM.
 */
int coroutine_stacks_create(size_t count, size_t stack_bytes, struct coroutine_stacks **out);
void coroutine_stacks_destroy(struct coroutine_stacks *s);
/** coroutine_stacks_guard_name() - "madvise" or "mprotect". */
const char *coroutine_stacks_guard_name(const struct coroutine_stacks *s);

/**
 * coroutine_create() - make one that will run fn(arg) when first resumed.
 * @stacks: where its stack comes from; must outlive it.
 * Return: 0; -EINVAL; -ENOMEM no memory, or no mapping for a guard; -EAGAIN no stack left.
 */
int coroutine_create(enum cb_backend backend, struct coroutine_stacks *stacks, cb_task_fn fn,
    void *arg, struct coroutine **out);

/** coroutine_resume() - run it until it suspends or returns. Not from inside itself. */
void coroutine_resume(struct coroutine *c);

/** coroutine_suspend() - from inside @self: back to whoever resumed it. */
void coroutine_suspend(struct coroutine *self);

/**
 * coroutine_switch() - from inside @from: suspend it and resume @to directly, one switch instead of
 * two; @to inherits @from's resumer. Both must have been made with the same back end.
 */
void coroutine_switch(struct coroutine *from, struct coroutine *to);

/** coroutine_done() - its function has returned. */
bool coroutine_done(const struct coroutine *c);

/** coroutine_destroy() - give the stack back. The coroutine must be done, or its stack must hold
 * nothing that needs releasing. */
void coroutine_destroy(struct coroutine *c);

#endif
