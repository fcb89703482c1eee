#include "benches/jobs/timers.h"

#include "benches/team_fixture.h"

#define PERIOD_NS (500 * CLOCK_NS_PER_US)
#define STALLED 8

static struct timers_state *begin_timers(struct subject *s, const char *workers)
{
	char name[100];

	(void)snprintf(
	    name, sizeof(name), "job/timers/model:thread/workers:%s/period_us:500us", workers);
	begin(s, name);
	return s->team.env.state;
}

static void intended_times_are_spread(void **unused)
{
	struct timers_state *st;
	struct subject s;

	(void)unused;
	st = begin_timers(&s, "4");
	right_trial(&s, 2 * CLOCK_NS_PER_MS);
	assert_int_equal(st->period_ns, PERIOD_NS);
	for (unsigned i = 0; i < 4; i++)
		assert_int_equal(st->worker[i].next_ns % PERIOD_NS, i * PERIOD_NS / 4);
	end(&s);
}

/* Sleeps, but once, in the window, for eight periods more: what that delays must show, and be
 * caught up with. */
static void stalling_sleep(struct cb_worker *w, uint64_t abs_ns)
{
	if (w->calls == 0 && abs_ns > atomic_load(worker_of(w)->open_ns)) {
		w->calls = 1;
		abs_ns += STALLED * PERIOD_NS;
	}
	clock_sleep_until_ns(abs_ns);
}

static void stall_counts_for_all_it_delays(void **unused)
{
	struct cb_worker_ops ops;
	double woken;
	struct subject s;

	(void)unused;
	(void)begin_timers(&s, "1");
	ops = *subject_worker(&s, 0)->ops;
	ops.sleep_until = stalling_sleep;
	subject_worker(&s, 0)->ops = &ops;
	/* Long beside any hiccup of a busy machine, which may be as long as a short window. */
	right_trial(&s, CLOCK_NS_PER_S);
	assert_int_equal(subject_worker(&s, 0)->calls, 1);
	/* One latency a wake-up in the window, whose ends may lie in the middle of one; the stall's
	 * eight periods, and the seven behind it less each. */
	assert_true(metric_get(&s.sample.metrics, METRIC_OPS, &woken));
	assert_true((double)s.sample.latency->count - woken < 2.0);
	assert_true(woken - (double)s.sample.latency->count < 2.0);
	assert_true(s.sample.latency->max >= STALLED * PERIOD_NS);
	assert_true(s.sample.latency->sum >= (8 + 7 + 6 + 5 + 4 + 3 + 2 + 1) * PERIOD_NS);
	end(&s);
}

/* Checks that do not depend on a clock. */
static void too_many_and_skipped_are_caught(void **unused)
{
	struct timers_state *st;
	struct subject s;

	(void)unused;
	st = begin_timers(&s, "1");
	right_trial(&s, 5 * CLOCK_NS_PER_MS);
	st->worker[0].early++;
	wrong(&s, check(&s), "worker 0: 1 wake-ups before their time");
	st->worker[0].early--;
	st->worker[0].wakeups += 1000;
	wrong(&s, check(&s), "at most");
	st->worker[0].wakeups -= 1000;
	st->worker[0].next_ns += st->period_ns;
	wrong(&s, check(&s), "skipped");
	st->worker[0].next_ns -= st->period_ns;
	assert_int_equal(check(&s), 0);
	s.team.done[0]--;
	wrong(&s, check(&s), "were counted");
	end(&s);
}

/* Whoever cannot keep up with it measures a backlog. */
static void the_rate_is_reported(void **unused)
{
	struct metric_set metrics = {0};
	struct subject s;

	(void)unused;
	(void)begin_timers(&s, "4");
	assert_float_equal(report(&s, &metrics, "given_ops_per_s"), 8000.0, 1e-6);
	end(&s);
}

static void bad_period_is_refused(void **unused)
{
	struct bench_case bc;

	(void)unused;
	assert_non_null(strstr(parse("job/timers/period_us:0", &bc), "period_us"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(intended_times_are_spread),
	    cmocka_unit_test(stall_counts_for_all_it_delays),
	    cmocka_unit_test(too_many_and_skipped_are_caught),
	    cmocka_unit_test(the_rate_is_reported),
	    cmocka_unit_test(bad_period_is_refused),
	};

	return cmocka_run_group_tests(tests, open_machine, close_machine);
}
