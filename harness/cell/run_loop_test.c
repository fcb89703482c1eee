/* run_loop_test.c - rounds of cells that are shell scripts: what is kept, and what failures become.
 */
#include "harness/base/interrupt.h"
#include "harness/cell/run_loop_fixture.h"

#include <sys/resource.h>

/* Tasks of a budget that has time for some, never for all: a cell takes a millisecond at least. */
#define ROUNDS_WITHOUT_END 1000000u

static void good_cases_get_all_their_launches(void **state)
{
	static const char *const names[] = {"good", "fine", NULL};
	struct suite s;

	(void)state;
	begin(&s, names);
	assert_int_equal(run_loop_rounds(&s.loop), 0);
	check_good(&s, 0);
	check_good(&s, 1);
	end(&s);
}

/* What Google Benchmark reports of a cell has to be what the cell has sent. */
static void a_summary_that_disagrees_fails_the_case(void **state)
{
	static const char *const names[] = {"miscounts", "misadds", "good", NULL};
	static const char *const why[] = {
	    "launch 0: Google Benchmark reports 3 repetitions, 200 ns; the samples are 2, 200 ns",
	    "launch 0: Google Benchmark reports 2 repetitions, 201 ns; the samples are 2, 200 ns"};
	struct suite s;

	(void)state;
	begin(&s, names);
	assert_int_equal(run_loop_rounds(&s.loop), 0);
	for (size_t i = 0; i < 2; i++) {
		assert_int_equal(s.run.series[i].status, STATUS_INVALID);
		assert_string_equal(s.run.series[i].reason, why[i]);
		/* Once is enough, and its samples are kept for whoever wants to know. */
		assert_int_equal(launched(names[i]), 1);
		assert_int_equal(s.entry[i].launches, 0);
		assert_int_equal(s.run.series[i].sample_count, SLOTS);
	}
	check_good(&s, 2);
	end(&s);
}

static void a_late_failure_takes_the_figure_not_the_samples(void **state)
{
	static const char *const names[] = {"breaks_late", "dies_late", "good", NULL};
	static const enum case_status want[] = {STATUS_INVALID, STATUS_CRASHED};
	static const char *const why[] = {"launch 2: lost_one", "launch 2: exited with status 9"};
	struct suite s;

	(void)state;
	begin(&s, names);
	s.loop.rounds = 5;
	assert_int_equal(run_loop_rounds(&s.loop), 0);
	for (unsigned again = 0; again < 2; again++) {
		for (size_t i = 0; i < 2; i++) {
			const struct series *series = &s.run.series[i];

			assert_int_equal(series->status, want[i]);
			assert_string_equal(series->reason, why[i]);
			assert_false(status_has_figure(series->status));
			/* Two whole launches, and what there was of the third. */
			assert_int_equal(series->sample_count, 2 * SLOTS + 1);
			assert_int_equal(series->samples[2 * SLOTS].launch, 2);
			assert_int_equal(s.entry[i].launches, 2);
			assert_int_equal(launched(names[i]), 3);
		}
		check_journal(&s);
		/* Good launches before it do not make it good again. */
		assert_int_equal(run_summarise(&s.run), 0);
	}
	assert_int_equal(s.entry[2].launches, 5);
	assert_int_equal(journal_close(s.loop.journal), 0);
	run_free(&s.run);
	assert_true(cell_none_left(CELL_PATIENCE_NS));
}

/* In a child, since the flag stays. Its assertions end it with another status than 0. */
static void be_interrupted(void)
{
	static const char *const names[] = {"interrupts", NULL};
	struct suite s;

	assert_int_equal(prctl(PR_SET_CHILD_SUBREAPER, 1), 0);
	assert_int_equal(interrupt_install(), 0);
	begin(&s, names);
	assert_int_equal(run_loop_rounds(&s.loop), -EINTR);
	/* One launch, and the trial of the next that was waiting to be judged. */
	assert_int_equal(s.run.series[0].sample_count, SLOTS + 1);
	assert_int_equal(s.entry[0].launches, 1);
	assert_int_equal(s.run.series[0].status, STATUS_OK);
	assert_string_equal(s.run.series[0].stopped, "stopped after 1 of 3 launches: interrupted");
	/* Nor does the other pass begin any more. */
	assert_int_equal(run_loop_counters(&s.loop), -EINTR);
	assert_int_equal(launched("interrupts"), 2);
	end(&s);
}

