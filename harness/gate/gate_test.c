/* gate_test.c - a suite of cells that are shell scripts, to its verdicts. */
#include "harness/gate/gate_fixture.h"

#include <inttypes.h>
#include <math.h>

/* More launches of a side than any suite here starts. */
#define STARTED_MAX 64

static void every_case_gets_its_verdict(void **state)
{
	static const char *const names[] = {"slower", "same", "crashes", "empty", "differs"};
	static const enum verdict want[] = {
	    VERDICT_SLOWER, VERDICT_SAME, VERDICT_FAILED, VERDICT_FAILED, VERDICT_INCOMPARABLE};
	static const char *const why[] = {"", "", "head crashed", "--slot-time", "something else"};
	struct comparison c = {0};
	struct suite s;
	struct gate g;

	(void)state;
	begin(&s, 110, names, 5);
	assert_int_equal(gate_begin(&g, &s.plan, s.cases, s.count), 0);
	assert_int_equal(gate_measure(&g), 0);
	assert_int_equal(gate_conclude(&g, &c), 0);
	assert_int_equal(c.row_count, 5);
	for (size_t i = 0; i < 5; i++) {
		assert_string_equal(c.rows[i].name, names[i]);
		if (c.rows[i].verdict != want[i] || !strstr(c.rows[i].reason, why[i]))
			fail_msg("%s: %s (%s)", names[i], verdict_name(c.rows[i].verdict),
			    c.rows[i].reason);
		assert_int_equal(c.rows[i].has_figure, i < 2);
	}
	/* Found and confirmed: two first looks. */
	assert_true(c.rows[0].confirmed);
	assert_int_equal(c.rows[0].head_launches, 2 * looks_launches(0));
	/* The figure is of those that confirmed it. */
	assert_int_equal(c.rows[0].figure_launches, looks_launches(0));
	assert_true(fabs(c.rows[0].level - (1.0 - CONFIRM_ALPHA)) < 1e-12);
	assert_int_equal(c.rows[1].figure_launches, looks_launches(0));
	assert_true(fabs(c.rows[1].level - (1.0 - looks_alpha(0))) < 1e-12);
	assert_true(fabs(c.rows[0].change.estimate - 0.1) < 1e-9);
	assert_true(fabs(c.rows[0].base - 100.0) < 1e-9);
	assert_true(fabs(c.rows[0].head - 110.0) < 1e-9);
	assert_int_equal(c.rows[1].head_launches, looks_launches(0));
	assert_false(c.rows[1].confirmed);
	/* Four quartets a launch, the first warms up. */
	assert_int_equal(c.rows[1].slots, looks_launches(0) * 12);
	assert_int_equal(c.rows[1].excluded, looks_launches(0) * 4);
	comparison_free(&c);
	gate_free(&g);
	assert_true(cell_none_left(CELL_PATIENCE_NS));
}

/* What only looks at figures of other work gets them, and no verdict. */
static void a_case_that_differs_can_be_measured(void **state)
{
	static const char *const names[] = {"differs", "same", "same"};
	struct comparison c = {0};
	struct suite s;
	struct gate g;

	(void)state;
	begin(&s, 110, names, 3);
	s.item[0].differs = true;
	/* Slower, were it the same case. */
	s.item[1].differs = true;
	(void)snprintf(s.item[1].name, sizeof(s.item[1].name), "slower");
	assert_int_equal(gate_begin(&g, &s.plan, s.cases, s.count), 0);
	assert_int_equal(gate_measure(&g), 0);
	assert_int_equal(gate_conclude(&g, &c), 0);
	for (size_t i = 0; i < 2; i++) {
		assert_int_equal(c.rows[i].verdict, VERDICT_INCOMPARABLE);
		assert_true(c.rows[i].has_figure);
		assert_false(c.rows[i].confirmed);
		assert_string_equal(c.rows[i].reason, PAIR_DIFFERS);
	}
	assert_true(fabs(c.rows[1].change.estimate - 0.1) < 1e-9);
	assert_int_equal(c.rows[2].verdict, VERDICT_SAME);
	assert_int_equal(comparison_exit(&c), 4);
	comparison_free(&c);
	gate_free(&g);
	s.plan.budget_ns = 1;
	assert_int_equal(gate_begin(&g, &s.plan, s.cases, s.count), 0);
	assert_int_equal(gate_measure(&g), 0);
	assert_int_equal(gate_conclude(&g, &c), 0);
	assert_int_equal(c.rows[0].verdict, VERDICT_INCOMPARABLE);
	assert_false(c.rows[0].has_figure);
	comparison_free(&c);
	gate_free(&g);
}

