/*
 * carrier_timers_test.c - sleeping on a carrier, waiting with a time limit, and that neither a
 * yielding loop nor those who wake each other starve anybody.
 */
#include "harness/base/clock.h"
#include "harness/coroutine/reactor.h"
#include <concbench/runtime.h>

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <sys/prctl.h>
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

/* ---- many sleepers ---- */

#define CROWD 100u
#define CROWD_WAKE_UPS 400u
/* All of them together are woken every us. */
#define CROWD_PERIOD_NS (CROWD * CLOCK_NS_PER_US)

struct crowd {
	struct cb_carrier *c;
	uint64_t begin_ns;
	unsigned started, woken, early;
};

static void sleep_at_a_rate(void *arg)
{
	struct crowd *all = arg;
	uint64_t until_ns = all->begin_ns + all->started++ * CLOCK_NS_PER_US;

	for (unsigned i = 0; i < CROWD_WAKE_UPS; i++) {
		cb_carrier_sleep_until(all->c, until_ns);
		all->early += clock_now_ns() < until_ns;
		all->woken++;
		until_ns += CROWD_PERIOD_NS;
	}
}

/* A sleep for each would be one every us, or every few where it takes longer. */
static void many_sleepers_are_woken_in_groups(void **state)
{
	(void)state;
	for (size_t b = 0; b < LENGTH(backends); b++) {
		struct crowd all = {.c = carrier_of(backends[b], CROWD),
		    .begin_ns = clock_now_ns() + CLOCK_NS_PER_MS};

		for (unsigned i = 0; i < CROWD; i++)
			spawn(all.c, sleep_at_a_rate, &all);
		assert_int_equal(cb_carrier_run(all.c), 0);
		assert_int_equal(all.woken, CROWD * CROWD_WAKE_UPS);
		assert_int_equal(all.early, 0);
		assert_true(cb_carrier_counts(all.c)->polls < all.woken / 8);
		cb_carrier_destroy(all.c);
	}
}

#define PAIR_WAKE_UPS 20u
#define PAIR_TRIES 30u
/* Nearer to each other than a group's members may be. */
#define PAIR_APART_NS (90 * CLOCK_NS_PER_US)

static void sleep_in_a_pair(void *arg)
{
	struct crowd *all = arg;
	uint64_t until_ns = all->begin_ns + all->started++ * PAIR_APART_NS;

	for (unsigned i = 0; i < PAIR_WAKE_UPS; i++) {
		cb_carrier_sleep_until(all->c, until_ns);
		all->woken++;
		until_ns += CLOCK_NS_PER_MS;
	}
}

/* Few sleepers are woken one by one, also when there was a crowd before. A busy machine may be late
 * for many of them at once, but not each time. */
static void few_sleepers_do_not_wait_for_a_group(void **state)
{
	(void)state;
#if defined(__SANITIZE_THREAD__)
	skip(); /* a wake-up takes longer than they are apart */
#endif
	/* As cells have it: the kernel must not make groups of its own. */
	assert_int_equal(prctl(PR_SET_TIMERSLACK, 1ul), 0);
	for (unsigned crowd = 0; crowd < 2; crowd++) {
		struct cb_carrier *c = carrier_of(backends[0], CROWD);
		unsigned most = 0;

		for (unsigned t = 0; t < PAIR_TRIES && most < 2 * PAIR_WAKE_UPS * 9 / 10; t++) {
			struct crowd all = {.c = c, .begin_ns = clock_now_ns() + CLOCK_NS_PER_MS};
			unsigned polls;

			for (unsigned i = 0; crowd && i < CROWD; i++)
				spawn(c, sleep_at_a_rate, &all);
			assert_int_equal(cb_carrier_run(c), 0);
			all = (struct crowd){.c = c, .begin_ns = clock_now_ns() + CLOCK_NS_PER_MS};
			polls = (unsigned)cb_carrier_counts(c)->polls;
			for (unsigned i = 0; i < 2; i++)
				spawn(c, sleep_in_a_pair, &all);
			assert_int_equal(cb_carrier_run(c), 0);
			polls = (unsigned)cb_carrier_counts(c)->polls - polls;
			assert_int_equal(all.woken, 2 * PAIR_WAKE_UPS);
			most = polls > most ? polls : most;
		}
		if (most < 2 * PAIR_WAKE_UPS * 9 / 10)
			fail_msg("%u wake-ups took %u polls at most", 2 * PAIR_WAKE_UPS, most);
		cb_carrier_destroy(c);
	}
}

/* ---- waiting for somebody, but not for ever ---- */

/* Far beyond what a loaded machine needs: who is woken does not wait for it. */
#define FAR_NS (60 * CLOCK_NS_PER_S)
#define GUESTS 6u

struct party {
	struct cb_carrier *c;
	struct cb_waitq q;
	unsigned order[GUESTS]; /* as they went on */
	unsigned count;
};

struct guest {
	struct party *party;
	unsigned id;
	uint64_t until_ns;
	bool woken;
	uint64_t went_on_ns;
};

