/* supervise_turn_test.c - turns and ends of cells, good and bad. */
#include "harness/cell/cell_fixture.h"

#include <sched.h>

/* A cell that has become ready; @turn_within_ns may be short for those that hang. */
static struct cell_process *start(const char *body, bool hangs)
{
	char exe[96], why[200] = "";
	struct cell_spec spec = cell_script(exe, sizeof(exe), body);
	struct cell_process *c = NULL;
	struct message m;

	if (hangs)
		spec.turn_within_ns = CELL_IMPATIENCE_NS;
	if (cell_start(&spec, &c, &m, why, sizeof(why)) != 0)
		fail_msg("%s: %s", body, why);
	return c;
}

static void check_sample(const struct sample *s, unsigned slot)
{
	double ns = 0.0;

	assert_int_equal(s->slot, slot);
	assert_int_equal(s->launch, 0);
	assert_int_equal(s->worker_count, 2);
	assert_int_equal(s->worker_ops[0], 3);
	assert_int_equal(s->worker_ops[1], 4);
	assert_true(metric_get(&s->metrics, METRIC_NS_PER_OP, &ns));
	assert_true(ns == 2.5);
}

static void good_cells(void **state)
{
	static const char *const bodies[] = {
	    "ready; hear; sample 0; hear; sample 1; hear; summary",
	    /* What matters is what is said, not how it is cut. */
	    "ready; hear; sample 0; hear; printf '%s' '{\"v\":1,\"type\":\"sample\",\"sample\":' "
	    ">&3;"
	    " printf '%s\\n' "
	    "'{\"launch\":0,\"slot\":1,\"warm_up\":false,\"metrics\":{\"ns_per_op\":2.5"
	    "},\"worker_ops\":[3,4]}}' >&3; hear; summary",
	    /* All said at once, and dead before anybody reads it. */
	    "ready; sample 0; sample 1; summary",
	    /* What is left behind in its group ends with it. */
	    "sleep 1000 & ready; hear; sample 0; hear; sample 1; hear; summary",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(bodies) / sizeof(bodies[0]); i++) {
		struct cell_process *c = start(bodies[i], false);
		char why[200] = "";
		double sum_ns = 0.0;
		unsigned rows = 0;
		int ret;

		for (unsigned slot = 0; slot < 2; slot++) {
			enum case_status status = STATUS_OK;
			struct sample s;

			ret = cell_turn(c, slot, &s, &status, why, sizeof(why));
			if (ret)
				fail_msg("%s: %d %s", bodies[i], ret, why);
			check_sample(&s, slot);
			sample_free(&s);
		}
		ret = cell_finish(c, &rows, &sum_ns, NULL, why, sizeof(why));
		if (ret)
			fail_msg("%s: %d %s", bodies[i], ret, why);
		assert_int_equal(rows, 1);
		assert_true(sum_ns == 2.5);
		assert_true(cell_none_left(CELL_PATIENCE_NS));
	}
}

static void a_cell_hears_what_is_asked(void **state)
{
	struct cell_process *c =
	    start("ready; hear; case $heard in *'\"type\":\"go\"'*) ;; *) exit 7;;"
		  " esac; case $heard in *'\"slot\":41'*) ;; *) exit 8;; esac; "
		  "sample 41; hear; case $heard in *'\"end\"'*) summary;; esac",
		false);
	enum case_status status = STATUS_OK;
	char why[200] = "";
	struct sample s;
	double sum_ns;
	unsigned rows;

	(void)state;
	if (cell_turn(c, 41, &s, &status, why, sizeof(why)) != 0)
		fail_msg("%s", why);
	check_sample(&s, 41);
	sample_free(&s);
	assert_int_equal(cell_finish(c, &rows, &sum_ns, NULL, why, sizeof(why)), 0);
}

