/* python_test.c - what a worker sees of a program that is exec'd, and where there is none. That
 * programs which are wrong are caught: conformance_test.c. */
#include "benches/team_fixture.h"

#include "benches/python/counter.h"

#include <stdlib.h>
#include <sys/wait.h>

#define WINDOW_NS (20 * CLOCK_NS_PER_MS)

static double metric(const struct subject *s, const char *name)
{
	double value = -1.0;

	if (!metric_get(&s->sample.metrics, name, &value))
		fail_msg("%s: no metric %s", s->bc.name, name);
	return value;
}

/* What it has counted is what the window saw, its CPU time is the worker's, and it is gone. */
static void it_is_seen_and_charged(void **unused)
{
	static const char *const models[] = {"thread", "process"};

	(void)unused;
	for (size_t m = 0; m < 2; m++) {
		const struct counter_state *st;
		struct subject s;
		char name[80];
		uint64_t before = 0;

		(void)snprintf(name, sizeof(name), "python/counter/model:%s/workers:2", models[m]);
		begin(&s, name);
		st = s.team.env.state;
		for (unsigned t = 0; t < 2; t++) {
			right_trial(&s, WINDOW_NS);
			assert_true(metric(&s, METRIC_OPS) > 0.0);
			for (unsigned i = 0; i < 2; i++)
				assert_true(st->worker[i].count >= st->worker[i].looked);
			/* What is passed on adds up. */
			assert_true(st->worker[0].counted > before);
			before = st->worker[0].counted;
			/* Looking alone takes a few microseconds in 500. */
			assert_true(
			    metric(&s, METRIC_CPU_NS_PER_OP) > 0.05 * metric(&s, METRIC_NS_PER_OP));
			assert_int_equal(st->worker[0].pid, 0);
		}
		end(&s);
		assert_true(waitpid(-1, NULL, WNOHANG) < 0 && errno == ECHILD);
	}
}

/* One wrong account at a time. */
static void accounts_have_to_agree(void **unused)
{
	struct counter_worker *own;
	struct subject s;

	(void)unused;
	begin(&s, "python/counter/workers:1");
	own = ((struct counter_state *)s.team.env.state)->worker;
	right_trial(&s, WINDOW_NS);
	own->status = 0x100;
	wrong(&s, check(&s), "has not ended as it should");
	own->status = 0;
	own->error = -EPIPE;
	wrong(&s, check(&s), "Broken pipe");
	own->error = 0;
	own->astray = true;
	wrong(&s, check(&s), "it ran on other PUs");
	own->astray = false;
	own->said++;
	wrong(&s, check(&s), "it says ");
	own->said--;
	own->looked = own->count + 1;
	wrong(&s, check(&s), "it says ");
	own->looked = own->count;
	own->sum++;
	wrong(&s, check(&s), "the sum to ");
	own->sum--;
	own->counted++;
	wrong(&s, check(&s), " operations seen, ");
	own->counted--;
	assert_int_equal(check(&s), 0);
	end(&s);
}

/* It ends while it is awaited: no wait for ever, and an error that says what was being done. */
static void dies_at_once(struct cb_worker *w, void *state)
{
	counter_enter(w, state, "import sys; sys.exit(1)");
}

static void one_that_does_not_start_is_told(void **unused)
{
	struct cb_workload dying;
	struct subject s;

	(void)unused;
	begin(&s, "python/counter/workers:1");
	dying = *s.team.load;
	dying.enter = dies_at_once;
	s.team.load = &dying;
	assert_int_equal(trial(&s, WINDOW_NS), -EIO);
	assert_non_null(strstr(s.why, "starting the interpreter: Broken pipe"));
	team_destroy(&s.team);
	assert_true(waitpid(-1, NULL, WNOHANG) < 0 && errno == ECHILD);
}

static void without_it_the_case_is_declined(void **unused)
{
	char *path = strdup(getenv("PATH"));
	struct bench_case bc;
	struct team team;
	char why[REASON_MAX];

	(void)unused;
	assert_non_null(path);
	assert_string_equal(parse("python/counter", &bc), "");
	assert_int_equal(setenv("PATH", "/nonexistent", 1), 0);
	assert_int_equal(
	    team_create(&team, &bc, topo, &(struct team_options){.seed = 7}, why, sizeof(why)),
	    -ENOTSUP);
	assert_string_equal(why, "no python3 in PATH that runs");
	assert_int_equal(setenv("PATH", path, 1), 0);
	free(path);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(it_is_seen_and_charged),
	    cmocka_unit_test(accounts_have_to_agree),
	    cmocka_unit_test(one_that_does_not_start_is_told),
	    cmocka_unit_test(without_it_the_case_is_declined),
	};

	return cmocka_run_group_tests(tests, open_machine, close_machine);
}
