/* run_window_test.c - which window a case ends with, by cells that are shell scripts: what they say
 * depends on the length that they are asked for. */
#include "harness/cell/run_window.h"

#include "harness/cell/cell_fixture.h"

#include <math.h>

#define ENTRIES_MAX 3
#define SHORT_NS UINT64_C(3000000)
#define MIDDLE_NS UINT64_C(24000000)
#define ROUNDS 20

extern const struct cb_family *const cb_families[];
const struct cb_family *const cb_families[] = {NULL};

/* The figure of each by the length of the window: 3, 24 and 192 ms; 200 of one under a quota. */
#define SUITE                                                                                   \
	"while [ $# -gt 0 ]; do case $1 in --case) name=$2;; --slot-ns) own=$2;; esac; shift; " \
	"done\n"                                                                                \
	"[ $own != 0 ] || own=3000000\n"                                                        \
	"mark=${0%/*}/launch.$name launch=0\n"                                                  \
	"[ -f \"$mark\" ] && read -r launch <\"$mark\"\n"                                       \
	"echo $((launch + 1)) >\"$mark\"\n"                                                     \
	"rows=0 sum=0\n"                                                                        \
	"say '{\"v\":1,\"type\":\"ready\",\"case\":\"'$name'\",\"hash\":\"h\",\"pus\":\"0\","   \
	"\"oversubscribed\":false,\"slot_ns\":'$own'}'\n"                                       \
	"while hear; do case $heard in\n"                                                       \
	"*'\"end\"'*) say '{\"v\":1,\"type\":\"summary\",\"rows\":'$rows',"                     \
	"\"real_time_sum_ns\":'$sum'}'; exit 0;;\n"                                             \
	"*) slot=${heard#*'\"slot\":'} slot=${slot%%[!0-9]*}\n"                                 \
	"  window=${heard#*'\"slot_ns\":'} window=${window%%[!0-9]*}\n"                         \
	"  [ $window != 0 ] || window=$own\n"                                                   \
	"  case $name$window in\n"                                                              \
	"  late192*|late200*|settles192*|settles24*) length=150;;\n"                            \
	"  wild192*) length=$((71 + launch % 2 * 70));;\n"                                      \
	"  silent192*) length=;;\n"                                                             \
	"  *) length=$((100 + launch % 2));;\n"                                                 \
	"  esac\n"                                                                              \
	"  say '{\"v\":1,\"type\":\"sample\",\"sample\":{\"launch\":0,\"slot\":'$slot',"        \
	"\"warm_up\":false,\"metrics\":{\"window_ns\":'$window${length:+,\\\"ns_per_op\\\":$"   \
	"length}"                                                                               \
	"'},\"worker_ops\":[3]}}'\n"                                                            \
	"  rows=$((rows + 1)) sum=$((sum + ${length:-0}));;\n"                                  \
	"esac; done\n"

struct suite {
	char exe[96], journal_path[96];
	struct kind kind;
	struct bench_case bc[ENTRIES_MAX];
	struct run_entry entry[ENTRIES_MAX];
	struct run run;
	struct run_loop loop;
};

static void begin(struct suite *s, const char *const *names)
{
	size_t n = 0;

	memset(s, 0, sizeof(*s));
	(void)cell_script(s->exe, sizeof(s->exe), SUITE);
	cell_path(s->journal_path, sizeof(s->journal_path), "journal.jsonl");
	(void)unlink(s->journal_path);
	for (; names[n]; n++) {
		char file[40], path[96];

		(void)snprintf(file, sizeof(file), "launch.%.20s", names[n]);
		cell_path(path, sizeof(path), file);
		(void)unlink(path);
		assert_true(n < ENTRIES_MAX);
		s->bc[n] =
		    (struct bench_case){.kind = &s->kind, .pub.workers = 2, .window_ns = SHORT_NS};
		(void)snprintf(s->bc[n].name, sizeof(s->bc[n].name), "%s", names[n]);
		s->entry[n] = (struct run_entry){.bc = &s->bc[n], .series = n, .figures = 1};
		assert_non_null(run_add_series(&s->run, names[n]));
		s->run.series[n].status = STATUS_NOT_RUN;
	}
	s->loop = (struct run_loop){.exe = s->exe,
	    .rounds = ROUNDS,
	    .slots = 3,
	    .budget_ns = CELL_PATIENCE_NS,
	    .cell_timeout_ns = CELL_PATIENCE_NS,
	    .seed = 7,
	    .choose_windows = true,
	    .stderr_fd = STDERR_FILENO,
	    .entries = s->entry,
	    .entry_count = n,
	    .run = &s->run};
	(void)snprintf(s->run.date, sizeof(s->run.date), "%s", "2026-01-02T03:04:05Z");
	assert_int_equal(journal_create(s->journal_path, &s->loop.journal), 0);
	assert_int_equal(journal_run(s->loop.journal, &s->run), 0);
}

