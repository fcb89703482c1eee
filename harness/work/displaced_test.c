/* displaced_test.c - what workers take from others agrees with what is known to be taken, and
 * nobody else's work is counted as theirs. */
#include "harness/work/companion_fixture.h"
#include "harness/base/child.h"
#include "harness/work/soak.h"

#include <math.h>

#define DISPLACED_WINDOW_NS (24 * CLOCK_NS_PER_MS)
#define TURNS 7
/* A machine that has other work has less of it at another time. */
#define TRIES 4u
#define STRANGERS_PCT 4.0

/* A worker is busy for this part of each millisecond, and asleep for the rest. */
static atomic_uint busy_pct;

static void spin_until(uint64_t until_ns)
{
	while (clock_now_ns() < until_ns)
		;
}

static uint64_t be_busy(struct cb_worker *w, void *state, uint64_t n)
{
	const uint64_t begin_ns = clock_now_ns();
	const unsigned pct = atomic_load(&busy_pct);

	(void)state;
	spin_until(begin_ns + pct * CLOCK_NS_PER_MS / 100);
	if (pct < 100)
		cb_sleep_until(w, begin_ns + CLOCK_NS_PER_MS);
	return n;
}

static int nothing_to_check(const struct cb_env *env, char *why, size_t why_len)
{
	(void)env;
	(void)why;
	(void)why_len;
	return 0;
}

static const struct cb_workload busy = {
    .op = "ms", .batch = be_busy, .check = nothing_to_check, .max_batch = 1};

/* Something else on the same PU, for this part of each two milliseconds. */
static pid_t other_work(unsigned pct)
{
	const pid_t parent = getpid(), pid = fork();

	if (pid)
		return pid;
	child_die_with(parent);
	if (topology_bind_self(topo, topology_pu(topo, 0)->os_index) != 0)
		_exit(1);
	for (;;) {
		const uint64_t begin_ns = clock_now_ns();

		spin_until(begin_ns + 2 * pct * CLOCK_NS_PER_MS / 100);
		clock_sleep_until_ns(begin_ns + 2 * CLOCK_NS_PER_MS);
	}
}

static void end_other_work(pid_t pid)
{
	assert_int_equal(kill(pid, SIGKILL), 0);
	assert_int_equal(waitpid(pid, NULL, 0), pid);
}

static int create_soaked(struct team *t, const struct bench_case *bc, char why[200])
{
	why[0] = '\0';
	return team_create(
	    t, bc, topo, &(struct team_options){.seed = 7, .displacing = true}, why, 200);
}

struct figures {
	double ratio;      /* of what was displaced to the CPU time, in the middle of the turns */
	double soaked_pct; /* while the worker was parked, on average */
};

static struct figures take_turns(enum cb_model model)
{
	struct bench_case bc = fixture_case(&busy, model, 1);
	struct figures f = {.ratio = NAN, .soaked_pct = 0.0};
	double ratio[TURNS];
	unsigned told = 0;
	struct team t;
	char why[200];

	bind_to_first_pu(&bc);
	if (create_soaked(&t, &bc, why) != 0)
		fail_msg("%s", why);
	for (unsigned i = 0; i < TURNS; i++) {
		double displaced, accounted, soaked_pct;
		struct sample s;

		int ret = team_displace(&t, DISPLACED_WINDOW_NS, &s, why, sizeof(why));

		/* Who gets nothing of its PU takes nothing: then others have all of it. */
		if (ret == -ENOTSUP && strstr(why, "it takes too little to be told")) {
			ratio[i] = NAN;
			continue;
		}
		if (ret)
			fail_msg("%s", why);
		assert_true(metric_get(&s.metrics, METRIC_SOAKED_PCT, &soaked_pct));
		assert_true(metric_get(&s.metrics, METRIC_CPU_NS_PER_OP, &accounted));
		assert_true(metric_get(&s.metrics, METRIC_DISPLACED, &displaced));
		f.soaked_pct += soaked_pct / TURNS;
		ratio[i] = displaced / accounted;
		sample_free(&s);
		told++;
	}
	if (told < TURNS)
		f.soaked_pct = 0;
	else
		assert_int_equal(stats_median(ratio, TURNS, &f.ratio), 0);
	/* Other children than its own may be at work. */
	team_destroy(&t);
	return f;
}