static void without_time_it_is_unsure(void **state)
{
	static const char *const names[] = {"slower", "same"};
	struct comparison c = {0};
	struct suite s;
	struct gate g;

	(void)state;
	begin(&s, 110, names, 2);
	s.plan.budget_ns = 1;
	assert_int_equal(gate_begin(&g, &s.plan, s.cases, s.count), 0);
	assert_int_equal(gate_measure(&g), 0);
	assert_int_equal(gate_conclude(&g, &c), 0);
	for (size_t i = 0; i < 2; i++) {
		assert_int_equal(c.rows[i].verdict, VERDICT_UNSURE);
		assert_false(c.rows[i].has_figure);
		assert_non_null(strstr(c.rows[i].reason, "time budget too small"));
	}
	comparison_free(&c);
	gate_free(&g);
	/* Enough to find it, too little to confirm it. */
	begin(&s, 110, names, 1);
	s.plan.max_pairs = looks_launches(0) + 2;
	assert_int_equal(gate_begin(&g, &s.plan, s.cases, s.count), 0);
	assert_int_equal(gate_measure(&g), 0);
	assert_int_equal(gate_conclude(&g, &c), 0);
	assert_int_equal(c.rows[0].verdict, VERDICT_UNSURE);
	assert_true(c.rows[0].has_figure);
	if (!strstr(c.rows[0].reason, "before fresh launches"))
		fail_msg("%s", c.rows[0].reason);
	comparison_free(&c);
	gate_free(&g);
}

/* A clock that time does not touch: every look at it takes a tenth of a second. */
static uint64_t ticks;

static uint64_t tick(void)
{
	return ++ticks * 100 * CLOCK_NS_PER_MS;
}

/* Its first launch lies on the other side: the first look cannot tell, the end of the time can. */
static void what_is_found_late_has_time_to_be_confirmed(void **state)
{
	static const char *const names[] = {"late"};
	struct comparison c = {0};
	struct suite s;
	struct gate g;

	(void)state;
	begin(&s, 104, names, 1);
	s.plan.now_ns = tick;
	/* Three looks at the clock a pair: 18 pairs. */
	s.plan.budget_ns = 54 * 100 * CLOCK_NS_PER_MS;
	assert_int_equal(gate_begin(&g, &s.plan, s.cases, s.count), 0);
	assert_int_equal(gate_measure(&g), 0);
	assert_true(g.confirming);
	assert_in_range(g.item[0].test.first, looks_launches(0) + 1, looks_launches(1) - 1);
	assert_int_equal(gate_conclude(&g, &c), 0);
	if (c.rows[0].verdict != VERDICT_SLOWER)
		fail_msg("%s: %s", verdict_name(c.rows[0].verdict), c.rows[0].reason);
	assert_true(c.rows[0].confirmed);
	comparison_free(&c);
	gate_free(&g);
	assert_true(cell_none_left(CELL_PATIENCE_NS));
}

/* The look at the end of the fifth pair. */
#define STOPPED_AT 16

static uint64_t stopped_once(void)
{
	return tick() + (ticks >= STOPPED_AT ? 6 * CLOCK_NS_PER_S : 0);
}

/* One that the machine was stopped in says little of the next: there is time for a look. */
static void one_slow_pair_is_not_how_long_pairs_take(void **state)
{
	static const char *const names[] = {"late"};
	struct comparison c;
	struct suite s;

	(void)state;
	begin(&s, 104, names, 1);
	ticks = 0;
	s.plan.now_ns = stopped_once;
	/* Four pairs of a tenth of a second, that one, and then time for as many as before it. */
	s.plan.budget_ns = (54 + 60) * 100 * CLOCK_NS_PER_MS;
	conclude_suite(&s, &c);
	if (!c.rows[0].has_figure)
		fail_msg("%s", c.rows[0].reason);
	assert_true(c.rows[0].head_launches >= looks_launches(0));
	comparison_free(&c);
}

/* What was started on a side: a line a launch, "NAME SEED". */
static size_t read_started(const struct suite *s, enum side side, char name[][16], uint64_t *seed)
{
	char path[160];
	size_t n = 0;
	FILE *f;

	(void)snprintf(path, sizeof(path), "%s.started", s->exe[side]);
	f = fopen(path, "re");
	assert_non_null(f);
	while (n < STARTED_MAX && fscanf(f, "%15s %" SCNu64, name[n], &seed[n]) == 2)
		n++;
	assert_int_equal(fclose(f), 0);
	assert_int_equal(unlink(path), 0);
	return n;
}

