/* comparison_test.c - rows, exit statuses, order, and the table for people. */
#include "harness/compare/comparison_fixture.h"

#include <errno.h>
#include <math.h>

static void rows_are_added(void **state)
{
	struct comparison c = begin();
	char name[CASE_NAME_MAX + 1];

	(void)state;
	for (int i = 0; i < 100; i++) {
		snprintf(name, sizeof(name), "case/%d", i);
		add(&c, name, i % 2 ? VERDICT_SAME : VERDICT_UNSURE, 0);
	}
	assert_int_equal(c.row_count, 100);
	assert_string_equal(c.rows[99].name, "case/99");
	assert_int_equal(comparison_count(&c, VERDICT_SAME), 50);
	assert_int_equal(comparison_count(&c, VERDICT_FAILED), 0);
	memset(name, 'x', sizeof(name) - 1);
	name[CASE_NAME_MAX] = '\0';
	assert_null(comparison_add(&c, name));
	assert_int_equal(errno, ENAMETOOLONG);
	assert_int_equal(c.row_count, 100);
	comparison_free(&c);
	assert_int_equal(c.row_count, 0);
}

static void long_difference_is_whole(void **state)
{
	struct comparison c = begin();
	char text[2 * REASON_MAX];

	(void)state;
	memset(text, 'x', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	assert_int_equal(comparison_add_difference(&c, "%s", text), 0);
	assert_string_equal(c.differences[0], text);
	comparison_free(&c);
}

static void exit_statuses(void **state)
{
	static const struct {
		enum verdict verdict[4];
		size_t n;
		int normal, strict;
	} table[] = {
	    {{VERDICT_SAME}, 0, 2, 2},
	    {{VERDICT_SAME}, 1, 0, 0},
	    {{VERDICT_FASTER, VERDICT_SAME}, 2, 0, 0},
	    {{VERDICT_SLOWER, VERDICT_SAME, VERDICT_UNSURE}, 3, 1, 1},
	    {{VERDICT_SLOWER, VERDICT_INCOMPARABLE, VERDICT_MISSING}, 3, 1, 1},
	    {{VERDICT_SLOWER, VERDICT_FAILED}, 2, 2, 2},
	    {{VERDICT_FAILED}, 1, 2, 2},
	    {{VERDICT_FAILED, VERDICT_INCOMPARABLE, VERDICT_SAME}, 3, 2, 2},
	    {{VERDICT_UNSURE, VERDICT_SAME}, 2, 0, 3},
	    {{VERDICT_MISSING, VERDICT_SAME}, 2, 0, 3},
	    {{VERDICT_MISSING}, 1, 2, 2},
	    {{VERDICT_INCOMPARABLE}, 1, 4, 4},
	    {{VERDICT_INCOMPARABLE, VERDICT_SAME, VERDICT_UNSURE}, 3, 4, 4},
	    {{VERDICT_INCOMPARABLE, VERDICT_MISSING}, 2, 4, 4},
	    {{VERDICT_DIFFERS, VERDICT_SAME}, 2, 0, 0},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		struct comparison c = begin();

		for (size_t k = 0; k < table[i].n; k++)
			add(&c, "x", table[i].verdict[k], 0);
		assert_int_equal(comparison_exit(&c), table[i].normal);
		c.strict = true;
		assert_int_equal(comparison_exit(&c), table[i].strict);
		comparison_free(&c);
	}
}

/* A budget too small for a look leaves rows that are unsure and have no figure: nothing ran. */
static void rows_without_a_figure_are_not_compared(void **state)
{
	struct text_buffer sentence = {0};
	struct comparison c = begin();

	(void)state;
	add(&c, "x", VERDICT_UNSURE, 0)->has_figure = false;
	assert_int_equal(comparison_exit(&c), 2);
	add(&c, "y", VERDICT_SAME, 0);
	assert_int_equal(comparison_exit(&c), 0);
	/* But it is told from what was looked at. */
	add(&c, "z", VERDICT_UNSURE, 0);
	assert_int_equal(comparison_unseen(&c), 1);
	comparison_sentence(&c, &sentence);
	assert_non_null(
	    strstr(text_buffer_str(&sentence), "1 same, 2 unsure (1 without a figure) of 3 cases"));
	text_buffer_free(&sentence);
	comparison_free(&c);
}

static void worst_comes_first(void **state)
{
	static const char *const want[] = {"a/failed", "a/slower<&\"'|`_*", "a/slower_a_bit",
	    "a/other", "a/unsure", "a/missing", "a/faster", "a/same/model:thread"};
	struct comparison c = sample();
	const struct comparison_row **order = comparison_order(&c);

	(void)state;
	assert_non_null(order);
	assert_int_equal(c.row_count, sizeof(want) / sizeof(want[0]));
	for (size_t i = 0; i < c.row_count; i++)
		assert_string_equal(order[i]->name, want[i]);
	free(order);
	comparison_free(&c);
}

static char *printed(const struct comparison *c, bool ascii)
{
	char *text = NULL;
	size_t len;
	FILE *f = open_memstream(&text, &len);

	assert_non_null(f);
	assert_int_equal(comparison_print(f, c, ascii), 0);
	fclose(f);
	return text;
}

static void table_for_people(void **state)
{
	struct comparison c = sample();
	char *text = printed(&c, true);

	(void)state;
	for (const char *p = text; *p; p++)
		assert_true((unsigned char)*p < 0x80);
	has(text, "base: main\nhead: topic\ndiffers: cpu.model: A|B <> C\n");
	has(text, "+5.21 % (+4.81 .. +5.61)");
	has(text, "1.5 us  1.58 us  a/slower<&\"'|`_*  (confirmed by fresh launches; "
		  "by the quickest quarter of turns in 5 of 20 launches: the rest of them "
		  "varied too much; layout-sensitive (launches spread x2.3))\n");
	has(text, "a/missing  (why it is missing)\n");
	has(text, "\n2 slower, 1 faster, 1 same, 1 unsure, 1 incomparable, 1 missing, 1 failed of "
		  "8 cases; a change is detected from 0.5 % on, what is within +-1 % is the same; "
		  "took 1 min 2 s\n");
	has(text, "on this machine, 1.3 % is visible in 5 s\n");
	has_not(text, "weaker");
	has_not(text, "FORCED");
	has_not(text, "budget");
	free(text);
	c.budget_s = 50;
	c.confirm_s = 25;
	text = printed(&c, true);
	has(text,
	    "; took 1 min 2 s; the time budget was 50 s, and 25 s more to confirm a change\n");
	free(text);
	text = printed(&c, false);
	has(text, "+5.21 % (+4.81 … +5.61)");
	has(text, "1.5 µs");
	free(text);
	comparison_free(&c);
}

/* Columns stand under each other: everything before the case is of one width. */
/* Each in its own unit, worse or better, and largest first by what a per cent of each is. */
static void figures_for_people(void **state)
{
	static const struct {
		unsigned figure;
		enum verdict verdict;
		double base, change;
		const char *line;
	} table[] = {
	    {FIXTURE_BYTES, VERDICT_SLOWER, 4096, 0.5,
		"worse         +50.0 % (+49.6 .. +50.4)   4.1 kB  6.14 kB  "},
	    {FIXTURE_LATENESS, VERDICT_SLOWER, -300, 1500,
		"worse     +1.5 us (+1.5 us .. +1.5 us)  -300 ns   1.2 us  "},
	    {FIXTURE_SHARE, VERDICT_FASTER, 0.25, -0.05,
		"better   -5.00 points (-5.40 .. -4.60)     25 %     20 %  "},
	    {FIXTURE_ENDS, VERDICT_DIFFERS, 0.9, -0.4,
		"differs  -40.0 points (-40.4 .. -39.6)     90 %     50 %  "},
	};
	struct comparison c = begin();
	struct text_buffer sentence = {0};
	char *text;

	(void)state;
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		const struct run_figure *f = &fixture_figure[table[i].figure];
		struct comparison_row *r = add(&c, f->metric, table[i].verdict, table[i].change);

		r->figure = *f;
		r->base = table[i].base;
		comparison_place_head(r);
		r->head_alone = r->head;
		if (f->scale == CB_OUTCOME) {
			r->outcomes[0][0] = 18;
			r->outcomes[0][1] = 2;
			r->outcomes[1][0] = r->outcomes[1][2] = 10;
		}
	}
	text = printed(&c, true);
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		char *line = strstr(text, fixture_figure[table[i].figure].metric);

		assert_non_null(line);
		while (line > text && line[-1] != '\n')
			line--;
		if (strncmp(line, table[i].line, strlen(table[i].line)) != 0)
			fail_msg("not \"%s\" in:\n%s", table[i].line, text);
	}
	/* 50 % is more than 1,500 ns of 5,000 are. */
	assert_true(strstr(text, "peak_bytes") < strstr(text, "late_ns"));
	has(text, "(base: 18 survived, 2 lost, head: 10 survived, 10 hung)");
	free(text);
	comparison_sentence(&c, &sentence);
	has(text_buffer_str(&sentence), "2 worse, 1 better, 1 differs of 4 cases");
	has(text_buffer_str(&sentence),
	    "is the same, for shares in points, for differences as a part of their worth");
	text_buffer_free(&sentence);
	add(&c, "a time", VERDICT_SLOWER, 0.02);
	comparison_sentence(&c, &sentence);
	has(text_buffer_str(&sentence), "3 slower or worse, 1 faster or better, 1 differs of 5");
	text_buffer_free(&sentence);
	comparison_free(&c);
}