/* When the cpuset or the affinity has changed between two launches, as inside of one. */
static void a_launch_in_another_place_fails_the_case(void **state)
{
	static const char *const names[] = {"good", "strays", NULL};
	struct suite s;

	(void)state;
	begin(&s, names);
	assert_int_equal(run_loop_rounds(&s.loop), 0);
	check_good(&s, 0);
	assert_int_equal(s.run.series[1].status, STATUS_INVALID);
	assert_string_equal(s.run.series[1].reason,
	    "launch 2: workers were bound to PUs 0 before, and now to 1: cpuset or affinity "
	    "changed while it ran");
	/* What it was is kept, and nothing of what it became. */
	assert_string_equal(s.run.series[1].pus, "0");
	assert_int_equal(s.run.series[1].sample_count, 2 * SLOTS);
	end(&s);
}

/* A failure that contradicts itself, tried again and again, would eat the time of all others. */
static void a_failure_that_is_none_is_not_tried_again(void **state)
{
	static const char *const names[] = {"contradicts", "good", NULL};
	struct suite s;

	(void)state;
	begin(&s, names);
	assert_int_equal(run_loop_rounds(&s.loop), 0);
	assert_int_equal(s.run.series[0].status, STATUS_CRASHED);
	assert_non_null(strstr(s.run.series[0].reason, "not a whole message"));
	assert_int_equal(launched("contradicts"), 1);
	check_good(&s, 1);
	end(&s);
}

static void an_interrupt_keeps_what_there_is(void **state)
{
	int status = -1;
	pid_t pid = fork();

	(void)state;
	assert_true(pid >= 0);
	if (pid == 0) {
		be_interrupted();
		_exit(0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
}

/* Where the @lines-th line behind the first @from bytes of a file ends. */
static long end_of_line(const char *path, long from, unsigned lines)
{
	FILE *f = fopen(path, "re");
	long at;
	int c;

	assert_non_null(f);
	assert_int_equal(fseek(f, from, SEEK_SET), 0);
	while (lines && (c = fgetc(f)) != EOF)
		lines -= c == '\n';
	assert_int_equal(lines, 0);
	at = ftell(f);
	assert_int_equal(fclose(f), 0);
	return at;
}

/* A disk that is full: no further samples, since nobody could keep them. */
static void a_journal_that_is_full_ends_the_run(void **state)
{
	static const char *const names[] = {"good", NULL};
	struct rlimit before, tight;
	struct stat at;
	struct suite s;
	long room;
	int ret;

	(void)state;
	/* Room for the head that stands again, for the line that says it is ready, for one of the
	 * two samples, and half of another: as long as these are when there is room for all. */
	begin(&s, names);
	assert_int_equal(stat(s.journal_path, &at), 0);
	s.loop.rounds = 1;
	assert_int_equal(run_loop_rounds(&s.loop), 0);
	room = end_of_line(s.journal_path, at.st_size, 3);
	room += (end_of_line(s.journal_path, room, 1) - room) / 2;
	end(&s);

	begin(&s, names);
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
	tight = before;
	tight.rlim_cur = (rlim_t)room;
	(void)signal(SIGXFSZ, SIG_IGN);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &tight), 0);
	ret = run_loop_rounds(&s.loop);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
	(void)signal(SIGXFSZ, SIG_DFL);
	assert_int_equal(ret, -EFBIG);
	assert_int_equal(s.run.series[0].sample_count, 1);
	assert_int_equal(launched("good"), 1);
	assert_int_equal(s.entry[0].launches, 0);
	end(&s);
}

static void without_time_the_reason_says_how_many(void **state)
{
	static const char *const names[] = {"good", NULL};
	char want[80];
	struct suite s;

	(void)state;
	begin(&s, names);
	s.loop.rounds = ROUNDS_WITHOUT_END;
	s.loop.budget_ns = 100 * CLOCK_NS_PER_MS;
	assert_int_equal(run_loop_rounds(&s.loop), 0);
	assert_in_range(s.entry[0].launches, 1, ROUNDS_WITHOUT_END - 1);
	(void)snprintf(want, sizeof(want), "stopped after %u of %u launches: time budget out",
	    s.entry[0].launches, ROUNDS_WITHOUT_END);
	assert_string_equal(s.run.series[0].stopped, want);
	end(&s);

	/* With a precision it says how far that was. */
	begin(&s, names);
	s.loop.precision = 1e-9;
	assert_int_equal(run_loop_rounds(&s.loop), 0);
	assert_non_null(strstr(s.run.series[0].stopped, "rounds out before +-1e-07 %"));
	end(&s);

	/* No time at all: not run, which is said elsewhere. */
	begin(&s, names);
	s.loop.budget_ns = 0;
	assert_int_equal(run_loop_rounds(&s.loop), 0);
	assert_int_equal(s.run.series[0].status, STATUS_NOT_RUN);
	assert_string_equal(s.run.series[0].reason, "");
	end(&s);
}

