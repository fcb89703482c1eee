/*
 * coroutine_test.c - switching and what survives it, under both back ends.
 */
#include "harness/coroutine/coroutine_impl.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#define LENGTH(a) (sizeof(a) / sizeof((a)[0]))
#define STACK_BYTES COROUTINE_STACK_DEFAULT_BYTES

static const enum cb_backend backends[] = {CB_FCONTEXT, CB_UCONTEXT};

/* TSan keeps a thread's worth of state for each fiber and knows about 8,000 at a time. */
static const size_t many = COROUTINE_TSAN ? 2000 : 10000;

struct actor {
	struct coroutine *self;
	struct actor *peer;
	char *log; /* shared; each step appends */
	char name;
	int steps;
};

static void note(char *log, char what)
{
	size_t n = strlen(log);

	log[n] = what;
	log[n + 1] = '\0';
}

static struct coroutine_stacks *stacks_of(size_t count)
{
	struct coroutine_stacks *s = NULL;

	assert_int_equal(coroutine_stacks_create(count, STACK_BYTES, &s), 0);
	return s;
}

static struct coroutine *create(
    enum cb_backend b, struct coroutine_stacks *s, cb_task_fn fn, void *arg)
{
	struct coroutine *c = NULL;

	assert_int_equal(coroutine_create(b, s, fn, arg, &c), 0);
	return c;
}

static void step_and_suspend(void *arg)
{
	struct actor *a = arg;

	for (int i = 0; i < a->steps; i++) {
		note(a->log, a->name);
		coroutine_suspend(a->self);
	}
}

static void resume_and_suspend_alternate(void **state)
{
	(void)state;
	for (size_t b = 0; b < LENGTH(backends); b++) {
		struct coroutine_stacks *s = stacks_of(2);
		char log[64] = "";
		struct actor a = {.log = log, .name = 'a', .steps = 3};
		struct actor z = {.log = log, .name = 'z', .steps = 2};

		a.self = create(backends[b], s, step_and_suspend, &a);
		z.self = create(backends[b], s, step_and_suspend, &z);
		while (!coroutine_done(a.self)) {
			note(log, '.');
			coroutine_resume(a.self);
			if (!coroutine_done(z.self))
				coroutine_resume(z.self);
		}
		assert_string_equal(log, ".az.az.a.");
		assert_true(coroutine_done(z.self));
		coroutine_destroy(a.self);
		coroutine_destroy(z.self);
		coroutine_stacks_destroy(s);
	}
}

static void step_and_switch(void *arg)
{
	struct actor *a = arg;

	for (int i = 0; i < a->steps; i++) {
		note(a->log, a->name);
		coroutine_switch(a->self, a->peer->self);
	}
	note(a->log, '!');
}

/* a -> b -> c -> a ...: b ends first, and must come back to who resumed a. */
static void switches_inherit_the_resumer(void **state)
{
	(void)state;
	for (size_t b = 0; b < LENGTH(backends); b++) {
		struct coroutine_stacks *s = stacks_of(3);
		char log[64] = "";
		struct actor actors[3];

		for (int i = 0; i < 3; i++)
			actors[i] = (struct actor){.peer = &actors[(i + 1) % 3],
			    .log = log,
			    .name = (char)('a' + i),
			    .steps = i == 0 ? 3 : 2};
		for (int i = 0; i < 3; i++)
			actors[i].self = create(backends[b], s, step_and_switch, &actors[i]);
		coroutine_resume(actors[0].self);
		assert_string_equal(log, "abcabca!");
		assert_true(coroutine_done(actors[1].self));
		assert_false(coroutine_done(actors[0].self));
		coroutine_resume(actors[0].self);
		coroutine_resume(actors[2].self);
		assert_string_equal(log, "abcabca!!!");
		for (int i = 0; i < 3; i++)
			coroutine_destroy(actors[i].self);
		coroutine_stacks_destroy(s);
	}
}

struct nest {
	enum cb_backend backend;
	struct coroutine_stacks *stacks;
	struct coroutine *self;
	unsigned depth;
	unsigned reached;
};

