/*
 * worker_test.c - what a job gets from its worker under every model: where it is, waiting with a
 * time limit, work that takes a while, and what others do for it charged to it.
 */
#include "harness/base/clock.h"
#include "harness/work/case_fixture.h"
#include "harness/work/team.h"

#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cmocka.h>

#define WINDOW_NS (5 * CLOCK_NS_PER_MS)
/* Long enough for several operations that make a thread or a process, on a busy machine too. */
#define LONG_WINDOW_NS (100 * CLOCK_NS_PER_MS)
/* Far beyond any delay of a busy machine: only who is not woken reaches it. */
#define FAR_NS (60 * CLOCK_NS_PER_S)

static const enum cb_model models[] = {CB_THREAD, CB_PROCESS, CB_COROUTINE};
#define MODELS (sizeof(models) / sizeof(models[0]))

static struct topology *topo;

static int discover(void **state)
{
	char err[200];

	(void)state;
	return topology_discover(&topo, err, sizeof(err));
}

static int release(void **state)
{
	(void)state;
	topology_free(topo);
	return 0;
}

static struct bench_case placed(
    const struct cb_workload *load, enum cb_model model, unsigned workers, const char *place)
{
	struct bench_case bc = fixture_case(load, model, workers);
	char why[200];

	if (placement_parse(place, &bc.place, why, sizeof(why)) != 0)
		fail_msg("%s", why);
	return bc;
}

/* One PU that is not the first, where there is one: nobody is there by chance. */
static const struct topology_pu *last_pu(void)
{
	return topology_pu(topo, topology_pu_count(topo) - 1);
}

static const char *on_last_pu(void)
{
	static char text[32];

	(void)snprintf(text, sizeof(text), "list:%u", last_pu()->os_index);
	return text;
}

static void create(struct team *t, const struct bench_case *bc)
{
	char why[200] = "";

	if (team_create(t, bc, topo, &(struct team_options){.seed = 7}, why, sizeof(why)) != 0)
		fail_msg("%s: %s", cb_model_name(bc->pub.model), why);
}

static double trial(struct team *t, uint64_t window_ns, const char *metric)
{
	struct sample sample;
	char why[200] = "";
	double value = -1.0;

	if (team_trial(t, window_ns, &sample, why, sizeof(why)) != 0)
		fail_msg("%s: %s", cb_model_name(t->bc->pub.model), why);
	assert_true(metric_get(&sample.metrics, metric, &value));
	sample_free(&sample);
	return value;
}

/* The only PU that the calling thread may run on; -1: several. */
static int only_pu(void)
{
	cpu_set_t set;
	unsigned pu = 0;

	if (sched_getaffinity(0, sizeof(set), &set) != 0 || CPU_COUNT(&set) != 1)
		return -1;
	while (!CPU_ISSET(pu, &set))
		pu++;
	return (int)pu;
}

/* ---- where it is ---- */

#define WORKERS 5u

struct places {
	struct {
		int told_pu, told_node, only_pu;
	} of[WORKERS];
};

static void note_place(struct cb_worker *w, void *state)
{
	struct places *p = state;

	p->of[w->index].told_pu = w->pu;
	p->of[w->index].told_node = w->node;
	p->of[w->index].only_pu = only_pu();
}

static uint64_t nap(struct cb_worker *w, void *state, uint64_t n)
{
	(void)state;
	cb_sleep_until(w, clock_now_ns() + 100 * CLOCK_NS_PER_US);
	return n;
}

static const struct cb_workload noting = {.op = "nap",
    .state_bytes = sizeof(struct places),
    .enter = note_place,
    .batch = nap,
    .max_batch = 1};

