#include "harness/report/case_group.h"
#include "harness/report/chart_knobs.h"
#include "harness/report/fixture_test.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

static void parts_of_a_name(void **state)
{
	struct case_parts p;

	(void)state;
	case_parts_parse("lock/ck_mcs/model:thread/workers:2/place:list:0,2", &p);
	assert_string_equal(p.family, "lock");
	assert_string_equal(p.kind, "ck_mcs");
	assert_int_equal(p.count, 3);
	assert_string_equal(case_parts_value(&p, "place"), "list:0,2");
	assert_string_equal(case_parts_value(&p, "nothing"), "");
}

static void names_of_other_forms(void **state)
{
	static const struct {
		const char *name, *family, *kind;
		unsigned count;
	} cases[] = {
	    {"", "", "", 0},
	    {"alone", "alone", "", 0},
	    {"a/b/c/k:v", "a", "b/c", 1},
	    {"a//b/", "a", "b", 0},
	    {"a/:v", "a", ":v", 0},
	    {"a/k:", "a", "", 1},
	};
	char longest[4 * CASE_WORD_MAX];
	struct case_parts p;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		case_parts_parse(cases[i].name, &p);
		assert_string_equal(p.family, cases[i].family);
		assert_int_equal(p.count, cases[i].count);
		assert_string_equal(p.kind, cases[i].kind);
	}
	memset(longest, 'x', sizeof(longest));
	longest[sizeof(longest) - 1] = '\0';
	case_parts_parse(longest, &p);
	assert_int_equal(strlen(p.family), CASE_WORD_MAX - 1);
}

static void add(struct run *run, const char *name, const char *op)
{
	const struct fixture_case c = {.name = name, .op = op, .ns = 10, .status = STATUS_OK};

	fixture_add(run, &c);
}

static void blocks_and_what_differs(void **state)
{
	struct case_groups groups;
	char common[128];
	struct run run;

	(void)state;
	fixture_begin(&run);
	add(&run, "job/sieve/model:thread/workers:1/place:scatter", "segment");
	add(&run, "lock/a/model:thread/workers:1/place:same", "acquire");
	add(&run, "job/timers/model:thread/workers:1/place:scatter", "wake-up");
	add(&run, "lock/b/model:thread/workers:2/place:same/hold_ns:5", "acquire");
	add(&run, "unknown/z", "thing");
	fixture_end(&run);
	assert_int_equal(case_groups_build(&run, &groups), 0);
	assert_int_equal(groups.count, 4);
	assert_string_equal(groups.items[0].title, "job/sieve");
	assert_string_equal(groups.items[0].id, "job-sieve");
	assert_string_equal(groups.items[1].title, "lock");
	assert_int_equal(groups.items[1].count, 2);
	assert_true(groups.items[1].kind_differs);
	assert_string_equal(groups.items[1].op, "acquire");
	/* hold_ns differs although only one row has it: its absence is a value, too. */
	assert_int_equal(groups.items[1].key_count, 4);
	assert_string_equal(groups.items[1].keys[3].name, "hold_ns");
	assert_true(groups.items[1].keys[3].differs);
	assert_string_equal(
	    case_group_common(&groups.items[1], common, sizeof(common)), "model:thread place:same");
	assert_string_equal(case_group_common(&groups.items[1], common, 8), "model:t");
	assert_string_equal(groups.items[3].title, "unknown");
	case_groups_free(&groups);
	run_free(&run);
}

static void ids_are_for_files_and_never_the_same(void **state)
{
	struct case_groups groups;
	struct run run;

	(void)state;
	fixture_begin(&run);
	add(&run, "../<b>/x", "a");
	add(&run, "..!<b>/x", "a");
	fixture_end(&run);
	assert_int_equal(case_groups_build(&run, &groups), 0);
	assert_string_equal(groups.items[0].id, "--");
	assert_string_equal(groups.items[1].id, "----b-");
	case_groups_free(&groups);
	run_free(&run);
	fixture_begin(&run);
	add(&run, "a!b/x", "a");
	add(&run, "a?b/x", "a");
	fixture_end(&run);
	assert_int_equal(case_groups_build(&run, &groups), 0);
	assert_string_equal(groups.items[0].id, "a-b");
	assert_string_equal(groups.items[1].id, "a-b-2");
	case_groups_free(&groups);
	run_free(&run);
}

/* Every knob is an axis, in the legend, in a label or in the note; none may vanish. */
static void every_knob_is_shown(void **state)
{
	struct case_groups groups;
	struct knobs k;
	struct run run;
	char text[256];

	(void)state;
	fixture_begin(&run);
	add(&run, "job/t/model:thread/workers:1/place:same/us:10/x:1", "a");
	add(&run, "job/t/model:thread/workers:2/place:same/us:20/x:1", "a");
	add(&run, "job/t/model:thread/workers:2/place:same/us:20/x:2", "a");
	add(&run, "job/t/model:coroutine/workers:1/carriers:1/place:same/us:10/x:1", "a");
	add(&run, "job/t/model:coroutine/workers:2/carriers:2/place:same/us:20/x:1", "a");
	fixture_end(&run);
	assert_int_equal(case_groups_build(&run, &groups), 0);
	knobs_assign(&groups.items[0], true, &k);
	assert_string_equal(knobs_text(&groups.items[0], &k, KNOB_LABEL, "thread",
				&groups.items[0].rows[2].parts, text, sizeof(text)),
	    "thread x:2");
	assert_string_equal(knobs_note(&groups.items[0], &k, text, sizeof(text)),
	    "carriers of coroutine: 1 at 1; 2 at 2. us: 10 at 1; 20 at 2");
	/* Without an axis to hang a note on they belong into the label. */
	knobs_assign(&groups.items[0], false, &k);
	assert_string_equal(knobs_note(&groups.items[0], &k, text, sizeof(text)), "");
	assert_string_equal(knobs_text(&groups.items[0], &k, KNOB_LABEL, "t",
				&groups.items[0].rows[4].parts, text, sizeof(text)),
	    "t workers:2 carriers:2 us:20 x:1");
	case_groups_free(&groups);
	run_free(&run);
}

