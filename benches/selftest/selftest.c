#include "benches/selftest/selftest.h"

#include "benches/selftest/selftest_slow.h"

#include "harness/base/clock.h"
#include "harness/base/text.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* The descriptor that a cell speaks to its supervisor through (harness/cell/supervise.c). */
#define CELL_FD 3

struct selftest_state {
	_Alignas(ARENA_ALIGN) atomic_ulong counter;
	unsigned trials; /* of "cold", which has one worker */
};

/* One operation is an addition to a shared counter, a little spaced out. */
static uint64_t count(struct worker *w, void *state, uint64_t n)
{
	struct selftest_state *s = state;

	(void)w;
	for (uint64_t i = 0; i < n; i++)
		atomic_fetch_add_explicit(&s->counter, 1, memory_order_relaxed);
	return n;
}

static int check_count(const struct bench_env *env, char *why, size_t why_len)
{
	const struct selftest_state *s = env->state;
	const unsigned long counted = atomic_load(&s->counter);
	uint64_t done = 0;

	for (unsigned i = 0; i < env->workers; i++)
		done += env->done[i];
	if (counted == done)
		return 0;
	(void)snprintf(why, why_len, "counted %lu, done %llu", counted, (unsigned long long)done);
	return -EBADMSG;
}

static const struct workload ok = {.op = "addition",
    .state_bytes = sizeof(struct selftest_state),
    .batch = count,
    .check = check_count};

static uint64_t crash(struct worker *w, void *state, uint64_t n)
{
	(void)w;
	(void)state;
	/* By the signal rather than by a bad pointer: sanitizers turn that into an exit. */
	(void)signal(SIGSEGV, SIG_DFL);
	(void)raise(SIGSEGV);
	return n;
}

static const struct workload segv = {
    .op = "crash", .state_bytes = sizeof(struct selftest_state), .batch = crash};

/* Waits for what nobody will ever do. */
static uint64_t wait_for_ever(struct worker *w, void *state, uint64_t n)
{
	(void)w;
	(void)state;
	(void)n;
	for (;;)
		(void)pause();
	return 0;
}

static const struct workload deadlock = {
    .op = "wait", .state_bytes = sizeof(struct selftest_state), .batch = wait_for_ever};

/* Says one more than it did. */
static uint64_t miscount(struct worker *w, void *state, uint64_t n)
{
	return count(w, state, n) + 1;
}

static const struct workload invalid = {.op = "addition",
    .state_bytes = sizeof(struct selftest_state),
    .batch = miscount,
    .check = check_count};

static uint64_t leave_early(struct worker *w, void *state, uint64_t n)
{
	(void)w;
	(void)state;
	_exit(0);
	return n;
}

static const struct workload early_exit = {
    .op = "exit", .state_bytes = sizeof(struct selftest_state), .batch = leave_early};

static int say_garbage(struct bench_env *env, char *why, size_t why_len)
{
	static const char noise[] = "}{ this is not the protocol \x01\xff\n";

	(void)env;
	(void)why;
	(void)why_len;
	return write(CELL_FD, noise, sizeof(noise) - 1) < 0 ? -errno : 0;
}

static const struct workload garbage = {.op = "addition",
    .state_bytes = sizeof(struct selftest_state),
    .setup = say_garbage,
    .batch = count};

/* On stdout, which is the supervisor's when it writes JSON. */
static int talk(struct bench_env *env, char *why, size_t why_len)
{
	(void)env;
	(void)why;
	(void)why_len;
	return puts("a library that talks") < 0 || fflush(stdout) != 0 ? -errno : 0;
}

static const struct workload talkative = {
    .op = "addition", .state_bytes = sizeof(struct selftest_state), .setup = talk, .batch = count};

/* What pthread_create(3) says at the limit of tasks. */
static int hit_a_wall(struct bench_env *env, char *why, size_t why_len)
{
	(void)env;
	(void)snprintf(why, why_len, "no more tasks");
	return -EAGAIN;
}

static const struct workload wall = {.op = "addition",
    .state_bytes = sizeof(struct selftest_state),
    .setup = hit_a_wall,
    .batch = count};

/* Slow until it has been warmed up: the first trial of each launch. A hundred times: on a machine
 * with a dozen other programs a CPU a launch's warm trials vary by ten. */
static void begin_trial(struct worker *w, void *state)
{
	(void)w;
	((struct selftest_state *)state)->trials++;
}

static uint64_t count_cold(struct worker *w, void *state, uint64_t n)
{
	const struct selftest_state *s = state;
	const uint64_t until_ns = clock_now_ns() + (s->trials == 1 ? 200 : 2) * CLOCK_NS_PER_US;

	while (clock_now_ns() < until_ns)
		;
	(void)n;
	return count(w, state, 1);
}

static const struct workload cold = {.op = "addition",
    .state_bytes = sizeof(struct selftest_state),
    .enter = begin_trial,
    .batch = count_cold,
    .check = check_count,
    .max_batch = 1};

static int refuse(struct bench_env *env, char *why, size_t why_len)
{
	(void)env;
	(void)snprintf(why, why_len, "this setup always fails");
	return -EIO;
}

static const struct workload no_setup = {.op = "addition",
    .state_bytes = sizeof(struct selftest_state),
    .setup = refuse,
    .batch = count};

static uint64_t fail_worker(struct worker *w, void *state, uint64_t n)
{
	(void)state;
	if (w->index == w->count - 1)
		worker_fail(w, -ECONNRESET, "pretending to read");
	return n;
}

