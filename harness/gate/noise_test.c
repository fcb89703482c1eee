/* noise_test.c - how long a gate takes, and what it says that it can see. */
#include "harness/gate/noise.h"
#include "harness/gate/gate_fixture.h"
#include "harness/gate/noise_tally.h"
#include "harness/stats/power.h"
#include "harness/work/bench_case.h"

#include <math.h>

static void a_first_look_has_its_price(void **state)
{
	const struct catalogue_case item[2] = {{.slot_ns = 1000000}, {.slot_ns = 2000000}};
	const struct catalogue_case *const cases[2] = {&item[0], &item[1]};
	struct gate_plan plan = {.launch_ns = 80000000};
	const uint64_t one = gate_first_look_ns(&plan, cases, 1);

	(void)state;
	assert_true(one >= 11 * UINT64_C(80000000));
	assert_int_equal(gate_first_look_ns(&plan, cases, 0), 0);
	assert_true(gate_first_look_ns(&plan, cases, 2) > one);
	/* One alone has to be confirmed, too: 13 pairs find it and, with half as many on top, are
	 * enough for that, and one is to spare. */
	assert_int_equal(gate_needed_ns(&plan, cases, 1), one / 11 * 14);
	/* In half of what two take, there is time enough for one. */
	assert_int_equal(gate_needed_ns(&plan, cases, 2), gate_first_look_ns(&plan, cases, 2));
	plan.overhead_ns = CLOCK_NS_PER_S;
	assert_true(gate_first_look_ns(&plan, cases, 1) >= 11 * (CLOCK_NS_PER_S + 80000000));
}

/* Turns of a gate are shorter than a run's windows, unless somebody has a reason for theirs. */
static void a_turn_has_its_length(void **state)
{
	const struct catalogue_case item[2] = {
	    {.slot_ns = GATE_TURN_OF_UP_TO_NS}, {.slot_ns = GATE_TURN_NS}};
	const struct catalogue_case *const cases[2] = {&item[0], &item[1]};
	struct gate_plan plan = {.launch_ns = 100 * CLOCK_NS_PER_MS};

	(void)state;
	assert_int_equal(gate_slot_ns(&plan, GATE_TURN_OF_UP_TO_NS), GATE_TURN_NS);
	assert_int_equal(gate_slot_ns(&plan, GATE_TURN_OF_UP_TO_NS + 1), GATE_TURN_OF_UP_TO_NS + 1);
	assert_int_equal(gate_slot_ns(&plan, GATE_TURN_NS), GATE_TURN_NS);
	assert_int_equal(gate_slot_ns(&plan, GATE_TURN_NS - 1), GATE_TURN_NS - 1);
	/* A case has the usual window that has none of its own. */
	assert_int_equal(case_window_ns(1, 1), GATE_TURN_OF_UP_TO_NS);
	/* It is planned with, too. */
	assert_int_equal(
	    gate_first_look_ns(&plan, &cases[0], 1), gate_first_look_ns(&plan, &cases[1], 1));
	plan.slot_ns = 7 * CLOCK_NS_PER_MS;
	assert_int_equal(gate_slot_ns(&plan, GATE_TURN_OF_UP_TO_NS), 7 * CLOCK_NS_PER_MS);
}

/* A gate that is begun with a budget does not turn out to have been too short as soon as a pair
 * takes what pairs take: what `concbench noise` would say of the same case. */
static void the_gate_asks_for_what_noise_says(void **state)
{
	const struct launch_ratio l[2] = {{.log_ratio = -0.01}, {.log_ratio = 0.01}};
	const struct catalogue_case item = {.slot_ns = 20 * CLOCK_NS_PER_MS};
	const struct catalogue_case *const cases[1] = {&item};
	const struct gate_plan plan = {.launch_ns = 100 * CLOCK_NS_PER_MS};
	const uint64_t needed_ns = gate_needed_ns(&plan, cases, 1);
	/* 4 quartets of 20 ms; beside each turn 0.16 ms until two units are up, an eighth to warm
	 * up and 0.2 ms to pass on; and 12 ms to begin and to end. */
	const uint64_t pair_ns = 320 * CLOCK_NS_PER_MS + 57760 * CLOCK_NS_PER_US;
	const struct noise_visible v = noise_visible(l, 2, 2 * pair_ns, needed_ns, 0.01);

	(void)state;
	assert_int_equal(v.needed_ns, 0);
	assert_true(v.change > 0.0);
	assert_int_equal(noise_visible(l, 2, 2 * pair_ns, 1, 0.01).needed_ns, needed_ns);
	/* Eleven pairs fit into 5 s, and no verdict. */
	assert_true(needed_ns > 5 * CLOCK_NS_PER_S);
}

