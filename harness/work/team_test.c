/* team_test.c - trials under every model: what the window counts, and what failures become. */
#include "harness/work/team.h"
#include "harness/base/clock.h"
#include "harness/work/case_fixture.h"

#include <dirent.h>
#include <errno.h>
#include <fenv.h>
#include <math.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cmocka.h>

/* More than any worker makes in a window. */
#define STAMPS 1000000u
#define WINDOW_NS (5 * CLOCK_NS_PER_MS)

struct stamps {
	_Alignas(ARENA_ALIGN) atomic_ulong total;
	struct stamp_row {
		_Alignas(ARENA_ALIGN) uint64_t count;
		uint64_t at_ns[STAMPS];
	} row[4];
	unsigned long check_says; /* a wrong sum for the negative control */
};

/* Notes when each operation ended, so that the test can count for itself. The last ones are kept: a
 * worker may have to wait long for the window to open, but leaves when it has closed. */
static uint64_t stamp(struct cb_worker *w, void *state, uint64_t n)
{
	struct stamps *s = state;
	struct stamp_row *row = &s->row[w->index];

	for (uint64_t i = 0; i < n; i++) {
		row->at_ns[row->count++ % STAMPS] = clock_now_ns();
		atomic_fetch_add_explicit(&s->total, 1, memory_order_relaxed);
	}
	return n;
}

static int check_total(const struct cb_env *env, char *why, size_t why_len)
{
	const struct stamps *s = env->state;
	uint64_t done = 0;

	for (unsigned i = 0; i < env->workers; i++)
		done += env->done[i];
	if (atomic_load(&s->total) + s->check_says == done)
		return 0;
	(void)snprintf(why, why_len, "does not add up");
	return -EBADMSG;
}

static const struct cb_workload stamping = {.op = "stamp",
    .latency_of = "nothing",
    .state_bytes = sizeof(struct stamps),
    .batch = stamp,
    .check = check_total,
    .max_batch = 64,
    .cooperative = true};

static struct topology *here(void)
{
	struct topology *topo = NULL;
	char err[200] = "";

	if (topology_discover(&topo, err, sizeof(err)) != 0)
		fail_msg("%s", err);
	return topo;
}

/* Stamps inside the window, counted by looking at every one of them. */
static double count_stamps(const struct team *t, unsigned worker)
{
	const struct stamp_row *row = &((const struct stamps *)t->env.state)->row[worker];
	uint64_t n = 0;

	for (uint64_t i = 0; i < row->count && i < STAMPS; i++)
		n += row->at_ns[i] > t->line->open_ns && row->at_ns[i] <= t->line->close_ns;
	return (double)n;
}

static void window_counts_what_happened_in_it(void **state)
{
	const enum cb_model models[] = {CB_THREAD, CB_PROCESS, CB_COROUTINE};
	struct topology *topo = here();

	(void)state;
	for (size_t m = 0; m < 3; m++) {
		const struct bench_case bc = fixture_case(&stamping, models[m], 2);
		struct sample sample;
		struct team t;
		char why[200] = "";
		double ops = 0.0, rate = 0.0;

		if (team_create(
			&t, &bc, topo, &(struct team_options){.seed = 7}, why, sizeof(why)) != 0)
			fail_msg("%s", why);
		if (team_trial(&t, WINDOW_NS, &sample, why, sizeof(why)) != 0)
			fail_msg("%s: %s", cb_model_name(models[m]), why);
		assert_true(metric_get(&sample.metrics, METRIC_OPS, &ops));
		assert_true(metric_get(&sample.metrics, METRIC_OPS_PER_S, &rate));
		assert_true(ops > 0.0);
		/* Definition: a rate is what was done in the window over the window. */
		assert_true(rate * (double)WINDOW_NS / 1e9 - ops < 1e-3 * ops);
		for (unsigned i = 0; i < 2; i++) {
			const double counted = count_stamps(&t, i);
			const double all = (double)t.done[i];

			/* Within one batch at each end: a preempted batch may lie on either side.
			 */
			assert_true(counted - t.slots[i].window_ops <= 2.0 * 64);
			assert_true(t.slots[i].window_ops - counted <= 2.0 * 64);
			/* Negative control: the whole trial is not what the window holds. */
			assert_true(all - counted > 0.0);
			assert_true((double)sample.worker_ops[i] - t.slots[i].window_ops <= 0.5);
		}
		sample_free(&sample);
		team_destroy(&t);
	}
	topology_free(topo);
}

