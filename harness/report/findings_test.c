#include "harness/report/findings.h"
#include "harness/report/fixture_test.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

static struct contender contender(const char *label, double low, double mid, double high)
{
	struct contender c = {.value = {.estimate = mid, .low = low, .high = high}};

	snprintf(c.label, sizeof(c.label), "%s", label);
	return c;
}

static void the_best_is_only_best_without_overlap(void **state)
{
	struct contender clear[] = {contender("b", 20, 21, 22), contender("a", 10, 11, 12)};
	struct contender touching[] = {contender("b", 12, 13, 14), contender("a", 10, 11, 12)};
	/* The third overlaps with the best, the second does not. */
	struct contender wide[] = {
	    contender("a", 10, 11, 12), contender("b", 13, 14, 15), contender("c", 9, 20, 31)};

	(void)state;
	assert_int_equal(findings_compare(clear, 2, true), 1);
	assert_string_equal(clear[0].label, "a");
	assert_int_equal(findings_compare(clear, 2, false), 1);
	assert_string_equal(clear[0].label, "b");
	assert_int_equal(findings_compare(touching, 2, true), 2);
	assert_int_equal(findings_compare(wide, 3, true), 2);
	assert_string_equal(wide[0].label, "a");
	assert_string_equal(wide[1].label, "c");
	assert_string_equal(wide[2].label, "b");
	assert_int_equal(findings_compare(wide, 0, true), 0);
}

static void add(struct run *run, const char *name, double ns, double spread)
{
	const struct fixture_case c = {
	    .name = name, .op = "a", .ns = ns, .spread = spread, .status = STATUS_OK};

	fixture_add(run, &c);
}

static void build(struct run *run, struct case_groups *groups, struct findings *f)
{
	fixture_end(run);
	assert_int_equal(case_groups_build(run, groups), 0);
	assert_int_equal(findings_build(groups, f), 0);
}

static void clean(struct run *run, struct case_groups *groups, struct findings *f)
{
	findings_free(f);
	case_groups_free(groups);
	run_free(run);
}

static void sentences_on_a_job(void **state)
{
	struct case_groups groups;
	struct findings f;
	struct run run;

	(void)state;
	fixture_begin(&run);
	add(&run, "job/sieve/model:thread/workers:1/place:scatter", 100, 0.01);
	add(&run, "job/sieve/model:process/workers:1/place:scatter", 150, 0.01);
	add(&run, "job/sieve/model:thread/workers:2/place:scatter", 100, 0.1);
	add(&run, "job/sieve/model:process/workers:2/place:scatter", 105, 0.1);
	add(&run, "job/sieve/model:callback/workers:2/place:scatter", 1, 0.1);
	build(&run, &groups, &f);
	assert_int_equal(f.count, 2);
	assert_true(f.items[0].clear);
	assert_string_equal(f.items[0].where, "1 worker");
	assert_string_equal(f.items[0].text,
	    "thread is quickest at 100 ns (99 ns to 101 ns); the next, process, takes 1.50 times "
	    "as long.");
	assert_false(f.items[1].clear);
	assert_string_equal(f.items[1].text,
	    "No clear winner: the intervals of thread (100 ns) and process (105 ns) overlap.");
	clean(&run, &groups, &f);
}

/* A lock that does not lock would win everything. */
static void references_do_not_win(void **state)
{
	struct case_groups groups;
	struct findings f;
	struct run run;

	(void)state;
	fixture_begin(&run);
	add(&run, "lock/none/model:thread/workers:2/place:scatter", 1, 0.01);
	add(&run, "lock/atomic_add/model:thread/workers:2/place:scatter", 2, 0.01);
	add(&run, "lock/mcs/model:thread/workers:2/place:scatter", 100, 0.01);
	add(&run, "lock/mutex/model:thread/workers:2/place:scatter", 50, 0.01);
	add(&run, "lock/mcs/model:process/workers:2/place:scatter", 10, 0.01);
	build(&run, &groups, &f);
	assert_int_equal(f.count, 1);
	assert_string_equal(f.items[0].where, "thread, 2 workers");
	assert_memory_equal(f.items[0].text, "mutex is quickest at 50 ns", 26);
	clean(&run, &groups, &f);
}

