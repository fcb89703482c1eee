/* companion_test.c - the processes beside the workers, through a team: life, window, PU and death.
 */
#include "harness/work/companion_fixture.h"

#include <sys/prctl.h>

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

static const struct cb_companion_spec generator = {
    .role = "load generator", .run = run, .measures = true};
static const struct cb_workload load = {.op = "op",
    .latency_of = "nothing",
    .state_bytes = sizeof(struct shared),
    .batch = work,
    .companions = &generator,
    .companion_count = 1,
    .max_batch = 1};

static void it_lives_beside_every_model(void **state)
{
	(void)state;
	for (size_t m = 0; m < 3; m++) {
		const struct bench_case bc = fixture_case(&load, models[m], 1);
		struct shared *s;
		struct team t;

		create(&t, &bc);
		s = t.env.state;
		assert_int_equal(s->pid, t.companions[0].pid);
		assert_int_not_equal(s->pid, getpid());
		for (unsigned i = 0; i < 2; i++) {
			struct sample sample;
			unsigned before;

			await_turn(s);
			s->first_recording_ns = s->last_recording_ns = 0;
			before = atomic_load(&s->recorded);
			sample = measure(&t);
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
		destroy(&t);
	}
}

static void it_gets_a_pu_that_is_spare(void **state)
{
	const unsigned pus = topology_pu_count(topo);
	struct bench_case bc = fixture_case(&load, CB_THREAD, 1);
	struct team t;

	(void)state;
	bind_to_first_pu(&bc);
	create(&t, &bc);
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
	create(&t, &bc);
	assert_int_equal(t.companions[0].pu, -1);
	assert_int_equal(((struct shared *)t.env.state)->pu, pus > 1 ? -1 : only_pu());
	team_destroy(&t);
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

		spec.run = table[i].body;
		bad.companions = &spec;
		cannot_create(&bc, -ECHILD, table[i].why);
	}
}

static void be_denied(struct cb_companion *c, const struct cb_env *env)
{
	(void)env;
	cb_companion_unable(c, -EPERM, "epoll_create1");
}

/* Not dead, and not wrong: here it cannot be, and whoever asks is told so. */
static void one_that_is_unable_says_why(void **state)
{
	const struct cb_companion_spec denied = {.role = "load generator", .run = be_denied};
	struct cb_workload beside = load;
	const struct bench_case bc = fixture_case(&beside, CB_THREAD, 1);

	(void)state;
	beside.companions = &denied;
	cannot_create(&bc, -EPERM, "load generator: epoll_create1: Operation not permitted");
}

/* What it was measured beside is not what its row says. */
static void one_that_is_sent_away_spoils_the_trial(void **state)
{
	struct bench_case bc = fixture_case(&load, CB_THREAD, 1);
	char want[200];
	struct sample sample = {0};
	cpu_set_t other;
	struct team t;

	(void)state;
	if (topology_pu_count(topo) < 2)
		skip();
	bind_to_first_pu(&bc);
	create(&t, &bc);
	sample = measure(&t);
	sample_free(&sample);
	CPU_ZERO(&other);
	CPU_SET(topology_pu(topo, 0)->os_index, &other);
	assert_int_equal(sched_setaffinity(t.companions[0].pid, sizeof(other), &other), 0);
	(void)snprintf(want, sizeof(want),
	    "the load generator was bound to PU %d; it now may run on PUs %u only: cpuset or "
	    "affinity changed while it ran",
	    t.companions[0].pu, topology_pu(topo, 0)->os_index);
	trial_fails(&t, -EIO, want);
	destroy(&t);
}

