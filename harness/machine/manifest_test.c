#include "harness/machine/manifest.h"

#include "harness/base/file.h"
#include "harness/base/text.h"
#include "harness/machine/manifest_fake.h"

#include <limits.h>
#include <string.h>

#define CPU "/sys/devices/system/cpu"

static void reads_an_x86_server(void **state)
{
	static const struct fake_file files[] = {
	    {"/proc/cpuinfo",
		"processor\t: 0\nvendor_id\t: GenuineIntel\ncpu family\t: 6\nmodel\t\t: 85\n"
		"model name\t: Intel(R) Xeon(R) Gold 6130 CPU @ 2.10GHz\nstepping\t: 4\n"
		"microcode\t: 0x2006d05\ncpu MHz\t\t: 2100.000\n"
		"flags\t\t: fpu tsc constant_tsc avx2 ht nonstop_tsc avx512f_not\n\n"
		"processor\t: 1\nmodel name\t: Intel(R) Xeon(R) Gold 6130 CPU @ 2.10GHz\n"
		"cpu MHz\t\t: 1999.000\nflags\t\t: hypervisor\n\n"},
	    {"/proc/sys/kernel/hostname", "bench7\n"},
	    {"/proc/sys/kernel/osrelease", "6.1.0-18-amd64\n"},
	    {"/proc/sys/kernel/version", "#1 SMP PREEMPT_DYNAMIC Debian 6.1.76-1\n"},
	    {"/etc/os-release",
		"NAME=\"Debian\"\nPRETTY_NAME=\"Debian GNU/Linux 12 (bookworm)\"\n"},
	    {"/proc/cmdline", "BOOT_IMAGE=/vmlinuz root=UUID=1234 ro mitigations=off secret=x "
			      "isolcpus=2-3 quiet -- mitigations=auto\n"},
	    {"/sys/class/dmi/id/sys_vendor", "Dell Inc.\n"},
	    {"/sys/class/dmi/id/product_name", "PowerEdge R640\x01\xff \n"},
	    {CPU "/online", "0-3\n"},
	    {CPU "/isolated", "\n"},
	    {CPU "/smt/active", "1\n"},
	    {CPU "/smt/control", "on\n"},
	    {CPU "/intel_pstate/no_turbo", "1\n"},
	    {CPU "/cpu0/cpufreq/scaling_governor", "performance\n"},
	    {CPU "/cpu1/cpufreq/scaling_governor", "performance\n"},
	    {CPU "/cpu10/cpufreq/scaling_governor", "powersave\n"},
	    {CPU "/cpu2/cpufreq/scaling_governor", "performance\n"},
	    {CPU "/cpu0/cpufreq/scaling_driver", "intel_pstate\n"},
	    {CPU "/cpufreq/policy0/ignored", "x\n"},
	    {CPU "/cpu1/cache/index0/level", "1\n"},
	    {CPU "/cpu1/cache/index0/type", "Data\n"},
	    {CPU "/cpu1/cache/index0/size", "32K\n"},
	    {CPU "/cpu1/cache/index0/coherency_line_size", "64\n"},
	    {CPU "/cpu1/cache/index0/ways_of_associativity", "8\n"},
	    {CPU "/cpu1/cache/index0/shared_cpu_list", "0-1\n"},
	    {CPU "/cpu1/cache/index1/level", "1\n"},
	    {CPU "/cpu1/cache/index1/type", "Instruction\n"},
	    {CPU "/cpu1/cache/index1/size", "64K\n"},
	    {CPU "/cpu1/cache/index3/level", "3\n"},
	    {CPU "/cpu1/cache/index3/type", "Unified\n"},
	    {CPU "/cpu1/cache/index3/size", "22528K\n"},
	    {CPU "/vulnerabilities/mds", "Mitigation: Clear CPU buffers; SMT vulnerable\n"},
	    {CPU "/vulnerabilities/l1tf", "Not affected\n"},
	    {"/sys/devices/system/clocksource/clocksource0/current_clocksource", "tsc\n"},
	    {"/sys/devices/system/clocksource/clocksource0/available_clocksource", "tsc hpet \n"},
	    {"/sys/kernel/mm/transparent_hugepage/enabled", "always [madvise] never\n"},
	    {"/sys/kernel/debug/sched/preempt", "none voluntary (full)\n"},
	    {"/proc/meminfo",
		"MemTotal:       65536000 kB\nMemFree:  1 kB\nHugePages_Total:       0\n"},
	    {"/proc/self/status",
		"Name:\tx\nCpus_allowed:\tf\nCpus_allowed_list:\t0-3\nSeccomp:\t2\n"},
	    {"/proc/self/limits",
		"Limit                     Soft Limit           Hard Limit           Units     \n"
		"Max stack size            8388608              unlimited            bytes     \n"
		"Max processes             96365                96365                processes \n"
		"Max nice priority         0                    0                    \n"},
	    {"/proc/loadavg", "0.52 0.41 0.30 2/110 4711\n"},
	    {"/proc/sys/kernel/threads-max", "192731\n"},
	    {"/proc/sys/vm/max_map_count", "65530\n"},
	    {"/proc/sys/net/ipv4/ip_local_port_range", "32768\t60999\n"},
	};
	static const struct expected expected[] = {
	    {"cpu.model", "Intel(R) Xeon(R) Gold 6130 CPU @ 2.10GHz"},
	    {"cpu.vendor", "GenuineIntel"},
	    {"cpu.family", "6"},
	    {"cpu.model_number", "85"},
	    {"cpu.stepping", "4"},
	    {"cpu.microcode", "0x2006d05"},
	    {"cpu.mhz_now", "2100.000"},
	    {"cpu.flags", "constant_tsc nonstop_tsc ht avx2"},
	    {"hypervisor", "none"},
	    {"host.name", "bench7"},
	    {"os.name", "Debian GNU/Linux 12 (bookworm)"},
	    {"kernel.release", "6.1.0-18-amd64"},
	    {"kernel.version", "#1 SMP PREEMPT_DYNAMIC Debian 6.1.76-1"},
	    {"kernel.parameters", "mitigations=off isolcpus=2-3"},
	    {"kernel.preempt", "full"},
	    {"kernel.mitigations.mds", "Mitigation: Clear CPU buffers; SMT vulnerable"},
	    {"kernel.mitigations.l1tf", "Not affected"},
	    {"machine.vendor", "Dell Inc."},
	    {"machine.product", "PowerEdge R640 ?"},
	    {"cpu.online", "0-3"},
	    {"cpu.isolated", NULL},
	    {"cpu.smt", "on"},
	    {"cpu.smt_control", "on"},
	    {"cpu.turbo", "off"},
	    {"cpu.governor", "performance + powersave"},
	    {"cpu.frequency_driver", "intel_pstate"},
	    {"cpu.energy_preference", NULL},
	    {"cache.l1d.size", "32K"},
	    {"cache.l1d.line_bytes", "64"},
	    {"cache.l1d.ways", "8"},
	    {"cache.l1d.shared_by_cpus", "0-1"},
	    {"cache.l1i.size", "64K"},
	    {"cache.l1i.ways", NULL},
	    {"cache.l3.size", "22528K"},
	    {"clock.source", "tsc"},
	    {"clock.sources", "tsc hpet"},
	    {"memory.transparent_hugepage", "madvise"},
	    {"memory.total", "65536000 kB"},
	    {"memory.available", NULL},
	    {"memory.hugepages", "0"},
	    {"process.cpus_allowed", "0-3"},
	    {"process.seccomp", "2"},
	    {"limit.stack_bytes", "8388608 (hard unlimited)"},
	    {"limit.processes", "96365"},
	    {"limit.nice_priority", "0"},
	    {"load.before.1min", "0.52"},
	    {"load.before.15min", "0.30"},
	    {"load.before.runnable", "2/110"},
	    {"sysctl.kernel.threads-max", "192731"},
	    {"sysctl.vm.max_map_count", "65530"},
	    {"sysctl.net.ipv4.ip_local_port_range", "32768 60999"},
	    {"sysctl.kernel.pid_max", NULL},
	    {"cgroup.version", NULL},
	};
	struct manifest m = {0};

	(void)state;
	check_machine(files, COUNT(files), expected, COUNT(expected));
	/* What is not about the measurement stays out, above all what follows "root=". */
	assert_int_equal(manifest_collect_from(&m, fake_root), 0);
	for (size_t i = 0; i < m.count; i++) {
		assert_null(strstr(m.items[i].value, "secret"));
		assert_null(strstr(m.items[i].value, "UUID"));
	}
	manifest_free(&m);
}

