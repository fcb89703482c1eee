/* two_locks.c - two locks taken in opposite order: how often that ends in a deadlock, what one
 * burns, and what each cure costs. */
#include "benches/fault/two_locks.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/* A pair that is not stuck has done a round within microseconds, on a busy machine within some
 * hundred milliseconds. */
#define DEADLINE_NS (250 * CB_NS_PER_MS)
/* To see a deadlock that is certain. */
#define TRIES_MOST 10u
/* How long a worker that has the first lock waits for the second one. */
#define PATIENCE_NS 100000

static const char *const lock_words[] = {"mutex", "spin", NULL};
static const char *const cure_words[] = {
    [CURE_NONE] = "none", [CURE_ORDER] = "order", [CURE_TRY] = "try", [CURE_TIMED] = "timed", NULL};
static const char *const outcomes[] = {[TWO_LOCKS_SURVIVED] = "survived",
    [TWO_LOCKS_DEADLOCKED] = "deadlocked",
    [TWO_LOCKS_UNFINISHED] = "unfinished",
    NULL};

/* ---- in the sacrificed process ---- */

static int lock(struct two_locks_state *st, int i)
{
	return st->spins ? pthread_spin_lock(&st->lock[i].spin)
			 : pthread_mutex_lock(&st->lock[i].mutex);
}

static int try_lock(struct two_locks_state *st, int i)
{
	return st->spins ? pthread_spin_trylock(&st->lock[i].spin)
			 : pthread_mutex_trylock(&st->lock[i].mutex);
}

/* The thread sanitizer knows of the older call only, on a clock that somebody may set. */
#if defined(__SANITIZE_THREAD__)
#define PATIENCE_CLOCK CLOCK_REALTIME
#define lock_until(m, until) pthread_mutex_timedlock(m, until)
#else
#define PATIENCE_CLOCK CLOCK_MONOTONIC
#define lock_until(m, until) pthread_mutex_clocklock(m, PATIENCE_CLOCK, until)
#endif

static int timed_lock(struct two_locks_state *st, int i)
{
	struct timespec until;

	(void)clock_gettime(PATIENCE_CLOCK, &until);
	until.tv_nsec += PATIENCE_NS;
	if (until.tv_nsec >= (long)CB_NS_PER_S) {
		until.tv_sec++;
		until.tv_nsec -= (long)CB_NS_PER_S;
	}
	return lock_until(&st->lock[i].mutex, &until);
}

static void unlock(struct two_locks_state *st, int i)
{
	(void)(st->spins ? pthread_spin_unlock(&st->lock[i].spin)
			 : pthread_mutex_unlock(&st->lock[i].mutex));
}

/* The other gets a chance: on one PU it would have none otherwise. */
static void back_off(void)
{
	(void)sched_yield();
}

/* What is noted costs something: it is not, where nobody can end up in a circle. */
CB_INLINE void note(int *what, int lock, bool notes)
{
	if (notes)
		cb_store(what, lock);
}

/* Both have their first lock. */
static void meet(struct two_locks_state *st)
{
	cb_fetch_add(&st->met, 1);
	while (cb_load_acquire(&st->met) < 2)
		(void)sched_yield();
}

/* Return: 0 with both; EBUSY or ETIMEDOUT with neither; an error. */
CB_INLINE int take_both(
    struct two_locks_state *st, struct two_locks_worker *own, int first, bool notes)
{
	int ret;

	note(&own->wants, first, notes);
	ret = lock(st, first);
	if (ret)
		return ret;
	note(&own->has, first, notes);
	note(&own->wants, 1 - first, notes);
	if (notes && st->plan.meets)
		meet(st);
	ret = st->cure == CURE_TRY     ? try_lock(st, 1 - first)
	      : st->cure == CURE_TIMED ? timed_lock(st, 1 - first)
				       : lock(st, 1 - first);
	note(&own->wants, TWO_LOCKS_NONE, notes);
	if (ret) {
		note(&own->has, TWO_LOCKS_NONE, notes);
		unlock(st, first);
	}
	return ret;
}

/* Return: 0; -errno. */
CB_INLINE int round_of(
    struct two_locks_state *st, struct two_locks_worker *own, int first, bool notes)
{
	int ret;

