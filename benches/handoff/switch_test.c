#include "benches/jobs/driver.h"
#include "benches/handoff/switch_rows.h"

#include <fenv.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#define WINDOW_NS (5 * CLOCK_NS_PER_MS)

static void begin(
    struct driver *d, const struct cb_workload *load, enum cb_model model, unsigned workers)
{
	assert_int_equal(driver_begin(d, load, model, workers, 0, 0), 0);
}

static int check(struct driver *d)
{
	return d->load->check(&d->env, d->why, sizeof(d->why));
}

static void every_row_runs(void **unused)
{
	static const struct {
		const struct cb_workload *load;
		enum cb_model model;
		unsigned workers;
	} rows[] = {
	    {&switch_futex_workload, CB_THREAD, 2},
	    {&switch_futex_workload, CB_PROCESS, 2},
	    {&switch_pipe_workload, CB_THREAD, 2},
	    {&switch_pipe_workload, CB_PROCESS, 2},
	    {&switch_condvar_workload, CB_THREAD, 2},
	    {&switch_condvar_workload, CB_PROCESS, 2},
	    {&switch_yield_workload, CB_THREAD, 2},
	    {&switch_yield_workload, CB_PROCESS, 3},
	    {&switch_fcontext_workload, CB_THREAD, 1},
	    {&switch_fcontext_flags_workload, CB_THREAD, 1},
	    {&switch_ucontext_workload, CB_THREAD, 1},
	    {&switch_call_direct_workload, CB_THREAD, 1},
	    {&switch_call_worker_workload, CB_THREAD, 1},
	};
	struct driver d;

	(void)unused;
	(void)feclearexcept(FE_ALL_EXCEPT);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		begin(&d, rows[i].load, rows[i].model, rows[i].workers);
		/* Many short trials: beginnings and ends are where hand-offs get lost. */
		for (int trial = 0; trial < 20; trial++)
			assert_int_equal(driver_trial(&d, WINDOW_NS / 10), 0);
		assert_int_equal(driver_trial(&d, WINDOW_NS), 0);
		assert_true(driver_done(&d) > 0);
		driver_end(&d);
	}
}

/* ---- pipe and condition variable ---- */

static void tokens_are_not_made_nor_lost(void **unused)
{
	struct switch_pipe_state *st;
	struct driver d;
	char byte = 'T';

	(void)unused;
	begin(&d, &switch_pipe_workload, CB_THREAD, 2);
	st = d.env.state;
	assert_int_equal(driver_trial(&d, WINDOW_NS), 0);
	assert_int_equal(write(st->to[0][1], &byte, 1), 1);
	assert_int_equal(check(&d), -EBADMSG);
	assert_non_null(strstr(d.why, "tokens"));
	/* That check has taken all of them out. */
	assert_int_equal(check(&d), -EBADMSG);
	driver_end(&d);
}

static void pipe_hand_offs_take_turns(void **unused)
{
	struct switch_pipe_state *st;
	struct driver d;

	(void)unused;
	begin(&d, &switch_pipe_workload, CB_THREAD, 2);
	st = d.env.state;
	assert_int_equal(driver_trial(&d, WINDOW_NS), 0);
	(void)atomic_fetch_add(&st->done, 1);
	assert_int_equal(driver_trial(&d, WINDOW_NS), -EBADMSG);
	assert_non_null(strstr(d.why, "out of turn"));
	driver_end(&d);
	begin(&d, &switch_pipe_workload, CB_THREAD, 2);
	assert_int_equal(driver_trial(&d, WINDOW_NS), 0);
	d.shared->done[1] += 2;
	assert_int_equal(check(&d), -EBADMSG);
	driver_end(&d);
}

static void condvar_hand_offs_add_up(void **unused)
{
	struct switch_condvar_state *st;
	struct driver d;

	(void)unused;
	begin(&d, &switch_condvar_workload, CB_PROCESS, 2);
	st = d.env.state;
	assert_int_equal(driver_trial(&d, WINDOW_NS), 0);
	st->done++;
	assert_int_equal(check(&d), -EBADMSG);
	st->done--;
	assert_int_equal(check(&d), 0);
	d.shared->done[0]++;
	assert_int_equal(check(&d), -EBADMSG);
	d.shared->done[0]--;
	st->turn = 1 - st->turn;
	assert_int_equal(check(&d), -EBADMSG);
	driver_end(&d);
}

