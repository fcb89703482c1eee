#include "harness/base/clock.h"
#include "harness/base/file.h"
#include "harness/run/result.h"
#include "harness/run/run_fixture.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define MANY_BYTES ((size_t)64 << 20)

static char *dir;
static char *path;

static int make_dir(void **state)
{
	(void)state;
	dir = fixture_make_dir();
	return asprintf(&path, "%s/journal.jsonl", dir) < 0;
}

static int remove_dir(void **state)
{
	(void)state;
	unlink(path);
	rmdir(dir);
	free(path);
	free(dir);
	return 0;
}

static void write_journal(const struct run *run)
{
	struct journal *j;

	unlink(path);
	assert_int_equal(journal_create(path, &j), 0);
	assert_int_equal(journal_run(j, run), 0);
	for (size_t i = 0; i < run->series_count; i++)
		assert_int_equal(journal_series(j, &run->series[i]), 0);
	/* Round by round, as it happens: the cases take turns. */
	for (size_t k = 0; k < 64; k++) {
		for (size_t i = 0; i < run->series_count; i++) {
			const struct series *s = &run->series[i];

			if (k < s->sample_count)
				assert_int_equal(journal_sample(j, s->name, &s->samples[k]), 0);
		}
		if (k % 16 == 0)
			assert_int_equal(journal_sync(j), 0);
	}
	assert_int_equal(journal_close(j), 0);
}

static char *read_journal(size_t *len)
{
	char *text;

	assert_int_equal(file_read_all(path, MANY_BYTES, &text, len), 0);
	return text;
}

static void what_is_written_is_recovered(void **state)
{
	struct run run, back;
	char note[300];
	char *a, *b;

	(void)state;
	fixture_run(&run, 10, 3, 1);
	write_journal(&run);
	assert_int_equal(journal_recover(path, &back, note, sizeof(note)), 0);
	assert_string_equal(note, "");
	fixture_assert_facts(&run, &back);
	assert_true(back.recovered);
	assert_int_equal(run.series_count, back.series_count);
	for (size_t i = 0; i < run.series_count; i++) {
		fixture_assert_series(&run.series[i], &back.series[i], true);
		assert_int_equal(run.series[i].status, back.series[i].status);
		assert_string_equal(run.series[i].reason, back.series[i].reason);
	}
	/* And the run files made of both are the same to the byte. */
	run.recovered = true;
	assert_int_equal(run_summarise(&run), 0);
	assert_int_equal(run_summarise(&back), 0);
	assert_int_equal(result_format(&run, &a), 0);
	assert_int_equal(result_format(&back, &b), 0);
	assert_string_equal(a, b);
	free(a);
	free(b);
	run_free(&run);
	run_free(&back);
}

/* Figures of every scale, and no time at all in their samples. */
static void figures_are_recovered(void **state)
{
	static const double none[FIXTURE_FIGURES];
	struct run run = {.date = FIXTURE_DATE, .recovered = true}, back;
	char note[300];
	char *a, *b;

	(void)state;
	fixture_figures(&run, 6, 4, none);
	write_journal(&run);
	assert_int_equal(journal_recover(path, &back, note, sizeof(note)), 0);
	assert_string_equal(note, "");
	for (size_t i = 0; i < run.series_count; i++)
		fixture_assert_series(&run.series[i], &back.series[i], true);
	assert_int_equal(run_summarise(&run), 0);
	assert_int_equal(run_summarise(&back), 0);
	back.elapsed_s = run.elapsed_s;
	memcpy(back.counters_note, run.counters_note, sizeof(back.counters_note));
	assert_int_equal(result_format(&run, &a), 0);
	assert_int_equal(result_format(&back, &b), 0);
	assert_string_equal(a, b);
	free(a);
	free(b);
	run_free(&run);
	run_free(&back);
}

