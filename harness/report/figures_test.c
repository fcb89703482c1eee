/* figures_test.c - a made-up family: its axis is no number of workers, its figure is no time. What
 * the chart, the finding and the table make of each scale, from what is declared and nothing else.
 */
#include "harness/base/clock.h"
#include "harness/report/chart.h"
#include "harness/report/findings.h"
#include "harness/report/fixture_test.h"
#include "harness/report/html.h"
#include "harness/report/table.h"

#include <strings.h>
#include <unistd.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

/* The interval is exactly the extremes. */
#define LAUNCHES 5
#define TRIALS 4
/* Far beyond any delay of a busy machine. */
#define LONG_NS (60 * CLOCK_NS_PER_S)

enum { BYTES, LATENESS, LOST, FATE, SCALES };

static const struct run_figure figures[SCALES] = {
    {"peak_bytes", "memory of a pool", "bytes", CB_RATIO, CB_LESS, 0, ""},
    {"late_ns", "lateness", "ns", CB_DIFFERENCE, CB_LESS, 1000, ""},
    {"lost_share", "items that get lost", "", CB_SHARE, CB_LESS, 0, ""},
    {"outcome", "the others survive", "", CB_OUTCOME, CB_MORE, 0, "survived lost hung"},
};

/* What two models, or kinds, have at one place of the axis; @high is the worse. Of a fate so many
 * trials of each launch that end well. */
static const struct {
	double low, high;
} values[SCALES] = {{1000, 3000}, {-500, 4500}, {0.02, 0.25}, {4, 1}};

static void add_trial(
    struct series *s, const struct run_figure *f, unsigned launch, unsigned slot, double value)
{
	struct sample sample = {.launch = launch, .slot = slot};

	if (f->scale == CB_OUTCOME)
		fixture_check(!metric_add(
		    &sample.metrics, slot < value ? "outcome.survived" : "outcome.hung", 1));
	else
		fixture_check(!metric_add(
		    &sample.metrics, f->metric, value * (1 + 0.01 * ((double)launch - 2) / 2)));
	fixture_check(!series_add_sample(s, &sample));
}

static void add(struct run *run, const char *name, const struct run_figure *f, double value)
{
	struct series *s = run_add_series(run, name);

	fixture_check(s != NULL);
	s->figure = *f;
	snprintf(s->op, sizeof(s->op), "round");
	for (unsigned launch = 0; launch < LAUNCHES; launch++)
		for (unsigned slot = 0; slot < TRIALS; slot++)
			add_trial(s, f, launch, slot, value);
}

static void begin(struct run *run, enum cb_shape shape, enum cb_contenders contenders,
    const char *axis, enum cb_unit unit)
{
	struct run_family family = {.name = "pool",
	    .title = "Pools",
	    .caption = "What pools do.",
	    .shape = shape,
	    .contenders = contenders,
	    .param_count = 1,
	    .params = {{.unit = unit, .about = "how far it goes"}}};

	snprintf(family.axis, sizeof(family.axis), "%s", axis);
	snprintf(family.params[0].key, sizeof(family.params[0].key), "%s", axis);
	fixture_begin(run);
	fixture_check(!run_add_family(run, &family));
}

/* Two models, or two kinds, at each of three places of the axis. */
static void fill(struct run *run, const char *axis, unsigned scale, bool by_model)
{
	static const int at[] = {8, 1, 64};

	for (size_t i = 0; i < 3; i++)
		for (int second = 0; second < 2; second++) {
			char name[128];

			snprintf(name, sizeof(name), "pool/%s/model:%s/%s:%d",
			    second && !by_model ? "tree" : "list",
			    second && by_model ? "process" : "thread", axis, at[i]);
			add(run, name, &figures[scale],
			    second ? values[scale].high : values[scale].low);
		}
}

struct shown {
	struct run run;
	struct case_groups groups;
	struct chart_set charts;
	struct findings findings;
	char *table;
};

static void show(struct shown *s)
{
	size_t len = 0;
	FILE *to = open_memstream(&s->table, &len);

	fixture_end(&s->run);
	assert_non_null(to);
	assert_int_equal(case_groups_build(&s->run, &s->groups), 0);
	assert_int_equal(chart_set_build(&s->groups, &s->charts), 0);
	assert_int_equal(findings_build(&s->groups, &s->findings), 0);
	assert_int_equal(table_print_run(to, &s->run, true, false), 0);
	assert_int_equal(fclose(to), 0);
}

static void clean(struct shown *s)
{
	findings_free(&s->findings);
	chart_set_free(&s->charts);
	case_groups_free(&s->groups);
	run_free(&s->run);
	free(s->table);
}

