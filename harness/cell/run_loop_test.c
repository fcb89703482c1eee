/* run_loop_test.c - rounds of cells that are shell scripts: what is kept, and what failures become.
 */
#include "harness/cell/run_loop.h"

#include "harness/base/interrupt.h"
#include "harness/cell/cell_fixture.h"

#include <math.h>
#include <sys/resource.h>

#define ENTRIES_MAX 4
#define SLOTS 2u
/* Tasks of a budget that has time for some, never for all: a cell takes a millisecond at least. */
#define ROUNDS_WITHOUT_END 1000000u

extern const struct cb_family *const cb_families[];
const struct cb_family *const cb_families[] = {NULL};

/*
 * What a case does is in its name. Each cell knows its launch from a file beside the script; one of
 * the counters' pass is told so. What it was given is noted, with how often "peak" was launched.
 */
#define SUITE                                                                                      \
	"while [ $# -gt 0 ]; do case $1 in --case) name=$2;; --counters) counting=1;; "            \
	"--given) given=$2;; esac; shift; done\n"                                                  \
	"mark=${0%/*}/launch.$name peak=0 launch=0\n"                                              \
	"[ -z \"$given\" ] || { read -r peak <\"${0%/*}/launch.peak\"; "                           \
	"echo \"$given $peak\" >>\"${0%/*}/given.$name\"; }\n"                                     \
	"[ -f \"$mark\" ] && read -r launch <\"$mark\"\n"                                          \
	"echo $((launch + 1)) >\"$mark\"\n"                                                        \
	"rows=0 sum=0\n"                                                                           \
	"count() { say '{\"v\":1,\"type\":\"counters\",\"reason\":\"'$1'\",\"counters\":"          \
	"{\"instructions_user_per_op\":12.5}}'; }\n"                                               \
	"last_words() { case $counting$name in\n"                                                  \
	"1slow) sleep 0.7; count;;\n"                                                              \
	"1scaled) count scaled;;\n"                                                                \
	"1counts_then_dies) count; exit 9;;\n"                                                     \
	"1*) count;;\n"                                                                            \
	"miscounts) rows=$((rows + 1));;\n"                                                        \
	"misadds|mislooks) sum=$((sum + 1));;\n"                                                   \
	"esac; }\n"                                                                                \
	"before_sample() { case $counting$launch$name$slot in\n"                                   \
	"2breaks_late1) fail invalid lost_one; exit 1;;\n"                                         \
	"2dies_late1) exit 9;;\n"                                                                  \
	"1interrupts1) kill -INT $PPID; nap;;\n"                                                   \
	"1?broken1) fail invalid lost_one; exit 1;;\n"                                             \
	"1?dying1) kill -SEGV $$;;\n"                                                              \
	"1?hanging1) nap;;\n"                                                                      \
	"?contradicts1) fail ok why; exit 1;;\n"                                                   \
	"1?unable1) fail unsupported no_such_event; exit 1;;\n"                                    \
	"esac; }\n"                                                                                \
	"[ \"$counting$name\" != 1unsupported ] || { fail unsupported no_event; exit 1; }\n"       \
	"metrics() { length=$((100 + launch)) metrics='\"ns_per_op\":'$length\n"                   \
	"case $name in\n"                                                                          \
	"steady|apart) metrics=$metrics',\"late_ns\":7,\"cold_bytes\":9';;\n"                      \
	"wobbly) metrics='\"ns_per_op\":100,\"late_ns\":'$((50 + launch % 2 * 50)) "               \
	"length=100;;\n"                                                                           \
	"peak) warm=$((launch * 10 + 500 * (slot == 0)))\n"                                        \
	"metrics=$metrics',\"ops_per_s\":'$((1000 + warm))',\"cold_bytes\":'$((3000 + warm));;\n"  \
	"nothing) metrics=$metrics',\"ops_per_s\":0';;\n"                                          \
	"looks|mislooks) metrics='\"trial_ns\":'$length',\"cold_bytes\":9';;\n"                    \
	"esac; }\n"                                                                                \
	"pus=0; case $launch$name in 2strays) pus=1;; esac\n"                                      \
	"say '{\"v\":1,\"type\":\"ready\",\"case\":\"'$name'\",\"hash\":\"h\",\"pus\":\"'$pus'\"," \
	"\"oversubscribed\":false,\"slot_ns\":1000}'\n"                                            \
	"while hear; do case $heard in\n"                                                          \
	"*'\"end\"'*) last_words; say '{\"v\":1,\"type\":\"summary\",\"rows\":'$rows',"            \
	"\"real_time_sum_ns\":'$sum'}'; exit 0;;\n"                                                \
	"*) slot=${heard#*'\"slot\":'} slot=${slot%%[!0-9]*}\n"                                    \
	"  before_sample; metrics\n"                                                               \
	"  say '{\"v\":1,\"type\":\"sample\",\"sample\":{\"launch\":0,\"slot\":'$slot',"           \
	"\"warm_up\":false,\"metrics\":{'$metrics'},\"worker_ops\":[3]}}'\n"                       \
	"  rows=$((rows + 1)) sum=$((sum + length));;\n"                                           \
	"esac; done\n"

