/* told.c - what each way of asking tells of a worker's name, and of its being alive; and what it
 * costs to ask. */
#include "benches/create/told.h"
#include "benches/create/process.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>

static void name_of(const struct life *l, char name[TOLD_NAME_BYTES])
{
	(void)snprintf(name, TOLD_NAME_BYTES, "%015" PRIx64, l->key >> 4);
}

/* ---- the worker's ---- */

/* A process has to name itself; of a thread it looks at what others have called it. */
static void live_until_released(struct life *l)
{
	const bool named = life_maker_of(l)->way == TOLD_WAYS;
	const bool process = life_maker_of(l)->of == CB_PROCESS;
	char due[TOLD_NAME_BYTES], name[TOLD_NAME_BYTES] = "";

	l->first_ns = cb_now_ns();
	l->tid = (pid_t)syscall(SYS_gettid);
	name_of(l, due);
	if (named && process) {
		const uint64_t from_ns = cb_now_ns();

		l->error = prctl(PR_SET_NAME, due) ? -errno : 0;
		l->phase_ns[LIFE_ROW] = cb_now_ns() - from_ns;
	}
	life_tell(&l->there);
	life_await_told(&l->released);
	if (named && (prctl(PR_GET_NAME, name) != 0 || strcmp(name, due) != 0))
		l->wrong++;
	life_end(l, l->key, NULL);
}

static void *live_as_thread(void *l)
{
	live_until_released(l);
	return NULL;
}

/* ---- the maker's ---- */

static int begin(struct life *l)
{
	const struct life_maker *own = life_maker_of(l);
	int ret;

	if (own->of == CB_THREAD)
		ret = -pthread_create(&l->thread, NULL, live_as_thread, l);
	else
		ret = process_make(l, live_until_released);
	l->pidfd = -1;
	if (ret)
		return ret;
	if (own->way == TOLD_PIDFD) {
		l->pidfd = (int)syscall(SYS_pidfd_open, l->process, 0);
		ret = l->pidfd < 0 ? -errno : 0;
	}
	if (ret) {
		/* It waits for that. */
		life_tell(&l->released);
		(void)process_reap(l);
		return ret;
	}
	life_await_told(&l->there);
	return 0;
}

/* Nothing of it runs any more, and nobody has awaited it. */
static void let_end(struct life *l)
{
	siginfo_t info;

	life_tell(&l->released);
	if (life_maker_of(l)->of == CB_THREAD)
		while (syscall(SYS_tgkill, getpid(), l->tid, 0) == 0)
			(void)sched_yield();
	else
		while (waitid(P_PID, (id_t)l->process, &info, WEXITED | WNOWAIT) != 0 &&
		       errno == EINTR)
			;
}

static int reap(struct life *l, bool joined)
{
	if (life_maker_of(l)->of == CB_THREAD)
		return joined ? 0 : -pthread_join(l->thread, NULL);
	if (l->pidfd >= 0)
		(void)close(l->pidfd);
	return process_reap(l);
}

static int set_name(struct life *l, const char *name)
{
	return life_maker_of(l)->of == CB_THREAD ? -pthread_setname_np(l->thread, name) : 0;
}

static int read_name(struct life *l, char name[TOLD_NAME_BYTES])
{
	char path[40];
	ssize_t got;
	int fd;

	if (life_maker_of(l)->of == CB_THREAD)
		return -pthread_getname_np(l->thread, name, TOLD_NAME_BYTES);
	(void)snprintf(path, sizeof(path), "/proc/%d/comm", (int)l->process);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	got = read(fd, name, TOLD_NAME_BYTES);
	(void)close(fd);
	/* A line. */
	name[got > 0 ? got - 1 : 0] = '\0';
	return got > 0 ? 0 : -EIO;
}

static int ask(struct life *l, bool *joined)
{
	struct pollfd p = {.fd = l->pidfd, .events = POLLIN};
	siginfo_t info = {0};
	int ret;

	switch (life_maker_of(l)->way) {
	case TOLD_TRYJOIN:
		ret = pthread_tryjoin_np(l->thread, NULL);
		*joined = ret == 0;
		return ret == EBUSY ? 1 : -ret;
	case TOLD_PTHREAD_KILL:
		ret = pthread_kill(l->thread, 0);
		return ret == 0 ? 1 : ret == ESRCH ? 0 : -ret;
	case TOLD_KILL:
		return kill(l->process, 0) == 0 ? 1 : errno == ESRCH ? 0 : -errno;
	case TOLD_WAITID:
		return waitid(P_PID, (id_t)l->process, &info, WEXITED | WNOWAIT | WNOHANG)
			   ? -errno
			   : info.si_pid == 0;
	default:
		ret = poll(&p, 1, 0);
		return ret < 0 ? -errno : ret == 0;
	}
}