/* The gate that comes after it can still look at everything. */
static void the_brief_one_leaves_what_is_needed(void **state)
{
	/* So many that a sixth of their time is enough for one of them. */
	static const char *const names[SUITE_MAX] = {
	    "same", "same", "same", "same", "same", "same", "same", "same"};
	struct text_buffer text = {0};
	struct suite s;

	(void)state;
	begin(&s, 110, names, SUITE_MAX);
	s.plan.launch_ns = 0;
	s.plan.budget_ns = gate_needed_ns(&s.plan, s.cases, s.count) + 1;
	assert_true(s.plan.budget_ns / 6 > gate_first_look_ns(&s.plan, s.cases, 1));
	assert_int_equal(noise_brief(&s.plan, s.cases, s.count, NULL, &text), 0);
	assert_string_equal(text_buffer_str(&text), "");
	assert_int_equal(s.plan.overhead_ns, 0);
	assert_true(s.plan.budget_ns >= gate_needed_ns(&s.plan, s.cases, s.count) -
					    gate_needed_ns(&s.plan, s.cases, s.count) / 10);
	/* With time for it, it says what a pair costs beside its turns, for who asks again. */
	s.plan.budget_ns = CELL_PATIENCE_NS;
	assert_int_equal(noise_brief(&s.plan, s.cases, s.count, NULL, &text), 0);
	assert_true(s.plan.overhead_ns > 0);
	text_buffer_free(&text);
}

static void noise_is_told(void **state)
{
	static const char *const names[] = {"slower", "same"};
	struct text_buffer text = {0};
	struct suite s;

	(void)state;
	begin(&s, 110, names, 2);
	assert_int_equal(noise_brief(&s.plan, s.cases, s.count, NULL, &text), 0);
	/* Base against itself, whatever head does; scripts have no noise but what counts. The time
	 * is what the brief A/A has left, for two. */
	if (strncmp(text_buffer_str(&text), "on this machine, 1 % is visible in ", 35) != 0 ||
	    !strstr(text_buffer_str(&text), " s (slower), 1 % is visible in ") ||
	    !strstr(text_buffer_str(&text), " s (same)"))
		fail_msg("%s", text_buffer_str(&text));
	assert_true(strtod(text_buffer_str(&text) + 35, NULL) <=
		    (double)(CELL_PATIENCE_NS / CLOCK_NS_PER_S) / 2);
	assert_true(s.plan.budget_ns < CELL_PATIENCE_NS);
	s.plan.budget_ns = 1000;
	text_buffer_free(&text);
	assert_int_equal(noise_brief(&s.plan, s.cases, s.count, NULL, &text), 0);
	assert_string_equal(text_buffer_str(&text), "");
}

/* A budget that nobody has set is the gate's alone, however small it is. */
static void without_a_budget_noise_comes_on_top(void **state)
{
	static const char *const names[] = {"slower", "same"};
	struct text_buffer text = {0};
	struct suite s;

	(void)state;
	for (size_t count = 1; count <= 2; count++) {
		uint64_t budget_ns;
		char within[64];

		begin(&s, 110, names, count);
		text_buffer_free(&text);
		budget_ns = gate_needed_ns(&s.plan, s.cases, s.count);
		s.plan.budget_ns = budget_ns;
		s.plan.open_ended = true;
		/* Whatever a busy machine takes: it is no test of that. */
		s.plan.overhead_ns = CLOCK_NS_PER_S;
		assert_int_equal(noise_brief(&s.plan, s.cases, s.count, NULL, &text), 0);
		assert_int_equal(strncmp(text_buffer_str(&text), "on this machine, ", 17), 0);
		assert_non_null(strstr(text_buffer_str(&text), "(slower)"));
		assert_int_equal(!strstr(text_buffer_str(&text), "(same)"), count < 2);
		assert_true(s.plan.overhead_ns > 0);
		/* The gate has at least what was planned for it, and what it says is for that. */
		assert_true(s.plan.budget_ns >= budget_ns);
		assert_true(2 * s.plan.budget_ns >= 3 * gate_needed_ns(&s.plan, s.cases, s.count));
		(void)snprintf(within, sizeof(within), " is visible in %.3g s (slower)",
		    (double)(s.plan.budget_ns / count) / 1e9);
		if (!strstr(text_buffer_str(&text), within))
			fail_msg("no '%s' in: %s", within, text_buffer_str(&text));
	}
	text_buffer_free(&text);
}

/* A median absolute deviation of 0.01 among @n launches: one and a half times its standard error is
 * on top. */
static double sd_of(size_t n)
{
	return 0.014826022185056018 * (1.0 + 1.5 * 1.17 / sqrt((double)n));
}