static void ping_pong_needs_two(void **unused)
{
	struct driver d;

	(void)unused;
	assert_int_equal(driver_begin(&d, &switch_pipe_workload, CB_THREAD, 1, 0, 0), -EINVAL);
	driver_end(&d);
	assert_int_equal(driver_begin(&d, &switch_condvar_workload, CB_THREAD, 3, 0, 0), -EINVAL);
	driver_end(&d);
}

/* ---- futex ---- */

static void lost_hand_off_is_caught(void **unused)
{
	struct switch_futex_state *st;
	struct driver d;

	(void)unused;
	begin(&d, &switch_futex_workload, CB_THREAD, 2);
	st = d.env.state;
	assert_int_equal(driver_trial(&d, WINDOW_NS), 0);
	/* The word moves on by a whole round that nobody did. */
	atomic_fetch_add(&st->word, 2 * SWITCH_FUTEX_TURN);
	assert_int_equal(check(&d), -EBADMSG);
	assert_int_equal(driver_trial(&d, WINDOW_NS), -EBADMSG);
	assert_non_null(strstr(d.why, "out of turn"));
	driver_end(&d);
}

static void miscounted_hand_offs_are_caught(void **unused)
{
	struct driver d;

	(void)unused;
	begin(&d, &switch_futex_workload, CB_THREAD, 2);
	assert_int_equal(driver_trial(&d, WINDOW_NS), 0);
	d.shared->done[0] += 2;
	assert_int_equal(check(&d), -EBADMSG);
	assert_non_null(strstr(d.why, "alternate"));
	d.shared->done[1] += 2;
	assert_int_equal(check(&d), -EBADMSG);
	assert_non_null(strstr(d.why, "the word says"));
	driver_end(&d);
}

static void futex_needs_two(void **unused)
{
	struct driver d;

	(void)unused;
	assert_int_equal(driver_begin(&d, &switch_futex_workload, CB_THREAD, 3, 0, 0), -EINVAL);
	driver_end(&d);
}

/* ---- yield ---- */

/* A carrier of two coroutines, as worker 0 sees it: when it is back, the other has yielded. */
static void yield_to_other(struct cb_worker *w)
{
	atomic_uint *last = w->local;

	atomic_store(last, 1);
}

static void yield_to_nobody(struct cb_worker *w)
{
	(void)w;
}

static int coroutine_yields(void (*yield)(struct cb_worker *w), unsigned running)
{
	struct cb_worker_ops ops = driver_ops;
	struct switch_yield_state *st;
	struct driver d;
	int ret;

	ops.yield = yield;
	begin(&d, &switch_yield_workload, CB_COROUTINE, 2);
	st = d.env.state;
	/* The other one is in its loop already, or has not come yet. */
	atomic_store(&st->running, running - 1);
	d.shared->worker[0].ops = &ops;
	d.shared->worker[0].local = &st->last;
	d.shared->done[0] = switch_yield_workload.batch(&d.shared->worker[0], st, 100);
	switch_yield_workload.leave(&d.shared->worker[0], st);
	ret = check(&d);
	driver_end(&d);
	return ret;
}

static void yield_that_runs_nobody_is_caught(void **unused)
{
	(void)unused;
	assert_int_equal(coroutine_yields(yield_to_other, 2), 0);
	assert_int_equal(coroutine_yields(yield_to_nobody, 2), -EBADMSG);
	/* Alone because the others have not begun or are done: nothing wrong. */
	assert_int_equal(coroutine_yields(yield_to_nobody, 1), 0);
}

static void handed_over_share_is_reported(void **unused)
{
	struct switch_yield_state *st;
	struct metric_set metrics = {0};
	struct driver d;
	double pct = 0.0;

	(void)unused;
	begin(&d, &switch_yield_workload, CB_THREAD, 2);
	st = d.env.state;
	st->worker[0].yields = 6;
	st->worker[1].yields = 4;
	st->worker[1].alone = 1;
	switch_yield_workload.report(&d.env, &metrics);
	assert_true(metric_get(&metrics, "handed_over_pct", &pct));
	assert_true(pct > 89.9 && pct < 90.1);
	driver_end(&d);
}

/* ---- contexts ---- */

