/* The facts that are one file each, and those of this process and this build. */
#include "harness/machine/manifest.h"

#include "harness/machine/manifest_sources.h"

#include <gnu/libc-version.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>

struct file_fact {
	const char *key;
	const char *path;
};

static const struct file_fact lines[] = {
    {"host.name", "/proc/sys/kernel/hostname"},
    {"machine.vendor", "/sys/class/dmi/id/sys_vendor"},
    {"machine.product", "/sys/class/dmi/id/product_name"},
    {"machine.board", "/sys/class/dmi/id/board_name"},
    {"machine.firmware", "/sys/class/dmi/id/bios_version"},
    {"machine.model", "/sys/firmware/devicetree/base/model"}, /* where there is no DMI */
    {"machine.profile", "/sys/firmware/acpi/platform_profile"},
    {"kernel.release", "/proc/sys/kernel/osrelease"},
    {"kernel.version", "/proc/sys/kernel/version"},
    {"kernel.lockdown", "/sys/kernel/security/lockdown"},
    {"cpu.online", "/sys/devices/system/cpu/online"},
    {"cpu.possible", "/sys/devices/system/cpu/possible"},
    {"cpu.isolated", "/sys/devices/system/cpu/isolated"},
    {"cpu.nohz_full", "/sys/devices/system/cpu/nohz_full"},
    {"cpu.smt_control", "/sys/devices/system/cpu/smt/control"},
    {"cpu.idle_driver", "/sys/devices/system/cpu/cpuidle/current_driver"},
    {"cpu.idle_governor", "/sys/devices/system/cpu/cpuidle/current_governor"},
    {"cpu.idle_governor", "/sys/devices/system/cpu/cpuidle/current_governor_ro"},
    {"cpu.guest_halt_poll_ns", "/sys/module/haltpoll/parameters/guest_halt_poll_ns"},
    {"clock.source", "/sys/devices/system/clocksource/clocksource0/current_clocksource"},
    {"clock.sources", "/sys/devices/system/clocksource/clocksource0/available_clocksource"},
    {"numa.nodes", "/sys/devices/system/node/online"},
};

/* Files such as "always [madvise] never", of which one is chosen. */
static const struct file_fact choices[] = {
    {"memory.transparent_hugepage", "/sys/kernel/mm/transparent_hugepage/enabled"},
    {"memory.transparent_hugepage_defrag", "/sys/kernel/mm/transparent_hugepage/defrag"},
    {"memory.transparent_hugepage_shmem", "/sys/kernel/mm/transparent_hugepage/shmem_enabled"},
    {"kernel.preempt", "/sys/kernel/debug/sched/preempt"}, /* root only; "(full)" */
};

/* What bounds worker counts, or changes what a switch or a system call costs. The key is the
 * sysctl's name after "sysctl.". */
static const char *const sysctls[] = {
    "kernel/threads-max",
    "kernel/pid_max",
    "kernel/randomize_va_space",
    "kernel/perf_event_paranoid",
    "kernel/nmi_watchdog",
    "kernel/numa_balancing",
    "kernel/timer_migration",
    "kernel/sched_autogroup_enabled",
    "kernel/sched_rt_runtime_us",
    "kernel/sched_schedstats",
    "kernel/io_uring_disabled",
    "kernel/yama/ptrace_scope",
    "vm/max_map_count",
    "vm/overcommit_memory",
    "vm/swappiness",
    "fs/file-max",
    "fs/nr_open",
    "fs/aio-max-nr",
    "fs/pipe-max-size",
    "fs/pipe-user-pages-soft",
    "fs/epoll/max_user_watches",
    "fs/mqueue/msg_max",
    "net/core/somaxconn",
    "net/core/busy_poll",
    "net/ipv4/ip_local_port_range",
    "net/ipv4/tcp_max_syn_backlog",
    "net/ipv4/tcp_congestion_control",
};

static const struct file_fact meminfo[] = {
    {"memory.total", "MemTotal"},
    {"memory.available", "MemAvailable"},
    {"memory.swap_total", "SwapTotal"},
    {"memory.hugepages", "HugePages_Total"},
    {"memory.hugepage_size", "Hugepagesize"},
};

static const struct file_fact process_status[] = {
    {"process.cpus_allowed", "Cpus_allowed_list"},
    {"process.memory_nodes_allowed", "Mems_allowed_list"},
    {"process.seccomp", "Seccomp"}, /* 2: a filter runs before every system call */
    {"process.no_new_privileges", "NoNewPrivs"},
};

