/*
 * selftest.c - cases that misbehave on purpose, for the tests of the harness. Listed only with
 * CONCBENCH_SELFTEST in the environment.
 */
#include "benches/selftest/selftest.h"

#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* The descriptor that a cell speaks to its supervisor through (harness/cell/supervise.c). */
#define CELL_FD 3

struct selftest_state {
	uint64_t counter CB_ALIGNED;
	unsigned trials;  /* of "cold", which has one worker */
	uint64_t wait_ns; /* of "dependent_on_rate" */
};

/* One operation is an addition to a shared counter, a little spaced out. */
static uint64_t count(struct cb_worker *w, void *state, uint64_t n)
{
	struct selftest_state *s = state;

	(void)w;
	for (uint64_t i = 0; i < n; i++)
		(void)cb_fetch_add(&s->counter, 1);
	return n;
}

static int check_count(const struct cb_env *env, char *why, size_t why_len)
{
	const struct selftest_state *s = env->state;
	const uint64_t counted = cb_load(&s->counter);
	uint64_t done = 0;

	for (unsigned i = 0; i < env->workers; i++)
		done += env->done[i];
	if (counted == done)
		return 0;
	(void)snprintf(why, why_len, "counted %" PRIu64 ", done %" PRIu64, counted, done);
	return -EBADMSG;
}

static const struct cb_workload ok = {.op = "addition",
    .state_bytes = sizeof(struct selftest_state),
    .batch = count,
    .check = check_count};

static uint64_t crash(struct cb_worker *w, void *state, uint64_t n)
{
	(void)w;
	(void)state;
	/* By the signal rather than by a bad pointer: sanitizers turn that into an exit. */
	(void)signal(SIGSEGV, SIG_DFL);
	(void)raise(SIGSEGV);
	return n;
}

static const struct cb_workload segv = {.op = "crash",
    .state_bytes = sizeof(struct selftest_state),
    .batch = crash,
    .check = check_count};

/* As a program does that finds its PU still awake: slower once the window has been open for 50 ms.
 * Its figure is counted, so that a short window is never taken for a slow one. */
#define SETTLES_NS (50 * CB_NS_PER_MS)

struct settling_state {
	uint64_t counter CB_ALIGNED;
	uint64_t opened_ns, ops, turns; /* of its one worker's window */
};

static void settling_enter(struct cb_worker *w, void *state)
{
	struct settling_state *s = state;

	(void)w;
	s->opened_ns = s->ops = s->turns = 0;
}

static uint64_t settle(struct cb_worker *w, void *state, uint64_t n)
{
	struct settling_state *s = state;

	for (uint64_t i = 0; i < n; i++) {
		const uint64_t now_ns = cb_now_ns();
		const bool counts = cb_in_window(w, now_ns);
		uint64_t turns = 100;

		if (counts && !s->opened_ns)
			s->opened_ns = now_ns;
		if (counts && now_ns - s->opened_ns >= SETTLES_NS)
			turns = 200;
		cb_spin(turns);
		s->ops += counts;
		s->turns += counts ? turns : 0;
		(void)cb_fetch_add(&s->counter, 1);
	}
	return n;
}

static void report_settling(const struct cb_env *env, struct cb_metrics *metrics)
{
	const struct settling_state *s = env->state;

	(void)cb_metric(metrics, "turns_per_op", (double)s->turns / (double)s->ops);
}

static const struct cb_workload settling = {.op = "addition",
    .state_bytes = sizeof(struct settling_state),
    .enter = settling_enter,
    .batch = settle,
    .check = check_count,
    .report = report_settling};

/* Waits for what nobody will ever do. */
static uint64_t wait_for_ever(struct cb_worker *w, void *state, uint64_t n)
{
	(void)w;
	(void)state;
	(void)n;
	for (;;)
		(void)pause();
	return 0;
}