struct flags {
	_Alignas(ARENA_ALIGN) atomic_ulong batches;
	atomic_ulong raised;
};

static uint64_t look_at_flags(struct cb_worker *w, void *state, uint64_t n)
{
	struct flags *f = state;

	(void)w;
	atomic_fetch_add(&f->batches, 1);
	atomic_fetch_add(&f->raised, fetestexcept(FE_ALL_EXCEPT) != 0);
	return n;
}

static uint64_t raise_a_flag(struct cb_worker *w, void *state, uint64_t n)
{
	(void)feraiseexcept(FE_INEXACT);
	return look_at_flags(w, state, n);
}

static unsigned long flags_raised_in(uint64_t (*batch)(struct cb_worker *, void *, uint64_t),
    enum cb_model model, const struct topology *topo)
{
	const struct cb_workload load = {.op = "look",
	    .state_bytes = sizeof(struct flags),
	    .batch = batch,
	    .max_batch = 64,
	    .cooperative = true};
	const struct bench_case bc = fixture_case(&load, model, 3);
	struct team t;
	char why[200] = "";
	unsigned long raised;

	/* As raised as the flags of a harness that has just worked out an interval. */
	(void)feraiseexcept(FE_ALL_EXCEPT);
	if (team_create(&t, &bc, topo, &(struct team_options){.seed = 7}, why, sizeof(why)) != 0)
		fail_msg("%s", why);
	for (int trial = 0; trial < 3; trial++) {
		struct sample sample;

		if (team_trial(&t, WINDOW_NS, &sample, why, sizeof(why)) != 0)
			fail_msg("%s", why);
		sample_free(&sample);
	}
	assert_true(atomic_load(&((struct flags *)t.env.state)->batches) > 0);
	raised = atomic_load(&((struct flags *)t.env.state)->raised);
	team_destroy(&t);
	return raised;
}

/* Flags that differ between two stacks make a switch between them many times dearer: the harness's
 * own arithmetic must not. */
static void no_floating_point_flag_comes_from_the_harness(void **state)
{
	const enum cb_model models[] = {CB_THREAD, CB_PROCESS, CB_COROUTINE};
	struct topology *topo = here();

	(void)state;
	for (size_t m = 0; m < 3; m++) {
		assert_int_equal(flags_raised_in(look_at_flags, models[m], topo), 0);
		assert_true(flags_raised_in(raise_a_flag, models[m], topo) > 0);
	}
	topology_free(topo);
}

static void trials_repeat_and_add_up(void **state)
{
	const enum cb_model models[] = {CB_THREAD, CB_PROCESS, CB_COROUTINE};
	struct topology *topo = here();

	(void)state;
	for (size_t m = 0; m < 3; m++) {
		const struct bench_case bc = fixture_case(&stamping, models[m], 4);
		struct sample sample;
		struct team t;
		char why[200] = "";

		assert_int_equal(
		    team_create(&t, &bc, topo, &(struct team_options){.seed = 7}, why, sizeof(why)),
		    0);
		for (unsigned i = 0; i < 5; i++) {
			assert_int_equal(team_trial(&t, WINDOW_NS, &sample, why, sizeof(why)), 0);
			sample_free(&sample);
		}
		/* Negative control: a sum that is off by one must be noticed. */
		((struct stamps *)t.env.state)->check_says = 1;
		assert_int_equal(team_trial(&t, WINDOW_NS, &sample, why, sizeof(why)), -EBADMSG);
		assert_string_equal(why, "does not add up");
		team_destroy(&t);
	}
	topology_free(topo);
}

static uint64_t fail_one(struct cb_worker *w, void *state, uint64_t n)
{
	if (w->index == 1)
		cb_fail(w, -EPIPE, "writing");
	return stamp(w, state, n);
}

static const struct cb_workload failing = {
    .op = "stamp", .state_bytes = sizeof(struct stamps), .batch = fail_one, .max_batch = 8};

static uint64_t add(struct cb_worker *w, void *state, uint64_t n)
{
	(void)w;
	*(uint64_t *)state += n;
	return n;
}

