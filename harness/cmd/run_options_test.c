/* run_options_test.c - the command line of `concbench run`: what is set, and what is refused how.
 */
#include "harness/cmd/run_options.h"

#include "harness/base/clock.h"
#include "harness/cmd/cmd.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

/* Benches bring the real table; a harness test has none of them. */
const struct cb_family *const cb_families[] = {NULL};

#define ARGS_MAX 20

/* Parse "run" and the words of @line; what it says on stderr goes to @said. */
static int parse(const char *line, struct run_options *o, char *said, size_t len)
{
	/* Options keep pointers into it. */
	static char words[1024];
	char *argv[ARGS_MAX] = {(char[]){"run"}}, *rest = words, *word;
	FILE *file = tmpfile();
	int argc = 1, ret, saved;
	size_t n;

	assert_non_null(file);
	(void)snprintf(words, sizeof(words), "%s", line);
	while ((word = strsep(&rest, " ")) != NULL && argc < ARGS_MAX - 1)
		if (*word)
			argv[argc++] = word;
	saved = dup(STDERR_FILENO);
	assert_true(saved >= 0 && dup2(fileno(file), STDERR_FILENO) >= 0);
	ret = options_parse(&run_command, argc, argv, o);
	(void)fflush(stderr);
	assert_true(dup2(saved, STDERR_FILENO) >= 0);
	assert_int_equal(close(saved), 0);
	rewind(file);
	n = fread(said, 1, len - 1, file);
	said[n] = '\0';
	assert_int_equal(fclose(file), 0);
	return ret;
}

static void parse_good(const char *line, struct run_options *o)
{
	char said[500];

	if (parse(line, o, said, sizeof(said)) != 0)
		fail_msg("%s: %s", line, said);
	assert_string_equal(said, "");
}

static void nothing_given(void **state)
{
	struct run_options o, again;

	(void)state;
	parse_good("", &o);
	assert_int_equal(o.profile, CB_QUICK);
	assert_null(o.filter);
	assert_string_equal(o.results_dir, "results");
	assert_int_equal(o.format, FORMAT_CONSOLE);
	assert_int_equal(o.out_format, FORMAT_JSON);
	assert_true(o.counters && o.charts);
	assert_false(o.quiet || o.list || o.in_process || o.aa);
	assert_int_equal(o.what.set_count, 0);
	assert_int_equal(o.what.name_count, 0);
	assert_int_equal(o.slot_ns, 0);
	assert_true(o.budget_ns < 180 * CLOCK_NS_PER_S);
	assert_int_equal(o.gbench_argc, 0);
	/* A seed of its own each time. Twice the same by chance once in a million. */
	parse_good("", &again);
	if (again.seed == o.seed) {
		options_release(&run_command, &again);
		parse_good("", &again);
	}
	assert_true(again.seed != o.seed);
	options_release(&run_command, &o);
	options_release(&run_command, &again);
}

static void a_profile_sets_what_is_not_given(void **state)
{
	struct run_options smoke, full, own;

	(void)state;
	parse_good("--profile smoke", &smoke);
	parse_good("--profile=full", &full);
	assert_true(smoke.budget_ns < 20 * CLOCK_NS_PER_S);
	assert_true(smoke.rounds < full.rounds && smoke.slots < full.slots);
	assert_true(smoke.budget_ns < full.budget_ns);
	/* Whatever the order. */
	parse_good("--rounds 3 --slots 4 --time-budget 5m --profile full", &own);
	assert_int_equal(own.profile, CB_FULL);
	assert_int_equal(own.rounds, 3);
	assert_int_equal(own.slots, 4);
	assert_true(own.budget_ns == 300 * CLOCK_NS_PER_S);
	options_release(&run_command, &smoke);
	options_release(&run_command, &full);
	options_release(&run_command, &own);
}