static void its_death_spoils_the_trial(void **state)
{
	const struct bench_case bc = fixture_case(&load, CB_THREAD, 1);
	char why[200] = "";
	struct team t;

	(void)state;
	create(&t, &bc);
	((struct shared *)t.env.state)->told = SIGKILL;
	/* The workers could do without it: that it has died is enough. */
	trial_fails(&t, -ECHILD, "the load generator ended: killed by signal 9 (Killed)");
	/* Still known when it is asked again. */
	why[0] = '\0';
	assert_int_equal(companions_alive(&t, why, sizeof(why)), -ECHILD);
	assert_non_null(strstr(why, "killed by signal 9"));
	destroy(&t);
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

	create(&t, &bc);
	f = t.env.state;
	f->in_leave = as->in_leave;
	f->crashes = as->crashes;
	begin_ns = clock_now_ns();
	assert_int_equal(team_trial(&t, window_ns, &sample, why, 200), want);
	begin_ns = clock_now_ns() - begin_ns;
	destroy(&t);
	return begin_ns;
}

static void the_worker_s_error_is_why(void **state)
{
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
	create(&t, &bc);
	assert_int_equal(team_trial(&t, 0, &sample, why, sizeof(why)), 0);
	assert_true(metric_get(&sample.metrics, METRIC_COMPANION_CPU_NS, &value) && value > 0);
	assert_true(metric_get(&sample.metrics, METRIC_COMPANION_BYTES, &value) && value > 0);
	assert_false(metric_get(&sample.metrics, METRIC_CLIENT_BUSY_PCT, &value));
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
	struct team t;

	(void)state;
	create(&t, &bc);
	((struct shared *)t.env.state)->deaf = true;
	destroy(&t);
}

/* ---- one that is a program ---- */

/* What a shell does; NULL: there is no such program. */
static const char *script;

static int become(const struct cb_env *env, const char **argv, unsigned most)
{
	(void)env;
	assert_true(most >= 8);
	argv[0] = script ? "sh" : "concbench-no-such-program";
	argv[1] = "-c";
	argv[2] = script;
	return 0;
}

static int refuse(const struct cb_env *env, const char **argv, unsigned most)
{
	(void)env;
	(void)argv;
	(void)most;
	return -ENOBUFS;
}

static const struct cb_companion_spec program = {.role = "server", .program = become};

/* A workload of one worker that needs nothing of it. */
static struct bench_case beside_program(
    const char *text, struct cb_companion_spec *spec, struct cb_workload *beside)
{
	script = text;
	*beside = load;
	beside->latency_of = NULL;
	beside->companions = spec;
	return fixture_case(beside, CB_THREAD, 1);
}

static void a_program_is_bound_charged_and_ended(void **state)
{
	struct cb_companion_spec spec = program;
	struct cb_workload beside;
	struct bench_case bc =
	    beside_program("echo starting; echo ready; while :; do :; done", &spec, &beside);
	struct sample sample;
	struct team t;

	(void)state;
	spec.ready = "ready";
	bind_to_first_pu(&bc);
	create(&t, &bc);
	assert_int_equal(t.companions[0].pu >= 0, topology_pu_count(topo) > 1);
	if (t.companions[0].pu >= 0) {
		cpu_set_t set;

		assert_int_equal(sched_getaffinity(t.companions[0].pid, sizeof(set), &set), 0);
		assert_int_equal(CPU_COUNT(&set), 1);
		assert_true(CPU_ISSET((unsigned)t.companions[0].pu, &set));
	}
	sample = measure(&t);
	assert_true(t.env.companion[0].cpu_ns > 0);
	assert_true(t.env.companion[0].resident_bytes > 0);
	sample_free(&sample);
	assert_false(no_child_is_left());
	destroy(&t);
}

/* Negative control of the figures: of one that only sleeps there are none, or next to none. */
static void a_program_that_sleeps_is_charged_nothing(void **state)
{
	struct cb_companion_spec spec = program;
	struct cb_workload beside;
	const struct bench_case bc =
	    beside_program("echo here I am; exec sleep 1000", &spec, &beside);
	struct sample sample;
	struct team t;

	(void)state;
	create(&t, &bc);
	sample = measure(&t);
	assert_true(t.env.companion[0].wall_ns > 10 * t.env.companion[0].cpu_ns);
	sample_free(&sample);
	destroy(&t);
}