	while ((ret = take_both(st, own, first, notes)) == EBUSY || ret == ETIMEDOUT)
		back_off();
	if (ret)
		return -ret;
	/* Not one instruction: who is in here unprotected loses some. */
	for (int i = 0; i < 2; i++)
		cb_store(&st->lock[i].count, cb_load(&st->lock[i].count) + 1);
	unlock(st, 1 - first);
	note(&own->has, TWO_LOCKS_NONE, notes);
	unlock(st, first);
	return 0;
}

struct part {
	struct two_locks_state *st;
	int me;
};

static void work(void *arg)
{
	const struct part *p = arg;
	struct two_locks_state *st = p->st;
	const int first = st->cure == CURE_ORDER ? 0 : p->me;
	int ret = st->pu[p->me] < 0 ? 0 : cb_bind_self(st->pu[p->me]);

	st->worker[p->me].process = getpid();
	cb_fetch_add(&st->ready, 1);
	while (cb_load_acquire(&st->ready) < 2)
		(void)sched_yield();
	for (uint32_t i = 0; i < st->plan.rounds && !ret; i++) {
		ret = round_of(st, &st->worker[p->me], first, true);
		cb_store(&st->worker[p->me].rounds, st->worker[p->me].rounds + !ret);
	}
	if (ret)
		cb_store(&st->error, ret);
	while (!st->plan.comes_back)
		(void)nanosleep(&(struct timespec){1, 0}, NULL);
}

static void *thread_main(void *arg)
{
	work(arg);
	return NULL;
}

/* Return: 0; -errno. */
static int run_threads(struct part part[2])
{
	pthread_t thread[2];

	for (int i = 0; i < 2; i++) {
		const int ret = pthread_create(&thread[i], NULL, thread_main, &part[i]);

		if (ret)
			return -ret;
	}
	for (int i = 0; i < 2; i++)
		(void)pthread_join(thread[i], NULL);
	return 0;
}

/* Return: 0; -errno; -ECHILD: one has not ended as it should. */
static int run_processes(struct part part[2])
{
	int ret = 0;

	for (int i = 0; i < 2; i++)
		if (cb_fork(work, &part[i]) < 0)
			return -errno;
	for (int left = 2; left && !ret;) {
		int status;

		if (wait(&status) >= 0) {
			left--;
			ret = status ? -ECHILD : 0;
		} else if (errno != EINTR) {
			ret = -errno;
		}
	}
	return ret;
}

/* All of a trial: over when both have done their rounds, and else never. */
static void pair(void *arg)
{
	struct two_locks_state *st = arg;
	struct part part[2] = {{st, 0}, {st, 1}};
	const int ret = st->model == CB_PROCESS ? run_processes(part) : run_threads(part);

	if (ret) {
		cb_store(&st->error, ret);
		return;
	}
	st->lock[1].count -= st->plan.loses;
	/* As _exit(2), of which the thread sanitizer would make a failure: the locks are taken in
	 * opposite order, as they should be. */
	if (st->cure != CURE_ORDER)
		(void)syscall(SYS_exit_group, 0);
}

/* ---- in the cell ---- */

static uint64_t steps_of(const void *arg)
{
	const struct two_locks_state *st = arg;

	return (uint64_t)cb_load(&st->ready) + cb_load(&st->met) + cb_load(&st->worker[0].rounds) +
	       cb_load(&st->worker[1].rounds);
}

/* Workers that only try, or wait for a while, are in a circle at times, and come out of it. */
static bool circle(const struct two_locks_state *st)
{
	const struct two_locks_worker *a = &st->worker[0], *b = &st->worker[1];

	return st->cure != CURE_TRY && st->cure != CURE_TIMED && a->has != TWO_LOCKS_NONE &&
	       b->has != TWO_LOCKS_NONE && a->wants == b->has && b->wants == a->has;
}

static bool all_done(const struct two_locks_state *st)
{
	return st->worker[0].rounds == TWO_LOCKS_ROUNDS && st->worker[1].rounds == TWO_LOCKS_ROUNDS;
}

/* Who has done all rounds has survived, though a busy machine may let its process end later than a
 * hang takes to be told. */
static enum two_locks_outcome outcome_of(const struct two_locks_state *st)
{
	return !st->fate.hung || all_done(st) ? TWO_LOCKS_SURVIVED
	       : circle(st)                   ? TWO_LOCKS_DEADLOCKED
					      : TWO_LOCKS_UNFINISHED;
}

