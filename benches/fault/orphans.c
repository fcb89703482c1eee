/* orphans.c - the maker of workers ends while they are at work: what becomes of them? */
#include "benches/fault/orphans.h"
#include "benches/fault/relatives.h"

#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>

/* All is over within some tens of milliseconds, on a busy machine within some hundred. */
#define DEADLINE_NS (10 * CB_NS_PER_S)
#define DEED_US 200

static const char *const way_words[] = {
    [ORPHANS_KILLED] = "killed", [ORPHANS_EXIT] = "exit", [ORPHANS_THREAD] = "thread_end", NULL};
static const char *const cure_words[] = {
    [ORPHANS_NO_CURE] = "none", [ORPHANS_PDEATHSIG] = "pdeathsig", NULL};
static const char *const adopter_words[] = {
    [ORPHANS_REAPS] = "reaps", [ORPHANS_SLEEPS] = "sleeps", NULL};
static const char *const outcome_words[] = {
    [ORPHANS_ENDED] = "ended", [ORPHANS_RAN_ON] = "ran_on", [ORPHANS_ZOMBIE] = "zombie", NULL};

static void fail(struct orphans_state *st, int error)
{
	if (error)
		cb_store(&st->error, error);
}

/* ---- the workers ---- */

/* Nobody is left for whom it would matter, and nobody who would end it. */
static bool is_lost(const struct orphans_state *st)
{
	const pid_t parent = getppid();

	return st->model == CB_PROCESS && parent != st->maker && parent != st->adopter;
}

static void *work(void *arg)
{
	struct orphans_worker *w = arg;
	struct orphans_state *st = w->st;

	for (uint32_t i = 0; i < ORPHANS_DEEDS && !is_lost(st); i++) {
		while (i == ORPHANS_DEEDS / 2 && !cb_load_acquire(&st->maker_gone) && !is_lost(st))
			(void)usleep(DEED_US);
		if (i == ORPHANS_DEEDS / 2)
			w->parent = getppid();
		(void)usleep(DEED_US);
		cb_store_release(&w->deeds, i + 1);
	}
	return NULL;
}

