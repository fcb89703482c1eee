/* family.c - workers in another language: the same work, and what it takes there. */
#include "benches/python/counter.h"

static const struct cb_param params[] = {
    CB_PARAM_MODEL,
    CB_PARAM_WORKERS("1"),
    CB_PARAM_PLACE("scatter"),
};

static const struct cb_sweep sweeps[] = {
    {CB_SMOKE, "model=process workers=1"},
    {CB_QUICK, "model=process workers=pus"},
    {CB_FULL, "model=thread,process workers=1,pus,2*pus"},
    {CB_CHECK, "model=thread,process workers=1,3"},
};

/* A hundred looks at the count. */
static uint64_t window_ns(const struct cb_case *c)
{
	(void)c;
	return 100 * COUNTER_LOOK_NS;
}

const struct cb_family python_family = {
    .name = "python",
    .plural = "interpreters",
    .title = "Workers in Python",
    .question = "What does the same work take in another language?",
    .params = params,
    .param_count = sizeof(params) / sizeof(params[0]),
    .sweeps = sweeps,
    .sweep_count = sizeof(sweeps) / sizeof(sweeps[0]),
    .shape = CB_LINES,
    .axis = "workers",
    .kind_blocks = true,
    .window_ns = window_ns,
};
