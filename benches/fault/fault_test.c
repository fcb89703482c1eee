/* fault_test.c - each outcome, and that it is told by what has happened. That those who tell
 * another are caught: conformance_test.c. */
#include "benches/team_fixture.h"

#include "benches/fault/killed.h"

#include <signal.h>
#include <sys/wait.h>

static const char *const words[KILLED_OUTCOMES] = {
    "outcome.survived", "outcome.deadlocked", "outcome.lost"};

/* Of the words exactly one. */
static void expect_outcome(const struct metric_set *metrics, enum killed_outcome want)
{
	for (unsigned i = 0; i < KILLED_OUTCOMES; i++) {
		double value = -1.0;

		assert_true(metric_get(metrics, words[i], &value));
		assert_true(value == (i == want ? 1.0 : 0.0));
	}
}

static void each_outcome_is_told(void **unused)
{
	static const struct {
		const char *name;
		bool repairs;
		enum killed_outcome want;
	} rows[] = {
	    {"fault/killed_worker/workers:2/mutex:robust", true, KILLED_SURVIVED},
	    {"fault/killed_worker/workers:6/mutex:robust", true, KILLED_SURVIVED},
	    {"fault/killed_worker/workers:2/mutex:plain", true, KILLED_DEADLOCKED},
	    {"fault/killed_worker/workers:6/mutex:plain", true, KILLED_DEADLOCKED},
	    /* Nobody completes what the victim has left half done. */
	    {"fault/killed_worker/workers:3/mutex:robust", false, KILLED_LOST},
	};

	(void)unused;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const struct killed_plan plan = {true, true, rows[i].repairs, true};
		struct sample sample = {0};
		struct subject s;
		double recovery_ns;

		begin(&s, rows[i].name);
		/* One trial leaves nothing to the next. */
		for (unsigned t = 0; t < 2; t++) {
			memset(&sample, 0, sizeof(sample));
			if (killed_once(&plan, &s.team.env,
				(struct cb_metrics *)(void *)&sample.metrics, s.why,
				sizeof(s.why)) != 0)
				fail_msg("%s: %s", rows[i].name, s.why);
			expect_outcome(&sample.metrics, rows[i].want);
			if (check(&s) != 0)
				fail_msg("%s: %s", rows[i].name, s.why);
			assert_int_equal(metric_get(&sample.metrics, "recovery_ns", &recovery_ns),
			    rows[i].want != KILLED_DEADLOCKED);
			assert_true(waitpid(-1, NULL, WNOHANG) < 0 && errno == ECHILD);
		}
		end(&s);
	}
}

/* One wrong account at a time. */
static void accounts_have_to_agree(void **unused)
{
	struct killed_state *st;
	struct subject s;
	int status;

	(void)unused;
	begin(&s, "fault/killed_worker/workers:3/mutex:robust");
	st = s.team.env.state;
	right_trial(&s, 0);
	status = st->victim_status;
	st->victim_status = 0;
	wrong(&s, check(&s), "survived: the victim was not killed");
	st->victim_status = SIGTERM;
	wrong(&s, check(&s), "survived: the victim was not killed");
	st->victim_status = status;
	st->after--;
	wrong(&s, check(&s), "survived: 19 of 20 operations after the death");
	st->after++;
	st->repaired++;
	wrong(&s, check(&s), "2 were told of the death");
	st->repaired--;
	st->done++;
	wrong(&s, check(&s), "survived: but the counters are ");
	st->done--;
	st->second--;
	wrong(&s, check(&s), "survived: but the counters are ");
	st->second++;
	assert_int_equal(check(&s), 0);
	/* As if they had waited for ever. */
	st->outcome = KILLED_DEADLOCKED;
	wrong(&s, check(&s), "deadlocked: but 20 have had the lock after the death");
	st->after = 0;
	wrong(&s, check(&s), "deadlocked: but the victim did not hold the lock");
	st->first++;
	assert_int_equal(check(&s), 0);
	end(&s);
}

static void what_cannot_be_is_declined(void **unused)
{
	static const struct {
		const char *name, *why;
	} bad[] = {
	    {"fault/killed_worker/workers:1", "somebody has to be left"},
	    {"fault/killed_worker/model:thread", "kills all of them"},
	};
	struct bench_case bc;

	(void)unused;
	for (size_t i = 0; i < 2; i++) {
		assert_non_null(strstr(parse(bad[i].name, &bc), bad[i].why));
		assert_true(bc.declined);
	}
	assert_string_equal(parse("fault/killed_worker", &bc), "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(each_outcome_is_told),
	    cmocka_unit_test(accounts_have_to_agree),
	    cmocka_unit_test(what_cannot_be_is_declined),
	};

	return cmocka_run_group_tests(tests, open_machine, close_machine);
}
