/* mixed_test.c - what a request computes, how long it waits, and that the check knows. That those
 * who do less are caught: conformance_test.c. */
#include "benches/team_fixture.h"

#include "benches/jobs/mixed.h"

#define WINDOW_NS (50 * CLOCK_NS_PER_MS)

/* Step by step it is the same. */
static void any_number_of_steps_is_known(void **unused)
{
	uint64_t x = 0;

	(void)unused;
	for (uint64_t steps = 0; steps < 3000; steps++) {
		assert_int_equal(mixed_after(steps), x);
		x = x * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
	}
}

static void each_request_waits_and_works(void **unused)
{
	static const char *const names[] = {
	    "job/mixed/model:thread/workers:2/work_ns:10000/wait_ns:500000",
	    "job/mixed/model:process/workers:2/work_ns:10000/wait_ns:500000",
	    "job/mixed/model:coroutine/workers:2/work_ns:10000/wait_ns:500000"};

	(void)unused;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		const struct mixed_state *st;
		struct subject s;

		begin(&s, names[i]);
		st = s.team.env.state;
		right_trial(&s, WINDOW_NS);
		assert_true(st->steps > 0 && st->worker[0].requests > 0);
		/* Two workers, each of whom waits at least that long for each of its requests. */
		assert_true(
		    (double)(st->worker[0].requests + st->worker[1].requests) * 500000.0 / 2 <
		    10.0 * WINDOW_NS);
		assert_true(s.sample.latency->count > 0);
		assert_true(s.sample.latency->min >= 500000);
		end(&s);
	}
}

/* Side by side: ten times the work is ten times the steps. */
static void work_is_steps(void **unused)
{
	uint64_t steps[2];
	static const char *const names[] = {"job/mixed/workers:1/work_ns:10000/wait_ns:0",
	    "job/mixed/workers:1/work_ns:100000/wait_ns:0"};

	(void)unused;
	for (size_t i = 0; i < 2; i++) {
		struct subject s;

		begin(&s, names[i]);
		steps[i] = ((const struct mixed_state *)s.team.env.state)->steps;
		end(&s);
	}
	assert_true(steps[1] > 3 * steps[0]);
}

/* One wrong account at a time. */
static void accounts_have_to_agree(void **unused)
{
	struct mixed_state *st;
	struct subject s;

	(void)unused;
	begin(&s, "job/mixed/model:thread/workers:2/work_ns:1000/wait_ns:0");
	st = s.team.env.state;
	right_trial(&s, WINDOW_NS);
	st->worker[1].x ^= 1;
	wrong(&s, check(&s), "worker 1: ");
	st->worker[1].x ^= 1;
	st->worker[0].requests++;
	wrong(&s, check(&s), "worker 0: ");
	st->worker[0].requests--;
	st->worker[0].early = 1;
	wrong(&s, check(&s), "worker 0: 1 waits were over before their time");
	st->worker[0].early = 0;
	assert_int_equal(check(&s), 0);
	end(&s);
}

static void nothing_to_do_is_declined(void **unused)
{
	struct bench_case bc;

	(void)unused;
	assert_non_null(strstr(parse("job/mixed/work_ns:0/wait_ns:0", &bc), "neither computes"));
	assert_true(bc.declined);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(any_number_of_steps_is_known),
	    cmocka_unit_test(each_request_waits_and_works),
	    cmocka_unit_test(work_is_steps),
	    cmocka_unit_test(accounts_have_to_agree),
	    cmocka_unit_test(nothing_to_do_is_declined),
	};

	return cmocka_run_group_tests(tests, open_machine, close_machine);
}
