/*
 * conformance_test.c - every kind there is, as `concbench check` tries it: nothing here names one.
 * This program is its own cell.
 */
#include "benches/team_fixture.h"
#include "harness/cell/conformance.h"
#include "harness/cmd/cmd.h"

#include <stdlib.h>
#include <unistd.h>

#define CASE_NS (60 * CLOCK_NS_PER_MS)
#define PATIENCE_NS (60 * CLOCK_NS_PER_S)
#define HANG_NS (30 * CLOCK_NS_PER_S)
/* Of those that are to hang. */
#define BROKEN_HANG_NS CLOCK_NS_PER_S

static struct conformance_plan plan = {
    .exe = "/proc/self/exe",
    .stderr_fd = STDERR_FILENO,
    .case_ns = CASE_NS,
    .patience_ns = PATIENCE_NS,
    .hang_ns = HANG_NS,
    .seed = 7,
};

static bool is_broken(const struct kind *k)
{
	return k->self->flags & CB_BROKEN;
}

static struct case_list cases_of(const struct kind *k)
{
	struct case_list cases = {0};
	char err[400];

	if (conformance_cases(&kinds, &host, k, &cases, err, sizeof(err)) != 0)
		fail_msg("%s/%s: %s", k->family->name, k->name, err);
	return cases;
}

/* All that is wrong is told, not the first only. */
static void every_kind_conforms(void **state)
{
	unsigned run = 0, bad = 0;

	(void)state;
	for (size_t i = 0; i < kinds.count; i++) {
		struct case_list cases = {0};

		if (kind_listed(&kinds.item[i]))
			cases = cases_of(&kinds.item[i]);
		for (size_t c = 0; c < cases.count; c++) {
			struct conformance_result r;

			assert_int_equal(conformance_case(&plan, &cases.item[c], &r), 0);
			run += r.outcome != CONFORMANCE_UNSUPPORTED;
			if (r.outcome != CONFORMANCE_WRONG && r.outcome != CONFORMANCE_IDLE)
				continue;
			bad++;
			print_error("%s: %s\n", cases.item[c].name, r.why);
		}
		case_list_free(&cases);
	}
	assert_int_equal(bad, 0);
	assert_true(run > 100);
}

static void broken_kinds_are_caught(void **state)
{
	unsigned run = 0, bad = 0;

	(void)state;
	for (size_t i = 0; i < kinds.count; i++) {
		const struct kind *k = &kinds.item[i];
		struct conformance_plan p = plan;
		struct case_list cases = {0};

		if (is_broken(k))
			cases = cases_of(k);
		if (k->self->says)
			p.case_ns = PATIENCE_NS;
		if (k->self->says && !k->self->says[0])
			p.hang_ns = BROKEN_HANG_NS;
		for (size_t c = 0; c < cases.count; c++) {
			struct conformance_result r;

			assert_int_equal(conformance_case(&p, &cases.item[c], &r), 0);
			run += r.outcome != CONFORMANCE_UNSUPPORTED;
			if (r.outcome == CONFORMANCE_UNSUPPORTED || conformance_caught(k, &r))
				continue;
			bad++;
			print_error("%s: %s\n", cases.item[c].name, r.why);
		}
		case_list_free(&cases);
	}
	assert_int_equal(bad, 0);
	assert_true(run > 50);
}

/* Two who think for a millisecond between two acquisitions do not meet. */
static void what_nobody_wanted_has_not_been_tested(void **state)
{
	struct conformance_plan p = plan;
	struct conformance_result r;
	struct bench_case bc;

	(void)state;
	p.case_ns = 0;
	p.patience_ns = 100 * CLOCK_NS_PER_MS;
	assert_string_equal(
	    parse("lock/pthread_mutex/model:thread/workers:2/think_ns:20000000", &bc), "");
	assert_int_equal(conformance_case(&p, &bc, &r), 0);
	assert_int_equal(r.outcome, CONFORMANCE_IDLE);
	assert_non_null(strstr(r.why, "nobody met anybody"));
	/* Alone it has nobody to meet. */
	p.patience_ns = PATIENCE_NS;
	assert_string_equal(parse("lock/pthread_mutex/model:thread/workers:1", &bc), "");
	assert_int_equal(conformance_case(&p, &bc, &r), 0);
	assert_int_equal(r.outcome, CONFORMS);
}

/* A claim that no case tries is no claim: each model of each kind is among its cases. */
static void every_model_claimed_is_tried(void **state)
{
	(void)state;
	for (size_t i = 0; i < kinds.count; i++) {
		const struct kind *k = &kinds.item[i];
		struct case_list cases = cases_of(k);
		unsigned tried = 0;

		for (size_t c = 0; c < cases.count; c++)
			if (!cases.item[c].declined)
				tried |= CB_CAN(cases.item[c].pub.model);
		case_list_free(&cases);
		if (tried != k->self->models && !(k->self->flags & CB_HIDDEN))
			fail_msg("%s/%s: claims models %x, its cases have %x", k->family->name,
			    k->name, k->self->models, tried);
	}
}

/* Nothing passes as right where nothing has been seen to fail. */
static void every_family_has_something_broken(void **state)
{
	(void)state;
	for (unsigned f = 0; cb_families[f]; f++) {
		unsigned listed = 0, broken = 0;

		for (size_t i = 0; i < kinds.count; i++) {
			const struct kind *k = &kinds.item[i];

			if (k->family != cb_families[f])
				continue;
			listed += kind_listed(k);
			broken += is_broken(k) && k->self->says;
		}
		if (listed && !broken)
			fail_msg("%s: nothing is broken", cb_families[f]->plural);
	}
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(every_family_has_something_broken),
	    cmocka_unit_test(every_model_claimed_is_tried),
	    cmocka_unit_test(what_nobody_wanted_has_not_been_tested),
	    cmocka_unit_test(broken_kinds_are_caught),
	    cmocka_unit_test(every_kind_conforms),
	};

	if (argc > 1)
		return command_main(&root_command, argc, argv);
	/* Whoever runs this may have asked for them. */
	(void)unsetenv("CONCBENCH_SELFTEST");
	return cmocka_run_group_tests(tests, open_machine, close_machine);
}