/* Where the client is the limit nobody is called fastest. */
/* A little ahead of a given rate is catching up, not winning. */
static void a_given_rate_has_no_winner(void **state)
{
	struct case_groups groups;
	struct findings f;
	struct run run;

	(void)state;
	for (int free = 0; free < 2; free++) {
		struct fixture_case c = {.op = "wake-up",
		    .latency_of = "here to there",
		    .ns = 100,
		    .spread = 0.0001,
		    .cpu_ns = 50,
		    .extra = free ? NULL : METRIC_GIVEN_OPS_PER_S,
		    .extra_value = 1e7};

		fixture_begin(&run);
		c.name = "job/timers/model:thread/workers:10";
		fixture_add(&run, &c);
		c.name = "job/timers/model:coroutine/workers:10";
		c.ns = 101;
		c.cpu_ns = 20;
		fixture_add(&run, &c);
		build(&run, &groups, &f);
		assert_int_equal(f.count, 1);
		/* The control: without a given rate the same figures do have one. */
		if (free)
			assert_non_null(strstr(f.items[0].text, "thread is fastest"));
		else
			assert_non_null(strstr(
			    f.items[0].text, "The rate is set from outside and the same for all."));
		assert_non_null(strstr(f.items[0].text, "CPU time: coroutine is cheapest"));
		clean(&run, &groups, &f);
	}
}

/* Each at half of its own peak: neither their rates nor what an item takes of the CPU tell who is
 * better. */
static void other_rates_are_not_compared(void **state)
{
	struct fixture_case c = {.op = "item",
	    .latency_of = "here to there",
	    .spread = 0.0001,
	    .extra = METRIC_GIVEN_OPS_PER_S};
	static const struct {
		double second;
		size_t findings;
	} rows[] = {{1e7, 1}, {1.04e7, 1}, {1.1e7, 0}, {1e6, 0}};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct case_groups groups;
		struct findings f;
		struct run run;

		fixture_begin(&run);
		c.name = "job/timers/model:thread/workers:10";
		c.ns = 100;
		c.cpu_ns = 50;
		c.extra_value = 1e7;
		fixture_add(&run, &c);
		c.name = "job/timers/model:coroutine/workers:10";
		c.ns = 1e9 / rows[i].second;
		c.cpu_ns = 20;
		c.extra_value = rows[i].second;
		fixture_add(&run, &c);
		build(&run, &groups, &f);
		assert_int_equal(f.count, rows[i].findings);
		clean(&run, &groups, &f);
	}
}

/* Where it is known what they take from others the accounts name no winner; they are told beside it
 * where they are far from it. */
static void what_is_taken_from_others_stands_for_the_accounts(void **state)
{
	static const char *const models[] = {"thread", "coroutine"};
	static const double taken[] = {18000, 10000}, charged[] = {11000, 9800};
	struct case_groups groups;
	struct findings f;
	struct run run;

	(void)state;
	/* One of them alone is no comparison, and the accounts stay. */
	for (unsigned known = 1; known <= 2; known++) {
		fixture_begin(&run);
		for (unsigned i = 0; i < 2; i++) {
			char name[100];
			struct fixture_case c = {.name = name,
			    .op = "wake-up",
			    .latency_of = "here to there",
			    .ns = 100,
			    .spread = 0.0001,
			    .cpu_ns = charged[i]};

			snprintf(name, sizeof(name), "job/timers/model:%s/workers:10", models[i]);
			fixture_add(&run, &c);
			if (i >= known)
				continue;
			strcat(name, "/figure:" METRIC_DISPLACED);
			c.extra = METRIC_DISPLACED;
			c.extra_value = taken[i];
			c.latency_of = NULL;
			fixture_add(&run, &c);
			run.series[run.series_count - 1].figure =
			    (struct run_figure){.metric = METRIC_DISPLACED,
				.title = "CPU time from others",
				.unit = "ns",
				.scale = CB_RATIO,
				.better = CB_LESS};
		}
		build(&run, &groups, &f);
		assert_int_equal(f.count, known);
		assert_int_equal(!strstr(f.items[0].text, "CPU time:"), known == 2);
		if (known == 2)
			assert_string_equal(f.items[1].text,
			    "CPU time from others: coroutine is lowest at 10 µs (10 µs to 10 µs); "
			    "the "
			    "next, thread, takes 1.80 times as long. In the same windows the "
			    "kernel's accounts charge thread 11 µs (61 % of it).");
		clean(&run, &groups, &f);
	}
}

