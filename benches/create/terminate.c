/* terminate.c - a worker that does not end by itself is ended, and reaped: how long does that take?
 *
 * A thread is cancelled where it calls one of some functions. One that spins calls none: it does
 * not end, and has to look at a flag for that. */
#include "benches/create/ending.h"
#include "benches/create/process.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <time.h>

static const char *const by_words[] = {[TERMINATE_CANCEL] = "cancel",
    [TERMINATE_CANCEL_SPINNING] = "cancel_spinning",
    [TERMINATE_TERM] = "term",
    [TERMINATE_KILL] = "kill",
    NULL};

/* ---- the worker's ---- */

static void *never_end(void *arg)
{
	life_live(arg, NULL);
	for (;;)
		(void)pause();
	return NULL;
}

static uint64_t cpu_ns(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
	return (uint64_t)t.tv_sec * CB_NS_PER_S + (uint64_t)t.tv_nsec;
}

/* On its maker's PU, which its maker takes back when the deadline is over. What it burns is charged
 * by its maker. */
static void *spin(void *arg)
{
	struct life *l = arg;
	uint64_t from_ns;

	life_live(l, NULL);
	from_ns = cpu_ns();
	while (!cb_load_acquire(&l->released))
		cb_pause();
	l->charged_ns = cpu_ns() - from_ns;
	return NULL;
}

static void live(struct life *l)
{
	const bool stubborn = life_maker_of(l)->way == TERMINATE_KILL;
	const struct sigaction term = {.sa_handler = stubborn ? SIG_IGN : SIG_DFL};
	sigset_t none;

	(void)sigaction(SIGTERM, &term, NULL);
	(void)sigemptyset(&none);
	(void)sigprocmask(SIG_SETMASK, &none, NULL);
	(void)never_end(l);
}

/* ---- the maker's ---- */

static bool is_of_thread(unsigned way)
{
	return way == TERMINATE_CANCEL || way == TERMINATE_CANCEL_SPINNING;
}

static int make(struct life *l)
{
	const unsigned way = life_maker_of(l)->way;

	return is_of_thread(way) ? -pthread_create(&l->thread, NULL,
				       way == TERMINATE_CANCEL ? never_end : spin, l)
				 : process_make(l, live);
}

static int end(struct life *l)
{
	switch (life_maker_of(l)->way) {
	case TERMINATE_CANCEL:
	case TERMINATE_CANCEL_SPINNING:
		return -pthread_cancel(l->thread);
	case TERMINATE_TERM:
		return kill(l->process, SIGTERM) ? -errno : 0;
	default:
		return kill(l->process, SIGKILL) ? -errno : 0;
	}
}

/* By the deadline, or by the flag; which is what it says itself. @asked_ns: when it was made to. */
static int reap_spinning(struct life *l, uint64_t *asked_ns)
{
	struct timespec until;
	void *value = NULL;
	uint64_t ns;
	bool by_flag;
	int ret;

	(void)clock_gettime(CLOCK_REALTIME, &until);
	ns = (uint64_t)until.tv_nsec + TERMINATE_DEADLINE_NS;
	until.tv_sec += (time_t)(ns / CB_NS_PER_S);
	until.tv_nsec = (long)(ns % CB_NS_PER_S);
	ret = pthread_timedjoin_np(l->thread, &value, &until);
	by_flag = ret == ETIMEDOUT;
	if (by_flag) {
		*asked_ns = cb_now_ns();
		cb_store_release(&l->released, 1);
		ret = pthread_join(l->thread, &value);
	}
	cb_charge_ns(l->maker, l->charged_ns);
	l->wrong += value != (by_flag ? NULL : PTHREAD_CANCELED);
	life_maker_of(l)->told += !by_flag;
	return -ret;
}

/* It has ended as it was made to, and in no other way. */
static int reap(struct life *l, uint64_t *asked_ns)
{
	const unsigned way = life_maker_of(l)->way;
	void *value = NULL;
	int status = 0, ret;

	if (way == TERMINATE_CANCEL_SPINNING)
		return reap_spinning(l, asked_ns);
	life_maker_of(l)->told++;
	if (way == TERMINATE_CANCEL) {
		ret = -pthread_join(l->thread, &value);
		l->wrong += value != PTHREAD_CANCELED;
		return ret;
	}
	ret = process_ended(l, 0, &status);
	l->wrong +=
	    !WIFSIGNALED(status) || WTERMSIG(status) != (way == TERMINATE_TERM ? SIGTERM : SIGKILL);
	return ret;
}

