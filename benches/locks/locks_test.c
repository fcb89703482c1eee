/*
 * locks_test.c - does every lock exclude, and would the self-check say so if it did not?
 *
 * All on the harness's own trials, with real threads and processes.
 */
#include "benches/locks/broken.h"
#include "harness/work/team.h"

#include <errno.h>
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

static const enum cb_model models[] = {CB_THREAD, CB_PROCESS};
static struct topology *topo;

static struct bench_case a_case(const struct lock_kind *kind, enum cb_model model, unsigned workers)
{
	struct bench_case bc = {.workload = &kind->workload,
	    .kind = kind,
	    .model = model,
	    .workers = workers,
	    .place = placement_policy_of(PLACEMENT_SCATTER)};

	(void)snprintf(bc.name, sizeof(bc.name), "test");
	return bc;
}

static void begin(struct team *t, const struct cb_case *c)
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

static void excludes(const struct lock_kind *kind, enum cb_model model, unsigned workers)
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
			fail_msg("%s, %s: %s", kind->name, cb_model_name(model), why);
		if (!kind->workload.report || kind->workload.check == contention_check_own ||
		    topology_pu_count(topo) == 1)
			handoffs = contended = 1.0; /* neither is to be had */
		if (metric_get(&metrics, "handoff_share", &value))
			handoffs += value;
		if (metric_get(&metrics, "contended_share", &value))
			contended += value;
		/* A lock that nobody else wanted has not been tested. */
		if (clock_now_ns() > give_up_ns)
			fail_msg("%s, %s: never contended", kind->name, cb_model_name(model));
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

static void is_caught(const struct lock_kind *kind, enum cb_model model, const char *says)
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
			fail_msg("%s, %s: not caught", kind->name, cb_model_name(model));
	} while (ret == 0);
	if (ret != -EBADMSG || !strstr(why, says))
		fail_msg("%s, %s: %d, %s", kind->name, cb_model_name(model), ret, why);
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
				fail_msg("%s: %s", cb_model_name(models[m]), why);
		team_destroy(&t);
	}
}

/* ---- what is reported ---- */

/* One worker alone: the very first acquisition is from nobody, and no lock is ever found held. */
static void alone(const struct lock_kind *kind)
{
	const struct bench_case bc = a_case(kind, CB_THREAD, 1);
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
    struct cb_env *env, uint64_t *done, uint64_t handoffs, uint64_t held, double *shares)
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
	const struct bench_case bc = a_case(&sound, CB_THREAD, 2);
	uint64_t done[2] = {0};
	double shares[2];
	struct cb_env env;
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
	struct bench_case bc = a_case(&lock_library_builtin.kinds[0], CB_THREAD, 1);
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
	};

	return cmocka_run_group_tests(tests, find_topology, free_topology);
}
