/*
 * Binding, on the real machine: every PU that may be used, from threads and children, under a
 * restricted affinity and a restricted cpuset; and kernels that lie, which the read-back must
 * catch.
 */
#include "harness/machine/topology.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <errno.h>
#include <mntent.h>
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

/* ---- the negative controls: these stand before libc's, for hwloc too ---- */

static bool setaffinity_lies, getcpu_lies;

int sched_setaffinity(pid_t pid, size_t size, const cpu_set_t *set)
{
	if (setaffinity_lies)
		return 0;
	return (int)syscall(SYS_sched_setaffinity, pid, size, set);
}

int sched_getcpu(void)
{
	unsigned cpu = 0;

	if (syscall(SYS_getcpu, &cpu, NULL, NULL) != 0)
		return -1;
	return (int)cpu + getcpu_lies;
}

/* ---- children: binding is for life, so no test may bind the test program itself ---- */

/* A child's checks: the line of the first that fails is its exit status. */
#define CHILD_CHECK(condition)                     \
	do {                                       \
		if (!(condition))                  \
			return __LINE__ % 200 + 1; \
	} while (0)

/* Of CHILD_CHECK's values none; the test is skipped. */
#define CHILD_SKIPS 255

static int wait_for_child(int (*body)(const void *), const void *arg)
{
	pid_t pid = fork();
	int status;

	assert_int_not_equal(pid, -1);
	if (pid == 0)
		_exit(body(arg));
	while (waitpid(pid, &status, 0) < 0)
		assert_int_equal(errno, EINTR);
	return status;
}

static void check_child(int status)
{
	assert_true(WIFEXITED(status));
	if (WEXITSTATUS(status) != 0)
		fail_msg("the child's check on line 200 * n + %d", WEXITSTATUS(status) - 1);
}

static void run_child(int (*body)(const void *), const void *arg)
{
	check_child(wait_for_child(body, arg));
}

static struct topology *discover(void)
{
	struct topology *topo = NULL;

	return topology_discover(&topo, NULL, 0) == 0 ? topo : NULL;
}

/* Not by hwloc: an independent witness. */
static bool runs_only_on(unsigned os_index)
{
	size_t size = CPU_ALLOC_SIZE(8192);
	cpu_set_t *set = CPU_ALLOC(8192);
	bool only;

	if (!set)
		return false;
	CPU_ZERO_S(size, set);
	only = sched_getaffinity(0, size, set) == 0 && CPU_COUNT_S(size, set) == 1 &&
	       CPU_ISSET_S(os_index, size, set) && sched_getcpu() == (int)os_index;
	CPU_FREE(set);
	return only;
}

static int set_affinity(unsigned os_index)
{
	size_t size = CPU_ALLOC_SIZE(8192);
	cpu_set_t *set = CPU_ALLOC(8192);
	int ret;

	if (!set)
		return -1;
	CPU_ZERO_S(size, set);
	CPU_SET_S(os_index, size, set);
	ret = sched_setaffinity(0, size, set);
	CPU_FREE(set);
	return ret;
}

static int binds_to_each(const void *arg)
{
	const struct topology *topo = arg;
	unsigned count = topology_pu_count(topo);

	/* Twice around, so that every PU is left for another and come back to. */
	for (unsigned i = 0; i < 2 * count; i++) {
		unsigned pu = topology_pu(topo, i % count)->os_index;
		unsigned other = topology_pu(topo, (i + 1) % count)->os_index;

		CHILD_CHECK(topology_bind_self(topo, pu) == 0);
		CHILD_CHECK(runs_only_on(pu));
		CHILD_CHECK(other == pu || !runs_only_on(other));
	}
	return 0;
}

static void every_usable_pu_can_be_bound_to(void **state)
{
	struct topology *topo = discover();

	(void)state;
	assert_non_null(topo);
	assert_true(topology_is_real(topo));
	run_child(binds_to_each, topo);
	topology_free(topo);
}

