/*
 * carrier_test.c - scheduling: order, waiting and waking.
 */
#include <concbench/runtime.h>
#include "harness/coroutine/coroutine_san.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <unistd.h>
#include <cmocka.h>

#define LENGTH(a) (sizeof(a) / sizeof((a)[0]))

static const enum cb_backend backends[] = {CB_FCONTEXT, CB_UCONTEXT};

static const unsigned many = COROUTINE_TSAN ? 2000 : 10000;

static struct cb_carrier *carrier_of(enum cb_backend b, unsigned max_tasks)
{
	const struct cb_carrier_config config = {.backend = b, .max_tasks = max_tasks};
	struct cb_carrier *c = NULL;

	assert_int_equal(cb_carrier_create(&config, &c), 0);
	return c;
}

static void spawn(struct cb_carrier *c, cb_task_fn fn, void *arg)
{
	assert_int_equal(cb_carrier_spawn(c, fn, arg, NULL), 0);
}

/* ---- order ---- */

#define TASKS 50u
#define TURNS 40u

struct turns {
	struct cb_carrier *c;
	unsigned log[TASKS * TURNS];
	unsigned count;
};

struct turn_taker {
	struct turns *turns;
	unsigned id;
};

static void take_turns(void *arg)
{
	struct turn_taker *t = arg;

	for (unsigned i = 0; i < TURNS; i++) {
		t->turns->log[t->turns->count++] = t->id;
		cb_carrier_yield(t->turns->c);
	}
}

static bool is_round_robin(const unsigned *log, unsigned count, unsigned tasks)
{
	for (unsigned i = 0; i < count; i++)
		if (log[i] != i % tasks)
			return false;
	return true;
}

static void yields_are_first_in_first_out(void **state)
{
	(void)state;
	for (size_t b = 0; b < LENGTH(backends); b++) {
		struct cb_carrier *c = carrier_of(backends[b], TASKS);
		static struct turns turns;
		struct turn_taker takers[TASKS];

		turns = (struct turns){.c = c};
		for (unsigned i = 0; i < TASKS; i++) {
			takers[i] = (struct turn_taker){&turns, i};
			spawn(c, take_turns, &takers[i]);
		}
		assert_int_equal(cb_carrier_alive(c), TASKS);
		assert_int_equal(cb_carrier_run(c), 0);
		assert_int_equal(cb_carrier_alive(c), 0);
		assert_int_equal(turns.count, TASKS * TURNS);
		assert_true(is_round_robin(turns.log, turns.count, TASKS));
		/* One task overtaking another once must be seen. */
		turns.log[1000]++;
		turns.log[1001]--;
		assert_false(is_round_robin(turns.log, turns.count, TASKS));
		cb_carrier_destroy(c);
	}
}

struct lone {
	struct cb_carrier *c;
	unsigned turns;
	struct cb_task *seen;
};

static void note_here(void *arg)
{
	struct cb_carrier **here = arg;

	here[0] = cb_carrier_here();
	cb_carrier_yield(cb_carrier_here());
	here[1] = cb_carrier_here();
}

static void a_task_finds_its_carrier(void **state)
{
	(void)state;
	for (size_t b = 0; b < LENGTH(backends); b++) {
		struct cb_carrier *c[2] = {carrier_of(backends[b], 2), carrier_of(backends[b], 2)};

		assert_null(cb_carrier_here());
		for (unsigned i = 0; i < 2; i++) {
			struct cb_carrier *here[2][2] = {{NULL}};

			spawn(c[i], note_here, here[0]);
			spawn(c[i], note_here, here[1]);
			assert_int_equal(cb_carrier_run(c[i]), 0);
			assert_null(cb_carrier_here());
			for (unsigned k = 0; k < 4; k++)
				assert_ptr_equal(here[k / 2][k % 2], c[i]);
		}
		cb_carrier_destroy(c[0]);
		cb_carrier_destroy(c[1]);
	}
}

static void yield_alone(void *arg)
{
	struct lone *l = arg;

	l->seen = cb_carrier_current(l->c);
	for (unsigned i = 0; i < 10000; i++) {
		cb_carrier_yield(l->c);
		l->turns++;
	}
}

