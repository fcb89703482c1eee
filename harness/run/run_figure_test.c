/* run_figure_test.c - figures as declared, and what they make of a trial. */
#include "harness/run/run_fixture.h"

static struct run_figure ends(const char *words)
{
	struct run_figure f = fixture_figure[FIXTURE_ENDS];

	snprintf(f.outcomes, sizeof(f.outcomes), "%s", words);
	return f;
}

static void declared_figures_are_checked(void **state)
{
	static const char *const good[] = {"a", "a b", "survived lost hung", "1 2 3 4 5 6 7 8"};
	static const char *const bad[] = {"", " ", " a", "a ", "a  b", "a a", "a b a", "a/b",
	    "a\tb", "1 2 3 4 5 6 7 8 9", "a_word_that_makes_the_name_of_a_metric_too_long"};
	struct run_figure f = run_time_figure();

	(void)state;
	assert_null(run_figure_wrong(&f));
	for (unsigned i = 0; i < FIXTURE_FIGURES; i++)
		assert_null(run_figure_wrong(&fixture_figure[i]));
	f.metric[0] = '\0';
	assert_non_null(run_figure_wrong(&f));
	f = fixture_figure[FIXTURE_LATENESS];
	f.worth = 0;
	assert_non_null(run_figure_wrong(&f));
	f.worth = -1;
	assert_non_null(run_figure_wrong(&f));
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		f = ends(good[i]);
		assert_null(run_figure_wrong(&f));
	}
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		f = ends(bad[i]);
		if (!run_figure_wrong(&f))
			fail_msg("\"%s\" is taken", bad[i]);
	}
}

static void what_makes_two_figures_the_same(void **state)
{
	const struct run_figure time = run_time_figure();

	(void)state;
	for (int i = 0; i < 7; i++) {
		struct run_figure f = time;

		switch (i) {
		case 0:
			snprintf(f.title, sizeof(f.title), "another");
			break;
		case 1:
			f.metric[0] = 'x';
			break;
		case 2:
			f.unit[0] = 'x';
			break;
		case 3:
			f.scale = CB_SHARE;
			break;
		case 4:
			f.better = CB_MORE;
			break;
		case 5:
			f.worth = 1;
			break;
		default:
			f.outcomes[0] = 'x';
		}
		assert_int_equal(run_figure_same(&time, &f), i == 0);
	}
	assert_true(run_figure_is_time(&time) && run_figure_has_rate(&time));
	for (unsigned i = 0; i < FIXTURE_FIGURES; i++)
		assert_false(run_figure_is_time(&fixture_figure[i]) ||
			     run_figure_has_rate(&fixture_figure[i]));
}

static void values_of_a_trial(void **state)
{
	const struct run_figure *f = &fixture_figure[FIXTURE_ENDS];
	struct metric_set trial = {0};
	double value = 77;

	(void)state;
	for (unsigned i = 0; i < FIXTURE_FIGURES; i++)
		assert_false(
		    run_figure_value(&fixture_figure[i], &trial, &value) && i != FIXTURE_ENDS);
	assert_int_equal(metric_add(&trial, "late_ns", -3), 0);
	assert_true(run_figure_value(&fixture_figure[FIXTURE_LATENESS], &trial, &value));
	assert_true(value < -2);
	assert_int_equal(metric_add(&trial, "peak_bytes", -3), 0);
	assert_false(run_figure_value(&fixture_figure[FIXTURE_BYTES], &trial, &value));

	assert_int_equal(run_figure_outcome(f, &trial), -1);
	assert_int_equal(metric_add(&trial, "outcome.survived", 0), 0);
	assert_int_equal(run_figure_outcome(f, &trial), -1);
	assert_int_equal(metric_add(&trial, "outcome.lost", 1), 0);
	assert_int_equal(run_figure_outcome(f, &trial), 1);
	assert_true(run_figure_value(f, &trial, &value));
	assert_true(value == 0);
	assert_int_equal(metric_add(&trial, "outcome.survived", 1), 0);
	assert_int_equal(run_figure_outcome(f, &trial), -1);
	assert_int_equal(metric_add(&trial, "outcome.lost", 0), 0);
	assert_true(run_figure_value(f, &trial, &value));
	assert_true(value == 1);
}

static void values_for_people(void **state)
{
	const struct run_figure time = run_time_figure();
	struct run_figure bytes = fixture_figure[FIXTURE_BYTES];
	char buf[64];

	(void)state;
	assert_string_equal(run_figure_format(&time, 1234, buf, sizeof(buf)), "1.23 µs");
	assert_string_equal(run_figure_format(&bytes, 812, buf, sizeof(buf)), "812 B");
	assert_string_equal(run_figure_format(&bytes, 45600, buf, sizeof(buf)), "45.6 kB");
	bytes.unit[0] = '\0';
	assert_string_equal(run_figure_format(&bytes, 812, buf, sizeof(buf)), "812");
	assert_string_equal(
	    run_given_format(&(struct run_given){.figure = 200, .unit = "/s"}, buf, sizeof(buf)),
	    "200/s");
	assert_string_equal(
	    run_given_format(&(struct run_given){.figure = 64, .unit = "B"}, buf, sizeof(buf)),
	    "64 B");
	assert_string_equal(
	    run_figure_format(&fixture_figure[FIXTURE_LATENESS], -1500, buf, sizeof(buf)),
	    "-1.5 µs");
	assert_string_equal(
	    run_figure_format(&fixture_figure[FIXTURE_SHARE], 0.1234, buf, sizeof(buf)), "12.3 %");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(declared_figures_are_checked),
	    cmocka_unit_test(what_makes_two_figures_the_same),
	    cmocka_unit_test(values_of_a_trial),
	    cmocka_unit_test(values_for_people),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