static void table_is_aligned(void **state)
{
	struct comparison c = begin();
	char *text, *line, *rest;
	long at = -1;

	(void)state;
	add(&c, "@1", VERDICT_SLOWER, 3.5);
	add(&c, "@2", VERDICT_INCOMPARABLE, 0);
	add(&c, "@3", VERDICT_SAME, 0.0001);
	text = printed(&c, true);
	rest = text;
	while ((line = strsep(&rest, "\n")) != NULL) {
		const char *name = strchr(line, '@');

		if (!name)
			continue;
		if (at < 0)
			at = name - line;
		assert_int_equal(name - line, at);
	}
	assert_true(at > 0);
	free(text);
	comparison_free(&c);
}

static void weaker_forced_and_interrupted_are_said(void **state)
{
	struct comparison c = begin();
	char *text;

	(void)state;
	c.kind = COMPARISON_STORED;
	c.forced = c.interrupted = true;
	text = printed(&c, true);
	has(text, "no case was compared");
	has(text, "drift counts as change");
	has(text, "FORCED");
	has(text, "interrupted");
	free(text);
	comparison_free(&c);
}

static void nothing_slower_is_said(void **state)
{
	struct comparison c = begin();
	char *text;

	(void)state;
	add(&c, "x", VERDICT_SAME, 0);
	text = printed(&c, true);
	has(text, "\n0 slower, 1 same of 1 case; ");
	free(text);
	comparison_free(&c);
}

