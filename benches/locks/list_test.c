/* list_test.c - the cases that the family `lock` offers, on machines of our choice. */
#include "benches/locks/locks.h"

#include <string.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

static void list(struct case_list *cases, const char *description, enum profile profile)
{
	struct machine m = {.profile = profile, .max_workers = 100000};
	struct topology *synthetic;
	char err[200];

	memset(cases, 0, sizeof(*cases));
	assert_int_equal(topology_synthetic(description, NULL, &synthetic, err, sizeof(err)), 0);
	m.topology = synthetic;
	m.pus = topology_pu_count(synthetic);
	lock_list(cases, &m);
	assert_int_equal(cases->error, 0);
	topology_free(synthetic);
}

static void every_profile_lists(void **state)
{
	static const char *const machines[] = {"pack:1 core:1 pu:1", "pack:1 core:2 pu:1",
	    "pack:1 core:3 pu:1", "pack:2 l3:2 core:8 pu:2", "pack:2 core:64 pu:2"};
	struct case_list cases;

	(void)state;
	for (size_t i = 0; i < sizeof(machines) / sizeof(machines[0]); i++) {
		size_t before = 0;

		for (int profile = PROFILE_SMOKE; profile <= PROFILE_FULL; profile++) {
			unsigned unsupported = 0;

			list(&cases, machines[i], (enum profile)profile);
			assert_true(cases.count > before);
			before = cases.count;
			for (size_t k = 0; k < cases.count; k++)
				unsupported += cases.item[k].unsupported[0] != '\0';
			assert_int_equal(unsupported, 1);
			case_list_free(&cases);
		}
	}
}

static void quick_has_the_rows_promised(void **state)
{
	static const char *const names[] = {
	    "lock/none/model:thread/workers:1/place:scatter/hold_ns:0/think_ns:0",
	    "lock/atomic_add/model:process/workers:4/place:scatter/hold_ns:0/think_ns:0",
	    "lock/pthread_mutex/model:process/workers:2/place:scatter/hold_ns:0/think_ns:0",
	    "lock/ck_ticket/model:thread/workers:4/place:scatter/hold_ns:0/think_ns:0",
	    "lock/ck_mcs/model:thread/workers:2/place:scatter/hold_ns:0/think_ns:0",
	    "lock/ck_mcs/model:process/workers:2/place:scatter/hold_ns:100/think_ns:100",
	    "lock/pthread_mutex/model:coroutine/workers:2/place:scatter/hold_ns:0/think_ns:0",
	};
	struct case_list cases;

	(void)state;
	list(&cases, "pack:1 core:2 pu:1", PROFILE_QUICK);
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (!case_find(&cases, names[i]))
			fail_msg("no case %s", names[i]);
	assert_null(case_find(&cases,
	    "lock/atomic_add/model:thread/workers:2/place:scatter/hold_ns:100/think_ns:100"));
	case_list_free(&cases);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(every_profile_lists),
	    cmocka_unit_test(quick_has_the_rows_promised),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
