/* list_test.c - the cases that the families `job` and `switch` offer, on machines of our choice. */
#include "benches/jobs/job.h"
#include "benches/jobs/tcp_echo.h"
#include "benches/handoff/switch.h"

#include <string.h>
#include <sys/resource.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

static void list(
    struct case_list *cases, const char *machine, enum profile profile, unsigned max_workers)
{
	struct machine m = {.profile = profile, .max_workers = max_workers};
	struct topology *topo;
	char err[200];

	memset(cases, 0, sizeof(*cases));
	assert_int_equal(topology_synthetic(machine, NULL, &topo, err, sizeof(err)), 0);
	m.topology = topo;
	m.pus = topology_pu_count(topo);
	job_list(cases, &m);
	switch_list(cases, &m);
	assert_int_equal(cases->error, 0);
	topology_free(topo);
}

static const struct bench_case *get(const struct case_list *cases, const char *name)
{
	const struct bench_case *bc = case_find(cases, name);

	if (!bc)
		print_error("no case %s\n", name);
	assert_non_null(bc);
	return bc;
}

/* case_add() refuses doubles and names that are too long: no error means none. */
static void every_profile_lists(void **unused)
{
	static const char *const machines[] = {
	    "pack:1 core:1 pu:1", "pack:1 core:2 pu:1", "pack:2 l3:2 core:8 pu:2"};
	struct case_list cases;
	size_t before;

	(void)unused;
	for (size_t i = 0; i < sizeof(machines) / sizeof(machines[0]); i++) {
		before = 0;
		for (int profile = PROFILE_SMOKE; profile <= PROFILE_FULL; profile++) {
			list(&cases, machines[i], (enum profile)profile, 100000);
			assert_true(cases.count > before);
			before = cases.count;
			for (size_t k = 0; k < cases.count; k++) {
				const struct bench_case *bc = &cases.item[k];

				assert_non_null(bc->workload);
				assert_non_null(bc->workload->check);
				assert_true(bc->workers > 0);
				assert_int_equal(bc->carriers > 0, bc->model == MODEL_COROUTINE);
			}
			case_list_free(&cases);
		}
	}
}

static void quick_has_the_rows_promised(void **unused)
{
	static const char *const names[] = {
	    "job/sieve/model:thread/workers:1/place:scatter",
	    "job/sieve/model:process/workers:4/place:scatter",
	    "job/sieve/model:coroutine/workers:4/carriers:2/place:scatter",
	    "job/timers/model:thread/workers:1000/place:scatter/period_us:20000",
	    "job/timers/model:coroutine/workers:1/carriers:1/place:scatter/period_us:1000",
	    "job/tcp_echo/model:process/workers:100/place:same/bytes:64",
	    "job/tcp_echo/model:coroutine/workers:1000/carriers:1/place:same/bytes:64",
	    "job/tcp_echo/model:callback/workers:1/connections:1000/place:same/bytes:64",
	    "switch/futex/model:process/workers:2/place:scatter",
	    "switch/yield/model:coroutine/workers:1000/carriers:1/place:same",
	    "switch/fcontext/model:thread/workers:1/place:same",
	    "switch/call_worker/model:thread/workers:1/place:same",
	};
	struct case_list cases;

	(void)unused;
	list(&cases, "pack:1 core:2 pu:1", PROFILE_QUICK, 100000);
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		(void)get(&cases, names[i]);
	case_list_free(&cases);
}

/* With --workers 3 --place same: jobs take both, hand-offs only the placement. No more carriers
 * than PUs that they may have. */
static void user_decides(void **unused)
{
	const unsigned three = 3;
	const struct placement_policy same = placement_policy_of(PLACEMENT_SAME);
	struct machine m = {.profile = PROFILE_QUICK,
	    .max_workers = 100,
	    .workers = &three,
	    .worker_counts = 1,
	    .place = &same};
	struct case_list cases = {0};
	struct placement_policy two;
	struct topology *topo;
	char err[200];

	(void)unused;
	assert_int_equal(
	    topology_synthetic("pack:1 core:4 pu:1", NULL, &topo, err, sizeof(err)), 0);
	m.topology = topo;
	m.pus = topology_pu_count(topo);
	job_list(&cases, &m);
	switch_list(&cases, &m);
	assert_int_equal(cases.error, 0);
	(void)get(&cases, "job/sieve/model:process/workers:3/place:same");
	(void)get(&cases, "job/sieve/model:coroutine/workers:3/carriers:1/place:same");
	(void)get(&cases, "job/timers/model:thread/workers:3/place:same/period_us:1000");
	(void)get(&cases, "switch/futex/model:thread/workers:2/place:same");
	for (size_t i = 0; i < cases.count; i++)
		assert_null(strstr(cases.item[i].name, "scatter"));
	case_list_free(&cases);
	assert_int_equal(placement_parse("list:0,2", &two, err, sizeof(err)), 0);
	m.place = &two;
	cases = (struct case_list){0};
	job_list(&cases, &m);
	(void)get(&cases, "job/sieve/model:coroutine/workers:3/carriers:2/place:list:0,2");
	(void)get(
	    &cases, "job/tcp_echo/model:coroutine/workers:3/carriers:2/place:list:0,2/bytes:64");
	case_list_free(&cases);
	topology_free(topo);
}

static void limits_are_reasons(void **unused)
{
	const struct bench_case *bc;
	struct rlimit before, tight;
	struct case_list cases;

	(void)unused;
	list(&cases, "pack:1 core:2 pu:1", PROFILE_QUICK, 500);
	bc = get(&cases, "job/timers/model:thread/workers:1000/place:scatter/period_us:20000");
	assert_string_not_equal(bc->unsupported, "");
	bc = get(&cases,
	    "job/timers/model:coroutine/workers:1000/carriers:2/place:scatter/period_us:20000");
	assert_string_equal(bc->unsupported, "");
	case_list_free(&cases);

	assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
	if (before.rlim_max != RLIM_INFINITY && before.rlim_max < INT32_MAX)
		assert_true(2 * (rlim_t)tcp_echo_sockets_limit(0) < before.rlim_max);
	tight = before;
	tight.rlim_cur = tight.rlim_max = 1024;
	if (before.rlim_max < 1024 || setrlimit(RLIMIT_NOFILE, &tight) != 0)
		skip();
	list(&cases, "pack:1 core:2 pu:1", PROFILE_QUICK, 100000);
	bc =
	    get(&cases, "job/tcp_echo/model:coroutine/workers:1000/carriers:1/place:same/bytes:64");
	assert_non_null(strstr(bc->unsupported, "open files"));
	bc = get(&cases, "job/tcp_echo/model:coroutine/workers:100/carriers:1/place:same/bytes:64");
	assert_string_equal(bc->unsupported, "");
	case_list_free(&cases);

	/* Few descriptors are enough for few connections. */
	tight.rlim_cur = tight.rlim_max = 64;
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &tight), 0);
	list(&cases, "pack:1 core:2 pu:1", PROFILE_QUICK, 100000);
	bc = get(&cases, "job/tcp_echo/model:thread/workers:10/place:same/bytes:64");
	assert_string_equal(bc->unsupported, "");
	bc = get(&cases, "job/tcp_echo/model:thread/workers:100/place:same/bytes:64");
	assert_string_equal(
	    bc->unsupported, "100 connections: the limit on open files allows 20 (ulimit -Hn)");
	case_list_free(&cases);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(every_profile_lists),
	    cmocka_unit_test(quick_has_the_rows_promised),
	    cmocka_unit_test(user_decides),
	    /* Last: it lowers a limit of this process for good. */
	    cmocka_unit_test(limits_are_reasons),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
