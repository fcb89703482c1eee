/*
 * context.c - switching stacks and nothing else: no scheduler, no worker interface. The
 * floor that a coroutine's yield is measured against.
 *
 * A number travels with every switch; the context sends it back one higher and counts on its own.
 */
#include "benches/handoff/context.h"

#include <errno.h>
#include <fenv.h>
#include <inttypes.h>
#include <stdio.h>
#include <sys/mman.h>
#include <ucontext.h>
#include <unistd.h>

/* One page more, below, that may not be touched: stacks grow down. */
static size_t guard_bytes(void)
{
	const long page = sysconf(_SC_PAGESIZE);

	return page > 0 ? (size_t)page : 65536;
}

void *context_stack(struct cb_worker *w)
{
	const size_t guard = guard_bytes();
	unsigned char *base = mmap(NULL, CONTEXT_STACK_BYTES + guard, PROT_READ | PROT_WRITE,
	    MAP_PRIVATE | MAP_ANONYMOUS | MAP_STACK, -1, 0);

	if (base == MAP_FAILED) {
		cb_fail(w, -errno, "context: stack");
		return NULL;
	}
	if (mprotect(base, guard, PROT_NONE) != 0) {
		cb_fail(w, -errno, "context: guard page");
		(void)munmap(base, CONTEXT_STACK_BYTES + guard);
		return NULL;
	}
	return base + guard;
}

void context_teardown(struct cb_env *env)
{
	struct context_state *st = env->state;
	const size_t guard = guard_bytes();

	if (st->stack)
		(void)munmap((unsigned char *)st->stack - guard, CONTEXT_STACK_BYTES + guard);
	st->stack = NULL;
}

/* ---- fcontext ---- */

static void ON_BARE_STACK fcontext_other(struct transfer from)
{
	/* The first switch brings the state, so every later one has room for a number. */
	struct context_state *st = from.data;

	st->flag_kept = fetestexcept(FE_ALL_EXCEPT) != 0;
	from = jump_fcontext(from.context, NULL);
	for (;;) {
		st->entered++;
		from = jump_fcontext(from.context, (void *)((uintptr_t)from.data + 1));
	}
}

/* The same with one floating-point flag up in here and none in the worker: see above. */
static void ON_BARE_STACK fcontext_other_flags(struct transfer from)
{
	const volatile double one = 1.0;
	volatile double third = 3.0;

	/* By arithmetic, as any job would; glibc's feraiseexcept() raises the x87's, which no
	 * switch saves. */
	third = one / third;
	from = jump_fcontext(from.context, NULL);
	fcontext_other(from);
}

static bool ON_BARE_STACK fcontext_begin(
    struct cb_worker *w, struct context_state *st, void (*other)(struct transfer))
{
	unsigned char *stack;

	if (st->stack)
		return false;
	stack = context_stack(w);
	if (!stack)
		return false;
	st->stack = stack;
	st->context = make_fcontext(stack + CONTEXT_STACK_BYTES, CONTEXT_STACK_BYTES, other);
	st->context = jump_fcontext(st->context, st).context;
	return true;
}

static void ON_BARE_STACK fcontext_enter(struct cb_worker *w, void *state)
{
	struct context_state *st = state;

	(void)fcontext_begin(w, st, fcontext_other);
	if (st->flag_kept || fetestexcept(FE_ALL_EXCEPT))
		cb_fail(w, -EBADMSG, "context: a floating-point flag is raised");
}

static void ON_BARE_STACK fcontext_flags_enter(struct cb_worker *w, void *state)
{
	struct context_state *st = state;

	if (fcontext_begin(w, st, fcontext_other_flags))
		st->context = jump_fcontext(st->context, st).context;
	if (!st->flag_kept || fetestexcept(FE_INEXACT))
		cb_fail(w, -EBADMSG, "context: both sides have the same floating-point flags");
}

static uint64_t ON_BARE_STACK fcontext_batch(struct cb_worker *w, void *state, uint64_t n)
{
	struct context_state *st = state;
	const uint64_t trips = n > 1 ? n / 2 : 1;
	const uint64_t first = st->returned;
	struct transfer back = {.context = st->context, .data = (void *)(uintptr_t)first};

	if (!st->stack) {
		cb_fail(w, -ENOMEM, "context: no stack");
		return 0;
	}
	for (uint64_t trip = 0; trip < trips; trip++)
		back = jump_fcontext(back.context, back.data);
	st->context = back.context;
	st->returned += trips;
	if ((uintptr_t)back.data != first + trips)
		st->lost++;
	return 2 * trips;
}

