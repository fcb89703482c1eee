/* gbench_output_test.c - the C shim: which cases run, what is printed, and what flags do. */
#include "harness/gbench_fixture.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <jansson.h>

static void register_names(const char *const *names, struct script *s)
{
	for (; *names; names++) {
		const struct gbench_case c = {.name = *names,
		    .fn = manual,
		    .user = s,
		    .clock = GBENCH_MANUAL_TIME,
		    .iterations = 1};

		assert_int_equal(gbench_register(&c), 0);
	}
}

static void filters_pick_by_name(void **state)
{
	static const char *const names[] = {"lock/a", "lock/b", "queue/a", NULL};
	static const struct {
		const char *filter;
		size_t matched;
	} rows[] = {{"lock", 2}, {"a/iter", 2}, {"^queue/a", 1}, {"-lock", 1}, {NULL, 3}, {"", 3},
	    {"nothing", 0}};
	struct script s = {.time_s = {1e-3}};
	struct seen seen;
	size_t matched;

	(void)state;
	register_names(names, &s);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		memset(&seen, 0, sizeof(seen));
		assert_int_equal(gbench_set_filter(rows[i].filter), 0);
		assert_int_equal(gbench_run_rows(see, &seen, &matched), 0);
		assert_int_equal(matched, rows[i].matched);
		assert_int_equal(seen.count, rows[i].matched);
	}
	assert_int_equal(gbench_set_filter("lock/(a"), -EINVAL);
	gbench_clear();
}

/* What the two descriptors got while body() ran. */
static size_t bytes_printed(void (*body)(void))
{
	char path[] = "/tmp/gbench_test.XXXXXX";
	const int file = mkstemp(path), out = dup(1), err = dup(2);
	off_t size;

	assert_true(file >= 0 && out >= 0 && err >= 0);
	(void)fflush(NULL);
	assert_true(dup2(file, 1) == 1 && dup2(file, 2) == 2);
	body();
	(void)fflush(NULL);
	assert_true(dup2(out, 1) == 1 && dup2(err, 2) == 2);
	size = lseek(file, 0, SEEK_END);
	(void)close(out);
	(void)close(err);
	(void)close(file);
	(void)unlink(path);
	return (size_t)size;
}

static struct seen silent_seen;

static void run_silently(void)
{
	char *json = NULL;

	(void)gbench_set_filter("nothing");
	(void)gbench_run_rows(see, &silent_seen, NULL);
	(void)gbench_run_json(&json, NULL);
	free(json);
	(void)gbench_set_filter(NULL);
	(void)gbench_run_rows(see, &silent_seen, NULL);
	(void)gbench_run_json(&json, NULL);
	free(json);
}

static void run_loudly(void)
{
	(void)gbench_set_filter(NULL);
	(void)gbench_run(NULL);
}

static void silent_runs_print_nothing(void **state)
{
	static const char *const names[] = {"silent", NULL};
	struct script s = {.time_s = {1e-3}};

	(void)state;
	register_names(names, &s);
	assert_int_equal(bytes_printed(run_silently), 0);
	/* The control: the console's reporter does print, so the measurement works. */
	assert_true(bytes_printed(run_loudly) > 0);
	gbench_clear();
}

static void json_has_rows_and_context(void **state)
{
	static const char *const names[] = {"in/json", NULL};
	struct script s = {.time_s = {2e-6}};
	char *text = NULL;
	json_t *json, *row;

	(void)state;
	assert_int_equal(gbench_add_context("ticket", "42 \"quoted\""), 0);
	assert_int_equal(gbench_add_context("", "x"), -EINVAL);
	assert_int_equal(gbench_add_context(NULL, "x"), -EINVAL);
	assert_int_equal(gbench_set_filter(NULL), 0);
	register_names(names, &s);
	assert_int_equal(gbench_run_json(&text, NULL), 0);
	json = json_loads(text, 0, NULL);
	assert_non_null(json);
	assert_string_equal(
	    json_string_value(json_object_get(json_object_get(json, "context"), "ticket")),
	    "42 \"quoted\"");
	row = json_array_get(json_object_get(json, "benchmarks"), 0);
	assert_string_equal(
	    json_string_value(json_object_get(row, "name")), "in/json/iterations:1/manual_time");
	assert_close(json_number_value(json_object_get(row, "real_time")), 2000.0);
	json_decref(json);
	free(text);
	gbench_clear();
	/* With nothing to run it is still JSON. */
	assert_int_equal(gbench_run_json(&text, NULL), 0);
	json = json_loads(text, 0, NULL);
	assert_int_equal(json_array_size(json_object_get(json, "benchmarks")), 0);
	json_decref(json);
	free(text);
}