/* A launch in ten may have gone by its quickest turns by chance: that is no news. */
static void quickest_turns_are_told_when_many(void **state)
{
	struct comparison c = begin();
	struct comparison_row *r = add(&c, "x", VERDICT_SLOWER, 0.1);
	char *text;

	(void)state;
	r->figure_launches = 20;
	r->quickest_launches = 2;
	text = printed(&c, true);
	assert_null(strstr(text, "quickest"));
	free(text);
	c.rows[0].quickest_launches = 3;
	text = printed(&c, true);
	has(text, "by the quickest quarter of turns in 3 of 20 launches");
	free(text);
	comparison_free(&c);
}

static void headline_is(struct comparison *c, const char *want)
{
	struct text_buffer line = {0};
	char *text = printed(c, true);

	comparison_headline(c, &line);
	assert_string_equal(text_buffer_str(&line), want);
	/* It is the first that is read. */
	assert_memory_equal(text, want, strlen(want));
	assert_int_equal(text[strlen(want)], '\n');
	free(text);
	text_buffer_free(&line);
}

/* Exit status 0 with seven of eight unsure is not "nothing is slower". */
static void the_first_line_says_what_may_have_gone_unseen(void **state)
{
	struct comparison c = begin();
	char *text;

	(void)state;
	add(&c, "same", VERDICT_SAME, 0);
	headline_is(&c, "1 of 1 judged, none slower");
	for (int i = 0; i < 7; i++)
		add(&c, "unsure", VERDICT_UNSURE, i == 3 ? 0.02 : 0.006);
	headline_is(&c, "1 of 8 judged; of the others a slowdown up to 2.4 % may have gone unseen");
	text = printed(&c, true);
	has(text, "unsure  (at most 2.4 % slower)\n");
	has(text, "unsure  (at most 1 % slower)\n");
	free(text);
	add(&c, "new", VERDICT_MISSING, 0);
	add(&c, "no look", VERDICT_UNSURE, 0)->has_figure = false;
	headline_is(&c, "1 of 9 judged; of the others a slowdown up to 2.4 % may have gone unseen, "
			"and in 1 of them one of any size");
	add(&c, "slower", VERDICT_SLOWER, 0.1);
	headline_is(&c, "1 slower: 2 of 10 judged; of the others a slowdown up to 2.4 % may have "
			"gone unseen, and in 1 of them one of any size");
	comparison_free(&c);
	c = begin();
	add(&c, "no look", VERDICT_FAILED, 0);
	headline_is(&c, "0 of 1 judged; in the other a slowdown of any size may have gone unseen");
	comparison_free(&c);
}

