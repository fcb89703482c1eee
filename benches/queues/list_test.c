/* list_test.c - the cases that the family `queue` offers, on machines of our choice. */
#include "benches/queues/queues.h"

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
	queue_list(cases, &m);
	assert_int_equal(cases->error, 0);
	topology_free(synthetic);
}

static void every_profile_lists(void **state)
{
	static const char *const machines[] = {
	    "pack:1 core:1 pu:1", "pack:1 core:2 pu:1", "pack:2 l3:2 core:8 pu:2"};
	struct case_list cases;

	(void)state;
	for (size_t i = 0; i < sizeof(machines) / sizeof(machines[0]); i++) {
		size_t before = 0;

		for (int profile = PROFILE_SMOKE; profile <= PROFILE_FULL; profile++) {
			list(&cases, machines[i], (enum profile)profile);
			assert_true(cases.count > before);
			before = cases.count;
			for (size_t k = 0; k < cases.count; k++)
				assert_string_equal(cases.item[k].unsupported, "");
			case_list_free(&cases);
		}
	}
}

static void quick_has_the_rows_promised(void **state)
{
	static const char *const names[] = {
	    "queue/ck_spsc/model:thread/producers:1/consumers:1/place:scatter/capacity:256/bytes:8",
	    "queue/ck_spsc/model:process/producers:1/consumers:1/place:same/capacity:256/bytes:8",
	    "queue/ck_spsc/model:coroutine/producers:1/consumers:1/carriers:1/place:same/"
	    "capacity:256/bytes:8",
	    "queue/mutex_ring/model:thread/producers:1/consumers:1/place:same/capacity:256/bytes:8",
	    "queue/mutex_ring/model:process/producers:2/consumers:2/place:scatter/capacity:256/"
	    "bytes:8",
	    "queue/mutex_ring/model:coroutine/producers:1/consumers:1/carriers:1/place:same/"
	    "capacity:256/bytes:8",
	};
	struct case_list cases;

	(void)state;
	list(&cases, "pack:1 core:2 pu:1", PROFILE_QUICK);
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (!case_find(&cases, names[i]))
			fail_msg("no case %s", names[i]);
	assert_null(case_find(&cases,
	    "queue/ck_spsc/model:thread/producers:2/consumers:2/place:scatter/capacity:256/"
	    "bytes:8"));
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