static int open_locks(struct two_locks_state *st, const struct cb_case *c)
{
	pthread_mutexattr_t attr;
	int ret = -pthread_mutexattr_init(&attr);

	if (ret)
		return ret;
	st->spins = cb_case_value(c, "lock") == 1;
	if (c->model == CB_PROCESS)
		ret = -pthread_mutexattr_setpshared(&attr, PTHREAD_PROCESS_SHARED);
	for (unsigned i = 0; !ret && i < 2; i++) {
		ret = -pthread_mutex_init(&st->lock[i].mutex, &attr);
		if (!ret)
			ret = -pthread_spin_init(&st->lock[i].spin, PTHREAD_PROCESS_SHARED);
	}
	(void)pthread_mutexattr_destroy(&attr);
	return ret;
}

/* A trial leaves nothing to the next. Return: 0; -errno. */
static int begin(
    struct two_locks_state *st, const struct two_locks_plan *plan, const struct cb_env *env)
{
	memset(st, 0, sizeof(*st));
	st->plan = *plan;
	st->model = env->model;
	for (unsigned i = 0; i < 2; i++) {
		st->pu[i] = env->pu[i];
		st->worker[i].has = st->worker[i].wants = TWO_LOCKS_NONE;
	}
	return open_locks(st, env->c);
}

/* Return: 0; -errno with a line in @why. */
static int run_pair(struct two_locks_state *st, const struct two_locks_plan *plan,
    enum two_locks_cure cure, const struct cb_env *env, char *why, size_t why_len)
{
	int ret = begin(st, plan, env);

	st->cure = cure;
	if (!ret)
		ret = cb_sacrifice_watched(pair, steps_of, st, DEADLINE_NS, &st->fate);
	if (!ret)
		ret = st->error;
	if (ret) {
		(void)snprintf(why, why_len, "the two: %s", strerror(-ret));
		return ret;
	}
	if (st->fate.signal || st->fate.status) {
		(void)snprintf(why, why_len, "the two ended by signal %d, status %d",
		    st->fate.signal, st->fate.status);
		return -ECHILD;
	}
	st->outcome = plan->honest ? outcome_of(st) : TWO_LOCKS_DEADLOCKED;
	return 0;
}

int two_locks_once(const struct two_locks_plan *plan, struct cb_env *env,
    struct cb_metrics *metrics, char *why, size_t why_len)
{
	struct two_locks_state *st = env->state;
	const int ret = run_pair(
	    st, plan, (enum two_locks_cure)cb_case_value(env->c, "cure"), env, why, why_len);

	if (ret)
		return ret;
	cb_outcome(metrics, outcomes, st->outcome);
	return 0;
}

static int once(struct cb_env *env, struct cb_metrics *metrics, char *why, size_t why_len)
{
	static const struct two_locks_plan plan = {
	    .rounds = TWO_LOCKS_ROUNDS, .comes_back = true, .honest = true};

	return two_locks_once(&plan, env, metrics, why, why_len);
}

/* They are not what they are said to be: both are in one process, or not. Who has not begun says
 * nothing. */
static bool strangers(const struct two_locks_state *st)
{
	return st->worker[0].process && st->worker[1].process &&
	       (st->worker[0].process != st->worker[1].process) != (st->model == CB_PROCESS);
}

static int check(const struct cb_env *env, char *why, size_t why_len)
{
	const struct two_locks_state *st = env->state;
	const struct two_locks_worker *w = st->worker;
	const uint64_t rounds = w[0].rounds + w[1].rounds;
	const char *said = outcomes[st->outcome];

	if (strangers(st))
		(void)snprintf(why, why_len, "%s: the two are in processes %ld and %ld", said,
		    (long)w[0].process, (long)w[1].process);
	else if (st->outcome == TWO_LOCKS_DEADLOCKED && !(st->fate.hung && circle(st)))
		(void)snprintf(why, why_len,
		    "%s: but worker 0 has lock %d and wants %d, worker 1 has %d and wants %d", said,
		    w[0].has, w[0].wants, w[1].has, w[1].wants);
	else if (st->outcome == TWO_LOCKS_UNFINISHED && all_done(st))
		(void)snprintf(why, why_len, "%s: but all rounds were done", said);
	else if (st->outcome == TWO_LOCKS_SURVIVED && !all_done(st))
		(void)snprintf(why, why_len, "%s: %u and %u of %u rounds", said, w[0].rounds,
		    w[1].rounds, TWO_LOCKS_ROUNDS);
	else if (st->outcome == TWO_LOCKS_SURVIVED &&
		 (st->lock[0].count != rounds || st->lock[1].count != rounds))
		(void)snprintf(why, why_len, "%s: the counters are %llu and %llu after %llu rounds",
		    said, (unsigned long long)st->lock[0].count,
		    (unsigned long long)st->lock[1].count, (unsigned long long)rounds);
	else
		return 0;
	return -EBADMSG;
}

