/* family.c - core-to-core latency: from each PU to each other. */
#include <concbench/concbench.h>

#include <errno.h>
#include <stdio.h>

static const struct cb_param params[] = {CB_PARAM_PLACE("scatter")};

/* More pairs than those of 32 PUs take longer than what they tell is worth: an hour has other
 * questions, too. */
static const struct cb_sweep sweeps[] = {
    {CB_SMOKE, "place=scatter"},
    {CB_QUICK, "place=pairs:unlike"},
    {CB_FULL, "place=pairs:32"},
    {CB_CHECK, "place=scatter,pairs:unlike"},
};

static unsigned workers(const struct cb_case *c)
{
	(void)c;
	return 2;
}

static int can(const struct cb_case *c, char *why, size_t why_len)
{
	if (!cb_case_on_one_pu(c))
		return 0;
	(void)snprintf(why, why_len, "it is between two PUs");
	return -EINVAL;
}

const struct cb_family distance_family = {
    .name = "distance",
    .plural = "distances",
    .title = "From PU to PU",
    .question = "What does a cache line take from one PU to another?",
    .params = params,
    .param_count = sizeof(params) / sizeof(params[0]),
    .sweeps = sweeps,
    .sweep_count = sizeof(sweeps) / sizeof(sweeps[0]),
    .shape = CB_MATRIX,
    .caption = "What a cache line takes from one processing unit (PU) to another, one way: whoever "
	       "hands over between the two cannot be quicker. Siblings of a core are near, other "
	       "packages far.",
    .axis = "place",
    .workers = workers,
    .can = can,
};
