#include "harness/base/file.h"
#include "harness/cmd/cmd.h"
#include "harness/run/result.h"
#include "harness/run/run_fixture.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#define RUN_ID "20260102T030405Z-host-0a1b2c"

/* The folder of a run in one of results, where "latest" points to it. */
static char *results, *latest, *dir, *journal, *run_file, *printed;

static int make_dir(void **state)
{
	(void)state;
	results = fixture_make_dir();
	return asprintf(&latest, "%s/latest", results) < 0 ||
	       asprintf(&dir, "%s/" RUN_ID, results) < 0 || mkdir(dir, 0700) != 0 ||
	       asprintf(&journal, "%s/journal.jsonl", dir) < 0 ||
	       asprintf(&run_file, "%s/run.json", dir) < 0 ||
	       asprintf(&printed, "%s/printed", dir) < 0;
}

static int remove_dir(void **state)
{
	(void)state;
	unlink(journal);
	unlink(run_file);
	unlink(printed);
	unlink(latest);
	rmdir(dir);
	rmdir(results);
	free(results);
	free(latest);
	free(journal);
	free(run_file);
	free(printed);
	free(dir);
	return 0;
}

/* Runs the command with both outputs in one file. Return: its exit code; @out is to be freed. */
static int recover(char **out, const char *a, const char *b, const char *c)
{
	char *argv[] = {strdup("recover"), a ? strdup(a) : NULL, b ? strdup(b) : NULL,
	    c ? strdup(c) : NULL, NULL};
	int fd = open(printed, O_RDWR | O_CREAT | O_TRUNC | O_APPEND, 0600);
	int saved_out, saved_err, argc = 0, rc;

	assert_true(fd >= 0);
	while (argv[argc])
		argc++;
	fflush(stdout);
	saved_out = dup(STDOUT_FILENO);
	saved_err = dup(STDERR_FILENO);
	dup2(fd, STDOUT_FILENO);
	dup2(fd, STDERR_FILENO);
	rc = command_main(&recover_command, argc, argv);
	fflush(stdout);
	dup2(saved_out, STDOUT_FILENO);
	dup2(saved_err, STDERR_FILENO);
	close(saved_out);
	close(saved_err);
	close(fd);
	for (int i = 0; i < 4; i++)
		free(argv[i]);
	assert_int_equal(file_read_all(printed, 100000, out, NULL), 0);
	return rc;
}

static void write_journal(const char *tail)
{
	struct run run;
	struct journal *j;
	int fd;

	fixture_run(&run, 8, 2, 1);
	unlink(journal);
	assert_int_equal(journal_create(journal, &j), 0);
	assert_int_equal(journal_run(j, &run), 0);
	for (size_t i = 0; i < run.series_count; i++) {
		const struct series *s = &run.series[i];

		assert_int_equal(journal_series(j, s), 0);
		for (size_t k = 0; k < s->sample_count && i < 2; k++)
			assert_int_equal(journal_sample(j, s->name, &s->samples[k]), 0);
	}
	assert_int_equal(journal_close(j), 0);
	run_free(&run);
	fd = open(journal, O_WRONLY | O_APPEND);
	assert_int_equal(file_append_all(fd, tail, strlen(tail)), 0);
	close(fd);
}

static void the_run_file_is_rebuilt(void **state)
{
	struct run run;
	char err[300];
	char *out, *expected;

	(void)state;
	write_journal("{\"case\": \"lock/ck_");
	unlink(run_file);
	assert_int_equal(recover(&out, dir, NULL, NULL), 0);
	assert_true(asprintf(&expected,
			"concbench recover: %s: dropped the last line, which was not written to "
			"its end\n%s: 2 of 7 cases, 48 samples recovered\n",
			journal, run_file) > 0);
	assert_string_equal(out, expected);
	free(expected);
	free(out);
	assert_int_equal(result_read(run_file, &run, err, sizeof(err)), 0);
	assert_true(run.recovered);
	assert_int_equal(run.series[0].status, STATUS_OK);
	assert_int_equal(run.series[0].summary.launches, 8);
	assert_non_null(run.series[0].summary.latency);
	assert_int_equal(run.series[1].status, STATUS_OVERSUBSCRIBED);
	assert_int_equal(run.series[2].status, STATUS_NOT_RUN);
	assert_int_equal(run.series[4].status, STATUS_CRASHED);
	run_free(&run);
}

