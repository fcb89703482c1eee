/* million.c - a million additions by each of two workers: what does the counter say at the end? As
 * textbooks have it: lost_updates is the same for a length of time, with the workers under way. */
#include "benches/fault/million.h"

#include "benches/fault/crew.h"

#include <errno.h>
#include <inttypes.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

/* Nobody hangs who gets his turn now and then. */
#define DEADLINE_NS (10 * CB_NS_PER_S)

/* ---- in the sacrificed process and its children ---- */

static bool is_over(const void *who)
{
	(void)who;
	return false;
}

static void give_way(void *who)
{
	const struct crew_member *m = who;

	if (m->carrier)
		cb_carrier_yield(m->carrier);
	else
		(void)sched_yield();
}

static void lock(void *who)
{
	const struct crew_member *m = who;
	struct million_state *st = m->st;

	if (!m->carrier) {
		(void)pthread_mutex_lock(&st->mutex);
		return;
	}
	while (st->locked)
		cb_carrier_park(m->carrier, &st->queue);
	st->locked = true;
}

static void unlock(void *who)
{
	const struct crew_member *m = who;
	struct million_state *st = m->st;

	if (!m->carrier) {
		(void)pthread_mutex_unlock(&st->mutex);
		return;
	}
	st->locked = false;
	(void)cb_carrier_wake_one(m->carrier, &st->queue);
}

static uint64_t add_torn(struct crew_member *m)
{
	struct million_state *st = m->st;

	for (uint32_t i = 0; i < st->due; i++) {
		const uint64_t seen = cb_load(&st->value);

		if (i % (MILLION / MILLION_CHECKED) == 0)
			give_way(m);
		cb_store(&st->value, seen + 1);
	}
	return st->due;
}

/* A million is over within milliseconds: they begin together, or one has ended when the other
 * begins. */
static void work(struct crew_member *m)
{
	struct million_state *st = m->st;
	struct million_worker *own = &st->worker[m->me];
	const int ret = m->pu < 0 ? 0 : cb_bind_self(m->pu);

	if (ret)
		cb_store(&st->error, ret);
	cb_fetch_add(&st->ready, 1);
	/* Who gives way to whoever else is on its PU begins when that has had its slice. */
	while (cb_load_acquire(&st->ready) < st->workers) {
		if (st->oversubscribed || m->carrier)
			give_way(m);
		else
			cb_pause();
	}
	own->began_ns = cb_now_ns();
	own->added = st->plan.torn ? add_torn(m)
				   : update_add(st->update, &st->value, st->due - st->plan.less, m,
					 (struct update_ops){is_over, give_way, lock, unlock});
	own->ended_ns = cb_now_ns();
}

/* Those that there are wait for those that cannot be made: nobody waits for them. */
static int run_threads(struct crew_member *m, unsigned n)
{
	const int ret = crew_start_threads(m, n, 0);

	return ret ? ret : crew_join_threads(m, n);
}

static int run_processes(struct crew_member *m, unsigned n)
{
	for (unsigned i = 0; i < n; i++)
		if (crew_fork_member(&m[i]) < 0)
			return -errno;
	while (n) {
		int status = 0;

		if (wait(&status) > 0)
			n--;
		else if (errno != EINTR)
			return -errno;
		if (status)
			return -ECHILD;
	}
	return 0;
}

static int (*const run[CB_MODEL_COUNT])(struct crew_member *m, unsigned n) = {
    [CB_THREAD] = run_threads,
    [CB_PROCESS] = run_processes,
    [CB_COROUTINE] = crew_run_coroutines,
};

struct team {
	struct million_state *st;
	const int *pu;
};

static void team(void *arg)
{
	const struct team *t = arg;
	struct million_state *st = t->st;
	struct crew_member *m = crew_create(st->workers, work, st, t->pu);
	const int ret = m ? run[st->model](m, st->workers) : -ENOMEM;

	if (ret)
		cb_store(&st->error, ret);
	st->value += (uint64_t)(int64_t)st->plan.more;
	_exit(0);
}

/* ---- in the cell ---- */

static uint64_t steps_of(const void *arg)
{
	const struct team *t = arg;

	return cb_load(&t->st->ready) + cb_load(&t->st->value);
}

static double all_of(const struct million_state *st)
{
	return (double)st->workers * (double)st->due;
}