static void all_ways_to_fail_a_turn(void **state)
{
	static const struct cell_failure table[] = {
	    {"ready; hear; exit 3", -ECHILD, STATUS_CRASHED, "exited with status 3", false},
	    {"ready; hear; kill -SEGV $$", -ECHILD, STATUS_CRASHED, "signal 11", false},
	    /* Dead without having read what it was told: the socket is reset then. */
	    {"ready; sleep 0.2; kill -SEGV $$", -ECHILD, STATUS_CRASHED, "signal 11", false},
	    {"ready; exit 3", -ECHILD, STATUS_CRASHED, "exited with status 3", false},
	    {"ready; hear; fail invalid lost_one; exit 1", -EBADMSG, STATUS_INVALID, "lost_one",
		false},
	    {"ready; hear; fail crashed worker_1_died; exit 1", -EBADMSG, STATUS_CRASHED,
		"worker_1_died", false},
	    {"ready; hear; fail hung too_long; nap", -EBADMSG, STATUS_HUNG, "too_long", false},
	    {"ready; ready; nap", -EPROTO, STATUS_CRASHED, "said \"ready\" when \"sample\"", false},
	    {"ready; hear; summary; nap", -EPROTO, STATUS_CRASHED, "said \"summary\"", false},
	    {"ready; hear; say garbage; nap", -EPROTO, STATUS_CRASHED, "\"garbage\"", false},
	    {"ready; hear; sample 1; nap", -EPROTO, STATUS_CRASHED, "slot 1", false},
	    {"ready; hear; say '{\"v\":1,\"type\":\"sample\",\"sample\":{\"launch\":0}}'; nap",
		-EPROTO, STATUS_CRASHED, "not a whole message", false},
	    {"ready; hear; nap", -ETIMEDOUT, STATUS_HUNG, "no answer within 0.2 s", true},
	    /* Those that only take turns with each other are not starved. */
	    {"ready; hear; for i in 1 2 3 4; do while :; do :; done & done; wait", -ETIMEDOUT,
		STATUS_HUNG, "no answer within 0.2 s", true},
	    {"ready; hear; exec 3>&-; nap", -ECHILD, STATUS_CRASHED, "closed its end", false},
	    {"sleep 1000 & ready; hear; exit 4", -ECHILD, STATUS_CRASHED, "exited with status 4",
		false},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		struct cell_process *c = start(table[i].body, table[i].hangs);
		enum case_status status = STATUS_INVALID;
		char why[200] = "";
		struct sample s;
		const int ret = cell_turn(c, 0, &s, &status, why, sizeof(why));

		cell_kill(c);
		cell_check_failure(&table[i], ret, status, why);
	}
}

#define SPINNERS 3

