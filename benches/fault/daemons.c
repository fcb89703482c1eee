/* daemons.c - daemon threads: what is cut off of their work when the main thread leaves, by each
 * way that it may leave, and how long the process takes to end. */
#include "benches/fault/daemons.h"

#include <errno.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <ucontext.h>
#include <unistd.h>

/* Those that finish do so within some tens of milliseconds, on a busy machine within some hundred.
 */
#define DEADLINE_NS (5 * CB_NS_PER_S)
/* A deed takes so long at least, and all of them some 10 ms: the main thread is gone long before.
 */
#define DEED_US 100

static const char *const exit_words[] = {[DAEMONS_EXIT] = "exit",
    [DAEMONS_PTHREAD_EXIT] = "pthread_exit",
    [DAEMONS_JOIN] = "join",
    NULL};

/* ---- in the sacrificed process ---- */

struct daemon {
	struct daemons_state *st;
	unsigned me;
	pthread_t thread;
};

static void *work(void *arg)
{
	const struct daemon *d = arg;
	struct daemons_worker *own = &d->st->worker[d->me];

	for (uint32_t i = 0; i < d->st->plan.deeds; i++) {
		cb_store_release(&own->begun, i + 1);
		(void)usleep(DEED_US);
		cb_store_release(&own->done, i + 1 + d->st->plan.lies);
	}
	return NULL;
}

static bool all_have_begun(struct daemons_state *st)
{
	for (unsigned i = 0; i < st->workers; i++)
		if (!cb_load_acquire(&st->worker[i].begun))
			return false;
	return true;
}

/* The last of the threads ends the process as exit(3) does: what a cell would still have to do then
 * is left out. */
static void end_at_once(void)
{
	_exit(0);
}

static void leave(void)
{
	pthread_exit(NULL);
}

/* On a stack of its own: pthread_exit(3) goes back through whoever has called, which may be a C++
 * library that lets nothing through. */
static void leave_alone(void)
{
	static ucontext_t at;
	const size_t bytes = 65536;
	void *stack = malloc(bytes);

	if (!stack || atexit(end_at_once) != 0 || getcontext(&at) != 0)
		_exit(EXIT_FAILURE);
	at.uc_stack.ss_sp = stack;
	at.uc_stack.ss_size = bytes;
	at.uc_link = NULL;
	makecontext(&at, leave, 0);
	(void)setcontext(&at);
	_exit(EXIT_FAILURE);
}

static void main_thread(void *arg)
{
	struct daemons_state *st = arg;
	/* They outlive this function. */
	struct daemon *daemon = calloc(st->workers, sizeof(*daemon));
	const bool joins = st->leaving == DAEMONS_JOIN || st->plan.waits_after;
	int ret = daemon ? 0 : ENOMEM;

	st->began_ns = cb_now_ns();
	for (unsigned i = 0; !ret && i < st->workers; i++) {
		daemon[i].st = st;
		daemon[i].me = i;
		ret = pthread_create(&daemon[i].thread, NULL, work, &daemon[i]);
		/* A daemon is nobody's to wait for. */
		if (!ret && !joins)
			ret = pthread_detach(daemon[i].thread);
	}
	if (ret) {
		cb_store(&st->error, -ret);
		_exit(0);
	}
	while (st->plan.waits_before && !all_have_begun(st))
		(void)usleep(DEED_US);
	st->left_ns = cb_now_ns();
	if (st->leaving == DAEMONS_PTHREAD_EXIT)
		leave_alone();
	for (unsigned i = 0; joins && i < st->workers; i++)
		(void)pthread_join(daemon[i].thread, NULL);
	/* As exit(3), without what a cell, or a sanitizer, would still have to do on it. */
	(void)syscall(SYS_exit_group, 0);
}

/* ---- in the cell ---- */

static uint64_t deeds_done(const struct daemons_state *st)
{
	uint64_t done = 0;

	for (unsigned i = 0; i < st->workers; i++)
		done += st->worker[i].done;
	return done;
}

int daemons_once(const struct daemons_plan *plan, struct cb_env *env, struct cb_metrics *metrics,
    char *why, size_t why_len)
{
	struct daemons_state *st = env->state;
	const double deeds = (double)env->workers * DAEMONS_DEEDS;
	uint64_t ended_ns;
	int ret;

	memset(st, 0, sizeof(*st) + env->workers * sizeof(st->worker[0]));
	st->plan = *plan;
	st->workers = env->workers;
	st->leaving = (enum daemons_exit)cb_case_value(env->c, "leave");
	ret = cb_sacrifice(main_thread, st, DEADLINE_NS, &st->fate);
	ended_ns = cb_now_ns();
	if (!ret)
		ret = st->error;
	if (ret) {
		(void)snprintf(why, why_len, "the daemons: %s", strerror(-ret));
		return ret;
	}
	(void)cb_metric(metrics, "cut_share", 1.0 - (double)deeds_done(st) / deeds);
	(void)cb_metric(metrics, "end_ns", (double)(ended_ns - st->left_ns));
	return 0;
}

