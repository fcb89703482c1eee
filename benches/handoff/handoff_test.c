/* handoff_test.c - hand-offs that go wrong are caught: state that is spoiled between trials, and
 * workers whose operations do not do what they should. */
#include "benches/driver.h"
#include "benches/handoff/context.h"
#include "benches/handoff/turns.h"

#define WINDOW_NS (5 * CLOCK_NS_PER_MS)

static const char *const turns_rows[] = {"futex", "pipe", "condvar"};

static void begin_turns(struct driver *d, const char *kind, const char *model)
{
	char name[80];

	(void)snprintf(name, sizeof(name), "handoff/%s/model:%s", kind, model);
	driver_begin(d, name);
	driver_good_trial(d, WINDOW_NS);
}

/* Beginnings and ends are where hand-offs get lost. */
static void many_short_trials(void **state)
{
	(void)state;
	for (size_t i = 0; i < 3; i++) {
		for (unsigned process = 0; process < 2; process++) {
			struct driver d;

			begin_turns(&d, turns_rows[i], process ? "process" : "thread");
			for (unsigned trial = 0; trial < 20; trial++)
				driver_good_trial(&d, WINDOW_NS / 10);
			assert_true(driver_done(&d) > 0);
			driver_end(&d);
		}
	}
}

static void hand_offs_add_up(void **state)
{
	(void)state;
	for (size_t i = 0; i < 3; i++) {
		struct turns *t;
		struct driver d;

		begin_turns(&d, turns_rows[i], "thread");
		t = d.env->state;
		assert_int_equal(driver_check(&d), 0);
		/* One that nobody did, one that was not counted, one out of turn. */
		t->count++;
		assert_int_equal(driver_check(&d), -EBADMSG);
		t->count--;
		d.team.done[0]++;
		assert_int_equal(driver_check(&d), -EBADMSG);
		assert_non_null(strstr(d.why, "were counted"));
		d.team.done[0]--;
		t->worker[1].out_of_turn++;
		assert_int_equal(driver_check(&d), -EBADMSG);
		assert_non_null(strstr(d.why, "worker 1: 1 hand-offs out of turn"));
		driver_end(&d);
	}
}

/* The word moves on by a whole round that nobody did: the workers notice by themselves. */
static void a_lost_round_is_noticed(void **state)
{
	struct driver d;

	(void)state;
	begin_turns(&d, "condvar", "thread");
	((struct turns *)d.env->state)->count += 2;
	assert_int_equal(driver_trial(&d, WINDOW_NS), -EBADMSG);
	assert_non_null(strstr(d.why, "out of turn"));
	driver_end(&d);
}

static void two_take_turns(void **state)
{
	static const char *const bad[] = {
	    "handoff/pipe/workers:1", "handoff/futex/workers:3", "handoff/yield/workers:1"};

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		struct bench_case bc;

		driver_case(bad[i], &bc);
		assert_true(bc.declined);
		assert_non_null(strstr(bc.unsupported, "two"));
	}
}

/* ---- yield ---- */

static const struct cb_worker_ops *real_ops;
static uint64_t yields;

/* Once in a while nobody else runs. */
static void lazy_yield(struct cb_worker *w)
{
	if (++yields % 1000 != 0)
		real_ops->yield(w);
}

static void a_yield_that_runs_nobody_is_caught(void **state)
{
	struct cb_worker_ops ops;
	struct driver d;

	(void)state;
	driver_begin(&d, "handoff/yield/model:coroutine/place:same");
	driver_good_trial(&d, WINDOW_NS);
	real_ops = d.team.workers[0].pub.ops;
	ops = *real_ops;
	ops.yield = lazy_yield;
	d.team.workers[0].pub.ops = &ops;
	assert_int_equal(driver_trial(&d, WINDOW_NS), -EBADMSG);
	assert_non_null(strstr(d.why, "ran nobody else"));
	driver_end(&d);
}

static void yields_are_counted(void **state)
{
	struct driver d;

	(void)state;
	driver_begin(&d, "handoff/yield/model:thread/place:same");
	driver_good_trial(&d, WINDOW_NS);
	assert_true(driver_metric(&d, "handed_over_pct") > 0.0);
	assert_true(driver_metric(&d, "handed_over_pct") <= 100.0);
	d.team.done[1]++;
	assert_int_equal(driver_trial(&d, WINDOW_NS), -EBADMSG);
	assert_non_null(strstr(d.why, "were counted"));
	driver_end(&d);
}

/* ---- contexts ---- */

static void a_lost_switch_is_caught(void **state)
{
	static const char *const rows[] = {
	    "handoff/fcontext", "handoff/fcontext_flags", "handoff/ucontext"};

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		struct context_state *st;
		struct driver d;

		driver_begin(&d, rows[i]);
		driver_good_trial(&d, WINDOW_NS);
		st = d.env->state;
		st->entered--;
		assert_int_equal(driver_check(&d), -EBADMSG);
		st->entered++;
		st->lost++;
		assert_int_equal(driver_check(&d), -EBADMSG);
		st->lost--;
		assert_int_equal(driver_check(&d), 0);
		d.team.done[0] += 2;
		assert_int_equal(driver_check(&d), -EBADMSG);
		driver_end(&d);
	}
}

/* The two rows differ in one thing, and each looks whether it has it. */
static void flags_are_what_they_have_to_be(void **state)
{
	static const struct {
		const char *name;
		bool kept;
	} rows[] = {{"handoff/fcontext", false}, {"handoff/fcontext_flags", true}};

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		struct context_state *st;
		struct driver d;

		driver_begin(&d, rows[i].name);
		driver_good_trial(&d, WINDOW_NS);
		st = d.env->state;
		assert_int_equal(st->flag_kept, rows[i].kept);
		st->flag_kept = !rows[i].kept;
		assert_int_not_equal(driver_trial(&d, WINDOW_NS), 0);
		assert_non_null(strstr(d.why, "floating-point flag"));
		driver_end(&d);
	}
}

/* ---- calls ---- */

static uint64_t deaf(struct cb_worker *w)
{
	return w->calls;
}

static void a_call_that_does_not_arrive_is_caught(void **state)
{
	struct cb_worker_ops ops;
	struct driver d;

	(void)state;
	driver_begin(&d, "handoff/call_worker");
	driver_good_trial(&d, WINDOW_NS);
	ops = *d.team.workers[0].pub.ops;
	ops.nothing = deaf;
	d.team.workers[0].pub.ops = &ops;
	assert_int_equal(driver_trial(&d, WINDOW_NS), -EBADMSG);
	driver_end(&d);
	driver_begin(&d, "handoff/call_direct");
	driver_good_trial(&d, WINDOW_NS);
	d.team.done[0]++;
	assert_int_equal(driver_trial(&d, WINDOW_NS), -EBADMSG);
	driver_end(&d);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(many_short_trials),
	    cmocka_unit_test(hand_offs_add_up),
	    cmocka_unit_test(a_lost_round_is_noticed),
	    cmocka_unit_test(two_take_turns),
	    cmocka_unit_test(a_yield_that_runs_nobody_is_caught),
	    cmocka_unit_test(yields_are_counted),
	    cmocka_unit_test(a_lost_switch_is_caught),
	    cmocka_unit_test(flags_are_what_they_have_to_be),
	    cmocka_unit_test(a_call_that_does_not_arrive_is_caught),
	};

	return cmocka_run_group_tests(tests, driver_setup, driver_teardown);
}