static void descriptions_may_change(void **state)
{
	struct run run, back;
	struct journal *j;
	char note[300];

	(void)state;
	fixture_run(&run, 1, 1, 1);
	write_journal(&run);
	j = NULL;
	assert_int_equal(journal_create(path, &j), -EEXIST);
	assert_null(j);
	unlink(path);
	assert_int_equal(journal_create(path, &j), 0);
	assert_int_equal(journal_run(j, &run), 0);
	assert_int_equal(journal_series(j, &run.series[0]), 0);
	assert_int_equal(journal_series(j, &run.series[2]), 0);
	assert_int_equal(journal_sample(j, run.series[0].name, &run.series[0].samples[0]), 0);
	run.series[0].status = STATUS_HUNG;
	snprintf(run.series[0].reason, sizeof(run.series[0].reason), "no answer in 5 s");
	snprintf(run.series[0].pus, sizeof(run.series[0].pus), "4,5");
	run.interrupted = true;
	assert_int_equal(journal_series(j, &run.series[0]), 0);
	assert_int_equal(journal_run(j, &run), 0);
	assert_int_equal(journal_close(j), 0);
	assert_int_equal(journal_recover(path, &back, note, sizeof(note)), 0);
	assert_string_equal(note, "");
	assert_true(back.interrupted);
	assert_int_equal(back.manifest.count, run.manifest.count);
	assert_int_equal(back.series_count, 2);
	assert_int_equal(back.series[0].status, STATUS_HUNG);
	assert_string_equal(back.series[0].reason, "no answer in 5 s");
	assert_string_equal(back.series[0].pus, "4,5");
	assert_int_equal(back.series[0].sample_count, 1);
	/* The other one never had its turn. */
	assert_int_equal(back.series[1].status, STATUS_NOT_RUN);
	assert_string_equal(back.series[1].reason, "the run was killed before its turn");
	run_free(&run);
	run_free(&back);
}

/* A journal of 1 + 1 + @samples lines. */
static char *small_journal(unsigned samples, size_t *len)
{
	struct run run = {.date = FIXTURE_DATE};
	struct series *s = fixture_series(&run, "a/workers:1", 1);
	char *text;

	for (unsigned i = 0; i < samples; i++)
		fixture_add(s, fixture_sample(i, 0, 10 + i));
	write_journal(&run);
	run_free(&run);
	text = read_journal(len);
	return text;
}

static void cut_anywhere_keeps_whole_lines(void **state)
{
	size_t len, lines = 0;
	char *text = small_journal(4, &len);

	(void)state;
	for (size_t n = 0; n <= len; n++) {
		/* A line that lacks but its newline is whole. */
		bool whole = n == len || text[n] == '\n';
		bool at_start = n == 0 || text[n - 1] == '\n';
		size_t have = lines + (whole && !at_start);
		struct run run;
		char note[300];
		int rc;

		fixture_store(path, text, n);
		rc = journal_recover(path, &run, note, sizeof(note));
		if (have < 1) {
			assert_int_equal(rc, -EINVAL);
			assert_true(note[0]);
		} else {
			assert_int_equal(rc, 0);
			assert_int_equal(run.series_count, have > 1);
			if (have > 1)
				assert_int_equal(run.series[0].sample_count, have - 2);
			if (whole || at_start)
				assert_string_equal(note, "");
			else
				assert_string_equal(note,
				    "dropped the last line, which was not written to its end");
			run_free(&run);
		}
		if (n < len && text[n] == '\n')
			lines++;
	}
	free(text);
}

static char *line_start(char *text, size_t number)
{
	while (number--)
		text = strchr(text, '\n') + 1;
	return text;
}

static void damaged_lines_are_counted(void **state)
{
	size_t len;
	char *text = small_journal(5, &len);
	struct run run;
	char note[300];

	(void)state;
	/* The third sample, and a sample that now belongs to a case nobody described. */
	strstr(line_start(text, 6), "a/workers:1")[0] = 'b';
	line_start(text, 4)[0] = '\0';
	fixture_store(path, text, len);
	assert_int_equal(journal_recover(path, &run, note, sizeof(note)), 0);
	assert_string_equal(note,
	    "dropped 1 damaged line (line 5: column 1: not JSON); the description of 1 case is "
	    "lost, not the samples");
	assert_int_equal(run.series_count, 2);
	assert_int_equal(run.series[0].sample_count, 3);
	assert_int_equal(run.series[1].sample_count, 1);
	assert_string_equal(run.series[1].name, "b/workers:1");
	run_free(&run);

	/* Valid JSON that is not a line of ours counts as well. */
	memcpy(line_start(text, 4), "{}\n", 3);
	fixture_store(path, text, len);
	assert_int_equal(journal_recover(path, &run, note, sizeof(note)), 0);
	assert_non_null(strstr(note, "dropped 2 damaged lines (line 5: case: missing)"));
	run_free(&run);
	free(text);
}

