#include "benches/jobs/timers.h"

#include "benches/jobs/driver.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#define PERIOD_US 500

static void begin(struct driver *d, enum cb_model model, unsigned workers)
{
	assert_int_equal(driver_begin(d, &timers_workload, model, workers, PERIOD_US, 0), 0);
}

static void every_model_wakes_on_time(void **unused)
{
	static const enum cb_model models[] = {CB_THREAD, CB_PROCESS};
	struct driver d;

	(void)unused;
	for (size_t i = 0; i < 2; i++) {
		begin(&d, models[i], 4);
		for (int trial = 0; trial < 3; trial++)
			assert_int_equal(driver_trial(&d, 10 * CLOCK_NS_PER_MS), 0);
		assert_true(driver_done(&d) >= 4 * 3);
		driver_end(&d);
	}
}

static void intended_times_are_spread(void **unused)
{
	struct timers_state *st;
	struct driver d;

	(void)unused;
	begin(&d, CB_THREAD, 4);
	st = d.env.state;
	assert_int_equal(driver_trial(&d, 2 * CLOCK_NS_PER_MS), 0);
	for (unsigned i = 0; i < 4; i++)
		assert_int_equal(st->worker[i].next_ns % st->period_ns, i * st->period_ns / 4);
	driver_end(&d);
}

/* Sleeps, but once for eight periods: what it delays must show, and be caught up with. */
static void stalling_sleep(struct cb_worker *w, uint64_t abs_ns)
{
	if (w->calls++ == 2)
		abs_ns += 8 * PERIOD_US * CLOCK_NS_PER_US;
	clock_sleep_until_ns(abs_ns);
}

static void stall_counts_for_all_it_delays(void **unused)
{
	struct cb_worker_ops ops = driver_ops;
	struct timers_state *st;
	struct driver d;

	(void)unused;
	ops.sleep_until = stalling_sleep;
	begin(&d, CB_THREAD, 1);
	st = d.env.state;
	d.shared->worker[0].ops = &ops;
	assert_int_equal(driver_trial(&d, 50 * CLOCK_NS_PER_MS), 0);
	/* One latency a wake-up; the stall's eight periods, and the seven behind it less each. */
	assert_int_equal(d.shared->latency.count, driver_done(&d));
	assert_true(d.shared->latency.max >= 8 * st->period_ns);
	assert_true(d.shared->latency.sum >= (8 + 7 + 6 + 5 + 4 + 3 + 2 + 1) * st->period_ns);
	driver_end(&d);
}

/* Does not sleep at all: runs ever further ahead of the clock, however slow the machine. */
static void early_sleep(struct cb_worker *w, uint64_t abs_ns)
{
	(void)w;
	(void)abs_ns;
}

static void early_wake_up_is_caught(void **unused)
{
	struct cb_worker_ops ops = driver_ops;
	struct driver d;

	(void)unused;
	ops.sleep_until = early_sleep;
	begin(&d, CB_THREAD, 2);
	d.shared->worker[1].ops = &ops;
	assert_int_equal(driver_trial(&d, 10 * CLOCK_NS_PER_MS), -EBADMSG);
	assert_non_null(strstr(d.why, "worker 1"));
	assert_non_null(strstr(d.why, "before their time"));
	driver_end(&d);
}

/* The other checks do not depend on the clock of the one above. */
static void too_many_and_skipped_are_caught(void **unused)
{
	struct timers_state *st;
	struct driver d;

	(void)unused;
	begin(&d, CB_THREAD, 1);
	st = d.env.state;
	assert_int_equal(driver_trial(&d, 5 * CLOCK_NS_PER_MS), 0);
	st->worker[0].wakeups += 1000;
	assert_int_equal(timers_workload.check(&d.env, d.why, sizeof(d.why)), -EBADMSG);
	assert_non_null(strstr(d.why, "at most"));
	st->worker[0].wakeups -= 1000;
	st->worker[0].next_ns += st->period_ns;
	assert_int_equal(timers_workload.check(&d.env, d.why, sizeof(d.why)), -EBADMSG);
	assert_non_null(strstr(d.why, "skipped"));
	st->worker[0].next_ns -= st->period_ns;
	d.shared->done[0]--;
	assert_int_equal(timers_workload.check(&d.env, d.why, sizeof(d.why)), -EBADMSG);
	driver_end(&d);
}

static void bad_period_is_refused(void **unused)
{
	struct driver d;

	(void)unused;
	assert_int_equal(driver_begin(&d, &timers_workload, CB_THREAD, 1, 0, 0), -EINVAL);
	driver_end(&d);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(every_model_wakes_on_time),
	    cmocka_unit_test(intended_times_are_spread),
	    cmocka_unit_test(stall_counts_for_all_it_delays),
	    cmocka_unit_test(early_wake_up_is_caught),
	    cmocka_unit_test(too_many_and_skipped_are_caught),
	    cmocka_unit_test(bad_period_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