/* What a journal of it would give again is the same. */
static void end(struct suite *s)
{
	char note[300];
	struct run again;

	assert_int_equal(journal_close(s->loop.journal), 0);
	assert_true(journal_recover(s->journal_path, &again, note, sizeof(note)) >= 0);
	for (size_t i = 0; i < s->run.series_count; i++) {
		const struct series *a = &s->run.series[i];
		const struct series *b = run_find_series(&again, a->name);

		assert_non_null(b);
		assert_int_equal(a->slot_ns, b->slot_ns);
		assert_int_equal(a->window.how, b->window.how);
		assert_string_equal(a->window.of, b->window.of);
		assert_int_equal(a->window.launches, b->window.launches);
	}
	run_free(&again);
	run_free(&s->run);
	assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
	assert_int_equal(errno, ECHILD);
}

/* What the summary says of it, from the trials as they are. */
static double figure(struct suite *s, size_t i)
{
	assert_int_equal(run_summarise(&s->run), 0);
	return s->run.series[i].summary.figure.estimate;
}

static unsigned looks(const struct series *s)
{
	unsigned n = 0;
	double window_ns;

	for (size_t i = 0; i < s->sample_count; i++)
		n += metric_get(&s->samples[i].metrics, METRIC_WINDOW_NS, &window_ns) &&
		     window_ns > (double)s->slot_ns;
	return n;
}

static void where_it_does_not_matter_the_short_one_stays(void **state)
{
	static const char *const names[] = {"alike", NULL};
	struct suite s;

	(void)state;
	begin(&s, names);
	assert_int_equal(run_loop_rounds(&s.loop), 0);
	assert_int_equal(s.run.series[0].window.how, WINDOW_STEADY);
	assert_int_equal(s.run.series[0].slot_ns, SHORT_NS);
	assert_int_equal(s.run.series[0].window.launches, 3);
	/* No longer than it takes to know. */
	assert_int_equal(looks(&s.run.series[0]), 3);
	assert_true(fabs(figure(&s, 0) - 100.5) <= 0.5);
	end(&s);
}

/* Its speed changes after some time: what comes later is the figure. */
static void the_first_that_is_long_enough_is_taken(void **state)
{
	static const char *const names[] = {"settles", NULL};
	struct suite s;

	(void)state;
	begin(&s, names);
	assert_int_equal(run_loop_rounds(&s.loop), 0);
	assert_int_equal(s.run.series[0].window.how, WINDOW_STEADY);
	assert_int_equal(s.run.series[0].slot_ns, MIDDLE_NS);
	assert_true(fabs(figure(&s, 0) - 150.0) < 1e-9);
	/* The launches in short windows give no figure. */
	assert_int_equal(s.run.series[0].summary.launches, ROUNDS);
	assert_int_equal(s.entry[0].launches, ROUNDS + 3);
	end(&s);
}

static void what_no_window_settles_is_marked(void **state)
{
	static const char *const names[] = {"late", NULL};
	struct suite s;

	(void)state;
	begin(&s, names);
	assert_int_equal(run_loop_rounds(&s.loop), 0);
	assert_int_equal(s.run.series[0].window.how, WINDOW_SENSITIVE);
	assert_int_equal(s.run.series[0].slot_ns, WINDOW_LONG_NS);
	assert_true(fabs(s.run.series[0].window.shorter - 100.5) <= 0.5);
	assert_true(fabs(s.run.series[0].window.longer - 150.0) < 1e-9);
	assert_true(fabs(figure(&s, 0) - 150.0) < 1e-9);
	end(&s);
}

/* Under a CPU quota: in a part of a period it depends on which part. */
static void a_long_window_is_of_whole_periods(void **state)
{
	static const char *const names[] = {"late", NULL};
	struct suite s;

	(void)state;
	begin(&s, names);
	s.loop.period_ns = 100 * CLOCK_NS_PER_MS;
	assert_int_equal(run_loop_rounds(&s.loop), 0);
	assert_int_equal(s.run.series[0].window.how, WINDOW_SENSITIVE);
	assert_int_equal(s.run.series[0].slot_ns, 200 * CLOCK_NS_PER_MS);
	end(&s);
}

/* The interval includes 1, which shows nothing; nor is there a reason for a longer window. */
static void noise_is_not_equivalence(void **state)
{
	static const char *const names[] = {"wild", NULL};
	struct suite s;

	(void)state;
	begin(&s, names);
	assert_int_equal(run_loop_rounds(&s.loop), 0);
	assert_int_equal(s.run.series[0].window.how, WINDOW_UNSETTLED);
	assert_int_equal(s.run.series[0].slot_ns, SHORT_NS);
	assert_int_equal(s.run.series[0].window.launches, WINDOW_LOOKS_MAX);
	assert_true(s.run.series[0].window.ratio.low < 1.0);
	assert_true(s.run.series[0].window.ratio.high > 1.0);
	end(&s);
}

