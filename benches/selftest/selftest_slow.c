#include "benches/selftest/selftest_slow.h"

#include "benches/jobs/chase.h"
#include "benches/jobs/sieve.h"
#include "benches/handoff/switch.h"
#include "benches/handoff/switch_rows.h"
#include "harness/base/text.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SLOWDOWN "CONCBENCH_SELFTEST_SLOWDOWN_PCT"
#define SLOWDOWN_MAX_PCT 10000.0
#define WORKERS_MAX 2

struct slow_worker {
	_Alignas(ARENA_ALIGN) uint64_t done; /* by the real workload, since the cell began */
	double credit;                       /* of these, not counted yet */
};

/* The real workload's state follows. */
struct slow_state {
	const struct workload *real;
	double price; /* real operations for one that is counted: 1.02 for 2 % */
	struct slow_worker worker[WORKERS_MAX];
	_Alignas(ARENA_ALIGN) unsigned char state[];
};

static size_t size_of(const struct workload *real, const struct bench_case *bc)
{
	return sizeof(struct slow_state) +
	       (real->state_size ? real->state_size(bc) : real->state_bytes);
}

static struct bench_env env_of(const struct bench_env *env, uint64_t done[WORKERS_MAX])
{
	struct slow_state *st = env->state;
	struct bench_env real = *env;

	for (unsigned i = 0; i < env->workers; i++)
		done[i] = st->worker[i].done;
	real.state = st->state;
	real.done = done;
	return real;
}

static int setup(struct bench_env *env, const struct workload *load, char *why, size_t why_len)
{
	const char *text = getenv(SLOWDOWN);
	struct slow_state *st = env->state;
	uint64_t done[WORKERS_MAX];
	struct bench_env real;
	double pct = 0.0;

	if (text && text_parse_double(text, 0.0, SLOWDOWN_MAX_PCT, &pct) != 0) {
		(void)snprintf(why, why_len, SLOWDOWN ": '%.40s' is not a number from 0 to %.0f",
		    text, SLOWDOWN_MAX_PCT);
		return -EINVAL;
	}
	st->real = load;
	st->price = 1.0 + pct / 100.0;
	real = env_of(env, done);
	return load->setup ? load->setup(&real, why, why_len) : 0;
}

static void enter(struct worker *w, void *state)
{
	struct slow_state *st = state;

	if (st->real->enter)
		st->real->enter(w, st->state);
}

static uint64_t batch(struct worker *w, void *state, uint64_t n)
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

static void leave(struct worker *w, void *state)
{
	struct slow_state *st = state;

	if (st->real->leave)
		st->real->leave(w, st->state);
}

static int check(const struct bench_env *env, char *why, size_t why_len)
{
	const struct slow_state *st = env->state;
	uint64_t done[WORKERS_MAX];
	const struct bench_env real = env_of(env, done);
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

static void teardown(struct bench_env *env)
{
	const struct slow_state *st = env->state;
	uint64_t done[WORKERS_MAX];
	struct bench_env real = env_of(env, done);

	if (st->real->teardown)
		st->real->teardown(&real);
}

/* A workload has no word of its own to keep, so each case has its functions. */
#define SLOW(name, load)                                                          \
	static size_t name##_size(const struct bench_case *bc)                    \
	{                                                                         \
		return size_of(&(load), bc);                                      \
	}                                                                         \
	static int name##_setup(struct bench_env *env, char *why, size_t why_len) \
	{                                                                         \
		return setup(env, &(load), why, why_len);                         \
	}                                                                         \
	static const struct workload name = {.op = "operation",                   \
	    .state_size = name##_size,                                            \
	    .setup = name##_setup,                                                \
	    .enter = enter,                                                       \
	    .batch = batch,                                                       \
	    .leave = leave,                                                       \
	    .check = check,                                                       \
	    .teardown = teardown}

SLOW(slow_sieve, sieve_workload);
SLOW(slow_chase, chase_workload);
SLOW(slow_futex, switch_futex_workload);
SLOW(slow_condvar, switch_condvar_workload);
SLOW(slow_pipe, switch_pipe_workload);

struct slow_case {
	const char *name;
	const struct workload *workload;
	enum model model;
	unsigned workers;
	enum placement_kind place;
};

static const struct slow_case cases[] = {
    {"slow_sieve", &slow_sieve, MODEL_THREAD, 1, PLACEMENT_SAME},
    {"slow_chase", &slow_chase, MODEL_THREAD, 1, PLACEMENT_SAME},
    {"slow_pipe", &slow_pipe, MODEL_PROCESS, 2, PLACEMENT_SCATTER},
    {"slow_condvar_same", &slow_condvar, MODEL_THREAD, 2, PLACEMENT_SAME},
    {"slow_condvar_cross", &slow_condvar, MODEL_THREAD, 2, PLACEMENT_SCATTER},
    {"slow_futex_same", &slow_futex, MODEL_THREAD, 2, PLACEMENT_SAME},
    {"slow_futex_cross", &slow_futex, MODEL_THREAD, 2, PLACEMENT_SCATTER},
};

void selftest_slow_list(struct case_list *list, const struct machine *m)
{
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const struct slow_case *c = &cases[i];
		const struct bench_case bc = {.workload = c->workload,
		    .model = c->model,
		    .workers = c->workers,
		    .place = placement_policy_of(c->place),
		    /* As long as the real ones', or what is tried is another case. */
		    .slot_ns = c->workers > 1 ? switch_slot_ns(c->workers) : 0,
		    /* The chase's: fits a second-level cache. */
		    .params = {256 * 1024},
		    .version = 1};

		case_add(list, m, &bc, "selftest/%s/model:%s/workers:%u/place:%s", c->name,
		    model_name(c->model), c->workers, bc.place.text);
	}
}
