/* family.c - the family of jobs: the same work under every execution model. */
#include <concbench/job.h>

static const struct cb_param params[] = {
    CB_PARAM_MODEL,
    CB_PARAM_WORKERS("pus"),
    /* As many as there are PUs for, and workers. */
    {"carriers", CB_COUNT, "place", 1, 4096, "OS threads that carry the coroutines", NULL, false},
    CB_PARAM_PLACE("scatter"),
};

static const struct cb_sweep sweeps[] = {
    {CB_SMOKE, "model=thread,process,coroutine workers=pus"},
    {CB_QUICK, "model=thread,process,coroutine workers=1,2*pus"},
    {CB_FULL, "model=thread,process,coroutine workers=4*pus"},
    {CB_CHECK, "model=thread,process,coroutine workers=1,3"},
};

const struct cb_family job_family = {
    .name = "job",
    .plural = "jobs",
    .title = "Jobs under every execution model",
    .question = "For this job: threads, processes or coroutines?",
    .params = params,
    .param_count = sizeof(params) / sizeof(params[0]),
    .sweeps = sweeps,
    .sweep_count = sizeof(sweeps) / sizeof(sweeps[0]),
    .shape = CB_LINES,
    .axis = "workers",
    .contenders = CB_MODELS,
    .kind_blocks = true,
};