static void yielding_alone_returns_at_once(void **state)
{
	(void)state;
	for (size_t b = 0; b < LENGTH(backends); b++) {
		struct lone l = {.c = carrier_of(backends[b], 1)};
		struct cb_task *t = NULL;

		assert_int_equal(cb_carrier_spawn(l.c, yield_alone, &l, &t), 0);
		assert_null(cb_carrier_current(l.c));
		assert_int_equal(cb_carrier_run(l.c), 0);
		assert_int_equal(l.turns, 10000);
		assert_ptr_equal(l.seen, t);
		assert_null(cb_carrier_current(l.c));
		cb_carrier_destroy(l.c);
	}
}

struct parent {
	struct cb_carrier *c;
	unsigned children; /* still to spawn */
	unsigned ran;
	int refused;
};

static void child(void *arg)
{
	struct parent *p = arg;

	cb_carrier_yield(p->c);
	p->ran++;
}

static void spawn_children(void *arg)
{
	struct parent *p = arg;

	while (p->children) {
		int rc = cb_carrier_spawn(p->c, child, p, NULL);

		if (rc == 0) {
			p->children--;
			continue;
		}
		p->refused = rc;
		cb_carrier_yield(p->c); /* until one has returned and its stack is free */
	}
}

static void stacks_of_returned_tasks_are_used_again(void **state)
{
	(void)state;
	for (size_t b = 0; b < LENGTH(backends); b++) {
		struct parent p = {.c = carrier_of(backends[b], 8), .children = 1000};

		spawn(p.c, spawn_children, &p);
		assert_int_equal(cb_carrier_run(p.c), 0);
		assert_int_equal(p.ran, 1000);
		assert_int_equal(p.refused, -EAGAIN);
		cb_carrier_destroy(p.c);
	}
}

static void many_tasks_run(void **state)
{
	(void)state;
	for (size_t b = 0; b < LENGTH(backends); b++) {
		struct parent p = {.c = carrier_of(backends[b], many)};

		for (unsigned i = 0; i < many; i++)
			spawn(p.c, child, &p);
		assert_int_equal(cb_carrier_run(p.c), 0);
		assert_int_equal(p.ran, many);
		cb_carrier_destroy(p.c);
	}
}

/* ---- waiting and waking ---- */

struct queue_test {
	struct cb_carrier *c;
	struct cb_waitq q;
	unsigned order[8];
	unsigned woken;
};

struct parker {
	struct queue_test *t;
	unsigned id;
};

static void park_once(void *arg)
{
	struct parker *p = arg;

	cb_carrier_park(p->t->c, &p->t->q);
	p->t->order[p->t->woken++] = p->id;
}

static void parked_tasks_wake_in_order(void **state)
{
	(void)state;
	for (size_t b = 0; b < LENGTH(backends); b++) {
		struct queue_test t = {.c = carrier_of(backends[b], 8)};
		struct parker p[8];

		assert_false(cb_carrier_wake_one(t.c, &t.q));
		assert_int_equal(cb_carrier_wake_all(t.c, &t.q), 0);
		for (unsigned i = 0; i < 8; i++) {
			p[i] = (struct parker){&t, i};
			spawn(t.c, park_once, &p[i]);
		}
		assert_int_equal(cb_carrier_run(t.c), 8);
		assert_int_equal(t.woken, 0);
		/* From the thread's own stack, between two runs. */
		assert_true(cb_carrier_wake_one(t.c, &t.q));
		assert_true(cb_carrier_wake_one(t.c, &t.q));
		assert_int_equal(t.woken, 0);
		assert_int_equal(cb_carrier_run(t.c), 6);
		assert_int_equal(t.woken, 2);
		assert_int_equal(cb_carrier_wake_all(t.c, &t.q), 6);
		assert_int_equal(cb_carrier_run(t.c), 0);
		assert_true(is_round_robin(t.order, 8, 8));
		cb_carrier_destroy(t.c);
	}
}

static void parked_tasks_are_dropped_with_their_carrier(void **state)
{
	struct queue_test t = {.c = carrier_of(CB_FCONTEXT, 8)};
	struct parker p = {&t, 0};

	(void)state;
	spawn(t.c, park_once, &p);
	assert_int_equal(cb_carrier_run(t.c), 1);
	cb_carrier_destroy(t.c);
	assert_int_equal(t.woken, 0);
}

#define SIDES 4u
#define ITEMS_EACH 5000u