static int once(struct cb_env *env, struct cb_metrics *metrics, char *why, size_t why_len)
{
	static const struct daemons_plan plan = {.deeds = DAEMONS_DEEDS, .waits_before = true};

	return daemons_once(&plan, env, metrics, why, why_len);
}

/* Whatever was done by when the main thread left took its time. */
static bool was_cut_off(const struct daemons_state *st, uint64_t done)
{
	return done < (uint64_t)st->workers * DAEMONS_DEEDS ||
	       st->left_ns - st->began_ns >= (uint64_t)DAEMONS_DEEDS * DEED_US * 1000;
}

static int check(const struct cb_env *env, char *why, size_t why_len)
{
	const struct daemons_state *st = env->state;

	if (st->fate.hung || st->fate.signal || st->fate.status) {
		(void)snprintf(why, why_len, "the process %s, by signal %d, with status %d",
		    st->fate.hung ? "has not ended" : "ended", st->fate.signal, st->fate.status);
		return -EBADMSG;
	}
	for (unsigned i = 0; i < st->workers; i++) {
		const struct daemons_worker *w = &st->worker[i];

		if (!w->begun)
			(void)snprintf(why, why_len, "daemon %u has not begun", i);
		else if (w->done > w->begun || w->begun - w->done > 1)
			(void)snprintf(why, why_len, "daemon %u has begun %u deeds and done %u", i,
			    w->begun, w->done);
		else if (st->leaving != DAEMONS_EXIT && w->done != DAEMONS_DEEDS)
			(void)snprintf(why, why_len,
			    "daemon %u has done %u of %u deeds, though nothing ended it", i,
			    w->done, DAEMONS_DEEDS);
		else
			continue;
		return -EBADMSG;
	}
	if (st->leaving == DAEMONS_EXIT && !was_cut_off(st, deeds_done(st))) {
		(void)snprintf(why, why_len,
		    "all deeds are done, which takes %u us at least, though the process ended "
		    "after %.0f",
		    DAEMONS_DEEDS * DEED_US, (double)(st->left_ns - st->began_ns) / 1e3);
		return -EBADMSG;
	}
	return 0;
}

/* The thread sanitizer has a thread of its own, which no other one's end ends. */
static int setup(struct cb_env *env, char *why, size_t why_len)
{
#if defined(__SANITIZE_THREAD__)
	if (cb_case_value(env->c, "leave") == DAEMONS_PTHREAD_EXIT) {
		(void)snprintf(why, why_len, "a thread of the sanitizer's own would never end");
		return -ENOTSUP;
	}
#else
	(void)env;
	(void)why;
	(void)why_len;
#endif
	return 0;
}

static size_t state_size(const struct cb_case *c)
{
	return sizeof(struct daemons_state) + c->workers * sizeof(struct daemons_worker);
}

static const struct cb_workload workload = {
    .op = "end of a process",
    .timed =
	"the main thread leaves while daemon threads have work for 10 ms; up to the end of the "
	"process, as its parent sees it",
    .checked =
	"all had begun, each has done what it began but for the last; and where nothing ends "
	"them, everything",
    .state_size = state_size,
    .setup = setup,
    .once = once,
    .check = check,
};

static const struct cb_param params[] = {
    CB_PARAM_MODEL,
    CB_PARAM_WORKERS("2"),
    {"leave", CB_WORD, "exit", 0, DAEMONS_EXITS - 1,
	"as the main thread leaves: exit, pthread_exit, or exit when it has joined them",
	exit_words, false},
};

static const struct cb_sweep sweeps[] = {
    {CB_SMOKE, "model=thread leave=exit"},
    {CB_FULL, "model=thread leave=exit,pthread_exit,join workers=1,8"},
    {CB_CHECK, "model=thread leave=exit,pthread_exit,join workers=4"},
};

static const struct cb_figure figures[] = {
    {"cut_share", "of their work that is cut off", "", CB_SHARE, CB_LESS, 0.0, NULL},
    {"end_ns", "from leaving to the end of the process", "ns", CB_RATIO, CB_LESS, 0.0, NULL},
};

static const struct cb_kind daemons = {
    .family = "fault",
    .name = "daemons",
    .about = "daemon threads are at work when the main thread leaves: what is cut off?",
    .source = "exit(3), pthread_exit(3); Python's threading, daemon threads",
    .from = CB_SMOKE,
    .version = 1,
    .models = CB_CAN(CB_THREAD),
    .not_models = "processes outlive the one that made them; coroutines end with their carrier",
    .work = &workload,
    .without = "model workers",
    .params = params,
    .param_count = sizeof(params) / sizeof(params[0]),
    .figures = figures,
    .figure_count = sizeof(figures) / sizeof(figures[0]),
    .sweeps = sweeps,
    .sweep_count = sizeof(sweeps) / sizeof(sweeps[0]),
};

CB_REGISTER(daemons)
