#include "harness/machine/quota.h"

#include "harness/machine/manifest_fake.h"

#include <math.h>

#define MOUNT "31 23 0:28 "

static void reads_version_2(void **state)
{
	static const struct fake_file files[] = {
	    {"/proc/self/cgroup", "0::/pod/box\n"},
	    {"/proc/self/mountinfo", MOUNT "/ /cg rw - cgroup2 cgroup2 rw\n"},
	    {"/cg/pod/box/cpu.max", "50000 100000\n"},
	    {"/cg/pod/box/cpu.stat", "usage_usec 9\nuser_usec 5\nnr_periods 136\nnr_throttled 110\n"
				     "throttled_usec 7000\nnr_bursts 0\n"},
	    {"/cg/pod/cpu.max", "150000 100000\n"},
	    {"/cg/pod/cpu.stat", "nr_periods 3\nnr_throttled 1\nthrottled_usec 5\n"},
	    /* No limit here: what it says is not ours. */
	    {"/cg/cpu.max", "max 100000\n"},
	    {"/cg/cpu.stat", "nr_throttled 1000\nthrottled_usec 1000\n"},
	};
	static const struct fake_file later[] = {{"/cg/pod/box/cpu.stat",
	    "usage_usec 99999\nnr_periods 137\nnr_throttled 111\nthrottled_usec 57000\n"}};
	struct quota q;
	struct quota_reading r, then;
	char path[PATH_MAX];
	FILE *f;

	(void)state;
	write_files(files, COUNT(files));
	quota_open(&q, fake_root);
	assert_int_equal(q.count, 2);
	assert_true(q.cpus == 0.5);
	assert_int_equal(q.period_ns, 100000000);
	quota_read(&q, &r);
	assert_int_equal(r.periods, 111);
	assert_int_equal(r.ns, 7005000);
	/* In place, as the kernel's change: what is open is read again. */
	assert_true(snprintf(path, sizeof(path), "%s%s", fake_root, later[0].path) > 0);
	f = fopen(path, "w");
	assert_non_null(f);
	assert_true(fputs(later[0].content, f) > 0);
	assert_int_equal(fclose(f), 0);
	quota_read(&q, &then);
	assert_int_equal(then.periods - r.periods, 1);
	assert_int_equal(then.ns - r.ns, 50000000);
	quota_close(&q);
	assert_int_equal(q.count, 0);
}

static void reads_version_1(void **state)
{
	static const struct fake_file files[] = {
	    {"/proc/self/cgroup", "2:cpu,cpuacct:/box\n0::/\n"},
	    {"/proc/self/mountinfo", MOUNT "/ /cpu rw - cgroup cgroup rw,cpu,cpuacct\n"},
	    {"/cpu/box/cpu.cfs_quota_us", "20000\n"},
	    {"/cpu/box/cpu.cfs_period_us", "10000\n"},
	    {"/cpu/box/cpu.stat", "nr_periods 136\nnr_throttled 110\nthrottled_time 123456789\n"},
	};
	struct quota_reading r;
	struct quota q;

	(void)state;
	write_files(files, COUNT(files));
	quota_open(&q, fake_root);
	assert_int_equal(q.count, 1);
	assert_true(q.cpus == 2.0);
	assert_int_equal(q.period_ns, 10000000);
	quota_read(&q, &r);
	assert_int_equal(r.periods, 110);
	assert_int_equal(r.ns, 123456789);
	quota_close(&q);
}

static void no_limit_costs_nothing(void **state)
{
	static const struct fake_file files[] = {
	    {"/proc/self/cgroup", "0::/box\n"},
	    {"/proc/self/mountinfo", MOUNT "/ /cg rw - cgroup2 cgroup2 rw\n"},
	    {"/cg/box/cpu.max", "max 100000\n"},
	    {"/cg/box/cpu.stat", "nr_throttled 5\nthrottled_usec 5\n"},
	};
	struct quota_reading r = {1, 1};
	struct quota q;

	(void)state;
	write_files(files, COUNT(files));
	quota_open(&q, fake_root);
	assert_int_equal(q.count, 0);
	assert_true(isinf(q.cpus));
	quota_read(&q, &r);
	assert_int_equal(r.periods + r.ns, 0);
	/* Nor a machine without control groups. */
	quota_close(&q);
	quota_open(&q, "/nowhere");
	assert_int_equal(q.count, 0);
	assert_true(isinf(q.cpus));
}

static void odd_texts_say_nothing(void **state)
{
	static const char *const texts[] = {"", "\n", "nr_throttled", "nr_throttled x\n",
	    "not_nr_throttled 5\nxthrottled_usec 7\n", "throttled_time 3\n"};

	(void)state;
	for (size_t i = 0; i < COUNT(texts); i++) {
		struct quota_reading r = {0};

		quota_parse(texts[i], 1000, &r);
		if (r.periods || r.ns)
			fail_msg("'%s'", texts[i]);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    IN_ROOT(reads_version_2),
	    IN_ROOT(reads_version_1),
	    IN_ROOT(no_limit_costs_nothing),
	    cmocka_unit_test(odd_texts_say_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
