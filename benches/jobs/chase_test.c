#include "benches/jobs/chase.h"

#include "benches/team_fixture.h"

#define BYTES (64 * 1024)

static struct chase_state *begin_chase(struct subject *s)
{
	begin(s, "job/chase/model:thread/workers:2/bytes:64KiB");
	right_trial(s, CLOCK_NS_PER_MS);
	return s->team.env.state;
}

/* One cycle over all lines, and it stays so wherever it is moved. */
static void the_chain_is_one_cycle(void **unused)
{
	bool seen[BYTES / CHASE_LINE_BYTES] = {false};
	struct chase_state *st;
	struct subject s;
	uint32_t at = 0;
	size_t first_shift;
	bool moved = false;

	(void)unused;
	st = begin_chase(&s);
	first_shift = st->worker[0].shift;
	for (int i = 0; i < 4; i++) {
		right_trial(&s, CLOCK_NS_PER_MS);
		moved |= st->worker[0].shift != first_shift;
		assert_true(st->worker[0].shift < CB_SHIFT_MAX);
		assert_int_equal(st->worker[0].shift % CHASE_LINE_BYTES, 0);
	}
	assert_true(moved);
	for (size_t i = 0; i < BYTES / CHASE_LINE_BYTES; i++) {
		assert_false(seen[at]);
		seen[at] = true;
		assert_int_equal(chase_line_at(st, 0, at)->rank, i);
		at = chase_line_at(st, 0, at)->next;
	}
	assert_int_equal(at, 0);
	end(&s);
}

/* Two short cycles instead of a long one: that would stay in the first-level cache. */
static void a_short_cut_is_caught(void **unused)
{
	struct chase_state *st;
	struct subject s;

	(void)unused;
	st = begin_chase(&s);
	for (uint32_t i = 0; i < st->worker[1].lines; i++)
		chase_line_at(st, 1, i)->next = 0;
	wrong(&s, trial(&s, CLOCK_NS_PER_MS), "worker 1: ");
	end(&s);
}

static void made_up_steps_are_caught(void **unused)
{
	struct chase_state *st;
	struct subject s;

	(void)unused;
	st = begin_chase(&s);
	s.team.done[0]++;
	wrong(&s, check(&s), "worker 0: ");
	s.team.done[0]--;
	assert_int_equal(check(&s), 0);
	st->worker[0].at = st->worker[0].lines;
	wrong(&s, check(&s), "worker 0: ");
	end(&s);
}

static void too_small_is_refused(void **unused)
{
	struct bench_case bc;

	(void)unused;
	assert_non_null(strstr(parse("job/chase/bytes:64", &bc), "bytes"));
	assert_string_equal(parse("job/chase/bytes:128", &bc), "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(the_chain_is_one_cycle),
	    cmocka_unit_test(a_short_cut_is_caught),
	    cmocka_unit_test(made_up_steps_are_caught),
	    cmocka_unit_test(too_small_is_refused),
	};

	return cmocka_run_group_tests(tests, open_machine, close_machine);
}
