#include "harness/cmd/compare_options.h"

#include "harness/cmd/cmd.h"
#include "harness/run/run_fixture.h"

#include <errno.h>
#include <math.h>

/* cmocka's compares floats. */
static void assert_near(double got, double want, double within)
{
	if (!(fabs(got - want) <= within))
		fail_msg("%.9g instead of %.9g", got, want);
}

static void shares(void **state)
{
	static const struct {
		const char *text;
		int rc;
		double share;
	} table[] = {
	    {"1%", 0, 0.01},
	    {"0.01", 0, 0.01},
	    {".5%", 0, 0.005},
	    {"150%", 0, 1.5},
	    {"0.99", 0, 0.99},
	    /* May be 2 % or twice as long. */
	    {"2", -EINVAL, 0},
	    {"1", -EINVAL, 0},
	    {"0", -ERANGE, 0},
	    {"0%", -ERANGE, 0},
	    {"1001%", -ERANGE, 0},
	    {"-1%", -ERANGE, 0},
	    {"-0.01", -ERANGE, 0},
	    {"%", -EINVAL, 0},
	    {"", -EINVAL, 0},
	    {"much", -EINVAL, 0},
	    {"nan", -EINVAL, 0},
	    {"1 %", -EINVAL, 0},
	    {NULL, -EINVAL, 0},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		double share = -7;
		int rc = compare_options_share(table[i].text, 10, &share);

		if (rc != table[i].rc)
			fail_msg("'%s': %d", table[i].text, rc);
		assert_near(share, rc ? -7 : table[i].share, 1e-12);
	}
}

static int parse(struct compare_options *o, int argc, ...)
{
	char name[] = "compare", *argv[16] = {name};
	va_list args;

	va_start(args, argc);
	for (int i = 1; i <= argc; i++)
		argv[i] = va_arg(args, char *);
	va_end(args);
	return compare_options_parse(argc + 1, argv, o);
}

static void lines(void **state)
{
	struct compare_options o;

	(void)state;
	assert_int_equal(parse(&o, 2, "a", "b"), 0);
	assert_string_equal(o.base, "a");
	assert_string_equal(o.head, "b");
	assert_near(o.min_effect, 0.01, 1e-12);
	assert_string_equal(o.results_dir, "results");
	assert_false(o.strict || o.force || o.help);
	/* Options may stand before, between and behind the runs. */
	assert_int_equal(parse(&o, 8, "--min-effect=2%", "a", "--strict", "--json", "j", "b",
			     "--force", "--filter=x"),
	    0);
	assert_string_equal(o.base, "a");
	assert_string_equal(o.head, "b");
	assert_string_equal(o.json, "j");
	assert_string_equal(o.filter, "x");
	assert_near(o.min_effect, 0.02, 1e-12);
	assert_true(o.strict && o.force);
	assert_int_equal(parse(&o, 1, "--help"), 0);
	assert_true(o.help);
}

static void mistakes(void **state)
{
	struct compare_options o;

	(void)state;
	assert_int_equal(parse(&o, 0), EXIT_USAGE);
	assert_int_equal(parse(&o, 1, "a"), EXIT_USAGE);
	assert_int_equal(parse(&o, 3, "a", "b", "c"), EXIT_USAGE);
	assert_int_equal(parse(&o, 3, "a", "b", "--frob"), EXIT_USAGE);
	assert_int_equal(parse(&o, 3, "a", "b", "--json"), EXIT_USAGE);
	assert_int_equal(parse(&o, 3, "a", "b", "--json="), EXIT_USAGE);
	assert_int_equal(parse(&o, 3, "a", "b", "--min-effect=2"), EXIT_USAGE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(shares),
	    cmocka_unit_test(lines),
	    cmocka_unit_test(mistakes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