static void what_must_be_seen_is_asked_of_every_row(void **state)
{
	static const struct {
		enum verdict verdict;
		double change, must_see;
		int status;
	} table[] = {
	    /* Their intervals reach 0.4 points further. */
	    {VERDICT_UNSURE, 0.02, 0.025, 0},
	    {VERDICT_UNSURE, 0.02, 0.024, 3},
	    {VERDICT_UNSURE, 0.02, 0.02, 3},
	    {VERDICT_UNSURE, -0.02, 0.02, 0},
	    {VERDICT_SAME, 0.001, 0.01, 0},
	    {VERDICT_SAME, 0.001, 0.004, 3},
	    {VERDICT_FASTER, -0.1, 0.01, 0},
	    {VERDICT_SLOWER, 0.1, 0.01, 1},
	    /* New, or gone: nothing is slower than what is not there. */
	    {VERDICT_MISSING, 0, 0.01, 0},
	    {VERDICT_INCOMPARABLE, 0, 0.01, 4},
	    {VERDICT_FAILED, 0, 0.01, 2},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		struct comparison c = begin();

		add(&c, "quiet", VERDICT_SAME, -0.005);
		add(&c, "x", table[i].verdict, table[i].change);
		c.must_see = table[i].must_see;
		assert_int_equal(comparison_exit(&c), table[i].status);
		assert_int_equal(comparison_missed(&c) > 0,
		    table[i].status == 3 || table[i].status == 4 || table[i].status == 2);
		c.must_see = 0;
		assert_int_equal(comparison_missed(&c), 0);
		assert_int_not_equal(comparison_exit(&c), 3);
		comparison_free(&c);
	}
}

/* A row that nobody looked at may be any amount slower. */
static void no_look_sees_nothing(void **state)
{
	struct comparison c = begin();

	(void)state;
	add(&c, "quiet", VERDICT_SAME, 0);
	add(&c, "x", VERDICT_UNSURE, 0)->has_figure = false;
	assert_int_equal(comparison_exit(&c), 0);
	c.must_see = 10;
	assert_int_equal(comparison_exit(&c), 3);
	headline_is(&c, "1 of 2 judged; in the other a slowdown of any size may have gone unseen; "
			"1e+03 % was to be seen: in 1 it may have gone unseen");
	comparison_free(&c);
}

/* What is better by more is worse by less, and points are points. */
static void the_worst_is_of_its_figure(void **state)
{
	static const struct {
		enum cb_scale scale;
		enum cb_better better;
		double worth, low, high, worst;
	} table[] = {
	    {CB_RATIO, CB_LESS, 0, -0.01, 0.03, 0.030454533953516855},
	    {CB_RATIO, CB_MORE, 0, -0.01, 0.03, 0.009950166250831893},
	    {CB_DIFFERENCE, CB_LESS, 5000, -0.01, 0.03, 0.03},
	    {CB_SHARE, CB_LESS, 0, -0.01, 0.03, 0.03},
	    {CB_SHARE, CB_NEITHER, 0, -0.05, 0.03, 0.05},
	};
	(void)state;
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		struct comparison_row r = {.figure = {.scale = table[i].scale,
					       .better = table[i].better,
					       .worth = table[i].worth}};
		struct evidence e = {.log_ratio = {0, table[i].low, table[i].high}};

		comparison_fill(&r, &e, 0.99);
		assert_true(fabs(r.worst - table[i].worst) < 1e-12);
		/* Where the quickest turns say less than all of them do. */
		e.quickest = 1;
		e.middle = (struct stats_interval){0, -0.2, 0.2};
		comparison_fill(&r, &e, 0.99);
		assert_true(r.worst > 0.15);
	}
}