static void go_deeper(void *arg)
{
	struct nest *n = arg;
	struct nest inner = {n->backend, n->stacks, NULL, n->depth - 1, 0};

	if (n->depth > 0) {
		inner.self = create(n->backend, n->stacks, go_deeper, &inner);
		coroutine_resume(inner.self); /* suspends at its start on the way down ... */
		coroutine_suspend(n->self);
		coroutine_resume(inner.self); /* ... and goes on when we do */
		assert_true(coroutine_done(inner.self));
		coroutine_destroy(inner.self);
	} else {
		coroutine_suspend(n->self);
	}
	n->reached = inner.reached + 1;
}

static void coroutines_nest_deeply(void **state)
{
	(void)state;
	for (size_t b = 0; b < LENGTH(backends); b++) {
		struct nest n = {backends[b], stacks_of(301), NULL, 300, 0};

		n.self = create(n.backend, n.stacks, go_deeper, &n);
		coroutine_resume(n.self);
		assert_int_equal(n.reached, 0);
		coroutine_resume(n.self);
		assert_true(coroutine_done(n.self));
		assert_int_equal(n.reached, 301);
		coroutine_destroy(n.self);
		coroutine_stacks_destroy(n.stacks);
	}
}

static void many_coroutines_live_at_once(void **state)
{
	(void)state;
	for (size_t b = 0; b < LENGTH(backends); b++) {
		struct coroutine_stacks *s = stacks_of(many);
		struct actor *a = calloc(many, sizeof(*a));
		char(*logs)[4] = calloc(many, sizeof(*logs));
		struct coroutine *extra;

		assert_non_null(a);
		assert_non_null(logs);
		for (size_t i = 0; i < many; i++) {
			a[i] = (struct actor){.log = logs[i], .name = 'x', .steps = 2};
			a[i].self = create(backends[b], s, step_and_suspend, &a[i]);
		}
		assert_int_equal(
		    coroutine_create(backends[b], s, step_and_suspend, NULL, &extra), -EAGAIN);
		for (int round = 0; round < 3; round++)
			for (size_t i = 0; i < many; i++)
				coroutine_resume(a[i].self);
		for (size_t i = 0; i < many; i++) {
			assert_true(coroutine_done(a[i].self));
			assert_string_equal(logs[i], "xx");
			coroutine_destroy(a[i].self);
		}
		free(logs);
		free(a);
		coroutine_stacks_destroy(s);
	}
}

/* More values live across the switch than there are registers; each coroutine has its own. */
struct mixer {
	struct coroutine *self; /* NULL: without switching, for the expected value */
	uint64_t seed;
	uint64_t result;
};

static void mix(void *arg)
{
	struct mixer *m = arg;
	uint64_t a = m->seed, b = a * 3, c = a ^ 5, d = a + 7, e = a * 11, f = a ^ 13, g = a + 17;
	double x = (double)(m->seed % 1000), y = x / 3;

	for (unsigned i = 0; i < 1000; i++) {
		if (m->self)
			coroutine_suspend(m->self);
		a += b * 5 ^ g;
		b ^= c + i;
		c = c * 7 + d;
		d ^= e >> 3;
		e += f * 9;
		f ^= a + b;
		g = g * 3 + c;
		x = x / 2 + y;
		y = y * 0.75 + (double)(i % 7);
	}
	m->result = a ^ b ^ c ^ d ^ e ^ f ^ g ^ (uint64_t)(x * 1e6) ^ (uint64_t)(y * 1e6);
}

static void registers_survive(void **state)
{
	(void)state;
	for (size_t b = 0; b < LENGTH(backends); b++) {
		struct coroutine_stacks *s = stacks_of(8);
		struct mixer m[8], expected;

		for (uint64_t i = 0; i < LENGTH(m); i++) {
			m[i] = (struct mixer){.seed = i * UINT64_C(0x9e3779b97f4a7c15) + 1};
			m[i].self = create(backends[b], s, mix, &m[i]);
		}
		for (unsigned round = 0; round <= 1000; round++)
			for (size_t i = 0; i < LENGTH(m); i++)
				coroutine_resume(m[i].self);
		for (size_t i = 0; i < LENGTH(m); i++) {
			expected = (struct mixer){.seed = m[i].seed};
			mix(&expected);
			assert_true(coroutine_done(m[i].self));
			assert_int_equal(m[i].result, expected.result);
			/* The comparison tells one seed from another. */
			assert_int_not_equal(m[i].result, m[(i + 1) % LENGTH(m)].result);
			coroutine_destroy(m[i].self);
		}
		coroutine_stacks_destroy(s);
	}
}

