/* case_filter_test.c - which names a filter picks. */
#include "harness/run/case_filter.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

static void names_are_picked(void **state)
{
	static const struct {
		const char *pattern, *name;
		bool picked;
	} table[] = {
	    {NULL, "lock/mutex", true},
	    {"", "lock/mutex", true},
	    {"lock", "lock/mutex", true},
	    {"lock", "queue/mutex", false},
	    {"mutex$", "lock/mutex", true},
	    {"^mutex", "lock/mutex", false},
	    {"lock/(mutex|ticket)/", "lock/ticket/workers:2", true},
	    {"workers:2$", "lock/ticket/workers:20", false},
	    {"workers:[0-9]{2}$", "lock/ticket/workers:20", true},
	    {"-lock", "lock/mutex", false},
	    {"-lock", "queue/mutex", true},
	    {"-^lock/mutex$", "lock/mutex/workers:1", true},
	    /* Only the first dash negates. */
	    {"--", "a-b", false},
	    {"--", "a", true},
	    /* "everything but everything" */
	    {"-", "lock/mutex", false},
	    {"LOCK", "lock/mutex", false},
	};
	char err[200];

	(void)state;
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		struct case_filter f;

		assert_int_equal(case_filter_compile(&f, table[i].pattern, err, sizeof(err)), 0);
		if (case_filter_matches(&f, table[i].name) != table[i].picked)
			fail_msg("\"%s\" on \"%s\"", table[i].pattern, table[i].name);
		case_filter_free(&f);
	}
}

static void bad_expressions_are_named(void **state)
{
	static const char *const bad[] = {"lock[", "(", "a{2,1}", "-[", "*(", "[[:nothing:]]"};

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct case_filter f;
		char err[200] = "", small[12] = "";

		assert_int_equal(case_filter_compile(&f, bad[i], err, sizeof(err)), -EINVAL);
		/* The text as typed, and why. */
		assert_non_null(strstr(err, bad[i]));
		assert_non_null(strstr(err, "is not a regular expression: "));
		assert_null(strchr(err, '\n'));
		assert_int_equal(case_filter_compile(&f, bad[i], small, sizeof(small)), -EINVAL);
		assert_true(strlen(small) < sizeof(small));
	}
}

/* What would take regcomp(3) beyond its stack, or all memory. The child would die of it. */
static void too_much_is_refused(void **state)
{
	static const struct {
		char open;
		size_t count;
		const char *text; /* NULL: @count times @open */
		const char *why;
	} bad[] = {
	    {'(', 30000, NULL, "longer than 16384 bytes"},
	    {'a', 16385, NULL, "longer than 16384 bytes"},
	    {'(', 101, NULL, "more than 100 brackets"},
	    {'(', 16000, NULL, "more than 100 brackets"},
	    {0, 0, "(((a{255}){255}){255})", "more than 1000 repetitions"},
	    {0, 0, "a{1,30000}", "more than 1000 repetitions"},
	    {0, 0, "a{99999999999999999999}", "more than 1000 repetitions"},
	};
	static const char *const good[] = {
	    "\\(\\(", "(a)(b)(c)", "a{2}b{3,}c{1,4}", "workers:[0-9]{2}"};
	char err[200], text[30001];
	struct case_filter f;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		memset(text, bad[i].open, sizeof(text));
		text[bad[i].count] = '\0';
		assert_int_equal(
		    case_filter_compile(&f, bad[i].text ? bad[i].text : text, err, sizeof(err)),
		    -EINVAL);
		if (!strstr(err, bad[i].why))
			fail_msg("%s", err);
	}
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		assert_int_equal(case_filter_compile(&f, good[i], err, sizeof(err)), 0);
		case_filter_free(&f);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(names_are_picked),
	    cmocka_unit_test(bad_expressions_are_named),
	    cmocka_unit_test(too_much_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