static const struct cb_workload deadlock = {.op = "wait",
    .state_bytes = sizeof(struct selftest_state),
    .batch = wait_for_ever,
    .check = check_count};

/* Two locks in opposite order; whoever has the first waits until the other has one as well. */
struct opposite_state {
	struct cb_mutex mutex[2];
	uint32_t have;
};

static int opposite_setup(struct cb_env *env, char *why, size_t why_len)
{
	struct opposite_state *s = env->state;
	int ret = cb_mutex_init(&s->mutex[0], env->model);

	(void)why;
	(void)why_len;
	return ret ? ret : cb_mutex_init(&s->mutex[1], env->model);
}

static uint64_t lock_both(struct cb_worker *w, void *state, uint64_t n)
{
	struct opposite_state *s = state;

	cb_lock(w, &s->mutex[w->index]);
	(void)cb_fetch_add(&s->have, 1u);
	while (cb_load(&s->have) < w->count)
		cb_yield(w);
	cb_lock(w, &s->mutex[(w->index + 1) % w->count]);
	return n;
}

static const struct cb_workload opposite = {.op = "lock",
    .state_bytes = sizeof(struct opposite_state),
    .setup = opposite_setup,
    .batch = lock_both,
    .check = check_count};

/* Says one more than it did. */
static uint64_t miscount(struct cb_worker *w, void *state, uint64_t n)
{
	return count(w, state, n) + 1;
}

static const struct cb_workload invalid = {.op = "addition",
    .state_bytes = sizeof(struct selftest_state),
    .batch = miscount,
    .check = check_count};

static uint64_t leave_early(struct cb_worker *w, void *state, uint64_t n)
{
	(void)w;
	(void)state;
	_exit(0);
	return n;
}

static const struct cb_workload early_exit = {.op = "exit",
    .state_bytes = sizeof(struct selftest_state),
    .batch = leave_early,
    .check = check_count};

static int say_garbage(struct cb_env *env, char *why, size_t why_len)
{
	static const char noise[] = "}{ this is not the protocol \x01\xff\n";

	(void)env;
	(void)why;
	(void)why_len;
	return write(CELL_FD, noise, sizeof(noise) - 1) < 0 ? -errno : 0;
}

static const struct cb_workload garbage = {.op = "addition",
    .state_bytes = sizeof(struct selftest_state),
    .setup = say_garbage,
    .batch = count,
    .check = check_count};

/* On stdout, which is the supervisor's when it writes JSON. */
static int talk(struct cb_env *env, char *why, size_t why_len)
{
	(void)env;
	(void)why;
	(void)why_len;
	return puts("a library that talks") < 0 || fflush(stdout) != 0 ? -errno : 0;
}

static const struct cb_workload talkative = {.op = "addition",
    .state_bytes = sizeof(struct selftest_state),
    .setup = talk,
    .batch = count,
    .check = check_count};

/* What pthread_create(3) says at the limit of tasks. */
static int hit_a_wall(struct cb_env *env, char *why, size_t why_len)
{
	(void)env;
	(void)snprintf(why, why_len, "no more tasks");
	return -EAGAIN;
}

static const struct cb_workload wall = {.op = "addition",
    .state_bytes = sizeof(struct selftest_state),
    .setup = hit_a_wall,
    .batch = count,
    .check = check_count};

/* Slow until it has been warmed up: the first trial of each launch. A hundred times: on a machine
 * with a dozen other programs a CPU a launch's warm trials vary by ten. */
static void begin_trial(struct cb_worker *w, void *state)
{
	(void)w;
	((struct selftest_state *)state)->trials++;
}

static uint64_t count_cold(struct cb_worker *w, void *state, uint64_t n)
{
	const struct selftest_state *s = state;
	const uint64_t until_ns = cb_now_ns() + (s->trials == 1 ? 200 : 2) * CB_NS_PER_US;

	while (cb_now_ns() < until_ns)
		;
	(void)n;
	return count(w, state, 1);
}