struct suite {
	char exe[96], journal_path[96];
	struct bench_case bc[ENTRIES_MAX];
	struct run_entry entry[ENTRIES_MAX];
	struct run run;
	struct run_loop loop;
};

static void note_path(char *out, size_t len, const char *what, const char *name)
{
	char file[40];

	assert_true(snprintf(file, sizeof(file), "%s.%s", what, name) < (int)sizeof(file));
	cell_path(out, len, file);
}

static void forget(const char *what, const char *name)
{
	char path[96];

	note_path(path, sizeof(path), what, name);
	(void)unlink(path);
}

static void begin(struct suite *s, const char *const *names)
{
	size_t n = 0;

	memset(s, 0, sizeof(*s));
	(void)cell_script(s->exe, sizeof(s->exe), SUITE);
	cell_path(s->journal_path, sizeof(s->journal_path), "journal.jsonl");
	(void)unlink(s->journal_path);
	for (; names[n]; n++) {
		forget("launch", names[n]);
		forget("given", names[n]);
		assert_true(n < ENTRIES_MAX);
		s->bc[n] = (struct bench_case){.pub.workers = 1, .window_ns = 1000};
		(void)snprintf(s->bc[n].name, sizeof(s->bc[n].name), "%s", names[n]);
		s->entry[n] = (struct run_entry){.bc = &s->bc[n], .series = n, .figures = 1};
		assert_non_null(run_add_series(&s->run, names[n]));
		s->run.series[n].status = STATUS_NOT_RUN;
	}
	s->loop = (struct run_loop){.exe = s->exe,
	    .rounds = 3,
	    .slots = SLOTS,
	    .budget_ns = CELL_PATIENCE_NS,
	    .cell_timeout_ns = CELL_PATIENCE_NS,
	    .seed = 7,
	    .stderr_fd = STDERR_FILENO,
	    .entries = s->entry,
	    .entry_count = n,
	    .run = &s->run};
	(void)snprintf(s->run.date, sizeof(s->run.date), "%s", "2026-01-02T03:04:05Z");
	assert_int_equal(journal_create(s->journal_path, &s->loop.journal), 0);
	assert_int_equal(journal_run(s->loop.journal, &s->run), 0);
}

static bool is_first(const struct suite *s, size_t series)
{
	for (size_t i = 0; i < s->loop.entry_count; i++)
		if (s->entry[i].series == series)
			return true;
	return false;
}

static void check_metrics(const struct metric_set *was, const struct metric_set *is)
{
	assert_int_equal(was->count, is->count);
	for (unsigned i = 0; i < is->count; i++) {
		double value;

		assert_true(metric_get(was, is->item[i].name, &value));
		assert_true(value == is->item[i].value);
	}
}

/* What the journal says is what is in memory: a run that is killed now would lose nothing. */
static void check_journal(const struct suite *s)
{
	struct run back = {.id = ""};
	char note[200] = "";

	assert_int_equal(journal_recover(s->journal_path, &back, note, sizeof(note)), 0);
	for (size_t i = 0; i < s->run.series_count; i++) {
		const struct series *is = &s->run.series[i];
		const struct series *was = run_find_series(&back, is->name);

		if (!was) {
			assert_int_equal(is->sample_count, 0);
			continue;
		}
		assert_int_equal(was->status, is->status);
		assert_string_equal(was->reason, is->reason);
		assert_string_equal(was->counters_note, is->counters_note);
		assert_int_equal(was->sample_count, is->sample_count);
		for (size_t k = 0; k < is->sample_count; k++) {
			assert_int_equal(was->samples[k].launch, is->samples[k].launch);
			assert_int_equal(was->samples[k].slot, is->samples[k].slot);
			assert_int_equal(was->samples[k].warm_up, is->samples[k].warm_up);
			check_metrics(&was->samples[k].metrics, &is->samples[k].metrics);
			/* These the journal alone keeps: they would fill the memory. Of several
			 * figures the first series has them. */
			assert_null(is->samples[k].worker_ops);
			if (!is_first(s, i)) {
				assert_null(was->samples[k].worker_ops);
				continue;
			}
			assert_non_null(was->samples[k].worker_ops);
			assert_int_equal(was->samples[k].worker_ops[0], 3);
		}
	}
	run_free(&back);
}

