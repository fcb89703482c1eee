/*
 * selftest_slow.c - real workloads with a knob: so many percent slower than they are, set in the
 * environment. What a gate has to find.
 */
#include "benches/selftest/selftest.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SLOWDOWN "CONCBENCH_SELFTEST_SLOWDOWN_PCT"
#define SLOWDOWN_MAX_PCT 10000.0
#define WORKERS_MAX 2

struct slow_worker {
	_Alignas(CB_ALIGN) uint64_t done; /* by the real workload, since the cell began */
	double credit;                    /* of these, not counted yet */
};

/* The real workload's state follows. */
struct slow_state {
	const struct cb_workload *real;
	double price; /* real operations for one that is counted: 1.02 for 2 % */
	struct slow_worker worker[WORKERS_MAX];
	_Alignas(CB_ALIGN) unsigned char state[];
};

static size_t size_of(const struct cb_workload *real, const struct cb_case *c)
{
	return sizeof(struct slow_state) +
	       (real->state_size ? real->state_size(c) : real->state_bytes);
}

static struct cb_env env_of(const struct cb_env *env, uint64_t done[WORKERS_MAX])
{
	struct slow_state *st = env->state;
	struct cb_env real = *env;

	for (unsigned i = 0; i < env->workers; i++)
		done[i] = st->worker[i].done;
	real.state = st->state;
	real.done = done;
	return real;
}

int selftest_slowdown(double *price, char *why, size_t why_len)
{
	const char *text = getenv(SLOWDOWN);
	char *end = NULL;
	double pct = 0.0;

	if (text)
		pct = strtod(text, &end);
	if (text && (end == text || *end || !(pct >= 0.0) || pct > SLOWDOWN_MAX_PCT)) {
		(void)snprintf(why, why_len, SLOWDOWN ": '%.40s' is not a number from 0 to %.0f",
		    text, SLOWDOWN_MAX_PCT);
		return -EINVAL;
	}
	*price = 1.0 + pct / 100.0;
	return 0;
}

static int setup(struct cb_env *env, const struct cb_workload *load, char *why, size_t why_len)
{
	struct slow_state *st = env->state;
	uint64_t done[WORKERS_MAX];
	struct cb_env real;
	int ret = selftest_slowdown(&st->price, why, why_len);

	if (ret)
		return ret;
	st->real = load;
	real = env_of(env, done);
	return load->setup ? load->setup(&real, why, why_len) : 0;
}

static void enter(struct cb_worker *w, void *state)
{
	struct slow_state *st = state;

	if (st->real->enter)
		st->real->enter(w, st->state);
}

static uint64_t batch(struct cb_worker *w, void *state, uint64_t n)
{
	struct slow_state *st = state;
	struct slow_worker *own = &st->worker[w->index];
	const uint64_t done = st->real->batch(w, st->state, n);
	double counted;

	own->done += done;
	own->credit += (double)done;
	counted = floor(own->credit / st->price);
	own->credit -= counted * st->price;
	return (uint64_t)counted;
}

static void leave(struct cb_worker *w, void *state)
{
	struct slow_state *st = state;

	if (st->real->leave)
		st->real->leave(w, st->state);
}

static int check(const struct cb_env *env, char *why, size_t why_len)
{
	const struct slow_state *st = env->state;
	uint64_t done[WORKERS_MAX];
	const struct cb_env real = env_of(env, done);
	int ret = st->real->check(&real, why, why_len);

	for (unsigned i = 0; !ret && i < env->workers; i++) {
		/* What was counted has been paid for, and no more than one is owed. */
		const double owed = (double)done[i] - (double)env->done[i] * st->price;

		if (owed < -1e-3 || owed > st->price + 1e-3) {
			(void)snprintf(why, why_len, "worker %u: %.3f operations owed", i, owed);
			ret = -EBADMSG;
		}
	}
	return ret;
}

static void teardown(struct cb_env *env)
{
	const struct slow_state *st = env->state;
	uint64_t done[WORKERS_MAX];
	struct cb_env real = env_of(env, done);

	if (st->real->teardown)
		st->real->teardown(&real);
}

/* A workload has no word of its own to keep, so each case has its functions. */
#define SLOW(x, family_, kind_, points, ...)                                \
	static const struct cb_workload *x##_real(void)                     \
	{                                                                   \
		return cb_kind_find(family_, kind_)->work;                  \
	}                                                                   \
	static size_t x##_size(const struct cb_case *c)                     \
	{                                                                   \
		return size_of(x##_real(), c);                              \
	}                                                                   \
	static int x##_setup(struct cb_env *env, char *why, size_t why_len) \
	{                                                                   \
		return setup(env, x##_real(), why, why_len);                \
	}                                                                   \
	static const struct cb_workload x##_work = {.op = "operation",      \
	    .state_size = x##_size,                                         \
	    .setup = x##_setup,                                             \
	    .enter = enter,                                                 \
	    .batch = batch,                                                 \
	    .leave = leave,                                                 \
	    .check = check,                                                 \
	    .teardown = teardown};                                          \
	static const struct cb_sweep x##_sweep[] = {{CB_SMOKE, points}};    \
	static const struct cb_kind x = {.family = "selftest",              \
	    .name = #x,                                                     \
	    .about = "a real one with a knob",                              \
	    .flags = CB_HIDDEN,                                             \
	    .version = 1,                                                   \
	    .models = CB_CAN_OS,                                            \
	    .not_models = "the real one cannot, or need not",               \
	    .work = &x##_work,                                              \
	    .sweeps = x##_sweep,                                            \
	    .sweep_count = 1,                                               \
	    __VA_ARGS__};                                                   \
	CB_REGISTER(x)

/* The chase's: fits a second-level cache. */
static const struct cb_param bytes[] = {
    CB_PARAM("bytes", CB_BYTES, "256KiB", 128, 1 << 30, "of each worker's chain")};

SLOW(slow_sieve, "job", "sieve", "model=thread place=same", .from = CB_SMOKE)
SLOW(slow_chase, "job", "chase", "model=thread place=same", .params = bytes, .param_count = 1)
SLOW(slow_pipe, "handoff", "pipe", "model=process workers=2 place=scatter", .from = CB_SMOKE)
SLOW(slow_condvar, "handoff", "condvar", "model=thread workers=2 place=same,scatter",
    .from = CB_SMOKE)
SLOW(slow_futex, "handoff", "futex", "model=thread workers=2 place=same,scatter", .from = CB_SMOKE)