static void flags_are_taken_out_of_argv(void **state)
{
	static const char *const names[] = {"flags/a", "flags/b", NULL};
	char program[] = "test", filter[] = "--benchmark_filter=flags/b",
	     repetitions[] = "--benchmark_repetitions=3", other[] = "--other";
	char *argv[] = {program, filter, repetitions, other, NULL};
	int argc = 4;
	struct script s = {.time_s = {1e-3, 1e-3, 1e-3}};
	struct seen seen = {0};

	(void)state;
	assert_int_equal(gbench_initialize(&argc, argv), 0);
	assert_int_equal(argc, 2);
	assert_string_equal(argv[1], "--other");
	register_names(names, &s);
	assert_int_equal(gbench_run_rows(see, &seen, NULL), 0);
	assert_int_equal(s.calls, 3);
	assert_non_null(strstr(seen.row[0].run_name, "flags/b"));
	gbench_clear();
}

/* A case without a unit of its own is told in the one asked for, one with a unit is not. */
static void the_unit_asked_for_is_kept(void **state)
{
	char program[] = "test", unit[] = "--benchmark_time_unit=ms",
	     ns[] = "--benchmark_time_unit=ns";
	char filter[] = "--benchmark_filter=units/", repetitions[] = "--benchmark_repetitions=1";
	char *argv[] = {program, unit, filter, repetitions, NULL}, *back[] = {program, ns, NULL};
	struct script s[2] = {{.time_s = {4e-3}}, {.time_s = {4e-3}}};
	struct gbench_case c = {
	    .name = "units/any", .fn = manual, .clock = GBENCH_MANUAL_TIME, .iterations = 1};
	struct seen seen = {0};
	int argc = 4;

	(void)state;
	assert_int_equal(gbench_initialize(&argc, argv), 0);
	assert_int_equal(argc, 1);
	c.user = &s[0];
	assert_int_equal(gbench_register(&c), 0);
	c.name = "units/own";
	c.unit = GBENCH_US;
	c.user = &s[1];
	assert_int_equal(gbench_register(&c), 0);
	assert_int_equal(gbench_run_rows(see, &seen, NULL), 0);
	assert_int_equal(seen.count, 2);
	assert_int_equal(seen.row[0].unit, GBENCH_MS);
	assert_close(seen.row[0].real_time, 4.0);
	assert_int_equal(seen.row[1].unit, GBENCH_US);
	assert_close(seen.row[1].real_time, 4000.0);
	gbench_clear();
	argc = 2;
	assert_int_equal(gbench_initialize(&argc, back), 0);
}

#define HUGE_FLAG_BYTES ((size_t)64 << 20)

/* In a child, since its memory is then limited. Return: its exit status. */
static int initialise_without_memory(void)
{
	static const char flag[] = "--benchmark_filter=";
	char program[] = "test", *huge = malloc(HUGE_FLAG_BYTES);
	char *argv[] = {program, huge, NULL};
	struct rlimit limit;
	int argc = 2;

	if (!huge)
		return 1;
	memset(huge, 'x', HUGE_FLAG_BYTES);
	memcpy(huge, flag, sizeof(flag) - 1);
	huge[HUGE_FLAG_BYTES - 1] = '\0';
	if (getrlimit(RLIMIT_AS, &limit) != 0)
		return 2;
	/* Less than what is in use: nothing large is given out any more. */
	limit.rlim_cur = HUGE_FLAG_BYTES;
	if (setrlimit(RLIMIT_AS, &limit) != 0)
		return 3;
	return gbench_initialize(&argc, argv) == -ENOMEM ? 0 : 4;
}

/* Through C's frames an exception would end the process. */
static void no_exception_gets_out(void **state)
{
	int status = -1;
	pid_t pid;

	(void)state;
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
	/* They reserve terabytes, and end the process themselves when there is no memory. */
	skip();
#endif
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0)
		_exit(initialise_without_memory());
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
}

static void it_says_what_it_is(void **state)
{
	const char *type = gbench_library_build_type();

	(void)state;
	assert_true(strcmp(type, "debug") == 0 || strcmp(type, "release") == 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(filters_pick_by_name),
	    cmocka_unit_test(silent_runs_print_nothing),
	    cmocka_unit_test(json_has_rows_and_context),
	    cmocka_unit_test(no_exception_gets_out),
	    cmocka_unit_test(it_says_what_it_is),
	    /* Last: what they set stays set. */
	    cmocka_unit_test(flags_are_taken_out_of_argv),
	    cmocka_unit_test(the_unit_asked_for_is_kept),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