static void workers_know_their_pu_and_node(void **state)
{
	const unsigned pus = topology_pu_count(topo);

	(void)state;
	for (size_t m = 0; m < MODELS; m++) {
		struct bench_case bc = placed(&noting, models[m], WORKERS, "compact");
		const struct places *p;
		struct team t;

		if (models[m] == CB_COROUTINE)
			bc.pub.carriers = pus < 2 ? 1 : 2;
		create(&t, &bc);
		(void)trial(&t, WINDOW_NS, METRIC_OPS);
		p = t.env.state;
		for (unsigned i = 0; i < WORKERS; i++) {
			/* A coroutine is where its carrier is. */
			const int pu = t.placement.pu[i % t.units];
			int node = -1;

			for (unsigned k = 0; k < pus; k++)
				if ((int)topology_pu(topo, k)->os_index == pu)
					node = (int)topology_pu(topo, k)->numa_id;
			assert_true(pu >= 0 && node >= 0);
			assert_int_equal(p->of[i].told_pu, pu);
			assert_int_equal(p->of[i].told_node, node);
			assert_int_equal(p->of[i].only_pu, pu);
		}
		/* Negative control: they are not all in one place. */
		if (pus > 1)
			assert_int_not_equal(p->of[0].told_pu, p->of[1].told_pu);
		team_destroy(&t);
		/* Who is not bound is nowhere in particular. */
		bc = fixture_case(&noting, models[m], 1);
		create(&t, &bc);
		(void)trial(&t, WINDOW_NS, METRIC_OPS);
		p = t.env.state;
		assert_int_equal(p->of[0].told_pu, -1);
		assert_int_equal(p->of[0].told_node, -1);
		team_destroy(&t);
	}
}

/* ---- what others do for it ---- */

/* Many times what making a thread or a process costs. */
/* Many times what starting and ending a process takes, under a sanitizer too: that is charged as
 * well. */
#define OTHERS_CPU_NS (20 * CLOCK_NS_PER_MS)

enum help { BY_THREAD, BY_PROCESS, BY_CHARGE, HELPS };

struct helped {
	enum help by;
	bool adopts;
	int adopt_error;
	int pu_before, pu_after; /* of the last helper; -1: several */
};

struct helper {
	struct cb_worker *w;
	struct helped *h;
};

static void burn(uint64_t cpu_ns)
{
	const uint64_t until_ns = clock_thread_cpu_ns() + cpu_ns;

	while (clock_thread_cpu_ns() < until_ns)
		;
}

/* May run anywhere to begin with: that it is where its worker is comes from being adopted. */
static void help(struct cb_worker *w, struct helped *h)
{
	cpu_set_t all;

	CPU_ZERO(&all);
	for (unsigned i = 0; i < topology_pu_count(topo); i++)
		CPU_SET(topology_pu(topo, i)->os_index, &all);
	(void)sched_setaffinity(0, sizeof(all), &all);
	h->pu_before = only_pu();
	if (h->adopts)
		h->adopt_error = cb_adopt_begin(w);
	h->pu_after = only_pu();
	burn(OTHERS_CPU_NS);
	if (h->adopts)
		cb_adopt_end(w);
}

static void *help_as_thread(void *arg)
{
	struct helper *helper = arg;

	help(helper->w, helper->h);
	return NULL;
}

static uint64_t have_it_done(struct cb_worker *w, void *state, uint64_t n)
{
	struct helped *h = state;
	struct helper helper = {w, h};
	pthread_t thread;
	pid_t pid;

	switch (h->by) {
	case BY_THREAD:
		cb_expect(w, pthread_create(&thread, NULL, help_as_thread, &helper), "thread");
		if (!w->error)
			cb_expect(w, pthread_join(thread, NULL), "join");
		break;
	case BY_PROCESS:
		pid = fork();
		if (pid == 0) {
			help(w, h);
			_exit(0);
		}
		if (pid < 0 || waitpid(pid, NULL, 0) != pid)
			cb_fail(w, -errno, "process");
		break;
	default:
		if (h->adopts)
			cb_charge_ns(w, OTHERS_CPU_NS);
		clock_sleep_until_ns(clock_now_ns() + CLOCK_NS_PER_MS);
	}
	return n;
}

static const struct cb_workload helping = {
    .op = "help", .state_bytes = sizeof(struct helped), .batch = have_it_done, .max_batch = 1};

/* Of so many operations that those which a window's ends cut in two weigh little: on a busy machine
 * few of them fit into one window. */
static double cpu_ns_per_op(struct team *t)
{
	double ops = 0.0, cpu_ns = 0.0;

	for (unsigned trials = 0; trials < 50 && ops < 10.0; trials++) {
		struct sample sample;
		char why[200] = "";
		double n, each = 0.0;

		if (team_trial(t, LONG_WINDOW_NS, &sample, why, sizeof(why)) != 0)
			fail_msg("%s: %s", cb_model_name(t->bc->pub.model), why);
		assert_true(metric_get(&sample.metrics, METRIC_OPS, &n));
		if (n > 0.0)
			assert_true(metric_get(&sample.metrics, METRIC_CPU_NS_PER_OP, &each));
		sample_free(&sample);
		ops += n;
		cpu_ns += n * each;
	}
	assert_true(ops >= 10.0);
	return cpu_ns / ops;
}