static const struct file_fact limits[] = {
    {"limit.processes", "Max processes"},
    {"limit.open_files", "Max open files"},
    {"limit.stack_bytes", "Max stack size"},
    {"limit.address_space_bytes", "Max address space"},
    {"limit.data_bytes", "Max data size"},
    {"limit.locked_memory_bytes", "Max locked memory"},
    {"limit.file_size_bytes", "Max file size"},
    {"limit.cpu_s", "Max cpu time"},
    {"limit.pending_signals", "Max pending signals"},
    {"limit.message_queue_bytes", "Max msgqueue size"},
    {"limit.nice_priority", "Max nice priority"},
    {"limit.realtime_priority", "Max realtime priority"},
};

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))

static int add_lines(struct manifest *m, const char *root)
{
	int err = 0;

	for (size_t i = 0; i < COUNT(lines) && !err; i++)
		err = manifest_add_file(m, root, lines[i].key, lines[i].path);
	return err;
}

static int add_choices(struct manifest *m, const char *root)
{
	static const char *const brackets[] = {"[]", "()"};
	char line[MANIFEST_LINE_MAX];
	int err = 0;

	for (size_t i = 0; i < COUNT(choices) && !err; i++) {
		if (!manifest_read_line(root, choices[i].path, line))
			continue;
		for (size_t b = 0; b < COUNT(brackets); b++) {
			char *open = strchr(line, brackets[b][0]);
			char *close = open ? strchr(open, brackets[b][1]) : NULL;

			if (!close)
				continue;
			*close = '\0';
			err = manifest_add_found(m, choices[i].key, open + 1);
			break;
		}
	}
	return err;
}

static int add_sysctls(struct manifest *m, const char *root)
{
	char key[128], path[128];
	int err = 0;

	for (size_t i = 0; i < COUNT(sysctls) && !err; i++) {
		(void)snprintf(path, sizeof(path), "/proc/sys/%s", sysctls[i]);
		(void)snprintf(key, sizeof(key), "sysctl.%s", sysctls[i]);
		for (char *c = key; *c != '\0'; c++)
			if (*c == '/')
				*c = '.';
		err = manifest_add_file(m, root, key, path);
	}
	return err;
}

/* Files of lines "name: value". */
static int add_fields(struct manifest *m, const char *root, const char *path,
    const struct file_fact *facts, size_t count)
{
	char *text = manifest_read_text(root, path);
	char *rest = text, *line;
	int err = 0;

	if (!text)
		return 0;
	while (!err && (line = manifest_next_line(&rest)) != NULL)
		for (size_t i = 0; i < count && !err; i++) {
			const char *value = manifest_field(line, facts[i].path);

			if (value)
				err = manifest_add_found(m, facts[i].key, value);
		}
	free(text);
	return err;
}

static int add_limits(struct manifest *m, const char *root)
{
	char *text = manifest_read_text(root, "/proc/self/limits");
	char *rest = text, *line;
	int err = 0;

	if (!text)
		return 0;
	while (!err && (line = manifest_next_line(&rest)) != NULL)
		for (size_t i = 0; i < COUNT(limits) && !err; i++) {
			const size_t len = strlen(limits[i].path);
			char soft[32], hard[32];

			if (strncmp(line, limits[i].path, len) != 0 ||
			    sscanf(line + len, " %31s %31s", soft, hard) != 2)
				continue;
			if (strcmp(soft, hard) == 0)
				err = manifest_add(m, limits[i].key, soft);
			else
				err = manifest_addf(m, limits[i].key, "%s (hard %s)", soft, hard);
		}
	free(text);
	return err;
}

/* Parameters that change what is measured. Not the whole command line: that names disks, consoles
 * and sometimes secrets, and run files are passed on. */
