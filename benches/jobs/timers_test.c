#include "benches/jobs/timers.h"

#include "benches/driver.h"

#define PERIOD_US 500

static void begin(struct driver *d, unsigned workers)
{
	char name[80];

	(void)snprintf(name, sizeof(name), "job/timers/model:thread/workers:%u/period_us:%d",
	    workers, PERIOD_US);
	driver_begin(d, name);
}

static void intended_times_are_spread(void **unused)
{
	struct timers_state *st;
	struct driver d;

	(void)unused;
	begin(&d, 4);
	st = d.env->state;
	driver_good_trial(&d, 2 * CLOCK_NS_PER_MS);
	for (unsigned i = 0; i < 4; i++)
		assert_int_equal(st->worker[i].next_ns % st->period_ns, i * st->period_ns / 4);
	driver_end(&d);
}

static bool stalled;

/* Sleeps, but once inside the window for eight periods: what it delays must show, and be caught up
 * with. */
static void stalling_sleep(struct cb_worker *w, uint64_t abs_ns)
{
	if (!stalled && clock_now_ns() >= atomic_load(worker_of(w)->open_ns)) {
		stalled = true;
		abs_ns += 8 * PERIOD_US * CLOCK_NS_PER_US;
	}
	clock_sleep_until_ns(abs_ns);
}

static void stall_counts_for_all_it_delays(void **unused)
{
	struct cb_worker_ops ops;
	struct timers_state *st;
	struct driver d;

	(void)unused;
	begin(&d, 1);
	ops = *d.team.workers[0].pub.ops;
	ops.sleep_until = stalling_sleep;
	st = d.env->state;
	d.team.workers[0].pub.ops = &ops;
	driver_good_trial(&d, 50 * CLOCK_NS_PER_MS);
	assert_true(stalled);
	/* One latency a wake-up; the stall's eight periods, and the seven behind it less each. */
	assert_true(d.sample.latency->count >= 8);
	assert_true(d.sample.latency->max >= 8 * st->period_ns);
	assert_true(d.sample.latency->sum >= (8 + 7 + 6 + 5 + 4 + 3 + 2 + 1) * st->period_ns);
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
	struct cb_worker_ops ops;
	struct driver d;

	(void)unused;
	begin(&d, 2);
	ops = *d.team.workers[0].pub.ops;
	ops.sleep_until = early_sleep;
	d.team.workers[1].pub.ops = &ops;
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
	begin(&d, 1);
	st = d.env->state;
	driver_good_trial(&d, 5 * CLOCK_NS_PER_MS);
	st->worker[0].wakeups += 1000;
	assert_int_equal(driver_check(&d), -EBADMSG);
	assert_non_null(strstr(d.why, "at most"));
	st->worker[0].wakeups -= 1000;
	st->worker[0].next_ns += st->period_ns;
	assert_int_equal(driver_check(&d), -EBADMSG);
	assert_non_null(strstr(d.why, "skipped"));
	st->worker[0].next_ns -= st->period_ns;
	d.team.done[0]--;
	assert_int_equal(driver_check(&d), -EBADMSG);
	driver_end(&d);
}

static void bad_period_is_refused(void **unused)
{
	struct bench_case bc;
	char err[200];

	(void)unused;
	assert_true(case_parse(&driver_registry, &driver_host, "job/timers/period_us:0", &bc, NULL,
			err, sizeof(err)) < 0);
	assert_non_null(strstr(err, "period_us: '0' is out of range"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(intended_times_are_spread),
	    cmocka_unit_test(stall_counts_for_all_it_delays),
	    cmocka_unit_test(early_wake_up_is_caught),
	    cmocka_unit_test(too_many_and_skipped_are_caught),
	    cmocka_unit_test(bad_period_is_refused),
	};

	return cmocka_run_group_tests(tests, driver_setup, driver_teardown);
}
