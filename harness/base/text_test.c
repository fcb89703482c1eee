#include "harness/base/text.h"

#include <errno.h>
#include <float.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))

static void parses_u64(void **state)
{
	static const struct {
		const char *text;
		uint64_t min, max;
		int err;
		uint64_t value;
	} cases[] = {
	    {"0", 0, 10, 0, 0},
	    {"10", 0, 10, 0, 10},
	    {"007", 0, 10, 0, 7},
	    {"18446744073709551615", 0, UINT64_MAX, 0, UINT64_MAX},
	    {"18446744073709551616", 0, UINT64_MAX, -ERANGE, 0},
	    {"99999999999999999999999999", 0, UINT64_MAX, -ERANGE, 0},
	    {"99999999999999999999999999x", 0, UINT64_MAX, -EINVAL, 0},
	    {"0", 1, 10, -ERANGE, 0},
	    {"11", 1, 10, -ERANGE, 0},
	    {"", 0, 10, -EINVAL, 0},
	    {"-1", 0, UINT64_MAX, -EINVAL, 0},
	    {"+1", 0, 10, -EINVAL, 0},
	    {" 1", 0, 10, -EINVAL, 0},
	    {"1 ", 0, 10, -EINVAL, 0},
	    {"1\n", 0, 10, -EINVAL, 0},
	    {"0x1", 0, 10, -EINVAL, 0},
	    {"1e1", 0, 10, -EINVAL, 0},
	    {"1.0", 0, 10, -EINVAL, 0},
	    {"\xd9\xa3", 0, 10, -EINVAL, 0}, /* an Arabic digit */
	    {NULL, 0, 10, -EINVAL, 0},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		uint64_t value = 4711;

		assert_int_equal(text_parse_u64(cases[i].text, cases[i].min, cases[i].max, &value),
		    cases[i].err);
		assert_int_equal(value, cases[i].err ? 4711 : cases[i].value);
	}
}

static void parses_double(void **state)
{
	static const struct {
		const char *text;
		int err;
		double value;
	} cases[] = {
	    {"0", 0, 0},
	    {"1.5", 0, 1.5},
	    {".5", 0, 0.5},
	    {"5.", 0, 5},
	    {"-2.25", 0, -2.25},
	    {"2.5e-3", 0, 2.5e-3},
	    {"1E2", 0, 100},
	    {"1e+2", 0, 100},
	    {"1001", -ERANGE, 0},
	    {"-1001", -ERANGE, 0},
	    {"1e999", -ERANGE, 0},
	    {"", -EINVAL, 0},
	    {".", -EINVAL, 0},
	    {"-", -EINVAL, 0},
	    {"-.", -EINVAL, 0},
	    {"e5", -EINVAL, 0},
	    {"1e", -EINVAL, 0},
	    {"1e+", -EINVAL, 0},
	    {"1.2.3", -EINVAL, 0},
	    {"+1", -EINVAL, 0},
	    {"--1", -EINVAL, 0},
	    {" 1", -EINVAL, 0},
	    {"1 ", -EINVAL, 0},
	    {"1,5", -EINVAL, 0},
	    {"0x10", -EINVAL, 0},
	    {"inf", -EINVAL, 0},
	    {"nan", -EINVAL, 0},
	    {NULL, -EINVAL, 0},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		double value = 4711;

		assert_int_equal(
		    text_parse_double(cases[i].text, -1000, 1000, &value), cases[i].err);
		assert_true(value == (cases[i].err ? 4711 : cases[i].value));
	}
}

