/* comparison_files_test.c - what the writers of Markdown, JUnit and JSON make of awkward texts. */
#include "harness/compare/comparison_fixture.h"

#include <errno.h>
#include <jansson.h>
#include <math.h>
#include <sys/stat.h>

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
	has(text, "**2 slower: 4 of 7 judged; of the others a slowdown up to 1 % may have gone "
		  "unseen, and in 2 of them one of any size.**\n\n2 slower, 1 faster,");
	has(text, "<summary>1 missing<br>a/missing: why it is missing</summary>");
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
	/* Nor who asks what could have been seen. */
	c.strict = false;
	c.must_see = 0.009;
	text = written(comparison_junit, &c);
	has(text, "tests=\"8\" failures=\"3\" errors=\"2\" skipped=\"1\"");
	has(text,
	    "message=\"unsure: +0.60 % (+0.20 … +1.00), base 1.5 µs, head 1.51 µs: at most 1 % "
	    "slower\" type=\"unsure\"/>");
	free(text);
	c.must_see = 0;
	c.elapsed_s = NAN;
	snprintf(c.rows[5].reason, sizeof(c.rows[5].reason), "odd \xef\xbf\xbf\xef\xbf\xbe end");
	text = written(comparison_junit, &c);
	has(text, "odd ?? end");
	has_not(text, "nan");
	free(text);
	comparison_free(&c);
}

/* A sentence that is as long as its cases' names ask for is whole, in every file. */
static void long_sentences_are_whole(void **state)
{
	static const writer writers[] = {comparison_markdown, comparison_json, comparison_junit};
	struct comparison c = sample();
	char name[CASE_NAME_MAX];

	(void)state;
	memset(name, 'n', sizeof(name) - 1);
	name[sizeof(name) - 1] = '\0';
	for (int i = 0; i < 5; i++)
		text_buffer_addf(&c.noise, ", %d %% is visible in 6.5 s (%s)", i, name);
	text_buffer_add(&c.noise, " to the end");
	for (size_t i = 0; i < 3; i++) {
		char *text = written(writers[i], &c);

		has(text, " to the end");
		free(text);
	}
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
	c.rows[1].excluded = 20;
	c.rows[1].excluded_empty = 1;
	c.rows[1].excluded_regime = 2;
	c.rows[1].excluded_length = 4;
	c.must_see = 0.05;
	c.budget_s = 20;
	c.confirm_s = 10;
	text = written(comparison_json, &c);
	has(text, "\"quickest_turns_launches\": 5");
	o = json_loads(text, JSON_REJECT_DUPLICATES, &error);
	if (!o)
		fail_msg("%s: %s", error.text, text);
	assert_int_equal(json_integer_value(json_object_get(o, "concbench_comparison")), 2);
	assert_string_equal(json_string_value(json_object_get(o, "kind")), "gate");
	assert_int_equal(json_integer_value(json_object_get(o, "exit_status")), 2);
	assert_int_equal(
	    json_integer_value(json_object_get(json_object_get(o, "counts"), "slower")), 2);
	cases = json_object_get(o, "cases");
	assert_int_equal(json_array_size(cases), 8);
	one = json_array_get(cases, 1);
	assert_string_equal(json_string_value(json_object_get(one, "verdict")), "slower");
	assert_null(json_object_get(one, "p"));
	one = json_object_get(one, "excluded_slots_by_reason");
	assert_int_equal(json_integer_value(json_object_get(one, "warm_up")), 13);
	assert_int_equal(json_integer_value(json_object_get(one, "other_length")), 4);
	assert_int_equal(json_integer_value(json_object_get(o, "must_see_missed")), 2);
	one = json_array_get(cases, 3);
	assert_true(fabs(json_real_value(json_object_get(one, "may_hide")) - 0.01) < 1e-12);
	assert_null(json_object_get(json_array_get(cases, 6), "may_hide"));
	one = json_array_get(cases, 1);
	assert_true(json_number_value(json_object_get(one, "base")) == 1500);
	assert_string_equal(
	    json_string_value(json_object_get(json_object_get(one, "figure"), "metric")),
	    METRIC_NS_PER_OP);
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
	assert_null(json_object_get(one, "base"));
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
	    cmocka_unit_test(markdown_for_a_pull_request),
	    cmocka_unit_test(markdown_names_nobody),
	    cmocka_unit_test(markdown_of_many_cases_fits_a_comment),
	    cmocka_unit_test(junit_for_ci),
	    cmocka_unit_test(long_sentences_are_whole),
	    cmocka_unit_test(json_for_programs),
	    cmocka_unit_test(files_are_whole_or_not_at_all),
	    cmocka_unit_test(a_pipe_is_written_to_not_replaced),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
