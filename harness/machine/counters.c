#include "harness/machine/counters.h"

#include "harness/base/clock.h"
#include "harness/base/file.h"

#include <errno.h>
#include <inttypes.h>
#include <linux/perf_event.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

static const char *const event_names[COUNTERS_EVENTS] = {
    [COUNTERS_INSTRUCTIONS_USER] = "instructions_user",
    [COUNTERS_INSTRUCTIONS_KERNEL] = "instructions_kernel",
    [COUNTERS_CYCLES_USER] = "cycles_user",
    [COUNTERS_CYCLES_KERNEL] = "cycles_kernel",
    [COUNTERS_CACHE_MISSES_USER] = "cache_misses_user",
    [COUNTERS_CACHE_MISSES_KERNEL] = "cache_misses_kernel",
};

#define HARDWARE_USER(event)                           \
	{                                              \
		PERF_TYPE_HARDWARE, event, true, false \
	}
#define HARDWARE_KERNEL(event)                         \
	{                                              \
		PERF_TYPE_HARDWARE, event, false, true \
	}

static const struct counters_spec hardware_specs[COUNTERS_EVENTS] = {
    [COUNTERS_INSTRUCTIONS_USER] = HARDWARE_USER(PERF_COUNT_HW_INSTRUCTIONS),
    [COUNTERS_INSTRUCTIONS_KERNEL] = HARDWARE_KERNEL(PERF_COUNT_HW_INSTRUCTIONS),
    [COUNTERS_CYCLES_USER] = HARDWARE_USER(PERF_COUNT_HW_CPU_CYCLES),
    [COUNTERS_CYCLES_KERNEL] = HARDWARE_KERNEL(PERF_COUNT_HW_CPU_CYCLES),
    [COUNTERS_CACHE_MISSES_USER] = HARDWARE_USER(PERF_COUNT_HW_CACHE_MISSES),
    [COUNTERS_CACHE_MISSES_KERNEL] = HARDWARE_KERNEL(PERF_COUNT_HW_CACHE_MISSES),
};

void counters_usage_self(struct counters_usage *out)
{
	struct rusage usage = {0};

	/* Cannot fail: a constant, valid argument and a valid address (getrusage(2), ERRORS). */
	(void)getrusage(RUSAGE_THREAD, &usage);
	out->cpu_ns = clock_thread_cpu_ns();
	out->voluntary_switches = (uint64_t)usage.ru_nvcsw;
	out->involuntary_switches = (uint64_t)usage.ru_nivcsw;
}

const char *counters_event_name(enum counters_event e)
{
	return event_names[e];
}

/* For trying the counters' pass where there is no hardware to count with. The figures have wrong
 * names, so this happens only on request and is reported. */
static const struct counters_spec software_specs[COUNTERS_EVENTS] = {
    [COUNTERS_INSTRUCTIONS_USER] = {PERF_TYPE_SOFTWARE, PERF_COUNT_SW_TASK_CLOCK, true, true},
    [COUNTERS_INSTRUCTIONS_KERNEL] = {PERF_TYPE_SOFTWARE, PERF_COUNT_SW_CONTEXT_SWITCHES, true,
	true},
    [COUNTERS_CYCLES_USER] = {PERF_TYPE_SOFTWARE, PERF_COUNT_SW_CPU_CLOCK, true, true},
    [COUNTERS_CYCLES_KERNEL] = {PERF_TYPE_SOFTWARE, PERF_COUNT_SW_CPU_MIGRATIONS, true, true},
    [COUNTERS_CACHE_MISSES_USER] = {PERF_TYPE_SOFTWARE, PERF_COUNT_SW_PAGE_FAULTS, true, true},
    [COUNTERS_CACHE_MISSES_KERNEL] = {PERF_TYPE_SOFTWARE, PERF_COUNT_SW_PAGE_FAULTS_MIN, true,
	true},
};

static int open_event(const struct counters_spec *spec)
{
	struct perf_event_attr attr = {
	    .type = spec->type,
	    .size = sizeof(attr),
	    .config = spec->config,
	    .read_format = PERF_FORMAT_TOTAL_TIME_ENABLED | PERF_FORMAT_TOTAL_TIME_RUNNING,
	    .disabled = 1,
	    .inherit = 1,
	    .exclude_user = !spec->user,
	    .exclude_kernel = !spec->kernel,
	    /* The hypervisor's share is not the workload's, and few machines can count it. */
	    .exclude_hv = 1,
	};
	long fd;

	/* The calling thread, on whichever CPU it runs. No group: groups are not inherited whole.
	 */
	fd = syscall(SYS_perf_event_open, &attr, 0, -1, -1, PERF_FLAG_FD_CLOEXEC);
	return fd < 0 ? -errno : (int)fd;
}

int counters_open_specs(struct counters *c, const struct counters_spec specs[COUNTERS_EVENTS])
{
	int open = 0;

	for (int i = 0; i < COUNTERS_EVENTS; i++) {
		const int fd = open_event(&specs[i]);

		c->fd[i] = fd < 0 ? -1 : fd;
		c->error[i] = fd < 0 ? -fd : 0;
		open += fd >= 0;
	}
	return open;
}

enum obstacle { OBSTACLE_NONE, OBSTACLE_OTHER, OBSTACLE_PERMISSION, OBSTACLE_SUPPORT };

