/* companion_roles_test.c - several companions of a team, with different roles; and a saboteur. */
#include "harness/work/companion_fixture.h"

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
    [BUSY] = {.role = "load generator", .run = be_busy, .measures = true, .drives = true},
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

/* On one PU, and the companions around it. */
static struct bench_case a_crowd(enum cb_model model)
{
	struct bench_case bc = fixture_case(&crowded, model, 1);

	bind_to_first_pu(&bc);
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
	destroy(&t);
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

	sample = measure(t);
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
	/* How busy the one is that makes the load, and nobody else. */
	assert_true(metric_of(&sample, METRIC_CLIENT_BUSY_PCT) ==
		    100.0 * (double)u[BUSY].cpu_ns / (double)u[BUSY].wall_ns);
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
		char want[80];
		siginfo_t info;
		struct team t;

		create(&t, &bc);
		/* A soaker may have to wait long for its turn, on a busy machine. */
		assert_int_equal(kill(t.companions[i].pid, SIGKILL), 0);
		while (waitid(P_PID, (id_t)t.companions[i].pid, &info, WEXITED | WNOWAIT) != 0)
			assert_int_equal(errno, EINTR);
		(void)snprintf(
		    want, sizeof(want), "the %s ended: killed by signal 9 (Killed)", crowd[i].role);
		trial_fails(&t, -ECHILD, want);
		destroy(&t);
	}
}

/* Those that are ready already go with it. */
static void one_that_cannot_begin_takes_the_others_down(void **state)
{
	struct cb_companion_spec spec[ROLES];
	struct cb_workload bad = crowded;
	const struct bench_case bc = fixture_case(&bad, CB_THREAD, 1);

	(void)state;
	memcpy(spec, crowd, sizeof(spec));
	spec[SOAKER].run = return_at_once;
	bad.companions = spec;
	cannot_create(&bc, -ECHILD, "the soaker ended: exited with status 0");
}

/* ---- a saboteur ---- */

#define STOPPED_NS (20 * CLOCK_NS_PER_MS)

struct sabotage {
	_Alignas(ARENA_ALIGN) atomic_int victim; /* a worker's process, as it says itself */
	atomic_uint stops;
	_Alignas(ARENA_ALIGN) uint64_t longest_ns[2]; /* between a worker's turns */
};

/* Needs nothing that a soaker has not: who the workers are they say themselves, in the state. */
static void stop_one(struct cb_companion *c, const struct cb_env *env)
{
	struct sabotage *s = env->state;

	cb_companion_ready(c);
	while (!cb_companion_quitting(c)) {
		const pid_t victim = atomic_load(&s->victim);

		if (victim && cb_companion_recording(c)) {
			(void)kill(victim, SIGSTOP);
			clock_sleep_until_ns(clock_now_ns() + STOPPED_NS);
			(void)kill(victim, SIGCONT);
			atomic_fetch_add(&s->stops, 1);
			while (cb_companion_recording(c) && !cb_companion_quitting(c))
				clock_sleep_until_ns(clock_now_ns() + CLOCK_NS_PER_MS);
		}
		clock_sleep_until_ns(clock_now_ns() + 100 * CLOCK_NS_PER_US);
	}
}

static void be_known(struct cb_worker *w, void *state)
{
	if (w->index == 1)
		atomic_store(&((struct sabotage *)state)->victim, getpid());
}

static uint64_t tick(struct cb_worker *w, void *state, uint64_t n)
{
	uint64_t *longest_ns = &((struct sabotage *)state)->longest_ns[w->index];
	const uint64_t begin_ns = clock_now_ns();
	uint64_t took_ns;

	(void)n;
	clock_sleep_until_ns(begin_ns + 50 * CLOCK_NS_PER_US);
	took_ns = clock_now_ns() - begin_ns;
	*longest_ns = took_ns > *longest_ns ? took_ns : *longest_ns;
	return 1;
}

static void a_saboteur_stops_a_worker(void **state)
{
	static const struct cb_companion_spec saboteur = {.role = "saboteur", .run = stop_one};
	struct cb_workload sabotaged = {.op = "tick",
	    .state_bytes = sizeof(struct sabotage),
	    .enter = be_known,
	    .batch = tick,
	    .companions = &saboteur,
	    .companion_count = 1,
	    .max_batch = 1};
	const struct bench_case bc = fixture_case(&sabotaged, CB_PROCESS, 2);
	struct sabotage *s;
	struct sample sample;
	struct team t;

	(void)state;
	create(&t, &bc);
	s = t.env.state;
	sample = measure(&t);
	sample_free(&sample);
	assert_int_equal(atomic_load(&s->stops), 1);
	assert_true(s->longest_ns[1] >= STOPPED_NS);
	destroy(&t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(each_has_its_own_pu_and_class),
	    cmocka_unit_test(each_has_books_of_its_own),
	    cmocka_unit_test(whoever_dies_is_named),
	    cmocka_unit_test(one_that_cannot_begin_takes_the_others_down),
	    cmocka_unit_test(a_saboteur_stops_a_worker),
	};

	return cmocka_run_group_tests(tests, discover, release);
}