static double cpu_ns_with(enum cb_model model, enum help by, bool adopts)
{
	const struct bench_case bc = placed(&helping, model, 1, on_last_pu());
	struct helped *h;
	struct team t;
	double cpu_ns;

	create(&t, &bc);
	h = t.env.state;
	h->by = by;
	h->adopts = adopts;
	cpu_ns = cpu_ns_per_op(&t);
	if (by != BY_CHARGE) {
		/* With one PU there is nowhere else to be. */
		const int anywhere = topology_pu_count(topo) > 1 ? -1 : (int)last_pu()->os_index;

		assert_int_equal(h->adopt_error, 0);
		assert_int_equal(h->pu_before, anywhere);
		assert_int_equal(h->pu_after, adopts ? (int)last_pu()->os_index : anywhere);
	}
	team_destroy(&t);
	return cpu_ns;
}

static void what_is_done_for_a_worker_is_charged_to_it(void **state)
{
	static const char *const how[HELPS] = {"a thread", "a process", "a charge"};

	(void)state;
	for (size_t m = 0; m < MODELS; m++) {
		for (enum help by = BY_THREAD; by < HELPS; by++) {
			const double charged = cpu_ns_with(models[m], by, true);
			/* Negative control: without it, the worker has only waited. */
			const double alone = cpu_ns_with(models[m], by, false);

			if (charged < 0.5 * (double)OTHERS_CPU_NS ||
			    charged > 2.0 * (double)OTHERS_CPU_NS)
				fail_msg("%s, %s: %.0f ns of CPU time an operation",
				    cb_model_name(models[m]), how[by], charged);
			if (alone > 0.5 * charged)
				fail_msg("%s, %s: %.0f ns with nothing charged, %.0f with",
				    cb_model_name(models[m]), how[by], alone, charged);
		}
	}
}

/* Of who is not bound, nobody has to be. */
static void the_unbound_bind_nobody(void **state)
{
	const struct bench_case bc = fixture_case(&helping, CB_THREAD, 1);
	const int before = only_pu();
	struct team t;

	(void)state;
	create(&t, &bc);
	((struct helped *)t.env.state)->adopts = true;
	assert_true(cpu_ns_per_op(&t) >= 0.5 * (double)OTHERS_CPU_NS);
	assert_int_equal(((struct helped *)t.env.state)->adopt_error, 0);
	assert_int_equal(
	    ((struct helped *)t.env.state)->pu_after, topology_pu_count(topo) > 1 ? -1 : before);
	team_destroy(&t);
}

static void *bind_here_and_there(void *arg)
{
	int *ret = arg;

	ret[0] = cb_bind_self(-1);
	ret[1] = cb_bind_self(CPU_SETSIZE - 1);
	ret[2] = cb_bind_self((int)last_pu()->os_index);
	ret[3] = only_pu();
	return NULL;
}

static void a_thread_is_bound_to_usable_pus_only(void **state)
{
	const struct bench_case bc = fixture_case(&noting, CB_THREAD, 1);
	int ret[4];
	pthread_t thread;
	struct team t;

	(void)state;
	create(&t, &bc);
	assert_int_equal(pthread_create(&thread, NULL, bind_here_and_there, ret), 0);
	assert_int_equal(pthread_join(thread, NULL), 0);
	assert_int_equal(ret[0], -EINVAL);
	assert_int_equal(ret[1], -EPERM);
	assert_int_equal(ret[2], 0);
	assert_int_equal(ret[3], last_pu()->os_index);
	team_destroy(&t);
}

/* ---- waiting, but not for ever ---- */

struct meeting {
	struct cb_mutex mutex;
	struct cb_cond cond;
	bool called;     /* under the mutex */
	unsigned inside; /* who holds the mutex */
	unsigned long timed_out, early, woken, late, crowded, entered;
};

static int set_up_meeting(struct cb_env *env, char *why, size_t why_len)
{
	struct meeting *m = env->state;
	int ret = cb_mutex_init(&m->mutex, env->model);

	(void)why;
	(void)why_len;
	return ret ? ret : cb_cond_init(&m->cond, env->model);
}