static void has(const char *text, const char *part)
{
	if (!strstr(text, part))
		fail_msg("no '%s' in: %s", part, text);
}

static void lacks(const char *text, const char *part)
{
	if (strstr(text, part))
		fail_msg("'%s' in: %s", part, text);
}

static void lines_of_every_scale(void **state)
{
	static const struct {
		const char *vars[4];
		const char *tsv;
		const char *finding;
		const char *table[3];
	} row[SCALES] = {
	    [BYTES] = {{"log=1;", "scale=1;", "unit='bytes';",
			   "y_title='memory of a pool, less is better';"},
		"thread\tpeak_bytes\tlow\thigh\tregime1\tregime2\n1\t1000\t990\t1010\t?\t?\n8\t",
		"Memory of a pool: thread is lowest at 1 kbytes (990 bytes to 1.01 kbytes); "
		"the next, process, takes 3.00 times as much.",
		{"\n  model    depth            bytes  status\n",
		    "\n  process  8      3 kbytes +-1.0%  ok\n",
		    "figure: memory of a pool (less is better)"}},
	    [LATENESS] = {{"log=0;", "scale=0.001;", "unit='µs';", "y_low=-2000;"},
		"thread\tlate_ns\tlow\thigh\tregime1\tregime2\n1\t-500\t-505\t-495\t?\t?\n8\t",
		"Lateness: thread is lowest at -500 ns (-505 ns to -495 ns); the next, "
		"process, is 5 µs above.",
		{"\n  thread   8      -500 ns +-5 ns  ok\n",
		    "\n  process  8      4.5 us +-45 ns  ok\n",
		    "figure: lateness (less is better)"}},
	    [LOST] = {{"log=0;", "scale=100;", "unit='%';", "y_low=0;"},
		"thread\tlost_share\tlow\thigh\tregime1\tregime2\n1\t0.02\t",
		"; the next, process, is 23 points above.",
		{"\n  thread   8      2 % +-", "\n  process  8      25 % +-",
		    "figure: items that get lost (less is better)"}},
	    [FATE] = {{"log=0;", "scale=100;", "unit='%';",
			  "y_title='the others survive, more is better';"},
		"thread\toutcome\tlow\thigh\tregime1\tregime2\n1\t1\t",
		"; the next, process, is 75 points below.",
		{"survived 20 of 20          ok\n", "survived 5 of 20, hung 15  ok\n",
		    "figure: the others survive (more is better)"}},
	};

	(void)state;
	for (unsigned scale = 0; scale < SCALES; scale++) {
		struct shown s = {0};

		begin(&s.run, CB_LINES, CB_MODELS, "depth", CB_COUNT);
		fill(&s.run, "depth", scale, true);
		show(&s);
		assert_int_equal(s.charts.count, 1);
		assert_string_equal(s.charts.items[0].script, "lines.gp");
		assert_int_equal(s.charts.items[0].points, 6);
		for (size_t i = 0; i < 4; i++)
			has(text_buffer_str(&s.charts.items[0].vars), row[scale].vars[i]);
		has(text_buffer_str(&s.charts.items[0].vars),
		    "low=1;high=64;ticks='1 8 64';tick_names='1 8 64';x_title='depth';");
		has(text_buffer_str(&s.charts.items[0].tsv), row[scale].tsv);
		has(s.charts.items[0].title, "against depth");
		assert_int_equal(s.findings.count, 3);
		assert_string_equal(s.findings.items[0].where, "depth:8");
		assert_true(s.findings.items[0].clear);
		has(s.findings.items[0].text, row[scale].finding);
		/* Only of what is a ratio. */
		if (scale != BYTES)
			lacks(s.findings.items[0].text, " times ");
		for (size_t i = 0; i < 3; i++)
			has(s.table, row[scale].table[i]);
		lacks(s.table, "time/op");
		lacks(s.table, "ops/s");
		clean(&s);
	}
}