/* The ratio when, but for @others_pct, the PU was the worker's. Return: NAN: the machine had other
 * work whenever it was tried. */
static double quiet_ratio(enum cb_model model, double others_pct)
{
	for (unsigned i = 0; i < TRIES; i++) {
		const struct figures f = take_turns(model);

		if (f.soaked_pct >= 100 - others_pct - STRANGERS_PCT)
			return f.ratio;
	}
	return NAN;
}

static void of_work_that_never_waits_it_is_the_cpu_time(void **state)
{
	unsigned shown = 0;

	(void)state;
	atomic_store(&busy_pct, 100);
	for (size_t i = 0; i < sizeof(models) / sizeof(models[0]); i++) {
		const double ratio = quiet_ratio(models[i], 0);

		if (isnan(ratio)) {
			(void)printf("# others work on PU %u: nothing is shown of %ss\n",
			    topology_pu(topo, 0)->os_index, cb_model_name(models[i]));
			continue;
		}
		shown++;
		if (fabs(ratio - 1) > 0.05)
			fail_msg("%s: %.3f of the CPU time", cb_model_name(models[i]), ratio);
	}
	if (!shown)
		skip();
}

/* Beyond its own CPU time are wake-ups and timers, of which a millisecond has one. */
static void of_work_that_waits_it_is_not_much_more(void **state)
{
	double ratio;

	(void)state;
	atomic_store(&busy_pct, 30);
	ratio = quiet_ratio(CB_THREAD, 0);
	if (isnan(ratio))
		skip();
	if (ratio < 0.9 || ratio > 1.5)
		fail_msg("%.3f of the CPU time", ratio);
}

/* By turns, so that whatever else comes and goes meets both. Return: beside others that take so
 * much of the PU over alone; NAN as quiet_ratio(). */
static double beside_others(unsigned other_pct)
{
	const double alone = quiet_ratio(CB_THREAD, 0);
	const pid_t other = other_work(other_pct);
	const double beside = quiet_ratio(CB_THREAD, other_pct);

	end_other_work(other);
	return beside / alone;
}

static void what_others_take_is_not_counted(void **state)
{
	double ratio[3], middle;

	(void)state;
	atomic_store(&busy_pct, 20);
	for (size_t i = 0; i < sizeof(ratio) / sizeof(ratio[0]); i++) {
		ratio[i] = beside_others(5);
		if (isnan(ratio[i]))
			skip();
	}
	assert_int_equal(stats_median(ratio, sizeof(ratio) / sizeof(ratio[0]), &middle), 0);
	/* 5 % of the PU are a quarter of the worker's 20 %: counted, they would make it 1.25. */
	if (fabs(middle - 1) > 0.125)
		fail_msg("beside other work %.3f times what it is alone", middle);
}

/* Then the row tells nothing: summary_test.c. */
static void it_is_told_how_much_others_take(void **state)
{
	const pid_t other = other_work(40);
	struct figures f;

	(void)state;
	atomic_store(&busy_pct, 20);
	f = take_turns(CB_THREAD);
	end_other_work(other);
	if (f.soaked_pct > 80)
		fail_msg("the soaker had %.0f %% of a PU that others had 40 %% of", f.soaked_pct);
}

static struct soaked soaked(double wall_ns, double share, double turn_ns)
{
	return (struct soaked){.turns = wall_ns * share / turn_ns, .turn_ns = turn_ns};
}