/* Nobody ever calls: each comes back at its time, and holds the mutex again. */
static uint64_t wait_in_vain(struct cb_worker *w, void *state, uint64_t n)
{
	struct meeting *m = state;
	const uint64_t until_ns = clock_now_ns() + 200 * CLOCK_NS_PER_US;
	bool again = true;

	cb_lock(w, &m->mutex);
	/* It may wake for no reason. */
	while (again)
		again = cb_wait_until(w, &m->cond, &m->mutex, until_ns);
	m->early += clock_now_ns() < until_ns;
	m->crowded += m->inside++ != 0;
	cb_yield(w);
	m->inside--;
	/* What has passed already is no wait. */
	m->late += cb_wait_until(w, &m->cond, &m->mutex, until_ns);
	m->timed_out++;
	cb_unlock(w, &m->mutex);
	return n;
}

/* The first waits, the other calls; neither beyond the end of the trial. */
static uint64_t wait_or_call(struct cb_worker *w, void *state, uint64_t n)
{
	struct meeting *m = state;
	const uint64_t far_ns = clock_now_ns() + FAR_NS;

	cb_lock(w, &m->mutex);
	if (w->index == 1) {
		m->called = true;
		cb_wake_one(w, &m->cond);
	} else {
		while (!m->called && !cb_stopping(w))
			if (!cb_wait_until(w, &m->cond, &m->mutex, far_ns))
				m->late++;
		m->woken += m->called;
		m->called = false;
	}
	cb_unlock(w, &m->mutex);
	if (w->index == 1)
		cb_sleep_until(w, clock_now_ns() + 100 * CLOCK_NS_PER_US);
	return n;
}

static void call_everybody(struct cb_worker *w, void *state)
{
	struct meeting *m = state;

	cb_lock(w, &m->mutex);
	m->called = true;
	cb_wake_all(w, &m->cond);
	cb_unlock(w, &m->mutex);
}

static const struct cb_workload in_vain = {.op = "wait",
    .state_bytes = sizeof(struct meeting),
    .setup = set_up_meeting,
    .batch = wait_in_vain,
    .max_batch = 1};
static const struct cb_workload in_pairs = {.op = "call",
    .state_bytes = sizeof(struct meeting),
    .setup = set_up_meeting,
    .batch = wait_or_call,
    .leave = call_everybody,
    .max_batch = 1};

/* Whoever comes by takes it again, although another has been called: that one has to look. */
static uint64_t enter_again_and_again(struct cb_worker *w, void *state, uint64_t n)
{
	struct meeting *m = state;

	for (uint64_t i = 0; i < n; i++) {
		cb_lock(w, &m->mutex);
		m->crowded += m->inside++ != 0;
		cb_yield(w);
		m->inside--;
		m->entered++;
		cb_unlock(w, &m->mutex);
	}
	return n;
}

static const struct cb_workload again_and_again = {.op = "section",
    .state_bytes = sizeof(struct meeting),
    .setup = set_up_meeting,
    .batch = enter_again_and_again};

static void a_mutex_is_held_by_one(void **state)
{
	(void)state;
	for (size_t i = 0; i < MODELS; i++) {
		const struct bench_case bc = fixture_case(&again_and_again, models[i], 3);
		const struct meeting *m;
		struct team t;

		create(&t, &bc);
		(void)trial(&t, WINDOW_NS, METRIC_OPS);
		m = t.env.state;
		assert_true(m->entered > 0);
		assert_int_equal(m->entered, t.done[0] + t.done[1] + t.done[2]);
		assert_int_equal(m->crowded, 0);
		team_destroy(&t);
	}
}

static void waits_end_at_their_time(void **state)
{
	(void)state;
	for (size_t i = 0; i < MODELS; i++) {
		const struct bench_case bc = fixture_case(&in_vain, models[i], 3);
		const struct meeting *m;
		struct team t;

		create(&t, &bc);
		(void)trial(&t, 4 * WINDOW_NS, METRIC_OPS);
		m = t.env.state;
		assert_true(m->timed_out > 0);
		assert_int_equal(m->timed_out, t.done[0] + t.done[1] + t.done[2]);
		assert_int_equal(m->early, 0);
		assert_int_equal(m->crowded, 0);
		assert_int_equal(m->late, 0);
		team_destroy(&t);
	}
}

