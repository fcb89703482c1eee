/* instructions_test.c - the side verdict, of cells that say what they have counted. */
#include "harness/gate/instructions.h"
#include "harness/compare/comparison_text.h"
#include "harness/gate/gate_fixture.h"

#include <math.h>

static uint64_t ticks;

/* What a row's note says. */
static bool says(const struct comparison_row *r, const char *part)
{
	struct text_buffer note = {0};
	bool found;

	comparison_note(r, &note);
	found = note.len && strstr(note.data, part);
	text_buffer_free(&note);
	return found;
}

static void instructions_are_counted_apart(void **state)
{
	static const char *const names[] = {"slower", "same", "empty"};
	struct comparison c;
	struct suite s;

	(void)state;
	begin(&s, 125, names, 3);
	conclude_suite(&s, &c);
	assert_int_equal(instructions_compare(&s.plan, &c, 0, CELL_PATIENCE_NS), 0);
	assert_int_equal(c.instructions_wanted, 2);
	assert_int_equal(c.instructions_counted, 2);
	assert_true(c.rows[0].has_instructions);
	assert_int_equal(c.rows[0].instructions_launches, INSTRUCTIONS_LAUNCHES);
	assert_true(fabs(c.rows[0].instructions_change - 0.25) < 1e-9);
	assert_true(c.rows[0].instructions_apart);
	assert_true(says(&c.rows[0], "instructions:u +25 % (5 launches a side, ranges apart)"));
	assert_true(c.rows[1].has_instructions);
	assert_true(fabs(c.rows[1].instructions_change) < 1e-9);
	assert_false(c.rows[1].instructions_apart);
	assert_false(says(&c.rows[1], "instructions"));
	/* No figure, no side verdict. */
	assert_false(c.rows[2].has_instructions);
	comparison_free(&c);
}

/* Who waits executes instructions, more or fewer: 300 to 316 of base and 305 to 321 of head. */
static void instructions_of_waiting_are_no_change(void **state)
{
	static const char *const names[] = {"waits"};
	struct comparison c;
	struct suite s;

	(void)state;
	for (unsigned percent = 100; percent <= 125; percent += 25) {
		begin(&s, percent, names, 1);
		conclude_suite(&s, &c);
		assert_int_equal(instructions_compare(&s.plan, &c, 0, CELL_PATIENCE_NS), 0);
		assert_true(c.rows[0].has_instructions);
		/* More than what is worth a word, if it were one. */
		assert_true(fabs(c.rows[0].instructions_change -
				 (percent > 100 ? 313.0 / 308.0 - 1.0 : 0.0)) < 1e-9);
		assert_false(c.rows[0].instructions_apart);
		assert_false(says(&c.rows[0], "instructions"));
		comparison_free(&c);
		for (enum side side = SIDE_BASE; side < SIDES; side++) {
			char path[160];

			(void)snprintf(path, sizeof(path), "%s.waits", s.exe[side]);
			assert_int_equal(unlink(path), 0);
		}
	}
}

/* Every look at it takes ten seconds. */
static uint64_t tick_slowly(void)
{
	return ++ticks * 10 * CLOCK_NS_PER_S;
}

static void counting_instructions_ends_with_the_time(void **state)
{
	static const char *const names[] = {"same", "slower"};
	struct text_buffer sentence = {0};
	struct comparison c;
	struct suite s;

	(void)state;
	begin(&s, 125, names, 2);
	conclude_suite(&s, &c);
	s.plan.now_ns = tick_slowly;
	/* A look a launch: enough for one case, and that is the one that has changed. */
	assert_int_equal(instructions_compare(&s.plan, &c, 0, 150 * CLOCK_NS_PER_S), 0);
	assert_false(c.rows[0].has_instructions);
	assert_true(c.rows[1].has_instructions);
	assert_int_equal(c.instructions_wanted, 2);
	assert_int_equal(c.instructions_counted, 1);
	comparison_sentence(&c, &sentence);
	assert_non_null(strstr(sentence.data, "instructions:u counted in 1 of 2 cases"));
	text_buffer_free(&sentence);
	comparison_free(&c);
}

static void a_crash_while_counting_is_told(void **state)
{
	static const char *const names[] = {"uncounted", "same"};
	struct text_buffer sentence = {0};
	struct comparison c;
	struct suite s;

	(void)state;
	begin(&s, 125, names, 2);
	conclude_suite(&s, &c);
	assert_int_equal(instructions_compare(&s.plan, &c, 0, CELL_PATIENCE_NS), 0);
	assert_false(c.rows[0].has_instructions);
	assert_true(c.rows[1].has_instructions);
	assert_int_equal(c.instructions_counted, 1);
	assert_int_equal(c.instructions_failed, 1);
	comparison_sentence(&c, &sentence);
	assert_non_null(strstr(sentence.data, "counted in 1 of 2 cases, the others failed"));
	text_buffer_free(&sentence);
	comparison_free(&c);
}

static void instructions_have_a_share_of_the_budget(void **state)
{
	static const char *const names[] = {"same"};
	struct suite s;
	uint64_t needed_ns;

	(void)state;
	begin(&s, 100, names, 1);
	needed_ns = gate_needed_ns(&s.plan, s.cases, s.count);
	s.plan.budget_ns = 10 * needed_ns;
	assert_int_equal(instructions_share_ns(&s.plan, s.cases, s.count), needed_ns);
	/* The gate comes first. */
	s.plan.budget_ns = needed_ns;
	assert_int_equal(instructions_share_ns(&s.plan, s.cases, s.count), 0);
	/* Unless nobody has said how long it may take. */
	s.plan.open_ended = true;
	assert_int_equal(instructions_share_ns(&s.plan, s.cases, s.count), needed_ns / 10);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(instructions_are_counted_apart),
	    cmocka_unit_test(instructions_of_waiting_are_no_change),
	    cmocka_unit_test(counting_instructions_ends_with_the_time),
	    cmocka_unit_test(a_crash_while_counting_is_told),
	    cmocka_unit_test(instructions_have_a_share_of_the_budget),
	};

	return cmocka_run_group_tests(tests, cell_fixture_setup, cell_fixture_teardown);
}