/* A run that was killed had no chance to say how long it took. */
static void times_tell_how_long_it_took(void **state)
{
	static const struct {
		const char *first, *second; /* of two trials */
		double elapsed_s;
		const char *note;
	} rows[] = {
	    {"", "", 0, ""}, /* an older build's */
	    {"\"at_ms\":1500,", "\"at_ms\":93250,", 93.25, ""},
	    {"\"at_ms\":93250,", "\"at_ms\":1500,", 93.25, ""},
	    {"\"at_ms\":93250,", "", 93.25, ""},
	    {"\"at_ms\":93250,", "\"at_ms\":-5,", 93.25, "dropped 1 damaged line (line 3: at_ms: "},
	    {"\"at_ms\":93250,", "\"at_ms\":18446744073709551615,", 93.25,
		"dropped 1 damaged line"},
	    {"\"at_ms\":93250,", "\"at_ms\":999999999999999,", 93.25, "dropped 1 damaged line"},
	};
	struct run head = {.date = FIXTURE_DATE};
	struct run run;
	size_t len;
	char note[300], *text, *line;

	(void)state;
	write_journal(&head);
	line = read_journal(&len);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		assert_true(asprintf(&text,
				"%s{%s\"case\":\"a\",\"sample\":{\"launch\":0,\"slot\":0,"
				"\"warm_up\":false,\"metrics\":{},\"worker_count\":1}}\n"
				"{%s\"case\":\"a\",\"sample\":{\"launch\":0,\"slot\":1,"
				"\"warm_up\":false,\"metrics\":{},\"worker_count\":1}}\n",
				line, rows[i].first, rows[i].second) > 0);
		fixture_store(path, text, strlen(text));
		free(text);
		assert_int_equal(journal_recover(path, &run, note, sizeof(note)), 0);
		assert_true(run.elapsed_s == rows[i].elapsed_s);
		/* An older build wrote no note whether or not there was to be a pass. */
		assert_int_equal(run.counters_note[0] != '\0', i > 0);
		if (!strstr(note, rows[i].note))
			fail_msg("%s", note);
		run_free(&run);
	}
	free(line);
}

static void every_line_tells_its_time(void **state)
{
	struct run run = {.date = FIXTURE_DATE};
	struct series *s = fixture_series(&run, "a/workers:1", 1);
	const uint64_t before_ns = clock_now_ns();
	uint64_t begin_ns;
	struct journal *j;
	char note[300];
	struct run back;

	(void)state;
	fixture_add(s, fixture_sample(0, 0, 10));
	unlink(path);
	assert_int_equal(journal_create(path, &j), 0);
	begin_ns = clock_now_ns(); /* its own time began earlier: what it says is no less */
	assert_int_equal(journal_run(j, &run), 0);
	clock_sleep_until_ns(begin_ns + 30 * CLOCK_NS_PER_MS);
	assert_int_equal(journal_sample(j, s->name, &s->samples[0]), 0);
	assert_int_equal(journal_recover(path, &back, note, sizeof(note)), 0);
	assert_true(back.elapsed_s > 0.029);
	assert_true(back.elapsed_s <= (double)(clock_now_ns() - before_ns) / 1e9);
	run_free(&back);
	/* Also a case's description, such as its counters at the end. */
	clock_sleep_until_ns(begin_ns + 60 * CLOCK_NS_PER_MS);
	assert_int_equal(journal_series(j, s), 0);
	assert_int_equal(journal_close(j), 0);
	assert_int_equal(journal_recover(path, &back, note, sizeof(note)), 0);
	assert_true(back.elapsed_s > 0.059);
	run_free(&back);
	run_free(&run);
}

