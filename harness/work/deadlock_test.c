/* deadlock_test.c - who waits for whom is found and named, and nobody who only waits long. */
#include "harness/work/deadlock.h"
#include "harness/base/clock.h"
#include "harness/work/case_fixture.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cmocka.h>

#define LOCKS 6
#define WINDOW_NS (20 * CLOCK_NS_PER_MS)
#define STUCK 77 /* exit status of a child that has been right */

struct locked {
	struct cb_mutex mutex[LOCKS];
	uint32_t have;
};

static struct topology *topo;

static int look(void **state)
{
	char err[200];

	(void)state;
	return topology_discover(&topo, err, sizeof(err));
}

static int forget(void **state)
{
	(void)state;
	topology_free(topo);
	return 0;
}

static int nothing_to_check(const struct cb_env *env, char *why, size_t why_len)
{
	(void)env;
	(void)why;
	(void)why_len;
	return 0;
}

static int make_locks(struct cb_env *env, char *why, size_t why_len)
{
	struct locked *s = env->state;
	int ret = 0;

	(void)why;
	(void)why_len;
	for (unsigned i = 0; i < LOCKS && !ret; i++)
		ret = cb_mutex_init(&s->mutex[i], env->model);
	return ret;
}

/* Its own, and when all have theirs that of the next. */
static uint64_t go_round(struct cb_worker *w, void *state, uint64_t n)
{
	struct locked *s = state;

	cb_lock(w, &s->mutex[w->index]);
	(void)cb_fetch_add(&s->have, 1u);
	while (cb_load(&s->have) < w->count)
		cb_yield(w);
	cb_lock(w, &s->mutex[(w->index + 1) % w->count]);
	return n;
}

/* The others wait for the first of two that wait for each other: these are the circle. */
static uint64_t wait_for_a_pair(struct cb_worker *w, void *state, uint64_t n)
{
	struct locked *s = state;
	const unsigned pair = w->count - 2;

	cb_lock(w, &s->mutex[w->index]);
	(void)cb_fetch_add(&s->have, 1u);
	while (cb_load(&s->have) < w->count)
		cb_yield(w);
	cb_lock(w, &s->mutex[w->index == pair ? pair + 1 : pair]);
	return n;
}

static uint64_t lock_twice(struct cb_worker *w, void *state, uint64_t n)
{
	struct locked *s = state;

	cb_lock(w, &s->mutex[0]);
	cb_lock(w, &s->mutex[0]);
	return n;
}

/* One at a time, and for so long that whoever waits is seen to wait, again and again. */
static uint64_t hold_long(struct cb_worker *w, void *state, uint64_t n)
{
	struct locked *s = state;

	for (unsigned i = 0; i < 2; i++)
		cb_lock(w, &s->mutex[i]);
	cb_sleep_until(w, clock_now_ns() + 3 * TEAM_ALIVE_CHECK_NS);
	for (unsigned i = 2; i-- > 0;)
		cb_unlock(w, &s->mutex[i]);
	return n;
}

/* Each waits to be woken, without the mutex that the others then have. */
static uint64_t ask_the_other(struct cb_worker *w, void *state, uint64_t n)
{
	struct locked *s = state;

	for (unsigned i = 0; i < 50; i++) {
		const unsigned first = w->index % 2;

		cb_lock(w, &s->mutex[first]);
		cb_unlock(w, &s->mutex[first]);
		cb_lock(w, &s->mutex[!first]);
		cb_unlock(w, &s->mutex[!first]);
	}
	return n;
}

struct outcome {
	int ret;
	char why[300];
};

/* In a process that ends although its workers do not. */
static struct outcome try(
    uint64_t (*batch)(struct cb_worker *, void *, uint64_t), enum cb_model model, unsigned workers)
{
	const struct cb_workload load = {.op = "lock",
	    .state_bytes = sizeof(struct locked),
	    .setup = make_locks,
	    .batch = batch,
	    .max_batch = 1,
	    .check = nothing_to_check};
	struct bench_case bc = fixture_case(&load, model, workers);
	struct outcome out = {.ret = 0};
	int fd[2], status;
	pid_t pid;

	assert_int_equal(pipe(fd), 0);
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		struct sample sample;
		struct team t;

		(void)setpgid(0, 0);
		out.ret = team_create(
		    &t, &bc, topo, &(struct team_options){.seed = 3}, out.why, sizeof(out.why));
		if (!out.ret)
			out.ret = team_trial(&t, WINDOW_NS, &sample, out.why, sizeof(out.why));
		if (write(fd[1], &out, sizeof(out)) != sizeof(out))
			_exit(1);
		_exit(STUCK);
	}
	(void)setpgid(pid, pid);
	assert_int_equal(close(fd[1]), 0);
	assert_int_equal(read(fd[0], &out, sizeof(out)), sizeof(out));
	assert_int_equal(close(fd[0]), 0);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	(void)kill(-pid, SIGKILL);
	assert_true(WIFEXITED(status) && WEXITSTATUS(status) == STUCK);
	return out;
}