static void end(struct suite *s)
{
	check_journal(s);
	assert_int_equal(journal_close(s->loop.journal), 0);
	run_free(&s->run);
	assert_true(cell_none_left(CELL_PATIENCE_NS));
}

static unsigned launched(const char *name)
{
	char path[96];
	unsigned n = 0;
	FILE *f;

	note_path(path, sizeof(path), "launch", name);
	f = fopen(path, "re");
	if (!f)
		return 0;
	assert_int_equal(fscanf(f, "%u", &n), 1);
	assert_int_equal(fclose(f), 0);
	return n;
}

static void check_good(const struct suite *s, size_t i)
{
	const struct series *series = &s->run.series[i];

	assert_int_equal(series->status, STATUS_OK);
	assert_string_equal(series->reason, "");
	assert_int_equal(s->entry[i].launches, 3);
	assert_int_equal(series->sample_count, 3 * SLOTS);
	for (unsigned k = 0; k < 3 * SLOTS; k++) {
		double ns = 0.0;

		assert_int_equal(series->samples[k].launch, k / SLOTS);
		assert_int_equal(series->samples[k].slot, k % SLOTS);
		assert_true(metric_get(&series->samples[k].metrics, METRIC_NS_PER_OP, &ns));
		assert_true(ns == 100.0 + k / SLOTS);
	}
}

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
	assert_string_equal(s.run.series[0].reason, "stopped after 1 of 3 launches: interrupted");
	/* Nor does the other pass begin any more. */
	assert_int_equal(run_loop_counters(&s.loop), -EINTR);
	assert_int_equal(launched("interrupts"), 2);
	end(&s);
}

/* Failed, and yet not: tried again and again it would eat the time of all others. */
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
	assert_string_equal(s.run.series[0].reason, want);
	end(&s);

	/* With a precision it says how far that was. */
	begin(&s, names);
	s.loop.precision = 1e-9;
	assert_int_equal(run_loop_rounds(&s.loop), 0);
	assert_non_null(strstr(s.run.series[0].reason, "rounds out before +-1e-07 %"));
	end(&s);

	/* No time at all: not run, which is said elsewhere. */
	begin(&s, names);
	s.loop.budget_ns = 0;
	assert_int_equal(run_loop_rounds(&s.loop), 0);
	assert_int_equal(s.run.series[0].status, STATUS_NOT_RUN);
	assert_string_equal(s.run.series[0].reason, "");
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

/* One more figure of entry @i, which has to be the last: of the metric of that name. */
static void add_figure(struct suite *s, size_t i, const char *metric)
{
	struct series *series;
	char name[CASE_NAME_MAX];

	(void)snprintf(name, sizeof(name), "%s/figure:%s", s->bc[i].name, metric);
	series = run_add_series(&s->run, name);
	assert_non_null(series);
	series->status = STATUS_NOT_RUN;
	(void)snprintf(series->figure.metric, sizeof(series->figure.metric), "%s", metric);
	s->entry[i].figures++;
	assert_int_equal(s->entry[i].series + s->entry[i].figures, s->run.series_count);
}