static void the_note_says_how_far_counters_came(void **state)
{
	static const char killed[] = "no hardware counters: the run was killed before its turn";
	struct run run, back;
	char note[300];

	(void)state;
	/* What was known at the start stays. */
	fixture_run(&run, 1, 1, 1);
	write_journal(&run);
	assert_int_equal(journal_recover(path, &back, note, sizeof(note)), 0);
	assert_string_equal(back.counters_note, "perf_event_paranoid is 4");
	run_free(&back);

	/* In their pass: the first case has them. */
	run.counters_note[0] = '\0';
	write_journal(&run);
	assert_int_equal(journal_recover(path, &back, note, sizeof(note)), 0);
	assert_string_equal(back.counters_note,
	    "hardware counters: in a pass of their own, never in a timed trial; the run was "
	    "killed in it or after it");
	assert_string_equal(back.series[0].counters_note, "from a pass of their own");
	assert_string_equal(back.series[1].counters_note, killed);
	/* Never supported: nothing to miss. */
	assert_string_equal(back.series[3].counters_note, "");
	run_free(&back);

	/* Before it. */
	run.series[0].counters.count = 0;
	write_journal(&run);
	assert_int_equal(journal_recover(path, &back, note, sizeof(note)), 0);
	assert_string_equal(back.counters_note,
	    "hardware counters: none; the run was killed before the pass of their own");
	assert_string_equal(back.series[1].counters_note, "");
	run_free(&back);
	run_free(&run);
}

static void foreign_files_are_refused(void **state)
{
	static const struct {
		const char *text, *note;
	} row[] = {
	    {"", "empty"},
	    {"hello\n", "not a journal of concbench: column 5: not JSON"},
	    {"{}\n", "not a journal of concbench: concbench_journal: missing"},
	    {"{\"concbench_journal\": 3}\n",
		"not a journal of concbench: schema 3, this build reads 2"},
	    {"{\"concbench_journal\": 2}\n", "not a journal of concbench: run: missing"},
	};
	struct run run = {.seed = 77};
	char note[300];

	(void)state;
	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		fixture_store(path, row[i].text, strlen(row[i].text));
		assert_int_equal(journal_recover(path, &run, note, sizeof(note)), -EINVAL);
		assert_string_equal(note, row[i].note);
	}
	assert_int_equal(journal_recover(dir, &run, note, sizeof(note)), -EINVAL);
	assert_string_equal(note, "not a file");
	unlink(path);
	assert_int_equal(journal_recover(path, &run, note, sizeof(note)), -ENOENT);
	assert_int_equal(run.seed, 77);
}

/* Of a trial that is written twice the first counts, and it is said. */
static void a_trial_counts_once(void **state)
{
	struct run run = {.date = FIXTURE_DATE};
	struct series *s = fixture_series(&run, "a/workers:1", 1);
	char note[300];

	(void)state;
	for (unsigned i = 0; i < 6; i++)
		fixture_add(s, fixture_sample(i % 3, i / 3 / 2, 10 + i));
	write_journal(&run);
	run_free(&run);
	assert_int_equal(journal_recover(path, &run, note, sizeof(note)), 0);
	assert_string_equal(note, "dropped 3 samples that were there already");
	assert_int_equal(run.series[0].sample_count, 3);
	for (unsigned i = 0; i < 3; i++) {
		double ns = 0;

		assert_int_equal(run.series[0].samples[i].launch, i);
		assert_true(metric_get(&run.series[0].samples[i].metrics, METRIC_NS_PER_OP, &ns));
		assert_true(ns == 10 + i);
	}
	run_free(&run);
}

