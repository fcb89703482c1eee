/* stuck_test.c - has a process hung, or is it kept from the PUs? */
#include "harness/base/clock.h"
#include "harness/base/stuck.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#define STEP_NS (100 * CLOCK_NS_PER_MS)

static void starved_is_who_would_run_and_may_not(void **unused)
{
	static const struct {
		const char *what;
		unsigned run_ms, waited_ms, pus;
		bool starved;
	} rows[] = {
	    {"all sleep", 0, 0, 0, false},
	    {"one that works now and then, and is kept waiting", 2, 30, 1, false},
	    {"one spins alone", 100, 0, 1, false},
	    {"four spin on one PU", 100, 300, 1, false},
	    {"three spin on two PUs", 200, 100, 2, false},
	    {"one spins and has a little more than half of it", 52, 48, 1, false},
	    {"one spins and has a little less than half of it", 48, 52, 1, true},
	    {"three spin on two PUs, ten others too", 46, 254, 2, true},
	    {"one stands in line all the time", 0, 100, 1, true},
	};
	const struct stuck_use before = {5 * CLOCK_NS_PER_S, 7 * CLOCK_NS_PER_S, 2};

	(void)unused;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const struct stuck_use after = {before.run_ns + rows[i].run_ms * CLOCK_NS_PER_MS,
		    before.waited_ns + rows[i].waited_ms * CLOCK_NS_PER_MS, rows[i].pus};

		if (stuck_is_starved(&before, &after, STEP_NS) != rows[i].starved)
			fail_msg("%s", rows[i].what);
	}
	/* One of them has ended, and its time is in no sum any more. */
	assert_false(stuck_is_starved(&before, &(struct stuck_use){0, 0, 2}, STEP_NS));
}

static void what_it_has_had_is_counted(void **unused)
{
	struct stuck_use before, after;
	const uint64_t from_ns = clock_now_ns();

	(void)unused;
	stuck_use(getpid(), &before);
	while (clock_now_ns() - from_ns < 20 * CLOCK_NS_PER_MS)
		;
	stuck_use(getpid(), &after);
	if (!after.run_ns)
		skip(); /* a kernel without schedstat */
	assert_true(after.run_ns - before.run_ns + after.waited_ns - before.waited_ns >
		    10 * CLOCK_NS_PER_MS);
	/* It looks at itself as it runs. */
	assert_true(after.pus_wanted >= 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(starved_is_who_would_run_and_may_not),
	    cmocka_unit_test(what_it_has_had_is_counted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
