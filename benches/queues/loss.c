/* loss.c - see loss.h. The family "loss", and the workload of all its kinds. */
#include "benches/queues/family.h"
#include "benches/queues/loss.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

/* Of the manager, which looks every turn. */
#define DEADLINE_NS (10 * CB_NS_PER_S)

enum killed_word { PRODUCER, CONSUMER };

static const char *const killed_words[] = {[PRODUCER] = "producer", [CONSUMER] = "consumer", NULL};

/* Twice around, so that every place of a ring is come to again. */
static uint64_t goal_of(const struct cb_queue_env *env)
{
	return 2 * (uint64_t)env->capacity + 16;
}

static size_t stride_of(const struct cb_queue_env *env)
{
	return cb_lines(LOSS_BEFORE_MOST + goal_of(env) + 3);
}

static size_t seen_at(const struct cb_queue_env *env)
{
	return cb_lines(sizeof(struct loss_state) +
			(env->producers + env->consumers) * sizeof(struct loss_worker));
}

static size_t state_size(const struct cb_case *c)
{
	const struct cb_queue_env env = queue_env_of(c);
	const struct cb_queue *impl = c->kind->impl;

	return seen_at(&env) + env.producers * stride_of(&env) + cb_lines(impl->queue_bytes(&env));
}

static int setup(struct cb_env *env, char *why, size_t why_len)
{
	struct loss_state *st = env->state;

	(void)why;
	(void)why_len;
	st->env = queue_env_of(env->c);
	st->env.checking = env->checking;
	st->env.latecomers = 1;
	st->impl = env->c->kind->impl;
	st->stride = stride_of(&st->env);
	st->goal = goal_of(&st->env);
	st->seen = (unsigned char *)env->state + seen_at(&st->env);
	st->queue = st->seen + st->env.producers * st->stride;
	st->queue_bytes = st->impl->queue_bytes(&st->env);
	st->victim = cb_case_value(env->c, "killed") == CONSUMER ? st->env.producers : 0;
	st->rng = env->seed | 1;
	return 0;
}

static uint64_t progress_of(const void *arg)
{
	const struct loss_state *st = arg;

	return cb_load(&st->turns) + loss_steps(st) + st->done;
}

static int compare(const void *left, const void *right)
{
	const uint64_t a = *(const uint64_t *)left, b = *(const uint64_t *)right;

	return (a > b) - (a < b);
}

static void report(const struct loss_state *st, struct cb_metrics *metrics)
{
	uint64_t on_ns[LOSS_KILLS_MAX];
	unsigned n = 0;
	enum { WHOLE, STUCK, HARMED, LOST, DOUBLED, TORN, ALONG, MID, SHARES };
	static const char *const name[SHARES] = {"whole_share", "stuck_share", "harmed_share",
	    "lost_share", "doubled_share", "torn_share", "taken_along_share", "mid_share"};
	unsigned hits[SHARES] = {0};
	uint64_t lost = 0, doubled = 0, torn = 0;

	for (unsigned i = 0; i < st->done; i++) {
		const struct loss_account *a = &st->account[i];
		const bool harmed = a->lost || a->doubled || a->torn;

		hits[WHOLE] += !a->stuck && !harmed;
		hits[HARMED] += harmed;
		hits[STUCK] += a->stuck;
		hits[LOST] += a->lost > 0;
		hits[DOUBLED] += a->doubled > 0;
		hits[TORN] += a->torn > 0;
		hits[ALONG] += a->taken_along;
		hits[MID] += a->mid;
		lost += a->lost;
		doubled += a->doubled;
		torn += a->torn;
		if (a->on_ns)
			on_ns[n++] = a->on_ns;
	}
	for (unsigned i = 0; i < SHARES; i++)
		(void)cb_metric(metrics, name[i], (double)hits[i] / (double)st->done);
	(void)cb_metric(metrics, "lost_per_kill", (double)lost / (double)st->done);
	(void)cb_metric(metrics, "doubled_per_kill", (double)doubled / (double)st->done);
	(void)cb_metric(metrics, "torn_per_kill", (double)torn / (double)st->done);
	qsort(on_ns, n, sizeof(on_ns[0]), compare);
	if (n)
		(void)cb_metric(metrics, "goes_on_ns", (double)on_ns[n / 2]);
}

int loss_once(const struct loss_plan *plan, struct cb_env *env, struct cb_metrics *metrics,
    char *why, size_t why_len)
{
	struct loss_state *st = env->state;
	int ret;

	st->plan = *plan;
	st->cell = env;
	st->done = st->spared = st->miscounted = 0;
	st->error = 0;
	st->why[0] = '\0';
	memset(st->account, 0, sizeof(st->account));
	ret = cb_sacrifice_watched(loss_manage, progress_of, st, DEADLINE_NS, &st->fate);
	if (!ret && (st->fate.hung || st->fate.signal || st->fate.status)) {
		(void)snprintf(why, why_len, "their manager %s: signal %d, status %d",
		    st->fate.hung ? "hung" : "died", st->fate.signal, st->fate.status);
		return -ECHILD;
	}
	if (!ret)
		ret = st->error;
	if (ret) {
		(void)snprintf(why, why_len, "%s: %s", env->c->kind->name,
		    st->why[0] ? st->why : strerror(-ret));
		return ret;
	}
	report(st, metrics);
	return 0;
}

