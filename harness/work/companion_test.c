/* companion_test.c - the processes beside the workers, through a team: life, window, PU and death.
 */
#include "harness/base/clock.h"
#include "harness/work/case_fixture.h"
#include "harness/work/companion.h"

#include <errno.h>
#include <sched.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cmocka.h>

/* Long enough that a busy machine gives both a turn in it. */
#define WINDOW_NS (100 * CLOCK_NS_PER_MS)

struct shared {
	_Alignas(ARENA_ALIGN) atomic_uint turns; /* of the companion, recording or not */
	_Alignas(ARENA_ALIGN) atomic_uint recorded;
	_Alignas(ARENA_ALIGN) uint64_t first_recording_ns, last_recording_ns;
	pid_t pid;
	int pu;   /* the only one it may run on, -1: several */
	int told; /* to die of this signal; 0: to live */
	bool deaf;
	bool finished; /* came to its end by itself */
};

static int only_pu(void)
{
	cpu_set_t set;

	if (sched_getaffinity(0, sizeof(set), &set) != 0 || CPU_COUNT(&set) != 1)
		return -1;
	for (unsigned i = 0; i < CPU_SETSIZE; i++)
		if (CPU_ISSET(i, &set))
			return (int)i;
	return -1;
}

static void run(struct cb_companion *c, const struct cb_env *env)
{
	struct shared *s = env->state;

	s->pid = getpid();
	s->pu = only_pu();
	cb_companion_ready(c);
	while (s->deaf || !cb_companion_quitting(c)) {
		if (s->told)
			(void)raise(s->told);
		atomic_fetch_add(&s->turns, 1);
		if (cb_companion_recording(c)) {
			/* Looked at before the flag, the clock may be long past by the time of it.
			 */
			if (!s->first_recording_ns)
				s->first_recording_ns = clock_now_ns();
			s->last_recording_ns = clock_now_ns();
			atomic_fetch_add(&s->recorded, 1);
			cb_companion_record_ns(c, 1000);
		}
	}
	s->finished = true;
}

/* Until the turn that it may have been stopped in, by the scheduler, is over. */
static void await_turn(struct shared *s)
{
	const unsigned now = atomic_load(&s->turns);

	while (atomic_load(&s->turns) - now < 2)
		clock_sleep_until_ns(clock_now_ns() + 100 * CLOCK_NS_PER_US);
}

static uint64_t work(struct cb_worker *w, void *state, uint64_t n)
{
	(void)w;
	(void)state;
	clock_sleep_until_ns(clock_now_ns() + 50 * CLOCK_NS_PER_US);
	return n;
}

static const struct cb_companion_spec generator = {
    .role = "load generator", .run = run, .measures = true};
static const struct cb_workload load = {.op = "op",
    .latency_of = "nothing",
    .state_bytes = sizeof(struct shared),
    .batch = work,
    .companions = &generator,
    .companion_count = 1,
    .max_batch = 1};

static struct topology *topo;

static int discover(void **state)
{
	char err[200];

	(void)state;
	return topology_discover(&topo, err, sizeof(err));
}

static int release(void **state)
{
	(void)state;
	topology_free(topo);
	return 0;
}

static bool no_child_is_left(void)
{
	return waitpid(-1, NULL, WNOHANG) < 0 && errno == ECHILD;
}

static void it_lives_beside_every_model(void **state)
{
	const enum cb_model models[] = {CB_THREAD, CB_PROCESS, CB_COROUTINE};

	(void)state;
	for (size_t m = 0; m < 3; m++) {
		const struct bench_case bc = fixture_case(&load, models[m], 1);
		char why[200] = "";
		struct shared *s;
		struct team t;

		if (team_create(
			&t, &bc, topo, &(struct team_options){.seed = 7}, why, sizeof(why)) != 0)
			fail_msg("%s", why);
		s = t.env.state;
		assert_int_equal(s->pid, t.companions[0].pid);
		assert_int_not_equal(s->pid, getpid());
		for (unsigned i = 0; i < 2; i++) {
			struct sample sample;
			unsigned before;

			await_turn(s);
			s->first_recording_ns = s->last_recording_ns = 0;
			before = atomic_load(&s->recorded);
			if (team_trial(&t, WINDOW_NS, &sample, why, sizeof(why)) != 0)
				fail_msg("%s: %s", cb_model_name(models[m]), why);
			await_turn(s);
			assert_true(atomic_load(&s->recorded) > before);
			/* Only inside the window, give or take the turn in which it closed. */
			assert_true(s->first_recording_ns >= t.line->open_ns);
			/* Negative control: it has been at work outside it as well. */
			assert_true(atomic_load(&s->turns) > atomic_load(&s->recorded));
			/* Its latencies are the sample's, and each trial begins without any. */
			assert_non_null(sample.latency);
			assert_in_range(
			    sample.latency->count, 1, atomic_load(&s->recorded) - before);
			assert_true(t.env.companion[0].wall_ns > 0);
			assert_true(t.env.companion[0].cpu_ns > 0);
			sample_free(&sample);
		}
		assert_false(no_child_is_left());
		companions_stop(&t);
		assert_true(s->finished);
		assert_int_equal(t.companions[0].pid, 0);
		/* Twice is fine. */
		team_destroy(&t);
		assert_true(no_child_is_left());
	}
}

