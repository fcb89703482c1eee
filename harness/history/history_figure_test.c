/* Figures in words: each unit, each scale, with and without what a terminal may lack. */
#include "harness/history/history_figure.h"
#include "harness/report/figure.h"
#include "harness/run/run_fixture.h"

#include <math.h>

static const struct run_figure bytes = {"b", "", "bytes", CB_RATIO, CB_LESS, 0, ""},
			       late = {"l", "", "ns", CB_DIFFERENCE, CB_LESS, 1000, ""},
			       items = {"n", "", "items", CB_DIFFERENCE, CB_MORE, 10, ""},
			       kept = {"k", "", "", CB_SHARE, CB_MORE, 0, ""},
			       ends = {"e", "", "", CB_OUTCOME, CB_MORE, 0, "ok lost"},
			       fact = {"f", "", "", CB_RATIO, CB_NEITHER, 0, ""};

static void values(void **state)
{
	const struct run_figure time = run_time_figure();
	const struct {
		const struct run_figure *figure;
		struct stats_interval value;
		const char *text, *half;
	} table[] = {
	    {&time, {10800, 10764, 10840}, "10.8 us", "+-0.4%"},
	    {&bytes, {8192, 8000, 8400}, "8.19 kbytes", "+-2.5%"},
	    {&bytes, {12, 12, 12}, "12 bytes", "+-<0.1%"},
	    {&late, {-1200, -1500, -1100}, "-1.2 us", "+-300 ns"},
	    {&late, {0, -2, 1}, "0 ns", "+-2 ns"},
	    {&items, {-3, -4, -3}, "-3 items", "+-1 items"},
	    {&kept, {0.995, 0.99, 1}, "99.5 %", "+-0.5%"},
	    {&ends, {1, 0.75, 1}, "100 %", "+-25%"},
	    {&fact, {12345, 12345, 12345}, "12.3 k", "+-<0.1%"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		char text[HISTORY_TEXT_MAX];

		assert_string_equal(figure_value(table[i].figure, table[i].value.estimate, true,
					text, sizeof(text)),
		    table[i].text);
		assert_string_equal(figure_plus_minus(table[i].figure, &table[i].value, 0.95, true,
					text, sizeof(text)),
		    table[i].half);
		/* One launch has no interval. */
		assert_string_equal(figure_plus_minus(table[i].figure, &table[i].value, 0, true,
					text, sizeof(text)),
		    "");
	}
}

static void what_a_terminal_shows(void **state)
{
	const struct stats_interval value = {1200, 1100, 1300};
	char text[HISTORY_TEXT_MAX];

	(void)state;
	assert_string_equal(figure_value(&late, 1200, false, text, sizeof(text)), "1.2 µs");
	assert_string_equal(
	    figure_plus_minus(&late, &value, 0.95, false, text, sizeof(text)), "±100 ns");
	assert_string_equal(history_change(&late, 1200, false, text), "+1.2 µs");
}

static void changes(void **state)
{
	const struct run_figure time = run_time_figure();
	const struct {
		const struct run_figure *figure;
		double from, to, least; /* of a min_effect of 0.1 */
		const char *change, *direction;
	} table[] = {
	    {&time, 100, 105, 0.1, "+5.0 %", "slower"},
	    {&time, 105, 84, 0.1, "-20.0 %", "faster"},
	    {&bytes, 100, 105, 0.1, "+5.0 %", "worse"},
	    {&bytes, 100, 50, 0.1, "-50.0 %", "better"},
	    {&late, -100, 100, 100, "+200 ns", "worse"},
	    {&late, 0, -1500, 100, "-1.5 us", "better"},
	    {&items, 0, 12, 1, "+12 items", "better"},
	    {&kept, 0.99, 0.97, 0.1, "-2.0 points", "worse"},
	    {&ends, 0, 1, 0.1, "+100.0 points", "better"},
	    {&fact, 4, 5, 0.1, "+25.0 %", "more"},
	    {&fact, 5, 4, 0.1, "-20.0 %", "less"},
	    /* Of nothing known, and of nothing at all, there is no part. */
	    {&time, NAN, 100, 0.1, "", NULL},
	    {&bytes, 0, 100, 0.1, "", NULL},
	    {&bytes, 0, 0, 0.1, "", NULL},
	    {&kept, NAN, 0.5, 0.1, "", NULL},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		const struct run_figure *f = table[i].figure;
		const double effect = history_effect(f, table[i].from, table[i].to);
		char text[HISTORY_TEXT_MAX];

		assert_string_equal(history_change(f, effect, true, text), table[i].change);
		if (table[i].direction)
			assert_string_equal(history_direction(f, effect), table[i].direction);
		assert_true(fabs(history_least_effect(f, 0.1) - table[i].least) < 1e-12);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(values),
	    cmocka_unit_test(what_a_terminal_shows),
	    cmocka_unit_test(changes),
	};

	return cmocka_run_group_tests_name("history_figure", tests, NULL, NULL);
}
