/* blast.c - the blast radius: one of a team crashes, overruns its stack, ends its process or hangs.
 * How much of the others' work survives, under each model, and how soon does somebody notice? */
#include "benches/fault/blast.h"

#include <concbench/runtime.h>

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

/* Those that finish do so within some tens of milliseconds, on a busy machine within some hundred.
 */
#define DEADLINE_NS (10 * CB_NS_PER_S)
/* Coroutines whose carrier hangs are always waited for so long. */
#define HANG_NS CB_NS_PER_S
#define DEED_US 200
#define EXIT_STATUS 7
/* So small that it is soon overrun; the thread sanitizer keeps megabytes of its own there. */
#if defined(__SANITIZE_THREAD__)
#define STACK_BYTES ((size_t)8 * 1024 * 1024)
#else
#define STACK_BYTES ((size_t)256 * 1024)
#endif

static const char *const way_words[] = {[BLAST_ABORT] = "abort",
    [BLAST_SEGFAULT] = "segfault",
    [BLAST_OVERRUN] = "overrun",
    [BLAST_EXIT] = "exit",
    [BLAST_HANG] = "hang",
    NULL};

/* ---- in the sacrificed process ---- */

/* A page of stack, and the next one. */
__attribute__((noinline)) static unsigned overrun(unsigned depth)
{
	volatile unsigned char page[4096];

	/* No step is longer than a guard page. */
	page[0] = (unsigned char)depth;
	page[sizeof(page) / 2] = page[0];
	return depth == UINT32_MAX ? 0 : overrun(depth + 1) + page[0];
}

static void die(enum blast_way way)
{
	const struct rlimit stack = {1 << 20, 1 << 20};

	/* A dump may go to a program, which no limit on its size keeps from starting. */
	(void)prctl(PR_SET_DUMPABLE, 0);
	/* Whoever else handles them: a sanitizer, a test. */
	(void)signal(SIGSEGV, SIG_DFL);
	(void)signal(SIGABRT, SIG_DFL);
	switch (way) {
	case BLAST_ABORT:
		abort();
	case BLAST_SEGFAULT:
		(void)raise(SIGSEGV);
		break;
	case BLAST_OVERRUN:
		/* Of a process: it may have been unlimited. */
		(void)setrlimit(RLIMIT_STACK, &stack);
		(void)overrun(0);
		break;
	case BLAST_EXIT:
		/* As _exit(2), before which a sanitizer would give the others time. */
		(void)syscall(SYS_exit_group, EXIT_STATUS);
		break;
	default:
		for (;;)
			cb_pause();
	}
}

static void work(struct blast_state *st, unsigned me, struct cb_carrier *carrier)
{
	const uint32_t deeds = st->plan.spares && me ? BLAST_DEEDS - 1 : BLAST_DEEDS;

	for (uint32_t i = 0; i < deeds; i++) {
		if (me == 0 && i == BLAST_DEEDS / 2 && st->plan.dies) {
			cb_store_release(&st->died_ns, cb_now_ns());
			die(st->way);
		}
		if (carrier)
			cb_carrier_sleep_until(carrier, cb_now_ns() + 1000 * DEED_US);
		else
			(void)usleep(DEED_US);
		cb_store_release(&st->worker[me].done, i + 1 + (st->plan.lies && me));
	}
}

struct task {
	struct blast_state *st;
	struct cb_carrier *carrier;
	unsigned me;
	pthread_t thread;
};

static void *thread_main(void *arg)
{
	const struct task *t = arg;

	work(t->st, t->me, NULL);
	return NULL;
}

static bool may_hang(const struct blast_state *st)
{
	return st->plan.dies && st->way == BLAST_HANG;
}

/* The victim may be the slowest. */
static void await_death(struct blast_state *st)
{
	while (st->plan.dies && !cb_load_acquire(&st->died_ns))
		(void)usleep(DEED_US);
}

/* One that hangs is not waited for. */
static int run_threads(struct blast_state *st, struct task *task)
{
	pthread_attr_t attr;
	int ret = -pthread_attr_init(&attr);

	if (ret)
		return ret;
	ret = -pthread_attr_setstacksize(&attr, STACK_BYTES);
	for (unsigned i = 0; !ret && i < st->workers; i++) {
		ret = -pthread_create(&task[i].thread, &attr, thread_main, &task[i]);
		/* At once: the victim may soon end all of us. */
		if (ret)
			cb_store(&st->error, ret);
	}
	(void)pthread_attr_destroy(&attr);
	for (unsigned i = 1; !ret && i < st->workers; i++)
		ret = -pthread_join(task[i].thread, NULL);
	if (!ret && !may_hang(st))
		ret = -pthread_join(task[0].thread, NULL);
	if (!ret)
		await_death(st);
	return ret;
}

