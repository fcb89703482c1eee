/* zombies.c - workers end, and their maker goes on: what is left of them, by what it does about
 * that? Of a process a number and an exit status, of a thread its stack. */
#include "benches/fault/relatives.h"
#include "benches/fault/zombies.h"

#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>

/* All is over within some milliseconds, on a busy machine within some hundred. */
#define DEADLINE_NS (10 * CB_NS_PER_S)
#define LOOK_US 200
/* Address space only. Greater than those that the C library has kept from before. */
#define STACK_BYTES ((size_t)1 << 20)

static const char *const reap_words[] = {[ZOMBIES_NOBODY] = "nobody",
    [ZOMBIES_WAIT] = "wait",
    [ZOMBIES_IGNORE] = "ignore",
    [ZOMBIES_DOUBLE] = "double_fork",
    NULL};
static const char *const outcome_words[] = {[ZOMBIES_GONE] = "gone", [ZOMBIES_KEPT] = "kept", NULL};

static void fail(struct zombies_state *st, int error)
{
	if (error)
		cb_store(&st->error, error);
}

static void run(struct zombies_worker *w)
{
	if (w->st->plan.runs)
		cb_fetch_add(&w->ran, 1);
}

/* ---- threads ---- */

static void *thread_main(void *arg)
{
	struct zombies_worker *w = arg;

	cb_store_release(&w->id, (pid_t)syscall(SYS_gettid));
	run(w);
	return NULL;
}

static void await_thread(struct zombies_worker *w)
{
	pid_t id;

	while (!(id = cb_load_acquire(&w->id)) || syscall(SYS_tgkill, getpid(), id, 0) == 0)
		(void)usleep(LOOK_US);
}

/* One after the other: who has ended leaves its stack to the next one, or not. Return: 0; -errno.
 */
static int run_thread(struct zombies_worker *w)
{
	const struct zombies_state *st = w->st;
	pthread_attr_t attr;
	int ret = pthread_attr_init(&attr);

	if (ret)
		return -ret;
	ret = pthread_attr_setstacksize(&attr, STACK_BYTES);
	if (!ret && st->reap == ZOMBIES_IGNORE && st->plan.heeds)
		ret = pthread_attr_setdetachstate(&attr, PTHREAD_CREATE_DETACHED);
	ret = ret ? ret : pthread_create(&w->thread, &attr, thread_main, w);
	(void)pthread_attr_destroy(&attr);
	if (ret)
		return -ret;
	if (st->reap == ZOMBIES_WAIT && st->plan.heeds)
		return -pthread_join(w->thread, NULL);
	await_thread(w);
	return 0;
}

/* Of address space; 0: it cannot be read. */
static size_t space_bytes(void)
{
	char text[64] = "";
	const int fd = open("/proc/self/statm", O_RDONLY | O_CLOEXEC);
	const ssize_t n = fd < 0 ? -1 : read(fd, text, sizeof(text) - 1);

	if (fd >= 0)
		(void)close(fd);
	return n > 0 ? strtoul(text, NULL, 10) * (size_t)sysconf(_SC_PAGESIZE) : 0;
}

/* None of them: what the C library needs for threads at all, and one stack, are there when it has
 * been. */
static int run_another(struct zombies_state *st)
{
	const enum zombies_reap reap = st->reap;
	struct zombies_worker another = {.st = st};
	int ret;

	st->reap = ZOMBIES_WAIT;
	ret = run_thread(&another);
	st->reap = reap;
	return ret;
}

/* The first of them takes the stack that is there, and the other one behind them needs one more for
 * each that is not given back. */
static int run_threads(struct zombies_state *st)
{
	size_t before, after;
	int ret = run_another(st);

	before = space_bytes();
	for (unsigned i = 0; !ret && i < st->workers; i++)
		ret = run_thread(&st->worker[i]);
	ret = ret ? ret : run_another(st);
	after = space_bytes();
	if (!ret && (!before || !after))
		ret = -ENOTSUP;
	if (after > before)
		st->kept = (uint32_t)((after - before) / STACK_BYTES);
	return ret;
}

/* ---- processes ---- */

static int fork_worker(struct zombies_worker *w)
{
	const pid_t pid = fork();

	if (pid == 0) {
		run(w);
		_exit(0);
	}
	w->id = pid;
	return pid < 0 ? -errno : 0;
}

/* Return: 0; -errno; -ECHILD: it has not ended as it should. */
static int wait_for(pid_t pid)
{
	int status;

	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return -errno;
	return status ? -ECHILD : 0;
}

