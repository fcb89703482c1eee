/* family.c - what a worker keeps of the memory while it does nothing. */
#include "benches/memory/wall.h"

#include <inttypes.h>
#include <stdio.h>

static const struct cb_param params[] = {
    CB_PARAM_MODEL,
    CB_PARAM_WORKERS("100"),
};

static const struct cb_sweep sweeps[] = {
    {CB_SMOKE, "model=thread"},
    {CB_QUICK, "model=coroutine"},
    {CB_FULL, "model=thread,process,coroutine workers=1,100,1000"},
    {CB_CHECK, "model=thread,process,coroutine workers=1,100"},
};

static const struct cb_figure figures[] = {
    {"bytes", "memory of a parked worker", "bytes", CB_RATIO, CB_LESS, 0.0, NULL},
    {"resident_bytes", "of that without its page tables", "bytes", CB_RATIO, CB_LESS, 0.0, NULL},
};

/* What may stop one more worker here, and how that is raised. */
static void facts(const struct cb_case *c, cb_say_fn *say, void *to)
{
	(void)c;
	for (enum wall w = WALL_NPROC; w < WALL_MEMORY; w++) {
		const struct wall_seen seen = wall_look(w);
		char text[300], limit[40] = "none here";

		if (seen.limit != UINT64_MAX)
			(void)snprintf(limit, sizeof(limit), "%" PRIu64, seen.limit);
		(void)snprintf(text, sizeof(text), "%s: %s; to raise it: %s", wall_name(w), limit,
		    wall_cure(w));
		say(to, w == WALL_NPROC ? "walls" : "", text);
	}
}

const struct cb_family memory_family = {
    .name = "memory",
    .plural = "memories",
    .title = "The memory of a worker that waits",
    .question = "What does one more worker cost that has nothing to do?",
    .params = params,
    .param_count = sizeof(params) / sizeof(params[0]),
    .sweeps = sweeps,
    .sweep_count = sizeof(sweeps) / sizeof(sweeps[0]),
    .figures = figures,
    .figure_count = sizeof(figures) / sizeof(figures[0]),
    .shape = CB_DOTS,
    .caption = "Anonymous memory and page tables for each worker that waits, without the kernel's "
	       "stacks: less is better.",
    .axis = "workers",
    .contenders = CB_MODELS,
    .facts = facts,
};