/* +28.9 % beside 45.9 ns and 67.6 ns, which are 47 % apart, is a riddle. */
static void figures_side_by_side_agree(void **state)
{
	struct comparison c = begin();
	struct comparison_row *r = add(&c, "bimodal", VERDICT_SLOWER, 0.289);
	char *text;

	(void)state;
	r->base = 45.9;
	r->head_alone = 67.6;
	comparison_place_head(r);
	assert_true(fabs(r->head / r->base - 1 - r->change.estimate) < 1e-12);
	text = printed(&c, true);
	has(text, "45.9 ns  59.2 ns  bimodal  (head's own middle is 67.6 ns: its launches differ");
	free(text);
	r->head_alone = 59.1;
	text = printed(&c, true);
	has_not(text, "own middle");
	free(text);
	/* All launches equal: an interval of no width, off by a bit of a double. */
	r->base = 100;
	r->head_alone = 128.9;
	r->change.low = r->change.high = r->change.estimate * (1 + 1e-15);
	text = printed(&c, true);
	has_not(text, "own middle");
	free(text);
	r->head_alone = 128.8;
	text = printed(&c, true);
	has(text, "head's own middle is 129 ns");
	free(text);
	comparison_free(&c);
}

/* Two profiles against each other: a line a family, and no figure is lost that stands alone. */
static void missing_rows_are_one_line_a_family(void **state)
{
	struct comparison c = begin();
	char name[32], *text, *at;
	struct comparison_row *r;
	unsigned lines = 0;

	(void)state;
	add(&c, "lock/both", VERDICT_SAME, 0);
	for (int i = 0; i < 30; i++) {
		snprintf(name, sizeof(name), "%s/%d", i % 3 ? "lock" : "queue", i);
		r = add(&c, name, VERDICT_MISSING, 0);
		snprintf(r->reason, sizeof(r->reason), "%s", i < 15 ? "no head" : "no base");
	}
	r = add(&c, "job/one", VERDICT_MISSING, 0);
	r->has_value[1] = true;
	r->head = 1500;
	text = printed(&c, true);
	for (at = text; (at = strstr(at, "\nmissing ")) != NULL; at++)
		lines++;
	assert_int_equal(lines, 5);
	has(text, "  lock: 10 cases  (no head)\n");
	has(text, "  queue: 5 cases  (no base)\n");
	has(text, "  1.5 us  job/one  (why it is missing)\n");
	free(text);
	comparison_free(&c);
}

/* A signal is what the process ends with, whatever was found until then. */
static void a_signal_is_the_status(void **state)
{
	struct comparison c = begin();

	(void)state;
	add(&c, "x", VERDICT_SLOWER, 0.1);
	assert_int_equal(comparison_status(&c), 1);
	c.signal = 2;
	assert_int_equal(comparison_status(&c), 130);
	comparison_free(&c);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(rows_are_added),
	    cmocka_unit_test(long_difference_is_whole),
	    cmocka_unit_test(exit_statuses),
	    cmocka_unit_test(rows_without_a_figure_are_not_compared),
	    cmocka_unit_test(worst_comes_first),
	    cmocka_unit_test(table_for_people),
	    cmocka_unit_test(figures_for_people),
	    cmocka_unit_test(table_is_aligned),
	    cmocka_unit_test(weaker_forced_and_interrupted_are_said),
	    cmocka_unit_test(nothing_slower_is_said),
	    cmocka_unit_test(quickest_turns_are_told_when_many),
	    cmocka_unit_test(a_signal_is_the_status),
	    cmocka_unit_test(the_first_line_says_what_may_have_gone_unseen),
	    cmocka_unit_test(what_must_be_seen_is_asked_of_every_row),
	    cmocka_unit_test(no_look_sees_nothing),
	    cmocka_unit_test(the_worst_is_of_its_figure),
	    cmocka_unit_test(figures_side_by_side_agree),
	    cmocka_unit_test(missing_rows_are_one_line_a_family),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