static enum obstacle obstacle_of(int error)
{
	switch (error) {
	case 0:
		return OBSTACLE_NONE;
	case EACCES:
	case EPERM:
		return OBSTACLE_PERMISSION;
	case ENOENT:
	case ENODEV:
	case ENOSYS:
	case EOPNOTSUPP:
		return OBSTACLE_SUPPORT;
	default:
		return OBSTACLE_OTHER;
	}
}

static const char *error_name(int error)
{
	switch (error) {
	case EACCES:
		return "EACCES";
	case EPERM:
		return "EPERM";
	case ENOENT:
		return "ENOENT";
	case ENODEV:
		return "ENODEV";
	case ENOSYS:
		return "ENOSYS";
	case EOPNOTSUPP:
		return "EOPNOTSUPP";
	default:
		return strerror(error);
	}
}

void counters_explain(const struct counters *c, int paranoid, char *reason, size_t reason_len)
{
	enum obstacle worst = OBSTACLE_NONE;
	char detail[96], share[32] = "";
	int failed = 0, error = 0;

	/* One reason for all: the one that the user can do least about. Where some events are not
	 * permitted and the permitted ones are not supported, permission would not help. */
	for (int i = 0; i < COUNTERS_EVENTS; i++) {
		const enum obstacle obstacle = obstacle_of(c->error[i]);

		failed += obstacle != OBSTACLE_NONE;
		if (obstacle > worst) {
			worst = obstacle;
			error = c->error[i];
		}
	}
	if (failed > 0 && failed < COUNTERS_EVENTS)
		(void)snprintf(share, sizeof(share), "%d of %d ", failed, COUNTERS_EVENTS);
	switch (worst) {
	case OBSTACLE_NONE:
		(void)snprintf(reason, reason_len, "%s", "");
		return;
	case OBSTACLE_SUPPORT:
		(void)snprintf(detail, sizeof(detail), "not supported by this machine (%s)",
		    error_name(error));
		break;
	case OBSTACLE_PERMISSION:
		if (paranoid == COUNTERS_PARANOID_UNKNOWN)
			(void)snprintf(
			    detail, sizeof(detail), "not permitted (%s)", error_name(error));
		else
			(void)snprintf(detail, sizeof(detail),
			    "not permitted (kernel.perf_event_paranoid=%d)", paranoid);
		break;
	case OBSTACLE_OTHER:
		(void)snprintf(detail, sizeof(detail), "not available (%s)", error_name(error));
		break;
	}
	(void)snprintf(reason, reason_len, "hardware counters: %s%s", share, detail);
}

int counters_open(struct counters *c, char *reason, size_t reason_len)
{
	const bool stand_in = getenv("CONCBENCH_COUNTERS_STAND_IN") != NULL;
	const int open = counters_open_specs(c, stand_in ? software_specs : hardware_specs);
	int paranoid = COUNTERS_PARANOID_UNKNOWN;
	char line[32];

	if (stand_in) {
		(void)snprintf(reason, reason_len,
		    "hardware counters: software events stand in for them "
		    "(CONCBENCH_COUNTERS_STAND_IN)");
		return open;
	}
	if (file_read_line("/proc/sys/kernel/perf_event_paranoid", line, sizeof(line)) == 0 &&
	    sscanf(line, "%d", &paranoid) != 1)
		paranoid = COUNTERS_PARANOID_UNKNOWN;
	counters_explain(c, paranoid, reason, reason_len);
	return open;
}

static int control_all(const struct counters *c, unsigned long request)
{
	int err = 0;

	for (int i = 0; i < COUNTERS_EVENTS; i++)
		if (c->fd[i] >= 0 && ioctl(c->fd[i], request, 0) != 0 && !err)
			err = -errno;
	return err;
}

int counters_enable(struct counters *c)
{
	return control_all(c, PERF_EVENT_IOC_ENABLE);
}

int counters_disable(struct counters *c)
{
	return control_all(c, PERF_EVENT_IOC_DISABLE);
}

int counters_read(const struct counters *c, struct counters_reading *out)
{
	struct counters_reading reading = {0};

	for (int i = 0; i < COUNTERS_EVENTS; i++) {
		struct {
			uint64_t value, enabled_ns, running_ns;
		} raw;
		ssize_t n;

		if (c->fd[i] < 0)
			continue;
		n = read(c->fd[i], &raw, sizeof(raw));
		if (n < 0)
			return -errno;
		if (n != (ssize_t)sizeof(raw))
			return -EIO;
		/* Enabled but never on the hardware: unknown, which is not a zero. */
		if (raw.enabled_ns > 0 && raw.running_ns == 0)
			continue;
		reading.valid[i] = true;
		reading.scaled[i] = raw.running_ns < raw.enabled_ns;
		reading.value[i] = (double)raw.value;
		if (reading.scaled[i])
			reading.value[i] *= (double)raw.enabled_ns / (double)raw.running_ns;
	}
	*out = reading;
	return 0;
}

void counters_none(struct counters *c)
{
	for (int i = 0; i < COUNTERS_EVENTS; i++) {
		c->fd[i] = -1;
		c->error[i] = 0;
	}
}

void counters_close(struct counters *c)
{
	for (int i = 0; i < COUNTERS_EVENTS; i++) {
		if (c->fd[i] >= 0)
			(void)close(c->fd[i]);
		c->fd[i] = -1;
	}
}