/* Damage to the first line costs what only that one says, and nothing when it stands again. */
static void a_damaged_head_costs_the_head(void **state)
{
	struct run run = {.date = FIXTURE_DATE, .seed = 77}, back;
	struct journal *j;
	char note[300], *text;
	size_t len, head;

	(void)state;
	fixture_measure(fixture_series(&run, "a/workers:2", 2), 2, 3, 1);
	snprintf(run.id, sizeof(run.id), "20260102T030405Z-x-000001");
	write_journal(&run);
	text = read_journal(&len);
	head = strcspn(text, "\n");
	for (int again = 0; again < 2; again++) {
		for (size_t at = 0; at < head; at += 1 + at / 16) {
			char *copy = malloc(len);

			assert_non_null(copy);
			memcpy(copy, text, len);
			copy[at] = '\0';
			fixture_store(path, copy, len);
			free(copy);
			memset(&back, 0, sizeof(back));
			assert_int_equal(journal_recover(path, &back, note, sizeof(note)), 0);
			assert_non_null(strstr(note, "dropped 1 damaged line (line 1: "));
			assert_int_equal(back.series_count, 1);
			assert_int_equal(back.series[0].sample_count, run.series[0].sample_count);
			assert_string_equal(back.series[0].hash, run.series[0].hash);
			assert_int_equal(back.seed, again ? 77 : 0);
			assert_true(!again == !!strstr(note, "of machine and build is lost"));
			/* Else as its folder is, which has no date here. */
			assert_true(
			    again ? !strcmp(back.id, run.id) : !!strstr(back.id, "Z-recovered"));
			assert_int_equal(strlen(back.date), strlen(FIXTURE_DATE));
			run_free(&back);
		}
		unlink(path);
		if (again)
			break;
		free(text);
		assert_int_equal(journal_create(path, &j), 0);
		for (int i = 0; i < 2; i++)
			assert_int_equal(journal_run(j, &run), 0);
		assert_int_equal(journal_series(j, &run.series[0]), 0);
		for (size_t i = 0; i < run.series[0].sample_count; i++)
			assert_int_equal(
			    journal_sample(j, run.series[0].name, &run.series[0].samples[i]), 0);
		assert_int_equal(journal_close(j), 0);
		text = read_journal(&len);
	}
	free(text);
	run_free(&run);
}

static void flipped_bytes_do_no_harm(void **state)
{
	uint64_t random = 0x2545f4914f6cdd1d;
	unsigned refused = 0, noted = 0;
	size_t len;
	char *text, *copy;
	struct run run;

	(void)state;
	memset(&run, 0, sizeof(run));
	snprintf(run.date, sizeof(run.date), FIXTURE_DATE);
	assert_int_equal(manifest_add(&run.manifest, "cpu", "x"), 0);
	fixture_measure(fixture_series(&run, "a/workers:2", 2), 2, 1, 1);
	write_journal(&run);
	run_free(&run);
	text = read_journal(&len);
	copy = malloc(len);
	assert_non_null(copy);
	for (int i = 0; i < 3000; i++) {
		unsigned flips = 1 + (unsigned)(fixture_random(&random) % 4);
		char note[300];

		memcpy(copy, text, len);
		while (flips--)
			copy[fixture_random(&random) % len] ^=
			    (char)(1 << (fixture_random(&random) % 8));
		fixture_store(path, copy, len);
		if (journal_recover(path, &run, note, sizeof(note))) {
			refused++;
			continue;
		}
		noted += note[0] != '\0';
		run_summarise(&run);
		run_free(&run);
	}
	/* Only where the first line is whole and says another schema. */
	assert_in_range(refused, 0, 100);
	assert_in_range(noted, 500, 2999);
	free(copy);
	free(text);
}

/* Writes samples until it is killed; tells after each how many lines are written for sure. */
static void write_for_ever(int tell_fd, struct run *run)
{
	struct journal *j;

	if (journal_create(path, &j) || journal_run(j, run) || journal_series(j, &run->series[0]))
		_exit(1);
	for (unsigned i = 0;; i++) {
		struct sample *s = &run->series[0].samples[i % 4];

		s->launch = i;
		if (journal_sample(j, run->series[0].name, s) ||
		    write(tell_fd, &i, sizeof(i)) != (ssize_t)sizeof(i))
			_exit(1);
	}
}

