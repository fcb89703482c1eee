/*
 * locks_test.c - does every lock exclude, and would the self-check say so if it did not?
 *
 * All on the harness's own trials, with real threads and processes. The broken locks give up the PU
 * between reading the counter and writing it back: on one core nobody would get between otherwise.
 */
#include "benches/locks/contention.h"
#include "benches/locks/locks.h"
#include "harness/team.h"

#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#define WINDOW_NS (4 * CLOCK_NS_PER_MS)
/* Broken locks are found at once, or nearly; this is when to give up. */
#define PATIENCE_NS (20 * CLOCK_NS_PER_S)
#define TRIALS 4

static const enum model models[] = {MODEL_THREAD, MODEL_PROCESS};
static struct topology *topo;

static struct bench_case a_case(const struct lock_kind *kind, enum model model, unsigned workers)
{
	struct bench_case bc = {.workload = &kind->workload,
	    .kind = kind,
	    .model = model,
	    .workers = workers,
	    .place = placement_policy_of(PLACEMENT_SCATTER)};

	(void)snprintf(bc.name, sizeof(bc.name), "test");
	return bc;
}

static void begin(struct team *t, const struct bench_case *bc)
{
	char why[200] = "";

	if (team_create(t, bc, topo, 7, why, sizeof(why)) != 0)
		fail_msg("%s", why);
}

static int trial(struct team *t, struct metric_set *metrics, char *why, size_t why_len)
{
	struct sample sample;
	const int ret = team_trial(t, WINDOW_NS, &sample, why, why_len);

	if (ret)
		return ret;
	*metrics = sample.metrics;
	sample_free(&sample);
	return 0;
}

/* ---- the locks that are offered ---- */

static void excludes(const struct lock_kind *kind, enum model model, unsigned workers)
{
	struct bench_case bc = a_case(kind, model, workers);
	const uint64_t give_up_ns = clock_now_ns() + PATIENCE_NS;
	double handoffs = 0.0, contended = 0.0, value;
	struct metric_set metrics;
	struct team t;
	char why[200] = "";

	/* Read, spin, write: most of the time somebody is inside. */
	bc.params[CONTENTION_HOLD_NS] = 300;
	begin(&t, &bc);
	for (unsigned i = 0; i < TRIALS || handoffs <= 0.0 || contended <= 0.0; i++) {
		if (trial(&t, &metrics, why, sizeof(why)) != 0)
			fail_msg("%s, %s: %s", kind->name, model_name(model), why);
		if (!kind->workload.report || kind->workload.check == contention_check_own ||
		    topology_pu_count(topo) == 1)
			handoffs = contended = 1.0; /* neither is to be had */
		if (metric_get(&metrics, "handoff_share", &value))
			handoffs += value;
		if (metric_get(&metrics, "contended_share", &value))
			contended += value;
		/* A lock that nobody else wanted has not been tested. */
		if (clock_now_ns() > give_up_ns)
			fail_msg("%s, %s: never contended", kind->name, model_name(model));
	}
	team_destroy(&t);
}

static void every_lock_excludes(void **state)
{
	const struct lock_library *const libraries[] = {
	    &lock_library_builtin, &lock_library_pthread, &lock_library_ck};
	unsigned kinds = 0;

	(void)state;
	for (size_t i = 0; i < sizeof(libraries) / sizeof(libraries[0]); i++) {
		for (size_t k = 0; k < libraries[i]->count; k++, kinds++) {
			for (size_t m = 0; m < 2; m++) {
				excludes(&libraries[i]->kinds[k], models[m], 2);
				excludes(&libraries[i]->kinds[k], models[m], 4);
			}
		}
	}
	assert_true(kinds >= 7);
}

/* ---- locks that are broken on purpose ---- */

static void let_others_in(struct worker *w, struct contention *c)
{
	(void)c;
	worker_yield(w);
}

static void nothing(struct worker *w, struct contention *c)
{
	(void)w;
	(void)c;
}

static uint64_t open_door_batch(struct worker *w, void *state, uint64_t n)
{
	static const struct contention_ops ops = {
	    .acquire = nothing, .release = nothing, .inside = let_others_in};
	struct contention *c = state;

	return contention_loop(w, c, n, &c->data, &ops);
}