/* On made-up readings, on any machine. */
static void the_books_of_soakers(void **state)
{
	static const struct {
		double parked[3], working[2]; /* shares of the PU that the soaker had */
		double lost_ns, soaked_pct;   /* of windows of 1000 ns */
		double slower;                /* is the PU in windows of work, by this factor */
	} table[] = {
	    {{1, 1, 1}, {1, 1}, 0, 100, 1},
	    {{1, 1, 1}, {0, 0}, 2000, 100, 1},
	    {{1, 1, 1}, {0.75, 0.25}, 1000, 100, 1},
	    /* Turns are fewer, and longer: nobody has taken anything. */
	    {{1, 1, 1}, {1, 1}, 0, 100, 1.25},
	    {{1, 1, 1}, {0.75, 0.25}, 1000, 100, 0.8},
	    /* What others take all the time is not the workers'. */
	    {{0.75, 0.75, 0.75}, {0.5, 0.5}, 500, 75, 1},
	    /* Nor what they take more and more of: the middle of before and after. */
	    {{1, 0.75, 0.5}, {0.875, 0.625}, 0, 75, 1},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		/* The second PU is as slow as a turn there is long. */
		static const double turn_ns[2] = {4, 10};
		struct displaced_books b[2] = {{0}};
		double lost_ns, pct;

		for (unsigned pu = 0; pu < 2; pu++)
			for (unsigned k = 0; k < 3; k++) {
				struct soaked in;

				if (k) {
					in = soaked(1000, table[i].working[k - 1],
					    table[i].slower * turn_ns[pu]);
					displaced_worked(&b[pu], &in);
				}
				in = soaked(500, table[i].parked[k], turn_ns[pu]);
				displaced_parked(&b[pu], &in, 500, k ? 1000 : 0);
			}
		lost_ns = displaced_sum(b, 1, &pct);
		assert_true(fabs(lost_ns - table[i].lost_ns) < 1e-6);
		assert_true(fabs(pct - table[i].soaked_pct) < 1e-6);
		lost_ns = displaced_sum(b, 2, &pct);
		assert_true(fabs(lost_ns - 2 * table[i].lost_ns) < 1e-6);
		assert_true(fabs(pct - table[i].soaked_pct) < 1e-6);
	}
}

/* Something came into each of its turns: what one takes is what the window before says. */
static void without_a_quiet_turn(void **state)
{
	const struct soaked quiet = {.turns = 100, .turn_ns = 4}, never = {.turns = 25};
	struct displaced_books b = {0};
	double pct;

	(void)state;
	displaced_parked(&b, &quiet, 400, 0);
	displaced_worked(&b, &never);
	displaced_parked(&b, &quiet, 400, 400);
	assert_true(fabs(displaced_sum(&b, 1, &pct) - 300) < 1e-6);
	assert_true(fabs(pct - 100) < 1e-6);
}

/* ---- where it cannot be measured ---- */

static void unsupported(const struct bench_case *bc, const char *want)
{
	struct team t;
	char why[200];

	assert_int_equal(create_soaked(&t, bc, why), -ENOTSUP);
	if (!strstr(why, want))
		fail_msg("'%s' instead of '%s'", why, want);
	assert_true(no_child_is_left());
}

static void drive(struct cb_companion *c, const struct cb_env *env)
{
	(void)env;
	cb_companion_ready(c);
	while (!cb_companion_quitting(c))
		clock_sleep_until_ns(clock_now_ns() + CLOCK_NS_PER_MS);
}

static void only_of_workers_that_can_be_told_from_others(void **state)
{
	static const struct cb_companion_spec client = {.role = "client", .run = drive};
	const struct cb_workload driven = {.op = "ms",
	    .batch = be_busy,
	    .check = nothing_to_check,
	    .max_batch = 1,
	    .companions = &client,
	    .companion_count = 1};
	struct bench_case bc = fixture_case(&busy, CB_THREAD, 1);
	char why[200];

	(void)state;
	unsupported(&bc, "the workers are not bound");
	/* As many as there are PUs, which leaves none for the client. */
	bc = fixture_case(&driven, CB_THREAD, topology_pu_count(topo));
	assert_int_equal(placement_parse("scatter", &bc.place, why, sizeof(why)), 0);
	unsupported(&bc, "the client has no PU of its own");
}