static int start_process(struct orphans_worker *w)
{
	const struct orphans_state *st = w->st;
	const pid_t maker = getpid(), pid = fork();

	if (pid == 0) {
		if (st->cure == ORPHANS_PDEATHSIG && st->plan.asks)
			(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
		/* It may have ended before that was asked. */
		if (getppid() == maker)
			(void)work(w);
		_exit(0);
	}
	w->pid = pid; /* by its maker alone: they share what it is in */
	return pid < 0 ? -errno : 0;
}

static int start(struct orphans_worker *w)
{
	return w->st->model == CB_THREAD ? -pthread_create(&w->thread, NULL, work, w)
					 : start_process(w);
}

/* ---- the maker ---- */

static int make_all(struct orphans_state *st)
{
	int ret = 0;

	for (unsigned i = 0; !ret && i < st->workers; i++)
		ret = start(&st->worker[i]);
	for (unsigned i = 0; !ret && i < st->workers; i++)
		while (!cb_load_acquire(&st->worker[i].deeds))
			(void)usleep(DEED_US);
	st->died_ns = cb_now_ns();
	return ret;
}

static void *make_all_and_end(void *arg)
{
	struct orphans_state *st = arg;

	fail(st, make_all(st));
	return (void *)(intptr_t)syscall(SYS_gettid);
}

/* Those that are its own. */
static void reap(struct orphans_worker *w)
{
	while (waitpid(w->pid, &w->status, 0) < 0 && errno == EINTR)
		;
	w->left = relative_state(w->pid, getpid());
}

static int end_all(struct orphans_state *st)
{
	int ret = 0;

	for (unsigned i = 0; i < st->workers; i++) {
		struct orphans_worker *w = &st->worker[i];

		if (st->model == CB_PROCESS)
			reap(w);
		else
			ret = ret ? ret : -pthread_join(w->thread, NULL);
	}
	st->ended_ns = cb_now_ns();
	return ret;
}

/* The process goes on; a thread of it that has ended is gone only after its children have been
 * told, so that is waited for, and not that it can be joined. */
static int maker_is_a_thread(struct orphans_state *st)
{
	pthread_t thread;
	void *tid;
	int ret = -pthread_create(&thread, NULL, make_all_and_end, st);

	if (!ret)
		ret = -pthread_join(thread, &tid);
	if (ret)
		return ret;
	while (syscall(SYS_tgkill, getpid(), (pid_t)(intptr_t)tid, 0) == 0)
		(void)usleep(DEED_US);
	cb_store_release(&st->maker_gone, 1);
	return st->error ? st->error : end_all(st);
}

static void be_the_maker(struct orphans_state *st)
{
	int ret;

	if (st->way == ORPHANS_THREAD) {
		fail(st, maker_is_a_thread(st));
		return;
	}
	ret = make_all(st);
	if (!ret && !st->plan.dies) {
		cb_store_release(&st->maker_gone, 1);
		ret = end_all(st);
	}
	fail(st, ret);
	if (st->way == ORPHANS_KILLED)
		(void)kill(getpid(), SIGKILL);
}

/* ---- the adopter ---- */

/* Looks at one that has ended, and leaves it as it is. */
static void look_at(struct orphans_worker *w)
{
	siginfo_t info = {.si_pid = 0};

	while (waitid(P_PID, (id_t)w->pid, &info, WEXITED | WNOWAIT) != 0 && errno == EINTR)
		;
	if (info.si_pid == w->pid)
		w->status =
		    info.si_code == CLD_EXITED ? W_EXITCODE(info.si_status, 0) : info.si_status;
	w->left = relative_state(w->pid, getpid());
}

static void be_the_adopter(void *arg)
{
	struct orphans_state *st = arg;
	const pid_t self = getpid();

	st->adopter = self;
	if (prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) != 0) {
		fail(st, -errno);
		return;
	}
	st->maker = fork();
	if (st->maker == 0) {
		st->maker = getpid();
		(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
		if (getppid() == self)
			be_the_maker(st);
		_exit(0);
	}
	if (st->maker < 0) {
		fail(st, -errno);
		return;
	}
	while (waitpid(st->maker, &st->maker_status, 0) < 0 && errno == EINTR)
		;
	cb_store_release(&st->maker_gone, 1);
	if (st->error || st->way == ORPHANS_THREAD)
		return;
	for (unsigned i = 0; i < st->workers; i++)
		(st->how == ORPHANS_REAPS ? reap : look_at)(&st->worker[i]);
	st->ended_ns = cb_now_ns();
}

/* ---- in the cell ---- */

static enum orphans_outcome outcome_of(const struct orphans_state *st)
{
	enum orphans_outcome outcome = ORPHANS_ENDED;

	for (unsigned i = 0; i < st->workers; i++) {
		const struct orphans_worker *w = &st->worker[i];

		if (w->left == 'Z')
			return ORPHANS_ZOMBIE;
		if (w->deeds == ORPHANS_DEEDS)
			outcome = ORPHANS_RAN_ON;
	}
	return outcome;
}

int orphans_once(const struct orphans_plan *plan, struct cb_env *env, struct cb_metrics *metrics,
    char *why, size_t why_len)
{
	struct orphans_state *st = env->state;
	int ret;

	memset(st, 0, sizeof(*st) + env->workers * sizeof(st->worker[0]));
	st->plan = *plan;
	st->model = env->model;
	st->workers = env->workers;
	st->way = (enum orphans_way)cb_case_value(env->c, "way");
	st->cure = (enum orphans_cure)cb_case_value(env->c, "cure");
	st->how = (enum orphans_adopter)cb_case_value(env->c, "adopter");
	for (unsigned i = 0; i < env->workers; i++)
		st->worker[i] =
		    (struct orphans_worker){.st = st, .index = i, .left = RELATIVE_GONE};
	ret = cb_sacrifice(be_the_adopter, st, DEADLINE_NS, &st->fate);
	if (!ret)
		ret = st->error;
	if (!ret && (st->fate.hung || st->fate.signal || st->fate.status))
		ret = -ECHILD;
	if (ret) {
		(void)snprintf(why, why_len, "the family: %s", strerror(-ret));
		return ret;
	}
	st->outcome = plan->honest ? outcome_of(st) : ORPHANS_ENDED;
	cb_outcome(metrics, outcome_words, st->outcome);
	(void)cb_metric(metrics, "outlived_ns", (double)(st->ended_ns - st->died_ns));
	return 0;
}

static int once(struct cb_env *env, struct cb_metrics *metrics, char *why, size_t why_len)
{
	static const struct orphans_plan plan = {true, true, true};

	return orphans_once(&plan, env, metrics, why, why_len);
}

static bool maker_ended_so(const struct orphans_state *st)
{
	const int status = st->maker_status;

	if (st->way == ORPHANS_KILLED)
		return WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL;
	return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

/* What is wrong with one of them; NULL: nothing. */
static const char *wrong_worker(const struct orphans_state *st, const struct orphans_worker *w)
{
	const pid_t parent = st->way == ORPHANS_THREAD ? st->maker : st->adopter;
	const bool killed = WIFSIGNALED(w->status) && WTERMSIG(w->status) == SIGKILL;

	if (w->left == RELATIVE_UNKNOWN)
		return "cannot be looked at";
	if (st->cure == ORPHANS_PDEATHSIG && (!killed || w->deeds > ORPHANS_DEEDS / 2))
		return "has outlived its maker, and has asked to end with it";
	if (st->cure == ORPHANS_NO_CURE && (w->status || w->deeds != ORPHANS_DEEDS))
		return "has not come to its end";
	if (st->model == CB_PROCESS && st->cure == ORPHANS_NO_CURE && w->parent != parent)
		return "has not become an orphan";
	if ((w->left == 'Z') != (st->how == ORPHANS_SLEEPS))
		return w->left == 'Z' ? "is left, though it was waited for"
				      : "is gone, though nobody has waited for it";
	return NULL;
}

static int check(const struct cb_env *env, char *why, size_t why_len)
{
	const struct orphans_state *st = env->state;

	if (!maker_ended_so(st)) {
		(void)snprintf(
		    why, why_len, "the maker has not ended as it should: %d", st->maker_status);
		return -EBADMSG;
	}
	for (unsigned i = 0; i < st->workers; i++) {
		const char *wrong = wrong_worker(st, &st->worker[i]);

		if (!wrong)
			continue;
		(void)snprintf(why, why_len, "worker %u %s (status %d, %u deeds, %c)", i, wrong,
		    st->worker[i].status, st->worker[i].deeds, st->worker[i].left);
		return -EBADMSG;
	}
	if (st->outcome == outcome_of(st))
		return 0;
	(void)snprintf(why, why_len, "%s: but it was %s", outcome_words[st->outcome],
	    outcome_words[outcome_of(st)]);
	return -EBADMSG;
}

static size_t state_size(const struct cb_case *c)
{
	return sizeof(struct orphans_state) + c->workers * sizeof(struct orphans_worker);
}

static int can(const struct cb_case *c, char *why, size_t why_len)
{
	const int64_t way = cb_case_value(c, "way");
	const bool ends = cb_case_value(c, "cure") == ORPHANS_PDEATHSIG;
	const bool sleeps = cb_case_value(c, "adopter") == ORPHANS_SLEEPS;
	const char *no = NULL;

	if (c->model == CB_THREAD && way != ORPHANS_THREAD)
		no = "the end of a process is the end of its threads";
	else if (c->model == CB_THREAD && ends)
		no = "no signal is sent to a thread when another one ends";
	else if (way == ORPHANS_THREAD && sleeps)
		no = "the process goes on, and nobody has to adopt its children";
	if (no)
		(void)snprintf(why, why_len, "%s", no);
	return no ? -EINVAL : 0;
}

static const struct cb_workload workload = {
    .op = "end of a maker",
    .timed = "the maker ends while its workers are half-way through their work; up to the end of "
	     "the last of them",
    .checked = "the maker has ended first and as it should, and each worker, who its parent was, "
	       "how it ended and what is left of it fit what was asked for",
    .state_size = state_size,
    .once = once,
    .check = check,
};

static const struct cb_param params[] = {
    {"way", CB_WORD, "killed", 0, ORPHANS_WAYS - 1,
	"in which the maker ends: killed, exit, or as a thread of a process that goes on",
	way_words, false},
    {"cure", CB_WORD, "none", 0, ORPHANS_CURES - 1,
	"none, or the worker asks for a signal at the end of its maker (PR_SET_PDEATHSIG)",
	cure_words, false},
    {"adopter", CB_WORD, "reaps", 0, ORPHANS_ADOPTERS - 1,
	"waits for the orphans that it is given, or does not, as many a first process of a "
	"container",
	adopter_words, false},
};

static const struct cb_sweep sweeps[] = {
    {CB_FULL, "model=process way=killed,exit cure=none,pdeathsig adopter=reaps,sleeps"},
    /* The end of a thread is one of a maker, for the signal: workers die, and nobody was lost. */
    {CB_FULL, "model=process way=thread_end cure=none,pdeathsig"},
    {CB_FULL, "model=thread way=thread_end"},
    {CB_CHECK, "model=process way=killed,exit cure=none,pdeathsig adopter=reaps,sleeps workers=2"},
    {CB_CHECK, "model=process way=thread_end cure=none,pdeathsig workers=1,3"},
    {CB_CHECK, "model=thread way=thread_end workers=1,3"},
};

static const struct cb_figure figures[] = {
    {"outcome", "they end with their maker", "", CB_OUTCOME, CB_NEITHER, 0.0, outcome_words},
    {"outlived_ns", "by which the last of them outlives its maker", "ns", CB_RATIO, CB_LESS, 0.0,
	NULL},
};

static const struct cb_kind orphans = {
    .family = "fault",
    .name = "orphans",
    .about = "the maker of workers ends while they are at work: do they end, run on, or stay as "
	     "zombies?",
    .source = "prctl(2): PR_SET_PDEATHSIG, PR_SET_CHILD_SUBREAPER",
    .from = CB_FULL,
    .version = 1,
    .models = CB_CAN_OS,
    .not_models = "whichever coroutine has made it, a carrier runs it",
    .work = &workload,
    .params = params,
    .param_count = sizeof(params) / sizeof(params[0]),
    .figures = figures,
    .figure_count = sizeof(figures) / sizeof(figures[0]),
    .sweeps = sweeps,
    .sweep_count = sizeof(sweeps) / sizeof(sweeps[0]),
    .can = can,
};

CB_REGISTER(orphans)