static void panels_of_every_scale(void **state)
{
	static const char *const vars[SCALES][3] = {
	    {"log=1;", "decade_low1=2;decade_high1=4;",
		"axis_title='memory of a pool, less is better'"},
	    {"log=0;", "x_low1=-2000;x_high1=6000;x_step1=2000;", "scale=0.001;unit='µs'"},
	    {"log=0;", "x_low1=0;", "scale=100;unit='%'"},
	    /* A bar for each case, a colour for each way to end. */
	    {"series1='survived';", "series2='lost';", "rows=6;"},
	};
	static const char *const data[SCALES] = {
	    "panel\ttitle\n1\tsize_bytes:1\n2\tsize_bytes:8\n3\tsize_bytes:64\n",
	    "\t-500\t-505\t-495\t-500 ns\n",
	    "\t25 %\n",
	    "\n\nrow\toutcome\tfrom\tto\ttrials\n0\t1\t0\t1\t20\n1\t1\t0\t0.25\t5\n1\t3\t",
	};

	(void)state;
	for (unsigned scale = 0; scale < SCALES; scale++) {
		struct shown s = {0};

		begin(&s.run, CB_PANELS, CB_KINDS, "size_bytes", CB_BYTES);
		fill(&s.run, "size_bytes", scale, false);
		show(&s);
		assert_int_equal(s.charts.count, 1);
		assert_string_equal(
		    s.charts.items[0].script, scale == FATE ? "outcomes.gp" : "dots.gp");
		for (size_t i = 0; i < 3; i++)
			has(text_buffer_str(&s.charts.items[0].vars), vars[scale][i]);
		has(text_buffer_str(&s.charts.items[0].tsv), data[scale]);
		assert_int_equal(s.findings.count, 3);
		assert_string_equal(s.findings.items[0].where, "thread, size_bytes:8");
		has(s.findings.items[0].text, "list is ");
		clean(&s);
	}
}

/* The distance of the two ends, in what the scale has for it. */
static void ladders_of_every_scale(void **state)
{
	static const char *const said[SCALES] = {"at 3 kbytes: 3.0 times as much.",
	    "at 4.5 µs: 5 µs apart.", "at 25 %: 23 points apart.",
	    "at 25 % to list thread depth:8 at 100 %: 75 points apart."};

	(void)state;
	for (unsigned scale = 0; scale < SCALES; scale++) {
		struct shown s = {0};

		begin(&s.run, CB_LADDER, CB_NO_CONTENDERS, "depth", CB_COUNT);
		fill(&s.run, "depth", scale, false);
		show(&s);
		assert_int_equal(s.charts.count, 1);
		assert_int_equal(s.findings.count, 1);
		has(s.findings.items[0].text, said[scale]);
		clean(&s);
	}
}

/* One chart for each unit and scale: they have no axis in common. */
static void figures_of_several_scales(void **state)
{
	struct shown s = {0};

	(void)state;
	begin(&s.run, CB_DOTS, CB_KINDS, "depth", CB_COUNT);
	for (unsigned scale = 0; scale < SCALES; scale++)
		for (int second = 0; second < 2; second++) {
			char name[128];

			snprintf(name, sizeof(name), "pool/%s/model:thread/depth:1/figure:%.40s",
			    second ? "tree" : "list", figures[scale].metric);
			add(&s.run, name, &figures[scale],
			    second ? values[scale].high : values[scale].low);
		}
	show(&s);
	assert_int_equal(s.charts.count, SCALES);
	assert_string_equal(s.charts.items[0].id, "pool");
	assert_string_equal(s.charts.items[1].id, "pool-late_ns");
	assert_string_equal(s.charts.items[3].script, "outcomes.gp");
	for (unsigned scale = 0; scale < SCALES; scale++)
		assert_int_equal(s.charts.items[scale].points, 2);
	assert_int_equal(s.findings.count, SCALES);
	clean(&s);
}

/* As most kinds have it, whichever comes first; of a tie, the first. */
static void a_finding_has_the_title_of_most(void **state)
{
	struct run_figure own = figures[BYTES];

	(void)state;
	snprintf(own.title, sizeof(own.title), "counted by itself");
	for (int most = 0; most < 2; most++) {
		char expected[sizeof(own.title) + 2];
		struct shown s = {0};

		begin(&s.run, CB_DOTS, CB_KINDS, "depth", CB_COUNT);
		add(&s.run, "pool/array/model:thread/depth:1", &own, values[BYTES].low);
		add(&s.run, "pool/list/model:thread/depth:1", &figures[BYTES], values[BYTES].high);
		if (most)
			add(&s.run, "pool/tree/model:thread/depth:1", &figures[BYTES],
			    values[BYTES].high);
		show(&s);
		assert_int_equal(s.findings.count, 1);
		snprintf(
		    expected, sizeof(expected), "%s: ", most ? figures[BYTES].title : own.title);
		assert_int_equal(
		    strncasecmp(s.findings.items[0].text, expected, strlen(expected)), 0);
		assert_non_null(strstr(s.findings.items[0].text, "array is lowest"));
		clean(&s);
	}
}