static int fork_twice(struct zombies_worker *w)
{
	const pid_t pid = fork();

	if (pid == 0)
		_exit(fork_worker(w) == 0 ? EXIT_SUCCESS : EXIT_FAILURE);
	return pid < 0 ? -errno : wait_for(pid);
}

/* It has ended, and nobody has waited for it. */
static int look_at(pid_t pid)
{
	siginfo_t info;

	while (waitid(P_PID, (id_t)pid, &info, WEXITED | WNOWAIT) != 0)
		if (errno != EINTR)
			return -errno;
	return 0;
}

static int await_all(struct zombies_state *st, enum zombies_reap reap)
{
	int ret = 0;

	switch (reap) {
	case ZOMBIES_NOBODY:
		for (unsigned i = 0; !ret && i < st->workers; i++)
			ret = look_at(st->worker[i].id);
		return ret;
	case ZOMBIES_WAIT:
		for (unsigned i = 0; !ret && i < st->workers; i++)
			ret = wait_for(st->worker[i].id);
		return ret;
	case ZOMBIES_IGNORE:
		/* It does not come back before all of them have ended, and then has none. */
		while (wait(NULL) > 0 || errno == EINTR)
			;
		return errno == ECHILD ? 0 : -errno;
	default:
		while (cb_load_acquire(&st->adopted) < st->workers)
			(void)usleep(LOOK_US);
		return 0;
	}
}

/* By whichever parent. */
static uint32_t how_many_are_left(const struct zombies_state *st)
{
	uint32_t left = 0;

	for (unsigned i = 0; i < st->workers; i++)
		left += relative_state(st->worker[i].id, st->maker) != RELATIVE_GONE ||
			relative_state(st->worker[i].id, st->adopter) != RELATIVE_GONE;
	return left;
}

static int run_processes(struct zombies_state *st)
{
	const enum zombies_reap reap = st->plan.heeds ? st->reap : ZOMBIES_NOBODY;
	int ret = 0;

	if (reap == ZOMBIES_IGNORE && signal(SIGCHLD, SIG_IGN) == SIG_ERR)
		return -errno;
	for (unsigned i = 0; !ret && i < st->workers; i++)
		ret = (reap == ZOMBIES_DOUBLE ? fork_twice : fork_worker)(&st->worker[i]);
	ret = ret ? ret : await_all(st, reap);
	st->early = cb_load_acquire(&st->adopted);
	st->kept = how_many_are_left(st);
	return ret;
}

/* ---- the adopter ---- */

static void be_the_adopter(void *arg)
{
	struct zombies_state *st = arg;
	const pid_t self = getpid();
	pid_t pid;

	st->adopter = self;
	if (prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) != 0) {
		fail(st, -errno);
		return;
	}
	(void)signal(SIGCHLD, SIG_DFL);
	pid = fork();
	if (pid < 0)
		fail(st, -errno);
	if (pid == 0) {
		st->maker = getpid();
		(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
		if (getppid() == self)
			fail(st, st->model == CB_THREAD ? run_threads(st) : run_processes(st));
		_exit(0);
	}
	/* All that it has for children: also those that it is given meanwhile. */
	for (;;) {
		const pid_t ended = wait(NULL);

		if (ended > 0 && ended != pid)
			__atomic_fetch_add(&st->adopted, 1, __ATOMIC_RELEASE);
		else if (ended < 0 && errno != EINTR)
			break;
	}
	if (st->model == CB_PROCESS)
		st->left = how_many_are_left(st);
}

/* ---- in the cell ---- */

int zombies_once(const struct zombies_plan *plan, struct cb_env *env, struct cb_metrics *metrics,
    char *why, size_t why_len)
{
	struct zombies_state *st = env->state;
	enum zombies_outcome outcome;
	int ret;

	memset(st, 0, sizeof(*st) + env->workers * sizeof(st->worker[0]));
	st->plan = *plan;
	st->model = env->model;
	st->workers = env->workers;
	st->reap = (enum zombies_reap)cb_case_value(env->c, "reap");
	for (unsigned i = 0; i < env->workers; i++)
		st->worker[i].st = st;
	ret = cb_sacrifice(be_the_adopter, st, DEADLINE_NS, &st->fate);
	if (!ret)
		ret = st->error;
	if (!ret && (st->fate.hung || st->fate.signal || st->fate.status))
		ret = -ECHILD;
	if (ret) {
		(void)snprintf(why, why_len, "the family: %s", strerror(-ret));
		return ret;
	}
	if (!plan->honest)
		st->kept = 0;
	outcome = st->kept ? ZOMBIES_KEPT : ZOMBIES_GONE;
	cb_outcome(metrics, outcome_words, outcome);
	(void)cb_metric(metrics, "kept_share", (double)st->kept / env->workers);
	return 0;
}

