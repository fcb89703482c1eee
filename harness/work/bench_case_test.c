/* bench_case_test.c - lists of cases: names, refusals, what is unsupported, and the hash. */
#include "harness/work/bench_case.h"

#include "harness/base/clock.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

static const struct cb_workload work = {.op = "op"};
static bool second_family_repeats;

static void list_first(struct case_list *list, const struct machine *m)
{
	const struct bench_case bc = {
	    .workload = &work, .workers = 1, .place = placement_policy_of(PLACEMENT_NONE)};

	case_add(list, m, &bc, "first/one");
	case_add(list, m, &bc, "first/two/workers:%u", 1u);
}

static void list_second(struct case_list *list, const struct machine *m)
{
	const struct bench_case bc = {
	    .workload = &work, .workers = 1, .place = placement_policy_of(PLACEMENT_NONE)};

	case_add(list, m, &bc, "%s/one", second_family_repeats ? "first" : "second");
}

const struct family bench_families[] = {
    {"first", "First", list_first}, {"second", "Second", list_second}, {0}};

static struct topology *topo; /* two cores without siblings */

static int make_topology(void **state)
{
	char err[200];

	(void)state;
	return topology_synthetic("core:2 pu:1", NULL, &topo, err, sizeof(err));
}

static int free_topology(void **state)
{
	(void)state;
	topology_free(topo);
	return 0;
}

static struct machine a_machine(void)
{
	return (struct machine){.pus = 2, .max_workers = 100, .topology = topo};
}

static struct bench_case a_case(enum cb_model model, unsigned workers, enum placement_kind place)
{
	return (struct bench_case){.workload = &work,
	    .model = model,
	    .workers = workers,
	    .carriers = model == CB_COROUTINE ? 1 : 0,
	    .place = placement_policy_of(place)};
}

static void families_are_listed_in_order(void **state)
{
	const struct machine m = a_machine();
	struct case_list list;

	(void)state;
	second_family_repeats = false;
	assert_int_equal(case_list_all(&list, &m), 0);
	assert_int_equal(list.count, 3);
	assert_string_equal(list.item[0].name, "first/one");
	assert_string_equal(list.item[1].name, "first/two/workers:1");
	assert_string_equal(list.item[2].name, "second/one");
	assert_ptr_equal(case_find(&list, "second/one"), &list.item[2]);
	assert_null(case_find(&list, "second/on"));
	assert_null(case_find(&list, ""));
	case_list_free(&list);
	assert_null(case_find(&list, "second/one"));
}

static void a_name_listed_twice_is_a_mistake(void **state)
{
	struct machine m = a_machine();
	const struct placement_policy none = placement_policy_of(PLACEMENT_NONE);
	struct case_list list;

	(void)state;
	second_family_repeats = true;
	assert_int_equal(case_list_all(&list, &m), -EINVAL);
	assert_null(list.item);
	assert_int_equal(list.count, 0);
	/* Unless the user's placement has made two of the family's the same. */
	m.place = &none;
	assert_int_equal(case_list_all(&list, &m), 0);
	assert_int_equal(list.count, 2);
	case_list_free(&list);
}

static void names_must_fit(void **state)
{
	const struct bench_case bc = a_case(CB_THREAD, 1, PLACEMENT_NONE);
	const struct placement_policy none = placement_policy_of(PLACEMENT_NONE);
	char longest[CASE_NAME_MAX + 1];

	(void)state;
	memset(longest, 'x', sizeof(longest));
	longest[CASE_NAME_MAX] = '\0';
	for (unsigned with_place = 0; with_place < 2; with_place++) {
		struct machine m = a_machine();
		struct case_list list = {0};

		m.place = with_place ? &none : NULL;
		case_add(&list, &m, &bc, "%s", longest + 1);
		assert_int_equal(list.error, 0);
		assert_string_equal(case_find(&list, longest + 1)->name, longest + 1);
		/* One more: cut, it would be the name above, and must not pass for it. */
		case_add(&list, &m, &bc, "%s", longest);
		assert_int_equal(list.error, -EINVAL);
		/* Sticky. */
		case_add(&list, &m, &bc, "fine");
		assert_int_equal(list.error, -EINVAL);
		assert_int_equal(list.count, 1);
		case_list_free(&list);
	}
}

static void an_empty_name_is_refused(void **state)
{
	const struct bench_case bc = a_case(CB_THREAD, 1, PLACEMENT_NONE);
	const struct machine m = a_machine();
	struct case_list list = {0};

	(void)state;
	case_add(&list, &m, &bc, "%s", "");
	assert_int_equal(list.error, -EINVAL);
	case_list_free(&list);
}

static void lists_grow(void **state)
{
	const struct bench_case bc = a_case(CB_THREAD, 1, PLACEMENT_NONE);
	const struct machine m = a_machine();
	struct case_list list = {0};
	char name[32];

	(void)state;
	for (unsigned i = 0; i < 300; i++)
		case_add(&list, &m, &bc, "case/%u", i);
	assert_int_equal(list.error, 0);
	assert_int_equal(list.count, 300);
	for (unsigned i = 0; i < 300; i++) {
		(void)snprintf(name, sizeof(name), "case/%u", i);
		assert_ptr_equal(case_find(&list, name), &list.item[i]);
	}
	case_list_free(&list);
}

