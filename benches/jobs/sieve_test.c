#include "benches/jobs/sieve.h"

#include "benches/driver.h"

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

static void begin(struct driver *d)
{
	driver_begin(d, "job/sieve/model:thread/workers:2");
}

/* A base prime that is not struck out leaves composites standing. */
static void forgotten_prime_is_caught(void **unused)
{
	struct driver d;
	struct sieve_state *st;

	(void)unused;
	begin(&d);
	st = d.env->state;
	driver_good_trial(&d, CLOCK_NS_PER_MS);
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
	begin(&d);
	d.team.done[0]++;
	assert_int_equal(driver_trial(&d, CLOCK_NS_PER_MS), -EBADMSG);
	driver_end(&d);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(pi_is_right),
	    cmocka_unit_test(forgotten_prime_is_caught),
	    cmocka_unit_test(made_up_segment_is_caught),
	};

	return cmocka_run_group_tests(tests, driver_setup, driver_teardown);
}
