#include "harness/history/sparkline.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void heights_follow_the_values(void **state)
{
	static const double up[] = {1, 2, 3, 4, 5, 6, 7, 8};
	static const double gap[] = {1, NAN, 8};
	static const double flat[] = {1000, 1000.5, 1000.9};
	char buf[SPARKLINE_MAX];

	(void)state;
	assert_string_equal(sparkline_draw(up, 8, 60, true, buf, sizeof(buf)), "_.:-=+*#");
	assert_string_equal(sparkline_draw(up, 8, 60, false, buf, sizeof(buf)), "▁▂▃▄▅▆▇█");
	assert_string_equal(sparkline_draw(gap, 3, 60, true, buf, sizeof(buf)), "_?#");
	assert_string_equal(sparkline_draw(flat, 3, 60, true, buf, sizeof(buf)), "___");
	assert_string_equal(sparkline_draw(gap + 1, 1, 60, true, buf, sizeof(buf)), "?");
	assert_string_equal(sparkline_draw(up, 0, 60, true, buf, sizeof(buf)), "");
}

static void the_last_are_shown(void **state)
{
	double x[100];
	char buf[SPARKLINE_MAX], small[5];

	(void)state;
	for (unsigned i = 0; i < 100; i++)
		x[i] = i < 98 ? 1000 : i;
	/* 98 and 99 alone are scaled against each other, not against what is not shown. */
	assert_string_equal(sparkline_draw(x, 100, 2, true, buf, sizeof(buf)), "_#");
	sparkline_draw(x, 100, 1000, false, buf, sizeof(buf));
	assert_int_equal(strlen(buf), SPARKLINE_WIDTH * 3);
	/* Too small a buffer cuts between characters. */
	assert_string_equal(sparkline_draw(x, 100, 60, false, small, sizeof(small)), "█");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(heights_follow_the_values),
	    cmocka_unit_test(the_last_are_shown),
	};

	return cmocka_run_group_tests_name("sparkline", tests, NULL, NULL);
}
