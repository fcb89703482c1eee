/* probe_test.c - the cache line between two PUs: as often there as back, and where it cannot be. */
#include "harness/base/clock.h"
#include "harness/work/case_fixture.h"
#include "harness/work/team.h"

#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <cmocka.h>

struct seen {
	int pu[3];
	int ret;
	struct cb_line line;
};

/* Which way: of the next one that looks. */
static enum cb_line_as as;

/* In a team: it is that which knows the machine. */
static int look(struct cb_env *env, struct cb_metrics *metrics, char *why, size_t why_len)
{
	struct seen *s = env->state;

	(void)metrics;
	(void)why;
	(void)why_len;
	memcpy(s->pu, env->pu, env->workers * sizeof(s->pu[0])); /* three at most */
	s->ret = cb_probe_line_as(s->pu[0], s->pu[1], as, &s->line);
	return 0;
}

static const struct cb_workload looking = {
    .op = "look", .state_bytes = sizeof(struct seen), .once = look};

static struct seen look_at(const struct topology *topo, const char *place)
{
	struct bench_case bc = fixture_case(&looking, CB_PROCESS, 3);
	struct sample sample;
	struct seen seen;
	struct team t;
	char why[200] = "";

	assert_int_equal(placement_parse(place, &bc.place, why, sizeof(why)), 0);
	if (team_create(&t, &bc, topo, &(struct team_options){.seed = 7}, why, sizeof(why)) != 0 ||
	    team_trial(&t, 0, &sample, why, sizeof(why)) != 0)
		fail_msg("%s: %s", place, why);
	/* Nobody of ours is anywhere. */
	assert_false(t.env.oversubscribed);
	seen = *(const struct seen *)t.env.state;
	sample_free(&sample);
	team_destroy(&t);
	assert_true(waitpid(-1, NULL, WNOHANG) < 0 && errno == ECHILD);
	return seen;
}

static void it_goes_there_and_back(void **state)
{
	struct topology *topo = NULL;
	char err[200] = "";
	struct seen s;

	(void)state;
	assert_int_equal(topology_discover(&topo, err, sizeof(err)), 0);
	s = look_at(topo, "same");
	assert_int_equal(s.pu[0], s.pu[1]);
	assert_int_equal(s.pu[1], s.pu[2]);
	assert_int_equal(s.ret, -EINVAL);
	s = look_at(topo, "none");
	assert_int_equal(s.pu[0], -1);
	assert_int_equal(s.ret, -EINVAL);
	if (topology_pu_count(topo) > 1) {
		for (as = CB_LINE_STORE; as < CB_LINE_AS_COUNT; as++) {
			/* On a busy machine one of the two may have no time. */
			for (int i = 0; i < 50 && (i == 0 || s.ret == -ETIMEDOUT); i++)
				s = look_at(topo, "scatter");
			assert_int_equal(s.ret, 0);
			assert_int_not_equal(s.pu[0], s.pu[1]);
			assert_true(s.line.passes > 0);
			assert_int_equal(s.line.passes, s.line.echoes);
			assert_int_equal(s.line.left, s.line.passes + s.line.echoes);
			assert_int_equal(s.line.astray, 0);
			assert_true(s.line.ns > 0.0);
		}
		as = CB_LINE_STORE;
		assert_int_equal(cb_probe_line(s.pu[0], 4095, &s.line), -EPERM);
		assert_int_equal(
		    cb_probe_line_as(s.pu[0], s.pu[1], CB_LINE_AS_COUNT, &s.line), -EINVAL);
	}
	topology_free(topo);
}

/* Ended by kill -9 in the middle of it, whoever looks leaves nobody behind that spins. */
static void nobody_outlives_who_looked(void **state)
{
	struct topology *topo = NULL;
	struct bench_case bc = fixture_case(&looking, CB_PROCESS, 2);
	struct sample sample;
	struct seen seen;
	struct team t;
	char why[200] = "";

	(void)state;
	assert_int_equal(topology_discover(&topo, why, sizeof(why)), 0);
	if (topology_pu_count(topo) < 2) {
		topology_free(topo);
		skip();
	}
	assert_int_equal(placement_parse("scatter", &bc.place, why, sizeof(why)), 0);
	assert_int_equal(
	    team_create(&t, &bc, topo, &(struct team_options){.seed = 7}, why, sizeof(why)), 0);
	assert_int_equal(team_trial(&t, 0, &sample, why, sizeof(why)), 0);
	seen = *(const struct seen *)t.env.state;
	sample_free(&sample);
	/* Orphans become ours. */
	assert_int_equal(prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0), 0);
	for (int i = 0; i < 40; i++) {
		const uint64_t until_ns = clock_now_ns() + 5 * CLOCK_NS_PER_S;
		const pid_t pid = fork();

		if (pid == 0) {
			/* Should somebody live on: not for good. */
			(void)setrlimit(RLIMIT_CPU, &(struct rlimit){20, 20});
			for (;;)
				(void)cb_probe_line(seen.pu[0], seen.pu[1], &seen.line);
		}
		clock_sleep_until_ns(clock_now_ns() + (uint64_t)(1 + i) * 300 * CLOCK_NS_PER_US);
		assert_int_equal(kill(pid, SIGKILL), 0);
		while (waitpid(-1, NULL, WNOHANG) >= 0) {
			if (clock_now_ns() > until_ns)
				fail_msg("in round %d somebody lives on", i);
			clock_sleep_until_ns(clock_now_ns() + CLOCK_NS_PER_MS);
		}
	}
	assert_int_equal(prctl(PR_SET_CHILD_SUBREAPER, 0, 0, 0, 0), 0);
	team_destroy(&t);
	topology_free(topo);
}

static double round_trip(const struct topology *topo, const char *place, bool probing)
{
	struct bench_case bc = fixture_case(&looking, CB_PROCESS, 3);
	struct team t;
	char why[200] = "";
	double ns;

	assert_int_equal(placement_parse(place, &bc.place, why, sizeof(why)), 0);
	assert_int_equal(
	    team_create(&t, &bc, topo, &(struct team_options){.seed = 7, .probing = probing}, why,
		sizeof(why)),
	    0);
	ns = t.round_trip_ns;
	team_destroy(&t);
	assert_true(waitpid(-1, NULL, WNOHANG) < 0 && errno == ECHILD);
	return ns;
}

/* Between two PUs only, and only where it is asked for. */
static void a_launch_knows_its_regime(void **state)
{
	struct topology *topo = NULL;
	char err[200] = "";
	double ns = 0;

	(void)state;
	assert_int_equal(topology_discover(&topo, err, sizeof(err)), 0);
	assert_true(round_trip(topo, "same", true) == 0);
	assert_true(round_trip(topo, "none", true) == 0);
	assert_true(round_trip(topo, "scatter", false) == 0);
	/* On a busy machine one of the two may have no time. */
	for (int i = 0; topology_pu_count(topo) > 1 && i < 50 && ns == 0; i++)
		ns = round_trip(topo, "scatter", true);
	assert_int_equal(ns > 0, topology_pu_count(topo) > 1);
	topology_free(topo);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(it_goes_there_and_back),
	    cmocka_unit_test(nobody_outlives_who_looked),
	    cmocka_unit_test(a_launch_knows_its_regime)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
