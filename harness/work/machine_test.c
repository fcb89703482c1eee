/* machine_test.c - what families are told of the machine. */
#include "harness/work/machine.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cmocka.h>

const struct family bench_families[] = {{0}};

static struct topology *topo;

static int make_topology(void **state)
{
	char err[200];

	(void)state;
	return topology_synthetic("core:3 pu:2", "0-4", &topo, err, sizeof(err));
}

static int free_topology(void **state)
{
	(void)state;
	topology_free(topo);
	return 0;
}

static void topology_and_profile_are_taken_over(void **state)
{
	struct machine m;

	(void)state;
	memset(&m, 0xff, sizeof(m));
	machine_describe(&m, topo, PROFILE_FULL);
	assert_int_equal(m.pus, 5);
	assert_int_equal(m.profile, PROFILE_FULL);
	assert_ptr_equal(m.topology, topo);
	assert_true(m.max_workers > 0);
	assert_int_equal(m.worker_counts, 0);
	assert_null(m.workers);
	assert_null(m.place);
}

static unsigned max_workers_under(rlim_t limit)
{
	int status = 0;
	int fds[2];
	unsigned n = 0;
	pid_t pid;

	assert_int_equal(pipe(fds), 0);
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		const struct rlimit rl = {.rlim_cur = limit, .rlim_max = limit};
		struct machine m;

		if (setrlimit(RLIMIT_NPROC, &rl) != 0)
			_exit(1);
		machine_describe(&m, topo, PROFILE_SMOKE);
		_exit(write(fds[1], &m.max_workers, sizeof(n)) == (ssize_t)sizeof(n) ? 0 : 1);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	assert_int_equal(read(fds[0], &n, sizeof(n)), sizeof(n));
	assert_int_equal(close(fds[0]) | close(fds[1]), 0);
	return n;
}

static void limits_bound_the_workers(void **state)
{
	struct rlimit now;
	struct machine m;

	(void)state;
	assert_int_equal(getrlimit(RLIMIT_NPROC, &now), 0);
	machine_describe(&m, topo, PROFILE_SMOKE);
	if (m.max_workers <= 800 || now.rlim_max < 1000)
		skip(); /* other limits here are tighter than those below */
	/* Some are left for others, and never all of them. */
	assert_int_equal(max_workers_under(1000), 800);
	assert_int_equal(max_workers_under(100), 50);
	/* Negative control: a higher limit gives more. */
	assert_true(max_workers_under(900) < 800);
}

static void the_users_sweep_goes_first(void **state)
{
	static const unsigned own[] = {1, 2, 2, 4, 1}, users[] = {8, 3, 8};
	struct machine m = {0};
	unsigned out[8];

	(void)state;
	assert_int_equal(machine_workers(&m, own, 5, out, 8), 3);
	assert_int_equal(out[0], 1);
	assert_int_equal(out[1], 2);
	assert_int_equal(out[2], 4);
	assert_int_equal(machine_workers(&m, own, 5, out, 2), 2);
	assert_int_equal(machine_workers(&m, own, 0, out, 8), 0);
	m.workers = users;
	m.worker_counts = 3;
	assert_int_equal(machine_workers(&m, own, 5, out, 8), 2);
	assert_int_equal(out[0], 8);
	assert_int_equal(out[1], 3);
}

static void the_users_placement_goes_first(void **state)
{
	const struct placement_policy users = placement_policy_of(PLACEMENT_SCATTER);
	struct machine m = {0};

	(void)state;
	assert_int_equal(machine_place(&m, PLACEMENT_COMPACT).kind, PLACEMENT_COMPACT);
	assert_string_equal(machine_place(&m, PLACEMENT_COMPACT).text, "compact");
	m.place = &users;
	assert_int_equal(machine_place(&m, PLACEMENT_COMPACT).kind, PLACEMENT_SCATTER);
}

static void a_policy_has_so_many_pus(void **state)
{
	static const struct {
		const char *policy;
		unsigned pus;
	} row[] = {{"same", 1}, {"compact", 8}, {"scatter", 8}, {"none", 8}, {"list:3", 1},
	    {"list:3,5,3", 2}, {"cross", 8} /* one package: not offered */};
	struct topology *eight;
	struct machine m;
	char err[200];

	(void)state;
	assert_int_equal(
	    topology_synthetic("pack:1 core:4 pu:2", NULL, &eight, err, sizeof(err)), 0);
	machine_describe(&m, eight, PROFILE_QUICK);
	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		struct placement_policy p;

		assert_int_equal(placement_parse(row[i].policy, &p, err, sizeof(err)), 0);
		if (machine_place_pus(&m, &p) != row[i].pus)
			fail_msg("%s: %u PUs", row[i].policy, machine_place_pus(&m, &p));
	}
	topology_free(eight);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(topology_and_profile_are_taken_over),
	    cmocka_unit_test(limits_bound_the_workers),
	    cmocka_unit_test(the_users_sweep_goes_first),
	    cmocka_unit_test(the_users_placement_goes_first),
	    cmocka_unit_test(a_policy_has_so_many_pus),
	};

	return cmocka_run_group_tests(tests, make_topology, free_topology);
}
