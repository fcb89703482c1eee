/* await.c - who waits for the end of a worker, by each way to do that: how long from its end until
 * its maker goes on? And of a timeout that passes: how late is it? */
#include "benches/create/await.h"
#include "benches/create/process.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <sys/wait.h>
#include <time.h>

static const char *const way_words[] = {[AWAIT_JOIN] = "join",
    [AWAIT_ENDED] = "ended",
    [AWAIT_TIMED] = "timed",
    [AWAIT_TIMED_OUT] = "timed_out",
    [AWAIT_POLLED] = "polled",
    [AWAIT_FUTEX] = "futex",
    [AWAIT_PIDFD] = "pidfd",
    NULL};

/* Far beyond what a life takes. */
#define TIMEOUT_NS (60 * CB_NS_PER_S)

static uint64_t timeout_ns(const struct life_maker *own)
{
	return own->way == AWAIT_TIMED_OUT ? AWAIT_TIMEOUT_NS : TIMEOUT_NS;
}

static bool has_timeout(const struct life_maker *own)
{
	return own->way == AWAIT_TIMED || own->way == AWAIT_TIMED_OUT;
}

/* ---- the worker's ---- */

static void live(struct life *l)
{
	l->tid = (pid_t)syscall(SYS_gettid);
	l->first_ns = cb_now_ns();
	if (life_maker_of(l)->way == AWAIT_TIMED_OUT)
		life_await_told(&l->released);
	life_end(l, l->key, NULL);
	if (life_maker_of(l)->way == AWAIT_FUTEX)
		life_wake(&l->ran);
}

static void *live_as_thread(void *l)
{
	live(l);
	return NULL;
}

/* ---- the maker's ---- */

static int make(struct life *l)
{
	const struct life_maker *own = life_maker_of(l);
	int ret;

	if (own->of == CB_THREAD)
		return -pthread_create(&l->thread, NULL, live_as_thread, l);
	ret = process_make(l, live);
	if (ret || (own->way != AWAIT_PIDFD && !has_timeout(own)))
		return ret;
	l->pidfd = (int)syscall(SYS_pidfd_open, l->process, 0);
	if (l->pidfd >= 0)
		return 0;
	ret = -errno;
	life_tell(&l->released);
	(void)process_reap(l);
	return ret;
}

/* Not a part of what is timed. Nobody has joined it, and nothing of it runs any more. */
static int wait_for_end(struct life *l)
{
	siginfo_t info;

	if (life_maker_of(l)->of == CB_THREAD) {
		while (!cb_load_acquire(&l->ran))
			(void)sched_yield();
		while (syscall(SYS_tgkill, getpid(), l->tid, 0) == 0)
			(void)sched_yield();
		return errno == ESRCH ? 0 : -errno;
	}
	while (waitid(P_PID, (id_t)l->process, &info, WEXITED | WNOWAIT) != 0)
		if (errno != EINTR)
			return -errno;
	return 0;
}

static struct timespec timespec_of(uint64_t ns)
{
	return (struct timespec){(time_t)(ns / CB_NS_PER_S), (long)(ns % CB_NS_PER_S)};
}

static int join_within(struct life *l, uint64_t within_ns, bool *reaped)
{
	struct timespec until;
	int ret;

	(void)clock_gettime(CLOCK_REALTIME, &until);
	until =
	    timespec_of((uint64_t)until.tv_sec * CB_NS_PER_S + (uint64_t)until.tv_nsec + within_ns);
	ret = pthread_timedjoin_np(l->thread, NULL, &until);
	*reaped = !ret;
	return -ret;
}

static int wait_for_thread(struct life *l, bool *reaped)
{
	int ret;

	*reaped = true;
	switch (life_maker_of(l)->way) {
	case AWAIT_TIMED:
	case AWAIT_TIMED_OUT:
		return join_within(l, timeout_ns(life_maker_of(l)), reaped);
	case AWAIT_POLLED:
		while ((ret = pthread_tryjoin_np(l->thread, NULL)) == EBUSY)
			(void)sched_yield();
		return -ret;
	case AWAIT_FUTEX:
		*reaped = false;
		life_await_told(&l->ran);
		return 0;
	default:
		return -pthread_join(l->thread, NULL);
	}
}

static int poll_it(int fd, const struct timespec *timeout)
{
	struct pollfd p = {.fd = fd, .events = POLLIN};
	int ready;

	while ((ready = ppoll(&p, 1, timeout, NULL)) < 0)
		if (errno != EINTR)
			return -errno;
	return ready ? 0 : -ETIMEDOUT;
}

static int wait_for_process(struct life *l, bool *reaped)
{
	const struct timespec timeout = timespec_of(timeout_ns(life_maker_of(l)));
	int ret, status = 0;

	*reaped = true;
	switch (life_maker_of(l)->way) {
	case AWAIT_TIMED:
	case AWAIT_TIMED_OUT:
		*reaped = false;
		return poll_it(l->pidfd, &timeout);
	case AWAIT_PIDFD:
		*reaped = false;
		return poll_it(l->pidfd, NULL);
	case AWAIT_FUTEX:
		*reaped = false;
		life_await_told(&l->ran);
		return 0;
	case AWAIT_POLLED:
		while ((ret = process_ended(l, WNOHANG, &status)) == -EAGAIN)
			(void)sched_yield();
		return ret ? ret : status == 0 ? 0 : -ECHILD;
	default:
		return process_reap(l);
	}
}