/* What two kinds call by one name need not be one thing: each has a chart, and that has a file. */
static void one_metric_of_two_meanings(void **state)
{
	const struct run_figure other = {
	    "outcome", "who has won", "", CB_OUTCOME, CB_MORE, 0, "first second"};
	const struct run_figure third = {
	    "outcome", "the seat", "", CB_OUTCOME, CB_MORE, 0, "left right"};
	struct shown s = {0};

	(void)state;
	begin(&s.run, CB_DOTS, CB_KINDS, "depth", CB_COUNT);
	add(&s.run, "pool/bytes/model:thread/depth:1", &figures[BYTES], 1000);
	add(&s.run, "pool/fate/model:thread/depth:1", &figures[FATE], 1);
	for (int i = 0; i < 2; i++) {
		struct series *one = run_add_series(&s.run,
		    i ? "pool/seat/model:thread/depth:1" : "pool/race/model:thread/depth:1");
		struct sample sample = {0};

		fixture_check(one != NULL);
		one->figure = i ? third : other;
		fixture_check(
		    !metric_add(&sample.metrics, i ? "outcome.left" : "outcome.first", 1));
		fixture_check(!series_add_sample(one, &sample));
	}
	show(&s);
	assert_int_equal(s.charts.count, 4);
	assert_string_equal(s.charts.items[1].id, "pool-outcome");
	assert_string_equal(s.charts.items[2].id, "pool-outcome-2");
	assert_string_equal(s.charts.items[3].id, "pool-outcome-3");
	clean(&s);
}

static void ticks_have_the_unit_of_the_axis(void **state)
{
	static const struct {
		const char *key;
		enum cb_unit unit;
		const char *vars, *where;
	} row[] = {
	    {"bytes", CB_BYTES, "tick_names='1\u00a0B 8\u00a0B 64\u00a0B';x_title='bytes';",
		"bytes:8"},
	    {"hold_ns", CB_NS, "tick_names='1\u00a0ns 8\u00a0ns 64\u00a0ns';x_title='hold';",
		"hold_ns:8"},
	    {"period_us", CB_US, "tick_names='1\u00a0µs 8\u00a0µs 64\u00a0µs';x_title='period';",
		"period_us:8"},
	    {"load_pct", CB_PERCENT, "tick_names='1\u00a0% 8\u00a0% 64\u00a0%';x_title='load';",
		"load_pct:8"},
	    {"open_files", CB_COUNT, "tick_names='1 8 64';x_title='open files';", "8 open_files"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		struct shown s = {0};

		begin(&s.run, CB_LINES, CB_MODELS, row[i].key, row[i].unit);
		fill(&s.run, row[i].key, BYTES, true);
		show(&s);
		has(text_buffer_str(&s.charts.items[0].vars), row[i].vars);
		assert_string_equal(s.findings.items[0].where, row[i].where);
		clean(&s);
	}
}

/* Times over something that is no number of workers: no speed-up over one of it. */
static void times_over_another_axis(void **state)
{
	static const char *const axes[] = {"depth", "workers"};

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		struct shown s = {0};

		begin(&s.run, CB_LINES, CB_MODELS, axes[i], CB_COUNT);
		for (int at = 1; at <= 2; at++) {
			char name[128];
			struct fixture_case c = {
			    .name = name, .op = "round", .ns = 100, .spread = 0.01};

			snprintf(name, sizeof(name), "pool/list/model:thread/%s:%d", axes[i], at);
			fixture_add(&s.run, &c);
		}
		show(&s);
		assert_string_equal(s.charts.items[0].script, "models-cpu.gp");
		has(text_buffer_str(&s.charts.items[0].vars), i ? "relative=1;" : "relative=0;");
		has(s.charts.items[0].title, i ? "speed-up" : "rate against depth");
		clean(&s);
	}
}

/* A fact is no merit. */
static void no_winner_where_neither_is_better(void **state)
{
	struct run_figure fact = figures[BYTES];

	(void)state;
	for (int neither = 0; neither < 2; neither++) {
		struct shown s = {0};

		begin(&s.run, CB_DOTS, CB_KINDS, "depth", CB_COUNT);
		fact.better = neither ? CB_NEITHER : CB_MORE;
		add(&s.run, "pool/list/model:thread/depth:1", &fact, 1000);
		add(&s.run, "pool/tree/model:thread/depth:1", &fact, 3000);
		show(&s);
		assert_int_equal(s.findings.count, !neither);
		if (!neither)
			has(s.findings.items[0].text, "tree is highest at 3 kbytes");
		if (!neither)
			has(s.findings.items[0].text, ", 3.00 times as much as list, the next.");
		clean(&s);
	}
}

