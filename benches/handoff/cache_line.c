/* cache_line.c - the floor of the ladder between two PUs: a cache line that goes there and back. */
#include <concbench/concbench.h>

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static int once(struct cb_env *env, struct cb_metrics *metrics, char *why, size_t why_len)
{
	struct cb_line *line = env->state;
	int ret = cb_probe_line(env->pu[0], env->pu[1], line);

	if (!ret)
		return cb_metric(metrics, "ns_per_op", line->ns);
	(void)snprintf(why, why_len, "between PUs %d and %d: %s", env->pu[0], env->pu[1],
	    ret == -EINVAL ? "one PU has nowhere to pass it" : strerror(-ret));
	/* Nor is it the case's fault when one of them had no time. */
	return ret == -EINVAL || ret == -ETIMEDOUT ? -ENOTSUP : ret;
}

static int check(const struct cb_env *env, char *why, size_t why_len)
{
	const struct cb_line *line = env->state;

	if (line->passes && line->passes == line->echoes)
		return 0;
	(void)snprintf(why, why_len, "passed %" PRIu64 " times, and %" PRIu64 " times back",
	    line->passes, line->echoes);
	return -EBADMSG;
}

static const struct cb_workload work = {
    .op = "hand-off",
    .timed =
	"half of a round trip: one PU writes a cache line, the other sees it and writes it back",
    .checked = "each passing of the line came back once",
    .state_bytes = sizeof(struct cb_line),
    .once = once,
    .check = check,
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
