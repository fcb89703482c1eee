/* cache_line.c - the floor of the ladder between two PUs: a cache line that goes there and back. As
 * the family of distances measures it, in one word that each writes. */
#include "benches/distance/distance.h"

#include <errno.h>
#include <stdio.h>

static int once(struct cb_env *env, struct cb_metrics *metrics, char *why, size_t why_len)
{
	return distance_once(env, CB_LINE_STORE, metrics, why, why_len);
}

static const struct cb_workload work = {
    .op = "hand-off",
    .timed =
	"half of a round trip: one PU writes a cache line, the other sees it and writes it back",
    .checked = DISTANCE_CHECKED,
    .state_bytes = sizeof(struct cb_line),
    .once = once,
    .check = distance_check,
};

static int can(const struct cb_case *c, char *why, size_t why_len)
{
	if (c->workers == 2 && !cb_case_on_one_pu(c))
		return 0;
	(void)snprintf(why, why_len, "it is between two, on two PUs");
	return -EINVAL;
}

static const struct cb_param params[] = {CB_PARAM_PLACE("scatter")};

static const struct cb_sweep sweeps[] = {
    {CB_QUICK, "place=scatter"},
    {CB_CHECK, "place=scatter"},
};

static const struct cb_kind cache_line = {
    .family = "handoff",
    .name = "cache_line",
    .about = "a word that one PU writes and another answers, the quickest of many blocks",
    .flags = CB_REFERENCE,
    .from = CB_QUICK,
    .version = 1,
    .models = CB_CAN(CB_THREAD),
    .not_models = "what is measured is the machine's, and the same under every model",
    .work = &work,
    .params = params,
    .param_count = 1,
    .without = "model carriers place",
    .sweeps = sweeps,
    .sweep_count = sizeof(sweeps) / sizeof(sweeps[0]),
    .can = can,
};

CB_REGISTER(cache_line)