/* The end of the time is too short for a third of the long ones, whose second takes four seconds at
 * least, and goes to the others. */
static void what_no_longer_fits_is_left_out(void **state)
{
	static const char *const names[] = {"long", "good", NULL};
	struct suite s;

	(void)state;
	begin(&s, names);
	s.loop.rounds = ROUNDS_WITHOUT_END;
	s.loop.budget_ns = 76 * CLOCK_NS_PER_S / 10;
	assert_int_equal(run_loop_rounds(&s.loop), 0);
	assert_int_equal(s.entry[0].launches, 2);
	assert_in_range(s.entry[1].launches, 4, ROUNDS_WITHOUT_END - 1);
	for (unsigned i = 0; i < 2; i++)
		assert_non_null(strstr(s.run.series[i].stopped, "time budget out"));
	end(&s);
}

static void counters_are_kept_with_what_to_know_about_them(void **state)
{
	static const char *const names[] = {"good", "scaled", "unsupported", "unable", NULL};
	static const char *const note[] = {"counted in a pass of its own, untimed",
	    "counted in a pass of its own, untimed; scaled", "no hardware counters: no_event",
	    "no hardware counters: no_such_event"};
	struct suite s;

	(void)state;
	begin(&s, names);
	s.loop.counters = true;
	assert_int_equal(run_loop_rounds(&s.loop), 0);
	assert_int_equal(run_loop_counters(&s.loop), 0);
	for (size_t i = 0; i < 4; i++) {
		const struct series *series = &s.run.series[i];
		double per_op = 0.0;

		assert_string_equal(series->counters_note, note[i]);
		assert_int_equal(
		    metric_get(&series->counters, "instructions_user_per_op", &per_op), i < 2);
		/* That there is nothing to count with is no failure, and its trials are none. */
		check_good(&s, i);
		assert_int_equal(launched(names[i]), 4);
	}
	end(&s);
}

static void a_case_that_fails_while_counted_has_failed(void **state)
{
	static const char *const names[] = {"broken", "dying", "counts_then_dies", "hanging", NULL};
	static const enum case_status want[] = {
	    STATUS_INVALID, STATUS_CRASHED, STATUS_CRASHED, STATUS_HUNG};
	static const char *const why[] = {"hardware counters' pass: lost_one",
	    "hardware counters' pass: killed by signal 11",
	    "hardware counters' pass: exited with status 9",
	    "hardware counters' pass: no answer within"};
	struct suite s;

	(void)state;
	begin(&s, names);
	assert_int_equal(run_loop_rounds(&s.loop), 0);
	s.loop.cell_timeout_ns = 2 * CLOCK_NS_PER_S;
	assert_int_equal(run_loop_counters(&s.loop), 0);
	for (size_t i = 0; i < 4; i++) {
		const struct series *series = &s.run.series[i];

		assert_int_equal(series->status, want[i]);
		if (!strstr(series->reason, why[i]))
			fail_msg("%s: %s", names[i], series->reason);
		assert_string_equal(series->counters_note, "");
		assert_int_equal(series->counters.count, 0);
		assert_int_equal(series->sample_count, 3 * SLOTS);
	}
	end(&s);
}

static void counters_end_with_the_budget(void **state)
{
	static const char *const names[] = {"slow", "good", "miscounts", NULL};
	struct suite s;

	(void)state;
	begin(&s, names);
	assert_int_equal(run_loop_rounds(&s.loop), 0);
	/* Enough to begin with the first, not for the next. */
	s.loop.budget_ns = clock_now_ns() - s.loop.begin_ns + 500 * CLOCK_NS_PER_MS;
	assert_int_equal(run_loop_counters(&s.loop), 0);
	assert_int_equal(s.run.series[0].counters.count, 1);
	assert_int_equal(launched("good"), 3);
	assert_string_equal(s.run.series[1].counters_note, "no hardware counters: time budget out");
	check_good(&s, 1);
	/* One that has failed has no figures to be missed. */
	assert_string_equal(s.run.series[2].counters_note, "");
	end(&s);
}

