/* create_test.c - what is timed of a creation, and to whom it is charged. That those who are wrong
 * are caught: conformance_test.c. */
#include "benches/team_fixture.h"

#include "benches/create/arguments.h"
#include "benches/create/life.h"
#include "benches/create/start_order.h"

#include <math.h>

/* So long that a loaded machine, too, lets a creation end in it. */
#define WINDOW_NS (100 * CLOCK_NS_PER_MS)

static double metric(const struct subject *s, const char *name)
{
	double value = -1.0;

	if (!metric_get(&s->sample.metrics, name, &value))
		fail_msg("%s: no metric %s", s->bc.name, name);
	return value;
}

/* A trial in whose window a creation ended. Who is kept from its PU may need more than one. */
static void timed_trial(struct subject *s)
{
	double ns;

	for (unsigned tries = 0; tries < 100; tries++) {
		right_trial(s, WINDOW_NS);
		if (metric_get(&s->sample.metrics, "life_ns", &ns))
			return;
	}
	fail_msg("%s: no creation ends in a window", s->bc.name);
}

/* Each phase is a part of the whole. */
static void phases_are_parts(void **unused)
{
	static const char *const names[] = {"create/thread/model:thread/workers:1",
	    "create/thread/model:process/workers:2", "create/thread_64k/model:thread/workers:1",
	    "create/thread_detached/model:thread/workers:1", "create/fork/model:thread/workers:2",
	    "create/fork/model:process/workers:1/dirty_bytes:1048576",
	    "create/pidfd/model:process/workers:2", "create/posix_spawn/model:thread/workers:2",
	    "create/vfork_exec/model:process/workers:2"};

	(void)unused;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		struct subject s;

		begin(&s, names[i]);
		for (unsigned t = 0; t < 2; t++) {
			timed_trial(&s);
			assert_true(metric(&s, "call_ns") > 0.0);
			assert_true(metric(&s, "first_ns") > 0.0);
			assert_true(metric(&s, "join_ns") > 0.0);
			assert_true(fabs(metric(&s, "life_ns") - metric(&s, "first_ns") -
					 metric(&s, "join_ns")) < 0.01);
			assert_true(s.sample.latency->count > 0);
		}
		end(&s);
	}
}

/* The warm-up is not timed, nor is who ends after the window. */
static void timed_are_those_of_the_window(void **unused)
{
	const struct life_maker *maker;
	struct subject s;
	double timed;

	(void)unused;
	begin(&s, "create/thread/workers:1");
	maker = s.team.env.state;
	right_trial(&s, WINDOW_NS);
	timed = (double)maker->timed;
	/* Within one at each end. */
	assert_true(fabs(timed - metric(&s, METRIC_OPS)) <= 2.0);
	assert_true(maker->timed < maker->made);
	assert_int_equal(s.sample.latency->count, maker->timed);
	end(&s);
}

/* Means over those of the window, and nothing that an earlier trial has left. */
static void means_are_of_one_trial(void **unused)
{
	struct metric_set metrics = {0};
	struct life_maker *maker;
	struct subject s;

	(void)unused;
	begin(&s, "create/thread/workers:2");
	maker = s.team.env.state;
	right_trial(&s, WINDOW_NS);
	for (unsigned i = 0; i < 2; i++) {
		s.team.load->enter(subject_worker(&s, i), maker);
		maker[i].timed = 2 + 2 * i;
		maker[i].phase_ns[LIFE_CALL] = 60 * (i + 1);
		maker[i].phase_ns[LIFE_FIRST] = 100 * (i + 1);
		maker[i].phase_ns[LIFE_JOIN] = 20 * (i + 1);
	}
	assert_true(report(&s, &metrics, "call_ns") == 30.0);
	assert_true(report(&s, &metrics, "first_ns") == 50.0);
	assert_true(report(&s, &metrics, "join_ns") == 10.0);
	assert_true(report(&s, &metrics, "life_ns") == 60.0);
	/* Of none there is no mean. */
	for (unsigned i = 0; i < 2; i++)
		s.team.load->enter(subject_worker(&s, i), maker);
	metrics.count = 0;
	s.team.load->report(&s.team.env, (struct cb_metrics *)(void *)&metrics);
	assert_int_equal(metrics.count, 0);
	end(&s);
}