static const struct cb_workload cold = {.op = "addition",
    .state_bytes = sizeof(struct selftest_state),
    .enter = begin_trial,
    .batch = count_cold,
    .check = check_count,
    .max_batch = 1};

static int refuse(struct cb_env *env, char *why, size_t why_len)
{
	(void)env;
	(void)snprintf(why, why_len, "this setup always fails");
	return -EIO;
}

static const struct cb_workload no_setup = {.op = "addition",
    .state_bytes = sizeof(struct selftest_state),
    .setup = refuse,
    .batch = count,
    .check = check_count};

static uint64_t fail_worker(struct cb_worker *w, void *state, uint64_t n)
{
	(void)state;
	if (w->index == w->count - 1)
		cb_fail(w, -ECONNRESET, "pretending to read");
	return n;
}

static const struct cb_workload worker_error = {.op = "addition",
    .state_bytes = sizeof(struct selftest_state),
    .batch = fail_worker,
    .check = check_count};

/* Only one of the workers dies: the others must not go on alone, nor wait for it. */
static uint64_t one_dies(struct cb_worker *w, void *state, uint64_t n)
{
	if (w->index == w->count - 1) {
		(void)signal(SIGSEGV, SIG_DFL);
		(void)raise(SIGSEGV);
	}
	return count(w, state, n);
}

static const struct cb_workload worker_dies = {.op = "addition",
    .state_bytes = sizeof(struct selftest_state),
    .batch = one_dies,
    .check = check_count};

static void die_at_once(struct cb_companion *c, const struct cb_env *env)
{
	(void)env;
	cb_companion_ready(c);
	(void)usleep(2000);
	_exit(7);
}

static const struct cb_companion_spec dying = {.role = "load generator", .run = die_at_once};

static uint64_t wait_a_little(struct cb_worker *w, void *state, uint64_t n)
{
	(void)n;
	cb_sleep_until(w, cb_now_ns() + CB_NS_PER_MS);
	return count(w, state, 1);
}

static const struct cb_workload companion_dies = {.op = "addition",
    .state_bytes = sizeof(struct selftest_state),
    .batch = wait_a_little,
    .companions = &dying,
    .companion_count = 1,
    .max_batch = 1,
    .check = check_count};

static const struct cb_workload idle = {.op = "addition",
    .state_bytes = sizeof(struct selftest_state),
    .batch = wait_a_little,
    .check = check_count,
    .max_batch = 1};

/* A change that breaks a case: what a gate has to tell from a slower one. */
static uint64_t crash_if_asked(struct cb_worker *w, void *state, uint64_t n)
{
	return getenv("CONCBENCH_SELFTEST_CRASH") ? crash(w, state, n) : count(w, state, n);
}

static const struct cb_workload crash_if = {.op = "addition",
    .state_bytes = sizeof(struct selftest_state),
    .batch = crash_if_asked,
    .check = check_count};

static uint64_t hang_if_asked(struct cb_worker *w, void *state, uint64_t n)
{
	return getenv("CONCBENCH_SELFTEST_HANG") ? wait_for_ever(w, state, n) : count(w, state, n);
}

static const struct cb_workload hang_if = {.op = "addition",
    .state_bytes = sizeof(struct selftest_state),
    .batch = hang_if_asked,
    .check = check_count};

/* Two phases an operation, of which a change may slow the second down: in turns of a loop, which
 * are the same at all times. */
enum { FIRST, SECOND, PHASES };

struct phases_state {
	uint64_t counter CB_ALIGNED;
	uint64_t turns[PHASES];
};

static uint64_t go_through_phases(struct cb_worker *w, void *state, uint64_t n)
{
	struct phases_state *s = state;
	const uint64_t turns[PHASES] = {
	    1000, getenv("CONCBENCH_SELFTEST_SLOW_PHASE") ? 1500 : 1000};

	(void)w;
	for (uint64_t i = 0; i < n; i++) {
		for (unsigned k = 0; k < PHASES; k++) {
			cb_spin(turns[k]);
			(void)cb_fetch_add(&s->turns[k], turns[k]);
		}
		(void)cb_fetch_add(&s->counter, 1);
	}
	return n;
}

