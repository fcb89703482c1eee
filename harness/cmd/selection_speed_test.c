/* selection_speed_test.c - ten thousand cases take five times as long as 2,000; and a cell, which
 * wants one of them, hardly looks at the others. */
#include "harness/cmd/selection.h"

#include "harness/base/scaling_fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#define KINDS_MAX 1000
#define CASES_OF_A_KIND 10

static uint64_t batch(struct cb_worker *w, void *state, uint64_t n)
{
	(void)w;
	(void)state;
	return n;
}

static int check(const struct cb_env *env, char *why, size_t why_len)
{
	(void)env;
	(void)why;
	(void)why_len;
	return 0;
}

static const struct cb_workload work = {.op = "op", .batch = batch, .check = check};
static const struct cb_param params[] = {CB_PARAM_MODEL, CB_PARAM_WORKERS("pus"),
    CB_PARAM_PLACE("scatter"), CB_PARAM("hold_ns", CB_NS, "0", 0, 1000000, "held")};
static const struct cb_sweep sweeps[] = {{CB_SMOKE, "model=thread,process workers=1,2,4,8,16"}};
static const struct cb_family locks = {.name = "lock",
    .plural = "locks",
    .title = "Of a test",
    .question = "Does it work?",
    .params = params,
    .param_count = sizeof(params) / sizeof(params[0]),
    .sweeps = sweeps,
    .sweep_count = 1};
extern const struct cb_family *const cb_families[];
const struct cb_family *const cb_families[] = {&locks, NULL};

static struct topology *topo;
static struct cb_kind kinds[KINDS_MAX];
static const struct cb_kind *all[KINDS_MAX];
static char names[KINDS_MAX][16];

static int prepare(void **state)
{
	char err[200];

	(void)state;
	for (unsigned i = 0; i < KINDS_MAX; i++) {
		/* In no order at all. */
		(void)snprintf(names[i], sizeof(names[i]), "k%u", i * 7919u % 10007u);
		kinds[i] = (struct cb_kind){.family = "lock",
		    .name = names[i],
		    .about = "one of many",
		    .models = CB_CAN_ALL,
		    .version = 1,
		    .work = &work};
		all[i] = &kinds[i];
	}
	return topology_synthetic("core:2 pu:1", NULL, &topo, err, sizeof(err));
}

static int release(void **state)
{
	(void)state;
	topology_free(topo);
	return 0;
}

/* A catalogue of so many kinds. @only: a cell's. */
static void open_here(struct catalogue_here *here, unsigned count, const char *only)
{
	char err[300];

	memset(here, 0, sizeof(*here));
	here->host = (struct host){.topology = topo, .pus = 2, .max_workers = 100};
	if (registry_create_for(&here->registry, only, err, sizeof(err)) != 0 ||
	    registry_add(&here->registry, all, all + count, "", NULL, err, sizeof(err)) != 0)
		fail_msg("%s", err);
}

/* @twice: asked for by a name that stands there two times, so that each case is met again. */
static void list_cases(unsigned cases, bool twice)
{
	static const char *const words[] = {"locks", "locks"};
	const struct selection what = {
	    .profile = CB_QUICK, .names = words, .name_count = twice ? 2 : 0};
	struct catalogue_here here;
	struct selected chosen;
	char err[300];

	open_here(&here, cases / CASES_OF_A_KIND, NULL);
	assert_int_equal(selection_cases(&here, &what, &chosen, err, sizeof(err)), 0);
	assert_int_equal(chosen.cases.count, cases);
	selected_free(&chosen);
	catalogue_here_close(&here);
}

static void list_all(unsigned cases)
{
	list_cases(cases, false);
}

static void list_twice(unsigned cases)
{
	list_cases(cases, true);
}

static void find_all(unsigned kind_count)
{
	struct catalogue_here here;

	open_here(&here, kind_count, NULL);
	for (unsigned turn = 0; turn < 10; turn++)
		for (unsigned i = 0; i < kind_count; i++)
			assert_non_null(
			    registry_find(&here.registry, "lock", 4, names[i], strlen(names[i])));
	catalogue_here_close(&here);
}

/* What a cell does, a hundred times. */
static void one_case(unsigned kind_count)
{
	char name[64], err[300];

	(void)snprintf(name, sizeof(name), "lock/%s/workers:2", names[3]);
	for (unsigned i = 0; i < 100; i++) {
		struct catalogue_here here;
		struct bench_case bc;

		open_here(&here, kind_count, name);
		assert_int_equal(here.registry.count, 1);
		if (case_parse(&here.registry, &here.host, name, &bc, NULL, err, sizeof(err)) != 0)
			fail_msg("%s", err);
		catalogue_here_close(&here);
	}
}

/* The same without knowing which. */
static void one_of_all(unsigned kind_count)
{
	for (unsigned i = 0; i < 100; i++) {
		struct catalogue_here here;

		open_here(&here, kind_count, NULL);
		catalogue_here_close(&here);
	}
}

static void lists_are_linear(void **state)
{
	(void)state;
	assert_true(scaling_ratio("null", list_all, 2000, list_all, 2000) < 2.0);
	assert_true(scaling_ratio("cases listed", list_all, 2000, list_all, 10000) < SCALING_MOST);
	assert_true(
	    scaling_ratio("listed twice", list_twice, 2000, list_twice, 10000) < SCALING_MOST);
	assert_true(scaling_ratio("kinds found", find_all, 200, find_all, 1000) < SCALING_MOST);
}

/* It passes over the other 999, which costs a tenth of looking at them, or less. */
static void a_cell_takes_one(void **state)
{
	(void)state;
	assert_true(scaling_ratio(
			"one case, among all or of all", one_case, 1000, one_of_all, 1000) > 10.0);
	/* Negative control: whoever looks at all of them is not quicker than itself. */
	assert_true(scaling_ratio("null", one_of_all, 100, one_of_all, 100) < 2.0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(lists_are_linear),
	    cmocka_unit_test(a_cell_takes_one),
	};

	return cmocka_run_group_tests(tests, prepare, release);
}