static void it_gets_a_pu_that_is_spare(void **state)
{
	const unsigned pus = topology_pu_count(topo);
	struct bench_case bc = fixture_case(&load, CB_THREAD, 1);
	char why[200] = "", text[32];
	struct team t;

	(void)state;
	(void)snprintf(text, sizeof(text), "list:%u", topology_pu(topo, 0)->os_index);
	assert_int_equal(placement_parse(text, &bc.place, why, sizeof(why)), 0);
	assert_int_equal(
	    team_create(&t, &bc, topo, &(struct team_options){.seed = 7}, why, sizeof(why)), 0);
	if (pus > 1) {
		assert_true(t.companions[0].pu >= 0);
		assert_int_not_equal(t.companions[0].pu, topology_pu(topo, 0)->os_index);
		assert_int_equal(((struct shared *)t.env.state)->pu, t.companions[0].pu);
	} else {
		assert_int_equal(t.companions[0].pu, -1);
	}
	team_destroy(&t);
	/* With a worker on every PU it is left to the scheduler. */
	bc.pub.workers = pus;
	bc.place = placement_policy_of(PLACEMENT_COMPACT);
	assert_int_equal(
	    team_create(&t, &bc, topo, &(struct team_options){.seed = 7}, why, sizeof(why)), 0);
	assert_int_equal(t.companions[0].pu, -1);
	assert_int_equal(((struct shared *)t.env.state)->pu, pus > 1 ? -1 : only_pu());
	team_destroy(&t);
}

static void return_at_once(struct cb_companion *c, const struct cb_env *env)
{
	(void)c;
	(void)env;
}

static void crash(struct cb_companion *c, const struct cb_env *env)
{
	(void)c;
	(void)env;
	(void)raise(SIGKILL);
}

static void one_that_never_gets_ready_is_named(void **state)
{
	static const struct {
		void (*body)(struct cb_companion *c, const struct cb_env *env);
		const char *why;
	} table[] = {
	    {return_at_once, "the load generator ended: exited with status 0"},
	    {crash, "the load generator ended: killed by signal 9 (Killed)"},
	};

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		struct cb_companion_spec spec = generator;
		struct cb_workload bad = load;
		struct bench_case bc = fixture_case(&bad, CB_THREAD, 1);
		char why[200] = "";
		struct team t;

		spec.run = table[i].body;
		bad.companions = &spec;
		assert_int_equal(
		    team_create(&t, &bc, topo, &(struct team_options){.seed = 7}, why, sizeof(why)),
		    -ECHILD);
		assert_string_equal(why, table[i].why);
		assert_true(no_child_is_left());
	}
}

static void its_death_spoils_the_trial(void **state)
{
	const struct bench_case bc = fixture_case(&load, CB_THREAD, 1);
	char why[200] = "";
	struct sample sample;
	struct team t;

	(void)state;
	assert_int_equal(
	    team_create(&t, &bc, topo, &(struct team_options){.seed = 7}, why, sizeof(why)), 0);
	((struct shared *)t.env.state)->told = SIGKILL;
	/* The workers could do without it: that it has died is enough. */
	assert_int_equal(team_trial(&t, WINDOW_NS, &sample, why, sizeof(why)), -ECHILD);
	assert_string_equal(why, "the load generator ended: killed by signal 9 (Killed)");
	/* Still known when it is asked again. */
	why[0] = '\0';
	assert_int_equal(companions_alive(&t, why, sizeof(why)), -ECHILD);
	assert_non_null(strstr(why, "killed by signal 9"));
	team_destroy(&t);
	assert_true(no_child_is_left());
}

/* ---- a worker that fails beside it ---- */