static void report_phases(const struct cb_env *env, struct cb_metrics *metrics)
{
	const struct phases_state *s = env->state;
	const double done = (double)cb_load(&s->counter);

	(void)cb_metric(metrics, "first_turns", (double)cb_load(&s->turns[FIRST]) / done);
	(void)cb_metric(metrics, "second_turns", (double)cb_load(&s->turns[SECOND]) / done);
}

static const struct cb_workload phases = {.op = "operation",
    .state_bytes = sizeof(struct phases_state),
    .batch = go_through_phases,
    .check = check_count,
    .report = report_phases};

static const struct cb_figure phase_figures[] = {
    {"first_turns", "its first phase", "turns", CB_RATIO, CB_LESS, 0.0, NULL},
    {"second_turns", "its second phase", "turns", CB_RATIO, CB_LESS, 0.0, NULL},
};

/* ---- a case that depends on another ---- */

/* Waits for as long as what it was given says: two loads are two figures. */
static uint64_t wait_as_given(struct cb_worker *w, void *state, uint64_t n)
{
	struct selftest_state *s = state;

	(void)n;
	for (uint64_t until_ns = cb_now_ns() + s->wait_ns; cb_now_ns() < until_ns;)
		;
	return count(w, state, 1);
}

static int wait_setup(struct cb_env *env, char *why, size_t why_len)
{
	struct selftest_state *s = env->state;

	if (!(env->given > 0.0)) {
		(void)snprintf(why, why_len, "it was given nothing");
		return -EINVAL;
	}
	/* Half as long again as an operation of the other takes. */
	s->wait_ns = (uint64_t)(1.5 * (double)CB_NS_PER_S / env->given);
	return 0;
}

static void report_given(const struct cb_env *env, struct cb_metrics *metrics)
{
	(void)cb_metric(metrics, "given", env->given);
}

static const struct cb_workload dependent = {.op = "operation",
    .state_bytes = sizeof(struct selftest_state),
    .setup = wait_setup,
    .batch = wait_as_given,
    .check = check_count,
    .report = report_given,
    .max_batch = 1};

/* ---- kinds ---- */

static const struct cb_param params[] = {
    CB_PARAM_MODEL, CB_PARAM_WORKERS("1"), CB_PARAM_CARRIERS, CB_PARAM_PLACE("none")};

const struct cb_family selftest_family = {
    .name = "selftest",
    .plural = "selftests",
    .title = "Cases that misbehave on purpose",
    .question = "What becomes of a case that crashes, hangs or lies?",
    .params = params,
    .param_count = sizeof(params) / sizeof(params[0]),
};

/* Long enough to be interrupted in the middle. */
static uint64_t long_window(const struct cb_case *c)
{
	(void)c;
	return 300 * CB_NS_PER_MS;
}

static const struct cb_sweep ok_sweeps[] = {
    {CB_SMOKE, "model=thread"}, {CB_SMOKE, "model=process,coroutine workers=2"}};
static const struct cb_kind kind_ok = {.family = "selftest",
    .name = "ok",
    .about = "adds to a counter",
    .flags = CB_HIDDEN,
    .version = 1,
    .models = CB_CAN_ALL,
    .work = &ok,
    .sweeps = ok_sweeps,
    .sweep_count = 2};
CB_REGISTER(kind_ok)

SELFTEST(segv, "crashes", "model=thread", .work = &segv)
SELFTEST(deadlock, "waits for ever", "model=thread,process workers=2", .work = &deadlock)
SELFTEST(opposite, "takes two locks in opposite order", "model=thread,process,coroutine workers=2",
    .work = &opposite)