static pid_t start(struct blast_state *st, unsigned me)
{
	const pid_t parent = getpid(), pid = fork();

	if (pid)
		return pid;
	(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() == parent)
		work(st, me, NULL);
	_exit(0);
}

static int run_processes(struct blast_state *st, struct task *task)
{
	unsigned left = st->workers - may_hang(st);

	(void)task;
	for (unsigned i = 0; i < st->workers; i++) {
		const pid_t pid = start(st, i);

		if (pid < 0)
			return -errno;
		st->worker[i].process = pid;
	}
	while (left) {
		int status;
		const pid_t pid = wait(&status);

		if (pid < 0 && errno != EINTR)
			return -errno;
		if (pid == st->worker[0].process) {
			st->victim_status = status;
			st->noticed_ns = cb_now_ns();
		}
		left -= pid > 0;
	}
	await_death(st);
	return 0;
}

static void coroutine_main(void *arg)
{
	const struct task *t = arg;

	work(t->st, t->me, t->carrier);
}

static int run_coroutines(struct blast_state *st, struct task *task)
{
	const struct cb_carrier_config config = {.backend = CB_FCONTEXT, .max_tasks = st->workers};
	struct cb_carrier *carrier;
	int ret = cb_carrier_create(&config, &carrier);

	for (unsigned i = 0; !ret && i < st->workers; i++) {
		task[i].carrier = carrier;
		ret = cb_carrier_spawn(carrier, coroutine_main, &task[i], NULL);
	}
	return !ret && cb_carrier_run(carrier) < 0 ? -EIO : ret;
}

static int (*const run[CB_MODEL_COUNT])(struct blast_state *st, struct task *task) = {
    [CB_THREAD] = run_threads,
    [CB_PROCESS] = run_processes,
    [CB_COROUTINE] = run_coroutines,
};

static void team(void *arg)
{
	struct blast_state *st = arg;
	struct task *task = calloc(st->workers, sizeof(*task));
	int ret = task ? 0 : -ENOMEM;

	for (unsigned i = 0; !ret && i < st->workers; i++)
		task[i] = (struct task){.st = st, .me = i};
	ret = ret ? ret : run[st->model](st, task);
	if (ret)
		cb_store(&st->error, ret);
	_exit(0);
}

/* ---- in the cell ---- */

static uint32_t others_done(const struct blast_state *st)
{
	uint32_t done = 0;

	for (unsigned i = 1; i < st->workers; i++)
		done += st->worker[i].done;
	return done;
}

static uint32_t others_all(const struct blast_state *st)
{
	return (st->workers - 1) * BLAST_DEEDS;
}

int blast_once(const struct blast_plan *plan, struct cb_env *env, struct cb_metrics *metrics,
    char *why, size_t why_len)
{
	struct blast_state *st = env->state;
	uint64_t ended_ns;
	int ret;

	memset(st, 0, sizeof(*st) + env->workers * sizeof(st->worker[0]));
	st->plan = *plan;
	st->workers = env->workers;
	st->model = env->model;
	st->way = (enum blast_way)cb_case_value(env->c, "way");
	ret = cb_sacrifice(team, st,
	    st->model == CB_COROUTINE && st->way == BLAST_HANG ? HANG_NS : DEADLINE_NS, &st->fate);
	ended_ns = cb_now_ns();
	if (!ret)
		ret = st->error;
	if (ret) {
		(void)snprintf(why, why_len, "the team: %s", strerror(-ret));
		return ret;
	}
	/* Where the whole process is gone, who has made it is the first to know. */
	if (st->way != BLAST_HANG && !st->noticed_ns)
		st->noticed_ns = ended_ns;
	(void)cb_metric(
	    metrics, "survived_share", (double)others_done(st) / (double)others_all(st));
	if (st->noticed_ns && st->died_ns)
		(void)cb_metric(metrics, "noticed_ns", (double)(st->noticed_ns - st->died_ns));
	return 0;
}

static int once(struct cb_env *env, struct cb_metrics *metrics, char *why, size_t why_len)
{
	static const struct blast_plan plan = {true, false, false};

	return blast_once(&plan, env, metrics, why, why_len);
}

/* The status of waitpid(2), of a process that has died as it should. */
static bool died_so(int status, enum blast_way way)
{
	if (way == BLAST_EXIT)
		return WIFEXITED(status) && WEXITSTATUS(status) == EXIT_STATUS;
	return WIFSIGNALED(status) && WTERMSIG(status) == (way == BLAST_ABORT ? SIGABRT : SIGSEGV);
}

