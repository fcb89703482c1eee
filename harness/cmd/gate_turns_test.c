/* gate_turns_test.c - what a row says of turns that are shorter than the steady windows. */
#include "harness/cmd/gate_turns.h"

#include "harness/history/machine_class.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#define MS UINT64_C(1000000)

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

/* Windows as long as a run's usually are. */
static uint64_t window_ns(const struct cb_case *c)
{
	(void)c;
	return 3 * MS;
}

#define KIND(x)                                                  \
	static const struct cb_kind kind_##x = {.family = "own", \
	    .name = #x,                                          \
	    .about = "for this test",                            \
	    .version = 1,                                        \
	    .models = CB_CAN_ALL,                                \
	    .work = &load,                                       \
	    .window_ns = window_ns};                             \
	CB_REGISTER(kind_##x)

KIND(settles)
KIND(sensitive)
KIND(steady)
KIND(unknown)

static void short_turns_are_told(void **state)
{
	static const struct {
		enum run_window_how how;
		uint64_t window_ms, turn_ms;
		const char *want;
	} table[] = {
	    {WINDOW_STEADY, 24, 1, "judged in turns of 1 ms; steady from 24 ms on, as runs saw"},
	    {WINDOW_STEADY, 24, 24, ""},
	    {WINDOW_STEADY, 24, 60, ""},
	    {WINDOW_SENSITIVE, 192, 1,
		"judged in turns of 1 ms, not steady: runs saw 15.7 µs in 24 ms and 24.2 µs in "
		"192 ms"},
	    {WINDOW_SENSITIVE, 192, 192, ""},
	    {WINDOW_UNSETTLED, 24, 1, ""},
	    {WINDOW_UNJUDGED, 24, 1, ""},
	};
	const struct run_figure figure = run_time_figure();

	(void)state;
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		const struct window_known known = {.window_ns = table[i].window_ms * MS,
		    .seen = {.how = table[i].how,
			.shorter_ns = 24 * MS,
			.longer_ns = 192 * MS,
			.shorter = 15700,
			.longer = 24200}};
		char text[COMPARISON_TURNS_MAX];

		assert_string_equal(
		    gate_turns_say(&known, &figure, table[i].turn_ms * MS, text, sizeof(text)),
		    table[i].want);
	}
}

/* What runs on this machine have found out, by a case's name or by its group. */
static void write_known(const char *path, const char *class, const struct topology *topo)
{
	static const struct {
		const char *name;
		bool by_group;
		enum run_window_how how;
		uint64_t window_ms;
	} known[] = {
	    {"own/settles/workers:1", false, WINDOW_STEADY, 24},
	    {"own/sensitive/workers:1", true, WINDOW_SENSITIVE, 192},
	    {"own/steady/workers:1", true, WINDOW_STEADY, 3},
	};
	struct windows windows = {0};
	struct host host;
	struct registry kinds;
	char err[400];

	host_describe(&host, topo);
	assert_int_equal(registry_create(&kinds, err, sizeof(err)), 0);
	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
		struct window_known one = {.window_ns = known[i].window_ms * MS,
		    .seen = {.how = known[i].how,
			.shorter_ns = 24 * MS,
			.longer_ns = 192 * MS,
			.shorter = 15700,
			.longer = 24200}};
		struct bench_case bc;

		if (case_parse(&kinds, &host, known[i].name, &bc, NULL, err, sizeof(err)) != 0)
			fail_msg("%s", err);
		if (known[i].by_group)
			case_window_group(&bc, one.group);
		else
			(void)snprintf(one.group, sizeof(one.group), "%s", bc.name);
		assert_int_equal(windows_note(&windows, &one), 0);
	}
	assert_int_equal(windows_write(path, class, &windows), 0);
	windows_free(&windows);
	registry_free(&kinds);
}

/* The file beside the runs, that of this machine's class, and of that only. */
static void rows_are_told_of_what_runs_have_seen(void **state)
{
	static const struct {
		const char *name, *want;
	} table[] = {
	    {"own/unknown/workers:1", ""},
	    {"own/settles/workers:1", "judged in turns of 1 ms; steady from 24 ms on, as runs saw"},
	    /* Whose own windows are the steady ones. */
	    {"own/steady/workers:1", ""},
	    {"own/sensitive/workers:1",
		"judged in turns of 1 ms, not steady: runs saw 15.7 µs in 24 ms and 24.2 µs in "
		"192 ms"},
	};
	enum { NO_FILE, NOT_JSON, OTHER_MACHINE, THIS_MACHINE, LONG_TURNS, TIMES };
	const struct gate_request request = {.command = "gate"};
	struct catalogue_case item[4] = {{.name = ""}};
	const struct catalogue_case *cases[4];
	struct manifest machine = {0}, other = {0};
	char dir[] = P_tmpdir "/concbench-turns-XXXXXX", path[64], class[MACHINE_CLASS_LEN],
	     err[200];
	struct gate_session s = {
	    .request = &request, .what = {.profile = CB_QUICK}, .cases = cases, .case_count = 4};

	(void)state;
	assert_non_null(mkdtemp(dir));
	(void)snprintf(path, sizeof(path), "%s/" WINDOWS_FILE, dir);
	assert_int_equal(topology_discover(&s.topo, err, sizeof(err)), 0);
	assert_int_equal(manifest_add(&machine, "cpu.model", "this one"), 0);
	assert_int_equal(manifest_add(&other, "cpu.model", "another"), 0);
	for (unsigned i = 0; i < 4; i++) {
		(void)snprintf(item[i].name, sizeof(item[i].name), "%s", table[i].name);
		item[i].slot_ns = 3 * MS;
		cases[i] = &item[i];
	}
	for (unsigned t = NO_FILE; t < TIMES; t++) {
		struct comparison c = {0};

		if (t == NOT_JSON) {
			FILE *f = fopen(path, "we");

			assert_true(f && fputs("none", f) >= 0 && fclose(f) == 0);
		}
		if (t == OTHER_MACHINE || t == THIS_MACHINE) {
			machine_class(t == OTHER_MACHINE ? &other : &machine, class);
			write_known(path, class, s.topo);
		}
		/* --slot-time: as long as the longest of them. */
		s.plan.slot_ns = t == LONG_TURNS ? 192 * MS : 0;
		for (unsigned i = 0; i < 4; i++)
			comparison_add(&c, table[i].name)->figure = run_time_figure();
		assert_int_equal(gate_turns_note(&s, dir, &machine, c.rows), 0);
		for (unsigned i = 0; i < 4; i++)
			assert_string_equal(
			    c.rows[i].turns, t == THIS_MACHINE ? table[i].want : "");
		comparison_free(&c);
	}
	manifest_free(&machine);
	manifest_free(&other);
	topology_free(s.topo);
	assert_int_equal(unlink(path), 0);
	assert_int_equal(rmdir(dir), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(short_turns_are_told),
	    cmocka_unit_test(rows_are_told_of_what_runs_have_seen),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