/* A mutex that is not taken once in 10,000 times. */
struct leaky {
	uint64_t turn;
	bool skipped;
};

static int leaky_init(struct contention *c, enum model model)
{
	pthread_mutexattr_t attr;

	assert_int_equal(pthread_mutexattr_init(&attr), 0);
	assert_int_equal(pthread_mutexattr_setpshared(&attr, model == MODEL_PROCESS), 0);
	return -pthread_mutex_init(contention_lock(c), &attr);
}

static void leaky_acquire(struct worker *w, struct contention *c)
{
	struct leaky *own = contention_node(c, w);

	own->skipped = ++own->turn % 10000 == 0;
	if (!own->skipped)
		(void)pthread_mutex_lock(contention_lock(c));
}

static void leaky_release(struct worker *w, struct contention *c)
{
	const struct leaky *own = contention_node(c, w);

	if (!own->skipped)
		(void)pthread_mutex_unlock(contention_lock(c));
}

static uint64_t leaky_batch(struct worker *w, void *state, uint64_t n)
{
	static const struct contention_ops ops = {
	    .acquire = leaky_acquire, .release = leaky_release, .inside = let_others_in};
	struct contention *c = state;

	return contention_loop(w, c, n, &c->data, &ops);
}

/* The same with nothing broken: the hook and the mutex are not what the check complains of. */
static void sound_acquire(struct worker *w, struct contention *c)
{
	(void)w;
	(void)pthread_mutex_lock(contention_lock(c));
}

static void sound_release(struct worker *w, struct contention *c)
{
	(void)w;
	(void)pthread_mutex_unlock(contention_lock(c));
}

static uint64_t sound_batch(struct worker *w, void *state, uint64_t n)
{
	static const struct contention_ops ops = {
	    .acquire = sound_acquire, .release = sound_release, .inside = let_others_in};
	struct contention *c = state;

	return contention_loop(w, c, n, &c->data, &ops);
}

/* Says that it did one more than it did, once. */
static uint64_t boaster_batch(struct worker *w, void *state, uint64_t n)
{
	static const struct contention_ops ops = {.acquire = nothing, .release = nothing};
	struct contention *c = state;
	struct contention_worker *own = &c->worker[w->index];
	const bool first = own->turn == 0;
	const uint64_t done = contention_loop(w, c, n, &own->data, &ops);

	return done + (first && w->index == 1);
}

/* What should be of each worker alone is of all. */
static uint64_t shared_batch(struct worker *w, void *state, uint64_t n)
{
	static const struct contention_ops ops = {
	    .acquire = nothing, .release = nothing, .inside = let_others_in};
	struct contention *c = state;

	return contention_loop(w, c, n, &c->worker[0].data, &ops);
}

/* Every count is there, only exclusion is not: what the owner word is for. */
static void add_apart_acquire(struct worker *w, struct contention *c)
{
	(void)w;
	atomic_fetch_add(&c->data.counter, 1);
}

static uint64_t add_apart_batch(struct worker *w, void *state, uint64_t n)
{
	static const struct contention_ops ops = {
	    .acquire = add_apart_acquire, .release = nothing, .inside = let_others_in};
	struct contention *c = state;

	return contention_loop(w, c, n, &c->worker[0].data, &ops);
}

static int no_init(struct contention *c, enum model model)
{
	(void)c;
	(void)model;
	return 0;
}

#define open_door_init no_init
#define add_apart_init no_init
#define sound_init leaky_init

static const struct lock_kind open_door = {LOCK_KIND(open_door, "open_door")};
static const struct lock_kind leaky = {LOCK_KIND(leaky, "leaky")};
static const struct lock_kind sound = {LOCK_KIND(sound, "sound")};
static const struct lock_kind add_apart = {LOCK_KIND(add_apart, "add_apart")};
static const struct lock_kind boaster = {
    .name = "boaster",
    .workload = {.op = "turn",
	.state_size = contention_state_size,
	.setup = contention_setup,
	.batch = boaster_batch,
	.check = contention_check_own},
};
static const struct lock_kind shared = {
    .name = "shared",
    .workload = {.op = "turn",
	.state_size = contention_state_size,
	.setup = contention_setup,
	.batch = shared_batch,
	.check = contention_check_own},
};