static int refuses_others(const void *arg)
{
	const struct topology *topo = arg;
	unsigned pu = topology_pu(topo, 0)->os_index;

	CHILD_CHECK(topology_bind_self(topo, 65535) == -EPERM);
	CHILD_CHECK(topology_bind_self(topo, UINT32_MAX) == -EPERM);
	/* And stays where it was. */
	CHILD_CHECK(topology_bind_self(topo, pu) == 0);
	CHILD_CHECK(topology_bind_self(topo, 65535) == -EPERM);
	CHILD_CHECK(runs_only_on(pu));
	return 0;
}

static void other_pus_are_refused(void **state)
{
	struct topology *topo = discover();

	(void)state;
	assert_non_null(topo);
	run_child(refuses_others, topo);
	topology_free(topo);
}

static int catches_lies(const void *arg)
{
	const struct topology *topo = arg;
	unsigned first = topology_pu(topo, 0)->os_index;
	unsigned other = topology_pu(topo, topology_pu_count(topo) - 1)->os_index;

	/* A call that says yes and does nothing. */
	if (other != first) {
		CHILD_CHECK(topology_bind_self(topo, first) == 0);
		setaffinity_lies = true;
		CHILD_CHECK(topology_bind_self(topo, other) == -EIO);
		setaffinity_lies = false;
	}
	/* A mask that is right while the thread runs elsewhere. */
	getcpu_lies = true;
	CHILD_CHECK(topology_bind_self(topo, first) == -EIO);
	getcpu_lies = false;
	CHILD_CHECK(topology_bind_self(topo, first) == 0);
	return 0;
}

static void the_read_back_catches_lies(void **state)
{
	struct topology *topo = discover();

	(void)state;
	assert_non_null(topo);
	run_child(catches_lies, topo);
	topology_free(topo);
}

#define THREADS 4
#define REBINDS 50

struct binder {
	pthread_t thread;
	const struct topology *topo;
	unsigned offset;
	unsigned failures;
};

static void *rebind(void *arg)
{
	struct binder *b = arg;

	for (unsigned i = 0; i < REBINDS; i++) {
		unsigned at = (b->offset + i) % topology_pu_count(b->topo);
		unsigned pu = topology_pu(b->topo, at)->os_index;

		b->failures += topology_bind_self(b->topo, pu) != 0 || !runs_only_on(pu);
	}
	return NULL;
}

static void threads_bind_at_the_same_time(void **state)
{
	struct topology *topo = discover();
	struct binder binders[THREADS];

	(void)state;
	assert_non_null(topo);
	for (unsigned i = 0; i < THREADS; i++) {
		binders[i] = (struct binder){.topo = topo, .offset = i};
		assert_int_equal(pthread_create(&binders[i].thread, NULL, rebind, &binders[i]), 0);
	}
	for (unsigned i = 0; i < THREADS; i++) {
		assert_int_equal(pthread_join(binders[i].thread, NULL), 0);
		assert_int_equal(binders[i].failures, 0);
	}
	topology_free(topo);
}

/* ---- less than the whole machine ---- */

/* @arg: the topology of before; all but its last PU is taken away first. */
static int sees_one_pu_by_affinity(const void *arg)
{
	const struct topology *whole = arg;
	unsigned last = topology_pu(whole, topology_pu_count(whole) - 1)->os_index;
	unsigned first = topology_pu(whole, 0)->os_index;
	struct topology *topo;

	CHILD_CHECK(set_affinity(last) == 0);
	topo = discover();
	CHILD_CHECK(topo);
	CHILD_CHECK(topology_pu_count(topo) == 1);
	CHILD_CHECK(topology_pu(topo, 0)->os_index == last);
	CHILD_CHECK(strncmp(topology_limits(topo), "affinity ", 9) == 0);
	CHILD_CHECK(strcmp(topology_fingerprint(topo), topology_fingerprint(whole)) != 0);
	CHILD_CHECK(topology_bind_self(topo, first) == -EPERM);
	CHILD_CHECK(topology_bind_self(topo, last) == 0);
	CHILD_CHECK(runs_only_on(last));
	topology_free(topo);
	return 0;
}

