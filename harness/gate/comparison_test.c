/* comparison_test.c - exit statuses, order, and what the writers make of awkward texts. */
#include "harness/gate/comparison_text.h"

#include "harness/run/run_fixture.h"

#include <errno.h>
#include <jansson.h>
#include <math.h>
#include <sys/stat.h>

static struct comparison_row *add(
    struct comparison *c, const char *name, enum verdict v, double change)
{
	struct comparison_row *r = comparison_add(c, name);

	assert_non_null(r);
	assert_int_equal(r->verdict, VERDICT_UNSURE);
	r->verdict = v;
	if (v == VERDICT_MISSING || v == VERDICT_FAILED || v == VERDICT_INCOMPARABLE) {
		snprintf(r->reason, sizeof(r->reason), "why it is %s", verdict_name(v));
		return r;
	}
	r->has_figure = true;
	r->base_ns_per_op = 1500;
	r->head_ns_per_op = 1500 * (1 + change);
	r->change = (struct stats_interval){change, change - 0.004, change + 0.004};
	r->level = 0.999;
	r->p = 0.0123;
	r->base_launches = r->head_launches = 20;
	r->slots = 1600;
	r->spent_s = 4.5;
	return r;
}

static struct comparison begin(void)
{
	struct comparison c = {.min_effect = 0.01, .elapsed_s = 62};

	snprintf(c.base, sizeof(c.base), "main");
	snprintf(c.head, sizeof(c.head), "topic");
	snprintf(c.date, sizeof(c.date), "2026-11-23T15:53:34Z");
	return c;
}

/* Every verdict, the worst not first, with names and reasons that are markup elsewhere. */
static struct comparison sample(void)
{
	struct comparison c = begin();
	struct comparison_row *r;

	add(&c, "a/same/model:thread", VERDICT_SAME, 0.001);
	add(&c, "a/slower_a_bit", VERDICT_SLOWER, 0.02);
	add(&c, "a/faster", VERDICT_FASTER, -0.05);
	add(&c, "a/unsure", VERDICT_UNSURE, 0.006);
	r = add(&c, "a/slower<&\"'|`_*", VERDICT_SLOWER, 0.0521);
	r->confirmed = r->layout_sensitive = true;
	r->layout_ratio = 2.34;
	r->figure_launches = 20;
	r->quickest_launches = 5;
	add(&c, "a/missing", VERDICT_MISSING, 0);
	r = add(&c, "a/failed", VERDICT_FAILED, 0);
	snprintf(r->reason, sizeof(r->reason), "head: <b>\"5 > 4\" & a|b *x* \t\xff");
	add(&c, "a/other", VERDICT_INCOMPARABLE, 0);
	snprintf(c.noise, sizeof(c.noise), "on this machine, 1.3 %% is visible in 5 s");
	assert_int_equal(comparison_add_difference(&c, "%s: %s <> %s", "cpu.model", "A|B", "C"), 0);
	return c;
}

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