/* A team as far as it is asked: whose workers are on the first PU. */
static void cannot_tell(struct team *t, const char *want)
{
	char why[200] = "";

	assert_int_equal(soakers_start(t, why, sizeof(why)), -ENOTSUP);
	if (!strstr(why, want))
		fail_msg("'%s' instead of '%s'", why, want);
	assert_true(no_child_is_left());
}

static void nor_under_a_quota_or_beside_a_load_on_their_core(void **state)
{
	static const struct cb_companion_spec client = {.role = "client", .run = drive};
	const struct cb_workload driven = {.companions = &client, .companion_count = 1};
	struct companion_process beside = {.spec = &client, .pu = 1};
	struct topology *siblings, *cores;
	int pu = 0;
	struct team t = {.load = &driven,
	    .companions = &beside,
	    .units = 1,
	    .placement = {.count = 1, .pu = &pu, .pus_used = 1}};
	char err[200];

	(void)state;
	assert_int_equal(topology_synthetic("core:2 pu:2", NULL, &siblings, err, sizeof(err)), 0);
	assert_int_equal(topology_synthetic("core:2 pu:1", NULL, &cores, err, sizeof(err)), 0);
	t.topo = siblings;
	cannot_tell(&t, "the client is on a core of theirs");
	t.topo = cores;
	t.around.quota.count = 1;
	cannot_tell(&t, "under a CPU quota");
	topology_free(siblings);
	topology_free(cores);
}

static void a_soaker_that_dies_is_told(void **state)
{
	struct bench_case bc = fixture_case(&busy, CB_THREAD, 1);
	struct sample s;
	struct team t;
	char why[200];

	(void)state;
	atomic_store(&busy_pct, 20);
	bind_to_first_pu(&bc);
	assert_int_equal(create_soaked(&t, &bc, why), 0);
	assert_int_equal(t.soakers, 1);
	assert_int_equal(sched_getscheduler(t.soaker_pid[0]), SCHED_IDLE);
	assert_int_equal(kill(t.soaker_pid[0], SIGKILL), 0);
	assert_int_equal(team_displace(&t, DISPLACED_WINDOW_NS, &s, why, sizeof(why)), -ENOTSUP);
	assert_string_equal(why, "a soaker ended: killed by signal 9 (Killed)");
	destroy(&t);
}

/* They are asleep but for a team_displace(). */
static void soakers_take_nothing_before_they_are_told(void **state)
{
	struct bench_case bc = fixture_case(&busy, CB_THREAD, 1);
	struct timespec used;
	clockid_t clock;
	struct team t;
	char why[200];

	(void)state;
	bind_to_first_pu(&bc);
	assert_int_equal(create_soaked(&t, &bc, why), 0);
	clock_sleep_until_ns(clock_now_ns() + 50 * CLOCK_NS_PER_MS);
	assert_int_equal(clock_getcpuclockid(t.soaker_pid[0], &clock), 0);
	assert_int_equal(clock_gettime(clock, &used), 0);
	assert_true(used.tv_sec == 0 && used.tv_nsec < 25 * (long)CLOCK_NS_PER_MS);
	destroy(&t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(of_work_that_never_waits_it_is_the_cpu_time),
	    cmocka_unit_test(of_work_that_waits_it_is_not_much_more),
	    cmocka_unit_test(what_others_take_is_not_counted),
	    cmocka_unit_test(it_is_told_how_much_others_take),
	    cmocka_unit_test(the_books_of_soakers),
	    cmocka_unit_test(without_a_quiet_turn),
	    cmocka_unit_test(nor_under_a_quota_or_beside_a_load_on_their_core),
	    cmocka_unit_test(only_of_workers_that_can_be_told_from_others),
	    cmocka_unit_test(a_soaker_that_dies_is_told),
	    cmocka_unit_test(soakers_take_nothing_before_they_are_told),
	};

	return cmocka_run_group_tests_name("displaced", tests, discover, release);
}
