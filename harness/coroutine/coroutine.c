/*
 * coroutine.c - the two back ends of a switch.
 */
#include "harness/coroutine/coroutine_impl.h"

#include <assert.h>
#include <errno.h>
#include <ucontext.h>

#define HEADER_MAX_BYTES ((size_t)256)

/* Colours (coroutine_stacks.c) leave 4.8 KiB of the spare pages to the header. */
static_assert(sizeof(struct coroutine) <= HEADER_MAX_BYTES, "header too large");
static_assert(HEADER_MAX_BYTES + sizeof(ucontext_t) <= 4928, "header too large");
#if !COROUTINE_ASAN && !COROUTINE_TSAN
static_assert(sizeof(struct coroutine) <= COROUTINE_LINE_BYTES, "a switch touches one line");
#endif

/*
 * jump_fcontext leaves by a jump. Called, it leaves one stale entry on the processor's stack of
 * return addresses, and every return of the frames above (cb_carrier_yield, the worker's operation,
 * ...) is mispredicted; that more than doubled the cost of a yield. So it is entered by a jump as
 * well, with the return address pushed by hand, and a return of our own pairs with the call: right
 * as long as the coroutines give way in the same function, no worse than before otherwise.
 */
#if defined(__x86_64__) && defined(__ELF__)
__asm__(".text\n"
	".p2align 4\n"
	".globl coroutine_jump\n"
	".hidden coroutine_jump\n"
	".type coroutine_jump, @function\n"
	"coroutine_jump:\n"
	"	.cfi_startproc\n"
	"	lea 1f(%rip), %rax\n"
	"	push %rax\n"
	"	.cfi_adjust_cfa_offset 8\n"
	"	jmp jump_fcontext@PLT\n"
	"	.cfi_adjust_cfa_offset -8\n"
	"1:	ret\n"
	"	.cfi_endproc\n"
	".size coroutine_jump, . - coroutine_jump\n");
#else
struct coroutine_transfer coroutine_jump(fcontext_t to, void *data)
{
	return jump_fcontext(to, data);
}
#endif

void coroutine_enter(struct coroutine_transfer t)
{
	struct coroutine *self = coroutine_entered(t);

	self->fn(self->arg);
	coroutine_leave(self);
}

/* makecontext(3) passes ints only: the pointer comes in two halves. */
static void enter_ucontext(unsigned high, unsigned low)
{
	struct coroutine *self = (struct coroutine *)((uintptr_t)high << 32 | low);

	san_arrived(COROUTINE_SAN(self));
	self->fn(self->arg);
	self->done = true;
	san_before_suspend(COROUTINE_SAN(self), true);
	(void)setcontext(self->resumer);
	__builtin_unreachable();
}

static int make_ucontext(struct coroutine *c, ucontext_t *uc, char *lo, size_t bytes)
{
	/* makecontext(3) calls it with the arguments given, whatever its type says. */
	const union {
		void (*with_halves)(unsigned, unsigned);
		void (*plain)(void);
	} entry = {.with_halves = enter_ucontext};
	uintptr_t self = (uintptr_t)c;

	if (getcontext(uc) < 0)
		return -errno;
	uc->uc_stack.ss_sp = lo;
	uc->uc_stack.ss_size = bytes;
	uc->uc_link = NULL;
	makecontext(uc, entry.plain, 2, (unsigned)(self >> 32), (unsigned)self);
	c->side.context = uc;
	return 0;
}

int coroutine_create_within(enum cb_backend backend, struct coroutine_stacks *stacks,
    size_t header_bytes, void (*enter)(struct coroutine_transfer t), cb_task_fn fn, void *arg,
    struct coroutine **out)
{
	struct coroutine *c;
	char *lo, *top, *sp;
	uint32_t slot;
	int rc;

