#include "harness/machine/pu_list.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

static const struct {
	const char *text;
	size_t count;
	unsigned pus[8];
	const char *formatted;
} good[] = {
    {"0", 1, {0}, "0"},
    {"0-3,8", 5, {0, 1, 2, 3, 8}, "0-3,8"},
    {"3,2,1", 3, {3, 2, 1}, "3,2,1"},
    {"1,1,2", 3, {1, 1, 2}, "1,1-2"},
    {"5-5", 1, {5}, "5"},
    {"0,1,2,4", 4, {0, 1, 2, 4}, "0-2,4"},
    {"00,65535", 2, {0, 65535}, "0,65535"},
};

static const struct {
	const char *text;
	const char *message; /* part of it */
} bad[] = {
    {"", "empty"},
    {",", "no number"},
    {"0,", "no number"},
    {",0", "no number"},
    {"-1", "no number"},
    {"+1", "no number"},
    {" 1", "no number"},
    {"0-", "no number"},
    {"0--1", "no number"},
    {"x", "no number"},
    {"65536", "no number"},
    {"4294967296", "no number"},
    {"99999999999999999999", "no number"},
    {"3-1", "3-1 runs backwards"},
    {"0 1", "comma"},
    {"0-3-5", "comma"},
    {"0x1", "comma"},
    {"0-8", "more than 8 entries"},
    {"0-3,0-4", "more than 8 entries"},
    {"0-65535", "more than 8 entries"},
    {"1\n2", "comma"},
};

static void parses_and_formats(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		unsigned *pus = NULL;
		size_t count = 0;
		char *text;

		assert_int_equal(pu_list_parse(good[i].text, 8, &pus, &count, NULL, 0), 0);
		assert_int_equal(count, good[i].count);
		assert_memory_equal(pus, good[i].pus, count * sizeof(*pus));
		text = pu_list_format(pus, count);
		assert_string_equal(text, good[i].formatted);
		free(text);
		free(pus);
	}
}

static void refuses_with_a_reason(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		unsigned *pus = NULL;
		size_t count = 77;
		char err[160] = "";

		assert_int_equal(
		    pu_list_parse(bad[i].text, 8, &pus, &count, err, sizeof(err)), -EINVAL);
		assert_null(pus);
		assert_int_equal(count, 77);
		if (!strstr(err, bad[i].message))
			fail_msg("'%s' gave: %s", bad[i].text, err);
		assert_null(strchr(err, '\n'));
		assert_int_equal(pu_list_parse(bad[i].text, 8, &pus, &count, NULL, 0), -EINVAL);
	}
}

static void exactly_the_limit_is_accepted(void **state)
{
	unsigned *pus;
	size_t count;

	(void)state;
	assert_int_equal(pu_list_parse("0-3,10-13", 8, &pus, &count, NULL, 0), 0);
	assert_int_equal(count, 8);
	free(pus);
}

static void formats_nothing_as_empty(void **state)
{
	char *text = pu_list_format(NULL, 0);

	(void)state;
	assert_string_equal(text, "");
	free(text);
}

static void messages_stay_short_and_on_one_line(void **state)
{
	char text[1000], err[160];
	unsigned *pus;
	size_t count;

	(void)state;
	memset(text, '\a', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	assert_int_equal(pu_list_parse(text, 8, &pus, &count, err, sizeof(err)), -EINVAL);
	assert_true(strlen(err) < sizeof(err) - 1);
	assert_null(strchr(err, '\a'));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(parses_and_formats),
	    cmocka_unit_test(refuses_with_a_reason),
	    cmocka_unit_test(exactly_the_limit_is_accepted),
	    cmocka_unit_test(formats_nothing_as_empty),
	    cmocka_unit_test(messages_stay_short_and_on_one_line),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