/* One that does not listen to SIGTERM, and what it has started. */
static void a_program_that_will_not_go_is_killed(void **state)
{
	struct cb_companion_spec spec = program;
	struct cb_workload beside;
	const struct bench_case bc = beside_program(
	    "trap '' TERM; sleep 1000 & echo ready; while :; do wait; done", &spec, &beside);
	struct team t;
	int status;

	(void)state;
	/* Whoever is left behind becomes ours. */
	assert_int_equal(prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0), 0);
	create(&t, &bc);
	team_destroy(&t);
	assert_true(waitpid(-1, &status, 0) > 0);
	assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
	assert_true(no_child_is_left());
	assert_int_equal(prctl(PR_SET_CHILD_SUBREAPER, 0, 0, 0, 0), 0);
}

static void a_program_that_never_gets_ready_is_named(void **state)
{
	static const struct {
		const char *script, *ready;
		int (*program)(const struct cb_env *env, const char **argv, unsigned most);
		int error;
		const char *why;
	} table[] = {
	    {"echo starting; exec sleep 1000", "ready", become, -ETIME,
		"the server never became ready"},
	    {"printf ready; exec sleep 1000", NULL, become, -ETIME,
		"the server never became ready"},
	    {"exec >&-; exec sleep 1000", NULL, become, -ETIME, "the server never became ready"},
	    {"exit 3", NULL, become, -ECHILD, "the server ended: exited with status 3"},
	    {"echo starting; kill -9 $$", "ready", become, -ECHILD,
		"the server ended: killed by signal 9 (Killed)"},
	    {NULL, NULL, become, -ENOENT,
		"server: concbench-no-such-program: No such file or directory"},
	    {NULL, NULL, refuse, -ENOBUFS, "server: program: No buffer space available"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		struct cb_companion_spec spec = program;
		struct cb_workload beside;
		const struct bench_case bc = beside_program(table[i].script, &spec, &beside);

		spec.program = table[i].program;
		spec.ready = table[i].ready;
		/* It has all the time where it is its end that is waited for. */
		spec.ready_within_ns = table[i].error == -ETIME ? 300 * CLOCK_NS_PER_MS : 0;
		cannot_create(&bc, table[i].error, table[i].why);
	}
}

static void its_end_spoils_the_trial(void **state)
{
	struct cb_companion_spec spec = program;
	struct cb_workload beside;
	const struct bench_case bc = beside_program("echo ready; exec sleep 1000", &spec, &beside);
	struct team t;

	(void)state;
	create(&t, &bc);
	assert_int_equal(kill(t.companions[0].pid, SIGKILL), 0);
	trial_fails(&t, -ECHILD, "the server ended: killed by signal 9 (Killed)");
	destroy(&t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(it_lives_beside_every_model),
	    cmocka_unit_test(it_gets_a_pu_that_is_spare),
	    cmocka_unit_test(one_that_never_gets_ready_is_named),
	    cmocka_unit_test(one_that_is_unable_says_why),
	    cmocka_unit_test(one_that_is_sent_away_spoils_the_trial),
	    cmocka_unit_test(its_death_spoils_the_trial),
	    cmocka_unit_test(the_worker_s_error_is_why),
	    cmocka_unit_test(an_aborted_trial_ends_at_once),
	    cmocka_unit_test(an_error_in_leave_counts),
	    cmocka_unit_test(it_is_charged_to_one_call),
	    cmocka_unit_test(one_that_does_not_listen_is_killed),
	    cmocka_unit_test(a_program_is_bound_charged_and_ended),
	    cmocka_unit_test(a_program_that_sleeps_is_charged_nothing),
	    cmocka_unit_test(a_program_that_will_not_go_is_killed),
	    cmocka_unit_test(a_program_that_never_gets_ready_is_named),
	    cmocka_unit_test(its_end_spoils_the_trial),
	};

	return cmocka_run_group_tests(tests, discover, release);
}