/* A kind may have another axis than its family's: it stands beside the same number. */
static void a_kind_has_its_own_axis(void **state)
{
	struct shown s = {0};

	(void)state;
	begin(&s.run, CB_PANELS, CB_KINDS, "depth", CB_COUNT);
	add(&s.run, "pool/list/model:thread/depth:8", &figures[BYTES], 1000);
	add(&s.run, "pool/tree/model:thread/leaves:8", &figures[BYTES], 3000);
	snprintf(s.run.series[1].axis, sizeof(s.run.series[1].axis), "leaves");
	show(&s);
	assert_int_equal(s.findings.count, 1);
	has(text_buffer_str(&s.charts.items[0].vars), "panels=1;");
	clean(&s);
}

static void the_page_says_how_trials_ended(void **state)
{
	struct text_buffer page = {0};
	struct shown s = {0};

	(void)state;
	begin(&s.run, CB_DOTS, CB_KINDS, "depth", CB_COUNT);
	fill(&s.run, "depth", FATE, false);
	show(&s);
	html_group_table(&page, &s.run, &s.groups.items[0]);
	has(text_buffer_str(&page), "<small>survived 5 of 20, hung 15</small>");
	has(text_buffer_str(&page), "title=\"how far it goes\">depth</th>");
	has(text_buffer_str(&page), "Figure: the others survive (more is better). ");
	lacks(text_buffer_str(&page), "ops / s");
	lacks(text_buffer_str(&page), "time / op");
	lacks(text_buffer_str(&page), "outcome.");
	text_buffer_free(&page);
	clean(&s);
}

static void draw(struct chart *c, const char *dir, const char *scripts)
{
	static const char *const endings[] = {"tsv", "svg", "png"};
	char path[5000];

	if (chart_draw(c, dir, scripts, "gnuplot", LONG_NS) != 0)
		fail_msg("%s: %s", c->script, c->problem);
	has(c->svg, c->of->title);
	for (size_t i = 0; i < sizeof(endings) / sizeof(endings[0]); i++) {
		snprintf(path, sizeof(path), "%s/%s.%s", dir, c->id, endings[i]);
		assert_int_equal(unlink(path), 0);
	}
}

/* What gnuplot says of the scripts, for lines and for panels of every scale. */
static void gnuplot_draws_all_of_them(void **state)
{
	static const char *const names[] = {
	    "pool/list/model:thread/depth:1", "pool/tree/model:thread/depth:1"};
	char scripts[4096], dir[] = "/tmp/concbench-figures-XXXXXX";
	struct shown s;

	(void)state;
	/* `make test` runs in the root of the source tree. */
	if (chart_find_scripts(scripts, sizeof(scripts)))
		snprintf(scripts, sizeof(scripts), "scripts/plots");
	if (access(scripts, R_OK) || system("gnuplot --version >/dev/null 2>&1")) {
		print_message("no gnuplot, or its scripts cannot be found from here\n");
		skip();
	}
	assert_non_null(mkdtemp(dir));
	for (unsigned i = 0; i < 2 * SCALES; i++) {
		const bool lines = i < SCALES;

		memset(&s, 0, sizeof(s));
		begin(&s.run, lines ? CB_LINES : CB_PANELS, lines ? CB_MODELS : CB_KINDS,
		    "size_bytes", CB_BYTES);
		fill(&s.run, "size_bytes", i % SCALES, lines);
		show(&s);
		draw(&s.charts.items[0], dir, scripts);
		clean(&s);
	}
	/* Where all is 0, or ends in one way only, there is little to make an axis of. */
	for (unsigned scale = LATENESS; scale < SCALES; scale++) {
		memset(&s, 0, sizeof(s));
		begin(&s.run, CB_DOTS, CB_KINDS, "depth", CB_COUNT);
		for (size_t k = 0; k < 2; k++)
			add(&s.run, names[k], &figures[scale], 0);
		show(&s);
		draw(&s.charts.items[0], dir, scripts);
		clean(&s);
	}
	assert_int_equal(rmdir(dir), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(lines_of_every_scale),
	    cmocka_unit_test(panels_of_every_scale),
	    cmocka_unit_test(ladders_of_every_scale),
	    cmocka_unit_test(figures_of_several_scales),
	    cmocka_unit_test(a_finding_has_the_title_of_most),
	    cmocka_unit_test(one_metric_of_two_meanings),
	    cmocka_unit_test(ticks_have_the_unit_of_the_axis),
	    cmocka_unit_test(times_over_another_axis),
	    cmocka_unit_test(no_winner_where_neither_is_better),
	    cmocka_unit_test(a_kind_has_its_own_axis),
	    cmocka_unit_test(the_page_says_how_trials_ended),
	    cmocka_unit_test(gnuplot_draws_all_of_them),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