static void lost_switch_is_caught(void **unused)
{
	static const struct cb_workload *const loads[] = {
	    &switch_fcontext_workload, &switch_fcontext_flags_workload, &switch_ucontext_workload};
	struct switch_context_state *st;
	struct driver d;

	(void)unused;
	(void)feclearexcept(FE_ALL_EXCEPT);
	for (size_t i = 0; i < sizeof(loads) / sizeof(loads[0]); i++) {
		begin(&d, loads[i], CB_THREAD, 1);
		st = d.env.state;
		assert_int_equal(driver_trial(&d, WINDOW_NS), 0);
		st->entered--;
		assert_int_equal(check(&d), -EBADMSG);
		st->entered++;
		d.shared->done[0] += 2;
		assert_int_equal(check(&d), -EBADMSG);
		driver_end(&d);
	}
}

static void equal_flags_are_caught(void **unused)
{
	struct switch_context_state *st;
	volatile double inexact = 3.0;
	struct driver d;

	(void)unused;
	(void)feclearexcept(FE_ALL_EXCEPT);
	begin(&d, &switch_fcontext_flags_workload, CB_THREAD, 1);
	st = d.env.state;
	assert_int_equal(driver_trial(&d, WINDOW_NS), 0);
	assert_true(st->flag_kept);
	st->flag_kept = false;
	assert_int_equal(driver_trial(&d, WINDOW_NS), -EBADMSG);
	st->flag_kept = true;
	d.shared->worker[0].error = 0;
	assert_int_equal(driver_trial(&d, WINDOW_NS), 0);
	inexact = 1.0 / inexact; /* a worker thread begins with the flags of its maker */
	assert_int_equal(driver_trial(&d, WINDOW_NS), -EBADMSG);
	driver_end(&d);
}

static void a_raised_flag_is_caught(void **unused)
{
	struct switch_context_state *st;
	volatile double inexact = 3.0;
	struct driver d;

	(void)unused;
	(void)feclearexcept(FE_ALL_EXCEPT);
	begin(&d, &switch_fcontext_workload, CB_THREAD, 1);
	st = d.env.state;
	assert_int_equal(driver_trial(&d, WINDOW_NS), 0);
	assert_false(st->flag_kept);
	st->flag_kept = true;
	assert_int_equal(driver_trial(&d, WINDOW_NS), -EBADMSG);
	st->flag_kept = false;
	d.shared->worker[0].error = 0;
	assert_int_equal(driver_trial(&d, WINDOW_NS), 0);
	inexact = 1.0 / inexact; /* in the worker only: the context is there already */
	assert_int_equal(driver_trial(&d, WINDOW_NS), -EBADMSG);
	driver_end(&d);
}

/* ---- calls ---- */

static uint64_t deaf(struct cb_worker *w)
{
	return w->calls;
}

static void call_that_does_not_arrive_is_caught(void **unused)
{
	struct cb_worker_ops ops = driver_ops;
	struct driver d;

	(void)unused;
	ops.nothing = deaf;
	begin(&d, &switch_call_worker_workload, CB_THREAD, 1);
	d.shared->worker[0].ops = &ops;
	assert_int_equal(driver_trial(&d, WINDOW_NS), -EBADMSG);
	driver_end(&d);
	begin(&d, &switch_call_direct_workload, CB_THREAD, 1);
	d.shared->done[0] = 1;
	assert_int_equal(driver_trial(&d, WINDOW_NS), -EBADMSG);
	driver_end(&d);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(every_row_runs),
	    cmocka_unit_test(tokens_are_not_made_nor_lost),
	    cmocka_unit_test(pipe_hand_offs_take_turns),
	    cmocka_unit_test(condvar_hand_offs_add_up),
	    cmocka_unit_test(ping_pong_needs_two),
	    cmocka_unit_test(lost_hand_off_is_caught),
	    cmocka_unit_test(miscounted_hand_offs_are_caught),
	    cmocka_unit_test(futex_needs_two),
	    cmocka_unit_test(yield_that_runs_nobody_is_caught),
	    cmocka_unit_test(handed_over_share_is_reported),
	    cmocka_unit_test(lost_switch_is_caught),
	    cmocka_unit_test(equal_flags_are_caught),
	    cmocka_unit_test(a_raised_flag_is_caught),
	    cmocka_unit_test(call_that_does_not_arrive_is_caught),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
