/*
 * own_switch.c - the least that a switch of stacks can be: the registers that a function has to
 * keep for its caller, the stack pointer, and a jump. No floating-point control words, which
 * fcontext saves as well: who changes them in a coroutine changes them for all.
 */
#include "benches/handoff/context.h"
#include "benches/handoff/refill.h"

#include <errno.h>
#include <stdio.h>

/*
 * own_switch() - store where this side stands in @save, go on where @to stands, with @data as what
 * own_switch() returns there (or as the first argument, if it has not begun).
 *
 * x86-64: System V ABI, 3.2.1. AArch64: AAPCS64, 6.1.1 and 6.1.2.
 */
uint64_t own_switch(void **save, void *to, uint64_t data);

#if defined(__x86_64__)

#define OWN_SWITCH true
/* Below the top: registers, where to begin, and the return address that nobody uses. */
#define OWN_FRAME_WORDS 8
#define OWN_BEGIN_WORD 6

__asm__(".pushsection .text\n"
	".p2align 6\n"
	".globl own_switch\n"
	".hidden own_switch\n"
	".type own_switch, @function\n"
	"own_switch:\n"
	"	pushq %rbp\n"
	"	pushq %rbx\n"
	"	pushq %r12\n"
	"	pushq %r13\n"
	"	pushq %r14\n"
	"	pushq %r15\n"
	"	movq %rsp, (%rdi)\n"
	"	movq %rsi, %rsp\n"
	"	popq %r15\n"
	"	popq %r14\n"
	"	popq %r13\n"
	"	popq %r12\n"
	"	popq %rbx\n"
	"	popq %rbp\n"
	"	movq %rdx, %rax\n"
	"	movq %rdx, %rdi\n"
	"	popq %rcx\n"
	"	jmpq *%rcx\n" /* a ret would be foretold to go where this side was called */
	".size own_switch, . - own_switch\n"
	".popsection\n");

#elif defined(__aarch64__)

#define OWN_SWITCH true
#define OWN_FRAME_WORDS 22
#define OWN_BEGIN_WORD 19 /* x30 */

__asm__(".pushsection .text\n"
	".p2align 6\n"
	".globl own_switch\n"
	".hidden own_switch\n"
	".type own_switch, %function\n"
	"own_switch:\n"
	"	sub sp, sp, #176\n"
	"	stp d8, d9, [sp, #0]\n"
	"	stp d10, d11, [sp, #16]\n"
	"	stp d12, d13, [sp, #32]\n"
	"	stp d14, d15, [sp, #48]\n"
	"	stp x19, x20, [sp, #64]\n"
	"	stp x21, x22, [sp, #80]\n"
	"	stp x23, x24, [sp, #96]\n"
	"	stp x25, x26, [sp, #112]\n"
	"	stp x27, x28, [sp, #128]\n"
	"	stp x29, x30, [sp, #144]\n"
	"	mov x9, sp\n"
	"	str x9, [x0]\n"
	"	mov sp, x1\n"
	"	ldp d8, d9, [sp, #0]\n"
	"	ldp d10, d11, [sp, #16]\n"
	"	ldp d12, d13, [sp, #32]\n"
	"	ldp d14, d15, [sp, #48]\n"
	"	ldp x19, x20, [sp, #64]\n"
	"	ldp x21, x22, [sp, #80]\n"
	"	ldp x23, x24, [sp, #96]\n"
	"	ldp x25, x26, [sp, #112]\n"
	"	ldp x27, x28, [sp, #128]\n"
	"	ldp x29, x30, [sp, #144]\n"
	"	add sp, sp, #176\n"
	"	mov x0, x2\n"
	"	br x30\n"
	".size own_switch, . - own_switch\n"
	".popsection\n");

#else

#define OWN_SWITCH false
#define OWN_FRAME_WORDS 1
#define OWN_BEGIN_WORD 0

uint64_t own_switch(void **save, void *to, uint64_t data)
{
	(void)save;
	(void)to;
	return data;
}

#endif

/* Both sides; lies at the far end of the context's own stack. */
struct sides {
	void *worker;
	void *other;
	struct context_state *st;
	struct cb_worker *who;
};

static inline struct refill *touched(struct context_state *st)
{
	return REFILL_OF(struct context_state, st);
}

static inline __attribute__((always_inline)) void ON_BARE_STACK answer(uint64_t data, bool touch)
{
	struct sides *sides = (struct sides *)(uintptr_t)data;

	/* The first switch brings where they are, every later one a number. */
	data = own_switch(&sides->other, sides->worker, 0);
	for (;;) {
		if (touch)
			refill_turn(sides->who, touched(sides->st), 1, sides->st->entered);
		sides->st->entered++;
		data = own_switch(&sides->other, sides->worker, data + 1);
	}
}

