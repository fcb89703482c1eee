#include "harness/machine/manifest.h"

#include "harness/machine/manifest_fake.h"

#define MOUNT "31 23 0:28 "

static void reads_cgroup_v2(void **state)
{
	static const struct fake_file files[] = {
	    {"/proc/self/cgroup", "0::/user.slice/run.scope\n"},
	    {"/proc/self/mountinfo",
		"22 1 0:20 / / rw - ext4 /dev/sda rw\n" MOUNT
		"/ /sys/fs/cgroup rw shared:4 master:2 - cgroup2 cgroup2 rw,nsdelegate\n"},
	    {"/sys/fs/cgroup/user.slice/run.scope/cpu.max", "max 100000\n"},
	    {"/sys/fs/cgroup/user.slice/run.scope/cpu.weight", "100\n"},
	    {"/sys/fs/cgroup/user.slice/run.scope/memory.max", "2147483648\n"},
	    {"/sys/fs/cgroup/user.slice/run.scope/memory.high", "max\n"},
	    {"/sys/fs/cgroup/user.slice/run.scope/pids.max", "max\n"},
	    /* The tighter limits are above. */
	    {"/sys/fs/cgroup/user.slice/cpu.max", "150000 100000\n"},
	    {"/sys/fs/cgroup/user.slice/memory.max", "1073741824\n"},
	    {"/sys/fs/cgroup/user.slice/pids.max", "4096\n"},
	    {"/sys/fs/cgroup/user.slice/cpuset.cpus.effective", "0-1\n"},
	    {"/sys/fs/cgroup/cpuset.cpus.effective", "0-7\n"},
	    /* Not above the mount. */
	    {"/sys/fs/memory.max", "1\n"},
	};
	static const struct expected expected[] = {
	    {"cgroup.version", "v2"},
	    {"cgroup.cpu_limit_cpus", "1.5"},
	    {"cgroup.cpu_weight", "100"},
	    {"cgroup.memory_limit_bytes", "1073741824"},
	    {"cgroup.memory_high_bytes", "none"},
	    {"cgroup.tasks_limit", "4096"},
	    {"cgroup.cpuset", "0-1"},
	    {"cgroup.cpu_shares", NULL},
	};

	(void)state;
	check_machine(files, COUNT(files), expected, COUNT(expected));
}

/* The innermost, one between, the outermost. */
static void the_least_limit_counts_wherever_it_stands(void **state)
{
	static const struct fake_file files[] = {
	    {"/proc/self/cgroup", "0::/a/b/c\n"},
	    {"/proc/self/mountinfo", MOUNT "/ /sys/fs/cgroup rw - cgroup2 cgroup2 rw\n"},
	    {"/sys/fs/cgroup/a/b/c/memory.max", "1000\n"},
	    {"/sys/fs/cgroup/a/b/memory.max", "2000\n"},
	    {"/sys/fs/cgroup/a/memory.max", "3000\n"},
	    {"/sys/fs/cgroup/a/b/c/cpu.max", "400000 100000\n"},
	    {"/sys/fs/cgroup/a/b/cpu.max", "150000 100000\n"},
	    {"/sys/fs/cgroup/a/cpu.max", "300000 100000\n"},
	    {"/sys/fs/cgroup/a/b/c/pids.max", "300\n"},
	    {"/sys/fs/cgroup/a/b/pids.max", "200\n"},
	    {"/sys/fs/cgroup/a/pids.max", "100\n"},
	};
	static const struct expected expected[] = {
	    {"cgroup.memory_limit_bytes", "1000"},
	    {"cgroup.cpu_limit_cpus", "1.5"},
	    {"cgroup.tasks_limit", "100"},
	};

	(void)state;
	check_machine(files, COUNT(files), expected, COUNT(expected));
}

static void reads_cgroup_v1(void **state)
{
	/* As in a container without a namespace: mounts start at its own group. */
	static const struct fake_file files[] = {
	    {"/proc/self/cgroup", "9:name=systemd:/docker/abc\n4:memory:/docker/abc\n"
				  "3:cpuset:/docker/abc/inner\n2:cpu,cpuacct:/docker/abc\n"
				  "1:pids:/docker/abc\n"},
	    {"/proc/self/mountinfo", MOUNT
		"/docker/abc /sys/fs/cgroup/cpu,cpuacct rw - cgroup cgroup rw,cpu,cpuacct\n" MOUNT
		"/docker/abc /sys/fs/cgroup/with\\040blank rw - cgroup cgroup rw,memory\n" MOUNT
		"/docker/abc /sys/fs/cgroup/cpuset rw - cgroup cgroup rw,cpuset\n" MOUNT
		"/other /sys/fs/cgroup/pids rw - cgroup cgroup rw,pids\n"},
	    {"/sys/fs/cgroup/cpu,cpuacct/cpu.cfs_quota_us", "250000\n"},
	    {"/sys/fs/cgroup/cpu,cpuacct/cpu.cfs_period_us", "100000\n"},
	    {"/sys/fs/cgroup/cpu,cpuacct/cpu.shares", "1024\n"},
	    {"/sys/fs/cgroup/with blank/memory.limit_in_bytes", "9223372036854771712\n"},
	    {"/sys/fs/cgroup/cpuset/inner/cpuset.effective_cpus", "2\n"},
	    {"/sys/fs/cgroup/cpuset/cpuset.effective_cpus", "2-3\n"},
	    {"/sys/fs/cgroup/pids/pids.max", "77\n"},
	};
	static const struct expected expected[] = {
	    {"cgroup.version", "v1"},
	    {"cgroup.cpu_limit_cpus", "2.5"},
	    {"cgroup.cpu_shares", "1024"},
	    {"cgroup.memory_limit_bytes", "none"},
	    {"cgroup.memory_high_bytes", NULL},
	    {"cgroup.cpuset", "2"},
	    {"cgroup.tasks_limit", "77"},
	};

	(void)state;
	check_machine(files, COUNT(files), expected, COUNT(expected));
}

static void reads_both_cgroup_versions(void **state)
{
	static const struct fake_file files[] = {
	    {"/proc/self/cgroup", "2:cpu:/\n0::/../outside\n"},
	    {"/proc/self/mountinfo", MOUNT "/ /sys/fs/cgroup/cpu rw - cgroup cgroup rw,cpu\n" MOUNT
					   "/ /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw\n"},
	    {"/sys/fs/cgroup/cpu/cpu.cfs_quota_us", "-1\n"},
	    {"/sys/fs/cgroup/cpu/cpu.cfs_period_us", "100000\n"},
	    {"/sys/fs/cgroup/unified/cpu.max", "1 2\n"}, /* not the one that counts */
	    {"/sys/fs/cgroup/unified/memory.max", "4096\n"},
	    {"/sys/fs/cgroup/outside/memory.max", "1\n"},
	};
	static const struct expected expected[] = {
	    {"cgroup.version", "v1 and v2"},
	    {"cgroup.cpu_limit_cpus", "none"},
	    {"cgroup.memory_limit_bytes", "4096"},
	};

	(void)state;
	check_machine(files, COUNT(files), expected, COUNT(expected));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    IN_ROOT(reads_cgroup_v2),
	    IN_ROOT(the_least_limit_counts_wherever_it_stands),
	    IN_ROOT(reads_cgroup_v1),
	    IN_ROOT(reads_both_cgroup_versions),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