static const struct cb_workload workload = {
    .op = "rounds of two workers",
    .timed =
	"two workers, 3000 times each, take both locks, add to what they protect, and let them "
	"go; until they are done or no round has ended for 250 ms",
    .checked =
	"the two share a process as threads, and only so; who has survived has done all rounds "
	"and lost none; of a deadlock, who has what and "
	"wants what is a circle",
    .state_bytes = sizeof(struct two_locks_state),
    .once = once,
    .check = check,
};

static const struct cb_param params[] = {
    CB_PARAM_MODEL,
    CB_PARAM_WORKERS("2"),
    CB_PARAM_PLACE("scatter"),
    {"lock", CB_WORD, "mutex", 0, 1, "a pthread mutex, or a pthread spin lock", lock_words, false},
    {"cure", CB_WORD, "none", 0, CURES - 1,
	"none; both in one order; try the second and give way; give way after 100 us", cure_words,
	false},
};

static const struct cb_sweep sweeps[] = {
    {CB_SMOKE, "model=thread cure=none"},
    {CB_FULL, "model=thread lock=mutex,spin cure=none,order,try,timed"},
    {CB_FULL, "model=thread lock=mutex,spin cure=none,order,try place=same"},
    {CB_FULL, "model=process lock=mutex,spin cure=none,order,try,timed"},
    {CB_CHECK, "model=thread,process lock=mutex,spin cure=none"},
    {CB_CHECK, "model=thread,process lock=mutex,spin cure=order,try,timed"},
};

static const struct cb_figure figures[] = {
    {"outcome", "both have finished", "", CB_OUTCOME, CB_MORE, 0.0, outcomes},
};

static int can(const struct cb_case *c, char *why, size_t why_len)
{
	if (c->workers == 2 &&
	    (cb_case_value(c, "lock") == 0 || cb_case_value(c, "cure") != CURE_TIMED))
		return 0;
	(void)snprintf(why, why_len,
	    c->workers == 2 ? "a spin lock has no timed form" : "two take the two locks, not %u",
	    c->workers);
	return -EINVAL;
}

static const struct cb_kind two_locks = {
    .family = "fault",
    .name = "two_locks",
    .about = "two workers take two locks in opposite order: the textbook's deadlock, and its cures",
    .source = "Coffman, Elphick, Shoshani 1971",
    .from = CB_SMOKE,
    .version = 3,
    .models = CB_CAN_OS,
    .not_models = "a lock that waits in the kernel stops the carrier",
    .work = &workload,
    .without = "model workers",
    .params = params,
    .param_count = sizeof(params) / sizeof(params[0]),
    .figures = figures,
    .figure_count = sizeof(figures) / sizeof(figures[0]),
    .sweeps = sweeps,
    .sweep_count = sizeof(sweeps) / sizeof(sweeps[0]),
    .can = can,
};

CB_REGISTER(two_locks)

/* ---- what a deadlock burns: one that is certain ---- */

/* Of all children that have been waited for. */
static double cpu_ns(void)
{
	struct rusage r;

	(void)getrusage(RUSAGE_CHILDREN, &r);
	return ((double)r.ru_utime.tv_sec + (double)r.ru_stime.tv_sec) * (double)CB_NS_PER_S +
	       ((double)r.ru_utime.tv_usec + (double)r.ru_stime.tv_usec) * 1e3;
}

/* That the two can be on at a time. */
static unsigned pus_of(const struct two_locks_state *st)
{
	cpu_set_t set;

	if (st->pu[0] >= 0)
		return st->pu[0] == st->pu[1] ? 1 : 2;
	return sched_getaffinity(0, sizeof(set), &set) == 0 && CPU_COUNT(&set) == 1 ? 1 : 2;
}

/* One of them has not come to its first lock. */
static bool is_kept_away(const struct two_locks_state *st)
{
	return cb_load(&st->worker[0].has) < 0 || cb_load(&st->worker[1].has) < 0;
}