static int once(struct cb_env *env, struct cb_metrics *metrics, char *why, size_t why_len)
{
	const struct loss_plan plan = {.kills = env->checking ? 2 : LOSS_KILLS};

	return loss_once(&plan, env, metrics, why, why_len);
}

static int check(const struct cb_env *env, char *why, size_t why_len)
{
	const struct loss_state *st = env->state;

	if (st->done != st->plan.kills)
		(void)snprintf(why, why_len, "%u of %u were killed", st->done, st->plan.kills);
	else if (st->spared && !st->plan.leaves)
		(void)snprintf(
		    why, why_len, "%u of %u victims were not killed", st->spared, st->done);
	else if (st->miscounted)
		(void)snprintf(why, why_len,
		    "%u of %u times the consumers counted other items than have come out",
		    st->miscounted, st->done);
	else
		return 0;
	return -EBADMSG;
}

const struct cb_workload cb_queue_loss_work = {
    .op = "death of a producer or consumer",
    .timed =
	"a producer or consumer, a process, is killed (SIGKILL) at a random moment within 300 us; "
	"another takes its place; from the signal until an item has come out that was put after "
	"it. Stuck: nobody has got any further, though all could run for 25 ms, before each "
	"producer has put twice the capacity, or nothing that was put after it came out whole. An "
	"item that the dead had in its hands, in a call, is not called lost, and what is in a "
	"queue that is stuck is not, either. The run file also has lost_share, doubled_share and "
	"torn_share, how many items a kill, and taken_along_share: what the dead had was gone",
    .checked = "the victim was killed, and the consumers have counted as many items as have come "
	       "out; each number of each producer is accounted for, and each item looked at whole",
    .state_size = state_size,
    .setup = setup,
    .once = once,
    .check = check,
};

static int can(const struct cb_case *c, char *why, size_t why_len)
{
	const struct cb_queue_env env = queue_env_of(c);

	return queue_takes(&env, why, why_len);
}

static unsigned workers(const struct cb_case *c)
{
	return (unsigned)(cb_case_value(c, "producers") + cb_case_value(c, "consumers"));
}

static const struct cb_param params[] = {
    {"model", CB_WORD, "process", 0, CB_MODEL_COUNT - 1, "what carries a worker", cb_model_words,
	false},
    {"killed", CB_WORD, "producer", 0, CONSUMER, "who dies: the first of them", killed_words,
	false},
    CB_PARAM_PLACE("scatter"),
    CB_PARAM("bytes", CB_BYTES, "8", CB_QUEUE_ITEM_BYTES, 1 << 20, "of an item"),
    CB_PARAM_SPARSE("producers", CB_COUNT, "1", 1, CB_QUEUE_PRODUCERS_MAX, "who put items in"),
    CB_PARAM_SPARSE("consumers", CB_COUNT, "1", 1, 32, "who get them out"),
    CB_PARAM_SPARSE("capacity", CB_COUNT, "64", 2, 65536,
	"items that it holds, a power of two; where it can be told"),
};

static const struct cb_sweep sweeps[] = {
    /* Of the two that a small profile has, the one that sleeps. */
    {CB_SMOKE, "killed=producer bytes=64"},
    {CB_FULL, "killed=producer,consumer"},
    {CB_FULL, "killed=producer bytes=64KiB"},
    {CB_CHECK, "killed=producer,consumer"},
    {CB_CHECK, "killed=producer,consumer bytes=1000"},
};

static const struct cb_figure figures[] = {
    {"whole_share", "deaths after which all items are there, and it goes on", "", CB_SHARE, CB_MORE,
	0.0, NULL},
    {"stuck_share", "deaths after which nothing new comes out", "", CB_SHARE, CB_LESS, 0.0, NULL},
    {"harmed_share", "deaths by which items got lost, doubled or damaged", "", CB_SHARE, CB_LESS,
	0.0, NULL},
    {"goes_on_ns", "from the signal until a new item has come out", "ns", CB_RATIO, CB_LESS, 0.0,
	NULL},
};

const struct cb_family loss_family = {
    .name = "loss",
    .plural = "losses",
    .title = "What a queue loses when somebody dies",
    .question = "Which items are lost, doubled, torn or stuck when a process at a queue is killed?",
    .params = params,
    .param_count = sizeof(params) / sizeof(params[0]),
    .sweeps = sweeps,
    .sweep_count = sizeof(sweeps) / sizeof(sweeps[0]),
    .figures = figures,
    .figure_count = sizeof(figures) / sizeof(figures[0]),
    .shape = CB_DOTS,
    .contenders = CB_KINDS,
    .caption = "Deaths after which every item is there, once and whole, and the queue can be used.",
    .can = can,
    .accepts = queue_accepts,
    .workers = workers,
    .exercised = "mid_share",
};