const struct told_ops told_ops = {set_name, read_name, ask};

static void name_one(struct life *l, const struct told_ops *ops, int *ret)
{
	char due[TOLD_NAME_BYTES], name[TOLD_NAME_BYTES] = "";
	uint64_t from_ns, named_ns;

	name_of(l, due);
	from_ns = cb_now_ns();
	*ret = ops->name(l, due);
	named_ns = cb_now_ns();
	if (life_maker_of(l)->of == CB_THREAD)
		l->phase_ns[LIFE_ROW] = named_ns - from_ns;
	*ret = *ret ? *ret : ops->read(l, name);
	l->phase_ns[LIFE_ROW + 1] = cb_now_ns() - named_ns;
	l->wrong += strcmp(name, due) != 0;
}

/* A signal can be sent to a process that has ended until its maker has been told; whether to such a
 * thread, differs with the C library. */
static bool may_be_taken_for_alive(unsigned way)
{
	return way == TOLD_KILL || way == TOLD_PTHREAD_KILL;
}

static void ask_of_one(struct life *l, const struct told_ops *ops, int *ret, bool *joined)
{
	struct life_maker *own = life_maker_of(l);
	uint64_t from_ns = cb_now_ns();
	unsigned lives = 0;
	int answer = 0;

	for (unsigned i = 0; i < TOLD_QUESTIONS && answer >= 0; i++) {
		answer = ops->ask(l, joined);
		lives += answer == 1;
	}
	l->phase_ns[LIFE_ROW] = (cb_now_ns() - from_ns) / TOLD_QUESTIONS;
	l->wrong += lives != TOLD_QUESTIONS;
	let_end(l);
	from_ns = cb_now_ns();
	answer = answer < 0 ? answer : ops->ask(l, joined);
	l->phase_ns[LIFE_ROW + 1] = cb_now_ns() - from_ns;
	own->told += answer == 0;
	l->wrong += answer == 1 && !may_be_taken_for_alive(own->way);
	*ret = answer < 0 ? answer : 0;
}

/* What a batch asks by. */
struct asking {
	const struct told_ops *ops;
	bool naming;
};

static int ask_and_reap(struct life *l)
{
	const struct asking *by = l->maker->local;
	bool joined = false;
	int ret, ended;

	if (by->naming)
		name_one(l, by->ops, &ret);
	else
		ask_of_one(l, by->ops, &ret, &joined);
	life_tell(&l->released);
	ended = reap(l, joined);
	return ret ? ret : ended;
}

static uint64_t told_batch(
    struct cb_worker *w, void *state, uint64_t n, const struct told_ops *ops, bool naming)
{
	struct asking by = {ops, naming};
	uint64_t done;

	w->local = &by;
	done = life_batch(w, state, n, begin, ask_and_reap);
	w->local = NULL;
	return done;
}

uint64_t told_name_batch(struct cb_worker *w, void *state, uint64_t n, const struct told_ops *ops)
{
	return told_batch(w, state, n, ops, true);
}

uint64_t told_alive_batch(struct cb_worker *w, void *state, uint64_t n, const struct told_ops *ops)
{
	return told_batch(w, state, n, ops, false);
}

/* ---- names ---- */

static uint64_t name_batch(struct cb_worker *w, void *state, uint64_t n)
{
	return told_name_batch(w, state, n, &told_ops);
}

static int name_setup(struct cb_env *env, char *why, size_t why_len)
{
	(void)why;
	(void)why_len;
	life_assign(env, TOLD_WAYS, (enum cb_model)cb_case_value(env->c, "of"));
	return 0;
}

static void name_report(const struct cb_env *env, struct cb_metrics *metrics)
{
	(void)cb_metric(metrics, "name_ns", life_mean_ns(env, LIFE_ROW));
	(void)cb_metric(metrics, "read_ns", life_mean_ns(env, (enum life_phase)(LIFE_ROW + 1)));
}

static const struct cb_workload name_work = {
    .op = "creation",
    .timed = "create one that waits, name it (a process names itself), read its name from outside, "
	     "and let it end; then the next: of that, the naming and the reading",
    .checked = LIFE_CHECKED "; its maker and itself have read the name that it was given",
    .latency_of = LIFE_LATENCY,
    .state_size = life_state_size,
    .setup = name_setup,
    .enter = life_enter,
    .batch = name_batch,
    .check = life_check,
    .report = name_report,
};