static void skip_on_one_pu(struct topology *topo)
{
	if (topology_pu_count(topo) > 1)
		return;
	topology_free(topo);
	print_message("skipped: only one PU may be used here\n");
	skip();
}

static void a_restricted_affinity_is_kept_to(void **state)
{
	struct topology *topo = discover();

	(void)state;
	assert_non_null(topo);
	skip_on_one_pu(topo);
	run_child(sees_one_pu_by_affinity, topo);
	topology_free(topo);
}

/* A cell: the supervisor's XML and list, which know of more than the cell was given. */
static int keeps_to_affinity_with_xml(const void *arg)
{
	const struct topology *whole = arg;
	unsigned last = topology_pu(whole, topology_pu_count(whole) - 1)->os_index;
	unsigned first = topology_pu(whole, 0)->os_index;
	char path[] = P_tmpdir "/topology_bind_test.XXXXXX", list[16];
	struct topology *topo;
	int fd = mkstemp(path);

	CHILD_CHECK(fd >= 0 && close(fd) == 0);
	CHILD_CHECK(topology_write_xml(whole, path) == 0);
	CHILD_CHECK(topology_hand_over(path, topology_allowed_list(whole)) == 0);
	CHILD_CHECK(set_affinity(last) == 0);
	CHILD_CHECK(topology_handed(&topo, NULL, 0) == 0 && topology_is_real(topo));
	CHILD_CHECK(topology_pu_count(topo) == 1);
	CHILD_CHECK(topology_bind_self(topo, first) == -EPERM);
	CHILD_CHECK(topology_bind_self(topo, last) == 0);
	topology_free(topo);
	/* And the list keeps PUs from it that the affinity would give. */
	snprintf(list, sizeof(list), "%u", first);
	setenv("CONCBENCH_ALLOWED", list, 1);
	CHILD_CHECK(topology_handed(&topo, NULL, 0) == -ENODEV);
	CHILD_CHECK(unlink(path) == 0);
	return 0;
}

static void a_cell_keeps_to_its_affinity(void **state)
{
	struct topology *topo = discover();

	(void)state;
	assert_non_null(topo);
	skip_on_one_pu(topo);
	run_child(keeps_to_affinity_with_xml, topo);
	topology_free(topo);
}

/* ---- a cgroup of our own ---- */

struct cpuset {
	char dir[512];
	const char *members;
};

static bool write_to(const char *dir, const char *file, const char *text)
{
	char path[600];
	FILE *to;
	bool written;

	snprintf(path, sizeof(path), "%s/%s", dir, file);
	to = fopen(path, "w");
	if (!to)
		return false;
	written = fputs(text, to) >= 0;
	return fclose(to) == 0 && written;
}

/* This process's folder in the hierarchy that has cpusets; false: there is none. */
static bool find_cpuset(struct cpuset *c)
{
	char own[256] = "";
	FILE *from = fopen("/proc/self/cpuset", "r");
	FILE *mounts = setmntent("/proc/self/mounts", "r");
	bool found = false;

	if (from && fgets(own, sizeof(own), from))
		own[strcspn(own, "\n")] = '\0';
	if (from)
		fclose(from);
	if (!mounts)
		return false;
	for (struct mntent *m; *own && !found && (m = getmntent(mounts));) {
		char controllers[300];

		snprintf(c->dir, sizeof(c->dir), "%s%s", m->mnt_dir, strcmp(own, "/") ? own : "");
		if (strcmp(m->mnt_type, "cgroup") == 0 && hasmntopt(m, "cpuset")) {
			c->members = "tasks";
			found = true;
		} else if (strcmp(m->mnt_type, "cgroup2") == 0) {
			/* The controller may belong to a version 1 hierarchy instead. */
			snprintf(controllers, sizeof(controllers), "%s/cgroup.subtree_control",
			    m->mnt_dir);
			from = fopen(controllers, "r");
			c->members = "cgroup.procs";
			found = from && fgets(controllers, sizeof(controllers), from) &&
				strstr(controllers, "cpuset");
			if (from)
				fclose(from);
		}
	}
	endmntent(mounts);
	return found;
}

