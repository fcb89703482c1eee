#include "benches/jobs/chase.h"

#include "benches/driver.h"

#define BYTES (64 * 1024)

static struct chase_state *begin(struct driver *d)
{
	driver_begin(d, "job/chase/model:thread/workers:2/bytes:64KiB");
	return d->env->state;
}

/* One cycle over all lines, and it stays so wherever it is moved. */
static void the_chain_is_one_cycle(void **unused)
{
	bool seen[BYTES / CHASE_LINE_BYTES] = {false};
	struct chase_state *st;
	struct driver d;
	uint32_t at = 0;
	size_t first_shift;
	bool moved = false;

	(void)unused;
	st = begin(&d);
	driver_good_trial(&d, CLOCK_NS_PER_MS);
	first_shift = st->worker[0].shift;
	for (int trial = 0; trial < 4; trial++) {
		driver_good_trial(&d, CLOCK_NS_PER_MS);
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
	driver_end(&d);
}

/* Two short cycles instead of a long one: that would stay in the first-level cache. */
static void a_short_cut_is_caught(void **unused)
{
	struct chase_state *st;
	struct driver d;

	(void)unused;
	st = begin(&d);
	driver_good_trial(&d, CLOCK_NS_PER_MS);
	for (uint32_t i = 0; i < st->worker[1].lines; i++)
		chase_line_at(st, 1, i)->next = 0;
	assert_int_equal(driver_trial(&d, CLOCK_NS_PER_MS), -EBADMSG);
	assert_non_null(strstr(d.why, "worker 1"));
	driver_end(&d);
}

static void made_up_steps_are_caught(void **unused)
{
	struct chase_state *st;
	struct driver d;

	(void)unused;
	st = begin(&d);
	driver_good_trial(&d, CLOCK_NS_PER_MS);
	d.team.done[0]++;
	assert_int_equal(driver_check(&d), -EBADMSG);
	d.team.done[0]--;
	st->worker[0].at = st->worker[0].lines;
	assert_int_equal(driver_check(&d), -EBADMSG);
	driver_end(&d);
}

static void too_small_is_refused(void **unused)
{
	struct bench_case bc;
	char err[200];

	(void)unused;
	assert_true(case_parse(&driver_registry, &driver_host, "job/chase/bytes:64", &bc, NULL, err,
			sizeof(err)) < 0);
	assert_non_null(strstr(err, "bytes: '64' is out of range"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(the_chain_is_one_cycle),
	    cmocka_unit_test(a_short_cut_is_caught),
	    cmocka_unit_test(made_up_steps_are_caught),
	    cmocka_unit_test(too_small_is_refused),
	};

	return cmocka_run_group_tests(tests, driver_setup, driver_teardown);
}