static void ON_BARE_STACK other(uint64_t data)
{
	answer(data, false);
}

static void ON_BARE_STACK other_touching(uint64_t data)
{
	answer(data, true);
}

static void ON_BARE_STACK begin(struct cb_worker *w, void *state, void (*fn)(uint64_t data))
{
	struct context_state *st = state;
	struct sides *sides;
	uint64_t *top;

	if (st->stack)
		return;
	sides = context_stack(w);
	if (!sides)
		return;
	st->stack = st->context = sides;
	sides->st = st;
	sides->who = w;
	/* Zeroes, as fresh memory is, but for where it begins. */
	top = (uint64_t *)(void *)((unsigned char *)sides + CONTEXT_STACK_BYTES);
	top[OWN_BEGIN_WORD - OWN_FRAME_WORDS] = (uint64_t)(uintptr_t)fn;
	sides->other = top - OWN_FRAME_WORDS;
	(void)own_switch(&sides->worker, sides->other, (uint64_t)(uintptr_t)sides);
}

static void ON_BARE_STACK enter(struct cb_worker *w, void *state)
{
	begin(w, state, other);
}

static inline __attribute__((always_inline)) uint64_t ON_BARE_STACK switches(
    struct cb_worker *w, void *state, uint64_t n, bool touch)
{
	struct context_state *st = state;
	struct sides *sides = st->context;
	const uint64_t trips = n > 1 ? n / 2 : 1;
	const uint64_t first = st->returned;
	uint64_t data = first;

	if (!sides) {
		cb_fail(w, -ENOMEM, "context: no stack");
		return 0;
	}
	for (uint64_t trip = 0; trip < trips; trip++) {
		if (touch)
			refill_turn(w, touched(st), 0, first + trip);
		data = own_switch(&sides->worker, sides->other, data);
	}
	st->returned += trips;
	if (data != first + trips)
		st->lost++;
	return 2 * trips;
}

static uint64_t ON_BARE_STACK batch(struct cb_worker *w, void *state, uint64_t n)
{
	return switches(w, state, n, false);
}

static int can(const struct cb_case *c, char *why, size_t why_len)
{
	(void)c;
	if (OWN_SWITCH)
		return 0;
	(void)snprintf(why, why_len, "written for x86-64 and AArch64 only");
	return -ENOTSUP;
}

CONTEXT_KIND(own_switch,
    "switching stacks by twenty instructions: the registers of a call, and a jump",
    "System V ABI; AAPCS64", CB_QUICK, 1, enter, batch, can)

/* ---- with something touched on each side ---- */

static size_t touched_size(const struct cb_case *c)
{
	return refill_size(c, sizeof(struct context_state));
}

static int touched_setup(struct cb_env *env, char *why, size_t why_len)
{
	(void)why;
	(void)why_len;
	refill_setup(touched(env->state), env->c);
	return 0;
}

static void ON_BARE_STACK touched_enter(struct cb_worker *w, void *state)
{
	refill_begin(touched(state), 0);
	refill_begin(touched(state), 1);
	begin(w, state, other_touching);
}

static uint64_t ON_BARE_STACK touched_batch(struct cb_worker *w, void *state, uint64_t n)
{
	return switches(w, state, n, true);
}

static int touched_check(const struct cb_env *env, char *why, size_t why_len)
{
	const struct context_state *st = env->state;
	const uint64_t turns[2] = {st->returned, st->entered};
	const int ret = context_check(env, why, why_len);

	return ret ? ret : refill_check(touched(env->state), env->c, turns, why, why_len);
}

static void touched_report(const struct cb_env *env, struct cb_metrics *metrics)
{
	refill_report(touched(env->state), metrics);
}

static const struct cb_workload own_switch_refill_work = {.op = "switch",
    .timed = CONTEXT_TIMED REFILL_TIMED,
    .checked = CONTEXT_CHECKED REFILL_CHECKED,
    .state_size = touched_size,
    .setup = touched_setup,
    .enter = touched_enter,
    .batch = touched_batch,
    .check = touched_check,
    .report = touched_report,
    .teardown = context_teardown};

static const struct cb_sweep touched_sweeps[] = {
    {CB_FULL, "model=thread touched_bytes=32KiB,256KiB,1MiB"},
    {CB_CHECK, "model=thread touched_bytes=32KiB"}};

REFILL_KIND(own_switch, "System V ABI; AAPCS64", CB_FULL, .models = CB_CAN(CB_THREAD),
    .not_models = CONTEXT_NOT_MODELS, .without = "workers", .sweeps = touched_sweeps,
    .sweep_count = 2, .can = can)
