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

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(names_are_picked),
	    cmocka_unit_test(bad_expressions_are_named),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