/* The journal promises every raw figure, however many workers there are. */
static void every_worker_is_counted_however_many(void **state)
{
	static const struct cb_workload adding = {.op = "add",
	    .state_bytes = ARENA_ALIGN,
	    .batch = add,
	    .max_batch = 64,
	    .cooperative = true};
	const struct bench_case bc = fixture_case(&adding, CB_COROUTINE, 1000);
	struct topology *topo = here();
	struct sample sample;
	struct team t;
	char why[200] = "";
	double ops = 0.0, sum = 0.0;

	(void)state;
	if (team_create(&t, &bc, topo, &(struct team_options){.seed = 7}, why, sizeof(why)) != 0)
		fail_msg("%s", why);
	if (team_trial(&t, WINDOW_NS, &sample, why, sizeof(why)) != 0)
		fail_msg("%s", why);
	assert_int_equal(sample.worker_count, 1000);
	assert_non_null(sample.worker_ops);
	for (unsigned i = 0; i < 1000; i++)
		sum += (double)sample.worker_ops[i];
	assert_true(metric_get(&sample.metrics, METRIC_OPS, &ops));
	assert_true(ops > 0.0);
	/* Each was rounded. */
	assert_true(sum - ops <= 500.0 && ops - sum <= 500.0);
	sample_free(&sample);
	team_destroy(&t);
	topology_free(topo);
}

static void a_worker_error_ends_the_trial(void **state)
{
	const enum cb_model models[] = {CB_THREAD, CB_PROCESS, CB_COROUTINE};
	struct topology *topo = here();

	(void)state;
	for (size_t m = 0; m < 3; m++) {
		const struct bench_case bc = fixture_case(&failing, models[m], 2);
		struct sample sample;
		struct team t;
		char why[200] = "";

		assert_int_equal(
		    team_create(&t, &bc, topo, &(struct team_options){.seed = 7}, why, sizeof(why)),
		    0);
		assert_int_equal(team_trial(&t, WINDOW_NS, &sample, why, sizeof(why)), -EIO);
		assert_non_null(strstr(why, "worker 1: writing: Broken pipe"));
		team_destroy(&t);
	}
	topology_free(topo);
}

static uint64_t die(struct cb_worker *w, void *state, uint64_t n)
{
	if (w->index == 1)
		_exit(3);
	return stamp(w, state, n);
}

static const struct cb_workload dying = {
    .op = "stamp", .state_bytes = sizeof(struct stamps), .batch = die, .max_batch = 8};

static void a_dead_process_is_noticed(void **state)
{
	const struct bench_case bc = fixture_case(&dying, CB_PROCESS, 2);
	struct topology *topo = here();
	struct sample sample;
	struct team t;
	char why[200] = "";

	(void)state;
	assert_int_equal(
	    team_create(&t, &bc, topo, &(struct team_options){.seed = 7}, why, sizeof(why)), 0);
	assert_int_equal(team_trial(&t, WINDOW_NS, &sample, why, sizeof(why)), -ECHILD);
	assert_non_null(strstr(why, "worker process 1 exited with status 3"));
	team_destroy(&t);
	topology_free(topo);
}

struct waiting {
	struct cb_mutex mutex;
	struct cb_cond cond;
};

static int setup_waiting(struct cb_env *env, char *why, size_t why_len)
{
	struct waiting *s = env->state;
	int ret = cb_mutex_init(&s->mutex, env->model);

	(void)why;
	(void)why_len;
	return ret ? ret : cb_cond_init(&s->cond, env->model);
}

static uint64_t wait_for_nobody(struct cb_worker *w, void *state, uint64_t n)
{
	struct waiting *s = state;

	cb_lock(w, &s->mutex);
	cb_wait(w, &s->cond, &s->mutex);
	cb_unlock(w, &s->mutex);
	return n;
}

static const struct cb_workload waiting_load = {.op = "wait",
    .state_bytes = sizeof(struct waiting),
    .setup = setup_waiting,
    .batch = wait_for_nobody,
    .max_batch = 1};

/* A thread would hang here until its deadline; a carrier knows that nobody is left to wake it. */
static void coroutines_that_wait_for_ever_are_noticed(void **state)
{
	const struct bench_case bc = fixture_case(&waiting_load, CB_COROUTINE, 2);
	struct topology *topo = here();
	struct sample sample;
	struct team t;
	char why[200] = "";

	(void)state;
	assert_int_equal(
	    team_create(&t, &bc, topo, &(struct team_options){.seed = 7}, why, sizeof(why)), 0);
	assert_true(team_trial(&t, WINDOW_NS, &sample, why, sizeof(why)) < 0);
	assert_non_null(strstr(why, "coroutines left waiting"));
	team_destroy(&t);
	topology_free(topo);
}