static void precision_is_a_share(void **state)
{
	static const struct {
		const char *line;
		double precision;
	} table[] = {
	    {"", 0.02},
	    {"--precision 1%", 0.01},
	    {"--precision 0.05", 0.05},
	    {"--precision 0", 0},
	    {"--precision 0%", 0},
	    {"--rounds 7", 0.02},
	    {"--benchmark_repetitions=20 --precision 1%", 0.01},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		struct run_options o;

		parse_good(table[i].line, &o);
		assert_true(o.precision > table[i].precision - 1e-12 &&
			    o.precision < table[i].precision + 1e-12);
		options_release(&run_command, &o);
	}
}

static void every_flag_is_taken(void **state)
{
	struct run_options o;

	(void)state;
	parse_good(
	    "locks --filter a|b --set workers=1,2 --set hold=1us lock/ck_mcs --load a.so --load "
	    "p=b.so --slot-time 2ms --seed 18446744073709551615 --results x/y",
	    &o);
	assert_string_equal(o.what.filter, "a|b");
	assert_int_equal(o.what.name_count, 2);
	assert_string_equal(o.what.names[0], "locks");
	assert_string_equal(o.what.names[1], "lock/ck_mcs");
	assert_int_equal(o.what.set_count, 2);
	assert_string_equal(o.what.sets[0], "workers=1,2");
	assert_string_equal(o.what.sets[1], "hold=1us");
	assert_int_equal(o.what.load_count, 2);
	assert_string_equal(o.what.loads[0], "a.so");
	assert_string_equal(o.what.loads[1], "p=b.so");
	assert_int_equal(o.slot_ns, 2 * CLOCK_NS_PER_MS);
	assert_true(o.seed == UINT64_MAX);
	assert_string_equal(o.results_dir, "x/y");
	options_release(&run_command, &o);
	parse_good(
	    "--aa --in-process --no-counters --no-charts --quiet --list --cell-timeout 1.5s", &o);
	assert_true(o.aa && o.in_process && o.quiet && o.list);
	assert_false(o.counters || o.charts);
	assert_true(o.cell_timeout_ns == 1500 * CLOCK_NS_PER_MS);
	options_release(&run_command, &o);
	/* The last one counts, and a single 0 is a seed. */
	parse_good("--seed 5 --seed 0 --filter x --filter=", &o);
	assert_int_equal(o.seed, 0);
	assert_string_equal(o.filter, "");
	options_release(&run_command, &o);
}

static void google_benchmarks_flags_keep_their_meaning(void **state)
{
	struct run_options o;

	(void)state;
	parse_good("--benchmark_filter=-x --benchmark_repetitions=7 --benchmark_format=csv "
		   "--benchmark_out=f --benchmark_out_format=csv --benchmark_context=a=b=c "
		   "--benchmark_context=k= --benchmark_color=false --benchmark_counters_tabular",
	    &o);
	assert_string_equal(o.filter, "-x");
	/* Exactly as many, as Google Benchmark would. */
	assert_int_equal(o.rounds, 7);
	assert_true(o.rounds_given && !(o.precision > 0));
	assert_int_equal(o.format, FORMAT_CSV);
	assert_int_equal(o.out_format, FORMAT_CSV);
	assert_string_equal(o.out, "f");
	assert_int_equal(o.context.count, 2);
	assert_string_equal(manifest_get(&o.context, "a"), "b=c");
	assert_string_equal(manifest_get(&o.context, "k"), "");
	/* What is handed on: all but the filter and the repetitions. */
	assert_int_equal(o.gbench_argc, 8);
	assert_string_equal(o.gbench_argv[1], "--benchmark_format=csv");
	assert_string_equal(o.gbench_argv[4], "--benchmark_context=a=b=c");
	assert_string_equal(o.gbench_argv[7], "--benchmark_counters_tabular=true");
	assert_null(o.gbench_argv[8]);
	options_release(&run_command, &o);
}

