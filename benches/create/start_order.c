/* start_order.c - in which order do workers run that are started one after another, and what does a
 * pause between two starts do to it? */
#include "benches/create/start_order.h"

#include <errno.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <sys/wait.h>
#include <unistd.h>

static const char *const words[] = {
    [ORDER_STARTED] = "as_started", [ORDER_REVERSED] = "reversed", [ORDER_MIXED] = "mixed", NULL};

/* Its first deed: everything else comes later. */
static void *run(void *arg)
{
	struct start_worker *w = arg;

	w->st->ran[w->index] = cb_fetch_add(&w->st->next, 1);
	return NULL;
}

static int start_thread(struct start_worker *w)
{
	pthread_attr_t attr;
	cpu_set_t one;
	int ret = pthread_attr_init(&attr);

	if (ret)
		return -ret;
	CPU_ZERO(&one);
	if (w->pu >= 0) {
		CPU_SET((size_t)w->pu, &one);
		ret = pthread_attr_setaffinity_np(&attr, sizeof(one), &one);
	}
	ret = ret ? ret : pthread_create(&w->thread, &attr, run, w);
	(void)pthread_attr_destroy(&attr);
	return -ret;
}

/* Nobody else can bind it before it runs: it does that itself. */
static int start_process(struct start_worker *w)
{
	const pid_t pid = fork();

	if (pid == 0) {
		const bool bound = w->pu < 0 || cb_bind_self(w->pu) == 0;

		(void)run(w);
		_exit(bound ? EXIT_SUCCESS : EXIT_FAILURE);
	}
	w->process = pid; /* by its maker alone: they share what it is in */
	return pid < 0 ? -errno : 0;
}

static int await_one(struct start_worker *w, enum cb_model model)
{
	int status;

	if (model == CB_THREAD)
		return -pthread_join(w->thread, NULL);
	while (waitpid(w->process, &status, 0) < 0)
		if (errno != EINTR)
			return -errno;
	return status == 0 ? 0 : -ECHILD;
}

static void pause_for(uint64_t ns)
{
	const uint64_t until_ns = cb_now_ns() + ns;
	const struct timespec until = {
	    (time_t)(until_ns / CB_NS_PER_S), (long)(until_ns % CB_NS_PER_S)};

	while (ns && clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until, NULL) == EINTR)
		;
}

enum start_order start_judge(const uint32_t *ran, unsigned count, double *inversions)
{
	const double pairs = (double)count * (count - 1) / 2.0;
	unsigned turned = 0;

	for (unsigned i = 0; i < count; i++)
		for (unsigned later = i + 1; later < count; later++)
			turned += ran[later] < ran[i];
	*inversions = turned / pairs;
	return turned == 0 ? ORDER_STARTED : turned == pairs ? ORDER_REVERSED : ORDER_MIXED;
}

static int once(struct cb_env *env, struct cb_metrics *metrics, char *why, size_t why_len)
{
	struct start_state *st = env->state;
	const uint64_t delay_ns = (uint64_t)cb_case_value(env->c, "delay_ns");
	double inversions;
	unsigned made = 0;
	int ret = 0;

	st->next = 0;
	st->ran = (uint32_t *)(void *)&st->worker[env->workers];
	for (; made < env->workers && !ret; made += !ret) {
		struct start_worker *w = &st->worker[made];

		*w = (struct start_worker){.st = st, .index = made, .pu = env->pu[made]};
		if (made)
			pause_for(delay_ns);
		ret = env->model == CB_THREAD ? start_thread(w) : start_process(w);
	}
	for (unsigned i = 0; i < made; i++) {
		const int ended = await_one(&st->worker[i], env->model);

		ret = ret ? ret : ended;
	}
	if (ret) {
		(void)snprintf(
		    why, why_len, "%u of %u workers: %s", made, env->workers, strerror(-ret));
		return ret;
	}
	st->order = start_judge(st->ran, env->workers, &inversions);
	for (unsigned i = 0; i < ORDERS; i++) {
		char name[40];

		(void)snprintf(name, sizeof(name), "outcome.%s", words[i]);
		(void)cb_metric(metrics, name, st->order == i);
	}
	(void)cb_metric(metrics, "inverted_share", inversions);
	return 0;
}

/* Each place was taken once. */
static int check(const struct cb_env *env, char *why, size_t why_len)
{
	const struct start_state *st = env->state;
	bool taken[START_MOST] = {false};

	for (unsigned i = 0; i < env->workers; i++) {
		if (st->ran[i] < env->workers && !taken[st->ran[i]]) {
			taken[st->ran[i]] = true;
			continue;
		}
		(void)snprintf(why, why_len, "worker %u has place %u, which is none or another's",
		    i, st->ran[i]);
		return -EBADMSG;
	}
	if (st->next == env->workers)
		return 0;
	(void)snprintf(why, why_len, "%u of %u workers ran", st->next, env->workers);
	return -EBADMSG;
}

static size_t state_size(const struct cb_case *c)
{
	return sizeof(struct start_state) +
	       c->workers * (sizeof(struct start_worker) + sizeof(uint32_t));
}

static int can(const struct cb_case *c, char *why, size_t why_len)
{
	if (c->workers > 1 && c->workers <= START_MOST)
		return 0;
	(void)snprintf(
	    why, why_len, "an order is of 2 to %u workers, not %u", START_MOST, c->workers);
	return -EINVAL;
}

static const struct cb_workload work = {
    .op = "start of all workers",
    .timed =
	"start them one after another; each takes the next place as the first thing that it does",
    .checked = "everybody who was started has run once, and has a place of its own",
    .state_size = state_size,
    .once = once,
    .check = check,
};

static const struct cb_param params[] = {
    CB_PARAM_MODEL,
    CB_PARAM_WORKERS("8"),
    CB_PARAM_PLACE("scatter"),
    CB_PARAM("delay_ns", CB_NS, "0", 0, 100 * CB_NS_PER_MS, "from one start to the next, at least"),
};

static const struct cb_sweep sweeps[] = {
    /* The textbook's. Who is bound is held up before its first deed: a thread by the C library,
     * a process by binding itself. */
    {CB_FULL, "model=thread,process workers=8 place=none delay_ns=0,10000,100000,1000000"},
    {CB_FULL, "model=thread,process workers=8 place=same,scatter"},
    {CB_CHECK, "model=thread,process workers=8 place=none,same,scatter"},
    {CB_CHECK, "model=thread workers=3 delay_ns=100000"},
};

static const struct cb_figure figures[] = {
    {"outcome", "the order in which they ran is that of their starts", "", CB_OUTCOME, CB_MORE, 0.0,
	words},
    {"inverted_share", "pairs of which the later one ran first", "", CB_SHARE, CB_LESS, 0.0, NULL},
};

static const struct cb_kind start_order = {
    .family = "create",
    .name = "start_order",
    .about = "workers started one after another: in which order do they first run?",
    .source = "the textbook's print from each of eight threads",
    .from = CB_FULL,
    .version = 1,
    .models = CB_CAN_OS,
    .not_models = "coroutines of one carrier run in the order in which they were made",
    .work = &work,
    .without = "model workers place",
    .params = params,
    .param_count = sizeof(params) / sizeof(params[0]),
    .figures = figures,
    .figure_count = sizeof(figures) / sizeof(figures[0]),
    .sweeps = sweeps,
    .sweep_count = sizeof(sweeps) / sizeof(sweeps[0]),
    .can = can,
};

CB_REGISTER(start_order)