static void long_difference_is_cut(void **state)
{
	struct comparison c = begin();
	char text[2 * REASON_MAX];

	(void)state;
	memset(text, 'x', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	assert_int_equal(comparison_add_difference(&c, "%s", text), 0);
	assert_int_equal(strlen(c.differences[0]), REASON_MAX - 1);
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

static void has(const char *text, const char *part)
{
	if (!strstr(text, part))
		fail_msg("no '%s' in:\n%s", part, text);
}

static void has_not(const char *text, const char *part)
{
	if (strstr(text, part))
		fail_msg("'%s' in:\n%s", part, text);
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

typedef int (*writer)(const struct comparison *c, const char *path);

static char *written(writer write_it, const struct comparison *c)
{
	char *dir = fixture_make_dir(), *path, *text;
	size_t len;

	assert_true(asprintf(&path, "%s/out", dir) > 0);
	assert_int_equal(write_it(c, path), 0);
	assert_int_equal(file_read_all(path, 10 << 20, &text, &len), 0);
	assert_int_equal(strlen(text), len);
	unlink(path);
	assert_int_equal(rmdir(dir), 0);
	free(path);
	free(dir);
	return text;
}

static void markdown_for_a_pull_request(void **state)
{
	struct comparison c = sample();
	char *text = written(comparison_markdown, &c);
	const char *details, *slower;

	(void)state;
	assert_memory_equal(text, "<!-- concbench comparison -->\n### concbench: `main` → `topic`",
	    strlen("<!-- concbench comparison -->\n### concbench: `main` → `topic`"));
	has(text, "**2 slower, 1 faster,");
	has(text, "| **slower** | `a/slower<&\"'\\|'_*` | 1.5 µs | 1.58 µs | +5.21 % ");
	has(text, "head: &lt;b&gt;\"5 &gt; 4\" &amp; a\\|b \\*x\\*");
	has(text, "- cpu.model: A\\|B &lt;&gt; C\n");
	has(text, "on this machine, 1.3 % is visible in 5 s");
	details = strstr(text, "<details>");
	slower = strstr(text, "**slower**");
	assert_true(details && slower && slower < details);
	has(details, "<summary>1 unsure</summary>");
	has(details, "<summary>1 same</summary>");
	has(details, "a/same/model:thread");
	has_not(details, "**slower**");
	free(text);
	/* Under strict an unsure case fails the build: it is not folded. */
	c.strict = true;
	text = written(comparison_markdown, &c);
	has_not(text, "<summary>1 unsure</summary>");
	free(text);
	comparison_free(&c);
}

/* Nobody is notified and nothing is linked by what a benchmark has said. */
static void markdown_names_nobody(void **state)
{
	struct comparison c = sample();
	struct comparison_row *r = add(&c, "a/lively", VERDICT_FAILED, 0);
	char *text;

	(void)state;
	snprintf(r->reason, sizeof(r->reason),
	    "@maintainers see https://evil.example/x or WWW.evil.example, org/repo#12, "
	    "a@b.example");
	assert_int_equal(comparison_add_difference(&c, "os.name: @team <> ftp://other"), 0);
	text = written(comparison_markdown, &c);
	has_not(text, "@maintainers");
	has_not(text, "@team");
	has_not(text, "@b");
	has_not(text, "https://");
	has_not(text, "ftp://");
	has_not(text, "WWW.");
	has_not(text, "#12");
	/* But for what cannot be seen it is all there. */
	has(text, "@\xe2\x80\x8bmaintainers see https\xe2\x80\x8b://evil.example/x or "
		  "WWW\xe2\x80\x8b.evil.example, org/repo\\#\xe2\x80\x8b"
		  "12, a@\xe2\x80\x8b"
		  "b.example");
	free(text);
	comparison_free(&c);
}

/* What a forge would refuse is cut, and the cut is said. */
static void markdown_of_many_cases_fits_a_comment(void **state)
{
	struct comparison c = begin();
	char name[CASE_NAME_MAX], *text;

	(void)state;
	for (int i = 0; i < 2000; i++) {
		snprintf(
		    name, sizeof(name), "lock/kind_%d/model:thread/workers:2/place:scatter", i);
		add(&c, name, VERDICT_SAME, 0);
	}
	add(&c, "the/slow/one", VERDICT_SLOWER, 0.1);
	text = written(comparison_markdown, &c);
	assert_true(strlen(text) < 65536);
	has(text, "the/slow/one");
	has(text, "more are left out here");
	has(text, "</details>");
	free(text);
	comparison_free(&c);
}

static size_t times(const char *text, const char *part)
{
	size_t n = 0;

	while ((text = strstr(text, part)) != NULL) {
		n++;
		text += strlen(part);
	}
	return n;
}

static void junit_for_ci(void **state)
{
	struct comparison c = sample();
	char *text = written(comparison_junit, &c);

	(void)state;
	has(text, "tests=\"8\" failures=\"2\" errors=\"2\" skipped=\"2\" time=\"62.000\"");
	assert_int_equal(times(text, "<testcase "), 8);
	assert_int_equal(times(text, "<failure "), 2);
	assert_int_equal(times(text, "<error "), 2);
	assert_int_equal(times(text, "<skipped "), 2);
	has(text, "classname=\"a/same\" name=\"a/same/model:thread\" time=\"4.500\"/>");
	has(text, "name=\"a/slower&lt;&amp;&quot;'|`_*\"");
	has(text, "head: &lt;b&gt;&quot;5 &gt; 4&quot; &amp; a|b *x* ?\" type=\"failed\"/>");
	has_not(text, "\t");
	has_not(text, "\xff");
	free(text);
	/* Who asks for strictness and ends with 3 does not read of 0 failures. */
	c.strict = true;
	text = written(comparison_junit, &c);
	has(text, "tests=\"8\" failures=\"4\" errors=\"2\" skipped=\"0\"");
	assert_int_equal(times(text, "<failure "), 4);
	assert_int_equal(times(text, "<skipped "), 0);
	has(text, "type=\"unsure\"/>");
	has(text, "type=\"missing\"/>");
	free(text);
	c.strict = false;
	c.elapsed_s = NAN;
	snprintf(c.rows[5].reason, sizeof(c.rows[5].reason), "odd \xef\xbf\xbf\xef\xbf\xbe end");
	text = written(comparison_junit, &c);
	has(text, "odd ?? end");
	has_not(text, "nan");
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

static void json_for_programs(void **state)
{
	struct comparison c = sample();
	const json_t *cases, *one;
	json_error_t error;
	json_t *o;
	char *text;

	(void)state;
	c.rows[1].change.high = INFINITY;
	c.rows[1].p = NAN;
	c.rows[1].has_instructions = true;
	c.rows[1].instructions_change = 0.125;
	c.rows[1].instructions_launches = 5;
	c.rows[1].instructions_apart = true;
	c.budget_s = 20;
	c.confirm_s = 10;
	text = written(comparison_json, &c);
	has(text, "\"quickest_turns_launches\": 5");
	o = json_loads(text, JSON_REJECT_DUPLICATES, &error);
	if (!o)
		fail_msg("%s: %s", error.text, text);
	assert_int_equal(json_integer_value(json_object_get(o, "concbench_comparison")), 1);
	assert_string_equal(json_string_value(json_object_get(o, "kind")), "gate");
	assert_int_equal(json_integer_value(json_object_get(o, "exit_status")), 2);
	assert_int_equal(
	    json_integer_value(json_object_get(json_object_get(o, "counts"), "slower")), 2);
	cases = json_object_get(o, "cases");
	assert_int_equal(json_array_size(cases), 8);
	one = json_array_get(cases, 1);
	assert_string_equal(json_string_value(json_object_get(one, "verdict")), "slower");
	assert_null(json_object_get(one, "p"));
	assert_null(json_object_get(json_object_get(one, "change"), "high"));
	assert_true(
	    json_real_value(json_object_get(json_object_get(one, "change"), "low")) > 0.0159);
	assert_true(json_is_true(json_object_get(one, "instructions_user_apart")));
	assert_int_equal(json_integer_value(json_object_get(one, "instructions_user_launches")), 5);
	assert_true(json_real_value(json_object_get(o, "budget_s")) == 20);
	assert_true(json_real_value(json_object_get(o, "confirm_s")) == 10);
	/* Without figures there are no members that look like some. */
	assert_null(json_object_get(json_array_get(cases, 0), "instructions_user_launches"));
	one = json_array_get(cases, 5);
	assert_null(json_object_get(one, "change"));
	assert_null(json_object_get(one, "base_ns_per_op"));
	assert_string_equal(json_string_value(json_object_get(one, "reason")), "why it is missing");
	json_decref(o);
	free(text);
	comparison_free(&c);
}

static void files_are_whole_or_not_at_all(void **state)
{
	static const writer writers[] = {comparison_markdown, comparison_json, comparison_junit};
	struct comparison c = sample();
	char *dir = fixture_make_dir(), *path, *text;

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		assert_true(asprintf(&path, "%s/missing/out", dir) > 0);
		assert_int_equal(writers[i](&c, path), -ENOENT);
		free(path);
		assert_int_equal(writers[i](&c, dir), -EISDIR);
		assert_true(asprintf(&path, "%s/out", dir) > 0);
		fixture_store(path, "old and longer", 14);
		assert_int_equal(writers[i](&c, path), 0);
		assert_int_equal(file_read_all(path, 1 << 20, &text, NULL), 0);
		has_not(text, "old and longer");
		free(text);
		unlink(path);
		free(path);
	}
	assert_int_equal(rmdir(dir), 0);
	free(dir);
	comparison_free(&c);
}

/* `--markdown /dev/stdout` as root must not rename a file over the device. */
static void a_pipe_is_written_to_not_replaced(void **state)
{
	struct comparison c = begin();
	char *dir = fixture_make_dir(), *path, buf[4096];
	struct stat st;
	ssize_t got;
	int fd;

	(void)state;
	assert_true(asprintf(&path, "%s/fifo", dir) > 0);
	assert_int_equal(mkfifo(path, 0600), 0);
	fd = open(path, O_RDWR | O_CLOEXEC);
	assert_true(fd >= 0);
	assert_int_equal(comparison_markdown(&c, path), 0);
	got = read(fd, buf, sizeof(buf) - 1);
	assert_true(got > 0);
	buf[got] = '\0';
	has(buf, "no case was compared");
	assert_int_equal(stat(path, &st), 0);
	assert_true(S_ISFIFO(st.st_mode));
	close(fd);
	unlink(path);
	assert_int_equal(rmdir(dir), 0);
	free(path);
	free(dir);
	comparison_free(&c);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(rows_are_added),
	    cmocka_unit_test(long_difference_is_cut),
	    cmocka_unit_test(exit_statuses),
	    cmocka_unit_test(rows_without_a_figure_are_not_compared),
	    cmocka_unit_test(worst_comes_first),
	    cmocka_unit_test(table_for_people),
	    cmocka_unit_test(table_is_aligned),
	    cmocka_unit_test(weaker_forced_and_interrupted_are_said),
	    cmocka_unit_test(nothing_slower_is_said),
	    cmocka_unit_test(markdown_for_a_pull_request),
	    cmocka_unit_test(markdown_names_nobody),
	    cmocka_unit_test(markdown_of_many_cases_fits_a_comment),
	    cmocka_unit_test(junit_for_ci),
	    cmocka_unit_test(quickest_turns_are_told_when_many),
	    cmocka_unit_test(a_signal_is_the_status),
	    cmocka_unit_test(json_for_programs),
	    cmocka_unit_test(files_are_whole_or_not_at_all),
	    cmocka_unit_test(a_pipe_is_written_to_not_replaced),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