struct failing {
	_Alignas(ARENA_ALIGN) atomic_uint failed; /* the server has closed its door */
	unsigned in_leave;                        /* it fails there and nowhere else */
	unsigned crashes;                         /* its companion, of it */
};

static void leave_with_it(struct cb_companion *c, const struct cb_env *env)
{
	struct failing *f = env->state;

	cb_companion_ready(c);
	while (!cb_companion_quitting(c) && !atomic_load(&f->failed))
		clock_sleep_until_ns(clock_now_ns() + 100 * CLOCK_NS_PER_US);
	if (f->crashes && atomic_load(&f->failed))
		(void)raise(SIGKILL);
}

static uint64_t fail_late(struct cb_worker *w, void *state, uint64_t n)
{
	struct failing *f = state;

	clock_sleep_until_ns(clock_now_ns() + CLOCK_NS_PER_MS);
	if (f->in_leave || worker_of(w)->line->open_ns == TRIAL_UNKNOWN_NS)
		return n;
	/* The client notices first, and has gone when the server says why. */
	atomic_store(&f->failed, 1);
	clock_sleep_until_ns(clock_now_ns() + 3 * TEAM_ALIVE_CHECK_NS);
	cb_fail(w, -EPIPE, "server: read");
	return n;
}

static void fail_in_leave(struct cb_worker *w, void *state)
{
	struct failing *f = state;

	if (f->in_leave)
		cb_fail(w, -EIO, "closing");
}

static const struct cb_companion_spec client = {.role = "load generator", .run = leave_with_it};
static const struct cb_workload server = {.op = "op",
    .state_bytes = sizeof(struct failing),
    .batch = fail_late,
    .leave = fail_in_leave,
    .companions = &client,
    .companion_count = 1,
    .max_batch = 1};

/* Return: how long the trial took. */
static uint64_t failed_trial(
    const struct failing *as, enum cb_model model, uint64_t window_ns, int want, char *why)
{
	const struct bench_case bc = fixture_case(&server, model, 2);
	struct failing *f;
	struct sample sample;
	struct team t;
	uint64_t begin_ns;

	assert_int_equal(
	    team_create(&t, &bc, topo, &(struct team_options){.seed = 7}, why, 200), 0);
	f = t.env.state;
	f->in_leave = as->in_leave;
	f->crashes = as->crashes;
	begin_ns = clock_now_ns();
	assert_int_equal(team_trial(&t, window_ns, &sample, why, 200), want);
	begin_ns = clock_now_ns() - begin_ns;
	team_destroy(&t);
	assert_true(no_child_is_left());
	return begin_ns;
}

static void the_worker_s_error_is_why(void **state)
{
	static const enum cb_model models[] = {CB_THREAD, CB_PROCESS, CB_COROUTINE};
	char why[200];

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		(void)failed_trial(&(struct failing){0}, models[i], WINDOW_NS, -EIO, why);
		if (!strstr(why, ": server: read: Broken pipe; the load generator ended: "
				 "exited with status 0"))
			fail_msg("%s", why);
	}
	/* Negative control: when it has crashed, that is why, whatever the worker made of it. */
	(void)failed_trial(&(struct failing){.crashes = 1}, CB_THREAD, WINDOW_NS, -ECHILD, why);
	assert_string_equal(why, "the load generator ended: killed by signal 9 (Killed)");
}

/* Nobody sleeps through the window of a trial that is worth nothing. */
static void an_aborted_trial_ends_at_once(void **state)
{
	const uint64_t window_ns = 4 * CLOCK_NS_PER_S;
	char why[200];

	(void)state;
	assert_true(
	    failed_trial(&(struct failing){0}, CB_THREAD, window_ns, -EIO, why) < window_ns / 2);
	/* Negative control: one that fails after its window has lasted as long. */
	assert_true(failed_trial(&(struct failing){.in_leave = 1}, CB_THREAD, WINDOW_NS, -EIO,
			why) >= WINDOW_NS);
}

static void an_error_in_leave_counts(void **state)
{
	static const enum cb_model models[] = {CB_THREAD, CB_PROCESS, CB_COROUTINE};
	char why[200];

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		(void)failed_trial(
		    &(struct failing){.in_leave = 1}, models[i], WINDOW_NS, -EIO, why);
		if (!strstr(why, ": closing: Input/output error"))
			fail_msg("%s", why);
	}
}

/* ---- beside a trial that is one call ---- */