static void placement_is_obeyed_and_read_back(void **state)
{
	const enum cb_model models[] = {CB_THREAD, CB_PROCESS, CB_COROUTINE};
	struct topology *topo = here();
	const unsigned pu = topology_pu(topo, topology_pu_count(topo) - 1)->os_index;

	(void)state;
	for (size_t m = 0; m < 3; m++) {
		struct bench_case bc = fixture_case(&stamping, models[m], 1);
		char why[200] = "", text[32], pus[32];
		struct team t;

		(void)snprintf(text, sizeof(text), "list:%u", pu);
		assert_int_equal(placement_parse(text, &bc.place, why, sizeof(why)), 0);
		assert_int_equal(
		    team_create(&t, &bc, topo, &(struct team_options){.seed = 7}, why, sizeof(why)),
		    0);
		(void)snprintf(text, sizeof(text), "%u", pu);
		assert_string_equal(team_pus(&t, pus, sizeof(pus)), text);
		team_destroy(&t);
	}
	topology_free(topo);
}

static int refuse(struct cb_env *env, char *why, size_t why_len)
{
	(void)env;
	(void)snprintf(why, why_len, "not today");
	return -EIO;
}

static const struct cb_workload refusing = {
    .op = "stamp", .state_bytes = sizeof(struct stamps), .setup = refuse, .batch = stamp};

static void a_failed_setup_leaves_nothing(void **state)
{
	const struct bench_case bc = fixture_case(&refusing, CB_THREAD, 2);
	struct topology *topo = here();
	struct team t;
	char why[200] = "";

	(void)state;
	assert_int_equal(
	    team_create(&t, &bc, topo, &(struct team_options){.seed = 7}, why, sizeof(why)), -EIO);
	assert_string_equal(why, "not today");
	topology_free(topo);
}

/* ---- a trial without a window ---- */

struct growth {
	unsigned calls, tasks, checked, reported;
	uint64_t took_ns;
	uint64_t seed;
	double given;
	int fail_with; /* what the next one comes to */
	bool check_fails;
};

/* OS threads of this process; a sanitizer may have one of its own. */
static unsigned tasks(void)
{
	DIR *dir = opendir("/proc/self/task");
	unsigned n = 0;

	assert_non_null(dir);
	while (readdir(dir))
		n++;
	assert_int_equal(closedir(dir), 0);
	return n;
}

static int grow(struct cb_env *env, struct cb_metrics *metrics, char *why, size_t why_len)
{
	const uint64_t begin_ns = clock_now_ns();
	struct growth *g = env->state;

	g->tasks = tasks();
	g->seed = env->seed;
	g->given = env->given;
	if (g->fail_with) {
		(void)snprintf(why, why_len, "no room");
		return g->fail_with;
	}
	assert_int_equal(cb_metric(metrics, "bytes_each", 100.0 + g->calls), 0);
	/* A figure that could not be had is none. */
	assert_int_equal(cb_metric(metrics, "bytes_per_nothing", NAN), -EINVAL);
	assert_int_equal(cb_metric(metrics, "not a name", 1.0), -EINVAL);
	cb_outcome(metrics, (const char *const[]){"grown", "stayed", "shrunk", NULL}, 1);
	clock_sleep_until_ns(begin_ns + CLOCK_NS_PER_MS);
	g->calls++;
	g->took_ns = clock_now_ns() - begin_ns;
	return 0;
}

static int check_growth(const struct cb_env *env, char *why, size_t why_len)
{
	struct growth *g = env->state;

	g->checked = env->trials;
	if (!g->check_fails)
		return 0;
	(void)snprintf(why, why_len, "too little");
	return -EBADMSG;
}

static void report_growth(const struct cb_env *env, struct cb_metrics *metrics)
{
	struct growth *g = env->state;

	g->reported = env->trials;
	assert_int_equal(cb_metric(metrics, "bytes_left", 7.0), 0);
}

static const struct cb_workload growing = {.op = "growth",
    .latency_of = "nothing",
    .state_bytes = sizeof(struct growth),
    .once = grow,
    .check = check_growth,
    .report = report_growth};

