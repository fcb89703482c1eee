#include "harness/report/html.h"
#include "harness/base/file.h"
#include "harness/report/fixture_test.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

static void check_text(const char *text, const char *expected)
{
	struct text_buffer b = {0};

	html_text(&b, text);
	assert_false(b.failed);
	assert_string_equal(text_buffer_str(&b), expected);
	text_buffer_free(&b);
}

static void escaping(void **state)
{
	(void)state;
	check_text("", "");
	check_text("plain µ", "plain µ");
	check_text(
	    "<b class=\"x\" id='y'>&amp;", "&lt;b class=&quot;x&quot; id=&#39;y&#39;&gt;&amp;amp;");
	check_text(" a ", " a ");
	check_text(" ", " ");
	check_text("a\x01\n\tb", "a b");
	check_text("bad \xff\xc3 bytes", "bad ?? bytes");
}

static void signs_in_prose(void **state)
{
	struct text_buffer b = {0};

	(void)state;
	html_prose(&b, "+-3 % < +-4 %");
	assert_string_equal(text_buffer_str(&b), "±3 % &lt; ±4 %");
	text_buffer_free(&b);
}

static const char picture[] =
    "<?xml version=\"1.0\"?>\n<svg\n width=\"60\" height=\"30\"\n viewBox=\"0 0 60 30\"\n>\n"
    "<title>Gnuplot</title><g id=\"gnuplot_canvas\"><circle id='gpDot'/>"
    "<use xlink:href='#gpDot'/><text>&lt;script&gt;</text></g></svg>\n";

static void pictures_share_no_ids(void **state)
{
	struct text_buffer b = {0};

	(void)state;
	assert_true(html_svg(&b, picture, "lock", "Locks <&>"));
	assert_string_equal(text_buffer_str(&b),
	    "<svg role=\"img\" aria-labelledby=\"lock-title\" viewBox=\"0 0 60 30\" "
	    "xmlns=\"http://www.w3.org/2000/svg\" xmlns:xlink=\"http://www.w3.org/1999/xlink\">\n"
	    "<title id=\"lock-title\">Locks &lt;&amp;&gt;</title>\n"
	    "\n<g id=\"lock-gnuplot_canvas\"><circle id='lock-gpDot'/>"
	    "<use xlink:href='#lock-gpDot'/><text>&lt;script&gt;</text></g></svg>\n");
	text_buffer_free(&b);
}

static void no_picture_with_scripts(void **state)
{
	static const char *const bad[] = {"", "<svg", "not a picture", "<svg viewBox=\"0 0 1\">",
	    "<svg viewBox=\"0 0 1 1\"><script>x</script></svg>",
	    "<svg viewBox=\"0 0 1 1\"><g ONLOAD='x'></g></svg>",
	    "<svg viewBox=\"0 0 1 1\"><a href='javascript:x'/></svg>"};
	struct text_buffer b = {0};

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_false(html_svg(&b, bad[i], "a", "t"));
	assert_int_equal(b.len, 0);
}

struct shown {
	struct run run;
	struct case_groups groups;
	struct chart_set charts;
	struct text_buffer html;
};

static void show(struct shown *s)
{
	fixture_end(&s->run);
	assert_int_equal(case_groups_build(&s->run, &s->groups), 0);
	assert_int_equal(chart_set_build(&s->groups, &s->charts), 0);
	const struct html_page page = {
	    .run = &s->run, .groups = &s->groups, .charts = &s->charts, .charts_note = ""};

	assert_int_equal(html_write_page(&page, &s->html), 0);
}

static void clean(struct shown *s)
{
	text_buffer_free(&s->html);
	chart_set_free(&s->charts);
	case_groups_free(&s->groups);
	run_free(&s->run);
}

static void has(const struct shown *s, const char *text)
{
	if (!strstr(s->html.data, text))
		fail_msg("the page lacks %s", text);
}

static size_t count(const char *in, const char *what)
{
	size_t n = 0;

	while ((in = strstr(in, what))) {
		in += strlen(what);
		n++;
	}
	return n;
}