int deadlock_once(const struct two_locks_plan *plan, struct cb_env *env, struct cb_metrics *metrics,
    char *why, size_t why_len)
{
	struct two_locks_state *st = env->state;
	double before_cpu_ns, before_ns;
	unsigned tries = 0;
	int ret;

	/* On a busy machine one may be kept from its PU before it has its lock: that is no deadlock
	 * yet, and not what is asked. */
	do {
		before_cpu_ns = cpu_ns();
		before_ns = (double)cb_now_ns();
		ret = run_pair(st, plan, CURE_NONE, env, why, why_len);
		if (ret)
			return ret;
	} while (plan->meets && st->fate.hung && is_kept_away(st) && ++tries < TRIES_MOST);
	(void)cb_metric(metrics, "burnt_share",
	    (cpu_ns() - before_cpu_ns) / ((double)cb_now_ns() - before_ns) / pus_of(st));
	return 0;
}

static int deadlock_certainly(
    struct cb_env *env, struct cb_metrics *metrics, char *why, size_t why_len)
{
	static const struct two_locks_plan plan = {
	    .rounds = 1, .meets = true, .comes_back = true, .honest = true};

	return deadlock_once(&plan, env, metrics, why, why_len);
}

static int is_deadlocked(const struct cb_env *env, char *why, size_t why_len)
{
	const struct two_locks_state *st = env->state;
	const struct two_locks_worker *w = st->worker;

	if (st->fate.hung && !strangers(st) && circle(st) && !w[0].rounds && !w[1].rounds)
		return 0;
	(void)snprintf(why, why_len,
	    "no deadlock: worker 0 has lock %d and wants %d, worker 1 has %d and wants %d%s",
	    w[0].has, w[0].wants, w[1].has, w[1].wants,
	    strangers(st) ? ", in other processes than said" : "");
	return -EBADMSG;
}

static const struct cb_workload deadlock_work = {
    .op = "deadlock",
    .timed = "two workers, each with one lock and waiting for the other's, until nothing has "
	     "happened for "
	     "250 ms and from before they are made: their CPU time",
    .checked = "who has what and wants what is a circle, and nobody has come out of it",
    .state_bytes = sizeof(struct two_locks_state),
    .once = deadlock_certainly,
    .check = is_deadlocked,
};

static const struct cb_param deadlock_params[] = {
    CB_PARAM_MODEL,
    CB_PARAM_WORKERS("2"),
    CB_PARAM_PLACE("scatter"),
    {"lock", CB_WORD, "mutex", 0, 1, "a pthread mutex, or a pthread spin lock", lock_words, false},
};

static const struct cb_sweep deadlock_sweeps[] = {
    {CB_FULL, "model=thread,process lock=mutex,spin place=same,scatter"},
    {CB_CHECK, "model=thread,process lock=mutex,spin"},
};

static const struct cb_figure deadlock_figures[] = {
    {"burnt_share", "burnt, of the time of their PUs", "", CB_SHARE, CB_LESS, 0.0, NULL},
};

static int only_two(const struct cb_case *c, char *why, size_t why_len)
{
	if (c->workers == 2)
		return 0;
	(void)snprintf(why, why_len, "two take the two locks, not %u", c->workers);
	return -EINVAL;
}

static const struct cb_kind deadlock = {
    .family = "fault",
    .name = "deadlock",
    .about = "two workers that wait for each other's lock: what do they burn meanwhile?",
    .source = "Coffman, Elphick, Shoshani 1971",
    .from = CB_FULL,
    .version = 2,
    .models = CB_CAN_OS,
    .not_models = "a lock that waits in the kernel stops the carrier",
    .work = &deadlock_work,
    .without = "model workers",
    .params = deadlock_params,
    .param_count = sizeof(deadlock_params) / sizeof(deadlock_params[0]),
    .figures = deadlock_figures,
    .figure_count = sizeof(deadlock_figures) / sizeof(deadlock_figures[0]),
    .sweeps = deadlock_sweeps,
    .sweep_count = sizeof(deadlock_sweeps) / sizeof(deadlock_sweeps[0]),
    .can = only_two,
};

CB_REGISTER(deadlock)

/* ---- what the cures cost: the same rounds, again and again ---- */