static void others_of_its_kind_go_by_it(void **state)
{
	static const char *const names[] = {"settles", "alike", "alone", NULL};
	struct suite s;

	(void)state;
	begin(&s, names);
	s.bc[2].pub.workers = 1;
	assert_int_equal(run_loop_rounds(&s.loop), 0);
	assert_int_equal(s.run.series[1].window.how, WINDOW_STEADY);
	assert_string_equal(s.run.series[1].window.of, "settles");
	assert_int_equal(s.run.series[1].slot_ns, MIDDLE_NS);
	assert_int_equal(looks(&s.run.series[1]), 0);
	/* One that is alone finds out for itself. */
	assert_string_equal(s.run.series[2].window.of, "alone");
	assert_int_equal(s.run.series[2].slot_ns, SHORT_NS);
	end(&s);
}

/* What one run has found out the next one takes over, and spends no time on it. */
static void an_earlier_run_may_have_found_out(void **state)
{
	static const char *const names[] = {"settles", "alike", NULL};
	static const struct cb_family family = {.name = "fake"};
	static const struct cb_kind self = {.family = "fake", .name = "kind", .version = 1};
	struct windows known = {0};
	char path[96], err[200];
	struct suite s;

	(void)state;
	cell_path(path, sizeof(path), WINDOWS_FILE);
	for (unsigned run = 0; run < 2; run++) {
		begin(&s, names);
		s.kind = (struct kind){.family = &family, .self = &self, .name = "kind"};
		s.bc[1].pub.model = CB_COROUTINE;
		(void)snprintf(s.run.id, sizeof(s.run.id), "run-%u", run);
		assert_int_equal(windows_read(path, "here", &known, err, sizeof(err)), 0);
		assert_int_equal(known.count, run ? 2 : 0);
		/* Of the run that found out, not of those that go by it. */
		for (size_t i = 0; i < known.count; i++)
			assert_string_equal(known.item[i].run, "run-0");
		s.loop.windows = &known;
		assert_int_equal(run_loop_rounds(&s.loop), 0);
		for (unsigned i = 0; i < 2; i++) {
			const struct series *one = &s.run.series[i];

			assert_int_equal(one->window.how, WINDOW_STEADY);
			assert_int_equal(one->slot_ns, i ? SHORT_NS : MIDDLE_NS);
			assert_string_equal(one->window.of, names[i]);
			assert_int_equal(looks(one), run ? 0 : i ? 3 : 6);
		}
		assert_int_equal(s.entry[0].launches, run ? ROUNDS : ROUNDS + 3);
		assert_int_equal(windows_write(path, "here", &known), 0);
		windows_free(&known);
		end(&s);
	}
	/* Another machine has to look for itself. */
	assert_int_equal(windows_read(path, "elsewhere", &known, err, sizeof(err)), 0);
	assert_int_equal(known.count, 0);
}

/* What a gate gives to head is for the machine that head runs on, whichever that is; what a machine
 * has found out for itself takes precedence. */
static void lengths_for_any_machine(void **state)
{
	static const struct window_known all[] = {
	    {.group = "one", .window_ns = MIDDLE_NS}, {.group = "two", .window_ns = MIDDLE_NS}};
	static const struct window_known own = {.group = "one", .window_ns = SHORT_NS};
	struct windows known = {0};
	char path[96], err[200];

	(void)state;
	cell_path(path, sizeof(path), "given.json");
	for (size_t i = 0; i < 2; i++)
		assert_int_equal(windows_note(&known, &all[i]), 0);
	assert_int_equal(windows_write(path, WINDOWS_ANY_MACHINE, &known), 0);
	windows_free(&known);
	assert_int_equal(windows_note(&known, &own), 0);
	assert_int_equal(windows_write(path, "here", &known), 0);
	windows_free(&known);
	for (unsigned elsewhere = 0; elsewhere < 2; elsewhere++) {
		assert_int_equal(
		    windows_read(path, elsewhere ? "elsewhere" : "here", &known, err, sizeof(err)),
		    0);
		assert_int_equal(known.count, 2);
		assert_int_equal(
		    windows_find(&known, "one")->window_ns, elsewhere ? MIDDLE_NS : SHORT_NS);
		assert_int_equal(windows_find(&known, "two")->window_ns, MIDDLE_NS);
		windows_free(&known);
	}
}

/* Planned before the start: ten looks for each group that nobody knows, and a quarter of the time
 * at most. */