static void waits_end_when_somebody_calls(void **state)
{
	const uint64_t begin_ns = clock_now_ns();

	(void)state;
	for (size_t i = 0; i < MODELS; i++) {
		const struct bench_case bc = fixture_case(&in_pairs, models[i], 2);
		const struct meeting *m;
		struct team t;

		create(&t, &bc);
		(void)trial(&t, 4 * WINDOW_NS, METRIC_OPS);
		m = t.env.state;
		assert_true(m->woken > 0);
		assert_int_equal(m->late, 0);
		team_destroy(&t);
	}
	assert_true(clock_now_ns() - begin_ns < FAR_NS);
}

/* ---- work that takes a while, and numbers ---- */

/* The quickest of many: whatever comes between only adds. */
static uint64_t quickest_ns(uint64_t turns)
{
	uint64_t best_ns = UINT64_MAX;

	for (int i = 0; i < 50; i++) {
		const uint64_t start_ns = clock_thread_cpu_ns();
		uint64_t ns;

		cb_spin(turns);
		ns = clock_thread_cpu_ns() - start_ns;
		best_ns = ns < best_ns ? ns : best_ns;
	}
	return best_ns;
}

static void spinning_takes_as_long_as_asked(void **state)
{
	const uint64_t ns = 200 * CLOCK_NS_PER_US;
	uint64_t turns = 0;
	double took = 0.0;

	(void)state;
	/* A PU's speed may change between the two, where others share it; but not each time. */
	for (int i = 0; i < 10 && (took < 0.5 || took > 2.0); i++) {
		turns = cb_spin_turns(ns);
		took = (double)quickest_ns(turns) / (double)ns;
	}
	if (took < 0.5 || took > 2.0)
		fail_msg("%.3g of the time asked for", took);
	/* Negative control: other turns would be seen. */
	assert_true(quickest_ns(turns / 10) < ns / 2);
	assert_true(quickest_ns(turns * 10) > 2 * ns);
	assert_int_equal(cb_spin_turns(0), 0);
	assert_true(cb_spin_turns(1) >= 1);
}

static void a_buffer_moves_within_its_room(void **state)
{
	struct cb_worker w = {.rng = 1}, same = {.rng = 1};
	size_t least = CB_SHIFT_MAX, most = 0;

	(void)state;
	for (unsigned i = 0; i < 20000; i++) {
		const size_t shift = cb_shift(&w);

		assert_int_equal(shift % 64, 0);
		assert_true(shift < CB_SHIFT_MAX);
		assert_int_equal(shift, cb_shift(&same));
		least = shift < least ? shift : least;
		most = shift > most ? shift : most;
	}
	/* All of it is used, to the ends. */
	assert_int_equal(least, 0);
	assert_int_equal(most, CB_SHIFT_MAX - 64);
}

/* Of a process that a kind has made: all that a queue may ask a worker for. */
static void a_stand_in_is_as_a_worker(void **state)
{
	const int pu[] = {-1, -1, 1 << 20};
	const struct cb_env env = {.workers = 3, .oversubscribed = true, .pu = pu};
	struct cb_worker *w = NULL;

	(void)state;
	assert_int_equal(cb_stand_in(&env, 2, &w), -EPERM);
	assert_null(w);
	assert_int_equal(cb_stand_in(&env, 1, &w), 0);
	assert_int_equal(w->index, 1);
	assert_int_equal(w->role, 1);
	assert_int_equal(w->count, 3);
	assert_int_equal(w->model, CB_PROCESS);
	assert_int_equal(w->pu, -1);
	assert_true(w->oversubscribed && !cb_stopping(w) && !w->error);
	assert_true(cb_random(w) != cb_random(w));
	assert_int_equal(cb_nothing(w), 1);
	cb_relax(w);
	/* Nobody's: there is no window. */
	assert_false(cb_in_window(w, cb_now_ns()));
	cb_record_ns(w, cb_now_ns(), 1);
	cb_charge_ns(w, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(workers_know_their_pu_and_node),
	    cmocka_unit_test(what_is_done_for_a_worker_is_charged_to_it),
	    cmocka_unit_test(the_unbound_bind_nobody),
	    cmocka_unit_test(a_thread_is_bound_to_usable_pus_only),
	    cmocka_unit_test(a_stand_in_is_as_a_worker),
	    cmocka_unit_test(a_mutex_is_held_by_one),
	    cmocka_unit_test(waits_end_at_their_time),
	    cmocka_unit_test(waits_end_when_somebody_calls),
	    cmocka_unit_test(spinning_takes_as_long_as_asked),
	    cmocka_unit_test(a_buffer_moves_within_its_room),
	};

	return cmocka_run_group_tests(tests, discover, release);
}