static void a_boolean_may_be_written_as_google_benchmark_does(void **state)
{
	static const struct {
		const char *text;
		bool list;
	} table[] = {
	    {"--benchmark_list_tests", true},
	    {"--benchmark_list_tests=true", true},
	    {"--benchmark_list_tests=1", true},
	    {"--benchmark_list_tests=yes", true},
	    {"--benchmark_list_tests=on", true},
	    {"--benchmark_list_tests=false", false},
	    {"--benchmark_list_tests=FALSE", false},
	    {"--benchmark_list_tests=0", false},
	    {"--benchmark_list_tests=f", false},
	    {"--benchmark_list_tests=no", false},
	    {"--benchmark_list_tests=n", false},
	    {"--benchmark_list_tests=off", false},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		struct run_options o;

		parse_good(table[i].text, &o);
		if (o.list != table[i].list)
			fail_msg("%s", table[i].text);
		options_release(&run_command, &o);
	}
}

static void mistakes_are_named_in_one_line(void **state)
{
	static const struct {
		const char *line, *part; /* what the message must hold */
	} table[] = {
	    {"--profile", "--profile needs a value"},
	    {"--profile fast", "'fast' is not a profile; accepted: smoke, quick, full"},
	    {"--profile Quick", "'Quick'"},
	    /* There is one of that name, for concbench check. */
	    {"--profile check", "'check' is not a profile; accepted: smoke, quick, full"},
	    {"--no-such", "--no-such"},
	    {"--no-such=3", "--no-such=3"},
	    {"--list=3", "--list=3"},
	    {"-x", "-x"},
	    {"--quiet -xyz", "-xyz"},
	    {"--s 3", "--s"},
	    {"--seed -1", "'-1'"},
	    {"--seed 18446744073709551616", "'18446744073709551616'"},
	    {"--seed 0x10", "'0x10'"},
	    {"--seed=", "''"},
	    {"--rounds 0", "'0' is not a number from 1"},
	    {"--rounds 100001", "100000"},
	    {"--precision 2", "'2' is not a share"},
	    {"--precision 101%", "such as 2%"},
	    {"--precision -1%", "'-1%'"},
	    {"--precision narrow", "'narrow'"},
	    {"--set", "--set needs a value"},
	    {"--load=", "--load: it is empty"},
	    {"--slots 1", "'1' is not a number from 2"},
	    {"--time-budget 0s", "'0s'"},
	    {"--time-budget soon", "'soon' is not a time"},
	    {"--slot-time -1ms", "'-1ms'"},
	    {"--cell-timeout 1y", "'1y'"},
	    {"--benchmark_format xml", "'xml' is not a format; accepted: console, json, csv"},
	    {"--benchmark_time_unit fortnight",
		"'fortnight' is not a unit; accepted: ns, us, ms, s"},
	    {"--benchmark_out_format console", "accepted: json, csv"},
	    {"--benchmark_context nothing", "'nothing' is not KEY=VALUE"},
	    {"--benchmark_context =x", "'=x' is not KEY=VALUE"},
	    {"--benchmark_no_such=1", "--benchmark_no_such=1"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		struct run_options o;
		char said[500];
		const int ret = parse(table[i].line, &o, said, sizeof(said));
		const char *end = strchr(said, '\n');

		if (ret != EXIT_USAGE || !strstr(said, table[i].part))
			fail_msg("%s: %d, \"%s\"", table[i].line, ret, said);
		assert_int_equal(strncmp(said, "concbench run: ", 15), 0);
		/* One line. */
		assert_true(end && end[1] == '\0');
		options_release(&run_command, &o);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(nothing_given),
	    cmocka_unit_test(a_profile_sets_what_is_not_given),
	    cmocka_unit_test(precision_is_a_share),
	    cmocka_unit_test(every_flag_is_taken),
	    cmocka_unit_test(google_benchmarks_flags_keep_their_meaning),
	    cmocka_unit_test(a_boolean_may_be_written_as_google_benchmark_does),
	    cmocka_unit_test(mistakes_are_named_in_one_line),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