static const enum cb_model models[] = {CB_THREAD, CB_PROCESS, CB_COROUTINE};
#define MODELS (sizeof(models) / sizeof(models[0]))

static void names(
    uint64_t (*batch)(struct cb_worker *, void *, uint64_t), unsigned workers, const char *want)
{
	for (size_t i = 0; i < MODELS; i++) {
		const struct outcome o = try(batch, models[i], workers);

		if (o.ret != -EDEADLK || strcmp(o.why, want) != 0)
			fail_msg("%s: %d '%s' instead of '%s'", cb_model_name(models[i]), o.ret,
			    o.why, want);
	}
}

static void a_circle_is_named(void **state)
{
	(void)state;
	names(go_round, 2,
	    "deadlock: worker 0 waits for a lock that worker 1 holds, worker 1 waits for a lock "
	    "that worker 0 holds");
	names(go_round, 6,
	    "deadlock: worker 0 waits for a lock that worker 1 holds, worker 1 waits for a lock "
	    "that worker 2 holds, worker 2 waits for a lock that worker 3 holds, worker 3 waits "
	    "for a lock that worker 4 holds, ...: 6 in a circle");
}

static void who_waits_for_a_circle_is_not_in_it(void **state)
{
	(void)state;
	names(wait_for_a_pair, 4,
	    "deadlock: worker 2 waits for a lock that worker 3 holds, worker 3 waits for a lock "
	    "that worker 2 holds");
}

static void a_worker_may_wait_for_itself(void **state)
{
	(void)state;
	names(lock_twice, 1, "deadlock: worker 0 waits for a lock that it holds itself");
}

static void waiting_long_is_no_deadlock(void **state)
{
	(void)state;
	for (size_t i = 0; i < MODELS; i++) {
		struct outcome o = try(hold_long, models[i], 2);

		if (o.ret)
			fail_msg("%s: %s", cb_model_name(models[i]), o.why);
		o = try(ask_the_other, models[i], 4);
		if (o.ret)
			fail_msg("%s: %s", cb_model_name(models[i]), o.why);
	}
}

/* A circle that is put together of moments that never were is not there the next time; nor is one
 * whose members have waited anew since. */
static void what_is_seen_once_is_not_believed(void **state)
{
	struct cb_mutex mutex[2] = {{.owner = 1}, {.owner = 2}};
	static struct trial_slot slots[2];
	const struct bench_case bc = {.pub = {.model = CB_COROUTINE, .workers = 2}};
	const struct team t = {.bc = &bc, .slots = slots, .units = 2};
	uint64_t seen = 0;
	char why[300] = "";

	(void)state;
	slots[0].wants = &mutex[1];
	slots[1].wants = &mutex[0];
	assert_int_equal(deadlock_find(&t, &seen, why, sizeof(why)), 0);
	slots[1].waits++;
	assert_int_equal(deadlock_find(&t, &seen, why, sizeof(why)), 0);
	slots[1].wants = NULL;
	assert_int_equal(deadlock_find(&t, &seen, why, sizeof(why)), 0);
	slots[1].wants = &mutex[0];
	assert_int_equal(deadlock_find(&t, &seen, why, sizeof(why)), 0);
	assert_string_equal(why, "");
	assert_int_equal(deadlock_find(&t, &seen, why, sizeof(why)), -EDEADLK);
	/* Nobody has it, or somebody who is no worker. */
	mutex[0].owner = 0;
	for (unsigned i = 0; i < 3; i++)
		assert_int_equal(deadlock_find(&t, &seen, why, sizeof(why)), 0);
	mutex[0].owner = 3;
	for (unsigned i = 0; i < 3; i++)
		assert_int_equal(deadlock_find(&t, &seen, why, sizeof(why)), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_circle_is_named),
	    cmocka_unit_test(who_waits_for_a_circle_is_not_in_it),
	    cmocka_unit_test(a_worker_may_wait_for_itself),
	    cmocka_unit_test(waiting_long_is_no_deadlock),
	    cmocka_unit_test(what_is_seen_once_is_not_believed),
	};

	return cmocka_run_group_tests_name("deadlock", tests, look, forget);
}