static void rounds_are_in_random_order(void **state)
{
	static const char *const names[] = {"same", "slower", "late"};
	char name[SIDES][STARTED_MAX][16];
	uint64_t seed[SIDES][STARTED_MAX];
	unsigned firsts[3] = {0};
	struct suite s;
	struct gate g;
	size_t n;

	(void)state;
	begin(&s, 104, names, 3);
	for (enum side side = SIDE_BASE; side < SIDES; side++) {
		char path[160];

		(void)snprintf(path, sizeof(path), "%s.started", s.exe[side]);
		(void)unlink(path);
	}
	s.plan.max_pairs = looks_launches(0);
	assert_int_equal(gate_begin(&g, &s.plan, s.cases, s.count), 0);
	assert_int_equal(gate_measure(&g), 0);
	gate_free(&g);
	n = read_started(&s, SIDE_BASE, name[SIDE_BASE], seed[SIDE_BASE]);
	assert_int_equal(n, 3 * looks_launches(0));
	assert_int_equal(read_started(&s, SIDE_HEAD, name[SIDE_HEAD], seed[SIDE_HEAD]), n);
	for (size_t i = 0; i < n; i++) {
		/* Both sides get the same inputs, every pair its own. */
		assert_string_equal(name[SIDE_BASE][i], name[SIDE_HEAD][i]);
		assert_int_equal(seed[SIDE_BASE][i], seed[SIDE_HEAD][i]);
		for (size_t k = 0; k < i; k++)
			assert_int_not_equal(seed[SIDE_BASE][i], seed[SIDE_BASE][k]);
		for (size_t k = 0; k < 3; k++)
			firsts[k] += i % 3 == 0 && strcmp(name[SIDE_BASE][i], names[k]) == 0;
	}
	/* Of 11 rounds none begins always, and all begin some time; the seed is fixed. */
	for (size_t k = 0; k < 3; k++)
		assert_in_range(firsts[k], 1, looks_launches(0) - 2);
}

/* So many cells can be started, and no more: no pidfd, no process. */
static unsigned startable;

static int start_some(const struct cell_spec *spec, struct cell_process **out,
    struct message *ready, char *why, size_t why_len)
{
	if (startable) {
		startable--;
		return cell_start(spec, out, ready, why, why_len);
	}
	(void)snprintf(why, why_len, "starting a cell: no pidfd");
	return CELL_NONE;
}

/* That is nothing of any case: it ends, and what was measured until then stays. */
static void no_cell_can_be_started(void **state)
{
	static const char *const names[] = {"same", "same"};
	static const struct pair_cells some = {
	    .start = start_some, .turn = cell_turn, .finish = cell_finish, .kill = cell_kill};
	struct comparison c = {0};
	struct suite s;
	struct gate g;

	(void)state;
	begin(&s, 110, names, 2);
	s.plan.cells = &some;
	/* A first look at both, and a base without its head. */
	startable = 2 * 2 * looks_launches(0) - 1;
	assert_int_equal(gate_begin(&g, &s.plan, s.cases, s.count), 0);
	assert_int_equal(gate_measure(&g), CELL_NONE);
	assert_string_equal(g.why, "starting a cell: no pidfd");
	assert_int_equal(gate_conclude(&g, &c), 0);
	c.no_cells = true;
	assert_int_equal(comparison_count(&c, VERDICT_FAILED), 0);
	assert_int_equal(comparison_count(&c, VERDICT_SAME), 1);
	assert_int_equal(comparison_count(&c, VERDICT_UNSURE), 1);
	for (size_t i = 0; i < c.row_count; i++)
		if (c.rows[i].verdict == VERDICT_UNSURE)
			assert_non_null(strstr(c.rows[i].reason, "no cell could be started"));
	assert_int_equal(comparison_exit(&c), 2);
	comparison_free(&c);
	gate_free(&g);
	assert_true(cell_none_left(CELL_PATIENCE_NS));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(every_case_gets_its_verdict),
	    cmocka_unit_test(a_case_that_differs_can_be_measured),
	    cmocka_unit_test(without_time_it_is_unsure),
	    cmocka_unit_test(what_is_found_late_has_time_to_be_confirmed),
	    cmocka_unit_test(one_slow_pair_is_not_how_long_pairs_take),
	    cmocka_unit_test(rounds_are_in_random_order),
	    cmocka_unit_test(no_cell_can_be_started),
	};

	return cmocka_run_group_tests(tests, cell_fixture_setup, cell_fixture_teardown);
}