static void what_cannot_run_says_why(void **state)
{
	static const struct {
		enum cb_model model;
		unsigned workers;
		enum placement_kind place;
		const char *reason; /* part of it; "" when it can run */
	} table[] = {
	    {CB_THREAD, 2, PLACEMENT_COMPACT, ""},
	    {CB_THREAD, 2, PLACEMENT_SMT, "smt"},
	    {CB_THREAD, 100, PLACEMENT_NONE, ""},
	    {CB_THREAD, 101, PLACEMENT_NONE, "101 workers"},
	    {CB_PROCESS, 101, PLACEMENT_NONE, "100"},
	    /* Coroutines are not the kernel's tasks. */
	    {CB_COROUTINE, 10000, PLACEMENT_NONE, ""},
	};
	const struct machine m = a_machine();
	struct bench_case own = a_case(CB_THREAD, 2, PLACEMENT_SMT);
	struct case_list list = {0};

	(void)state;
	for (unsigned i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		const struct bench_case bc =
		    a_case(table[i].model, table[i].workers, table[i].place);

		case_add(&list, &m, &bc, "case/%u", i);
		assert_int_equal(list.error, 0);
		if (table[i].reason[0])
			assert_non_null(strstr(list.item[i].unsupported, table[i].reason));
		else
			assert_string_equal(list.item[i].unsupported, "");
	}
	/* The family's own reason stays. */
	(void)snprintf(own.unsupported, sizeof(own.unsupported), "nodes on private stacks");
	case_add(&list, &m, &own, "case/own");
	assert_string_equal(case_find(&list, "case/own")->unsupported, "nodes on private stacks");
	case_list_free(&list);
}

/* Each must give a hash that no other has: that is what tells two definitions apart. */
static void every_part_of_the_work_is_in_the_hash(void **state)
{
	const struct cb_workload loads[] = {{.op = "ab"}, {.op = "abc"},
	    {.op = "ab", .latency_of = "c"}, {.op = "a", .latency_of = "bc"}};
	struct bench_case bc[10];
	char hash[10][17], again[17];

	(void)state;
	for (unsigned i = 0; i < 10; i++) {
		bc[i] = a_case(CB_THREAD, 1, PLACEMENT_NONE);
		bc[i].workload = &loads[0];
		(void)snprintf(bc[i].name, sizeof(bc[i].name), "name");
	}
	for (unsigned i = 1; i < 4; i++)
		bc[i].workload = &loads[i];
	bc[4].params[0] = 1;
	bc[5].params[CASE_PARAMS_MAX - 1] = 1;
	bc[6].version = 1;
	(void)snprintf(bc[7].name, sizeof(bc[7].name), "names");
	bc[8].workload = NULL;
	/* Where a name ends and the operation begins. */
	(void)snprintf(bc[9].name, sizeof(bc[9].name), "namea");
	bc[9].workload = &(const struct cb_workload){.op = "b"};
	for (unsigned i = 0; i < 10; i++) {
		case_hash(&bc[i], hash[i]);
		assert_int_equal(strspn(hash[i], "0123456789abcdef"), 16);
		for (unsigned j = 0; j < i; j++)
			if (strcmp(hash[i], hash[j]) == 0)
				fail_msg("%u and %u have the same hash", i, j);
	}
	/* Negative control: what does not define the work is not in it. */
	bc[0].kind = &bc;
	(void)snprintf(bc[0].unsupported, sizeof(bc[0].unsupported), "not here");
	case_hash(&bc[0], again);
	assert_string_equal(again, hash[0]);
}

static void more_workers_than_pus_get_a_longer_window(void **state)
{
	struct bench_case bc = a_case(CB_THREAD, 2, PLACEMENT_NONE);
	uint64_t fits;

	(void)state;
	fits = case_slot_ns(&bc, 2);
	assert_true(fits > 0);
	assert_true(case_slot_ns(&bc, 1) > fits);
	/* Coroutines are compared with them. */
	bc.model = CB_COROUTINE;
	assert_true(case_slot_ns(&bc, 1) > fits);
	bc.slot_ns = 123;
	assert_int_equal(case_slot_ns(&bc, 1), 123);
	assert_int_equal(case_slot_ns(&bc, 2), 123);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(families_are_listed_in_order),
	    cmocka_unit_test(a_name_listed_twice_is_a_mistake),
	    cmocka_unit_test(names_must_fit),
	    cmocka_unit_test(an_empty_name_is_refused),
	    cmocka_unit_test(lists_grow),
	    cmocka_unit_test(what_cannot_run_says_why),
	    cmocka_unit_test(every_part_of_the_work_is_in_the_hash),
	    cmocka_unit_test(more_workers_than_pus_get_a_longer_window),
	};

	return cmocka_run_group_tests(tests, make_topology, free_topology);
}