static void wait_for_a_while(void *arg)
{
	struct guest *g = arg;

	g->woken = cb_carrier_park_until(g->party->c, &g->party->q, g->until_ns);
	g->went_on_ns = clock_now_ns();
	g->party->order[g->party->count++] = g->id;
}

static void invite(struct party *p, struct guest g[GUESTS], const uint64_t until_ns[GUESTS])
{
	for (unsigned i = 0; i < GUESTS; i++) {
		g[i] = (struct guest){.party = p, .id = i, .until_ns = until_ns[i]};
		spawn(p->c, wait_for_a_while, &g[i]);
	}
}

static bool went_on_as(const struct party *p, const unsigned *order, unsigned count)
{
	bool same = p->count == count;

	for (unsigned i = 0; same && i < count; i++)
		same = p->order[i] == order[i];
	return same;
}

/* The first of the queue, one in the middle and the last; the others wait on, in their order. */
static void who_is_not_woken_goes_on_at_its_time(void **state)
{
	(void)state;
	for (size_t b = 0; b < LENGTH(backends); b++) {
		struct party p = {.c = carrier_of(backends[b], GUESTS)};
		const uint64_t soon_ns = clock_now_ns() + 10 * CLOCK_NS_PER_MS;
		/* One's time has passed already. */
		const uint64_t until_ns[GUESTS] = {
		    soon_ns + 2, UINT64_MAX, 1, UINT64_MAX, UINT64_MAX, soon_ns + 1};
		struct guest g[GUESTS];

		invite(&p, g, until_ns);
		assert_int_equal(cb_carrier_run(p.c), 3);
		assert_true(went_on_as(&p, (const unsigned[]){2, 5, 0}, 3));
		for (unsigned i = 0; i < 3; i++) {
			assert_false(g[p.order[i]].woken);
			assert_true(g[p.order[i]].went_on_ns >= until_ns[p.order[i]]);
		}
		/* They are in the queue no more, and its end is where the next one is put. */
		spawn(p.c, wait_for_a_while, &g[5]);
		g[5].until_ns = UINT64_MAX;
		p.count = 0;
		assert_int_equal(cb_carrier_run(p.c), 4);
		assert_int_equal(cb_carrier_wake_all(p.c, &p.q), 4);
		assert_int_equal(cb_carrier_run(p.c), 0);
		assert_true(went_on_as(&p, (const unsigned[]){1, 3, 4, 5}, 4));
		for (unsigned i = 0; i < 4; i++)
			assert_true(g[p.order[i]].woken);
		assert_false(cb_carrier_wake_one(p.c, &p.q));
		/* Negative control: another order would be seen. */
		assert_false(went_on_as(&p, (const unsigned[]){1, 3, 5, 4}, 4));
		cb_carrier_destroy(p.c);
	}
}

struct host {
	struct party *party;
	unsigned wakes;
};

static void wake_some(void *arg)
{
	struct host *h = arg;

	for (unsigned i = 0; i < h->wakes; i++)
		(void)cb_carrier_wake_one(h->party->c, &h->party->q);
}

/* Nobody waits for its deadline any more, the carrier neither. */
static void who_is_woken_goes_on_at_once(void **state)
{
	(void)state;
	for (size_t b = 0; b < LENGTH(backends); b++) {
		struct party p = {.c = carrier_of(backends[b], GUESTS + 1)};
		const uint64_t begin_ns = clock_now_ns(), far_ns = begin_ns + FAR_NS;
		const uint64_t until_ns[GUESTS] = {
		    far_ns + 2, UINT64_MAX, far_ns + 1, far_ns, UINT64_MAX, far_ns};
		struct guest g[GUESTS];
		struct host host = {.party = &p, .wakes = GUESTS};

		invite(&p, g, until_ns);
		spawn(p.c, wake_some, &host);
		assert_int_equal(cb_carrier_run(p.c), 0);
		assert_true(clock_now_ns() < far_ns);
		assert_true(went_on_as(&p, (const unsigned[]){0, 1, 2, 3, 4, 5}, GUESTS));
		for (unsigned i = 0; i < GUESTS; i++)
			assert_true(g[i].woken);
		cb_carrier_destroy(p.c);
	}
}

struct again {
	struct party *party;
	bool woken[3];
	uint64_t slept_until_ns, woke_ns;
};

/* Each wait is one of its own: what the last came to is forgotten, and a sleep is none. */
static void wait_sleep_and_wait(void *arg)
{
	struct again *a = arg;
	struct party *p = a->party;

	a->woken[0] = cb_carrier_park_until(p->c, &p->q, clock_now_ns() + FAR_NS);
	a->slept_until_ns = clock_now_ns() + 2 * CLOCK_NS_PER_MS;
	cb_carrier_sleep_until(p->c, a->slept_until_ns);
	a->woke_ns = clock_now_ns();
	a->woken[1] = cb_carrier_park_until(p->c, &p->q, clock_now_ns() + CLOCK_NS_PER_MS);
	cb_carrier_sleep_until(p->c, clock_now_ns() + CLOCK_NS_PER_MS);
	cb_carrier_park(p->c, &p->q);
	a->woken[2] = true;
}