static int sleep_once(struct cb_env *env, struct cb_metrics *metrics, char *why, size_t why_len)
{
	struct shared *s = env->state;

	(void)why;
	(void)why_len;
	await_turn(s);
	clock_sleep_until_ns(clock_now_ns() + WINDOW_NS / 4);
	await_turn(s);
	return cb_metric(metrics, "bytes", 1);
}

static void it_is_charged_to_one_call(void **state)
{
	static const struct cb_workload calls = {.op = "op",
	    .state_bytes = sizeof(struct shared),
	    .once = sleep_once,
	    .companions = &generator,
	    .companion_count = 1};
	const struct bench_case bc = fixture_case(&calls, CB_THREAD, 1);
	char why[200] = "";
	struct sample sample;
	struct team t;
	double value;

	(void)state;
	assert_int_equal(
	    team_create(&t, &bc, topo, &(struct team_options){.seed = 7}, why, sizeof(why)), 0);
	assert_int_equal(team_trial(&t, 0, &sample, why, sizeof(why)), 0);
	assert_true(metric_get(&sample.metrics, METRIC_COMPANION_CPU_NS, &value) && value > 0);
	assert_true(metric_get(&sample.metrics, METRIC_COMPANION_BYTES, &value) && value > 0);
	assert_true(t.env.companion[0].wall_ns >= WINDOW_NS / 4);
	/* It was told that this is what counts, and that it is over. */
	assert_true(atomic_load(&((struct shared *)t.env.state)->recorded) > 0);
	assert_int_equal(atomic_load(&t.line->recording), 0);
	sample_free(&sample);
	team_destroy(&t);
}

static void one_that_does_not_listen_is_killed(void **state)
{
	const struct bench_case bc = fixture_case(&load, CB_THREAD, 1);
	char why[200] = "";
	struct team t;

	(void)state;
	assert_int_equal(
	    team_create(&t, &bc, topo, &(struct team_options){.seed = 7}, why, sizeof(why)), 0);
	((struct shared *)t.env.state)->deaf = true;
	team_destroy(&t);
	assert_true(no_child_is_left());
}

/* ---- several, with different roles ---- */

enum role { BUSY, SLEEPY, SOAKER, ROLES };

/* Beyond what one process may have more than another of code and stack. */
#define SLEEPY_BYTES ((size_t)32 * 1024 * 1024)

struct crowd {
	struct crowd_member {
		_Alignas(ARENA_ALIGN) pid_t pid;
		int pu;     /* the only one it may run on, -1: several */
		int policy; /* of the scheduler */
		bool finished;
	} member[ROLES];
	struct cb_usage seen[ROLES]; /* by check() */
};

static void belong(struct cb_companion *c, const struct cb_env *env, enum role role)
{
	struct crowd_member *m = &((struct crowd *)env->state)->member[role];

	m->pid = getpid();
	m->pu = only_pu();
	m->policy = sched_getscheduler(0);
	cb_companion_ready(c);
	while (!cb_companion_quitting(c)) {
		if (role == SLEEPY)
			clock_sleep_until_ns(clock_now_ns() + CLOCK_NS_PER_MS);
		/* Only the one that measures is heard. */
		if (cb_companion_recording(c))
			cb_companion_record_ns(c, role == BUSY ? 1000 : 50000000);
	}
	m->finished = true;
}

static void be_busy(struct cb_companion *c, const struct cb_env *env)
{
	belong(c, env, BUSY);
}

static void be_sleepy(struct cb_companion *c, const struct cb_env *env)
{
	char *much = malloc(SLEEPY_BYTES);

	if (!much)
		return;
	memset(much, 1, SLEEPY_BYTES);
	__asm__ volatile("" : : "r"(much) : "memory"); /* nobody reads it: it would be left out */
	belong(c, env, SLEEPY);
	free(much);
}

static void soak(struct cb_companion *c, const struct cb_env *env)
{
	belong(c, env, SOAKER);
}

static int look_at_usage(const struct cb_env *env, char *why, size_t why_len)
{
	struct crowd *s = env->state;

	if (env->companions != ROLES) {
		(void)snprintf(why, why_len, "%u companions", env->companions);
		return -EBADMSG;
	}
	memcpy(s->seen, env->companion, sizeof(s->seen));
	return 0;
}

static const struct cb_companion_spec crowd[ROLES] = {
    [BUSY] = {.role = "load generator", .run = be_busy, .measures = true},
    [SLEEPY] = {.role = "server", .run = be_sleepy},
    [SOAKER] = {.role = "soaker", .run = soak, .idle = true},
};
static const struct cb_workload crowded = {.op = "op",
    .latency_of = "nothing",
    .state_bytes = sizeof(struct crowd),
    .batch = work,
    .check = look_at_usage,
    .companions = crowd,
    .companion_count = ROLES,
    .max_batch = 1};