/* ---- ucontext ---- */

/* Both sides' registers; lies at the far end of the context's own stack mapping. */
struct ucontext_pair {
	ucontext_t worker;
	ucontext_t other;
	struct context_state *st;
	uint64_t data;
	int error;
};

/* makecontext(3) passes ints only: the pair's address comes in two halves. */
static void ON_BARE_STACK ucontext_other(unsigned high, unsigned low)
{
	struct ucontext_pair *pair = (struct ucontext_pair *)((uintptr_t)high << 32 | low);

	for (;;) {
		pair->st->entered++;
		pair->data++;
		if (swapcontext(&pair->other, &pair->worker) != 0)
			pair->error = -errno;
	}
}

static void ON_BARE_STACK ucontext_enter(struct cb_worker *w, void *state)
{
	struct context_state *st = state;
	struct ucontext_pair *pair;
	uint64_t address;

	if (st->stack)
		return;
	pair = context_stack(w);
	if (!pair)
		return;
	if (getcontext(&pair->other) != 0) {
		cb_fail(w, -errno, "context: getcontext");
		return;
	}
	st->stack = st->context = pair;
	pair->st = st;
	pair->other.uc_stack.ss_sp = pair + 1;
	pair->other.uc_stack.ss_size = CONTEXT_STACK_BYTES - sizeof(*pair);
	pair->other.uc_link = NULL;
	address = (uintptr_t)pair;
	/* The cast is the interface's: "(void (*)(void))" of a function with arguments. */
	makecontext(&pair->other, (void (*)(void))ucontext_other, 2, (unsigned)(address >> 32),
	    (unsigned)address);
}

static uint64_t ON_BARE_STACK ucontext_batch(struct cb_worker *w, void *state, uint64_t n)
{
	struct context_state *st = state;
	struct ucontext_pair *pair = st->context;
	const uint64_t trips = n > 1 ? n / 2 : 1;
	const uint64_t first = st->returned;

	if (!pair) {
		cb_fail(w, -ENOMEM, "context: no stack");
		return 0;
	}
	pair->data = first;
	for (uint64_t trip = 0; trip < trips; trip++) {
		if (swapcontext(&pair->worker, &pair->other) != 0) {
			cb_fail(w, -errno, "context: swapcontext");
			return 2 * trip;
		}
	}
	if (pair->error)
		cb_fail(w, pair->error, "context: swapcontext in the context");
	st->returned += trips;
	if (pair->data != first + trips)
		st->lost++;
	return 2 * trips;
}

/* ---- all rows ---- */

int context_check(const struct cb_env *env, char *why, size_t why_len)
{
	const struct context_state *st = env->state;

	if (st->lost == 0 && st->entered == st->returned && 2 * st->entered == env->done[0])
		return 0;
	(void)snprintf(why, why_len,
	    "context entered %" PRIu64 " times, left %" PRIu64 " times, %" PRIu64
	    " switches counted, %" PRIu64 " batches with a wrong number",
	    st->entered, st->returned, env->done[0], st->lost);
	return -EBADMSG;
}

static int flags_can(const struct cb_case *c, char *why, size_t why_len)
{
	(void)c;
#if !defined(__x86_64__) && !defined(__SSE2_MATH__)
	(void)snprintf(why, why_len, "fcontext saves floating-point flags on x86 only");
	return -ENOTSUP;
#else
	(void)why;
	(void)why_len;
	return 0;
#endif
}

CONTEXT_KIND(fcontext, "switching stacks and nothing else, by Boost.Context", "Boost.Context",
    CB_SMOKE, 2, fcontext_enter, fcontext_batch, NULL)
CONTEXT_KIND(fcontext_flags, "the same, with a floating-point flag up on one side only",
    "Intel SDM vol. 1, 10.2.3", CB_QUICK, 1, fcontext_flags_enter, fcontext_batch, flags_can)
CONTEXT_KIND(ucontext, "swapcontext(3): a system call for the signal mask as well", "glibc",
    CB_QUICK, 1, ucontext_enter, ucontext_batch, NULL)