static int wait_for_it(struct life *l, bool *reaped)
{
	return life_maker_of(l)->of == CB_THREAD ? wait_for_thread(l, reaped)
						 : wait_for_process(l, reaped);
}

static int reap(struct life *l)
{
	const struct life_maker *own = life_maker_of(l);

	if (own->of == CB_THREAD)
		return -pthread_join(l->thread, NULL);
	if (own->way == AWAIT_PIDFD || has_timeout(own))
		(void)close(l->pidfd);
	return process_reap(l);
}

/* From when it has ended and is waited for, whichever comes last; or from the timeout, which must
 * not have passed too early. */
static void note_wait(struct life *l, bool had_ended, uint64_t asked_ns, uint64_t joined_ns)
{
	const struct life_maker *own = life_maker_of(l);
	uint64_t from_ns = asked_ns > l->last_ns ? asked_ns : l->last_ns;

	if (own->way == AWAIT_TIMED_OUT) {
		from_ns = asked_ns + AWAIT_TIMEOUT_NS;
		l->wrong = had_ended || joined_ns < from_ns;
	} else {
		l->wrong = !had_ended;
	}
	l->phase_ns[LIFE_ROW] = joined_ns > from_ns ? joined_ns - from_ns : 0;
}

/* What a batch waits by. */
struct waiting {
	int (*wait)(struct life *l, bool *reaped);
};

static int await_it(struct life *l)
{
	const struct life_maker *own = life_maker_of(l);
	const struct waiting *by = l->maker->local;
	uint64_t asked_ns, joined_ns;
	bool had_ended, reaped = false;
	int ret = own->way == AWAIT_ENDED ? wait_for_end(l) : 0;

	asked_ns = cb_now_ns();
	ret = ret ? ret : by->wait(l, &reaped);
	joined_ns = cb_now_ns();
	had_ended = cb_load_acquire(&l->ran);
	if (own->way == AWAIT_TIMED_OUT) {
		ret = ret == -ETIMEDOUT ? 0 : ret;
		life_tell(&l->released);
	}
	if (!reaped) {
		const int ended = reap(l);

		ret = ret ? ret : ended;
	}
	note_wait(l, had_ended, asked_ns, joined_ns);
	return ret;
}

uint64_t await_batch(
    struct cb_worker *w, void *state, uint64_t n, int (*wait)(struct life *l, bool *reaped))
{
	struct waiting by = {wait};
	uint64_t done;

	w->local = &by;
	done = life_batch(w, state, n, make, await_it);
	w->local = NULL;
	return done;
}

static uint64_t batch(struct cb_worker *w, void *state, uint64_t n)
{
	return await_batch(w, state, n, wait_for_it);
}

static int setup(struct cb_env *env, char *why, size_t why_len)
{
	(void)why;
	(void)why_len;
	life_assign(env, (unsigned)cb_case_value(env->c, "way"),
	    (enum cb_model)cb_case_value(env->c, "of"));
	return 0;
}

static void report(const struct cb_env *env, struct cb_metrics *metrics)
{
	(void)cb_metric(metrics, "await_ns", life_mean_ns(env, LIFE_ROW));
}

static int can(const struct cb_case *c, char *why, size_t why_len)
{
	const bool thread = cb_case_value(c, "of") == CB_THREAD;
	const int64_t way = cb_case_value(c, "way");

	if (way == AWAIT_PIDFD && thread) {
		(void)snprintf(why, why_len, "a pidfd is of a process");
		return -EINVAL;
	}
	if (!thread && (way == AWAIT_PIDFD || way == AWAIT_TIMED || way == AWAIT_TIMED_OUT))
		return process_try_pidfd(why, why_len);
	return 0;
}

static const struct cb_workload work = {
    .op = "creation",
    .timed = "create one and await its end; then the next: of that, from its end, or from when its "
	     "maker waits if that is later, to its maker's going on; from the timeout, if that "
	     "passes",
    .checked = LIFE_CHECKED "; nobody has gone on before its end, or before the timeout",
    .latency_of = LIFE_LATENCY,
    .state_size = life_state_size,
    .setup = setup,
    .enter = life_enter,
    .batch = batch,
    .check = life_check,
    .report = report,
};

static const struct cb_param params[] = {
    LIFE_PARAM_OF,
    {"way", CB_WORD, "join", 0, AWAIT_WAYS - 1,
	"joined; the same after its end; with a timeout; with one of 1 ms, which passes; asked "
	"over "
	"and over; by a futex; by a pidfd",
	way_words, false},
};

static const struct cb_sweep sweeps[] = {
    {CB_FULL, "model=thread workers=1 of=thread way=join,ended,timed,timed_out,polled,futex"},
    {CB_FULL,
	"model=thread workers=1 of=process way=join,ended,timed,timed_out,polled,futex,pidfd"},
    {CB_CHECK,
	"model=thread,process workers=2 of=thread way=join,ended,timed,timed_out,polled,futex"},
    {CB_CHECK, "model=thread,process workers=1 of=process "
	       "way=join,ended,timed,timed_out,polled,futex,pidfd"},
};

static const struct cb_figure figures[] = {
    {"await_ns", "from its end, or from the timeout, to its maker's going on", "ns", CB_RATIO,
	CB_LESS, 0.0, NULL},
};

LIFE_KIND(await, 1, "who waits for the end of a worker, by each way: when does it go on?",
    "pthread_join(3), waitpid(2), futex(2), pidfd_open(2)", NULL, can, )
