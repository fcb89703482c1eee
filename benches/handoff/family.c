/* family.c - the hand-off ladder: from a call to waking another worker through the kernel. */
#include <concbench/concbench.h>

static const struct cb_param params[] = {
    CB_PARAM_MODEL,
    CB_PARAM_WORKERS("2"),
    CB_PARAM_CARRIERS,
    CB_PARAM_PLACE("same"),
};

static const struct cb_sweep sweeps[] = {
    {CB_SMOKE, "model=thread"},
    {CB_QUICK, "model=thread,process place=same,scatter"},
    {CB_CHECK, "model=thread,process,coroutine place=same,scatter"},
};

const struct cb_family handoff_family = {
    .name = "handoff",
    .plural = "handoffs",
    .title = "The hand-off ladder",
    .question = "What does it cost to pass control on?",
    .params = params,
    .param_count = sizeof(params) / sizeof(params[0]),
    .sweeps = sweeps,
    .sweep_count = sizeof(sweeps) / sizeof(sweeps[0]),
    .shape = CB_LADDER,
    .caption = "Time for one hand-off, from a bare call up to waking another worker through the "
	       "kernel: less is better.",
};