static void create(struct team *t, const struct bench_case *bc)
{
	char why[200] = "";

	if (team_create(t, bc, topo, &(struct team_options){.seed = 7}, why, sizeof(why)) != 0)
		fail_msg("%s", why);
}

/* On one PU, and the companions around it. */
static struct bench_case a_crowd(enum cb_model model)
{
	struct bench_case bc = fixture_case(&crowded, model, 1);
	char why[200] = "", text[32];

	(void)snprintf(text, sizeof(text), "list:%u", topology_pu(topo, 0)->os_index);
	assert_int_equal(placement_parse(text, &bc.place, why, sizeof(why)), 0);
	return bc;
}

static void each_has_its_own_pu_and_class(void **state)
{
	const unsigned pus = topology_pu_count(topo);
	const struct bench_case bc = a_crowd(CB_THREAD);
	const int workers_pu = (int)topology_pu(topo, 0)->os_index;
	const struct crowd_member *m;
	struct team t;

	(void)state;
	create(&t, &bc);
	m = ((const struct crowd *)t.env.state)->member;
	for (unsigned i = 0; i < ROLES; i++) {
		assert_string_equal(t.env.companion[i].role, crowd[i].role);
		assert_int_equal(t.env.companion[i].pu, t.companions[i].pu);
		assert_int_equal(m[i].pid, t.companions[i].pid);
		assert_int_equal(m[i].policy, i == SOAKER ? SCHED_IDLE : SCHED_OTHER);
		/* Bound to what it was given; unbound when nothing was spare. */
		if (t.companions[i].pu >= 0 || pus > 1)
			assert_int_equal(m[i].pu, t.companions[i].pu);
		for (unsigned k = 0; k < i; k++)
			assert_int_not_equal(m[i].pid, m[k].pid);
	}
	/* One that takes what is left takes nobody's PU: it sits where the workers are. */
	assert_int_equal(t.companions[SOAKER].pu, workers_pu);
	assert_int_equal(t.companions[BUSY].pu >= 0, pus > 1);
	assert_int_equal(t.companions[SLEEPY].pu >= 0, pus > 2);
	if (pus > 1)
		assert_int_not_equal(t.companions[BUSY].pu, workers_pu);
	if (pus > 2) {
		assert_int_not_equal(t.companions[SLEEPY].pu, workers_pu);
		assert_int_not_equal(t.companions[SLEEPY].pu, t.companions[BUSY].pu);
	}
	companions_stop(&t);
	/* Told to end, they do; the soaker, when it gets its turn in time. */
	assert_true(m[BUSY].finished);
	assert_true(m[SLEEPY].finished);
	team_destroy(&t);
	assert_true(no_child_is_left());
}

static double metric_of(const struct sample *s, const char *name)
{
	double value = -1.0;

	assert_true(metric_get(&s->metrics, name, &value));
	return value;
}

struct tally {
	uint64_t busy_ns, sleepy_ns, latencies;
};

static void check_books(struct team *t, struct tally *sum)
{
	const struct cb_usage *u = ((const struct crowd *)t->env.state)->seen;
	double cpu_ns = 0.0, bytes = 0.0;
	struct sample sample;
	char why[200] = "";

	if (team_trial(t, WINDOW_NS, &sample, why, sizeof(why)) != 0)
		fail_msg("%s: %s", cb_model_name(t->bc->pub.model), why);
	for (unsigned i = 0; i < ROLES; i++) {
		char name[METRIC_NAME_MAX];
		double pu;

		(void)snprintf(name, sizeof(name), "companion%u_cpu_ns", i);
		assert_true(metric_of(&sample, name) == (double)u[i].cpu_ns);
		(void)snprintf(name, sizeof(name), "companion%u_resident_bytes", i);
		assert_true(metric_of(&sample, name) == (double)u[i].resident_bytes);
		(void)snprintf(name, sizeof(name), "companion%u_pu", i);
		assert_int_equal(metric_get(&sample.metrics, name, &pu), u[i].pu >= 0);
		assert_true(u[i].pu < 0 || (int)pu == u[i].pu);
		/* Of one thread, in the time that they were kept; clocks may drift apart. */
		assert_true(u[i].wall_ns > 0);
		assert_true((double)u[i].cpu_ns <= 1.01 * (double)u[i].wall_ns);
		assert_true(u[i].resident_bytes > 0);
		cpu_ns += (double)u[i].cpu_ns;
		bytes += (double)u[i].resident_bytes;
	}
	assert_true(u[SLEEPY].resident_bytes > u[BUSY].resident_bytes + SLEEPY_BYTES / 2);
	/* The sample has them all together. */
	assert_true(metric_of(&sample, METRIC_COMPANION_CPU_NS) == cpu_ns);
	assert_true(metric_of(&sample, METRIC_COMPANION_BYTES) == bytes);
	if (t->companions[BUSY].pu >= 0)
		assert_int_equal(
		    (int)metric_of(&sample, METRIC_COMPANION_PU), t->companions[BUSY].pu);
	/* Latencies are those of the one that measures. */
	assert_non_null(sample.latency);
	assert_true(!sample.latency->count || sample.latency->max == 1000);
	sum->busy_ns += u[BUSY].cpu_ns;
	sum->sleepy_ns += u[SLEEPY].cpu_ns;
	sum->latencies += sample.latency->count;
	sample_free(&sample);
}

