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

/* A trial is no longer than that, whatever is asked for. */
#define START_PAUSES_MOST_S 10.0

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

/* FNV-1a's step (Fowler, Noll, Vo 1991), a place at a time. */
uint64_t start_number(const uint32_t *ran, unsigned count)
{
	uint64_t number = UINT64_C(0xcbf29ce484222325);

	for (unsigned i = 0; i < count; i++)
		number = (number ^ ran[i]) * UINT64_C(0x100000001b3);
	return number;
}

unsigned start_foremost(const struct start_seen *seen)
{
	unsigned most = 0;

	for (unsigned i = 0; i < seen->orders; i++)
		if (seen->order[i].mixed && seen->order[i].starts > most)
			most = seen->order[i].starts;
	return most;
}

void start_note(struct start_seen *seen, const uint32_t *ran, unsigned count, bool mixed)
{
	unsigned i = 0;

	seen->last = start_number(ran, count);
	seen->starts++;
	while (i < seen->orders && seen->order[i].number != seen->last)
		i++;
	if (i == seen->orders)
		seen->order[seen->orders++] =
		    (struct start_kept){.number = seen->last, .mixed = mixed};
	seen->order[i].starts++;
}

/* Return: 0; -errno with a line in @why. */
static int start_all(struct cb_env *env, uint64_t delay_ns, char *why, size_t why_len)
{
	struct start_state *st = env->state;
	unsigned made = 0;
	int ret = 0;

	st->next = 0;
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
	if (ret)
		(void)snprintf(
		    why, why_len, "%u of %u workers: %s", made, env->workers, strerror(-ret));
	return ret;
}

/* Everybody has run, and each place was taken once. */
static bool has_places(const struct start_state *st, unsigned workers, char *why, size_t why_len)
{
	bool taken[START_MOST] = {false};

	for (unsigned i = 0; i < workers; i++) {
		if (st->ran[i] < workers && !taken[st->ran[i]]) {
			taken[st->ran[i]] = true;
			continue;
		}
		(void)snprintf(why, why_len, "worker %u has place %u, which is none or another's",
		    i, st->ran[i]);
		return false;
	}
	if (st->next != workers)
		(void)snprintf(why, why_len, "%u of %u workers ran", st->next, workers);
	return st->next == workers;
}

/* A start that is wrong is the last one: check() finds it as it was. */
static int once(struct cb_env *env, struct cb_metrics *metrics, char *why, size_t why_len)
{
	struct start_state *st = env->state;
	const uint64_t delay_ns = (uint64_t)cb_case_value(env->c, "delay_ns");
	double inverted = 0.0;
	bool right = true;

	memset(&st->seen, 0, sizeof(st->seen));
	st->ran = (uint32_t *)(void *)&st->worker[env->workers];
	for (unsigned i = 0; i < START_TIMES && right; i++) {
		double inversions;
		enum start_order order;
		const int ret = start_all(env, delay_ns, why, why_len);

		if (ret)
			return ret;
		order = start_judge(st->ran, env->workers, &inversions);
		st->order = i ? st->order : order;
		inverted += inversions;
		start_note(&st->seen, st->ran, env->workers, order == ORDER_MIXED);
		right = has_places(st, env->workers, why, why_len);
	}
	cb_outcome(metrics, words, st->order);
	(void)cb_metric(metrics, "inverted_share", inverted / START_TIMES);
	(void)cb_metric(metrics, "orders", st->seen.orders);
	(void)cb_metric(metrics, "foremost_share", (double)start_foremost(&st->seen) / START_TIMES);
	return 0;
}

/* The last start is among those that were seen, and all of them together are as many as there were.
 */
static bool adds_up(const struct start_state *st, unsigned workers, char *why, size_t why_len)
{
	unsigned starts = 0;

	for (unsigned i = 0; i < st->seen.orders; i++)
		starts += st->seen.order[i].starts;
	if (st->seen.last != start_number(st->ran, workers))
		(void)snprintf(why, why_len, "the order that was noted is another");
	else if (starts != st->seen.starts)
		(void)snprintf(why, why_len, "%u starts, and %u in %u different orders",
		    st->seen.starts, starts, st->seen.orders);
	else
		return true;
	return false;
}

static int check(const struct cb_env *env, char *why, size_t why_len)
{
	const struct start_state *st = env->state;
	const bool right =
	    has_places(st, env->workers, why, why_len) && adds_up(st, env->workers, why, why_len);

	return right ? 0 : -EBADMSG;
}

static size_t state_size(const struct cb_case *c)
{
	return sizeof(struct start_state) +
	       c->workers * (sizeof(struct start_worker) + sizeof(uint32_t));
}

static int can(const struct cb_case *c, char *why, size_t why_len)
{
	const double pauses_s =
	    (double)START_TIMES * c->workers * (double)cb_case_value(c, "delay_ns") / CB_NS_PER_S;

	if (c->workers < 2 || c->workers > START_MOST)
		(void)snprintf(
		    why, why_len, "an order is of 2 to %u workers, not %u", START_MOST, c->workers);
	else if (pauses_s > START_PAUSES_MOST_S)
		(void)snprintf(why, why_len,
		    "%u starts of %u workers with such pauses take %.3g s; accepted: up to %g s",
		    START_TIMES, c->workers, pauses_s, START_PAUSES_MOST_S);
	else
		return 0;
	return -EINVAL;
}

static const struct cb_workload work = {
    .op = "16 starts of all workers",
    .timed =
	"start them one after another; each takes the next place as the first thing that it does",
    .checked = "everybody who was started has run once, and has a place of its own; each start is "
	       "counted to one order, its own",
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
    {"outcome", "the first of 16 starts: they ran in the order of their start", "", CB_OUTCOME,
	CB_MORE, 0.0, words},
    {"inverted_share", "pairs of which the later one ran first, of 16 starts", "", CB_SHARE,
	CB_LESS, 0.0, NULL},
    {"orders", "different orders in 16 starts", "orders", CB_RATIO, CB_NEITHER, 0.0, NULL},
    {"foremost_share", "of 16 starts: in the mixed order that was seen most often", "", CB_SHARE,
	CB_NEITHER, 0.0, NULL},
};

static const struct cb_kind start_order = {
    .family = "create",
    .name = "start_order",
    .about = "workers started one after another: in which order do they first run?",
    .source = "the textbook's print from each of eight threads",
    .from = CB_FULL,
    .version = 2,
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
