/* killed_worker.c - a worker is killed while it holds a lock: what becomes of the others? */
#include "benches/fault/killed.h"

#include "benches/fault/crew.h"
#include "benches/fault/relatives.h"

#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

/* Of each that is left. */
#define OPERATIONS 10u
/* Two operations of one. */
#define BETWEEN_US 1000u
/* Of those that go on somebody is a step further within a millisecond, and on a machine that is
 * very busy within a hundred. */
#define DEADLINE_NS (500 * CB_NS_PER_MS)

enum mutex_word { PLAIN, ROBUST };

static const char *const mutex_words[] = {[PLAIN] = "plain", [ROBUST] = "robust", NULL};
const char *const killed_outcomes[] = {[KILLED_SURVIVED] = "survived",
    [KILLED_DEADLOCKED] = "deadlocked",
    [KILLED_LOST] = "lost",
    NULL};

/* ---- in the sacrificed process and its children ---- */

/* Return: 0; -errno. */
static int enter(struct killed_state *st)
{
	int ret = pthread_mutex_lock(&st->mutex);

	if (ret == EOWNERDEAD) {
		st->next_ns = cb_now_ns();
		if (st->plan.repairs)
			st->second = st->first;
		st->repaired++;
		ret = pthread_mutex_consistent(&st->mutex);
	}
	return -ret;
}

static void work(void *arg)
{
	struct killed_state *st = arg;

	cb_fetch_add(&st->there, 1);
	for (unsigned after = 0; after < OPERATIONS;) {
		const int ret = enter(st);

		if (ret) {
			cb_store(&st->error, ret);
			return;
		}
		if (cb_load_acquire(&st->dead)) {
			st->after++;
			after++;
		}
		st->first++;
		st->second++;
		cb_fetch_add(&st->done, 1);
		(void)pthread_mutex_unlock(&st->mutex);
		if (!after)
			(void)usleep(BETWEEN_US); /* it is not yet dead, and has to get in */
	}
}

static void be_the_victim(void *arg)
{
	struct killed_state *st = arg;

	if (enter(st) != 0)
		return;
	st->first++;
	if (!st->plan.holds) {
		st->second++;
		(void)pthread_mutex_unlock(&st->mutex);
	}
	cb_store_release(&st->inside, 1);
	while (st->plan.kills)
		(void)pause();
	if (st->plan.holds) {
		st->second++;
		(void)pthread_mutex_unlock(&st->mutex);
	}
	cb_fetch_add(&st->done, 1);
}

static pid_t start(struct killed_state *st, void (*fn)(void *arg))
{
	const pid_t pid = cb_fork(fn, st);

	if (pid < 0)
		cb_store(&st->error, -errno);
	else
		cb_store(&st->born, st->born + 1);
	return pid;
}

/* Who was between two operations when the victim got in has come back by then, and sleeps no more
 * but where it waits for the lock. Of whom nothing is known that is not said. */
static void await_waiting(const pid_t *other, unsigned n)
{
	(void)usleep(2 * BETWEEN_US);
	for (unsigned i = 0; i < n; i++)
		while (relative_state(other[i], getpid()) == 'R')
			(void)usleep(100);
}

/* All of a trial: over when everybody has done what is left, and else never. */
static void team(void *arg)
{
	struct killed_state *st = arg;
	const unsigned others = st->workers - 1;
	const pid_t victim = start(st, be_the_victim);
	pid_t *other = calloc(others, sizeof(*other));

	if (!other)
		cb_store(&st->error, -ENOMEM);
	if (victim < 0 || !other)
		return;
	for (unsigned i = 0; i < others; i++) {
		other[i] = start(st, work);
		if (other[i] < 0)
			return;
	}
	while (!cb_load_acquire(&st->inside) || cb_load_acquire(&st->there) < others)
		(void)usleep(100);
	await_waiting(other, others);
	st->killed_ns = cb_now_ns();
	if (st->plan.kills)
		(void)kill(victim, SIGKILL);
	while (waitpid(victim, &st->victim_status, 0) < 0 && errno == EINTR)
		;
	cb_store_release(&st->dead, 1);
	while (wait(NULL) > 0 || errno == EINTR)
		;
}