static void parses_duration(void **state)
{
	static const struct {
		const char *text;
		int err;
		uint64_t ns;
	} cases[] = {
	    {"60s", 0, UINT64_C(60000000000)},
	    {"60", 0, UINT64_C(60000000000)},
	    {"0.25", 0, 250000000},
	    {"500ms", 0, 500000000},
	    {"2m", 0, UINT64_C(120000000000)},
	    {"2min", 0, UINT64_C(120000000000)},
	    {"1.5h", 0, UINT64_C(5400000000000)},
	    {"250us", 0, 250000},
	    {"250\xc2\xb5s", 0, 250000},
	    {"250\xce\xbcs", 0, 250000},
	    {"10ns", 0, 10},
	    {"0", 0, 0},
	    {".5s", 0, 500000000},
	    {"0.1s", 0, 100000000},
	    {"0.000000001s", 0, 1},
	    {"0.0000000001s", 0, 0},
	    {"1.999999999s", 0, 1999999999},
	    {"9007199254740993ns", 0, UINT64_C(9007199254740993)}, /* 2^53 + 1 */
	    {"18446744073709551615ns", 0, UINT64_MAX},
	    {"18446744073709551616ns", -ERANGE, 0},
	    {"18446744073709551615.9ns", -ERANGE, 0},
	    {"18446744074s", -ERANGE, 0},
	    {"99999999999999999999h", -ERANGE, 0},
	    {"", -EINVAL, 0},
	    {"s", -EINVAL, 0},
	    {".s", -EINVAL, 0},
	    {"-1s", -EINVAL, 0},
	    {"+1s", -EINVAL, 0},
	    {"1 s", -EINVAL, 0},
	    {"1s ", -EINVAL, 0},
	    {"1S", -EINVAL, 0},
	    {"1d", -EINVAL, 0},
	    {"1e3s", -EINVAL, 0},
	    {"1m30s", -EINVAL, 0},
	    {NULL, -EINVAL, 0},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		uint64_t ns = 4711;

		assert_int_equal(text_parse_duration_ns(cases[i].text, &ns), cases[i].err);
		assert_int_equal(ns, cases[i].err ? 4711 : cases[i].ns);
	}
}

static void parses_percent(void **state)
{
	static const struct {
		const char *text;
		int err;
		double fraction;
	} cases[] = {
	    {"2%", 0, 0.02},
	    {"2", 0, 0.02},
	    {"0.5%", 0, 0.005},
	    {"0%", 0, 0},
	    {"150%", 0, 1.5},
	    {"-1%", -ERANGE, 0},
	    {"1e999%", -ERANGE, 0},
	    {"", -EINVAL, 0},
	    {"%", -EINVAL, 0},
	    {"2%%", -EINVAL, 0},
	    {"2 %", -EINVAL, 0},
	    {"%2", -EINVAL, 0},
	    {"two", -EINVAL, 0},
	    {NULL, -EINVAL, 0},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		double fraction = 4711;

		assert_int_equal(text_parse_percent(cases[i].text, &fraction), cases[i].err);
		assert_true(fraction == (cases[i].err ? 4711 : cases[i].fraction));
	}
}

static void formats_ns_and_counts(void **state)
{
	static const struct {
		double value;
		const char *ns, *count;
	} cases[] = {
	    {0, "0 ns", "0"},
	    {0.314, "0.314 ns", "0.314"},
	    {812, "812 ns", "812"},
	    {812.4, "812 ns", "812"},
	    {999.4, "999 ns", "999"},
	    {999.5, "1 µs", "1 k"},
	    {1000, "1 µs", "1 k"},
	    {1234, "1.23 µs", "1.23 k"},
	    {45600, "45.6 µs", "45.6 k"},
	    {4.5e6, "4.5 ms", "4.5 M"},
	    {999.4e6, "999 ms", "999 M"},
	    {999.6e6, "1 s", "1 G"},
	    {1.2e12, "1200 s", "1.2 T"},
	    {-1234, "-1.23 µs", "-1.23 k"},
	    {NAN, "n/a", "n/a"},
	    {INFINITY, "n/a", "n/a"},
	};
	char buf[TEXT_FORMAT_MAX];

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		assert_string_equal(text_format_ns(cases[i].value, buf, sizeof(buf)), cases[i].ns);
		assert_string_equal(
		    text_format_count(cases[i].value, buf, sizeof(buf)), cases[i].count);
	}
	assert_string_equal(text_format_ns(812, buf, 4), "812");
	assert_true(strlen(text_format_ns(DBL_MAX, buf, sizeof(buf))) < sizeof(buf) - 1);
	assert_true(strlen(text_format_ns(-DBL_MIN, buf, sizeof(buf))) < sizeof(buf) - 1);
}