static void a_trial_may_be_one_call(void **state)
{
	const enum cb_model models[] = {CB_THREAD, CB_PROCESS, CB_COROUTINE};
	struct topology *topo = here();
	const unsigned tasks_before = tasks();

	(void)state;
	for (size_t m = 0; m < 3; m++) {
		const struct bench_case bc = fixture_case(&growing, models[m], 1000);
		struct sample sample;
		char why[200] = "", pus[8];
		struct growth *g;
		struct team t;
		double value;

		if (team_create(&t, &bc, topo, &(struct team_options){.seed = 9, .given = 2.5}, why,
			sizeof(why)) != 0)
			fail_msg("%s", why);
		g = t.env.state;
		for (unsigned i = 0; i < 3; i++) {
			if (team_trial(&t, 0, &sample, why, sizeof(why)) != 0)
				fail_msg("%s", why);
			/* However many workers it is about, none is about. */
			assert_int_equal(g->tasks, tasks_before);
			assert_true(waitpid(-1, NULL, WNOHANG) < 0 && errno == ECHILD);
			assert_int_equal(g->calls, i + 1);
			assert_int_equal(g->checked, i + 1);
			assert_int_equal(g->reported, i + 1);
			assert_true(metric_get(&sample.metrics, METRIC_TRIAL_NS, &value));
			assert_true(value >= (double)g->took_ns);
			assert_true(sample_length_ns(&sample) == value);
			assert_true(metric_get(&sample.metrics, "bytes_each", &value));
			assert_true(value == 100.0 + i);
			assert_true(
			    metric_get(&sample.metrics, "outcome.grown", &value) && value == 0);
			assert_true(
			    metric_get(&sample.metrics, "outcome.stayed", &value) && value == 1);
			assert_true(
			    metric_get(&sample.metrics, "outcome.shrunk", &value) && value == 0);
			assert_true(metric_get(&sample.metrics, "bytes_left", &value));
			/* Nothing of windows, operations and workers. */
			assert_false(metric_get(&sample.metrics, METRIC_WINDOW_NS, &value));
			assert_false(metric_get(&sample.metrics, METRIC_OPS, &value));
			assert_false(metric_get(&sample.metrics, METRIC_NS_PER_OP, &value));
			assert_false(metric_get(&sample.metrics, METRIC_RUN_DELAY_PCT, &value));
			assert_int_equal(sample.worker_count, 0);
			assert_null(sample.worker_ops);
			assert_null(sample.latency);
			sample_free(&sample);
		}
		assert_int_equal(g->seed, 9);
		assert_true(g->given == 2.5);
		assert_string_equal(team_pus(&t, pus, sizeof(pus)), "");
		team_destroy(&t);
	}
	topology_free(topo);
}

static void one_call_may_fail(void **state)
{
	static const struct {
		int fail_with;
		bool check_fails;
		int ret;
		const char *why;
	} table[] = {
	    {-ENOTSUP, false, -ENOTSUP, "no room"},
	    {-ENOMEM, false, -ENOMEM, "no room"},
	    {0, true, -EBADMSG, "too little"},
	};
	const struct bench_case bc = fixture_case(&growing, CB_THREAD, 1);
	struct topology *topo = here();

	(void)state;
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		struct sample sample = {.worker_count = 77};
		char why[200] = "";
		struct team t;

		assert_int_equal(
		    team_create(&t, &bc, topo, &(struct team_options){.seed = 7}, why, sizeof(why)),
		    0);
		((struct growth *)t.env.state)->fail_with = table[i].fail_with;
		((struct growth *)t.env.state)->check_fails = table[i].check_fails;
		assert_int_equal(team_trial(&t, 0, &sample, why, sizeof(why)), table[i].ret);
		assert_string_equal(why, table[i].why);
		assert_int_equal(sample.worker_count, 77);
		team_destroy(&t);
	}
	topology_free(topo);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(window_counts_what_happened_in_it),
	    cmocka_unit_test(no_floating_point_flag_comes_from_the_harness),
	    cmocka_unit_test(trials_repeat_and_add_up),
	    cmocka_unit_test(every_worker_is_counted_however_many),
	    cmocka_unit_test(a_worker_error_ends_the_trial),
	    cmocka_unit_test(a_dead_process_is_noticed),
	    cmocka_unit_test(coroutines_that_wait_for_ever_are_noticed),
	    cmocka_unit_test(placement_is_obeyed_and_read_back),
	    cmocka_unit_test(a_failed_setup_leaves_nothing),
	    cmocka_unit_test(a_trial_may_be_one_call),
	    cmocka_unit_test(one_call_may_fail),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