static void reads_an_arm_guest(void **state)
{
	static const struct fake_file files[] = {
	    {"/proc/cpuinfo", "processor\t: 0\nFeatures\t: fp asimd evtstrm aes atomics lrcpc\n"
			      "CPU implementer\t: 0x41\nCPU architecture: 8\nCPU variant\t: 0x3\n"
			      "CPU part\t: 0xd0c\nCPU revision\t: 1\n\n"
			      "processor\t: 1\nCPU implementer\t: 0x41\nCPU variant\t: 0x3\n"
			      "CPU part\t: 0xd0c\nCPU revision\t: 1\n\n"
			      "processor\t: 2\nCPU implementer\t: 0x41\nCPU variant\t: 0x1\n"
			      "CPU part\t: 0xd05\nCPU revision\t: 0\n"},
	    {"/sys/firmware/devicetree/base/model", "linux,dummy-virt"},
	    {"/proc/device-tree/hypervisor/compatible", "linux,kvm"},
	    {CPU "/cpufreq/boost", "1\n"},
	};
	static const struct expected expected[] = {
	    {"cpu.model", "Arm implementer 0x41 part 0xd0c variant 0x3 revision 1 + "
			  "Arm implementer 0x41 part 0xd05 variant 0x1 revision 0"},
	    {"cpu.flags", "atomics lrcpc evtstrm"},
	    {"machine.model", "linux,dummy-virt"},
	    {"hypervisor", "linux,kvm"},
	    {"cpu.turbo", "on"},
	    {"cpu.smt", NULL},
	};

	(void)state;
	check_machine(files, COUNT(files), expected, COUNT(expected));
}