struct confinement {
	const struct topology *whole;
	const struct cpuset *cpuset;
};

static int sees_one_pu_by_cpuset(const void *arg)
{
	const struct confinement *c = arg;
	const struct topology *whole = c->whole;
	unsigned last = topology_pu(whole, topology_pu_count(whole) - 1)->os_index;
	struct topology *topo;
	char pid[16];

	snprintf(pid, sizeof(pid), "%ld", (long)getpid());
	if (!write_to(c->cpuset->dir, c->cpuset->members, pid))
		return CHILD_SKIPS;
	topo = discover();
	CHILD_CHECK(topo);
	CHILD_CHECK(topology_pu_count(topo) == 1);
	CHILD_CHECK(topology_pu(topo, 0)->os_index == last);
	CHILD_CHECK(strstr(topology_limits(topo), "affinity "));
	CHILD_CHECK(topology_bind_self(topo, topology_pu(whole, 0)->os_index) == -EPERM);
	CHILD_CHECK(topology_bind_self(topo, last) == 0);
	CHILD_CHECK(runs_only_on(last));
	topology_free(topo);
	/* A topology from before the walls went up: the kernel refuses, and it is told. */
	CHILD_CHECK(topology_bind_self(whole, topology_pu(whole, 0)->os_index) == -EINVAL);
	return 0;
}

static void a_restricted_cpuset_is_kept_to(void **state)
{
	struct topology *topo = discover();
	struct cpuset cpuset;
	const struct confinement confinement = {.whole = topo, .cpuset = &cpuset};
	char name[64], pu[16];
	bool made;
	int status = 0;

	(void)state;
	assert_non_null(topo);
	skip_on_one_pu(topo);
	if (!find_cpuset(&cpuset)) {
		topology_free(topo);
		print_message("skipped: no cgroup hierarchy with cpusets\n");
		skip();
	}
	snprintf(name, sizeof(name), "/concbench-test-%ld", (long)getpid());
	strncat(cpuset.dir, name, sizeof(cpuset.dir) - strlen(cpuset.dir) - 1);
	snprintf(pu, sizeof(pu), "%u", topology_pu(topo, topology_pu_count(topo) - 1)->os_index);
	made = mkdir(cpuset.dir, 0755) == 0;
	if (made) {
		/* Version 1 takes no member before its memory nodes are set; on version 2 they
		 * are inherited, and setting them again is allowed. */
		made = write_to(cpuset.dir, "cpuset.cpus", pu) &&
		       write_to(cpuset.dir, "cpuset.mems", "0");
		if (made)
			status = wait_for_child(sees_one_pu_by_cpuset, &confinement);
		/* Before any check, so that nothing is left behind. */
		assert_int_equal(rmdir(cpuset.dir), 0);
	}
	topology_free(topo);
	if (!made || (WIFEXITED(status) && WEXITSTATUS(status) == CHILD_SKIPS)) {
		print_message("skipped: not permitted to make a cpuset\n");
		skip();
	}
	check_child(status);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(every_usable_pu_can_be_bound_to),
	    cmocka_unit_test(other_pus_are_refused),
	    cmocka_unit_test(the_read_back_catches_lies),
	    cmocka_unit_test(threads_bind_at_the_same_time),
	    cmocka_unit_test(a_restricted_affinity_is_kept_to),
	    cmocka_unit_test(a_cell_keeps_to_its_affinity),
	    cmocka_unit_test(a_restricted_cpuset_is_kept_to),
	};

	unsetenv("HWLOC_XMLFILE");
	unsetenv("HWLOC_THISSYSTEM");
	unsetenv("CONCBENCH_ALLOWED");
	return cmocka_run_group_tests(tests, NULL, NULL);
}