static void begin_spinning(pid_t *pid, const cpu_set_t *where)
{
	for (unsigned i = 0; i < SPINNERS; i++) {
		pid[i] = fork();
		if (pid[i] == 0) {
			(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
			while (sched_setaffinity(0, sizeof(*where), where) == 0)
				for (volatile unsigned n = 0; n < 1u << 30; n++)
					;
			_exit(1);
		}
		assert_true(pid[i] > 0);
	}
}

/* Others have its PU for most of the time: what takes it far longer than it may take is no hang. */
static void who_is_kept_from_its_pu_has_not_hung(void **state)
{
	enum case_status status = STATUS_OK;
	char exe[96], why[200] = "";
	pid_t spinner[SPINNERS];
	struct cell_spec spec = cell_script(exe, sizeof(exe),
	    "ready; hear; perl -e 'do { ($u, $s) = times } while $u + $s < 0.4'; "
	    "sample 0; nap");
	cpu_set_t usual, one;
	struct cell_process *c;
	struct message m;
	struct sample s;
	size_t pu = 0;
	int ret;

	(void)state;
	assert_int_equal(sched_getaffinity(0, sizeof(usual), &usual), 0);
	while (!CPU_ISSET(pu, &usual))
		pu++;
	CPU_ZERO(&one);
	CPU_SET(pu, &one);
	spec.turn_within_ns = 500 * CLOCK_NS_PER_MS;
	assert_int_equal(sched_setaffinity(0, sizeof(one), &one), 0);
	ret = cell_start(&spec, &c, &m, why, sizeof(why));
	assert_int_equal(sched_setaffinity(0, sizeof(usual), &usual), 0);
	if (ret)
		fail_msg("%s", why);
	begin_spinning(spinner, &one);
	ret = cell_turn(c, 0, &s, &status, why, sizeof(why));
	for (unsigned i = 0; i < SPINNERS; i++) {
		assert_int_equal(kill(spinner[i], SIGKILL), 0);
		assert_int_equal(waitpid(spinner[i], NULL, 0), spinner[i]);
	}
	cell_kill(c);
	if (ret)
		fail_msg("%d %s", ret, why);
	sample_free(&s);
}

static void counters_come_before_the_summary(void **state)
{
	struct cell_process *c =
	    start("ready; hear; say "
		  "'{\"v\":1,\"type\":\"counters\",\"reason\":\"scaled\",\"counters\":"
		  "{\"instructions_user_per_op\":12.5}}'; summary",
		false);
	struct cell_counters counters = {.note = ""};
	char why[200] = "";
	double sum_ns, value = 0.0;
	unsigned rows;

	(void)state;
	if (cell_finish(c, &rows, &sum_ns, &counters, why, sizeof(why)) != 0)
		fail_msg("%s", why);
	assert_int_equal(counters.counted.count, 1);
	assert_true(metric_get(&counters.counted, "instructions_user_per_op", &value));
	assert_true(value == 12.5);
	/* A multiplexed count is less certain: whoever shows it has to say so. */
	assert_string_equal(counters.note, "scaled");
}

static void all_ways_to_fail_the_end(void **state)
{
	static const struct cell_failure table[] = {
	    {"ready; hear; exit 0", -ECHILD, STATUS_CRASHED, "exited with status 0", false},
	    {"ready; exit 0", -ECHILD, STATUS_CRASHED, "exited with status 0", false},
	    /* What a sanitizer does when it has found something. */
	    {"ready; hear; summary; exit 23", -ECHILD, STATUS_CRASHED, "exited with status 23",
		false},
	    {"ready; hear; summary; kill -ABRT $$", -ECHILD, STATUS_CRASHED, "signal 6", false},
	    {"ready; hear; fail invalid does_not_add_up; exit 1", -EBADMSG, STATUS_INVALID,
		"does_not_add_up", false},
	    {"ready; hear; fail crashed generator_died; exit 1", -ECHILD, STATUS_CRASHED,
		"generator_died", false},
	    {"ready; hear; say what; nap", -EPROTO, STATUS_CRASHED, "\"what\"", false},
	    /* With something in it to forget. */
	    {"ready; hear; sample 0; nap", -EPROTO, STATUS_CRASHED, "said \"sample\"", false},
	    {"ready; hear; say '{\"v\":1,\"type\":\"counters\",\"reason\":\"\",\"counters\":{}}'; "
	     "exit "
	     "2",
		-ECHILD, STATUS_CRASHED, "exited with status 2", false},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		struct cell_process *c = start(table[i].body, false);
		char why[200] = "";
		struct cell_counters counters = {.note = "untouched"};
		double sum_ns = -1.0;
		unsigned rows = 99;
		const int ret = cell_finish(c, &rows, &sum_ns, &counters, why, sizeof(why));

		assert_string_equal(counters.note, "untouched");
		cell_check_failure(&table[i], ret, STATUS_INVALID, why);
	}
}

static void what_an_error_means(void **state)
{
	(void)state;
	assert_int_equal(cell_failure_status(-EBADMSG, STATUS_INVALID), STATUS_INVALID);
	assert_int_equal(cell_failure_status(-EBADMSG, STATUS_HUNG), STATUS_HUNG);
	assert_int_equal(cell_failure_status(-ENOTSUP, STATUS_INVALID), STATUS_UNSUPPORTED);
	assert_int_equal(cell_failure_status(-ETIMEDOUT, STATUS_INVALID), STATUS_HUNG);
	assert_int_equal(cell_failure_status(-EINTR, STATUS_INVALID), STATUS_NOT_RUN);
	assert_int_equal(cell_failure_status(-ECHILD, STATUS_INVALID), STATUS_CRASHED);
	assert_int_equal(cell_failure_status(-EPROTO, STATUS_INVALID), STATUS_CRASHED);
	assert_int_equal(cell_failure_status(-EMFILE, STATUS_INVALID), STATUS_CRASHED);
}

/* A hang costs a gate seconds; a slow machine or a long turn is none. */
static void silence_by_the_length_of_a_turn(void **state)
{
	static const struct {
		uint64_t slot_ms, start_ms, within_ms;
	} table[] = {{2, 20, 5000}, {0, 0, 5000}, {100, 20, 10000}, {2, 400, 8000},
	    {200, 20, 20000}, {2, 3000, 20000}, {UINT64_MAX / CLOCK_NS_PER_MS, 20, 20000}};

	(void)state;
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++)
		assert_int_equal(cell_turn_within_ns(table[i].slot_ms * CLOCK_NS_PER_MS,
				     table[i].start_ms * CLOCK_NS_PER_MS),
		    table[i].within_ms * CLOCK_NS_PER_MS);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(silence_by_the_length_of_a_turn),
	    cmocka_unit_test(good_cells),
	    cmocka_unit_test(a_cell_hears_what_is_asked),
	    cmocka_unit_test(all_ways_to_fail_a_turn),
	    cmocka_unit_test(who_is_kept_from_its_pu_has_not_hung),
	    cmocka_unit_test(counters_come_before_the_summary),
	    cmocka_unit_test(all_ways_to_fail_the_end),
	    cmocka_unit_test(what_an_error_means),
	};

	return cmocka_run_group_tests(tests, cell_fixture_setup, cell_fixture_teardown);
}