static bool all_died_so(const struct cb_fate *fate, enum blast_way way)
{
	if (way == BLAST_EXIT)
		return !fate->signal && fate->status == EXIT_STATUS;
	return fate->signal == (way == BLAST_ABORT ? SIGABRT : SIGSEGV);
}

/* What has become of the victim, and of the process that it is in; NULL: what should. */
static const char *wrong_end(const struct blast_state *st)
{
	const struct cb_fate *fate = &st->fate;
	const bool hangs = st->way == BLAST_HANG, alone = st->model == CB_PROCESS;

	if (!st->died_ns || st->worker[0].done != BLAST_DEEDS / 2)
		return "the victim has not died half-way";
	if (hangs && st->model == CB_COROUTINE)
		return fate->hung ? NULL : "the carrier has not hung";
	if (fate->hung)
		return "the team has not ended by its deadline";
	if (!hangs && !alone)
		return all_died_so(fate, st->way) ? NULL : "the team has not died as it should";
	if (fate->signal || fate->status)
		return "the team has ended badly";
	return hangs || died_so(st->victim_status, st->way)
		   ? NULL
		   : "the victim has not died as it should";
}

/* Nothing touches those who share neither a process nor a carrier with the victim. */
static bool others_are_safe(const struct blast_state *st)
{
	return st->model == CB_PROCESS || (st->model == CB_THREAD && st->way == BLAST_HANG);
}

static int check(const struct cb_env *env, char *why, size_t why_len)
{
	const struct blast_state *st = env->state;
	const char *wrong = wrong_end(st);

	if (wrong)
		(void)snprintf(why, why_len, "%s (signal %d, status %d, victim's %d, %u deeds)",
		    wrong, st->fate.signal, st->fate.status, st->victim_status, st->worker[0].done);
	else if (others_done(st) > others_all(st))
		(void)snprintf(why, why_len, "the others have done %u of %u deeds", others_done(st),
		    others_all(st));
	else if (others_are_safe(st) && others_done(st) != others_all(st))
		(void)snprintf(why, why_len,
		    "the others have done %u of %u deeds, though nothing ended them",
		    others_done(st), others_all(st));
	else
		return 0;
	return -EBADMSG;
}

static size_t state_size(const struct cb_case *c)
{
	return sizeof(struct blast_state) + c->workers * sizeof(struct blast_worker);
}

static int can(const struct cb_case *c, char *why, size_t why_len)
{
	if (c->workers > 1 && (c->model != CB_COROUTINE || c->carriers == 1))
		return 0;
	(void)snprintf(why, why_len,
	    c->workers > 1 ? "coroutines of one carrier: each other one is a thread's case"
			   : "one dies: somebody has to be left");
	return -EINVAL;
}

static const struct cb_workload workload = {
    .op = "death of a worker",
    .timed = "one of a team dies half-way through its work; what the others have done by the time "
	     "that all is over, up to a deadline",
    .checked = "the victim has died half-way and as it should, and nobody else has lost anything "
	       "where nothing is shared",
    .state_size = state_size,
    .once = once,
    .check = check,
};

static const struct cb_param params[] = {
    CB_PARAM_CARRIERS,
    {"way", CB_WORD, "segfault", 0, BLAST_WAYS - 1,
	"of dying: a crash, a stack overrun, an exit in the middle, or never coming back",
	way_words, false},
};

static const struct cb_sweep sweeps[] = {
    {CB_SMOKE, "model=process way=segfault workers=4"},
    {CB_QUICK, "model=thread,coroutine way=segfault workers=4"},
    {CB_FULL, "model=thread,process,coroutine way=abort,segfault,overrun,exit,hang workers=4"},
    {CB_CHECK, "model=thread,process,coroutine way=segfault,hang workers=3"},
    {CB_CHECK, "model=coroutine way=abort,overrun,exit workers=2"},
};

static const struct cb_figure figures[] = {
    {"survived_share", "of the others' work that survives", "", CB_SHARE, CB_MORE, 0.0, NULL},
};

static const struct cb_kind blast = {
    .family = "fault",
    .name = "blast",
    .about = "one of a team dies in the middle of its work: how much of the others' is left?",
    .source = "signal(7): what ends a thread ends its process",
    .from = CB_SMOKE,
    .version = 1,
    .models = CB_CAN_ALL,
    .work = &workload,
    .params = params,
    .param_count = sizeof(params) / sizeof(params[0]),
    .figures = figures,
    .figure_count = 1,
    .sweeps = sweeps,
    .sweep_count = sizeof(sweeps) / sizeof(sweeps[0]),
    .can = can,
};

CB_REGISTER(blast)