/* The flag stands beside whatever status there is. */
static void what_the_quota_stopped_is_marked(void **state)
{
	struct fixture_case c = {.name = "lock/a/model:thread/workers:2/place:same",
	    .op = "acquire+release",
	    .ns = 100,
	    .spread = 0.02,
	    .extra = METRIC_THROTTLED_PCT,
	    .extra_value = 12.5};
	struct shown s = {0};

	(void)state;
	fixture_begin(&s.run);
	fixture_add(&s.run, &c);
	show(&s);
	has(&s, "<span class=\"badge ok\">ok</span> "
		"<span class=\"badge flag\">throttled</span>"
		"<small>throttled by the CPU quota in 5 of 5 windows");
	clean(&s);
}

static void a_page(void **state)
{
	struct fixture_case c = {.name = "lock/a/model:thread/workers:2/place:same",
	    .op = "acquire+release",
	    .latency_of = "asking to having",
	    .ns = 100,
	    .spread = 0.02,
	    .cpu_ns = 50,
	    .extra = "handoff_share",
	    .extra_value = 0.4567,
	    .reason = RUN_REGIMES_CLAUSE "42 ns and 168 ns"};
	struct shown s = {0};

	(void)state;
	fixture_begin(&s.run);
	fixture_add(&s.run, &c);
	c.name = "lock/b/model:thread/workers:2/place:same";
	c.status = STATUS_HUNG;
	c.reason = "no sample within 10 s";
	fixture_add(&s.run, &c);
	show(&s);
	has(&s, "data-v=\"100\">100 ns ±2.0 %<small>98 ns – 102 ns</small>");
	has(&s, "<td class=\"num\" data-v=\"0.4567\">0.457</td>");
	has(&s, "handoff share</th>");
	has(&s,
	    "over launches; without one: of all launches, each with the same weight\">p50</th>");
	has(&s, "the longest of all launches\">max</th>");
	/* The latencies are even from 150 to 450 ns, and buckets are 1 % wide. */
	has(&s, "<td class=\"num\" data-v=\"421\">421 ns</td>");
	has(&s, "<th scope=\"row\"><a href=\"#case-0\">a</a></th>");
	/* In the family's table, and only in that row of it. */
	assert_int_equal(count(s.html.data, "<span class=\"badge flag\">2 regimes</span>"
					    "<small>mixes two regimes: 42 ns and 168 ns</small>"),
	    1);
	has(&s, "<span class=\"badge hung\">hung</span><small>no sample within 10 s</small>");
	has(&s, "Locks: time per acquire+release: not drawn.");
	has(&s, "1 case without a figure is not in this chart");
	has(&s, "<span class=\"badge not_run\">not run</span>");
	has(&s, "Example CPU");
	has(&s, "concbench run --seed 7");
	has(&s, "2: 1 measured, 1 failed, 0 not run or unsupported");
	has(&s, "Noise of this machine: not known");
	/* Nothing is fetched: the only addresses are names of XML. */
	assert_int_equal(count(s.html.data, "http"),
	    count(s.html.data, "http-equiv") + count(s.html.data, "http://www.w3.org/"));
	assert_null(strstr(s.html.data, "src="));
	/* As many cells in each row as there are columns. */
	const char *table = strstr(s.html.data, "<h3 id=\"figures-lock\">");
	const char *body = strstr(table, "<tbody>");
	char *row = strndup(body, (size_t)(strstr(body, "</tr>") - body));
	char *heads = strndup(table, (size_t)(body - table));

	assert_non_null(row);
	assert_non_null(heads);
	assert_int_equal(count(heads, "<th scope"), count(row, "</td>") + count(row, "</th>"));
	free(row);
	row = strndup(strstr(body, "</tr>") + 5, 4000);
	assert_non_null(row);
	*strstr(row, "</tr>") = '\0';
	assert_int_equal(count(heads, "<th scope"), count(row, "</td>") + count(row, "</th>"));
	free(row);
	free(heads);
	clean(&s);
}

/* However many kinds of a family have something to say of themselves. */
static void no_metric_is_left_out(void **state)
{
	enum { KINDS = 40 };
	char name[KINDS][64], metric[KINDS][32], text[64];
	struct shown s = {0};

	(void)state;
	fixture_begin(&s.run);
	for (unsigned i = 0; i < KINDS; i++) {
		struct fixture_case c = {.name = name[i],
		    .ns = 100,
		    .spread = 0.02,
		    .extra = metric[i],
		    .extra_value = 1 + i};

		snprintf(name[i], sizeof(name[i]), "lock/kind_%u/model:thread/workers:2", i);
		snprintf(metric[i], sizeof(metric[i]), "own_%u", i);
		fixture_add(&s.run, &c);
	}
	show(&s);
	for (unsigned i = 0; i < KINDS; i++) {
		snprintf(text, sizeof(text), "own %u</th>", i);
		has(&s, text);
		snprintf(text, sizeof(text), "<td class=\"num\" data-v=\"%u\">", 1 + i);
		has(&s, text);
	}
	clean(&s);
}