/* Whoever does not keep it does less for its CPU time: no winner. */
static void a_rate_that_is_not_kept_is_said(void **state)
{
	struct fixture_case c = {.op = "wake-up",
	    .latency_of = "here to there",
	    .spread = 0.0001,
	    .cpu_ns = 50,
	    .extra = METRIC_GIVEN_OPS_PER_S,
	    .extra_value = 10000};
	struct case_groups groups;
	struct findings f;
	struct run run;

	(void)state;
	fixture_begin(&run);
	/* Ten workers, a wake-up a millisecond each: one in 100 us. */
	c.name = "job/timers/model:coroutine/workers:10/period_us:1000";
	c.ns = 100000;
	fixture_add(&run, &c);
	c.name = "job/timers/model:thread/workers:10/period_us:1000";
	c.ns = 400000;
	fixture_add(&run, &c);
	build(&run, &groups, &f);
	assert_int_equal(f.count, 1);
	assert_non_null(strstr(f.items[0].text, "thread kept only 25 % of it"));
	assert_null(strstr(f.items[0].text, "cheapest"));
	clean(&run, &groups, &f);
}

static void few_launches_tell_nothing(void **state)
{
	struct fixture_case c = {.op = "turn", .spread = 0.01, .cpu_ns = 50};
	struct case_groups groups;
	struct findings f;
	struct run run;

	(void)state;
	for (int few = 0; few < 2; few++) {
		fixture_begin(&run);
		c.name = "job/sieve/model:thread/workers:1/place:same";
		c.ns = 100;
		fixture_add(&run, &c);
		c.name = "job/sieve/model:process/workers:1/place:same";
		c.ns = 200;
		fixture_add(&run, &c);
		/* Samples 2 to 4 of the same launch: three are left. */
		for (size_t i = 2; few && i < run.series[1].sample_count; i++)
			run.series[1].samples[i].launch = 2;
		build(&run, &groups, &f);
		assert_int_equal(f.count, 1);
		assert_int_equal(strstr(f.items[0].text, "thread is quickest") != NULL, !few);
		assert_int_equal(strstr(f.items[0].text, "Too few launches") != NULL, few);
		clean(&run, &groups, &f);
	}
}

static void give_client_a_pu(struct run *run)
{
	for (size_t i = 0; i < run->series_count; i++)
		for (size_t k = 0; k < run->series[i].sample_count; k++)
			assert_int_equal(
			    metric_add(&run->series[i].samples[k].metrics, METRIC_COMPANION_PU, 1),
			    0);
}

static void a_busy_client_forbids_rates(void **state)
{
	struct fixture_case c = {.op = "request",
	    .latency_of = "here to there",
	    .ns = 100,
	    .spread = 0.01,
	    .cpu_ns = 50,
	    .extra = METRIC_CLIENT_BUSY_PCT,
	    .extra_value = 97};
	struct case_groups groups;
	struct findings f;
	struct run run;

	(void)state;
	/* 2: it is not, but shares the workers' PUs. */
	for (int busy = 0; busy < 3; busy++) {
		fixture_begin(&run);
		c.extra_value = busy == 1 ? 97 : 40;
		c.name = "job/tcp_echo/model:thread/workers:10/place:same";
		c.ns = 100;
		c.cpu_ns = 50;
		fixture_add(&run, &c);
		c.name = "job/tcp_echo/model:coroutine/workers:10/place:same";
		c.ns = 200;
		c.cpu_ns = 20;
		fixture_add(&run, &c);
		if (busy < 2)
			give_client_a_pu(&run);
		build(&run, &groups, &f);
		assert_int_equal(f.count, 1);
		if (busy)
			assert_null(strstr(f.items[0].text, "fastest"));
		else
			assert_non_null(strstr(f.items[0].text, "thread is fastest"));
		assert_non_null(strstr(f.items[0].text, "CPU time: coroutine is cheapest"));
		clean(&run, &groups, &f);
	}
}

