#include "benches/jobs/sieve.h"

#include "benches/jobs/driver.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

/* Published values (OEIS A006880), and small ones anybody can count. */
static void pi_is_right(void **unused)
{
	static const struct {
		uint32_t x, primes;
	} known[] = {{2, 1}, {3, 2}, {4, 2}, {10, 4}, {25, 9}, {100, 25}, {1000, 168},
	    {10000, 1229}, {100000, 9592}, {1000000, 78498}, {10000000, 664579}};

	(void)unused;
	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		assert_int_equal(sieve_pi(known[i].x), known[i].primes);
}

static void begin(struct driver *d, enum cb_model model)
{
	assert_int_equal(driver_begin(d, &sieve_workload, model, 2, 0, 0), 0);
}

static void every_model_sieves(void **unused)
{
	static const enum cb_model models[] = {CB_THREAD, CB_PROCESS};
	struct driver d;

	(void)unused;
	for (size_t i = 0; i < 2; i++) {
		begin(&d, models[i]);
		for (int trial = 0; trial < 3; trial++)
			assert_int_equal(driver_trial(&d, 2 * CLOCK_NS_PER_MS), 0);
		assert_true(driver_done(&d) >= 6);
		driver_end(&d);
	}
}

/* A base prime that is not struck out leaves composites standing. */
static void forgotten_prime_is_caught(void **unused)
{
	struct driver d;
	struct sieve_state *st;

	(void)unused;
	begin(&d, CB_THREAD);
	st = d.env.state;
	assert_int_equal(driver_trial(&d, CLOCK_NS_PER_MS), 0);
	st->worker[1].prime_count--;
	assert_int_equal(driver_trial(&d, CLOCK_NS_PER_MS), -EBADMSG);
	assert_non_null(strstr(d.why, "worker 1"));
	driver_end(&d);
}

/* A segment that is counted, but was not sieved. */
static void made_up_segment_is_caught(void **unused)
{
	struct driver d;

	(void)unused;
	begin(&d, CB_THREAD);
	d.shared->done[0]++;
	assert_int_equal(driver_trial(&d, CLOCK_NS_PER_MS), -EBADMSG);
	driver_end(&d);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(pi_is_right),
	    cmocka_unit_test(every_model_sieves),
	    cmocka_unit_test(forgotten_prime_is_caught),
	    cmocka_unit_test(made_up_segment_is_caught),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