static void each_has_books_of_its_own(void **state)
{
	const enum cb_model models[] = {CB_THREAD, CB_PROCESS, CB_COROUTINE};

	(void)state;
	for (size_t m = 0; m < 3; m++) {
		const struct bench_case bc = a_crowd(models[m]);
		struct tally sum = {0};
		struct team t;

		create(&t, &bc);
		/* Until the busy one has had its turns, which a busy machine may delay. */
		for (int i = 0; i < 200 && (sum.busy_ns <= sum.sleepy_ns || !sum.latencies); i++)
			check_books(&t, &sum);
		assert_true(sum.busy_ns > sum.sleepy_ns);
		assert_true(sum.latencies > 0);
		team_destroy(&t);
	}
}

static void whoever_dies_is_named(void **state)
{
	(void)state;
	for (unsigned i = 0; i < ROLES; i++) {
		const struct bench_case bc = a_crowd(CB_THREAD);
		char why[200] = "", want[80];
		struct sample sample;
		siginfo_t info;
		struct team t;

		create(&t, &bc);
		/* A soaker may have to wait long for its turn, on a busy machine. */
		assert_int_equal(kill(t.companions[i].pid, SIGKILL), 0);
		while (waitid(P_PID, (id_t)t.companions[i].pid, &info, WEXITED | WNOWAIT) != 0)
			assert_int_equal(errno, EINTR);
		assert_int_equal(team_trial(&t, WINDOW_NS, &sample, why, sizeof(why)), -ECHILD);
		(void)snprintf(
		    want, sizeof(want), "the %s ended: killed by signal 9 (Killed)", crowd[i].role);
		assert_string_equal(why, want);
		team_destroy(&t);
		assert_true(no_child_is_left());
	}
}

/* Those that are ready already go with it. */
static void one_that_cannot_begin_takes_the_others_down(void **state)
{
	struct cb_companion_spec spec[ROLES];
	struct cb_workload bad = crowded;
	const struct bench_case bc = fixture_case(&bad, CB_THREAD, 1);
	char why[200] = "";
	struct team t;

	(void)state;
	memcpy(spec, crowd, sizeof(spec));
	spec[SOAKER].run = return_at_once;
	bad.companions = spec;
	assert_int_equal(
	    team_create(&t, &bc, topo, &(struct team_options){.seed = 7}, why, sizeof(why)),
	    -ECHILD);
	assert_string_equal(why, "the soaker ended: exited with status 0");
	assert_true(no_child_is_left());
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(it_lives_beside_every_model),
	    cmocka_unit_test(it_gets_a_pu_that_is_spare),
	    cmocka_unit_test(one_that_never_gets_ready_is_named),
	    cmocka_unit_test(its_death_spoils_the_trial),
	    cmocka_unit_test(the_worker_s_error_is_why),
	    cmocka_unit_test(an_aborted_trial_ends_at_once),
	    cmocka_unit_test(an_error_in_leave_counts),
	    cmocka_unit_test(it_is_charged_to_one_call),
	    cmocka_unit_test(one_that_does_not_listen_is_killed),
	    cmocka_unit_test(each_has_its_own_pu_and_class),
	    cmocka_unit_test(each_has_books_of_its_own),
	    cmocka_unit_test(whoever_dies_is_named),
	    cmocka_unit_test(one_that_cannot_begin_takes_the_others_down),
	};

	return cmocka_run_group_tests(tests, discover, release);
}
