/*
 * carrier_timers_test.c - sleeping on a carrier, and that a yielding loop starves nobody.
 */
#include "harness/base/clock.h"
#include <concbench/runtime.h>

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <unistd.h>
#include <cmocka.h>

#define LENGTH(a) (sizeof(a) / sizeof((a)[0]))

static const enum cb_backend backends[] = {CB_FCONTEXT, CB_UCONTEXT};

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

/* ---- timers ---- */

#define SLEEPERS 1000u

struct nap {
	struct cb_carrier *c;
	struct naps *all;
	uint64_t deadline_ns;
	uint64_t woke_ns;
};

struct naps {
	struct nap nap[SLEEPERS];
	struct nap *order[SLEEPERS + 1];
	unsigned woken;
	unsigned asleep;
	uint64_t all_asleep_ns;
};

static void sleep_once(void *arg)
{
	struct nap *n = arg;

	if (++n->all->asleep == SLEEPERS)
		n->all->all_asleep_ns = clock_now_ns();
	cb_carrier_sleep_until(n->c, n->deadline_ns);
	n->woke_ns = clock_now_ns();
	if (n->all->woken < LENGTH(n->all->order))
		n->all->order[n->all->woken++] = n;
}

/* @ordered: all slept before the first was due, so they must wake by deadline. */
static bool slept_properly(const struct naps *naps, bool ordered)
{
	if (naps->woken != SLEEPERS)
		return false;
	for (unsigned i = 0; i < SLEEPERS; i++) {
		if (naps->order[i]->woke_ns < naps->order[i]->deadline_ns)
			return false;
		if (ordered && i && naps->order[i - 1]->deadline_ns > naps->order[i]->deadline_ns)
			return false;
	}
	return true;
}

static void sleepers_wake_in_order_and_never_early(void **state)
{
	static struct naps naps;

	(void)state;
	for (size_t b = 0; b < LENGTH(backends); b++) {
		struct cb_carrier *c = carrier_of(backends[b], SLEEPERS);
		uint64_t first_ns = clock_now_ns() + 30 * CLOCK_NS_PER_MS;
		struct nap *swap;
		bool ordered;

		naps = (struct naps){0};
		srand(11);
		for (unsigned i = 0; i < SLEEPERS; i++) {
			naps.nap[i] = (struct nap){.c = c,
			    .all = &naps,
			    .deadline_ns = first_ns + (uint64_t)rand() % (50 * CLOCK_NS_PER_MS)};
			spawn(c, sleep_once, &naps.nap[i]);
		}
		assert_int_equal(cb_carrier_run(c), 0);
		ordered = naps.all_asleep_ns < first_ns;
		assert_true(slept_properly(&naps, ordered));

		swap = naps.order[10];
		naps.order[10] = naps.order[900];
		naps.order[900] = swap;
		assert_false(slept_properly(&naps, true));
		naps.order[900] = naps.order[10];
		naps.order[10] = swap;
		naps.nap[3].woke_ns = naps.nap[3].deadline_ns - 1;
		assert_false(slept_properly(&naps, ordered));
		naps.nap[3].woke_ns = naps.nap[3].deadline_ns;
		naps.woken--;
		assert_false(slept_properly(&naps, ordered));
		cb_carrier_destroy(c);
	}
}

/* ---- starvation ---- */

struct greedy {
	struct cb_carrier *c;
	int pipe[2];
	unsigned companions;
	bool slept, received, progress_beside_hog;
	uint64_t gave_up_ns;
};

static void sleep_briefly(void *arg)
{
	struct greedy *g = arg;

	cb_carrier_sleep_until(g->c, clock_now_ns() + 2 * CLOCK_NS_PER_MS);
	g->slept = true;
}

static void receive(void *arg)
{
	struct greedy *g = arg;
	char byte;

	g->received = cb_carrier_read(g->c, g->pipe[0], &byte, 1) == 1;
}

static void yield_until_both(void *arg)
{
	struct greedy *g = arg;

	while (!(g->slept && g->received) && clock_now_ns() < g->gave_up_ns)
		cb_carrier_yield(g->c);
}

/* The control: time passes as well, but nobody gives way. */
static void hog(void *arg)
{
	struct greedy *g = arg;
	uint64_t end_ns = clock_now_ns() + 4 * CLOCK_NS_PER_MS;

	cb_carrier_yield(g->c); /* so that the others have begun to wait */
	while (clock_now_ns() < end_ns)
		;
	g->progress_beside_hog = g->slept || g->received;
}

static void a_yielding_loop_starves_nobody(void **state)
{
	static const unsigned companions[] = {1, 2, 100};

	(void)state;
	for (size_t i = 0; i < LENGTH(companions); i++) {
		struct greedy g = {.c = carrier_of(CB_FCONTEXT, 128),
		    /* Far beyond what a loaded machine needs; only a failure waits so long. */
		    .gave_up_ns = clock_now_ns() + 20 * CLOCK_NS_PER_S};

		assert_int_equal(pipe2(g.pipe, O_NONBLOCK), 0);
		assert_int_equal(write(g.pipe[1], "x", 1), 1);
		spawn(g.c, sleep_briefly, &g);
		spawn(g.c, receive, &g);
		spawn(g.c, hog, &g);
		for (unsigned k = 0; k < companions[i]; k++)
			spawn(g.c, yield_until_both, &g);
		assert_int_equal(cb_carrier_run(g.c), 0);
		assert_false(g.progress_beside_hog);
		assert_true(g.slept);
		assert_true(g.received);
		assert_true(clock_now_ns() < g.gave_up_ns);
		assert_int_equal(close(g.pipe[0]), 0);
		assert_int_equal(close(g.pipe[1]), 0);
		cb_carrier_destroy(g.c);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(sleepers_wake_in_order_and_never_early),
	    cmocka_unit_test(a_yielding_loop_starves_nobody),
	};

	/* A lost wake-up would wait for ever. */
	(void)alarm(300);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
