#include "benches/jobs/sieve.h"

#include "benches/team_fixture.h"

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

/* One worker has forgotten the least base prime: many composites are left standing. */
static void a_forgotten_prime_is_caught(void **unused)
{
	struct sieve_state *st;
	struct subject s;

	(void)unused;
	begin(&s, "job/sieve/model:thread/workers:2");
	st = s.team.env.state;
	right_trial(&s, CLOCK_NS_PER_MS);
	st->worker[1].prime[0] = st->worker[1].prime[1];
	wrong(&s, trial(&s, CLOCK_NS_PER_MS), "worker 1: ");
	end(&s);
}

/* One of its base primes is none: every number is struck out. */
static void a_strange_prime_is_caught(void **unused)
{
	struct sieve_state *st;
	struct subject s;

	(void)unused;
	begin(&s, "job/sieve/model:thread/workers:2");
	st = s.team.env.state;
	right_trial(&s, CLOCK_NS_PER_MS);
	st->worker[0].prime[0] = 1;
	wrong(&s, trial(&s, CLOCK_NS_PER_MS), "worker 0: 0 primes in segment ");
	end(&s);
}

/* A segment that is counted, but was not sieved. */
static void a_made_up_segment_is_caught(void **unused)
{
	struct subject s;

	(void)unused;
	begin(&s, "job/sieve/model:thread/workers:2");
	right_trial(&s, CLOCK_NS_PER_MS);
	s.team.done[0]++;
	wrong(&s, check(&s), "worker 0: sieved ");
	end(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(pi_is_right),
	    cmocka_unit_test(a_forgotten_prime_is_caught),
	    cmocka_unit_test(a_strange_prime_is_caught),
	    cmocka_unit_test(a_made_up_segment_is_caught),
	};

	return cmocka_run_group_tests(tests, open_machine, close_machine);
}