static double took_ns(const struct million_state *st)
{
	uint64_t began_ns = UINT64_MAX, ended_ns = 0;

	for (unsigned i = 0; i < st->workers; i++) {
		const struct million_worker *w = &st->worker[i];

		began_ns = w->began_ns < began_ns ? w->began_ns : began_ns;
		ended_ns = w->ended_ns > ended_ns ? w->ended_ns : ended_ns;
	}
	return (double)(ended_ns - began_ns);
}

int million_once(const struct million_plan *plan, struct cb_env *env, struct cb_metrics *metrics,
    char *why, size_t why_len)
{
	struct million_state *st = env->state;
	struct team t = {st, env->pu};
	int ret;

	memset(st, 0, sizeof(*st) + env->workers * sizeof(st->worker[0]));
	st->plan = *plan;
	st->workers = env->workers;
	st->model = env->model;
	st->oversubscribed = env->oversubscribed;
	st->update = (enum update)cb_case_value(env->c, "update");
	st->due = env->checking && st->update == UPDATE_YIELD && st->model != CB_COROUTINE
		      ? MILLION_CHECKED
		      : MILLION;
	ret = crew_mutex_init(&st->mutex, false);
	if (!ret)
		ret = cb_sacrifice_watched(team, steps_of, &t, DEADLINE_NS, &st->fate);
	if (!ret)
		ret = st->error;
	if (ret)
		return crew_failed(ret, why, why_len);
	(void)cb_metric(metrics, "lost_share", (all_of(st) - (double)st->value) / all_of(st));
	(void)cb_metric(metrics, "addition_ns", took_ns(st) / all_of(st));
	return 0;
}

static int once(struct cb_env *env, struct cb_metrics *metrics, char *why, size_t why_len)
{
	static const struct million_plan plan = {.less = 0};

	return million_once(&plan, env, metrics, why, why_len);
}

static int check(const struct cb_env *env, char *why, size_t why_len)
{
	const struct million_state *st = env->state;
	const uint64_t all = (uint64_t)st->workers * st->due;

	if (st->fate.hung || st->fate.signal || st->fate.status) {
		(void)snprintf(why, why_len, "the team %s, by signal %d, with status %d",
		    st->fate.hung ? "has not ended" : "ended", st->fate.signal, st->fate.status);
		return -EBADMSG;
	}
	for (unsigned i = 0; i < st->workers; i++) {
		if (st->worker[i].added == st->due)
			continue;
		(void)snprintf(why, why_len, "worker %u has added %" PRIu64 " times, not %u", i,
		    st->worker[i].added, st->due);
		return -EBADMSG;
	}
	return update_check(env, st->update, st->value, all, why, why_len);
}

static size_t state_size(const struct cb_case *c)
{
	return sizeof(struct million_state) + c->workers * sizeof(struct million_worker);
}

static int can(const struct cb_case *c, char *why, size_t why_len)
{
	return crew_can(c, 1, why, why_len);
}

static const struct cb_workload workload = {
    .op = "a million additions by each",
    .timed = "workers that begin together each add one to a shared counter a million times; from "
	     "the first one's beginning to the last one's end",
    .checked = "each has added a million times; the counter is never above all of them, and it is "
	       "all of them where somebody sees to it",
    .state_size = state_size,
    .once = once,
    .check = check,
};

static const struct cb_param params[] = {
    CB_PARAM_CARRIERS,
    CB_PARAM_PLACE("scatter"),
    {"update", CB_WORD, "plain", 0, UPDATES - 1, "how one is added", update_words, false},
};

static const struct cb_sweep sweeps[] = {
    {CB_FULL, "model=thread,process,coroutine update=plain,yield,atomic,mutex"},
    {CB_CHECK, "model=thread,process,coroutine update=plain,yield,atomic,mutex workers=2,3"},
};

static const struct cb_figure figures[] = {
    {"lost_share", "additions that get lost, of a million by each", "", CB_SHARE, CB_LESS, 0.0,
	NULL},
    {"addition_ns", "time by addition, of all workers together", "ns", CB_RATIO, CB_LESS, 0.0,
	NULL},
};

static const struct cb_kind million = {
    .family = "fault",
    .name = "million",
    .about = "a million additions by each of two workers: what does the counter say at the end?",
    .source = "the textbook's race",
    .from = CB_FULL,
    .version = 1,
    .models = CB_CAN_ALL,
    .work = &workload,
    .params = params,
    .param_count = sizeof(params) / sizeof(params[0]),
    .figures = figures,
    .figure_count = sizeof(figures) / sizeof(figures[0]),
    .sweeps = sweeps,
    .sweep_count = sizeof(sweeps) / sizeof(sweeps[0]),
    .can = can,
};

CB_REGISTER(million)