static const struct workload worker_error = {
    .op = "addition", .state_bytes = sizeof(struct selftest_state), .batch = fail_worker};

/* Only one of the workers dies: the others must not go on alone, nor wait for it. */
static uint64_t one_dies(struct worker *w, void *state, uint64_t n)
{
	if (w->index == w->count - 1) {
		(void)signal(SIGSEGV, SIG_DFL);
		(void)raise(SIGSEGV);
	}
	return count(w, state, n);
}

static const struct workload worker_dies = {.op = "addition",
    .state_bytes = sizeof(struct selftest_state),
    .batch = one_dies,
    .check = check_count};

static void die_at_once(struct companion *c)
{
	atomic_store(c->ready, 1);
	clock_sleep_until_ns(clock_now_ns() + 2 * CLOCK_NS_PER_MS);
	_exit(7);
}

static uint64_t wait_a_little(struct worker *w, void *state, uint64_t n)
{
	(void)n;
	worker_sleep_until(w, clock_now_ns() + CLOCK_NS_PER_MS);
	return count(w, state, 1);
}

static const struct workload companion_dies = {.op = "addition",
    .state_bytes = sizeof(struct selftest_state),
    .batch = wait_a_little,
    .companion = die_at_once,
    .max_batch = 1};

static const struct workload idle = {.op = "addition",
    .state_bytes = sizeof(struct selftest_state),
    .batch = wait_a_little,
    .check = check_count,
    .max_batch = 1};

/* A change that breaks a case: what a gate has to tell from a slower one. */
static uint64_t crash_if_asked(struct worker *w, void *state, uint64_t n)
{
	return getenv("CONCBENCH_SELFTEST_CRASH") ? crash(w, state, n) : count(w, state, n);
}

static const struct workload crash_if = {.op = "addition",
    .state_bytes = sizeof(struct selftest_state),
    .batch = crash_if_asked,
    .check = check_count};

static uint64_t hang_if_asked(struct worker *w, void *state, uint64_t n)
{
	return getenv("CONCBENCH_SELFTEST_HANG") ? wait_for_ever(w, state, n) : count(w, state, n);
}

static const struct workload hang_if = {.op = "addition",
    .state_bytes = sizeof(struct selftest_state),
    .batch = hang_if_asked,
    .check = check_count};

struct selftest {
	const char *name;
	const struct workload *workload;
	enum model model;
	unsigned workers;
	uint64_t slot_ns;
};

static const struct selftest selftests[] = {
    {"ok", &ok, MODEL_THREAD, 1, 0},
    {"ok", &ok, MODEL_PROCESS, 2, 0},
    {"ok", &ok, MODEL_COROUTINE, 2, 0},
    {"segv", &segv, MODEL_THREAD, 1, 0},
    {"deadlock", &deadlock, MODEL_THREAD, 2, 0},
    {"deadlock", &deadlock, MODEL_PROCESS, 2, 0},
    {"invalid", &invalid, MODEL_THREAD, 1, 0},
    {"early_exit", &early_exit, MODEL_THREAD, 1, 0},
    {"garbage", &garbage, MODEL_THREAD, 1, 0},
    {"talkative", &talkative, MODEL_THREAD, 1, 0},
    {"wall", &wall, MODEL_THREAD, 1, 0},
    {"cold", &cold, MODEL_THREAD, 1, 0},
    {"no_setup", &no_setup, MODEL_THREAD, 1, 0},
    {"worker_error", &worker_error, MODEL_PROCESS, 2, 0},
    {"worker_dies", &worker_dies, MODEL_PROCESS, 2, 0},
    {"companion_dies", &companion_dies, MODEL_THREAD, 1, 0},
    {"crash_if", &crash_if, MODEL_THREAD, 1, 0},
    {"hang_if", &hang_if, MODEL_THREAD, 1, 0},
    /* Long enough to be interrupted in the middle. */
    {"slow", &idle, MODEL_THREAD, 1, 300 * CLOCK_NS_PER_MS},
};

static void add(
    struct case_list *list, const struct machine *m, const struct selftest *t, unsigned version)
{
	const struct bench_case bc = {.workload = t->workload,
	    .model = t->model,
	    .workers = t->workers,
	    .carriers = t->model == MODEL_COROUTINE ? 1 : 0,
	    .place = placement_policy_of(PLACEMENT_NONE),
	    .slot_ns = t->slot_ns,
	    .version = version};

	case_add(list, m, &bc, "selftest/%s/model:%s/workers:%u/place:none", t->name,
	    model_name(t->model), t->workers);
}

/* Two builds of which one has a case more, or does something else in it. */
static void add_changing(struct case_list *list, const struct machine *m)
{
	static const struct selftest extra = {"extra", &ok, MODEL_THREAD, 1, 0};
	static const struct selftest versioned = {"versioned", &ok, MODEL_THREAD, 1, 0};
	const char *text = getenv("CONCBENCH_SELFTEST_VERSION");
	uint64_t version = 1;

	if (getenv("CONCBENCH_SELFTEST_EXTRA"))
		add(list, m, &extra, 1);
	if (text)
		(void)text_parse_u64(text, 1, 1000, &version);
	add(list, m, &versioned, (unsigned)version);
}

void selftest_list(struct case_list *list, const struct machine *m)
{
	if (!getenv("CONCBENCH_SELFTEST"))
		return;
	for (size_t i = 0; i < sizeof(selftests) / sizeof(selftests[0]); i++)
		add(list, m, &selftests[i], 1);
	add_changing(list, m);
	selftest_slow_list(list, m);
}