static void a_run_file_is_not_replaced_unasked(void **state)
{
	char *out, *kept;

	(void)state;
	write_journal("");
	assert_int_equal(file_write_whole(run_file, "mine", 4), 0);
	assert_int_equal(recover(&out, dir, NULL, NULL), 2);
	assert_non_null(strstr(out, "run.json exists; --force replaces it\n"));
	free(out);
	assert_int_equal(file_read_all(run_file, 100, &kept, NULL), 0);
	assert_string_equal(kept, "mine");
	free(kept);
	assert_int_equal(recover(&out, "--force", dir, NULL), 0);
	free(out);
	/* Also with the option last and the folder's slash. */
	{
		char *slash;

		assert_true(asprintf(&slash, "%s/", dir) > 0);
		assert_int_equal(recover(&out, slash, "--force", NULL), 0);
		assert_non_null(strstr(out, run_file));
		free(out);
		free(slash);
	}
}

/* As the run would have done; but a newer one stays, and what is no link of ours. */
static void it_is_the_latest_unless_a_newer_one_is(void **state)
{
	static const struct {
		const char *before, *after; /* NULL: no link */
	} rows[] = {{NULL, RUN_ID}, {"20260102T030404Z-host-ffffff", RUN_ID}, {RUN_ID, RUN_ID},
	    {"20260102T030406Z-host-000000", "20260102T030406Z-host-000000"}};
	char target[100], *out;

	(void)state;
	write_journal("");
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		ssize_t n;

		(void)unlink(latest);
		if (rows[i].before)
			assert_int_equal(symlink(rows[i].before, latest), 0);
		assert_int_equal(recover(&out, "--force", dir, NULL), 0);
		free(out);
		n = readlink(latest, target, sizeof(target) - 1);
		assert_true(n > 0);
		target[n] = '\0';
		assert_string_equal(target, rows[i].after);
	}
	assert_int_equal(unlink(latest), 0);
	assert_int_equal(file_write_whole(latest, "mine", 4), 0);
	assert_int_equal(recover(&out, "--force", dir, NULL), 0);
	free(out);
	assert_true(readlink(latest, target, sizeof(target)) < 0);
}

static void usage_errors_are_one_line(void **state)
{
	static const struct {
		const char *args[3];
		const char *says;
	} row[] = {
	    {{NULL}, "FOLDER is missing; see concbench recover --help"},
	    {{"--wrong"}, "--wrong is not an option; see concbench recover --help"},
	    {{"-x", "dir"}, "-x is not an option; see concbench recover --help"},
	    {{"--force=1", "dir"}, "--force=1: --force takes no value"},
	    {{"--forced", "dir"}, "--forced is not an option; did you mean --force?"},
	    {{"a", "b"}, "'b' is not expected; one folder at a time"},
	    {{""}, "FOLDER: it is empty"},
	    {{"no-such-folder"}, "no-such-folder/journal.jsonl: No such file or directory"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		const char *const *a = row[i].args;
		char *out, *expected;

		assert_int_equal(recover(&out, a[0], a[1], a[2]), 2);
		assert_true(asprintf(&expected, "concbench recover: %s\n", row[i].says) > 0);
		assert_string_equal(out, expected);
		free(expected);
		free(out);
	}
}

static void foreign_journal_is_refused(void **state)
{
	char *out;

	(void)state;
	unlink(run_file);
	assert_int_equal(file_write_whole(journal, "hello\n", 6), 0);
	assert_int_equal(recover(&out, dir, NULL, NULL), 2);
	assert_non_null(strstr(out, "journal.jsonl: not a journal of concbench: "));
	free(out);
	/* Nothing was written for it. */
	assert_int_equal(access(run_file, F_OK), -1);
}

static void help_is_help(void **state)
{
	char *out;

	(void)state;
	assert_int_equal(recover(&out, "--help", NULL, NULL), 0);
	assert_int_equal(strncmp(out, "usage: concbench recover ", 25), 0);
	free(out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(the_run_file_is_rebuilt),
	    cmocka_unit_test(a_run_file_is_not_replaced_unasked),
	    cmocka_unit_test(it_is_the_latest_unless_a_newer_one_is),
	    cmocka_unit_test(usage_errors_are_one_line),
	    cmocka_unit_test(foreign_journal_is_refused),
	    cmocka_unit_test(help_is_help),
	};

	return cmocka_run_group_tests(tests, make_dir, remove_dir);
}