/* Each series has its own, of all trials; the first one all there is to know about a trial. */
static void several_figures_feed_several_series(void **state)
{
	static const char *const names[] = {"apart", NULL};
	static const double want[] = {0.0, 7.0, 9.0};
	const struct series *series;
	struct suite s;

	(void)state;
	begin(&s, names);
	add_figure(&s, 0, "late_ns");
	add_figure(&s, 0, "cold_bytes");
	assert_int_equal(run_loop_rounds(&s.loop), 0);
	assert_int_equal(launched("apart"), 3);
	series = s.run.series;
	assert_int_equal(series[0].samples[0].metrics.count, 3);
	for (unsigned f = 0; f < 3; f++) {
		assert_int_equal(series[f].status, STATUS_OK);
		assert_string_equal(series[f].hash, "h");
		assert_string_equal(series[f].pus, "0");
		assert_int_equal(series[f].slot_ns, 1000);
		assert_int_equal(series[f].sample_count, 3 * SLOTS);
		for (unsigned k = 0; k < 3 * SLOTS; k++) {
			const struct sample *sample = &series[f].samples[k];
			double value;

			assert_int_equal(sample->launch, k / SLOTS);
			assert_int_equal(sample->slot, k % SLOTS);
			assert_int_equal(sample->warm_up, series[0].samples[k].warm_up);
			assert_true(metric_get(&sample->metrics, series[f].figure.metric, &value));
			assert_true(value == (f ? want[f] : 100.0 + k / SLOTS));
			assert_int_equal(sample->metrics.count, f ? 1 : 3);
		}
	}
	end(&s);
}

/* None of its series is good when the case is not. */
static void several_figures_share_a_failure(void **state)
{
	static const char *const names[] = {"dies_late", NULL};
	struct suite s;

	(void)state;
	begin(&s, names);
	add_figure(&s, 0, "late_ns");
	assert_int_equal(run_loop_rounds(&s.loop), 0);
	for (unsigned f = 0; f < 2; f++) {
		assert_int_equal(s.run.series[f].status, STATUS_CRASHED);
		assert_string_equal(s.run.series[f].reason, "launch 2: exited with status 9");
		assert_int_equal(s.run.series[f].sample_count, 2 * SLOTS + 1);
	}
	end(&s);
}

static void a_case_ends_when_all_its_figures_are_precise(void **state)
{
	static const char *const names[] = {"steady", NULL}, *const others[] = {"wobbly", NULL};
	const unsigned soon = STOPPING_MIN + STOPPING_IN_ROW - 1;
	struct suite s;

	(void)state;
	begin(&s, names);
	add_figure(&s, 0, "late_ns");
	s.loop.precision = 0.5;
	s.loop.rounds = soon + 4;
	assert_int_equal(run_loop_rounds(&s.loop), 0);
	assert_int_equal(launched("steady"), soon);
	assert_string_equal(s.run.series[0].reason, "");
	assert_string_equal(s.run.series[1].reason, "");
	end(&s);

	/* One that is not keeps the case going, and says so; the other has nothing to say. */
	begin(&s, others);
	add_figure(&s, 0, "late_ns");
	s.loop.precision = 0.02;
	s.loop.rounds = soon + 4;
	assert_int_equal(run_loop_rounds(&s.loop), 0);
	assert_int_equal(launched("wobbly"), soon + 4);
	assert_string_equal(s.run.series[0].reason, "");
	if (!strstr(s.run.series[1].reason, "rounds out before +-2 %"))
		fail_msg("%s", s.run.series[1].reason);
	end(&s);
}

/* What the launches of @name were given, and how often the peak had been launched by then. */
static unsigned read_given(const char *name, double *given, unsigned *peak, unsigned max)
{
	char path[96];
	unsigned n = 0;
	FILE *f;

	note_path(path, sizeof(path), "given", name);
	f = fopen(path, "re");
	if (!f)
		return 0;
	while (n < max && fscanf(f, "%lf %u", &given[n], &peak[n]) == 2)
		n++;
	assert_int_equal(fclose(f), 0);
	return n;
}

/* Whatever the order of the rounds; a time is given as a rate, anything else as it is. */
static void a_figure_is_waited_for_and_given_to_all_launches(void **state)
{
	static const char *const names[] = {"half", "peak", NULL};
	struct suite s;

	(void)state;
	for (unsigned i = 0; i < 6; i++) {
		const double first = i % 2 ? 3000.0 : 1000.0;
		double given[8];
		unsigned peak[8], n;

		begin(&s, names);
		s.entry[0].needs = &s.entry[1];
		s.loop.rounds = RUN_LAUNCHES_MIN + 2;
		s.loop.seed = i;
		if (i % 2)
			(void)snprintf(
			    s.run.series[1].figure.metric, METRIC_NAME_MAX, "cold_bytes");
		assert_int_equal(run_loop_rounds(&s.loop), 0);
		n = read_given("half", given, peak, 8);
		assert_int_equal(n, s.loop.rounds);
		assert_int_equal(launched("half"), n);
		assert_int_equal(launched("peak"), n);
		assert_in_range(peak[0], RUN_LAUNCHES_MIN, RUN_LAUNCHES_MIN + 1);
		/* The median of the launches that there were: 0 to 4, or to 5, times ten; without
		 * the first trial of each, which warms up. */
		assert_true(given[0] == first + 5.0 * (peak[0] - 1));
		for (unsigned k = 1; k < n; k++)
			assert_true(given[k] == given[0]);
		end(&s);
	}
}