/* One wrong account at a time. */
static void accounts_have_to_agree(void **unused)
{
	struct life_maker *maker;
	struct subject s;

	(void)unused;
	begin(&s, "create/thread/workers:2");
	maker = s.team.env.state;
	right_trial(&s, WINDOW_NS);
	maker[1].ran--;
	wrong(&s, check(&s), "worker 1: ");
	maker[1].ran++;
	maker[1].made++;
	wrong(&s, check(&s), " ran, ");
	maker[1].made--;
	maker[0].strangers = 1;
	wrong(&s, check(&s), "worker 0: 1 of ");
	maker[0].strangers = 0;
	maker[0].astray = 3;
	wrong(&s, check(&s), "3 of ");
	maker[0].astray = 0;
	assert_int_equal(check(&s), 0);
	end(&s);
}

/* It is where its maker is, or the maker's PU is not what was measured. */
static void one_on_another_pu_is_astray(void **unused)
{
	struct life_maker *maker;
	struct cb_worker *w;
	struct subject s;

	(void)unused;
	begin(&s, "create/thread/workers:1");
	maker = s.team.env.state;
	w = subject_worker(&s, 0);
	right_trial(&s, WINDOW_NS);
	assert_true(w->pu >= 0);
	for (int away = 0; away < 2; away++) {
		maker->life.pu = w->pu + away;
		life_note(w, maker, 1, 2, 3);
		s.team.done[0]++;
		if (away)
			wrong(&s, check(&s), "worker 0: 1 of ");
		else
			assert_int_equal(check(&s), 0);
	}
	end(&s);
}

static void coroutines_are_declined(void **unused)
{
	struct bench_case bc;

	(void)unused;
	assert_non_null(
	    strstr(parse("create/thread/model:coroutine", &bc), "that stops the carrier"));
	assert_true(bc.declined);
}

/* ---- rates ---- */

/* Each maker counts its own, and all of them together are what the figure is of. */
static void rates_are_of_all_makers(void **unused)
{
	static const char *const names[] = {"create/thread_rate/model:thread/workers:3",
	    "create/thread_rate/model:process/workers:3", "create/fork_rate/model:thread/workers:3",
	    "create/fork_rate/model:process/workers:3"};

	(void)unused;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		struct life_maker *maker;
		struct subject s;

		begin(&s, names[i]);
		maker = s.team.env.state;
		right_trial(&s, WINDOW_NS);
		for (unsigned w = 0; w < 3; w++) {
			assert_true(maker[w].made > 0 && maker[w].made == maker[w].ran);
			maker[w].ran++;
			wrong(&s, check(&s), " ran, ");
			maker[w].ran--;
		}
		assert_true(metric(&s, METRIC_OPS) * metric(&s, "ns_per_op") > 0.99 * WINDOW_NS);
		assert_int_equal(check(&s), 0);
		end(&s);
	}
}

/* ---- arguments ---- */

static void reading_is_a_part_of_the_life(void **unused)
{
	static const char *const names[] = {
	    "create/arguments/model:thread/workers:2/argument_bytes:4096/way:pointer",
	    "create/arguments/model:process/workers:1/argument_bytes:0/way:copy_on_write",
	    "create/arguments/model:thread/workers:1/argument_bytes:1048576/way:pipe"};

	(void)unused;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		struct subject s;

		begin(&s, names[i]);
		for (unsigned t = 0; t < 2; t++) {
			timed_trial(&s);
			assert_true(metric(&s, "call_ns") > 0.0);
			assert_true(metric(&s, "read_ns") > 0.0);
			assert_true(metric(&s, "life_ns") > metric(&s, "read_ns"));
		}
		end(&s);
	}
}