#if defined(__x86_64__)
struct rounding {
	struct coroutine *self;
	unsigned mxcsr;
	uint16_t x87;
	bool kept;
};

static void set_float_control(unsigned mxcsr, uint16_t x87)
{
	__asm__ volatile("ldmxcsr %0\n\tfldcw %1" : : "m"(mxcsr), "m"(x87));
}

static bool has_float_control(unsigned mxcsr, uint16_t x87)
{
	unsigned m;
	uint16_t x;

	__asm__ volatile("stmxcsr %0\n\tfnstcw %1" : "=m"(m), "=m"(x));
	/* The low six bits of mxcsr are sticky exceptions: not control, not callee-saved. */
	return (m & ~0x3fu) == mxcsr && x == x87;
}

static void round_my_way(void *arg)
{
	struct rounding *r = arg;

	set_float_control(r->mxcsr, r->x87);
	r->kept = true;
	for (int i = 0; i < 3; i++) {
		coroutine_suspend(r->self);
		r->kept &= has_float_control(r->mxcsr, r->x87);
	}
}
#endif

static void float_control_survives(void **state)
{
	(void)state;
#if defined(__x86_64__)
	for (size_t b = 0; b < LENGTH(backends); b++) {
		struct coroutine_stacks *s = stacks_of(2);
		struct rounding up = {.mxcsr = 0x1f80 | 2u << 13, .x87 = 0x037f | 2u << 10};
		struct rounding zero = {.mxcsr = 0x1f80 | 3u << 13, .x87 = 0x037f | 3u << 10};

		up.self = create(backends[b], s, round_my_way, &up);
		zero.self = create(backends[b], s, round_my_way, &zero);
		for (int i = 0; i < 4; i++) {
			coroutine_resume(up.self);
			assert_true(has_float_control(0x1f80, 0x037f));
			coroutine_resume(zero.self);
			assert_true(has_float_control(0x1f80, 0x037f));
		}
		assert_true(up.kept);
		assert_true(zero.kept);
		/* The check sees a control word that is not the expected one. */
		set_float_control(up.mxcsr, up.x87);
		assert_false(has_float_control(0x1f80, 0x037f));
		assert_false(has_float_control(zero.mxcsr, zero.x87));
		set_float_control(0x1f80, 0x037f);
		coroutine_destroy(up.self);
		coroutine_destroy(zero.self);
		coroutine_stacks_destroy(s);
	}
#else
	print_message("skipped: reads the control words of x86-64\n");
	skip();
#endif
}

static void bad_arguments_are_refused(void **state)
{
	struct coroutine_stacks *s = stacks_of(1);
	struct coroutine *c = NULL;

	(void)state;
	assert_int_equal(coroutine_create((enum cb_backend)7, s, mix, NULL, &c), -EINVAL);
	assert_int_equal(coroutine_create(CB_FCONTEXT, NULL, mix, NULL, &c), -EINVAL);
	assert_int_equal(coroutine_create(CB_FCONTEXT, s, NULL, NULL, &c), -EINVAL);
	assert_null(c);
	coroutine_stacks_destroy(s);
	coroutine_destroy(NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(resume_and_suspend_alternate),
	    cmocka_unit_test(switches_inherit_the_resumer),
	    cmocka_unit_test(coroutines_nest_deeply),
	    cmocka_unit_test(many_coroutines_live_at_once),
	    cmocka_unit_test(registers_survive),
	    cmocka_unit_test(float_control_survives),
	    cmocka_unit_test(bad_arguments_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