/* What a gate whose cases have these launches says. */
static void own_launches(unsigned pairs, uint64_t budget_ns, size_t count, struct text_buffer *text)
{
	struct comparison_row rows[2] = {{.verdict = VERDICT_SAME}, {.verdict = VERDICT_UNSURE}};
	static const char *const names[] = {"slower", "same"};
	struct suite s;
	struct gate g;

	begin(&s, 110, names, count);
	s.plan.budget_ns = budget_ns;
	assert_int_equal(gate_begin(&g, &s.plan, s.cases, s.count), 0);
	for (size_t i = 0; i < count; i++) {
		/* A tenth of a second a pair; the second case spreads twice as much. What has
		 * changed has nothing to do with that. */
		for (unsigned k = 0; k < pairs; k++) {
			const struct launch_ratio l = {
			    .log_ratio = 0.1 + (k % 2 ? 0.01 : -0.01) * (double)(i + 1)};

			assert_int_equal(sequential_add(&g.item[i].test, &l), 0);
		}
		g.item[i].pairs = pairs;
		g.item[i].spent_ns = pairs * CLOCK_NS_PER_S / 10;
	}
	text_buffer_free(text);
	noise_of_gate(&g, rows, true, text);
	assert_int_equal(rows[0].visible > 0.0, strstr(text_buffer_str(text), "visible") != NULL);
	gate_free(&g);
}

static void a_gate_without_noise_tells_its_own(void **state)
{
	const struct power_design d = {
	    .sd = sd_of(12), .min_effect = 0.01, .find = 40, .confirm = 20};
	struct text_buffer text = {0};
	char want[REASON_MAX];
	const unsigned first = looks_launches(0);

	(void)state;
	(void)snprintf(want, sizeof(want),
	    "no A/A before the gate got to a look; as its own launches spread, %.2g %% was "
	    "visible in 4 s (slower)",
	    100.0 * power_visible(&d));
	/* Even, so that the median lies between the two that there are. */
	own_launches(first + 1, 4 * CLOCK_NS_PER_S, 1, &text);
	assert_string_equal(text_buffer_str(&text), want);
	own_launches(first + 1, 8 * CLOCK_NS_PER_S, 2, &text);
	(void)snprintf(want, sizeof(want), "as its own launches spread, from %.2g to ",
	    100.0 * power_visible(&d));
	if (!strstr(text_buffer_str(&text), want) ||
	    !strstr(
		text_buffer_str(&text), "was visible in 4 s a case (2 of 2 cases; 1 were judged"))
		fail_msg("%s", text_buffer_str(&text));
	/* So few of them, or so little time, that no verdict can come. */
	own_launches(first, CLOCK_NS_PER_S, 1, &text);
	if (!strstr(
		text_buffer_str(&text), "a verdict needs up to 1.4 s a case, and 1 s were there"))
		fail_msg("%s", text_buffer_str(&text));
	own_launches(first - 1, 4 * CLOCK_NS_PER_S, 1, &text);
	assert_string_equal(
	    text_buffer_str(&text), "no A/A before the gate got to a look, nor did a case in it");
	text_buffer_free(&text);
}

static void a_quota_that_stopped_it_comes_first(void **state)
{
	static const char *const names[] = {"slower", "same"};
	struct text_buffer text = {0};
	struct suite s;
	struct gate g;

	(void)state;
	text_buffer_add(&text, "on this machine, 1 % is visible");
	begin(&s, 110, names, 2);
	assert_int_equal(gate_begin(&g, &s.plan, s.cases, s.count), 0);
	g.item[0].slots = 20;
	g.item[0].warm_up = 4;
	g.item[1].slots = 40;
	noise_name_quota(&g, &text);
	assert_string_equal(text_buffer_str(&text), "on this machine, 1 % is visible");
	g.item[1].throttled = 7;
	noise_name_quota(&g, &text);
	assert_string_equal(text_buffer_str(&text),
	    "the CPU quota stopped it in 7 of 64 turns: these figures are of the quota as much as "
	    "of the code; on this machine, 1 % is visible");
	text_buffer_free(&text);
	gate_free(&g);
}

/* That base itself is broken is no want of time. */
static void a_broken_base_is_told(void **state)
{
	static const char *const names[] = {"broken", "empty", "same"};
	struct text_buffer text = {0};
	struct suite s;

	(void)state;
	begin(&s, 110, names, 2);
	assert_int_equal(noise_brief(&s.plan, s.cases, s.count, NULL, &text), 0);
	assert_string_equal(text_buffer_str(&text),
	    "no A/A before the gate: base crashed in broken: exited with status 9; base finished "
	    "no operation of empty in 0.001 ms");
	text_buffer_free(&text);
	begin(&s, 110, names, 3);
	assert_int_equal(noise_brief(&s.plan, s.cases, s.count, NULL, &text), 0);
	if (strncmp(text_buffer_str(&text), "on this machine, 1 % is visible in ", 35) != 0 ||
	    !strstr(text_buffer_str(&text), " s (same); base crashed in broken: "))
		fail_msg("%s", text_buffer_str(&text));
	text_buffer_free(&text);
}