static void clauses_are_joined(void **state)
{
	char text[16] = "";

	(void)state;
	text_add_clause(text, sizeof(text), "%d of %d", 1, 2);
	assert_string_equal(text, "1 of 2");
	text_add_clause(text, sizeof(text), "and so on");
	assert_string_equal(text, "1 of 2; and so ");
	text_add_clause(text, sizeof(text), "more");
	assert_string_equal(text, "1 of 2; and so ");
}

static void formats_duration(void **state)
{
	static const struct {
		uint64_t ns;
		const char *text;
	} cases[] = {
	    {0, "0 ns"},
	    {1500, "1.5 µs"},
	    {UINT64_C(450000000), "450 ms"},
	    {UINT64_C(994000000), "990 ms"},
	    {UINT64_C(996000000), "1 s"},
	    {UINT64_C(1234000000), "1.2 s"},
	    {UINT64_C(9940000000), "9.9 s"},
	    {UINT64_C(9950000000), "10 s"},
	    {UINT64_C(22600000000), "23 s"},
	    {UINT64_C(59400000000), "59 s"},
	    {UINT64_C(59700000000), "1 min"},
	    {UINT64_C(83000000000), "1 min 23 s"},
	    {UINT64_C(3599000000000), "59 min 59 s"},
	    {UINT64_C(3599700000000), "1 h"},
	    {UINT64_C(7500000000000), "2 h 5 min"},
	    {UINT64_C(86399000000000), "24 h"},
	    {UINT64_C(86400000000000), "1 d"},
	    {UINT64_C(273600000000000), "3 d 4 h"},
	};
	char buf[TEXT_FORMAT_MAX];

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++)
		assert_string_equal(
		    text_format_duration(cases[i].ns, buf, sizeof(buf)), cases[i].text);
	assert_memory_equal(text_format_duration(UINT64_MAX, buf, sizeof(buf)), "21350", 5);
}

/* An option takes it back, and it is not less. */
static void formats_budgets(void **state)
{
	static const struct {
		uint64_t ns;
		const char *text;
	} cases[] = {{0, "0s"}, {1, "1s"}, {1000000000, "1s"}, {1000000001, "2s"},
	    {119000000000, "119s"}, {119000000001, "2m"}, {120000000001, "3m"},
	    {3600000000000, "60m"}};
	char buf[TEXT_FORMAT_MAX];
	uint64_t back_ns;

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		assert_string_equal(
		    text_format_budget(cases[i].ns, buf, sizeof(buf)), cases[i].text);
		assert_int_equal(text_parse_duration_ns(buf, &back_ns), 0);
		assert_true(back_ns >= cases[i].ns);
	}
}

