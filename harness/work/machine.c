#include "harness/work/machine.h"

#include "harness/base/file.h"
#include "harness/base/text.h"
#include "harness/machine/manifest.h"
#include "harness/machine/manifest_sources.h"

#include <stdlib.h>
#include <sys/resource.h>

/* Left for everything else that runs here. */
#define TASKS_KEPT_FREE 200u

static uint64_t number_in(const char *path)
{
	char line[64];
	uint64_t n;

	if (file_read_line(path, line, sizeof(line)) != 0 ||
	    text_parse_u64(line, 0, UINT64_MAX, &n) != 0)
		return UINT64_MAX; /* "max", or no such limit */
	return n;
}

/* The least of our group and those above it, as the manifest says it. */
static uint64_t cgroup_task_limit(void)
{
	struct manifest m = {0};
	const char *text;
	uint64_t n = UINT32_MAX;

	if (manifest_collect_cgroup(&m, "") == 0) {
		text = manifest_get(&m, "cgroup.tasks_limit");
		if (text && text_parse_u64(text, 0, UINT32_MAX, &n) != 0)
			n = UINT32_MAX;
	}
	manifest_free(&m);
	return n;
}

static uint64_t task_limit(void)
{
	static const char *const paths[] = {
	    "/proc/sys/kernel/pid_max",
	    "/proc/sys/kernel/threads-max",
	};
	struct rlimit limit;
	uint64_t least = cgroup_task_limit();

	if (getrlimit(RLIMIT_NPROC, &limit) == 0 && limit.rlim_cur < least)
		least = limit.rlim_cur;
	for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
		uint64_t n = number_in(paths[i]);

		if (n < least)
			least = n;
	}
	return least > 2 * TASKS_KEPT_FREE ? least - TASKS_KEPT_FREE : least / 2;
}

void machine_describe(struct machine *m, const struct topology *topo, enum profile profile)
{
	*m = (struct machine){
	    .pus = topology_pu_count(topo),
	    .profile = profile,
	    .max_workers = (unsigned)task_limit(),
	    .topology = topo,
	};
}

unsigned machine_workers(
    const struct machine *m, const unsigned *own, unsigned n, unsigned *out, unsigned max)
{
	const unsigned *from = m->worker_counts ? m->workers : own;
	const unsigned from_count = m->worker_counts ? m->worker_counts : n;
	unsigned count = 0;

	for (unsigned i = 0; i < from_count && count < max; i++) {
		bool known = false;

		for (unsigned j = 0; j < count; j++)
			known |= out[j] == from[i];
		if (!known)
			out[count++] = from[i];
	}
	return count;
}

struct placement_policy machine_place(const struct machine *m, enum placement_kind own)
{
	return m->place ? *m->place : placement_policy_of(own);
}