/* Fewer rounds than a figure wants launches: then all of them are what there is. */
static void few_rounds_are_enough_for_a_figure(void **state)
{
	static const char *const names[] = {"half", "peak", NULL};
	double given[4];
	unsigned peak[4];
	struct suite s;

	(void)state;
	begin(&s, names);
	s.entry[0].needs = &s.entry[1];
	s.loop.rounds = 2;
	assert_int_equal(run_loop_rounds(&s.loop), 0);
	assert_int_equal(read_given("half", given, peak, 4), 2);
	assert_int_equal(peak[0], 2);
	assert_true(given[0] == 1005.0 && given[1] == 1005.0);
	end(&s);
}

/* All that wait for it, and those that wait for them, in whichever order. */
static void without_the_figure_a_case_cannot_run(void **state)
{
	static const char *const names[] = {"half", "miscounts", "quarter", NULL};
	static const char *const why[] = {"it needs the figure of miscounts, which is invalid",
	    NULL, "it needs the figure of half, which is unsupported",
	    "it needs the figure of half, which is unsupported"};
	struct suite s;

	(void)state;
	for (unsigned seed = 0; seed < 8; seed++) {
		begin(&s, names);
		add_figure(&s, 2, "late_ns");
		s.entry[0].needs = &s.entry[1];
		s.entry[2].needs = &s.entry[0];
		s.loop.seed = seed;
		assert_int_equal(run_loop_rounds(&s.loop), 0);
		for (unsigned i = 0; i < 4; i++) {
			assert_int_equal(
			    s.run.series[i].status, why[i] ? STATUS_UNSUPPORTED : STATUS_INVALID);
			if (why[i])
				assert_string_equal(s.run.series[i].reason, why[i]);
		}
		assert_int_equal(launched("half"), 0);
		assert_int_equal(launched("quarter"), 0);
		end(&s);
	}
}

/* Of two that were measured well: the rate of one is 0, and the other's figure was never there. */
static void there_is_no_half_of_nothing(void **state)
{
	static const char *const names[] = {"half", "nothing", NULL};
	struct suite s;

	(void)state;
	for (unsigned i = 0; i < 4; i++) {
		begin(&s, names);
		s.entry[0].needs = &s.entry[1];
		s.loop.seed = i / 2;
		if (i % 2)
			(void)snprintf(s.run.series[1].figure.metric, METRIC_NAME_MAX, "late_ns");
		assert_int_equal(run_loop_rounds(&s.loop), 0);
		assert_int_equal(launched("nothing"), 3);
		assert_int_equal(launched("half"), 0);
		assert_int_equal(s.run.series[0].status, STATUS_UNSUPPORTED);
		assert_string_equal(s.run.series[0].reason,
		    "it needs the figure of nothing, which has none above 0");
		end(&s);
	}
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
	    cmocka_unit_test(counters_are_kept_with_what_to_know_about_them),
	    cmocka_unit_test(a_case_that_fails_while_counted_has_failed),
	    cmocka_unit_test(counters_end_with_the_budget),
	    cmocka_unit_test(what_is_left_is_told_from_known_times),
	    cmocka_unit_test(several_figures_feed_several_series),
	    cmocka_unit_test(several_figures_share_a_failure),
	    cmocka_unit_test(a_case_ends_when_all_its_figures_are_precise),
	    cmocka_unit_test(a_figure_is_waited_for_and_given_to_all_launches),
	    cmocka_unit_test(few_rounds_are_enough_for_a_figure),
	    cmocka_unit_test(without_the_figure_a_case_cannot_run),
	    cmocka_unit_test(there_is_no_half_of_nothing),
	    cmocka_unit_test(without_a_window_two_trials_are_a_launch),
	};

	return cmocka_run_group_tests(tests, cell_fixture_setup, cell_fixture_teardown);
}