static int add_parameters(struct manifest *m, const char *root)
{
	static const char *const matter[] = {"mitigations", "nopti", "pti", "kpti", "nospectre_v1",
	    "nospectre_v2", "spectre_v2", "spectre_bhi", "spec_store_bypass_disable", "retbleed",
	    "l1tf", "mds", "tsx", "srbds", "gather_data_sampling", "spec_rstack_overflow", "nosmt",
	    "isolcpus", "nohz", "nohz_full", "rcu_nocbs", "irqaffinity", "idle", "nohlt",
	    "processor.max_cstate", "intel_idle.max_cstate", "intel_pstate", "amd_pstate",
	    "cpufreq.default_governor", "cpufreq.off", "clocksource", "tsc", "hpet", "preempt",
	    "threadirqs", "skew_tick", "transparent_hugepage", "hugepages", "hugepagesz",
	    "numa_balancing", "maxcpus", "nr_cpus", "nosmp", "audit", "psi", "cgroup_disable",
	    "randomize_kstack_offset", "init_on_alloc", "init_on_free", "slub_debug", "page_poison",
	    "kasan", "kfence.sample_interval", "split_lock_detect", "iommu", "nmi_watchdog",
	    "nowatchdog", "cpuidle_haltpoll.force", "haltpoll.guest_halt_poll_ns"};
	char line[MANIFEST_LINE_MAX], kept[MANIFEST_LINE_MAX] = "";
	char *save = NULL;
	size_t used = 0;

	if (!manifest_read_line(root, "/proc/cmdline", line))
		return 0;
	for (char *word = strtok_r(line, " ", &save); word; word = strtok_r(NULL, " ", &save)) {
		const size_t name_len = strcspn(word, "=");

		/* What follows is for init, not for the kernel. */
		if (strcmp(word, "--") == 0)
			break;
		for (size_t i = 0; i < COUNT(matter); i++) {
			if (strlen(matter[i]) != name_len ||
			    strncmp(word, matter[i], name_len) != 0)
				continue;
			/* Fits: @kept is as long as what it is taken from. */
			used += (size_t)snprintf(
			    kept + used, sizeof(kept) - used, "%s%s", used ? " " : "", word);
			break;
		}
	}
	return manifest_add(m, "kernel.parameters", used ? kept : "none that matter");
}

static int add_os_name(struct manifest *m, const char *root)
{
	static const char name[] = "PRETTY_NAME=";
	char *text = manifest_read_text(root, "/etc/os-release");
	char *rest = text, *line;
	int err = 0;

	if (!text)
		return 0;
	while (!err && (line = manifest_next_line(&rest)) != NULL) {
		char *value = line + sizeof(name) - 1;

		if (strncmp(line, name, sizeof(name) - 1) != 0)
			continue;
		value += strspn(value, "\"'");
		value[strcspn(value, "\"'")] = '\0';
		err = manifest_add_found(m, "os.name", value);
	}
	free(text);
	return err;
}

static int add_load(struct manifest *m, const char *root, const char *prefix)
{
	static const char *const parts[] = {"1min", "5min", "15min", "runnable"};
	char line[MANIFEST_LINE_MAX], key[128];
	char *save = NULL, *word = line;
	int err = 0;

	if (!manifest_read_line(root, "/proc/loadavg", line))
		return 0;
	for (size_t i = 0; i < COUNT(parts) && !err; i++) {
		word = strtok_r(i == 0 ? line : NULL, " ", &save);
		if (!word)
			break;
		(void)snprintf(key, sizeof(key), "%s.%s", prefix, parts[i]);
		err = manifest_add(m, key, word);
	}
	return err;
}

int manifest_add_load(struct manifest *m, const char *prefix)
{
	return add_load(m, "", prefix);
}

/* The compiler and the system of this program; the same below any root. */
static int add_build(struct manifest *m, const char *root)
{
	struct utsname names;
	int err = 0;

	(void)root;
#ifdef __clang__
	err = manifest_add(m, "compiler", __VERSION__);
#else
	err = manifest_add(m, "compiler", "gcc " __VERSION__);
#endif
	if (!err)
		err = manifest_addf(m, "libc", "glibc %s", gnu_get_libc_version());
	if (!err && uname(&names) == 0)
		err = manifest_add(m, "kernel.machine", names.machine);
	return err;
}

static int add_memory(struct manifest *m, const char *root)
{
	return add_fields(m, root, "/proc/meminfo", meminfo, COUNT(meminfo));
}

static int add_status(struct manifest *m, const char *root)
{
	return add_fields(m, root, "/proc/self/status", process_status, COUNT(process_status));
}

static int add_load_before(struct manifest *m, const char *root)
{
	return add_load(m, root, "load.before");
}

int manifest_collect_from(struct manifest *m, const char *root)
{
	static int (*const parts[])(struct manifest * m, const char *root) = {add_lines,
	    add_os_name, add_build, manifest_collect_cpu, manifest_collect_frequency,
	    add_parameters, add_choices, add_memory, add_status, add_limits,
	    manifest_collect_cgroup, add_sysctls, add_load_before};
	int err = 0;

	for (size_t i = 0; !err && i < COUNT(parts); i++)
		err = parts[i](m, root);
	return err;
}

int manifest_collect(struct manifest *m)
{
	return manifest_collect_from(m, "");
}
