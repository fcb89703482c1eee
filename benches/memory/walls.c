/* walls.c - how many workers can there be, and what stops one more? The limits that can be set low
 * without privileges are, so that each of them is seen to be told from the others. */
#include "benches/memory/walls.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#define DEADLINE_NS (60 * CB_NS_PER_S)
/* A thread's, in parked.c: a stack with its guard. */
#define STACK_BYTES ((uint64_t)256 * 1024)
#define MAPPINGS 2u
/* Filling more than this takes too long, and too much of the kernel's memory. */
#define MAP_COUNT_MOST ((uint64_t)1 << 18)
/* For whoever is nobody else: what a user's limit is tried as by the first user, which has none. */
#define NOBODY 65534u

/* An outcome has eight words at most: those of limits that more than a process and its user have
 * are an outcome of their own. */
enum { OUTCOME_SYSTEM = 5 };

static const char *const outcome_words[] = {
    "none", "nproc", "nofile", "map_count", "address_space", "system", "memory", "unknown", NULL};
static const char *const system_words[] = {
    "no_system", "pids_max", "threads_max", "pid_max", "file_max", NULL};

static const struct {
	unsigned char outcome, system;
} outcome_of[WALLS] = {[WALL_NPROC] = {1, 0},
    [WALL_NOFILE] = {2, 0},
    [WALL_MAP_COUNT] = {3, 0},
    [WALL_SPACE] = {4, 0},
    [WALL_PIDS_MAX] = {OUTCOME_SYSTEM, 1},
    [WALL_THREADS_MAX] = {OUTCOME_SYSTEM, 2},
    [WALL_PID_MAX] = {OUTCOME_SYSTEM, 3},
    [WALL_FILE_MAX] = {OUTCOME_SYSTEM, 4},
    [WALL_MEMORY] = {6, 0},
    [WALL_UNKNOWN] = {7, 0}};

/* Those that can be set low without privileges: the others tell themselves to whoever meets them.
 */
static const enum wall limits[] = {WALL_NONE, WALL_NPROC, WALL_NOFILE, WALL_MAP_COUNT, WALL_SPACE};
enum { LIMITS = sizeof(limits) / sizeof(limits[0]) };
static const char *const limit_words[LIMITS + 1] = {
    "none", "nproc", "nofile", "map_count", "address_space", NULL};

static enum wall asked_in(const struct cb_case *c)
{
	return limits[cb_case_value(c, "limit")];
}

static struct parked_state *parked_in(struct walls_state *st)
{
	return (struct parked_state *)(void *)(st + 1);
}

/* ---- in the sacrificed process ---- */

/* Nobody may have more than before. */
static int set_limit(__rlimit_resource_t what, uint64_t most)
{
	struct rlimit limit;

	if (getrlimit(what, &limit) != 0)
		return -errno;
	if (most < limit.rlim_max)
		limit.rlim_max = most;
	limit.rlim_cur = limit.rlim_max;
	return setrlimit(what, &limit) ? -errno : 0;
}

/* Whoever changes its user loses the signal that it gets at the end of its parent. */
static int be_nobody(void)
{
	const pid_t parent = getppid();

	if (getuid() != 0)
		return 0;
	if (setresgid(NOBODY, NOBODY, NOBODY) != 0 || setresuid(NOBODY, NOBODY, NOBODY) != 0 ||
	    prctl(PR_SET_PDEATHSIG, SIGKILL) != 0)
		return -errno;
	return getppid() == parent ? 0 : -ESRCH;
}