/* What a batch ends them by. */
struct ending_by {
	int (*end)(struct life *l);
};

/* When it has come to where it does not go on. */
static int end_and_reap(struct life *l)
{
	const struct ending_by *by = l->maker->local;
	uint64_t asked_ns;
	int ret, status = 0;

	while (!cb_load_acquire(&l->ran))
		(void)sched_yield();
	if (life_maker_of(l)->way == TERMINATE_KILL) {
		(void)kill(l->process, SIGTERM);
		(void)sched_yield();
		l->wrong += process_ended(l, WNOHANG, &status) != -EAGAIN;
	}
	asked_ns = cb_now_ns();
	ret = by->end(l);
	ret = ret ? ret : reap(l, &asked_ns);
	l->phase_ns[LIFE_ROW] = cb_now_ns() - asked_ns;
	return ret;
}

uint64_t terminate_batch(
    struct cb_worker *w, void *state, uint64_t n, int (*end_it)(struct life *l))
{
	struct ending_by by = {end_it};
	uint64_t done;

	w->local = &by;
	done = life_batch(w, state, n, make, end_and_reap);
	w->local = NULL;
	return done;
}

static uint64_t batch(struct cb_worker *w, void *state, uint64_t n)
{
	return terminate_batch(w, state, n, end);
}

static int setup(struct cb_env *env, char *why, size_t why_len)
{
	(void)why;
	(void)why_len;
	life_assign(env, (unsigned)cb_case_value(env->c, "by"), CB_THREAD);
	return 0;
}

static void enter(struct cb_worker *w, void *state)
{
	struct life_maker *own = (struct life_maker *)state + w->index;

	life_enter(w, state);
	own->told = 0;
	own->begun = own->made;
}

static void report(const struct cb_env *env, struct cb_metrics *metrics)
{
	const struct life_maker *maker = env->state;
	uint64_t ended = 0, made = 0;

	for (unsigned i = 0; i < env->workers; i++) {
		ended += maker[i].told;
		made += maker[i].made - maker[i].begun;
	}
	(void)cb_metric(metrics, "end_ns", life_mean_ns(env, LIFE_ROW));
	(void)cb_metric(metrics, "ended_share", (double)ended / (double)made);
}

static const struct cb_workload work = {
    .op = "creation",
    .timed =
	"create one that never ends, make it end, and await that; then the next: of that, from "
	"making it end to its being reaped; of one that spins, from the flag that it looks at",
    .checked = LIFE_CHECKED "; it ended in that way, and not before; who spins, by being cancelled "
			    "within 1 ms, or by the flag",
    .latency_of = LIFE_LATENCY,
    .state_size = life_state_size,
    .setup = setup,
    .enter = enter,
    .batch = batch,
    .check = life_check,
    .report = report,
};

static const struct cb_param params[] = {
    {"by", CB_WORD, "cancel", 0, TERMINATE_WAYS - 1,
	"a thread that sleeps, or spins, is cancelled; a process gets SIGTERM; one that ignores "
	"that is "
	"killed",
	by_words, false},
};

static const struct cb_sweep sweeps[] = {
    {CB_FULL, "model=thread workers=1 by=cancel,cancel_spinning,term,kill"},
    {CB_CHECK, "model=thread,process workers=2 by=cancel,cancel_spinning,term,kill"},
};

static const struct cb_figure figures[] = {
    {"end_ns", "from making it end to its having been reaped", "ns", CB_RATIO, CB_LESS, 0.0, NULL},
    {"ended_share", "of those that were made to end: have, without a flag", "", CB_SHARE, CB_MORE,
	0.0, NULL},
};

LIFE_KIND(terminate, 1, "a worker that would never end is made to, and reaped",
    "pthread_cancel(3), kill(2)", NULL, NULL, )