static void is_caught(const struct lock_kind *kind, enum model model, const char *says)
{
	const struct bench_case bc = a_case(kind, model, 2);
	const uint64_t give_up_ns = clock_now_ns() + PATIENCE_NS;
	struct metric_set metrics;
	struct team t;
	char why[200] = "";
	int ret;

	begin(&t, &bc);
	do {
		ret = trial(&t, &metrics, why, sizeof(why));
		if (clock_now_ns() > give_up_ns)
			fail_msg("%s, %s: not caught", kind->name, model_name(model));
	} while (ret == 0);
	if (ret != -EBADMSG || !strstr(why, says))
		fail_msg("%s, %s: %d, %s", kind->name, model_name(model), ret, why);
	team_destroy(&t);
}

static void broken_locks_are_caught(void **state)
{
	(void)state;
	for (size_t m = 0; m < 2; m++) {
		is_caught(&open_door, models[m], "not exclusive: ");
		is_caught(&leaky, models[m], "not exclusive: ");
		is_caught(&add_apart, models[m], "not exclusive: ");
		is_caught(&boaster, models[m], "the counter of worker 1 alone ");
		is_caught(&shared, models[m], "the counter of worker ");
	}
}

static void the_same_unbroken_passes(void **state)
{
	struct metric_set metrics;
	struct team t;
	char why[200] = "";

	(void)state;
	for (size_t m = 0; m < 2; m++) {
		const struct bench_case bc = a_case(&sound, models[m], 2);

		begin(&t, &bc);
		for (unsigned i = 0; i < 4 * TRIALS; i++)
			if (trial(&t, &metrics, why, sizeof(why)) != 0)
				fail_msg("%s: %s", model_name(models[m]), why);
		team_destroy(&t);
	}
}

/* ---- what is reported ---- */

/* One worker alone: the very first acquisition is from nobody, and no lock is ever found held. */
static void alone(const struct lock_kind *kind)
{
	const struct bench_case bc = a_case(kind, MODEL_THREAD, 1);
	struct metric_set metrics;
	struct team t;
	char why[200] = "";
	double value;

	begin(&t, &bc);
	for (unsigned i = 0; i < TRIALS; i++) {
		if (trial(&t, &metrics, why, sizeof(why)) != 0)
			fail_msg("%s: %s", kind->name, why);
		if (metric_get(&metrics, "handoff_share", &value))
			assert_int_equal(value > 0.0, i == 0);
		if (metric_get(&metrics, "contended_share", &value))
			assert_true(value <= 0.0);
	}
	team_destroy(&t);
}

static void nobody_contends_alone(void **state)
{
	const struct lock_library *const libraries[] = {&lock_library_pthread, &lock_library_ck};

	(void)state;
	for (size_t i = 0; i < sizeof(libraries) / sizeof(libraries[0]); i++)
		for (size_t k = 0; k < libraries[i]->count; k++)
			alone(&libraries[i]->kinds[k]);
}

/* 100 operations more, with so many hand-offs among them, and so many held of 50 tried. */
static void report_more(
    struct bench_env *env, uint64_t *done, uint64_t handoffs, uint64_t held, double *shares)
{
	struct contention *c = env->state;
	struct metric_set metrics = {0};

	done[0] += 40;
	done[1] += 60;
	c->worker[0].handoffs += handoffs / 2;
	c->worker[1].handoffs += handoffs - handoffs / 2;
	c->worker[0].tried += 20;
	c->worker[1].tried += 30;
	c->worker[1].found_held += held;
	contention_report(env, &metrics);
	assert_true(metric_get(&metrics, "handoff_share", &shares[0]));
	assert_true(metric_get(&metrics, "contended_share", &shares[1]));
}

static void metrics_are_of_one_trial(void **state)
{
	const struct bench_case bc = a_case(&sound, MODEL_THREAD, 2);
	uint64_t done[2] = {0};
	double shares[2];
	struct bench_env env;
	struct team t;

	(void)state;
	begin(&t, &bc);
	env = t.env;
	env.done = done;
	report_more(&env, done, 75, 10, shares);
	assert_true(shares[0] > 0.749 && shares[0] < 0.751);
	assert_true(shares[1] > 0.199 && shares[1] < 0.201);
	/* Not what has come together since the beginning. */
	report_more(&env, done, 1, 0, shares);
	assert_true(shares[0] > 0.009 && shares[0] < 0.011);
	assert_true(shares[1] <= 0.0);
	team_destroy(&t);
}