/* ---- in the cell ---- */

/* Births, the death, and all operations. */
static uint64_t steps_of(const void *arg)
{
	const struct killed_state *st = arg;

	return cb_load(&st->born) + cb_load(&st->there) + cb_load(&st->inside) +
	       cb_load(&st->dead) + cb_load(&st->done);
}

static void forget_last(struct killed_state *st)
{
	const uint32_t robust = st->robust;

	memset(st, 0, sizeof(*st));
	st->robust = robust;
}

static enum killed_outcome outcome_of(const struct killed_state *st)
{
	if (st->fate.hung)
		return KILLED_DEADLOCKED;
	return st->first == st->second ? KILLED_SURVIVED : KILLED_LOST;
}

int killed_once(const struct killed_plan *plan, struct cb_env *env, struct cb_metrics *metrics,
    char *why, size_t why_len)
{
	struct killed_state *st = env->state;
	int ret;

	forget_last(st);
	st->plan = *plan;
	st->workers = env->workers;
	ret = crew_mutex_init(&st->mutex, st->robust);
	if (!ret)
		ret = cb_sacrifice_watched(team, steps_of, st, DEADLINE_NS, &st->fate);
	if (!ret)
		ret = st->error;
	if (ret)
		return crew_failed(ret, why, why_len);
	if (st->fate.signal || st->fate.status) {
		(void)snprintf(why, why_len, "the team ended by signal %d, status %d",
		    st->fate.signal, st->fate.status);
		return -ECHILD;
	}
	st->outcome = plan->honest ? outcome_of(st) : KILLED_SURVIVED;
	cb_outcome(metrics, killed_outcomes, st->outcome);
	return 0;
}

static int setup(struct cb_env *env, char *why, size_t why_len)
{
	struct killed_state *st = env->state;

	(void)why;
	(void)why_len;
	st->robust = cb_case_value(env->c, "mutex") == ROBUST;
	return 0;
}

static int once(struct cb_env *env, struct cb_metrics *metrics, char *why, size_t why_len)
{
	static const struct killed_plan plan = {true, true, true, true};

	return killed_once(&plan, env, metrics, why, why_len);
}

/* That what is said of it has really happened. The victim's own operation is not over: whoever
 * repairs what it has left counts it. */
static int check(const struct cb_env *env, char *why, size_t why_len)
{
	const struct killed_state *st = env->state;
	const uint64_t others = (uint64_t)(st->workers - 1) * OPERATIONS;
	const char *said = killed_outcomes[st->outcome];

	if (!WIFSIGNALED(st->victim_status) || WTERMSIG(st->victim_status) != SIGKILL)
		(void)snprintf(why, why_len, "%s: the victim was not killed", said);
	else if (st->outcome == KILLED_DEADLOCKED && st->after)
		(void)snprintf(why, why_len,
		    "%s: but %" PRIu64 " have had the lock after the death", said, st->after);
	else if (st->outcome == KILLED_DEADLOCKED && st->first != st->second + 1)
		(void)snprintf(why, why_len, "%s: but the victim did not hold the lock", said);
	else if (st->outcome != KILLED_DEADLOCKED && st->after != others)
		(void)snprintf(why, why_len,
		    "%s: %" PRIu64 " of %" PRIu64 " operations after the death", said, st->after,
		    others);
	else if (st->outcome != KILLED_DEADLOCKED && st->repaired != 1)
		(void)snprintf(why, why_len, "%s: %" PRIu64 " were told of the death, not 1", said,
		    st->repaired);
	else if (st->outcome == KILLED_SURVIVED &&
		 (st->first != st->done + 1 || st->second != st->first))
		(void)snprintf(why, why_len,
		    "%s: but the counters are %" PRIu64 " and %" PRIu64 " after %" PRIu64
		    " operations and half of one",
		    said, st->first, st->second, st->done);
	else
		return 0;
	return -EBADMSG;
}

