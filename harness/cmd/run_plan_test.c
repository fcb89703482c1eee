/* run_plan_test.c - from the cases that somebody picks to what a run measures: whose figure a case
 * is given, several figures, every case twice. */
#include "harness/base/text.h"
#include "harness/cmd/run_session.h"

#include "harness/cell/pick.h"
#include "harness/cmd/cmd.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

static uint64_t work(struct cb_worker *w, void *state, uint64_t n)
{
	(void)w;
	(void)state;
	return n;
}

static int check(const struct cb_env *env, char *why, size_t why_len)
{
	(void)env;
	(void)why;
	(void)why_len;
	return 0;
}

static const struct cb_workload load = {.op = "request", .batch = work, .check = check};

static const struct cb_param params[] = {CB_PARAM_WORKERS("1")};
static const struct cb_sweep sweeps[] = {{CB_SMOKE, "workers=1"}};
static const struct cb_family family = {.name = "own",
    .plural = "owns",
    .title = "Of a test",
    .question = "Does it work?",
    .params = params,
    .param_count = 1,
    .sweeps = sweeps,
    .sweep_count = 1};
extern const struct cb_family *const cb_families[];
const struct cb_family *const cb_families[] = {&family, NULL};

#define KIND(x, ...)                                             \
	static const struct cb_kind kind_##x = {.family = "own", \
	    .name = #x,                                          \
	    .about = "for this test",                            \
	    .version = 1,                                        \
	    .models = CB_CAN_ALL,                                \
	    .work = &load,                                       \
	    __VA_ARGS__};                                        \
	CB_REGISTER(kind_##x)

static bool named(const char *kind, const struct cb_case *c, char *name, size_t len)
{
	return snprintf(name, len, "own/%s/workers:%u", kind, c->workers) > 0;
}

static bool on_peak(const struct cb_case *c, char *name, size_t len)
{
	return named("peak", c, name, len);
}

static bool on_half(const struct cb_case *c, char *name, size_t len)
{
	return named("half", c, name, len);
}

/* By a name that leaves something out, and of one that gives two figures. */
static bool on_pair(const struct cb_case *c, char *name, size_t len)
{
	(void)c;
	return snprintf(name, len, "owns/pair") > 0;
}

static bool on_absent(const struct cb_case *c, char *name, size_t len)
{
	return named("absent", c, name, len);
}

static bool on_orphan(const struct cb_case *c, char *name, size_t len)
{
	return named("orphan", c, name, len);
}

static bool on_nobody(const struct cb_case *c, char *name, size_t len)
{
	return named("nobody", c, name, len);
}

/* Only with more than one worker. */
static bool sometimes(const struct cb_case *c, char *name, size_t len)
{
	return c->workers > 1 && named("peak", c, name, len);
}

static int not_here(const struct cb_case *c, char *why, size_t why_len)
{
	(void)c;
	(void)snprintf(why, why_len, "no such kernel");
	return -ENOTSUP;
}

static const struct cb_figure two_figures[] = {{.metric = "cold_ns", .title = "cold", .unit = "ns"},
    {.metric = "warm_ns", .title = "warm", .unit = "ns"}};

KIND(peak, .flags = 0)
KIND(half, .depends = on_peak)
KIND(quarter, .depends = on_half)
KIND(pair, .figures = two_figures, .figure_count = 2)
KIND(beside_pair, .depends = on_pair)
KIND(absent, .can = not_here)
KIND(orphan, .depends = on_absent, .figures = two_figures, .figure_count = 2)
KIND(grandchild, .depends = on_orphan)
KIND(lost, .depends = on_nobody)
KIND(mostly, .depends = sometimes)

static void plan(struct session *s, const char *const *names, bool aa)
{
	memset(s, 0, sizeof(*s));
	s->o.what = (struct selection){.profile = CB_QUICK, .names = names};
	s->o.aa = aa;
	s->o.rounds = 2;
	s->o.budget_ns = UINT64_MAX / 4;
	while (names[s->o.what.name_count])
		s->o.what.name_count++;
	assert_int_equal(session_open(s), 0);
	assert_int_equal(session_plan(s), 0);
}

static void forget(struct session *s)
{
	free(s->entries);
	selected_free(&s->chosen);
	catalogue_here_close(&s->here);
	run_free(&s->run);
	topology_free(s->topo);
}

static const char *series_name(const struct session *s, size_t i)
{
	assert_true(i < s->run.series_count);
	return s->run.series[i].name;
}

/* What it needs comes along, and what that needs, each once. */
static void what_is_needed_comes_along(void **state)
{
	static const char *const names[] = {
	    "own/quarter/workers:2", "own/half/workers:2", "own/peak", NULL};
	struct session s;

	(void)state;
	plan(&s, names, false);
	assert_int_equal(s.entry_count, 4);
	assert_string_equal(series_name(&s, 0), "own/quarter/workers:2");
	assert_string_equal(series_name(&s, 1), "own/half/workers:2");
	/* Another one of the same kind is not it. */
	assert_string_equal(series_name(&s, 2), "own/peak/workers:1");
	assert_string_equal(series_name(&s, 3), "own/peak/workers:2");
	assert_ptr_equal(s.entries[0].needs, &s.entries[1]);
	assert_ptr_equal(s.entries[1].needs, &s.entries[3]);
	assert_null(s.entries[2].needs);
	assert_null(s.entries[3].needs);
	forget(&s);
}

static void one_that_needs_nothing_is_alone(void **state)
{
	static const char *const names[] = {"own/mostly/workers:1", NULL};
	static const char *const others[] = {"own/mostly/workers:2", NULL};
	struct session s;

	(void)state;
	plan(&s, names, false);
	assert_int_equal(s.entry_count, 1);
	assert_null(s.entries[0].needs);
	forget(&s);
	plan(&s, others, false);
	assert_int_equal(s.entry_count, 2);
	assert_ptr_equal(s.entries[0].needs, &s.entries[1]);
	forget(&s);
}

/* It is the first of its figures that is given, also when only the other was asked for. */
static void of_several_figures_the_first_is_given(void **state)
{
	static const char *const names[] = {
	    "own/pair/workers:1/figure:warm_ns", "own/beside_pair/workers:3", NULL};
	struct session s;

	(void)state;
	plan(&s, names, false);
	assert_int_equal(s.entry_count, 2);
	assert_int_equal(s.run.series_count, 3);
	assert_ptr_equal(s.entries[1].needs, &s.entries[0]);
	assert_int_equal(s.entries[0].figures, 2);
	assert_string_equal(s.run.series[s.entries[0].series].figure.metric, "cold_ns");
	forget(&s);
}

static void several_figures_are_several_series(void **state)
{
	static const char *const all[] = {"own/pair", "own/peak", NULL};
	static const char *const one[] = {"own/pair/workers:4/figure:warm_ns", "own/peak", NULL};
	struct session s;

	(void)state;
	plan(&s, all, false);
	assert_int_equal(s.run.series_count, 3);
	assert_string_equal(series_name(&s, 0), "own/pair/workers:1");
	assert_string_equal(series_name(&s, 1), "own/pair/workers:1/figure:warm_ns");
	assert_string_equal(s.run.series[0].figure.metric, "cold_ns");
	assert_string_equal(s.run.series[1].figure.metric, "warm_ns");
	assert_int_equal(s.entries[0].figures, 2);
	assert_int_equal(s.entries[1].series, 2);
	assert_string_equal(s.run.series[2].figure.metric, METRIC_NS_PER_OP);
	forget(&s);

	plan(&s, one, false);
	assert_int_equal(s.run.series_count, 2);
	assert_string_equal(series_name(&s, 0), "own/pair/workers:4/figure:warm_ns");
	assert_string_equal(s.run.series[0].figure.metric, "warm_ns");
	assert_int_equal(s.entries[0].figures, 1);
	forget(&s);
}

/* A gate against a stored run says what that one's case was given: its peak is not measured again.
 */
static void what_is_given_is_not_measured(void **state)
{
	static const char *const names[] = {"own/quarter/workers:2", "own/half/workers:3", NULL};
	static const struct run_given given = {
	    .of = "own/half/workers:2", .figure = 1234.5, .unit = "/s"};
	struct window_known known = {.group = "own/quarter/workers:2", .given = given};
	struct session s = {.o = {.what = {.profile = CB_QUICK, .names = names, .name_count = 2},
				.rounds = 2,
				.budget_ns = UINT64_MAX / 4}};

	(void)state;
	assert_int_equal(windows_note(&s.windows, &known), 0);
	assert_int_equal(session_open(&s), 0);
	assert_int_equal(session_plan(&s), 0);
	/* The other one brings its peak along all the same. */
	assert_int_equal(s.entry_count, 3);
	assert_string_equal(series_name(&s, 2), "own/peak/workers:3");
	assert_null(s.entries[0].needs);
	assert_true(s.entries[0].given == 1234.5);
	assert_memory_equal(&s.run.series[0].given, &given, sizeof(given));
	assert_ptr_equal(s.entries[1].needs, &s.entries[2]);
	assert_true(s.entries[1].given == 0.0);
	assert_string_equal(s.run.series[1].given.of, "");
	windows_free(&s.windows);
	forget(&s);
}

/* Each beside its twin: entries 2i and 2i+1 are a pair, whatever they need and give. */
static void every_case_twice(void **state)
{
	static const char *const names[] = {"own/half", "own/pair", NULL};
	struct session s;

	(void)state;
	plan(&s, names, true);
	assert_int_equal(s.entry_count, 6);
	assert_int_equal(s.run.series_count, 8);
	for (size_t i = 0; i < s.entry_count; i += 2) {
		const struct run_entry *a = &s.entries[i], *b = &s.entries[i + 1];

		assert_ptr_equal(a->bc, b->bc);
		assert_int_equal(a->figures, b->figures);
		assert_int_equal(a->series + a->figures, b->series);
		for (unsigned f = 0; f < a->figures; f++) {
			const char *name = series_name(&s, a->series + f);
			const char *twin = series_name(&s, b->series + f);
			const size_t len = strlen(name);

			assert_string_equal(name + len - 5, "/aa:a");
			assert_string_equal(twin + len - 5, "/aa:b");
			assert_int_equal(strncmp(name, twin, len - 5), 0);
		}
	}
	assert_non_null(s.entries[0].needs);
	assert_non_null(s.entries[1].needs);
	assert_string_equal(s.entries[1].needs->bc->name, "own/peak/workers:1");
	forget(&s);
}

/* That its figure cannot be had here is known before anything is measured; of all that need it. */
static void without_what_it_needs_a_case_cannot_run(void **state)
{
	static const char *const names[] = {"own/grandchild", "own/peak", NULL};
	static const struct {
		const char *name, *why; /* "": it runs */
	} want[] = {
	    {"own/grandchild/workers:1",
		"it needs the figure of own/orphan/workers:1, which is unsupported"},
	    {"own/peak/workers:1", ""},
	    {"own/orphan/workers:1", "it needs the figure of own/absent/workers:1, which is "
				     "unsupported: no such kernel"},
	    {"own/orphan/workers:1/figure:warm_ns", "it needs the figure of own/absent/workers:1, "
						    "which is unsupported: no such kernel"},
	    {"own/absent/workers:1", "no such kernel"},
	};
	struct session s;

	(void)state;
	plan(&s, names, false);
	assert_int_equal(s.entry_count, 1);
	assert_string_equal(s.entries[0].bc->name, "own/peak/workers:1");
	assert_int_equal(s.entries[0].series, 1);
	assert_int_equal(s.run.series_count, sizeof(want) / sizeof(want[0]));
	for (size_t i = 0; i < s.run.series_count; i++) {
		assert_string_equal(series_name(&s, i), want[i].name);
		assert_string_equal(s.run.series[i].reason, want[i].why);
		assert_int_equal(
		    s.run.series[i].status, want[i].why[0] ? STATUS_UNSUPPORTED : STATUS_NOT_RUN);
	}
	forget(&s);
}

/* @said: the line on stderr, or "". Return: as session_plan(). */
static int plan_and_hear(struct session *s, char *said, size_t len)
{
	FILE *file = tmpfile();
	const int saved = dup(STDERR_FILENO);
	int ret;

	assert_true(file && saved >= 0 && dup2(fileno(file), STDERR_FILENO) >= 0);
	ret = session_open(s);
	if (!ret)
		ret = session_plan(s);
	(void)fflush(stderr);
	assert_true(dup2(saved, STDERR_FILENO) >= 0);
	assert_int_equal(close(saved), 0);
	rewind(file);
	if (!fgets(said, (int)len, file))
		said[0] = '\0';
	assert_int_equal(fgetc(file), EOF);
	assert_int_equal(fclose(file), 0);
	return ret;
}

/* A budget that is enough for every launch once is not enough for a pair of each. */
static void a_pair_takes_twice_the_time(void **state)
{
	static const char *const names[] = {"own/peak", NULL};
	static const struct {
		bool aa;
		unsigned in_halves; /* the budget, of what the launches take */
		const char *said;   /* NULL: nothing */
	} rows[] = {{false, 3, NULL}, {false, 1, "too short for 2 launches of each of 1 cases"},
	    {true, 3, "too short for 4 launches of each of 1 cases"}, {true, 5, NULL}};
	struct session s;
	uint64_t launches_ns;

	(void)state;
	plan(&s, names, false);
	launches_ns = pick_needs_ns(&s.chosen.cases.item[0], &(struct pick_plan){.launches = 2});
	assert_true(launches_ns > 0);
	forget(&s);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char said[600];

		s = (struct session){.o = {.what = {.names = names, .name_count = 1},
					 .aa = rows[i].aa,
					 .rounds = 2,
					 .budget_ns = launches_ns * rows[i].in_halves / 2}};
		assert_int_equal(plan_and_hear(&s, said, sizeof(said)), 0);
		if (rows[i].said ? !strstr(said, rows[i].said) : said[0] != '\0')
			fail_msg("row %zu: %s", i, said);
		forget(&s);
	}
}