static void looks_are_planned_for(void **unused)
{
	static const struct cb_family family = {.name = "fake"};
	static const struct cb_kind self = {.family = "fake", .name = "kind", .version = 1};
	static const struct kind kinds[] = {{.family = &family, .self = &self, .name = "one"},
	    {.family = &family, .self = &self, .name = "two"}};
	struct bench_case bc[] = {{.kind = &kinds[0], .pub.workers = 2, .window_ns = SHORT_NS},
	    {.kind = &kinds[0], .pub.workers = 3, .window_ns = SHORT_NS}, /* goes by the first */
	    {.kind = &kinds[0], .pub.workers = 1, .window_ns = SHORT_NS},
	    {.kind = &kinds[1], .pub.workers = 2, .window_ns = SHORT_NS},
	    {.kind = &kinds[1], .pub.workers = 1, .window_ns = WINDOW_LONG_NS},
	    {.kind = &kinds[1], .pub.workers = 1},
	    {.kind = &kinds[1], .pub.workers = 1, .window_ns = SHORT_NS, .unsupported = "no"}};
	const struct case_list cases = {.item = bc, .count = sizeof(bc) / sizeof(bc[0])};
	const uint64_t group_ns = WINDOW_LOOKS_MAX * WINDOW_LONG_NS;
	struct windows known = {0};
	struct window_known one = {.window_ns = SHORT_NS};

	(void)unused;
	for (size_t i = 0; i < cases.count; i++)
		(void)snprintf(bc[i].name, sizeof(bc[i].name), "case/%zu", i);
	assert_int_equal(run_window_looks_ns(&cases, NULL, 40, 100 * group_ns), 3 * group_ns);
	assert_int_equal(run_window_looks_ns(&cases, NULL, 40, 8 * group_ns), 2 * group_ns);
	/* No time for a verdict on each, or too few launches for one: nobody looks. */
	assert_int_equal(run_window_looks_ns(&cases, NULL, 2, 100 * group_ns), 0);
	assert_int_equal(run_window_looks_ns(&cases, NULL, 40, WINDOW_LONG_NS), 0);
	/* Who cannot run does not look for the others. */
	(void)snprintf(bc[0].unsupported, sizeof(bc[0].unsupported), "no");
	assert_int_equal(run_window_looks_ns(&cases, NULL, 40, 100 * group_ns), 3 * group_ns);
	bc[0].unsupported[0] = '\0';
	(void)snprintf(one.group, sizeof(one.group), "case/3");
	assert_int_equal(windows_note(&known, &one), 0);
	assert_int_equal(run_window_looks_ns(&cases, &known, 40, 100 * group_ns), 2 * group_ns);
	windows_free(&known);
}

/* Without the time, or when a length was asked for, nothing is claimed and none taken. */
static void it_may_not_be_known(void **state)
{
	static const char *const names[] = {"late", NULL};
	static const char *const silent[] = {"silent", NULL};
	struct suite s;

	(void)state;
	begin(&s, names);
	s.loop.budget_ns = WINDOW_LONG_NS;
	s.loop.rounds = 3;
	assert_int_equal(run_loop_rounds(&s.loop), 0);
	assert_int_equal(s.run.series[0].window.how, WINDOW_UNJUDGED);
	assert_int_equal(looks(&s.run.series[0]), 0);
	end(&s);

	begin(&s, names);
	s.loop.slot_ns = MIDDLE_NS;
	assert_int_equal(run_loop_rounds(&s.loop), 0);
	assert_int_equal(s.run.series[0].window.how, WINDOW_GIVEN);
	assert_int_equal(s.run.series[0].slot_ns, MIDDLE_NS);
	assert_int_equal(looks(&s.run.series[0]), 0);
	end(&s);

	begin(&s, names);
	s.bc[0].window_ns = 0;
	assert_int_equal(run_loop_rounds(&s.loop), 0);
	assert_int_equal(s.run.series[0].window.how, WINDOW_NONE);
	end(&s);

	/* No operation ended in the long one. */
	begin(&s, silent);
	assert_int_equal(run_loop_rounds(&s.loop), 0);
	assert_int_equal(s.run.series[0].window.how, WINDOW_UNJUDGED);
	assert_int_equal(s.run.series[0].slot_ns, SHORT_NS);
	end(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(where_it_does_not_matter_the_short_one_stays),
	    cmocka_unit_test(the_first_that_is_long_enough_is_taken),
	    cmocka_unit_test(what_no_window_settles_is_marked),
	    cmocka_unit_test(a_long_window_is_of_whole_periods),
	    cmocka_unit_test(noise_is_not_equivalence),
	    cmocka_unit_test(others_of_its_kind_go_by_it),
	    cmocka_unit_test(an_earlier_run_may_have_found_out),
	    cmocka_unit_test(lengths_for_any_machine),
	    cmocka_unit_test(looks_are_planned_for),
	    cmocka_unit_test(it_may_not_be_known),
	};

	return cmocka_run_group_tests(tests, cell_fixture_setup, cell_fixture_teardown);
}