static int once(struct cb_env *env, struct cb_metrics *metrics, char *why, size_t why_len)
{
	static const struct zombies_plan plan = {true, true, true};

	return zombies_once(&plan, env, metrics, why, why_len);
}

/* Each is somebody's: the maker's, who has waited for it or not, or the adopter's. */
static int check(const struct cb_env *env, char *why, size_t why_len)
{
	const struct zombies_state *st = env->state;
	const bool process = st->model == CB_PROCESS;
	const uint32_t kept = st->reap == ZOMBIES_NOBODY ? st->workers : 0;
	const uint32_t early = st->reap == ZOMBIES_DOUBLE ? st->workers : 0;
	const uint32_t adopted = process ? kept + early : 0;

	for (unsigned i = 0; i < st->workers; i++) {
		if (st->worker[i].ran == 1)
			continue;
		(void)snprintf(why, why_len, "worker %u has run %u times", i, st->worker[i].ran);
		return -EBADMSG;
	}
	if (st->kept != kept)
		(void)snprintf(why, why_len, "%s: %u of %u are left, and not %u",
		    reap_words[st->reap], st->kept, st->workers, kept);
	else if (st->adopted != adopted || st->early != early)
		(void)snprintf(why, why_len, "the adopter has got %u, %u of them early, not %u, %u",
		    st->adopted, st->early, adopted, early);
	else if (st->left)
		(void)snprintf(why, why_len, "%u are left when all is over", st->left);
	else
		return 0;
	return -EBADMSG;
}

/* Stacks of a sanitizer's own, and what it keeps of those that have ended, would count. */
static int setup(struct cb_env *env, char *why, size_t why_len)
{
#if defined(__SANITIZE_THREAD__) || defined(__SANITIZE_ADDRESS__)
	if (env->model == CB_THREAD) {
		(void)snprintf(
		    why, why_len, "a sanitizer keeps more of each thread than its stack");
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
	return sizeof(struct zombies_state) + c->workers * sizeof(struct zombies_worker);
}

static int can(const struct cb_case *c, char *why, size_t why_len)
{
	const char *no = NULL;

	if (c->model == CB_THREAD && cb_case_value(c, "reap") == ZOMBIES_DOUBLE)
		no = "threads have no parent, so they cannot be given to another";
	if (no)
		(void)snprintf(why, why_len, "%s", no);
	return no ? -EINVAL : 0;
}

static const struct cb_workload workload = {
    .op = "end of all workers",
    .timed = "workers end while their maker goes on; what is left of them by then",
    .checked = "each has run once, what is left fits what the maker has done, the adopter has got "
	       "the others, and nothing is left when all is over",
    .state_size = state_size,
    .setup = setup,
    .once = once,
    .check = check,
};

static const struct cb_param params[] = {
    {"reap", CB_WORD, "nobody", 0, ZOMBIES_REAPS - 1,
	"who waits for them: nobody, their maker, nobody has to (ignored, detached), or the "
	"adopter",
	reap_words, false},
};

static const struct cb_sweep sweeps[] = {
    {CB_FULL, "model=process reap=nobody,wait,ignore,double_fork workers=8"},
    {CB_FULL, "model=thread reap=nobody,wait,ignore workers=8"},
    {CB_CHECK, "model=process reap=nobody,wait,ignore,double_fork workers=1,5"},
    {CB_CHECK, "model=thread reap=nobody,wait,ignore workers=1,5"},
};

static const struct cb_figure figures[] = {
    {"outcome", "nothing is left of them", "", CB_OUTCOME, CB_MORE, 0.0, outcome_words},
    {"kept_share", "of those that have ended, still there", "", CB_SHARE, CB_LESS, 0.0, NULL},
};

static const struct cb_kind zombies = {
    .family = "fault",
    .name = "zombies",
    .about = "workers end and their maker goes on: a zombie is left of each, or its stack, or "
	     "nothing",
    .source = "wait(2), NOTES; pthread_detach(3)",
    .from = CB_FULL,
    .version = 1,
    .models = CB_CAN_OS,
    .not_models = "nothing is kept of a coroutine that has returned: its carrier has its stack",
    .work = &workload,
    .params = params,
    .param_count = sizeof(params) / sizeof(params[0]),
    .figures = figures,
    .figure_count = sizeof(figures) / sizeof(figures[0]),
    .sweeps = sweeps,
    .sweep_count = sizeof(sweeps) / sizeof(sweeps[0]),
    .can = can,
};

CB_REGISTER(zombies)
