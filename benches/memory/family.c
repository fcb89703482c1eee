/* family.c - what a worker keeps of the memory while it does nothing. */
#include "benches/memory/parked.h"
#include "benches/memory/wall.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static const struct cb_param params[] = {
    CB_PARAM_MODEL,
    CB_PARAM_WORKERS("100"),
};

const char *const parked_words[] = {"told", "in_noise", NULL};

static const struct cb_figure figures[] = {
    {"bytes", "memory of a parked worker", "bytes", CB_RATIO, CB_LESS, 0.0, NULL},
    {"resident_bytes", "of that without its page tables", "bytes", CB_RATIO, CB_LESS, 0.0, NULL},
    /* May be below 0 where it is noise; its worth is a thread's stack in the kernel. */
    {"kernel_bytes", "the kernel's part of a parked worker", "bytes", CB_DIFFERENCE, CB_LESS,
	16384.0, NULL},
    {"outcome", "kernel's part above its noise", "", CB_OUTCOME, CB_NEITHER, 0.0, parked_words},
};

/* What may stop one more worker here, and how that is raised. */
static void facts(const struct cb_case *c, cb_say_fn *say, void *to)
{
	for (enum wall w = WALL_NPROC; w < WALL_MEMORY; w++) {
		const struct wall_seen seen = wall_look(w);
		char text[300], limit[40] = "none here";

		if (seen.limit != UINT64_MAX)
			(void)snprintf(limit, sizeof(limit), "%" PRIu64, seen.limit);
		(void)snprintf(text, sizeof(text), "%s: %s; to raise it: %s", wall_name(w), limit,
		    wall_cure(w));
		say(to, w == WALL_NPROC ? "walls" : "", text);
	}
	if (c->model == CB_COROUTINE)
		say(to, "guards",
		    strcmp(cb_carrier_guard_name(), "madvise") == 0
			? "MADV_GUARD_INSTALL, which takes no mapping"
			: "mprotect, which takes two mappings each: see vm.max_map_count; without: "
			  "Linux 6.13");
}

const struct cb_family memory_family = {
    .name = "memory",
    .plural = "memories",
    .title = "The memory of a worker that waits",
    .question = "What does one more worker cost that has nothing to do?",
    .params = params,
    .param_count = sizeof(params) / sizeof(params[0]),
    .figures = figures,
    .figure_count = sizeof(figures) / sizeof(figures[0]),
    .shape = CB_LINES,
    .caption = "Anonymous memory and page tables for each worker that waits: less is better. The "
	       "kernel's part is what else is no longer available; where that is not more than "
	       "the noise of its reading, it is said so, and it is no figure to rely on.",
    .axis = "workers",
    .contenders = CB_MODELS,
    .facts = facts,
};