static const struct cb_param name_params[] = {LIFE_PARAM_OF};

static const struct cb_sweep name_sweeps[] = {
    {CB_FULL, "model=thread workers=1 of=thread,process"},
    {CB_CHECK, "model=thread,process workers=2 of=thread,process"},
};

static const struct cb_figure name_figures[] = {
    {"name_ns", "giving it a name", "ns", CB_RATIO, CB_LESS, 0.0, NULL},
    {"read_ns", "reading that from outside", "ns", CB_RATIO, CB_LESS, 0.0, NULL},
};

LIFE_KIND(name, 1, "the name of a worker: what it costs to give and to read one, and is it that?",
    "pthread_setname_np(3), prctl(2), /proc/PID/comm", NULL, NULL, name_)

/* ---- alive or not ---- */

static const char *const way_words[] = {[TOLD_TRYJOIN] = "tryjoin",
    [TOLD_PTHREAD_KILL] = "pthread_kill",
    [TOLD_KILL] = "kill",
    [TOLD_WAITID] = "waitid",
    [TOLD_PIDFD] = "pidfd",
    NULL};

static uint64_t alive_batch(struct cb_worker *w, void *state, uint64_t n)
{
	return told_alive_batch(w, state, n, &told_ops);
}

static int alive_setup(struct cb_env *env, char *why, size_t why_len)
{
	const unsigned way = (unsigned)cb_case_value(env->c, "way");

	life_assign(env, way, way <= TOLD_PTHREAD_KILL ? CB_THREAD : CB_PROCESS);
	return way == TOLD_PIDFD ? process_try_pidfd(why, why_len) : 0;
}

static void alive_enter(struct cb_worker *w, void *state)
{
	struct life_maker *own = (struct life_maker *)state + w->index;

	life_enter(w, state);
	own->told = 0;
	own->begun = own->made;
}

static void alive_report(const struct cb_env *env, struct cb_metrics *metrics)
{
	const struct life_maker *maker = env->state;
	uint64_t told = 0, made = 0;

	for (unsigned i = 0; i < env->workers; i++) {
		told += maker[i].told;
		made += maker[i].made - maker[i].begun;
	}
	(void)cb_metric(metrics, "alive_ns", life_mean_ns(env, LIFE_ROW));
	(void)cb_metric(metrics, "ended_ns", life_mean_ns(env, (enum life_phase)(LIFE_ROW + 1)));
	(void)cb_metric(metrics, "told_share", (double)told / (double)made);
}

static const struct cb_workload alive_work = {
    .op = "creation",
    .timed =
	"create one that waits, ask whether it lives, let it end, ask again, and await it; then "
	"the next: of that, the questions",
    .checked =
	LIFE_CHECKED "; who lived was said to; who had ended was not, but where there only is "
		     "a signal to try",
    .latency_of = LIFE_LATENCY,
    .state_size = life_state_size,
    .setup = alive_setup,
    .enter = alive_enter,
    .batch = alive_batch,
    .check = life_check,
    .report = alive_report,
};

static const struct cb_param alive_params[] = {
    {"way", CB_WORD, "tryjoin", 0, TOLD_WAYS - 1,
	"of a thread: it is tried to join, or to be sent no signal; of a process: that, waitid(2), "
	"or "
	"a pidfd",
	way_words, false},
};

static const struct cb_sweep alive_sweeps[] = {
    {CB_FULL, "model=thread workers=1 way=tryjoin,pthread_kill,kill,waitid,pidfd"},
    {CB_CHECK, "model=thread,process workers=2 way=tryjoin,pthread_kill,kill,waitid,pidfd"},
};

static const struct cb_figure alive_figures[] = {
    {"alive_ns", "asking whether it lives, while it does", "ns", CB_RATIO, CB_LESS, 0.0, NULL},
    {"ended_ns", "asking once it has ended, before that was awaited", "ns", CB_RATIO, CB_LESS, 0.0,
	NULL},
    {"told_share", "of those that had ended: said to have", "", CB_SHARE, CB_MORE, 0.0, NULL},
};

LIFE_KIND(alive, 1, "does a worker live? Each way to ask, while it does and once it has ended",
    "pthread_tryjoin_np(3), kill(2), waitid(2), pidfd_open(2)", NULL, NULL, alive_)
