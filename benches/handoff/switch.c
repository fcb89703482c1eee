#include "benches/handoff/switch.h"

#include "benches/handoff/switch_rows.h"
#include "harness/base/clock.h"
#include "harness/work/machine.h"

#include <stdio.h>

/* The same hand-off under the models and placements it makes sense in. How many take part is what
 * a rung is, so a user's own worker counts do not apply. */
struct rung {
	const char *name;
	const struct workload *workload;
	enum model model;
	unsigned workers;
	enum placement_kind place;
	enum profile from; /* the smallest profile that has it */
};

static const struct rung rungs[] = {
    {"call_direct", &switch_call_direct_workload, MODEL_THREAD, 1, PLACEMENT_SAME, PROFILE_SMOKE},
    {"call_worker", &switch_call_worker_workload, MODEL_THREAD, 1, PLACEMENT_SAME, PROFILE_SMOKE},
    {"fcontext", &switch_fcontext_workload, MODEL_THREAD, 1, PLACEMENT_SAME, PROFILE_SMOKE},
    {"fcontext_flags", &switch_fcontext_flags_workload, MODEL_THREAD, 1, PLACEMENT_SAME,
	PROFILE_QUICK},
    {"ucontext", &switch_ucontext_workload, MODEL_THREAD, 1, PLACEMENT_SAME, PROFILE_QUICK},
    {"yield", &switch_yield_workload, MODEL_COROUTINE, 2, PLACEMENT_SAME, PROFILE_SMOKE},
    {"yield", &switch_yield_workload, MODEL_COROUTINE, 1000, PLACEMENT_SAME, PROFILE_QUICK},
    {"yield", &switch_yield_workload, MODEL_THREAD, 2, PLACEMENT_SAME, PROFILE_QUICK},
    {"yield", &switch_yield_workload, MODEL_PROCESS, 2, PLACEMENT_SAME, PROFILE_QUICK},
    {"futex", &switch_futex_workload, MODEL_THREAD, 2, PLACEMENT_SAME, PROFILE_SMOKE},
    {"futex", &switch_futex_workload, MODEL_THREAD, 2, PLACEMENT_SCATTER, PROFILE_QUICK},
    {"futex", &switch_futex_workload, MODEL_PROCESS, 2, PLACEMENT_SAME, PROFILE_QUICK},
    {"futex", &switch_futex_workload, MODEL_PROCESS, 2, PLACEMENT_SCATTER, PROFILE_QUICK},
    {"condvar", &switch_condvar_workload, MODEL_THREAD, 2, PLACEMENT_SAME, PROFILE_QUICK},
    {"condvar", &switch_condvar_workload, MODEL_THREAD, 2, PLACEMENT_SCATTER, PROFILE_QUICK},
    {"condvar", &switch_condvar_workload, MODEL_PROCESS, 2, PLACEMENT_SAME, PROFILE_FULL},
    {"condvar", &switch_condvar_workload, MODEL_PROCESS, 2, PLACEMENT_SCATTER, PROFILE_FULL},
    {"pipe", &switch_pipe_workload, MODEL_PROCESS, 2, PLACEMENT_SAME, PROFILE_QUICK},
    {"pipe", &switch_pipe_workload, MODEL_PROCESS, 2, PLACEMENT_SCATTER, PROFILE_QUICK},
    {"pipe", &switch_pipe_workload, MODEL_THREAD, 2, PLACEMENT_SAME, PROFILE_FULL},
    {"pipe", &switch_pipe_workload, MODEL_THREAD, 2, PLACEMENT_SCATTER, PROFILE_FULL},
};

/* Of fcontext 2: with no floating-point flag raised on either side; that was chance before. */
static unsigned version_of(const struct rung *r)
{
	return r->workload == &switch_fcontext_workload ? 2 : 1;
}

uint64_t switch_slot_ns(unsigned workers)
{
	return workers > 2 ? 20 * CLOCK_NS_PER_MS : 0;
}

void switch_list(struct case_list *list, const struct machine *m)
{
	for (size_t i = 0; i < sizeof(rungs) / sizeof(rungs[0]); i++) {
		const struct rung *r = &rungs[i];
		struct bench_case bc = {.workload = r->workload,
		    .model = r->model,
		    .workers = r->workers,
		    .carriers = r->model == MODEL_COROUTINE ? 1 : 0,
		    .place = machine_place(m, r->place),
		    .version = version_of(r)};

		if (m->profile < r->from)
			continue;
		bc.slot_ns = switch_slot_ns(r->workers);
#if !defined(__x86_64__) && !defined(__SSE2_MATH__)
		if (r->workload == &switch_fcontext_flags_workload)
			(void)snprintf(bc.unsupported, sizeof(bc.unsupported),
			    "fcontext saves floating-point flags on x86 only");
#endif
		if (r->model == MODEL_COROUTINE)
			case_add(list, m, &bc, "switch/%s/model:%s/workers:%u/carriers:%u/place:%s",
			    r->name, model_name(r->model), r->workers, bc.carriers, bc.place.text);
		else
			case_add(list, m, &bc, "switch/%s/model:%s/workers:%u/place:%s", r->name,
			    model_name(r->model), r->workers, bc.place.text);
	}
}