static void hostile_runs(void **state)
{
	static const char evil[] = "<script>alert(1)</script>\"'&";
	struct fixture_case c = {.name = "lock/<script>k/model:\"onload='x'/workers:1/<i>:2",
	    .op = "<script>op</script>",
	    .latency_of = "<script>from",
	    .ns = 10,
	    .spread = 0.01};
	struct shown s = {0};

	(void)state;
	fixture_begin(&s.run);
	snprintf(s.run.id, sizeof(s.run.id), "%s", evil);
	snprintf(s.run.date, sizeof(s.run.date), "%s", evil);
	snprintf(s.run.profile, sizeof(s.run.profile), "<script>");
	snprintf(s.run.command, sizeof(s.run.command), "%s", evil);
	snprintf(s.run.counters_note, sizeof(s.run.counters_note), "%s", evil);
	fixture_check(!manifest_add(&s.run.manifest, "host.name", evil));
	fixture_check(!manifest_add(&s.run.manifest, evil, evil));
	fixture_add(&s.run, &c);
	c.name = "<script>alert(2)</script>";
	c.status = STATUS_CRASHED;
	c.reason = evil;
	fixture_add(&s.run, &c);
	show(&s);
	/* The page's own script, and no other. */
	assert_int_equal(count(s.html.data, "<script"), 1);
	assert_null(strstr(s.html.data, "\"onload"));
	assert_null(strstr(s.html.data, "<i>"));
	has(&s, "&lt;script&gt;alert(1)&lt;/script&gt;&quot;&#39;&amp;");
	clean(&s);
}

static void how_long_it_took(void **state)
{
	static const struct {
		double elapsed_s;
		bool recovered;
		const char *text;
	} rows[] = {
	    {93, false, "<dd>quick, took 1 min 33 s</dd>"},
	    {93, true, "<dd>quick, took 1 min 33 s until it was killed</dd>"},
	    {0, true, "<dd>quick</dd>"}, /* not known */
	    {-1, true, "<dd>quick</dd>"},
	    {1e300, false, "<dd>quick</dd>"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct shown s = {0};

		fixture_begin(&s.run);
		s.run.elapsed_s = rows[i].elapsed_s;
		s.run.recovered = rows[i].recovered;
		show(&s);
		has(&s, rows[i].text);
		clean(&s);
	}
}

static void an_empty_run(void **state)
{
	struct shown s = {0};

	(void)state;
	show(&s);
	has(&s, "Too little was measured to compare anything.");
	has(&s, "The run file says nothing about its machine.");
	assert_null(strstr(s.html.data, "id=\"charts\""));
	clean(&s);
}

/* Whole, in their places, and nothing behind them. */
static void style_and_script_are_in_the_page(void **state)
{
	char *css = NULL, *js = NULL, *all = NULL;
	struct shown s = {0};

	(void)state;
	/* From the top of the tree, as make runs it. */
	if (file_read_all("harness/report/page.css", 1 << 20, &css, NULL) ||
	    file_read_all("harness/report/page.js", 1 << 20, &js, NULL))
		skip();
	fixture_begin(&s.run);
	show(&s);
	assert_true(asprintf(&all, "<style>\n%s</style>\n", css) > 0);
	has(&s, all);
	free(all);
	assert_true(asprintf(&all, "<script>\n%s</script>\n</body>\n</html>\n", js) > 0);
	has(&s, all);
	free(all);
	free(css);
	free(js);
	clean(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(style_and_script_are_in_the_page),
	    cmocka_unit_test(escaping),
	    cmocka_unit_test(signs_in_prose),
	    cmocka_unit_test(pictures_share_no_ids),
	    cmocka_unit_test(no_picture_with_scripts),
	    cmocka_unit_test(what_the_quota_stopped_is_marked),
	    cmocka_unit_test(a_page),
	    cmocka_unit_test(no_metric_is_left_out),
	    cmocka_unit_test(hostile_runs),
	    cmocka_unit_test(how_long_it_took),
	    cmocka_unit_test(an_empty_run),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