static int setup(struct cb_env *env, char *why, size_t why_len)
{
	struct two_locks_state *st = env->state;
	const int ret = open_locks(st, env->c);

	st->cure = (enum two_locks_cure)cb_case_value(env->c, "cure");
	if (ret)
		(void)snprintf(why, why_len, "two locks: %s", strerror(-ret));
	return ret;
}

static uint64_t batch(struct cb_worker *w, void *state, uint64_t n)
{
	struct two_locks_state *st = state;
	const int first = st->cure == CURE_ORDER ? 0 : (int)w->index % 2;
	uint64_t done = 0;
	int ret = 0;

	while (done < n && !ret) {
		ret = round_of(st, &st->worker[0], first, false);
		done += !ret;
		if (cb_stopping(w))
			break;
	}
	if (ret)
		cb_fail(w, ret, "taking both locks");
	return done;
}

static int all_are_counted(const struct cb_env *env, char *why, size_t why_len)
{
	const struct two_locks_state *st = env->state;
	uint64_t rounds = 0;

	for (unsigned i = 0; i < env->workers; i++)
		rounds += env->done[i];
	if (st->lock[0].count == rounds && st->lock[1].count == rounds)
		return 0;
	(void)snprintf(why, why_len,
	    "the counters are %" PRIu64 " and %" PRIu64 " after %" PRIu64 " rounds",
	    st->lock[0].count, st->lock[1].count, rounds);
	return -EBADMSG;
}

static const struct cb_workload cured_work = {
    .op = "both locks taken and let go",
    .timed = "take both locks, add to what each protects, let them go; and each time that it has "
	     "given way before",
    .checked = "of what each lock protects none is lost",
    .state_bytes = sizeof(struct two_locks_state),
    .setup = setup,
    .batch = batch,
    .check = all_are_counted,
};

static const struct cb_sweep cured_sweeps[] = {
    {CB_FULL, "model=thread lock=mutex,spin cure=order,try,timed workers=1,2 place=scatter"},
    {CB_FULL, "model=process lock=mutex cure=order,try,timed"},
    {CB_CHECK, "model=thread lock=mutex,spin cure=order,try,timed"},
    {CB_CHECK, "model=process lock=mutex,spin cure=order"},
};

static int can_be_cured(const struct cb_case *c, char *why, size_t why_len)
{
	const enum two_locks_cure cure = (enum two_locks_cure)cb_case_value(c, "cure");

	if (cure != CURE_NONE && (cb_case_value(c, "lock") == 0 || cure != CURE_TIMED))
		return 0;
	(void)snprintf(why, why_len, "%s",
	    cure == CURE_NONE ? "without a cure it deadlocks: see two_locks"
			      : "a spin lock has no timed form");
	return -EINVAL;
}

static const struct cb_param cured_params[] = {
    CB_PARAM_MODEL,
    CB_PARAM_WORKERS("2"),
    CB_PARAM_PLACE("scatter"),
    {"lock", CB_WORD, "mutex", 0, 1, "a pthread mutex, or a pthread spin lock", lock_words, false},
    {"cure", CB_WORD, "order", 0, CURES - 1,
	"both in one order; try the second and give way; give way after 100 us", cure_words, false},
};

static const struct cb_figure cured_figures[] = {
    {"ns_per_op", "both locks, by all workers together", "ns", CB_RATIO, CB_LESS, 0.0, NULL},
};

/* A worker that gives way sleeps or yields, which a slice of a busy machine's scheduler is too
 * short to show. */
static uint64_t window_ns(const struct cb_case *c)
{
	(void)c;
	return 20 * CB_NS_PER_MS;
}

static const struct cb_kind two_locks_cured = {
    .family = "fault",
    .name = "two_locks_cured",
    .about = "what keeps two locks in opposite order from deadlock, and what each of that costs",
    .source = "Coffman, Elphick, Shoshani 1971",
    .from = CB_FULL,
    .version = 2,
    .models = CB_CAN_OS,
    .not_models = "a lock that waits in the kernel stops the carrier",
    .work = &cured_work,
    .without = "model workers",
    .params = cured_params,
    .param_count = sizeof(cured_params) / sizeof(cured_params[0]),
    .figures = cured_figures,
    .figure_count = sizeof(cured_figures) / sizeof(cured_figures[0]),
    .sweeps = cured_sweeps,
    .sweep_count = sizeof(cured_sweeps) / sizeof(cured_sweeps[0]),
    .can = can_be_cured,
    .window_ns = window_ns,
};

CB_REGISTER(two_locks_cured)