static const struct cb_workload workload = {
    .op = "death of a worker",
    .timed =
	"a worker is killed inside the section; what becomes of the others, until they are done or "
	"nothing has happened for 500 ms",
    .checked =
	"somebody died, everybody who was left is accounted for, and the outcome fits the counter",
    .state_bytes = sizeof(struct killed_state),
    .setup = setup,
    .once = once,
    .check = check,
};

static int can(const struct cb_case *c, char *why, size_t why_len)
{
	return crew_can(c, 2, why, why_len);
}

static const struct cb_param own_params[] = {
    {"mutex", CB_WORD, "plain", 0, ROBUST,
	"a plain pthread mutex, or one that tells of its owner's death", mutex_words, false},
};

static const struct cb_sweep sweeps[] = {
    {CB_SMOKE, "mutex=robust"},
    {CB_QUICK, "mutex=plain"},
    {CB_FULL, "mutex=plain,robust workers=4*pus"},
    {CB_CHECK, "mutex=plain,robust workers=2,5"},
};

static const struct cb_kind killed_worker = {
    .family = "fault",
    .name = "killed_worker",
    .about = "a worker is killed (SIGKILL) while it holds a lock that others wait for",
    .source = "pthread_mutexattr_setrobust(3)",
    .from = CB_SMOKE,
    .version = 3,
    .models = CB_CAN(CB_PROCESS),
    .not_models = "a signal that kills a thread or a coroutine kills all of them",
    .work = &workload,
    .params = own_params,
    .param_count = 1,
    .sweeps = sweeps,
    .sweep_count = sizeof(sweeps) / sizeof(sweeps[0]),
    .can = can,
};

CB_REGISTER(killed_worker)

/* ---- the same where somebody is told: how long does that take? ---- */

static int setup_robust(struct cb_env *env, char *why, size_t why_len)
{
	struct killed_state *st = env->state;

	(void)why;
	(void)why_len;
	st->robust = 1;
	return 0;
}

static int recover_once(struct cb_env *env, struct cb_metrics *metrics, char *why, size_t why_len)
{
	const struct killed_state *st = env->state;
	const int ret = once(env, metrics, why, why_len);

	if (!ret && st->next_ns)
		(void)cb_metric(metrics, "recovery_ns", (double)(st->next_ns - st->killed_ns));
	return ret;
}

static int has_recovered(const struct cb_env *env, char *why, size_t why_len)
{
	const struct killed_state *st = env->state;
	const int ret = check(env, why, why_len);

	if (ret || (st->outcome == KILLED_SURVIVED && st->next_ns >= st->killed_ns))
		return ret;
	(void)snprintf(why, why_len, "%s: nobody has got the lock after the death",
	    killed_outcomes[st->outcome]);
	return -EBADMSG;
}

static const struct cb_workload recovery_work = {
    .op = "death of a worker",
    .timed =
	"a worker is killed inside the section of a robust mutex, for which all others wait: from "
	"the signal until one of them has the mutex, and is told of the death",
    .checked =
	"somebody died, one other was told, and everybody who was left has done all it had to",
    .state_bytes = sizeof(struct killed_state),
    .setup = setup_robust,
    .once = recover_once,
    .check = has_recovered,
};

static const struct cb_sweep recovery_sweeps[] = {
    {CB_FULL, "workers=2,4*pus"},
    {CB_CHECK, "workers=2,5"},
};

static const struct cb_figure recovery_figures[] = {
    {"recovery_ns", "from the signal until another has the mutex", "ns", CB_RATIO, CB_LESS, 0.0,
	NULL},
};

static const struct cb_kind recovery = {
    .family = "fault",
    .name = "recovery",
    .about = "the holder of a robust mutex is killed (SIGKILL): when does another have it?",
    .source = "pthread_mutexattr_setrobust(3)",
    .from = CB_FULL,
    .version = 2,
    .models = CB_CAN(CB_PROCESS),
    .not_models = "a signal that kills a thread or a coroutine kills all of them",
    .work = &recovery_work,
    .figures = recovery_figures,
    .figure_count = 1,
    .sweeps = recovery_sweeps,
    .sweep_count = sizeof(recovery_sweeps) / sizeof(recovery_sweeps[0]),
    .can = can,
};

CB_REGISTER(recovery)