/* Whichever word is another one. */
static void every_word_counts(void **unused)
{
	static const size_t at[] = {0, 1, 4096, 131070};
	const struct life_maker *maker;
	struct argument *a;
	struct subject s;

	(void)unused;
	begin(&s, "create/arguments/model:thread/argument_bytes:1048576/way:pointer");
	maker = s.team.env.state;
	right_trial(&s, WINDOW_NS);
	a = subject_worker(&s, 0)->local;
	assert_int_equal(a->count, 131072);
	for (size_t i = 0; i < sizeof(at) / sizeof(at[0]); i++) {
		const uint64_t strangers = maker->strangers, kept = a->words[at[i]];

		a->words[at[i]]++;
		wrong(&s, trial(&s, WINDOW_NS), " have not got what they were made with");
		assert_true(maker->strangers > strangers);
		a->words[at[i]] = kept;
	}
	end(&s);
	assert_non_null(
	    strstr(parse("create/arguments/argument_bytes:12", &s.bc), "words of 8 bytes, not 12"));
}

/* ---- the order of starts ---- */

static void orders_are_judged(void **unused)
{
	static const struct {
		uint32_t ran[4];
		enum start_order want;
		double inversions;
	} rows[] = {
	    {{0, 1, 2, 3}, ORDER_STARTED, 0.0},
	    {{3, 2, 1, 0}, ORDER_REVERSED, 1.0},
	    {{1, 0, 2, 3}, ORDER_MIXED, 1.0 / 6.0},
	    {{1, 2, 3, 0}, ORDER_MIXED, 0.5},
	};

	(void)unused;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		double inversions = -1.0;

		assert_int_equal(start_judge(rows[i].ran, 4, &inversions), rows[i].want);
		assert_true(fabs(inversions - rows[i].inversions) < 1e-9);
	}
}

/* Of each trial by itself; and one wrong account at a time. */
static void everybody_has_a_place(void **unused)
{
	static const char *const names[] = {"create/start_order/model:thread/workers:8/place:none",
	    "create/start_order/model:process/workers:3/place:same"};

	(void)unused;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		struct start_state *st;
		struct subject s;
		double share = -1.0;
		uint32_t kept;

		begin(&s, names[i]);
		st = s.team.env.state;
		for (unsigned t = 0; t < 2; t++) {
			right_trial(&s, 0);
			assert_true(metric_get(&s.sample.metrics, "inverted_share", &share));
			assert_true(share >= 0.0 && share <= 1.0);
		}
		kept = st->ran[0];
		st->ran[0] = st->ran[1];
		wrong(&s, check(&s), "worker 1 has place ");
		st->ran[0] = kept;
		st->next--;
		wrong(&s, check(&s), " workers ran");
		st->next++;
		assert_int_equal(check(&s), 0);
		end(&s);
	}
}

/* A pause that is far longer than a start takes puts them in order. */
static void a_long_pause_puts_them_in_order(void **unused)
{
	struct subject s;
	double share = -1.0;

	(void)unused;
	begin(&s, "create/start_order/model:thread/workers:3/place:none/delay_ns:50000000");
	/* On a busy machine one of them may be kept from its PU for longer even than that. */
	for (unsigned t = 0; t < 10 && share != 0.0; t++) {
		right_trial(&s, 0);
		assert_true(metric_get(&s.sample.metrics, "inverted_share", &share));
	}
	assert_true(share == 0.0);
	end(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(phases_are_parts),
	    cmocka_unit_test(timed_are_those_of_the_window),
	    cmocka_unit_test(means_are_of_one_trial),
	    cmocka_unit_test(accounts_have_to_agree),
	    cmocka_unit_test(one_on_another_pu_is_astray),
	    cmocka_unit_test(coroutines_are_declined),
	    cmocka_unit_test(rates_are_of_all_makers),
	    cmocka_unit_test(reading_is_a_part_of_the_life),
	    cmocka_unit_test(every_word_counts),
	    cmocka_unit_test(orders_are_judged),
	    cmocka_unit_test(everybody_has_a_place),
	    cmocka_unit_test(a_long_pause_puts_them_in_order),
	};

	return cmocka_run_group_tests(tests, open_machine, close_machine);
}