/* Every second page is of another kind than its neighbours: each is a mapping of its own. */
static int fill_mappings(uint64_t limit, uint64_t but)
{
	const size_t page = (size_t)sysconf(_SC_PAGESIZE);
	const uint64_t count = limit > but ? limit - but : 0;
	unsigned char *p = mmap(NULL, (count + 1) * page, PROT_NONE,
	    MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	if (p == MAP_FAILED)
		return -errno;
	for (size_t i = 1; i + 1 < count; i += 2)
		if (mprotect(p + i * page, page, PROT_READ) != 0)
			return -errno;
	return 0;
}

/* Return: 0; -errno. */
static int give_little(const struct walls_state *st)
{
	const struct wall_seen now = wall_look(st->asked);
	int ret;

	switch (st->asked) {
	case WALL_NPROC:
		ret = be_nobody();
		return ret ? ret : set_limit(RLIMIT_NPROC, wall_tasks_of_user() + st->room);
	case WALL_NOFILE:
		return set_limit(RLIMIT_NOFILE, now.used + st->room);
	case WALL_SPACE:
		return set_limit(RLIMIT_AS, now.used + st->room * STACK_BYTES);
	case WALL_MAP_COUNT:
		return fill_mappings(now.limit, now.used + MAPPINGS * (uint64_t)st->room);
	default:
		return 0;
	}
}

/* What each of them may have: it stays until the process ends. */
static int take_a_descriptor(const struct walls_state *st)
{
	return st->asked == WALL_NOFILE && eventfd(0, EFD_CLOEXEC) < 0 ? -errno : 0;
}

static void grow(void *arg)
{
	struct walls_state *st = arg;
	struct parked_state *parked = parked_in(st);
	const struct parked_model *model = &parked_models[st->model];
	int ret = st->plan.limits ? give_little(st) : 0, ended;

	if (ret) {
		st->error = ret;
		return;
	}
	for (; parked->made < st->workers; parked->made++) {
		ret = take_a_descriptor(st);
		ret = ret ? ret : model->make(parked, st->workers);
		if (ret)
			break;
	}
	st->found = wall_find(ret);
	st->made = parked->made;
	ended = model->end(parked);
	if (ended)
		st->error = ended;
}

/* ---- in the cell ---- */

static int prepare(struct walls_state *st)
{
	struct parked_state *parked = parked_in(st);
	int ret = cb_mutex_init(&parked->mutex, st->model);

	return ret ? ret : cb_cond_init(&parked->over, st->model);
}

/* Which limit, and what of it: a row has no room for words, `describe` says how each is raised. */
static void report(const struct walls_state *st, struct cb_metrics *metrics)
{
	const struct wall_seen *found = &st->found;

	(void)cb_metric(metrics, "made", st->made);
	cb_outcome(metrics, outcome_words, outcome_of[found->wall].outcome);
	cb_outcome(metrics, system_words, outcome_of[found->wall].system);
	if (found->limit != UINT64_MAX)
		(void)cb_metric(metrics, "wall_limit", (double)found->limit);
	if (found->used != UINT64_MAX)
		(void)cb_metric(metrics, "wall_used", (double)found->used);
}

int walls_once(const struct walls_plan *plan, struct cb_env *env, struct cb_metrics *metrics,
    char *why, size_t why_len)
{
	struct walls_state *st = env->state;
	int ret;

	memset(st, 0,
	    sizeof(*st) + sizeof(struct parked_state) + env->workers * sizeof(union parked_worker));
	st->plan = *plan;
	st->model = env->model;
	st->workers = env->workers;
	st->room = env->workers / 2;
	st->asked = asked_in(env->c);
	ret = prepare(st);
	if (!ret)
		ret = cb_sacrifice(grow, st, DEADLINE_NS, &st->fate);
	if (!ret)
		ret = st->error;
	if (!ret && (st->fate.hung || st->fate.signal || st->fate.status))
		ret = -ECHILD;
	if (ret) {
		(void)snprintf(why, why_len, "%u workers: %s", st->made, strerror(-ret));
		return ret;
	}
	if (plan->says != WALLS)
		st->found.wall = plan->says;
	report(st, metrics);
	return 0;
}

static int once(struct cb_env *env, struct cb_metrics *metrics, char *why, size_t why_len)
{
	static const struct walls_plan plan = {true, WALLS};

	return walls_once(&plan, env, metrics, why, why_len);
}

/* With nothing set low, whatever there is may stop them. */
static int check(const struct cb_env *env, char *why, size_t why_len)
{
	const struct walls_state *st = env->state;
	const bool stopped = st->found.wall != WALL_NONE;
	char text[200];

	wall_tell(&st->found, text, sizeof(text));
	if (!st->made)
		(void)snprintf(why, why_len, "not one could be made: %s", text);
	else if (stopped == (st->made == st->workers))
		(void)snprintf(why, why_len, "%u of %u, and what has stopped them is %s", st->made,
		    st->workers, text);
	else if (st->asked != WALL_NONE && st->found.wall != st->asked)
		(void)snprintf(
		    why, why_len, "%s was to stop them, and it was %s", wall_name(st->asked), text);
	else
		return 0;
	return -EBADMSG;
}

/* Return: why it cannot be run into here; NULL when it can. */
static const char *out_of_reach(enum wall asked)
{
#if defined(__SANITIZE_THREAD__) || defined(__SANITIZE_ADDRESS__)
	if (asked == WALL_SPACE || asked == WALL_MAP_COUNT)
		return "a sanitizer needs address space itself, and dies when it gets none";
#endif
	if (asked == WALL_MAP_COUNT && wall_look(asked).limit > MAP_COUNT_MOST)
		return "too many mappings are allowed here to use them up";
	return NULL;
}

/* In a process of its own, which it changes for good. */
static void try_to_be_nobody(void *arg)
{
	*(int *)arg = be_nobody();
}

static int setup(struct cb_env *env, char *why, size_t why_len)
{
	struct walls_state *st = env->state;
	const enum wall asked = asked_in(env->c);
	const char *no = out_of_reach(asked);
	struct cb_fate fate;

	if (!no && asked == WALL_NPROC) {
		const int ret = cb_sacrifice(try_to_be_nobody, &st->error, DEADLINE_NS, &fate);

		if (ret)
			return ret;
		if (st->error)
			no = "the first user has no such limit, and cannot become another one here";
	}
	if (no)
		(void)snprintf(why, why_len, "%s", no);
	return no ? -ENOTSUP : 0;
}

static size_t state_size(const struct cb_case *c)
{
	return sizeof(struct walls_state) + sizeof(struct parked_state) +
	       c->workers * sizeof(union parked_worker);
}

static int can(const struct cb_case *c, char *why, size_t why_len)
{
	const enum wall asked = asked_in(c);
	const char *no = NULL;

	if (c->model == CB_PROCESS && (asked == WALL_MAP_COUNT || asked == WALL_SPACE))
		no = "each process has that to itself";
	else if (asked != WALL_NONE && c->workers < 4)
		no = "there is room for half of the workers: of less than two nothing can be said";
	if (no)
		(void)snprintf(why, why_len, "%s", no);
	return no ? -EINVAL : 0;
}

static const struct cb_workload workload = {
    .op = "worker too many",
    .timed = "workers that wait are made one after another, until one cannot be",
    .checked = "there were some, not all, and what was set low is what has stopped them",
    .state_size = state_size,
    .setup = setup,
    .once = once,
    .check = check,
};

static const struct cb_param params[] = {
    {"limit", CB_WORD, "none", 0, LIMITS - 1, "that leaves room for half of the workers",
	limit_words, false},
};

static const struct cb_sweep sweeps[] = {
    {CB_FULL, "model=thread limit=none,nproc,nofile,map_count,address_space workers=400"},
    {CB_FULL, "model=process limit=none,nproc,nofile workers=400"},
    {CB_CHECK, "model=thread limit=none,nofile,map_count,address_space workers=40"},
    {CB_CHECK, "model=process limit=none,nofile workers=40"},
    /* Others of this user come and go. */
    {CB_CHECK, "model=thread,process limit=nproc workers=400"},
};

static const struct cb_figure figures[] = {
    {"made", "workers that there could be", "workers", CB_RATIO, CB_MORE, 0.0, NULL},
    {"outcome", "nothing has stopped them", "", CB_OUTCOME, CB_NEITHER, 0.0, outcome_words},
    {"system", "no limit of cgroup or system has stopped them", "", CB_OUTCOME, CB_NEITHER, 0.0,
	system_words},
};

static const struct cb_kind walls = {
    .family = "memory",
    .name = "walls",
    .about = "workers are made until a limit stops one more: which, and how is it raised?",
    .source = "getrlimit(2), fork(2), pthread_create(3), mmap(2)",
    .from = CB_FULL,
    .version = 2,
    .models = CB_CAN_OS,
    .not_models = "of coroutines there is room for as many as were asked for, or for none",
    .work = &workload,
    .params = params,
    .param_count = 1,
    .figures = figures,
    .figure_count = sizeof(figures) / sizeof(figures[0]),
    .sweeps = sweeps,
    .sweep_count = sizeof(sweeps) / sizeof(sweeps[0]),
    .can = can,
};

CB_REGISTER(walls)
