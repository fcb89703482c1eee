/* slices_test.c - what a slice is, and whose. That those who tell another are caught:
 * conformance_test.c. */
#include "benches/team_fixture.h"

#include "benches/slices/slice.h"

#define WINDOW_NS (200 * CLOCK_NS_PER_MS)

static double metric(const struct subject *s, const char *name)
{
	double value = -1.0;

	if (!metric_get(&s->sample.metrics, name, &value))
		fail_msg("%s: no metric %s", s->bc.name, name);
	return value;
}

/* Two who share a PU can have it for no more than all of the window, one after the other. */
static void slices_fit_into_the_window(void **unused)
{
	static const char *const names[] = {
	    "slice/spin/model:thread/workers:2", "slice/spin/model:process/workers:3"};

	(void)unused;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		const struct slice_state *st;
		struct subject s;
		uint64_t all_ns = 0;

		begin(&s, names[i]);
		st = s.team.env.state;
		for (unsigned t = 0; t < 2; t++) {
			right_trial(&s, WINDOW_NS);
			all_ns = 0;
			for (unsigned w = 0; w < s.bc.pub.workers; w++)
				all_ns += st->worker[w].timed_ns;
			assert_true(all_ns > 0);
			/* One that began before the window counts when it ended in it. */
			assert_true((double)all_ns < 2.0 * (double)WINDOW_NS);
			assert_true(metric(&s, "slice_ns") > 0.0);
			assert_true(s.sample.latency->count > 0);
		}
		end(&s);
	}
}

/* Side by side in one run: who is nice has less than who is not. */
static void who_is_nice_has_less(void **unused)
{
	struct subject s;
	double nice_share = 0.0, even_share = 0.0;

	(void)unused;
	begin(&s, "slice/spin/model:thread/workers:2/nice:19");
	right_trial(&s, 3 * WINDOW_NS);
	nice_share = metric(&s, "nice_share");
	end(&s);
	begin(&s, "slice/spin/model:thread/workers:2/nice:0");
	right_trial(&s, 3 * WINDOW_NS);
	even_share = metric(&s, "nice_share");
	end(&s);
	/* By their weights, 15 to 1024, it is 1.5 %, and 50 %. */
	assert_true(nice_share < even_share);
}

/* One wrong account at a time. */
static void accounts_have_to_agree(void **unused)
{
	struct slice_state *st;
	struct subject s;

	(void)unused;
	begin(&s, "slice/spin/model:thread/workers:2");
	st = s.team.env.state;
	right_trial(&s, WINDOW_NS);
	st->worker[1].begun++;
	wrong(&s, check(&s), "worker 1: ");
	st->worker[1].begun--;
	st->worker[0].cut++;
	wrong(&s, check(&s), "worker 0: ");
	st->worker[0].cut--;
	st->begun++;
	wrong(&s, check(&s), ", of which the workers know ");
	st->begun--;
	assert_int_equal(check(&s), 0);
	end(&s);
}

static void what_cannot_be_is_declined(void **unused)
{
	static const struct {
		const char *name, *why;
	} bad[] = {
	    {"slice/spin/model:thread/workers:1", "it takes two workers or more"},
	    {"slice/spin/model:coroutine", "are not preempted"},
	};
	struct bench_case bc;

	(void)unused;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		assert_non_null(strstr(parse(bad[i].name, &bc), bad[i].why));
		assert_true(bc.declined);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(slices_fit_into_the_window),
	    cmocka_unit_test(who_is_nice_has_less),
	    cmocka_unit_test(accounts_have_to_agree),
	    cmocka_unit_test(what_cannot_be_is_declined),
	};

	return cmocka_run_group_tests(tests, open_machine, close_machine);
}
