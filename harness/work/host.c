#include "harness/work/host.h"

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

struct limit {
	const char *name;
	uint64_t tasks;
};

static void take(struct limit *least, const char *name, uint64_t tasks)
{
	if (tasks < least->tasks)
		*least = (struct limit){.name = name, .tasks = tasks};
}

static struct limit task_limit(void)
{
	struct limit least = {.name = "an unsigned number", .tasks = UINT32_MAX};
	struct rlimit rlimit;

	if (getrlimit(RLIMIT_NPROC, &rlimit) == 0)
		take(&least, "ulimit -u", rlimit.rlim_cur);
	take(&least, "kernel.pid_max", number_in("/proc/sys/kernel/pid_max"));
	take(&least, "kernel.threads-max", number_in("/proc/sys/kernel/threads-max"));
	take(&least, "pids.max of the cgroup", cgroup_task_limit());
	least.tasks =
	    least.tasks > 2 * TASKS_KEPT_FREE ? least.tasks - TASKS_KEPT_FREE : least.tasks / 2;
	return least;
}

void host_describe(struct host *h, const struct topology *topo)
{
	const struct limit tasks = task_limit();

	*h = (struct host){
	    .topology = topo,
	    .pus = topology_pu_count(topo),
	    .max_workers = (unsigned)tasks.tasks,
	    .max_workers_by = tasks.name,
	};
}

unsigned host_place_pus(const struct host *h, const struct placement_policy *place)
{
	struct placement plan;
	char why[8];
	unsigned pus = 0;

	if (placement_plan(h->topology, place, h->pus, &plan, why, sizeof(why)) == 0) {
		pus = plan.pus_used;
		placement_free(&plan);
	}
	return pus ? pus : h->pus;
}