static void tries_are_tallied(void **state)
{
	static const char *const names[] = {"slower", "same"};
	struct noise_tally t;
	struct suite s;
	FILE *to = tmpfile();
	char text[2048] = "";

	(void)state;
	assert_non_null(to);
	begin(&s, 110, names, 2);
	assert_int_equal(noise_tally_begin(&t, s.cases, s.count, CLOCK_NS_PER_S), 0);
	for (unsigned i = 0; i < 2; i++) {
		struct comparison c = {0};
		struct gate g;

		assert_int_equal(gate_begin(&g, &s.plan, s.cases, s.count), 0);
		assert_int_equal(gate_measure(&g), 0);
		assert_int_equal(gate_conclude(&g, &c), 0);
		assert_int_equal(noise_tally_add(&t, &g, c.rows), 0);
		comparison_free(&c);
		gate_free(&g);
	}
	assert_int_equal(t.tries, 2);
	assert_int_equal(t.tries_with_slower, 2);
	assert_int_equal(t.item[0].verdicts[VERDICT_SLOWER], 2);
	assert_int_equal(t.item[1].verdicts[VERDICT_SAME], 2);
	assert_int_equal(t.item[0].launch_count, 4 * looks_launches(0));
	noise_tally_conclude(&t, 0.01);
	assert_int_equal(noise_tally_print(to, &t, true), 0);
	rewind(to);
	(void)fread(text, 1, sizeof(text) - 1, to);
	assert_non_null(strstr(text, "2 of 2 tries called some case slower (100 %"));
	assert_non_null(strstr(text, "visible in 1 s"));
	(void)fclose(to);
	noise_tally_free(&t);
}

/* Launches with a known spread: median absolute deviation 0.01, for which power_test.c plays it. */
static void visible_change(void **state)
{
	const struct launch_ratio l[4] = {
	    {.log_ratio = -0.01}, {.log_ratio = 0.01}, {.log_ratio = -0.01}, {.log_ratio = 0.01}};
	const struct power_design at_40 = {
	    .sd = sd_of(4), .min_effect = 0.01, .find = 40, .confirm = 20};
	const struct power_design at_80 = {
	    .sd = sd_of(4), .min_effect = 0.01, .find = 80, .confirm = 80};

	(void)state;
	assert_true(fabs(noise_visible_change(l, 4, 40, 0.01) - power_visible(&at_40)) < 1e-12);
	/* There is no look after the last. */
	assert_true(
	    fabs(noise_visible_change(l, 4, UINT64_MAX, 0.01) - power_visible(&at_80)) < 1e-12);
	assert_true(fabs(noise_visible_change(l, 1, 40, 0.01)) < 1e-12);
	assert_true(fabs(noise_visible_change(l, 4, 0, 0.01)) < 1e-12);
}

/* No figure where no verdict can come, but what time it would take. */
static void too_few_launches_need_time(void **state)
{
	const struct launch_ratio l[4] = {
	    {.log_ratio = -0.01}, {.log_ratio = 0.01}, {.log_ratio = -0.01}, {.log_ratio = 0.01}};
	const unsigned needed = gate_launches_needed();
	struct noise_visible v = noise_visible(l, 4, 4000, (needed - 1) * 1000, 0.01);

	(void)state;
	/* 11 to find it and 6, of which 8 are needed to confirm it, are too few. */
	assert_int_equal(needed, 13);
	assert_true(fabs(v.change) < 1e-12);
	assert_int_equal(v.needed_ns, (needed + 1) * 1000);
	v = noise_visible(l, 4, 4000, needed * 1000, 0.01);
	assert_true(v.change > 0.01);
	assert_int_equal(v.needed_ns, 0);
	v = noise_visible(l, 0, 0, 1000, 0.01);
	assert_true(fabs(v.change) < 1e-12);
	assert_int_equal(v.needed_ns, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_first_look_has_its_price),
	    cmocka_unit_test(a_turn_has_its_length),
	    cmocka_unit_test(the_gate_asks_for_what_noise_says),
	    cmocka_unit_test(the_brief_one_leaves_what_is_needed),
	    cmocka_unit_test(noise_is_told),
	    cmocka_unit_test(without_a_budget_noise_comes_on_top),
	    cmocka_unit_test(a_gate_without_noise_tells_its_own),
	    cmocka_unit_test(a_quota_that_stopped_it_comes_first),
	    cmocka_unit_test(a_broken_base_is_told),
	    cmocka_unit_test(tries_are_tallied),
	    cmocka_unit_test(visible_change),
	    cmocka_unit_test(too_few_launches_need_time),
	};

	return cmocka_run_group_tests(tests, cell_fixture_setup, cell_fixture_teardown);
}