SELFTEST(invalid, "counts one too many", "model=thread", .work = &invalid)
SELFTEST(early_exit, "ends its process", "model=thread", .work = &early_exit)
SELFTEST(garbage, "speaks out of turn", "model=thread", .work = &garbage)
SELFTEST(talkative, "prints", "model=thread", .work = &talkative)
SELFTEST(wall, "hits a limit of the system", "model=thread", .work = &wall)
SELFTEST(settling, "slows down when it has run for a while", "model=thread", .work = &settling,
    .figures = &selftest_turns, .figure_count = 1)
SELFTEST(cold, "is slow in its first trial", "model=thread", .work = &cold)
SELFTEST(no_setup, "cannot set itself up", "model=thread", .work = &no_setup)
SELFTEST(worker_error, "one of its workers fails", "model=process workers=2", .work = &worker_error)
SELFTEST(worker_dies, "one of its workers dies", "model=process workers=2", .work = &worker_dies)
SELFTEST(companion_dies, "its load generator dies", "model=thread", .work = &companion_dies)
SELFTEST(crash_if, "crashes when told to", "model=thread", .work = &crash_if)
SELFTEST(hang_if, "hangs when told to", "model=thread", .work = &hang_if)
SELFTEST(slow, "takes its time", "model=thread", .work = &idle, .window_ns = long_window)

SELFTEST(phases, "has two phases", "model=thread", .work = &phases, .figures = phase_figures,
    .figure_count = 2)

/* On the sieve with a knob; on one that crashes; on one that is not in every build. */
static bool on_sieve(const struct cb_case *c, char *name, size_t len)
{
	(void)c;
	(void)snprintf(name, len, "selftest/slow_sieve/place:same");
	return true;
}

static bool on_crash(const struct cb_case *c, char *name, size_t len)
{
	(void)c;
	(void)snprintf(name, len, "selftest/segv");
	return true;
}

static bool on_extra(const struct cb_case *c, char *name, size_t len)
{
	(void)c;
	(void)snprintf(name, len, "selftest/extra/model:thread");
	return true;
}

SELFTEST(dependent_on_rate, "depends on how quick another is", "model=thread", .work = &dependent,
    .depends = on_sieve)
SELFTEST(dependent_on_crash, "depends on what crashes", "model=thread", .work = &dependent,
    .depends = on_crash)
SELFTEST(without_peak, "depends on what cannot run", "model=thread", .work = &dependent,
    .depends = on_extra)

/* Two builds of which one has a case more, or does something else in it. */
static int only_if_asked(const struct cb_case *c, char *why, size_t why_len)
{
	(void)c;
	if (getenv("CONCBENCH_SELFTEST_EXTRA"))
		return 0;
	(void)snprintf(why, why_len, "not in this build");
	return -EINVAL;
}

SELFTEST(extra, "is in one of two builds", "model=thread", .work = &ok, .can = only_if_asked)

static const struct cb_sweep versioned_sweep[] = {{CB_SMOKE, "model=thread"}};
static struct cb_kind kind_versioned = {.family = "selftest",
    .name = "versioned",
    .about = "does something else in one of two builds",
    .flags = CB_HIDDEN,
    .version = 1,
    .models = CB_CAN_ALL,
    .work = &ok,
    .sweeps = versioned_sweep,
    .sweep_count = 1};
CB_REGISTER(kind_versioned)

static const struct cb_figure other_figure = {
    "ns_per_op", "time per operation", "ns", CB_RATIO, CB_MORE, 0.0, NULL};

__attribute__((constructor)) static void take_version(void)
{
	const char *text = getenv("CONCBENCH_SELFTEST_VERSION");

	if (getenv("CONCBENCH_SELFTEST_MORE_IS_BETTER")) {
		kind_versioned.figures = &other_figure;
		kind_versioned.figure_count = 1;
	}
	if (text && atoi(text) > 0)
		kind_versioned.version = (unsigned)atoi(text);
}