/* What a budget would have to be is said so that it is: with the looks at windows of a first run,
 * whatever rounding makes of it. */
static void what_is_said_to_be_enough_is(void **state)
{
	static const char *const names[] = {"own/peak", "own/pair", "own/mostly/workers:1", NULL};
	unsigned with_looks = 0;

	(void)state;
	for (unsigned rounds = 5; rounds < 400; rounds = rounds * 3 / 2) {
		struct session s;
		char said[600];
		const char *enough;
		uint64_t launches_ns = 0, enough_ns;

		for (unsigned again = 0; again < 2; again++) {
			s = (struct session){.o = {.what = {.names = names, .name_count = 3},
						 .rounds = rounds,
						 .rounds_given = true,
						 .budget_ns = again ? enough_ns : 1000000}};
			assert_int_equal(plan_and_hear(&s, said, sizeof(said)), 0);
			if (again && said[0])
				fail_msg("%u rounds: %s", rounds, said);
			for (size_t i = 0; !again && i < s.chosen.cases.count; i++)
				launches_ns += pick_needs_ns(&s.chosen.cases.item[i],
				    &(struct pick_plan){.launches = rounds});
			forget(&s);
			if (again)
				continue;
			enough = strstr(said, "--time-budget ");
			assert_non_null(enough);
			enough += strlen("--time-budget ");
			said[strcspn(enough, ",") + (size_t)(enough - said)] = '\0';
			assert_int_equal(text_parse_duration_ns(enough, &enough_ns), 0);
			/* More than what seconds are rounded by. */
			with_looks +=
			    enough_ns < 120000000000 && enough_ns > launches_ns + 1000000000;
		}
	}
	/* The control: there were looks to count. */
	assert_true(with_looks > 0);
}

/* A kind's own mistake is said like a user's: in one line. */
static void a_kind_that_needs_what_is_not_there(void **state)
{
	static const char *const names[] = {"own/lost", NULL};
	struct session s = {.o.what = {.names = names, .name_count = 1}};
	char said[600];

	(void)state;
	assert_int_equal(plan_and_hear(&s, said, sizeof(said)), EXIT_USAGE);
	if (strncmp(said, "concbench run: own/lost/workers:1 depends on 'own/nobody", 56) != 0 ||
	    !strstr(said, "no own 'nobody'"))
		fail_msg("%s", said);
	forget(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(what_is_needed_comes_along),
	    cmocka_unit_test(one_that_needs_nothing_is_alone),
	    cmocka_unit_test(of_several_figures_the_first_is_given),
	    cmocka_unit_test(several_figures_are_several_series),
	    cmocka_unit_test(every_case_twice),
	    cmocka_unit_test(without_what_it_needs_a_case_cannot_run),
	    cmocka_unit_test(a_pair_takes_twice_the_time),
	    cmocka_unit_test(what_is_said_to_be_enough_is),
	    cmocka_unit_test(what_is_given_is_not_measured),
	    cmocka_unit_test(a_kind_that_needs_what_is_not_there),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