static void times_become_turns(void **state)
{
	struct bench_case bc = a_case(&lock_library_builtin.kinds[0], MODEL_THREAD, 1);
	const struct contention *c;
	struct team t;

	(void)state;
	bc.params[CONTENTION_HOLD_NS] = 1;
	bc.params[CONTENTION_THINK_NS] = 1000000;
	begin(&t, &bc);
	c = t.env.state;
	assert_true(c->hold_turns >= 1);
	assert_true(c->think_turns > c->hold_turns);
	team_destroy(&t);
}

/* ---- the cases that are listed ---- */

static void list(struct case_list *cases, const char *description, enum profile profile)
{
	struct machine m = {.profile = profile, .max_workers = 100000};
	struct topology *synthetic;
	char err[200];

	memset(cases, 0, sizeof(*cases));
	assert_int_equal(topology_synthetic(description, NULL, &synthetic, err, sizeof(err)), 0);
	m.topology = synthetic;
	m.pus = topology_pu_count(synthetic);
	lock_list(cases, &m);
	assert_int_equal(cases->error, 0);
	topology_free(synthetic);
}

static void every_profile_lists(void **state)
{
	static const char *const machines[] = {"pack:1 core:1 pu:1", "pack:1 core:2 pu:1",
	    "pack:1 core:3 pu:1", "pack:2 l3:2 core:8 pu:2", "pack:2 core:64 pu:2"};
	struct case_list cases;

	(void)state;
	for (size_t i = 0; i < sizeof(machines) / sizeof(machines[0]); i++) {
		size_t before = 0;

		for (int profile = PROFILE_SMOKE; profile <= PROFILE_FULL; profile++) {
			unsigned unsupported = 0;

			list(&cases, machines[i], (enum profile)profile);
			assert_true(cases.count > before);
			before = cases.count;
			for (size_t k = 0; k < cases.count; k++)
				unsupported += cases.item[k].unsupported[0] != '\0';
			assert_int_equal(unsupported, 1);
			case_list_free(&cases);
		}
	}
}

static void quick_has_the_rows_promised(void **state)
{
	static const char *const names[] = {
	    "lock/none/model:thread/workers:1/place:scatter/hold_ns:0/think_ns:0",
	    "lock/atomic_add/model:process/workers:4/place:scatter/hold_ns:0/think_ns:0",
	    "lock/pthread_mutex/model:process/workers:2/place:scatter/hold_ns:0/think_ns:0",
	    "lock/ck_ticket/model:thread/workers:4/place:scatter/hold_ns:0/think_ns:0",
	    "lock/ck_mcs/model:thread/workers:2/place:scatter/hold_ns:0/think_ns:0",
	    "lock/ck_mcs/model:process/workers:2/place:scatter/hold_ns:100/think_ns:100",
	    "lock/pthread_mutex/model:coroutine/workers:2/place:scatter/hold_ns:0/think_ns:0",
	};
	struct case_list cases;

	(void)state;
	list(&cases, "pack:1 core:2 pu:1", PROFILE_QUICK);
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (!case_find(&cases, names[i]))
			fail_msg("no case %s", names[i]);
	assert_null(case_find(&cases,
	    "lock/atomic_add/model:thread/workers:2/place:scatter/hold_ns:100/think_ns:100"));
	case_list_free(&cases);
}

static int find_topology(void **state)
{
	char err[200] = "";

	(void)state;
	return topology_discover(&topo, err, sizeof(err));
}

static int free_topology(void **state)
{
	(void)state;
	topology_free(topo);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(every_lock_excludes),
	    cmocka_unit_test(broken_locks_are_caught),
	    cmocka_unit_test(the_same_unbroken_passes),
	    cmocka_unit_test(nobody_contends_alone),
	    cmocka_unit_test(metrics_are_of_one_trial),
	    cmocka_unit_test(times_become_turns),
	    cmocka_unit_test(every_profile_lists),
	    cmocka_unit_test(quick_has_the_rows_promised),
	};

	return cmocka_run_group_tests(tests, find_topology, free_topology);
}
