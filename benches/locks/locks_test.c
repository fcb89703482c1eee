/* locks_test.c - what a lock's trial reports. (That locks exclude, and that those that do not are
 * caught, is in conformance_test.c.) */
#include "benches/driver.h"

#include <concbench/lock.h>

#define WINDOW_NS (4 * CLOCK_NS_PER_MS)

/* One worker alone: the very first acquisition is from nobody, and no lock is ever found held. */
static void nobody_contends_alone(void **state)
{
	unsigned locks = 0;

	(void)state;
	for (size_t i = 0; i < driver_registry.count; i++) {
		const struct kind *k = &driver_registry.item[i];
		struct driver d;
		char name[100];

		if (strcmp(k->family->name, "lock") != 0 || !kind_listed(k) ||
		    (k->self->flags & CB_REFERENCE))
			continue;
		locks++;
		(void)snprintf(name, sizeof(name), "lock/%s/workers:1", k->name);
		driver_begin(&d, name);
		for (unsigned trial = 0; trial < 4; trial++) {
			driver_good_trial(&d, WINDOW_NS);
			assert_int_equal(driver_metric(&d, "handoff_share") > 0.0, trial == 0);
			assert_true(driver_metric(&d, "contended_share") <= 0.0);
		}
		driver_end(&d);
	}
	assert_true(locks >= 7);
}

/* 100 operations more, with so many hand-offs among them, and so many held of 50 tried. */
static void report_more(struct driver *d, uint64_t handoffs, uint64_t held, double *shares)
{
	struct cb_lock_state *st = d->env->state;
	struct metric_set metrics = {0};

	st->worker[0].written += 40;
	st->worker[1].written += 60;
	d->team.done[0] += 40;
	d->team.done[1] += 60;
	st->worker[0].handoffs += handoffs / 2;
	st->worker[1].handoffs += handoffs - handoffs / 2;
	st->worker[0].tried += 20;
	st->worker[1].tried += 30;
	st->worker[1].found_held += held;
	cb_lock_report(d->env, (struct cb_metrics *)(void *)&metrics);
	assert_true(metric_get(&metrics, "handoff_share", &shares[0]));
	assert_true(metric_get(&metrics, "contended_share", &shares[1]));
}

static void metrics_are_of_one_trial(void **state)
{
	double shares[2];
	struct driver d;

	(void)state;
	driver_begin(&d, "lock/pthread_mutex/workers:2");
	report_more(&d, 75, 10, shares);
	assert_true(shares[0] > 0.749 && shares[0] < 0.751);
	assert_true(shares[1] > 0.199 && shares[1] < 0.201);
	/* Not what has come together since the beginning. */
	report_more(&d, 1, 0, shares);
	assert_true(shares[0] > 0.009 && shares[0] < 0.011);
	assert_true(shares[1] <= 0.0);
	driver_end(&d);
}

static void times_become_turns(void **state)
{
	const struct cb_lock_state *st;
	struct driver d;

	(void)state;
	driver_begin(&d, "lock/none/workers:1/hold_ns:1/think_ns:1000000");
	st = d.env->state;
	assert_true(st->hold_turns >= 1);
	assert_true(st->think_turns > st->hold_turns);
	driver_end(&d);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(nobody_contends_alone),
	    cmocka_unit_test(metrics_are_of_one_trial),
	    cmocka_unit_test(times_become_turns),
	};

	return cmocka_run_group_tests(tests, driver_setup, driver_teardown);
}