static void one_waits_again_and_again(void **state)
{
	(void)state;
	for (size_t b = 0; b < LENGTH(backends); b++) {
		struct party p = {.c = carrier_of(backends[b], 3)}, other = {.c = p.c};
		struct again a = {.party = &p};
		struct host host = {.party = &p, .wakes = 1};
		/* Beside it somebody waits with a time all along. */
		struct guest g = {
		    .party = &other, .until_ns = clock_now_ns() + 100 * CLOCK_NS_PER_MS};

		spawn(p.c, wait_for_a_while, &g);
		spawn(p.c, wait_sleep_and_wait, &a);
		spawn(p.c, wake_some, &host);
		assert_int_equal(cb_carrier_run(p.c), 1);
		assert_false(g.woken);
		assert_true(a.woken[0]);
		assert_true(a.woke_ns >= a.slept_until_ns);
		assert_false(a.woken[1]);
		/* Waiting without a time it has stayed. */
		assert_false(a.woken[2]);
		assert_true(cb_carrier_wake_one(p.c, &p.q));
		assert_int_equal(cb_carrier_run(p.c), 0);
		assert_true(a.woken[2]);
		cb_carrier_destroy(p.c);
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

struct baton {
	struct greedy *g;
	struct cb_waitq *own, *other;
};

static void wake_the_other_until_both(void *arg)
{
	struct baton *b = arg;
	struct greedy *g = b->g;

	while (!(g->slept && g->received) && clock_now_ns() < g->gave_up_ns) {
		(void)cb_carrier_wake_one(g->c, b->other);
		cb_carrier_park(g->c, b->own);
	}
	(void)cb_carrier_wake_one(g->c, b->other);
}

/* None of the two ever yields, and one is always runnable. */
static void two_who_wake_each_other_starve_nobody(void **state)
{
	struct greedy g = {
	    .c = carrier_of(CB_FCONTEXT, 4), .gave_up_ns = clock_now_ns() + 20 * CLOCK_NS_PER_S};
	struct cb_waitq q[2] = {{NULL, NULL}, {NULL, NULL}};
	struct baton b[2] = {{&g, &q[0], &q[1]}, {&g, &q[1], &q[0]}};

	(void)state;
	assert_int_equal(pipe2(g.pipe, O_NONBLOCK), 0);
	assert_int_equal(write(g.pipe[1], "x", 1), 1);
	spawn(g.c, sleep_briefly, &g);
	spawn(g.c, receive, &g);
	spawn(g.c, wake_the_other_until_both, &b[0]);
	spawn(g.c, wake_the_other_until_both, &b[1]);
	assert_int_equal(cb_carrier_run(g.c), 0);
	assert_true(g.slept && g.received);
	assert_true(clock_now_ns() < g.gave_up_ns);
	assert_int_equal(close(g.pipe[0]), 0);
	assert_int_equal(close(g.pipe[1]), 0);
	cb_carrier_destroy(g.c);
}

/* Whoever it is spawned by returns: none of them ever gives way. */
static void spawn_the_next_until_both(void *arg)
{
	struct greedy *g = arg;

	if (!(g->slept && g->received) && clock_now_ns() < g->gave_up_ns)
		spawn(g->c, spawn_the_next_until_both, g);
}

static void those_that_return_starve_nobody(void **state)
{
	(void)state;
	for (size_t b = 0; b < LENGTH(backends); b++) {
		struct greedy g = {.c = carrier_of(backends[b], 5),
		    .gave_up_ns = clock_now_ns() + 20 * CLOCK_NS_PER_S};

		assert_int_equal(pipe2(g.pipe, O_NONBLOCK), 0);
		assert_int_equal(write(g.pipe[1], "x", 1), 1);
		spawn(g.c, sleep_briefly, &g);
		spawn(g.c, receive, &g);
		spawn(g.c, spawn_the_next_until_both, &g);
		spawn(g.c, spawn_the_next_until_both, &g);
		assert_int_equal(cb_carrier_run(g.c), 0);
		assert_true(g.slept && g.received);
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
	    cmocka_unit_test(many_sleepers_are_woken_in_groups),
	    cmocka_unit_test(few_sleepers_do_not_wait_for_a_group),
	    cmocka_unit_test(who_is_not_woken_goes_on_at_its_time),
	    cmocka_unit_test(who_is_woken_goes_on_at_once),
	    cmocka_unit_test(one_waits_again_and_again),
	    cmocka_unit_test(a_yielding_loop_starves_nobody),
	    cmocka_unit_test(two_who_wake_each_other_starve_nobody),
	    cmocka_unit_test(those_that_return_starve_nobody),
	};

	/* A lost wake-up would wait for ever. */
	(void)alarm(300);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