static void a_kill_loses_nothing_told(void **state)
{
	uint64_t random = 0x1234567;

	(void)state;
	for (int i = 0; i < 25; i++) {
		struct timespec wait = {.tv_nsec = (long)(fixture_random(&random) % 8000000)};
		unsigned told = 0, n;
		struct run run, back;
		char note[300];
		int fd[2], status;
		pid_t child;

		unlink(path);
		fixture_run(&run, 1, 3, 1);
		assert_int_equal(pipe(fd), 0);
		child = fork();
		assert_true(child >= 0);
		if (!child) {
			close(fd[0]);
			write_for_ever(fd[1], &run);
		}
		close(fd[1]);
		assert_int_equal(read(fd[0], &n, sizeof(n)), sizeof(n));
		nanosleep(&wait, NULL);
		kill(child, SIGKILL);
		assert_int_equal(waitpid(child, &status, 0), child);
		assert_true(WIFSIGNALED(status));
		told = 1;
		while (read(fd[0], &n, sizeof(n)) == (ssize_t)sizeof(n))
			told++;
		close(fd[0]);
		assert_int_equal(journal_recover(path, &back, note, sizeof(note)), 0);
		assert_int_equal(back.series_count, 1);
		/* The one that was being written may be there as well. */
		assert_in_range(back.series[0].sample_count, told, told + 1);
		for (unsigned k = 0; k < told; k++) {
			struct sample expected = run.series[0].samples[k % 4];

			expected.launch = k;
			fixture_assert_sample(&expected, &back.series[0].samples[k], true);
		}
		run_free(&back);
		run_free(&run);
	}
}

static void a_full_disk_keeps_earlier_lines(void **state)
{
	struct rlimit before, tight;
	struct run run, back;
	struct journal *j;
	unsigned written = 0;
	size_t full, len;
	char note[300];
	char *text;
	int rc;

	(void)state;
	fixture_run(&run, 1, 3, 1);
	unlink(path);
	assert_int_equal(journal_create(path, &j), 0);
	assert_int_equal(journal_run(j, &run), 0);
	assert_int_equal(journal_series(j, &run.series[0]), 0);
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
	tight = before;
	tight.rlim_cur = 10000;
	signal(SIGXFSZ, SIG_IGN);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &tight), 0);
	do {
		/* Each another trial: one that is there already would not count. */
		run.series[0].samples[1].slot = 100 + written;
		rc = journal_sample(j, run.series[0].name, &run.series[0].samples[1]);
		written += !rc;
	} while (!rc && written < 1000);
	text = read_journal(&full);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
	signal(SIGXFSZ, SIG_DFL);
	assert_int_equal(rc, -EFBIG);
	assert_in_range(written, 1, 999);
	/* No half line is left that the next one would be glued to. */
	assert_int_equal(text[full - 1], '\n');
	free(text);
	/* Room again: it goes on where it was. */
	assert_int_equal(journal_sample(j, run.series[0].name, &run.series[0].samples[2]), 0);
	assert_int_equal(journal_close(j), 0);
	text = read_journal(&len);
	assert_true(len > full);
	free(text);
	assert_int_equal(journal_recover(path, &back, note, sizeof(note)), 0);
	assert_string_equal(note, "");
	assert_int_equal(back.series[0].sample_count, written + 1);
	run_free(&back);
	run_free(&run);
}

static void no_folder_no_journal(void **state)
{
	struct journal *j = NULL;
	char *gone;

	(void)state;
	assert_true(asprintf(&gone, "%s/none/journal.jsonl", dir) > 0);
	assert_int_equal(journal_create(gone, &j), -ENOENT);
	assert_null(j);
	free(gone);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(what_is_written_is_recovered),
	    cmocka_unit_test(figures_are_recovered),
	    cmocka_unit_test(descriptions_may_change),
	    cmocka_unit_test(cut_anywhere_keeps_whole_lines),
	    cmocka_unit_test(damaged_lines_are_counted),
	    cmocka_unit_test(times_tell_how_long_it_took),
	    cmocka_unit_test(every_line_tells_its_time),
	    cmocka_unit_test(the_note_says_how_far_counters_came),
	    cmocka_unit_test(foreign_files_are_refused),
	    cmocka_unit_test(a_trial_counts_once),
	    cmocka_unit_test(a_damaged_head_costs_the_head),
	    cmocka_unit_test(flipped_bytes_do_no_harm),
	    cmocka_unit_test(a_kill_loses_nothing_told),
	    cmocka_unit_test(a_full_disk_keeps_earlier_lines),
	    cmocka_unit_test(no_folder_no_journal),
	};

	return cmocka_run_group_tests(tests, make_dir, remove_dir);
}