static void names_the_hypervisor(void **state)
{
	static const char clocks[] =
	    "/sys/devices/system/clocksource/clocksource0/available_clocksource";
	static const struct fake_file unknown[] = {{"/proc/cpuinfo", "flags : hypervisor\n"}};
	static const struct fake_file kvm[] = {{clocks, "kvm-clock tsc acpi_pm\n"}};
	static const struct fake_file xen[] = {{"/sys/hypervisor/type", "xen\n"}};
	static const struct expected is_unknown[] = {{"hypervisor", "yes, unknown which"}};
	static const struct expected is_kvm[] = {{"hypervisor", "kvm"}};
	static const struct expected is_xen[] = {{"hypervisor", "xen"}};

	(void)state;
	check_machine(unknown, 1, is_unknown, 1);
	check_machine(kvm, 1, is_kvm, 1);
	check_machine(xen, 1, is_xen, 1);
}

/* ---- nothing there, or nonsense ---- */

static void survives_nothing_and_nonsense(void **state)
{
	static const char *const paths[] = {"/proc/cpuinfo", "/proc/meminfo", "/proc/cmdline",
	    "/proc/loadavg", "/proc/self/status", "/proc/self/limits", "/proc/self/cgroup",
	    "/proc/self/mountinfo", "/etc/os-release", CPU "/online", CPU "/smt/active",
	    CPU "/cpufreq/boost", CPU "/cpu0/cpufreq/scaling_governor",
	    CPU "/cpu0/cache/index0/level", CPU "/vulnerabilities/mds",
	    "/sys/kernel/mm/transparent_hugepage/enabled", "/sys/fs/cgroup/cpu.max",
	    "/sys/fs/cgroup/memory.max"};
	static const char *const contents[] = {"", "\n", "\n\n\n", ":", "::::", "a", "[", "]",
	    "0::\n", "0::/\n", "1:2:3\n", "PRETTY_NAME=", "Max processes", "Max processes 1",
	    "Max processes \xff\xfe \x01\n",
	    "model name\t:", "flags:", "CPU part : ", "- - - - - - - -",
	    "1 2 3 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw\n", "1 2 3 / / - \n", "  [] () \n",
	    "max", "max max", "-1 0", "1 0", "nan inf", "99999999999999999999999999 1"};
	char *large = malloc(200001);
	struct manifest empty = {0};

	(void)state;
	assert_int_equal(manifest_collect_from(&empty, fake_root), 0);
	assert_null(manifest_get(&empty, "cpu.model"));
	assert_null(manifest_get(&empty, "cgroup.version"));
	assert_null(manifest_get(&empty, "load.before.1min"));
	assert_non_null(manifest_get(&empty, "libc"));
	manifest_free(&empty);

	assert_non_null(large);
	memset(large, 'x', 200000);
	large[200000] = '\0';
	for (size_t c = 0; c <= COUNT(contents); c++) {
		struct manifest m = {0};

		for (size_t p = 0; p < COUNT(paths); p++) {
			const struct fake_file file = {
			    paths[p], c < COUNT(contents) ? contents[c] : large};

			write_files(&file, 1);
		}
		assert_int_equal(manifest_collect_from(&m, fake_root), 0);
		/* None of it says so. */
		assert_null(manifest_get(&m, "cpu.smt"));
		assert_null(manifest_get(&m, "cpu.turbo"));
		for (size_t i = 0; i < m.count; i++) {
			char copy[8192];

			/* Whatever comes out is clean. */
			assert_true(strlen(m.items[i].value) < sizeof(copy));
			strcpy(copy, m.items[i].value);
			assert_string_equal(text_clean(copy), m.items[i].value);
			assert_string_not_equal(m.items[i].value, "");
		}
		manifest_free(&m);
	}
	free(large);
}