	if ((backend != CB_FCONTEXT && backend != CB_UCONTEXT) || !stacks || !fn ||
	    header_bytes < sizeof(*c) || header_bytes > HEADER_MAX_BYTES)
		return -EINVAL;
	rc = coroutine_stacks_take(stacks, &slot, &lo, &top);
	if (rc < 0)
		return rc;

	if (backend == CB_UCONTEXT) /* top is line-aligned; its FP area wants 16 */
		top = (char *)(((uintptr_t)top - sizeof(ucontext_t)) & ~(uintptr_t)15);
	sp = (char *)(((uintptr_t)top - header_bytes) & ~(COROUTINE_LINE_BYTES - 1));
	c = (struct coroutine *)(void *)sp;
#if COROUTINE_ASAN || COROUTINE_TSAN
	san_create(&c->san, lo, (size_t)(sp - lo));
#endif
	c->resumer = NULL;
	c->side.to = NULL;
	c->fn = fn;
	c->arg = arg;
	c->stacks = stacks;
	c->slot = slot;
	c->backend = (uint8_t)backend;
	c->done = false;

	if (backend == CB_FCONTEXT) {
		c->side.context = make_fcontext(sp, (size_t)(sp - lo), enter);
	} else {
		rc = make_ucontext(c, (ucontext_t *)(void *)top, lo, (size_t)(sp - lo));
		if (rc < 0) {
			coroutine_destroy(c);
			return rc;
		}
	}
	*out = c;
	return 0;
}

int coroutine_create(enum cb_backend backend, struct coroutine_stacks *stacks, cb_task_fn fn,
    void *arg, struct coroutine **out)
{
	return coroutine_create_within(
	    backend, stacks, sizeof(struct coroutine), coroutine_enter, fn, arg, out);
}

void coroutine_resume(struct coroutine *c)
{
	void *fake = NULL;

	assert(!c->done);
	if (c->backend == CB_FCONTEXT) {
		struct coroutine_side here = {.to = c};
		struct coroutine_transfer t;

		c->resumer = &here;
		san_before_resume(COROUTINE_SAN(c), &fake);
		t = coroutine_jump(c->side.context, &here);
		san_returned(fake);
		/* Not always c's side: it may have switched to another, which then suspended. */
		coroutine_arrived(t);
	} else {
		ucontext_t here;

		c->resumer = &here;
		san_before_resume(COROUTINE_SAN(c), &fake);
		(void)swapcontext(&here, c->side.context);
		san_returned(fake);
	}
}

void coroutine_suspend(struct coroutine *self)
{
	struct coroutine_transfer t;

	san_before_suspend(COROUTINE_SAN(self), false);
	if (self->backend == CB_FCONTEXT) {
		t = coroutine_jump(
		    ((const struct coroutine_side *)self->resumer)->context, &self->side);
		san_arrived(COROUTINE_SAN(self));
		coroutine_arrived(t);
	} else {
		(void)swapcontext(self->side.context, self->resumer);
		san_arrived(COROUTINE_SAN(self));
	}
}

void coroutine_switch(struct coroutine *from, struct coroutine *to)
{
	assert(from != to && from->backend == to->backend && !to->done);
	if (from->backend == CB_FCONTEXT) {
		coroutine_switch_inline(from, to);
		return;
	}
	to->resumer = from->resumer;
	san_before_switch(COROUTINE_SAN(from), COROUTINE_SAN(to), false);
	(void)swapcontext(from->side.context, to->side.context);
	san_arrived(COROUTINE_SAN(from));
}

bool coroutine_done(const struct coroutine *c)
{
	return c->done;
}

void coroutine_destroy(struct coroutine *c)
{
	struct coroutine_stacks *stacks;
	uint32_t slot;

	if (!c)
		return;
	stacks = c->stacks;
	slot = c->slot;
#if COROUTINE_ASAN || COROUTINE_TSAN
	san_destroy(&c->san);
#endif
	coroutine_stacks_give(stacks, slot);
}
