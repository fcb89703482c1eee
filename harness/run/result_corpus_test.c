/*
 * result_corpus_test.c - every file of the corpus to both readers, without libFuzzer.
 *
 * The corpus has trimmed real files, broken ones, and what the fuzzer has found (found-*).
 */
#include "harness/compare/compare.h"
#include "harness/history/history.h"
#include "harness/run/result_fuzz.h"
#include "harness/run/run_fixture.h"

#include <dirent.h>
#include <sys/stat.h>

/* From the top of the tree, where `make test` runs the tests. */
#define CORPUS "harness/run/corpus"

/* What a reader accepts can be compared, and goes into a history: whose doubts come too late. */
static void use(const char *path, struct run *run)
{
	const struct compare_rules rules = {.min_effect = 0.01};
	struct comparison c = {0};
	char err[512] = "";
	struct history *h;

	if (compare_runs(run, run, &rules, &c, NULL))
		fail_msg("%s: cannot be compared with itself", path);
	for (size_t i = 0; i < c.row_count; i++)
		if (c.rows[i].verdict == VERDICT_SLOWER || c.rows[i].verdict == VERDICT_FASTER)
			fail_msg("%s: %s is not as fast as itself", path, c.rows[i].name);
	comparison_free(&c);
	if (history_open(":memory:", HISTORY_WRITE, 1000, &h, err, sizeof(err)))
		fail_msg("%s", err);
	/* It refuses ids that are not of our form, and has no other doubt. */
	snprintf(run->id, sizeof(run->id), "20260102T030405Z-host-1a2b3c");
	if (history_add(h, run))
		fail_msg("%s: %s", path, history_error(h));
	history_close(h);
}

/* How many files of the corpus a reader takes. */
static unsigned replay(result_reader *reader, unsigned *files)
{
	DIR *dir = opendir(CORPUS);
	const struct dirent *e;
	unsigned accepted = 0;

	if (!dir)
		fail_msg("%s: %s: run from the top of the tree", CORPUS, strerror(errno));
	*files = 0;
	while ((e = readdir(dir))) {
		char path[512], err[700];
		const char *why;
		struct run run;

		if (e->d_name[0] == '.')
			continue;
		++*files;
		snprintf(path, sizeof(path), CORPUS "/%s", e->d_name);
		why = result_fuzz_check(reader, path);
		if (why)
			fail_msg("%s: %s", path, why);
		if (!reader(path, &run, err, sizeof(err))) {
			accepted++;
			use(path, &run);
			if (run_summarise(&run))
				fail_msg("%s: cannot be summarised", path);
			use(path, &run);
			run_free(&run);
		}
	}
	closedir(dir);
	return accepted;
}

/* Neither all nor nothing: otherwise this would test only one of the two ways. */
static void run_files_do_no_harm(void **state)
{
	unsigned files;
	unsigned accepted = replay(result_read, &files);

	(void)state;
	assert_in_range(accepted, 1, files - 5);
}

static void journals_do_no_harm(void **state)
{
	unsigned files;
	unsigned accepted = replay(journal_recover, &files);

	(void)state;
	assert_in_range(accepted, 3, files - 5);
}

static int says_nothing(const char *path, struct run *out, char *err, size_t err_len)
{
	(void)path, (void)out, (void)err, (void)err_len;
	return -EINVAL;
}

static int says_two_lines(const char *path, struct run *out, char *err, size_t err_len)
{
	(void)path, (void)out;
	snprintf(err, err_len, "line one\nline two");
	return -EINVAL;
}

static int scribbles(const char *path, struct run *out, char *err, size_t err_len)
{
	(void)path;
	out->seed = 1;
	snprintf(err, err_len, "bad");
	return -EINVAL;
}

static int blames_the_disk(const char *path, struct run *out, char *err, size_t err_len)
{
	(void)path, (void)out;
	snprintf(err, err_len, "bad");
	return -EIO;
}

/* Accepts everything as a run with a case that has no name. */
static int believes_everything(const char *path, struct run *out, char *err, size_t err_len)
{
	struct run run = {0};

	(void)path, (void)err, (void)err_len;
	assert_non_null(run_add_series(&run, ""));
	*out = run;
	return 0;
}

static void broken_readers_are_caught(void **state)
{
	static result_reader *const broken[] = {
	    says_nothing, says_two_lines, scribbles, blames_the_disk, believes_everything};

	(void)state;
	for (size_t i = 0; i < sizeof(broken) / sizeof(broken[0]); i++)
		assert_non_null(result_fuzz_check(broken[i], CORPUS "/empty"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(run_files_do_no_harm),
	    cmocka_unit_test(journals_do_no_harm),
	    cmocka_unit_test(broken_readers_are_caught),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
