/* registry_test.c - what holds of the cases of all families together. */
#include "harness/work/bench_case.h"

#include <stdio.h>
#include <string.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

/* A case's name without what differs between execution models. */
static void without_model(const char *name, char out[CASE_NAME_MAX])
{
	size_t used = 0;

	for (const char *part = name; *part;) {
		const size_t n = strcspn(part, "/");

		if (strncmp(part, "model:", 6) && strncmp(part, "carriers:", 9)) {
			memcpy(out + used, part, n);
			used += n;
			out[used++] = '/';
		}
		part += n + (part[n] == '/');
	}
	out[used] = '\0';
}

/*
 * A window of 3 ms fits into the slice that a busy machine's scheduler has just given, one of 60 ms
 * does not: with windows of their own, coroutines were 1.8 times as quick as threads, and with
 * equal ones they were not.
 */
static void models_are_compared_over_equal_windows(void **state)
{
	static const char *const machines[] = {
	    "pack:1 core:1 pu:1", "pack:1 core:2 pu:1", "pack:2 l3:2 core:8 pu:2"};
	unsigned pairs = 0;

	(void)state;
	for (size_t k = 0; k < sizeof(machines) / sizeof(machines[0]); k++) {
		struct machine m = {.profile = PROFILE_FULL, .max_workers = 100000};
		struct case_list cases;
		struct topology *topo;
		char err[200];

		assert_int_equal(topology_synthetic(machines[k], NULL, &topo, err, sizeof(err)), 0);
		m.topology = topo;
		m.pus = topology_pu_count(topo);
		assert_int_equal(case_list_all(&cases, &m), 0);
		for (size_t i = 0; i < cases.count; i++) {
			char a[CASE_NAME_MAX + 1], b[CASE_NAME_MAX + 1];

			without_model(cases.item[i].name, a);
			for (size_t j = 0; j < i; j++) {
				without_model(cases.item[j].name, b);
				if (strcmp(a, b))
					continue;
				pairs++;
				if (case_slot_ns(&cases.item[i], m.pus) !=
				    case_slot_ns(&cases.item[j], m.pus))
					fail_msg("%s and %s have windows of different length",
					    cases.item[i].name, cases.item[j].name);
			}
		}
		case_list_free(&cases);
		topology_free(topo);
	}
	assert_true(pairs > 100);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(models_are_compared_over_equal_windows),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