static void cleans_foreign_text(void **state)
{
	static const struct {
		const char *dirty, *clean;
	} cases[] = {
	    {"", ""}, {"plain", "plain"}, {"  two  words \n", "two words"}, {"a\tb\nc", "a b c"},
	    {"\x1b[31mred", "[31mred"}, {"del\x7f", "del"},
	    {"c1 \xc2\x9b"
	     "31m",
		"c1 31m"},
	    {"a\xc2\x85"
	     "b",
		"a b"},
	    {"2.5 \xc2\xb5s \xe2\x82\xac \xf0\x9f\x98\x80",
		"2.5 \xc2\xb5s \xe2\x82\xac \xf0\x9f\x98\x80"},
	    {"latin1 \xe9t\xe9", "latin1 ?t?"}, {"cut \xe2\x82", "cut ??"},
	    {"overlong \xc0\xaf \xe0\x80\xaf", "overlong ?? ???"},
	    {"surrogate \xed\xa0\x80", "surrogate ???"}, {"beyond \xf4\x90\x80\x80", "beyond ????"},
	    {"lock/\u202emcs\u202c \u2066x\u2069", "lock/?mcs? ?x?"},
	    {"\u061c\u200e\u200f\u200b\u00ad\ufeff", "??????"}, {"\u2028\u2060\U000e0041", "???"},
	    {"\u2020\u2070\u0627\u2010", "\u2020\u2070\u0627\u2010"}, /* their neighbours */
	};
	char text[64];

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		strcpy(text, cases[i].dirty);
		assert_ptr_equal(text_clean(text), text);
		assert_string_equal(text, cases[i].clean);
	}
}

static void shows_what_is_quoted(void **state)
{
	static const struct {
		const char *text, *shown;
	} cases[] = {
	    {"", ""},
	    {"a  b", "a  b"},
	    {"a\n\tb\x7f", "a??b?"},
	    {"a\302\205\u202eb", "a??b"},
	    {"\xff\u00b5s", "?\u00b5s"},
	};
	char text[64];

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		strcpy(text, cases[i].text);
		assert_int_equal(text_has_control(text), i > 1 && i < 4);
		assert_ptr_equal(text_show(text), text);
		assert_string_equal(text, cases[i].shown);
		assert_false(text_has_control(text));
	}
}

static void buffer_grows(void **state)
{
	struct text_buffer b = {0};
	char expected[4096] = "";

	(void)state;
	assert_string_equal(text_buffer_str(&b), "");
	text_buffer_add(&b, "");
	text_buffer_addf(&b, "%s", "");
	assert_string_equal(text_buffer_str(&b), "");
	for (int i = 0; i < 300; i++) {
		size_t at = strlen(expected);

		text_buffer_addf(&b, "%d,", i);
		assert_true(snprintf(expected + at, sizeof(expected) - at, "%d,", i) > 0);
	}
	text_buffer_add(&b, "end");
	text_buffer_add_bytes(&b, "\0x", 2);
	assert_false(b.failed);
	assert_int_equal(b.len, strlen(expected) + 5);
	strcat(expected, "end");
	assert_memory_equal(b.data, expected, strlen(expected));
	assert_memory_equal(b.data + b.len - 2, "\0x", 3);
	text_buffer_free(&b);
	assert_null(b.data);
	assert_int_equal(b.len, 0);
}

static void buffer_failure_sticks(void **state)
{
	struct text_buffer b = {0};

	(void)state;
	text_buffer_add(&b, "kept");
	text_buffer_add_bytes(&b, "x", SIZE_MAX);
	assert_true(b.failed);
	text_buffer_add(&b, "more");
	text_buffer_addf(&b, "%d", 1);
	assert_true(b.failed);
	assert_string_equal(text_buffer_str(&b), "kept");
	text_buffer_free(&b);
	assert_false(b.failed);
	text_buffer_add(&b, "again");
	assert_string_equal(text_buffer_str(&b), "again");
	text_buffer_free(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(parses_u64),
	    cmocka_unit_test(parses_double),
	    cmocka_unit_test(parses_duration),
	    cmocka_unit_test(parses_percent),
	    cmocka_unit_test(formats_ns_and_counts),
	    cmocka_unit_test(clauses_are_joined),
	    cmocka_unit_test(formats_duration),
	    cmocka_unit_test(cleans_foreign_text),
	    cmocka_unit_test(formats_budgets),
	    cmocka_unit_test(shows_what_is_quoted),
	    cmocka_unit_test(buffer_grows),
	    cmocka_unit_test(buffer_failure_sticks),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