static void a_path_too_long_is_left_out(void **state)
{
	struct manifest m = {0};
	char root[PATH_MAX + 100];

	(void)state;
	memset(root, 'x', sizeof(root) - 1);
	root[sizeof(root) - 1] = '\0';
	assert_int_equal(manifest_collect_from(&m, root), 0);
	assert_null(manifest_get(&m, "cpu.model"));
	manifest_free(&m);
}

/* ---- the list itself ---- */

static void adds_and_replaces(void **state)
{
	struct manifest m = {0};
	char key[32];

	(void)state;
	assert_null(manifest_get(&m, "a"));
	assert_int_equal(manifest_add(&m, "a", "1"), 0);
	assert_int_equal(manifest_addf(&m, "b", "%d %s", 2, "two"), 0);
	assert_int_equal(manifest_add(&m, "a", "one\n\x1b[31m"), 0);
	assert_int_equal(m.count, 2);
	assert_string_equal(m.items[0].key, "a");
	assert_string_equal(manifest_get(&m, "a"), "one [31m");
	assert_string_equal(manifest_get(&m, "b"), "2 two");
	assert_int_equal(manifest_add(&m, "a", manifest_get(&m, "b")), 0); /* its own text */
	assert_string_equal(manifest_get(&m, "a"), "2 two");
	for (int i = 0; i < 1000; i++) {
		assert_true(snprintf(key, sizeof(key), "key.%d", i) > 0);
		assert_int_equal(manifest_addf(&m, key, "%d", i), 0);
	}
	assert_int_equal(m.count, 1002);
	assert_string_equal(manifest_get(&m, "key.999"), "999");
	assert_string_equal(m.items[1001].key, "key.999");
	manifest_free(&m);
	assert_int_equal(m.count, 0);
	assert_null(m.items);
}

static void collects_this_machine(void **state)
{
	static const char *const always[] = {"kernel.release", "kernel.version", "kernel.machine",
	    "host.name", "libc", "compiler", "cpu.online", "memory.total", "process.cpus_allowed",
	    "limit.processes", "limit.open_files", "load.before.1min", "load.after.1min"};
	struct manifest m = {0};
	char line[256];

	(void)state;
	assert_int_equal(manifest_collect(&m), 0);
	assert_int_equal(manifest_add_load(&m, "load.after"), 0);
	for (size_t i = 0; i < COUNT(always); i++)
		if (!manifest_get(&m, always[i]))
			fail_msg("%s is missing", always[i]);
	assert_int_equal(file_read_line("/proc/sys/kernel/osrelease", line, sizeof(line)), 0);
	assert_string_equal(manifest_get(&m, "kernel.release"), line);
	for (size_t i = 0; i < m.count; i++)
		for (size_t j = 0; j < i; j++)
			assert_string_not_equal(m.items[i].key, m.items[j].key);
	manifest_free(&m);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    IN_ROOT(reads_an_x86_server),
	    IN_ROOT(reads_an_arm_guest),
	    IN_ROOT(names_the_hypervisor),
	    IN_ROOT(survives_nothing_and_nonsense),
	    cmocka_unit_test(a_path_too_long_is_left_out),
	    cmocka_unit_test(adds_and_replaces),
	    cmocka_unit_test(collects_this_machine),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