/* Different knobs are different questions. */
static void knobs_are_not_mixed(void **state)
{
	struct case_groups groups;
	struct findings f;
	struct run run;

	(void)state;
	fixture_begin(&run);
	add(&run, "lock/a/model:thread/workers:2/place:same/hold_ns:0", 1, 0.01);
	add(&run, "lock/a/model:thread/workers:2/place:same/hold_ns:9", 3, 0.01);
	add(&run, "lock/b/model:thread/workers:2/place:same/hold_ns:9", 2, 0.01);
	build(&run, &groups, &f);
	assert_int_equal(f.count, 1);
	assert_string_equal(f.items[0].where, "thread, 2 workers hold_ns:9");
	assert_memory_equal(f.items[0].text, "b is quickest", 13);
	clean(&run, &groups, &f);
}

static void nothing_to_say(void **state)
{
	struct case_groups groups;
	struct findings f;
	struct run run;

	(void)state;
	fixture_begin(&run);
	add(&run, "switch/one/model:thread/workers:1", 1, 0.01);
	add(&run, "unknown/a/workers:1", 1, 0.01);
	add(&run, "unknown/b/workers:1", 9, 0.01);
	build(&run, &groups, &f);
	assert_int_equal(f.count, 0);
	clean(&run, &groups, &f);
}

static void the_ladder(void **state)
{
	struct case_groups groups;
	struct findings f;
	struct run run;

	(void)state;
	fixture_begin(&run);
	add(&run, "switch/futex/model:thread/workers:2/place:same", 2000, 0.01);
	add(&run, "switch/call/model:thread/workers:1/place:same", 2, 0.01);
	build(&run, &groups, &f);
	assert_int_equal(f.count, 1);
	assert_string_equal(f.items[0].text,
	    "From call thread workers:1 at 2 ns to futex thread workers:2 at 2 µs: 1000 times as "
	    "long.");
	clean(&run, &groups, &f);
}

/* Whoever happened to be measured while the machine was quick would win. */
static void regimes_of_the_machine_are_not_mixed(void **state)
{
	static const struct {
		unsigned launches[2][2]; /* of mcs and of ticket: quick, slow */
		const char *says;
		bool clear;
	} table[] = {
	    /* Of all launches mcs would be at 400 ns, and ticket the quickest at 120. */
	    {{{10, 20}, {20, 10}}, "mcs is quickest at 100 ns", true},
	    {{{10, 20}, {20, 10}}, " This is of the launches in one of two regimes", true},
	    {{{6, 40}, {6, 40}}, "mcs is quickest at 40", true},
	    {{{12, 2}, {2, 12}}, "Measured in different regimes of the machine", false},
	    {{{12, 2}, {2, 12}}, "(launches in each: mcs 12 and 2; ticket 2 and 12).", false},
	    /* One regime: nothing is said of it. */
	    {{{12, 0}, {12, 0}}, "takes 1.20 times as long.", true},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		struct case_groups groups;
		struct findings f;
		struct run run;

		fixture_begin(&run);
		fixture_add_regimes(&run, "lock/mcs/model:thread/workers:2/place:scatter", 100,
		    table[i].launches[0][0], table[i].launches[0][1]);
		fixture_add_regimes(&run, "lock/ticket/model:thread/workers:2/place:scatter", 120,
		    table[i].launches[1][0], table[i].launches[1][1]);
		build(&run, &groups, &f);
		assert_int_equal(f.count, 1);
		if (!strstr(f.items[0].text, table[i].says))
			fail_msg("row %zu: %s", i, f.items[0].text);
		assert_int_equal(f.items[0].clear, table[i].clear);
		assert_int_equal(strstr(f.items[0].text, "regime") == NULL, i == 5);
		clean(&run, &groups, &f);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(the_best_is_only_best_without_overlap),
	    cmocka_unit_test(sentences_on_a_job),
	    cmocka_unit_test(references_do_not_win),
	    cmocka_unit_test(a_given_rate_has_no_winner),
	    cmocka_unit_test(other_rates_are_not_compared),
	    cmocka_unit_test(what_is_taken_from_others_stands_for_the_accounts),
	    cmocka_unit_test(a_rate_that_is_not_kept_is_said),
	    cmocka_unit_test(few_launches_tell_nothing),
	    cmocka_unit_test(a_busy_client_forbids_rates),
	    cmocka_unit_test(knobs_are_not_mixed),
	    cmocka_unit_test(nothing_to_say),
	    cmocka_unit_test(the_ladder),
	    cmocka_unit_test(regimes_of_the_machine_are_not_mixed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
