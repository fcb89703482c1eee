/* host_test.c - what of the machine decides which cases it can run. */
#include "harness/work/host.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cmocka.h>

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

static void the_topology_is_taken_over(void **state)
{
	struct host h;

	(void)state;
	memset(&h, 0xff, sizeof(h));
	host_describe(&h, topo);
	assert_int_equal(h.pus, 5);
	assert_ptr_equal(h.topology, topo);
	assert_true(h.max_workers > 0);
	assert_non_null(h.max_workers_by);
}

struct limits {
	unsigned max_workers;
	bool by_ulimit;
};

/* In a process of its own, as a limit once lowered stays. */
static struct limits under(rlim_t limit)
{
	struct limits got = {0};
	int fds[2], status = 0;
	pid_t pid;

	assert_int_equal(pipe(fds), 0);
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		const struct rlimit rl = {.rlim_cur = limit, .rlim_max = limit};
		struct host h;

		if (setrlimit(RLIMIT_NPROC, &rl) != 0)
			_exit(1);
		host_describe(&h, topo);
		got.max_workers = h.max_workers;
		got.by_ulimit = strcmp(h.max_workers_by, "ulimit -u") == 0;
		_exit(write(fds[1], &got, sizeof(got)) == (ssize_t)sizeof(got) ? 0 : 1);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	assert_int_equal(read(fds[0], &got, sizeof(got)), sizeof(got));
	assert_int_equal(close(fds[0]) | close(fds[1]), 0);
	return got;
}

static void limits_bound_the_workers(void **state)
{
	struct rlimit now;
	struct host h;

	(void)state;
	assert_int_equal(getrlimit(RLIMIT_NPROC, &now), 0);
	host_describe(&h, topo);
	if (h.max_workers <= 800 || now.rlim_max < 1000)
		skip(); /* other limits here are tighter than those below */
	/* Some are left for others, and never all of them. */
	assert_int_equal(under(1000).max_workers, 800);
	assert_int_equal(under(100).max_workers, 50);
	/* People are told which limit it is; another one is the least here, if any. */
	assert_true(under(1000).by_ulimit);
	if (h.max_workers < now.rlim_cur - 200)
		assert_string_not_equal(h.max_workers_by, "ulimit -u");
	/* Negative control: a higher limit gives more. */
	assert_true(under(900).max_workers < 800);
}

static void a_policy_has_so_many_pus(void **state)
{
	static const struct {
		const char *policy;
		unsigned pus;
	} row[] = {{"same", 1}, {"compact", 8}, {"scatter", 8}, {"none", 8}, {"list:3", 1},
	    {"list:3,5,3", 2}, {"cross", 8} /* one package: not offered */};
	struct topology *eight;
	struct host h;
	char err[200];

	(void)state;
	assert_int_equal(
	    topology_synthetic("pack:1 core:4 pu:2", NULL, &eight, err, sizeof(err)), 0);
	host_describe(&h, eight);
	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		struct placement_policy p;

		assert_int_equal(placement_parse(row[i].policy, &p, err, sizeof(err)), 0);
		if (host_place_pus(&h, &p) != row[i].pus)
			fail_msg("%s: %u PUs", row[i].policy, host_place_pus(&h, &p));
	}
	topology_free(eight);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(the_topology_is_taken_over),
	    cmocka_unit_test(limits_bound_the_workers),
	    cmocka_unit_test(a_policy_has_so_many_pus),
	};

	return cmocka_run_group_tests(tests, make_topology, free_topology);
}
