/*
 * selftest_exact.c - cases whose figure is counted, not timed: the same in every trial, however
 * busy the machine is. For tests that have to know what comes out.
 */
#include "benches/selftest/selftest.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>

#define TURNS 100.0

struct exact_state {
	uint64_t turns CB_ALIGNED; /* of all operations so far */
	uint64_t per_op;
};

static uint64_t take_turns(struct cb_worker *w, void *state, uint64_t n)
{
	struct exact_state *s = state;

	(void)w;
	for (uint64_t i = 0; i < n; i++) {
		cb_spin(s->per_op);
		(void)cb_fetch_add(&s->turns, s->per_op);
	}
	return n;
}

static uint64_t all_done(const struct cb_env *env)
{
	uint64_t done = 0;

	for (unsigned i = 0; i < env->workers; i++)
		done += env->done[i];
	return done;
}

static int check_turns(const struct cb_env *env, char *why, size_t why_len)
{
	const struct exact_state *s = env->state;
	const uint64_t turns = cb_load(&s->turns), done = all_done(env);

	if (turns == done * s->per_op)
		return 0;
	(void)snprintf(why, why_len, "%" PRIu64 " turns in %" PRIu64 " operations of %" PRIu64,
	    turns, done, s->per_op);
	return -EBADMSG;
}

static void report_turns(const struct cb_env *env, struct cb_metrics *metrics)
{
	const struct exact_state *s = env->state;

	(void)cb_metric(
	    metrics, "turns_per_op", (double)cb_load(&s->turns) / (double)all_done(env));
}

const struct cb_figure selftest_turns = {
    "turns_per_op", "turns that an operation takes", "turns", CB_RATIO, CB_LESS, 0.0, NULL};

static int exact_setup(struct cb_env *env, char *why, size_t why_len)
{
	struct exact_state *s = env->state;
	double price;
	int ret = selftest_slowdown(&price, why, why_len);

	if (!ret)
		s->per_op = (uint64_t)llround(TURNS * price);
	return ret;
}

static const struct cb_workload exact = {.op = "operation",
    .state_bytes = sizeof(struct exact_state),
    .setup = exact_setup,
    .batch = take_turns,
    .check = check_turns,
    .report = report_turns};

SELFTEST(exact, "a counted figure with a knob", "model=thread", .work = &exact,
    .figures = &selftest_turns, .figure_count = 1)

/* Takes as many turns as it was given: two loads are two figures. */
static int dependent_setup(struct cb_env *env, char *why, size_t why_len)
{
	struct exact_state *s = env->state;

	if (!(env->given >= 1.0)) {
		(void)snprintf(why, why_len, "it was given nothing");
		return -EINVAL;
	}
	s->per_op = (uint64_t)llround(env->given);
	return 0;
}

static const struct cb_workload dependent = {.op = "operation",
    .state_bytes = sizeof(struct exact_state),
    .setup = dependent_setup,
    .batch = take_turns,
    .check = check_turns,
    .report = report_turns};

static bool on_exact(const struct cb_case *c, char *name, size_t len)
{
	(void)c;
	(void)snprintf(name, len, "selftest/exact/model:thread");
	return true;
}

SELFTEST(dependent, "depends on another's figure", "model=thread", .work = &dependent,
    .figures = &selftest_turns, .figure_count = 1, .depends = on_exact)