struct item {
	unsigned producer;
	unsigned number;
};

/* A bounded buffer on two waitqs, as a condition variable would be built. */
struct buffer {
	struct cb_carrier *c;
	struct cb_waitq not_empty, not_full;
	struct item ring[3];
	unsigned in, out;
	unsigned taken, next[SIDES];
	bool in_order;
};

struct producer {
	struct buffer *b;
	unsigned id;
};

static void produce(void *arg)
{
	struct producer *p = arg;
	struct buffer *b = p->b;

	for (unsigned i = 0; i < ITEMS_EACH; i++) {
		while (b->in - b->out == LENGTH(b->ring))
			cb_carrier_park(b->c, &b->not_full);
		b->ring[b->in++ % LENGTH(b->ring)] = (struct item){p->id, i};
		if (i % 7 == p->id)
			cb_carrier_yield(b->c);
		cb_carrier_wake_one(b->c, &b->not_empty);
	}
}

static void consume(void *arg)
{
	struct buffer *b = arg;

	for (unsigned i = 0; i < ITEMS_EACH; i++) {
		struct item it;

		while (b->in == b->out)
			cb_carrier_park(b->c, &b->not_empty);
		it = b->ring[b->out++ % LENGTH(b->ring)];
		b->in_order &= b->next[it.producer]++ == it.number;
		b->taken++;
		cb_carrier_wake_one(b->c, &b->not_full);
	}
}

/* True: all items were delivered in their producers' order and nobody is left waiting. */
static bool buffer_works(enum cb_backend backend, unsigned producers)
{
	struct buffer b = {.c = carrier_of(backend, 2 * SIDES), .in_order = true};
	struct producer p[SIDES];
	int left;

	for (unsigned i = 0; i < producers; i++) {
		p[i] = (struct producer){&b, i};
		spawn(b.c, produce, &p[i]);
		spawn(b.c, consume, &b);
	}
	left = cb_carrier_run(b.c);
	cb_carrier_destroy(b.c);
	return left == 0 && b.in_order && b.taken == producers * ITEMS_EACH;
}

/* Alone with the producer, a full buffer and a consumer that forgets are a deadlock. */
static void forget_once(void *arg)
{
	struct buffer *b = arg;

	while (b->taken < ITEMS_EACH) {
		while (b->in == b->out)
			cb_carrier_park(b->c, &b->not_empty);
		b->out++;
		b->taken++; /* and nobody is woken */
	}
}

static void no_wake_up_is_lost(void **state)
{
	struct buffer b = {.c = carrier_of(CB_FCONTEXT, 2)};
	struct producer p = {&b, 0};

	(void)state;
	for (size_t i = 0; i < LENGTH(backends); i++)
		for (unsigned producers = 1; producers <= SIDES; producers++)
			assert_true(buffer_works(backends[i], producers));
	/* One that never wakes is seen: tasks stay behind and items are missing. */
	spawn(b.c, produce, &p);
	spawn(b.c, forget_once, &b);
	assert_int_equal(cb_carrier_run(b.c), 2);
	assert_true(b.taken < ITEMS_EACH);
	cb_carrier_destroy(b.c);
}

static void bad_configurations_are_refused(void **state)
{
	const struct cb_carrier_config none = {.max_tasks = 0};
	const struct cb_carrier_config small = {.max_tasks = 1, .stack_bytes = 4096};
	struct cb_carrier *c = NULL;

	(void)state;
	assert_int_equal(cb_carrier_create(&none, &c), -EINVAL);
	assert_int_equal(cb_carrier_create(&small, &c), -EINVAL);
	assert_null(c);
	cb_carrier_destroy(NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(yields_are_first_in_first_out),
	    cmocka_unit_test(a_task_finds_its_carrier),
	    cmocka_unit_test(yielding_alone_returns_at_once),
	    cmocka_unit_test(stacks_of_returned_tasks_are_used_again),
	    cmocka_unit_test(many_tasks_run),
	    cmocka_unit_test(parked_tasks_wake_in_order),
	    cmocka_unit_test(parked_tasks_are_dropped_with_their_carrier),
	    cmocka_unit_test(no_wake_up_is_lost),
	    cmocka_unit_test(bad_configurations_are_refused),
	};

	/* A lost wake-up would wait for ever. */
	(void)alarm(300);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