static void what_is_left_is_told_from_known_times(void **state)
{
	static const char *const names[] = {"good", "fine", "failed", "precise", NULL};
	struct stopping stopping[4] = {{0}};
	struct suite s;
	uint64_t left_ns = 0;

	(void)state;
	begin(&s, names);
	s.loop.rounds = 10;
	s.loop.stopping = stopping;
	/* Three each that may run, and no time known. */
	s.run.series[2].status = STATUS_CRASHED;
	stopping[3].reached = true;
	s.entry[0].launches = s.entry[1].launches = 7;
	assert_int_equal(run_loop_cells_left(&s.loop, 60 * CLOCK_NS_PER_S, &left_ns), 6);
	assert_true(left_ns == UINT64_MAX);
	/* Those that have no cells left tell, too, how long a cell takes: 2 s on average. */
	s.entry[0].last_cell_ns = CLOCK_NS_PER_S;
	s.entry[3].last_cell_ns = 3 * CLOCK_NS_PER_S;
	assert_int_equal(run_loop_cells_left(&s.loop, 60 * CLOCK_NS_PER_S, &left_ns), 6);
	assert_true(left_ns == 12 * CLOCK_NS_PER_S);
	s.entry[1].launches = 9;
	assert_int_equal(run_loop_cells_left(&s.loop, 60 * CLOCK_NS_PER_S, &left_ns), 4);
	assert_true(left_ns == 8 * CLOCK_NS_PER_S);
	/* No longer than there is time. */
	assert_int_equal(run_loop_cells_left(&s.loop, 5 * CLOCK_NS_PER_S, &left_ns), 3);
	assert_true(left_ns == 5 * CLOCK_NS_PER_S);
	s.loop.stopping = NULL;
	end(&s);
}

/* A trial that is one call: as long as that took, and nothing of it is warm-up. */
static void without_a_window_two_trials_are_a_launch(void **state)
{
	static const char *const names[] = {"looks", "mislooks", "fine", NULL};
	struct suite s;

	(void)state;
	begin(&s, names);
	s.loop.slots = 5;
	s.bc[0].window_ns = s.bc[1].window_ns = 0;
	s.bc[2].window_ns = 60 * CLOCK_NS_PER_MS; /* a window so long is used twice as well */
	assert_int_equal(run_loop_rounds(&s.loop), 0);
	assert_int_equal(s.run.series[0].status, STATUS_OK);
	assert_int_equal(s.run.series[0].sample_count, 3 * 2);
	for (unsigned k = 0; k < 3 * 2; k++)
		assert_false(s.run.series[0].samples[k].warm_up);
	/* Negative control: the sum of these trials is looked at, too. */
	assert_int_equal(s.run.series[1].status, STATUS_INVALID);
	assert_string_equal(s.run.series[1].reason,
	    "launch 0: Google Benchmark reports 2 repetitions, 201 ns; the samples are 2, 200 ns");
	assert_int_equal(s.run.series[2].sample_count, 3 * 2);
	assert_true(s.run.series[2].samples[0].warm_up);
	end(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(good_cases_get_all_their_launches),
	    cmocka_unit_test(a_summary_that_disagrees_fails_the_case),
	    cmocka_unit_test(a_late_failure_takes_the_figure_not_the_samples),
	    cmocka_unit_test(a_launch_in_another_place_fails_the_case),
	    cmocka_unit_test(a_failure_that_is_none_is_not_tried_again),
	    cmocka_unit_test(an_interrupt_keeps_what_there_is),
	    cmocka_unit_test(a_journal_that_is_full_ends_the_run),
	    cmocka_unit_test(without_time_the_reason_says_how_many),
	    cmocka_unit_test(what_no_longer_fits_is_left_out),
	    cmocka_unit_test(counters_are_kept_with_what_to_know_about_them),
	    cmocka_unit_test(a_case_that_fails_while_counted_has_failed),
	    cmocka_unit_test(counters_end_with_the_budget),
	    cmocka_unit_test(what_is_left_is_told_from_known_times),
	    cmocka_unit_test(without_a_window_two_trials_are_a_launch),
	};

	return cmocka_run_group_tests(tests, cell_fixture_setup, cell_fixture_teardown);
}