/* What some kinds have always, with one value, and others not at all, tells no rows apart. */
static void a_knob_of_some_kinds_is_said_once(void **state)
{
	struct case_groups groups;
	struct knobs k;
	struct run run;
	char text[256];

	(void)state;
	fixture_begin(&run);
	add(&run, "queue/ring/model:thread/place:same/capacity:256/bytes:8", "item");
	add(&run, "queue/pipe/model:thread/place:same/bytes:8", "item");
	add(&run, "queue/ring/model:thread/place:same/capacity:256/bytes:9", "item");
	add(&run, "queue/list/model:thread/place:same/capacity:256/bytes:9", "item");
	fixture_end(&run);
	assert_int_equal(case_groups_build(&run, &groups), 0);
	knobs_assign(&groups.items[0], true, &k);
	assert_string_equal(knobs_common(&groups.items[0], &k, text, sizeof(text)),
	    "model:thread place:same, capacity:256 (ring, list)");
	assert_string_equal(knobs_text(&groups.items[0], &k, KNOB_LABEL, "",
				&groups.items[0].rows[0].parts, text, sizeof(text)),
	    "bytes:8");
	assert_string_equal(
	    knobs_common(&groups.items[0], &k, text, 30), "model:thread place:same, capa");
	case_groups_free(&groups);
	run_free(&run);
	/* The control: a kind that has it in some rows only. */
	fixture_begin(&run);
	add(&run, "lock/a/model:thread/workers:1", "a");
	add(&run, "lock/b/model:thread/workers:1", "a");
	add(&run, "lock/b/model:thread/workers:1/read_pct:90", "a");
	fixture_end(&run);
	assert_int_equal(case_groups_build(&run, &groups), 0);
	knobs_assign(&groups.items[0], true, &k);
	assert_string_equal(
	    knobs_common(&groups.items[0], &k, text, sizeof(text)), "model:thread workers:1");
	case_groups_free(&groups);
	run_free(&run);
}

static void a_knob_that_follows_from_the_model_is_in_the_legend(void **state)
{
	struct case_groups groups;
	struct knobs k;
	struct run run;
	char text[256];

	(void)state;
	fixture_begin(&run);
	add(&run, "lock/a/model:thread/workers:1/place:scatter", "a");
	add(&run, "lock/a/model:process/workers:1/place:same", "a");
	fixture_end(&run);
	assert_int_equal(case_groups_build(&run, &groups), 0);
	knobs_assign(&groups.items[0], true, &k);
	assert_string_equal(knobs_text(&groups.items[0], &k, KNOB_SERIES, "process",
				&groups.items[0].rows[1].parts, text, sizeof(text)),
	    "process place:same");
	case_groups_free(&groups);
	run_free(&run);
}

static void what_is_counted_and_timed(void **state)
{
	struct fixture_case c = {.ns = 10, .spread = 0.01};
	struct case_groups groups;
	struct run run;
	char text[256];

	(void)state;
	fixture_begin(&run);
	c.op = "acquire+release";
	c.latency_of = "asked -> held";
	c.name = "lock/a/model:thread/workers:1";
	fixture_add(&run, &c);
	c.name = "lock/a/model:process/workers:1";
	fixture_add(&run, &c);
	c.name = "lock/b/model:thread/workers:1";
	fixture_add(&run, &c);
	c.op = "addition";
	c.name = "lock/c/model:thread/workers:1";
	fixture_add(&run, &c);
	/* One that could not run says neither. */
	c.op = "";
	c.latency_of = NULL;
	c.status = STATUS_UNSUPPORTED;
	c.name = "lock/d/model:thread/workers:1";
	fixture_add(&run, &c);
	assert_int_equal(case_groups_build(&run, &groups), 0);
	assert_int_equal(groups.count, 1);
	assert_string_equal(case_group_ops(&groups.items[0], text, sizeof(text)),
	    "acquire+release (a, b); addition (c)");
	assert_string_equal(
	    case_group_latencies(&groups.items[0], text, sizeof(text)), "asked -> held");
	/* Cut, never beyond. */
	assert_string_equal(case_group_ops(&groups.items[0], text, 8), "acquire");
	case_groups_free(&groups);
	run_free(&run);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(what_is_counted_and_timed),
	    cmocka_unit_test(parts_of_a_name),
	    cmocka_unit_test(names_of_other_forms),
	    cmocka_unit_test(blocks_and_what_differs),
	    cmocka_unit_test(ids_are_for_files_and_never_the_same),
	    cmocka_unit_test(every_knob_is_shown),
	    cmocka_unit_test(a_knob_of_some_kinds_is_said_once),
	    cmocka_unit_test(a_knob_that_follows_from_the_model_is_in_the_legend),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
