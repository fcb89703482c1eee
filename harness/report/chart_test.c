/* chart_test.c - what is drawn, and what is not. Who draws it: chart_draw_test.c. */
#include "harness/report/chart_fixture.h"

#include <stdlib.h>

static void has(const struct chart *c, const char *statement)
{
	if (!strstr(text_buffer_str(&c->vars), statement))
		fail_msg("no %s in %s", statement, text_buffer_str(&c->vars));
}

static void speed_up(void **state)
{
	struct drawn d = {0};

	(void)state;
	fixture_begin(&d.run);
	add(&d.run, "job/sieve/model:thread/workers:2/place:scatter", 500, STATUS_OK);
	add(&d.run, "job/sieve/model:thread/workers:1/place:scatter", 1000, STATUS_OK);
	add(&d.run, "job/sieve/model:process/workers:2/place:scatter", 625, STATUS_OK);
	add(&d.run, "job/sieve/model:process/workers:1/place:scatter", 0, STATUS_CRASHED);
	build(&d);
	assert_int_equal(d.set.count, 1);
	assert_string_equal(d.set.items[0].id, "job-sieve");
	assert_string_equal(d.set.items[0].script, "models-cpu.gp");
	/* 20 % more time is 1/1.2 of the rate, 20 % less is 1/0.8. */
	assert_string_equal(text_buffer_str(&d.set.items[0].tsv),
	    "thread\tspeed_up\tlow\thigh\tregime1\tregime2\n"
	    "1\t1\t0.833333\t1.25\t?\t?\n"
	    "2\t2\t1.66667\t2.5\t?\t?\n"
	    "\n\n"
	    "process\tspeed_up\tlow\thigh\tregime1\tregime2\n"
	    "2\t1.6\t1.33333\t2\t?\t?\n");
	assert_int_equal(d.set.items[0].points, 3);
	assert_int_equal(d.set.items[0].left_out_count, 1);
	assert_string_equal(
	    d.set.items[0].left_out[0]->name, "job/sieve/model:process/workers:1/place:scatter");
	has(&d.set.items[0], "relative=1;");
	has(&d.set.items[0], "pus=2;");
	has(&d.set.items[0], "ticks='1 2';");
	has(&d.set.items[0], "common='place:scatter';");
	clean(&d);
}

/* How many there are of what comes at a rate that is given is no figure to draw beside others,
 * wherever it stands; negative control: the same without that. */
static void a_given_rate_is_not_drawn_beside_others(void **state)
{
	(void)state;
	for (int given = 0; given < 2; given++) {
		struct drawn d = {0};
		struct fixture_case c = {.op = "op",
		    .spread = 0.2,
		    .ns = 1000,
		    .extra = given ? METRIC_GIVEN_OPS_PER_S : NULL,
		    .extra_value = 1e6};

		fixture_begin(&d.run);
		c.name = "queue/ring/model:thread/place:scatter/load_pct:50";
		fixture_add(&d.run, &c);
		add(&d.run, "queue/ring/model:thread/place:scatter", 100, STATUS_OK);
		add(&d.run, "queue/pipe/model:thread/place:scatter", 500, STATUS_OK);
		c.name = "queue/pipe/model:thread/place:scatter/load_pct:50";
		fixture_add(&d.run, &c);
		build(&d);
		assert_int_equal(d.set.count, 1);
		assert_int_equal(d.set.items[0].points, given ? 2 : 4);
		assert_int_equal(d.set.items[0].left_out_count, 0);
		clean(&d);
	}
}

/* Timers: an axis has the place where more workers keep their rate no longer. */
static void where_a_given_rate_ends_is_drawn(void **state)
{
	static const char *const names[] = {
	    "job/timers/model:thread/workers:1", "job/timers/model:thread/workers:2"};
	struct drawn d = {0};

	(void)state;
	fixture_begin(&d.run);
	for (unsigned i = 0; i < sizeof(names) / sizeof(*names); i++) {
		const struct fixture_case c = {.name = names[i],
		    .op = "wake-up",
		    .spread = 0.01,
		    .ns = 1e6,
		    .extra = METRIC_GIVEN_OPS_PER_S,
		    .extra_value = 1000.0 * (i + 1)};

		fixture_add(&d.run, &c);
	}
	build(&d);
	assert_int_equal(d.set.count, 1);
	assert_int_equal(d.set.items[0].points, 2);
	clean(&d);
}

static size_t occurrences(const char *text, const char *of)
{
	size_t n = 0;

	while ((text = strstr(text, of)) != NULL) {
		text++;
		n++;
	}
	return n;
}

/* A panel a kind, two lines for what differs in its load alone; and nothing of what is at none. */
static void latency_against_load(void **state)
{
	static const char *const names[] = {"queue/ring/model:thread/place:scatter/load_pct:80",
	    "queue/ring/model:thread/place:scatter/load_pct:10",
	    "queue/ring/model:thread/place:scatter", "queue/pipe/model:process/place:scatter",
	    "queue/pipe/model:process/place:scatter/load_pct:50",
	    "queue/ring/model:thread/place:scatter/load_pct:50/burst:16"};
	struct drawn d = {0};
	const struct chart *c;
	const char *tsv, *low, *high;

	(void)state;
	fixture_begin(&d.run);
	for (unsigned i = 0; i < sizeof(names) / sizeof(*names); i++) {
		const bool at_load = strstr(names[i], "load_pct") != NULL;
		const struct fixture_case one = {.name = names[i],
		    .op = "item",
		    .latency_of = "due to got",
		    .spread = 0.2,
		    .ns = 1000 * (i + 1),
		    .extra = at_load ? METRIC_GIVEN_OPS_PER_S : NULL,
		    .extra_value = 1e6 * (i + 1)};

		fixture_add(&d.run, &one);
	}
	fixture_add(&d.run,
	    &(struct fixture_case){.name = "queue/mq/model:thread/place:scatter/load_pct:10",
		.op = "item",
		.latency_of = "due to got",
		.status = STATUS_NOT_RUN});
	build(&d);
	c = chart_find(&d.set, "queue-load");
	assert_non_null(c);
	assert_string_equal(c->script, "load.gp");
	assert_int_equal(c->points, 4);
	has(c, "lines=3;");
	has(c, "panels=2;panel1='ring';panel2='pipe';");
	has(c, "panel_of1=1;entry_of1=1;");
	has(c, "panel_of2=2;entry_of2=2;");
	has(c, "panel_of3=1;entry_of3=3;");
	has(c, "least=10;most=80;");
	has(c, "series=6;");
	has(c, "series1='thread p50';style1=1;series2='thread p99';style2=6;");
	has(c, "series5='thread burst:16 p50';style5=11;series6='thread burst:16 p99';style6=11;");
	tsv = text_buffer_str(&c->tsv);
	assert_int_equal(occurrences(tsv, "\n\n\n"), 2);
	/* By rising load, with what was offered; a case without one is nowhere. */
	low = strstr(tsv, "\n10\t2e+06\t");
	high = strstr(tsv, "\n80\t1e+06\t");
	assert_true(low && high && low < high);
	assert_int_equal(c->left_out_count, 1);
	clean(&d);
}

/* An interval of few launches is none of 95 %, whatever family it is drawn for. */
static void rate_against_size(void **state)
{
	static const char *const names[] = {"queue/ring/model:thread/bytes:1024",
	    "queue/ring/model:thread/bytes:8", "queue/ring/model:process/bytes:8",
	    "queue/ring/model:process/producers:2/bytes:1024", "queue/pipe/model:process/bytes:8",
	    "queue/pipe/model:process/bytes:64", "queue/word/model:thread/bytes:8"};
	struct drawn d = {0};
	const struct chart *c;
	const char *tsv, *low, *high;

	(void)state;
	fixture_begin(&d.run);
	for (unsigned i = 0; i < sizeof(names) / sizeof(*names); i++)
		fixture_add(&d.run,
		    &(struct fixture_case){
			.name = names[i], .op = "item", .spread = 0.2, .ns = 1000 * (i + 1)});
	/* It was not measured with more: of one size there is nothing to see. */
	fixture_add(&d.run, &(struct fixture_case){.name = "queue/word/model:thread/bytes:64",
				.op = "item",
				.status = STATUS_NOT_RUN});
	/* A rate that is given says nothing of size. */
	for (unsigned i = 0; i < 2; i++)
		fixture_add(&d.run,
		    &(struct fixture_case){.name = i ? "queue/mq/model:thread/bytes:8/load_pct:50"
						     : "queue/mq/model:thread/bytes:64/load_pct:50",
			.op = "item",
			.ns = 1000,
			.extra = METRIC_GIVEN_OPS_PER_S,
			.extra_value = 1e6});
	build(&d);
	c = chart_find(&d.set, "queue-size");
	assert_non_null(c);
	assert_string_equal(c->script, "size.gp");
	assert_int_equal(c->points, 4);
	has(c, "lines=2;");
	has(c, "panels=2;panel1='ring';panel2='pipe';");
	has(c, "panel_of1=1;entry_of1=1;");
	has(c, "panel_of2=2;entry_of2=2;");
	has(c, "least=8;most=1024;");
	has(c, "series=2;series1='thread';style1=1;series2='process';style2=2;");
	tsv = text_buffer_str(&c->tsv);
	/* By rising size: bytes per second, and items. */
	low = strstr(tsv, "\n8\t4e+06\t500000\t");
	high = strstr(tsv, "\n1024\t1.024e+09\t1e+06\t");
	assert_true(low && high && low < high);
	clean(&d);
}

static void bars_are_what_they_are(void **state)
{
	static const char *const names[] = {"job/sieve/model:thread/workers:1",
	    "job/sieve/model:thread/workers:2", "job/tcp_echo/model:thread/workers:1",
	    "job/tcp_echo/model:thread/workers:2", "lock/ck_mcs/model:thread/workers:1",
	    "lock/ck_mcs/model:thread/workers:2"};
	static const struct {
		double covered[2];
		const char *said;
	} row[] = {{{0.95, 0.98}, "Error bars are the 95 % interval."},
	    {{0.5, 0.95}, "one they cover as little as 50 %."},
	    {{0.5, 0.75},
		"intervals that cover as little as 50 %, since there were too few launches for 95 "
		"%."},
	    {{0, 0}, NULL}};

	(void)state;
	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		struct drawn d = {0};

		fixture_begin(&d.run);
		for (size_t k = 0; k < 6; k++)
			add(&d.run, names[k], 500, STATUS_OK);
		fixture_end(&d.run);
		for (size_t k = 0; k < 6; k++)
			d.run.series[k].summary.covered = row[i].covered[k % 2];
		assert_int_equal(case_groups_build(&d.run, &d.groups), 0);
		assert_int_equal(chart_set_build(&d.groups, &d.set), 0);
		assert_int_equal(d.set.count, 3);
		for (size_t k = 0; k < 3; k++) {
			const char *text = d.set.items[k].text;

			if (row[i].said ? !strstr(text, row[i].said) : !!strstr(text, "Error"))
				fail_msg("%s: %s", names[2 * k], text);
		}
		clean(&d);
	}
}

/* Without one thread to compare with a ratio would be invented. */
static void no_base_no_speed_up(void **state)
{
	struct drawn d = {0};

	(void)state;
	fixture_begin(&d.run);
	add(&d.run, "job/sieve/model:thread/workers:2/place:scatter", 500, STATUS_OK);
	add(&d.run, "job/sieve/model:thread/workers:1/place:scatter", 0, STATUS_HUNG);
	add(&d.run, "job/sieve/model:process/workers:1/place:scatter", 500, STATUS_OK);
	build(&d);
	has(&d.set.items[0], "relative=0;");
	assert_non_null(
	    strstr(text_buffer_str(&d.set.items[0].tsv), "2\t2e+06\t1.66667e+06\t2.5e+06"));
	clean(&d);
}

static void rate_cpu_and_tail(void **state)
{
	struct fixture_case c = {.name = "job/tcp_echo/model:thread/workers:10/place:same",
	    .op = "request",
	    .latency_of = "here to there",
	    .ns = 1000,
	    .spread = 0.2,
	    .cpu_ns = 500};
	struct drawn d = {0};
	char expected[400];
	double p99;

	(void)state;
	fixture_begin(&d.run);
	fixture_add(&d.run, &c);
	c.name = "job/tcp_echo/model:callback/workers:1/connections:1000/place:same";
	c.cpu_ns = 0;
	fixture_add(&d.run, &c);
	build(&d);
	assert_string_equal(d.set.items[0].script, "models-io.gp");
	/* Latencies of the fixture are spread evenly over 1500 to 4500 ns, in every launch. */
	p99 = (double)histogram_quantile(d.run.series[0].summary.latency, 0.99);
	snprintf(expected, sizeof(expected),
	    "thread\tops_per_s\tlow\thigh\tcpu_ns_per_op\tlow\thigh\tlatency_p99_ns\tlow\thigh\t"
	    "client_limited\tregime1\tregime2\n"
	    "10\t1e+06\t833333\t1.25e+06\t500\t400\t600\t%.6g\t%.6g\t%.6g\t0\t?\t?\n"
	    "\n\n"
	    /* The axis shows the connections, so the label need not. */
	    "callback\tops_per_s\tlow\thigh\tcpu_ns_per_op\tlow\thigh\tlatency_p99_ns\tlow\thigh\t"
	    "client_limited\tregime1\tregime2\n"
	    "1000\t1e+06\t833333\t1.25e+06\t?\t?\t?\t%.6g\t%.6g\t%.6g\t0\t?\t?\n",
	    p99, p99, p99, p99, p99, p99);
	has(&d.set.items[0], "rate_title='requests per second';");
	assert_string_equal(text_buffer_str(&d.set.items[0].tsv), expected);
	clean(&d);
}

static void rows_and_panels(void **state)
{
	struct drawn d = {0};

	(void)state;
	fixture_begin(&d.run);
	add(&d.run, "lock/b/model:thread/workers:2/hold_ns:0", 100, STATUS_OK);
	add(&d.run, "lock/b/model:process/workers:2/hold_ns:0", 200, STATUS_OK);
	add(&d.run, "lock/a/model:thread/workers:1/hold_ns:0", 10, STATUS_OK);
	add(&d.run, "lock/a/model:process/workers:1/hold_ns:0", 0, STATUS_UNSUPPORTED);
	build(&d);
	assert_string_equal(text_buffer_str(&d.set.items[0].tsv),
	    "y\tcase\n"
	    "0.5\tb\n"
	    "2.5\ta\n"
	    "\n\n"
	    "panel\ttitle\n"
	    "1\t1 worker\n"
	    "2\t2 workers\n"
	    "\n\n"
	    "panel\tseries\ty\tns_per_op\tlow\thigh\ttext\n"
	    "2\t1\t0\t100\t80\t120\t100 ns\n"
	    "2\t2\t1\t200\t160\t240\t200 ns\n"
	    "1\t1\t2.5\t10\t8\t12\t10 ns\n");
	assert_int_equal(d.set.items[0].left_out_count, 1);
	has(&d.set.items[0], "decade_low1=0;");
	has(&d.set.items[0], "decade_high1=3;");
	has(&d.set.items[0], "series2='process';");
	clean(&d);
}

/* What mixes two regimes of the machine is neither of its figures: both are marked beside it. */
static void regimes_are_marked(void **state)
{
	struct drawn d = {0};
	const struct chart *c;

	(void)state;
	fixture_begin(&d.run);
	fixture_add_regimes(&d.run, "lock/b/model:thread/workers:2/hold_ns:0", 100, 10, 10);
	add(&d.run, "lock/a/model:thread/workers:2/hold_ns:0", 200, STATUS_OK);
	fixture_add_regimes(&d.run, "job/sieve/model:thread/workers:1/place:scatter", 100, 10, 10);
	build(&d);
	c = &d.set.items[0];
	assert_int_equal(c->mixed, 1);
	/* Ten at 1.000 to 1.008 of 100 ns, and ten at four times that: the middle of each. */
	if (!strstr(text_buffer_str((struct text_buffer *)(uintptr_t)&c->tsv),
		"\n\n\npanel\tseries\ty\tns_per_op\n1\t1\t0\t100.4\n1\t1\t0\t401.6\n"))
		fail_msg("%s", text_buffer_str((struct text_buffer *)(uintptr_t)&c->tsv));
	has(c, "mixed=1;");
	assert_non_null(strstr(c->text, "Crosses beside 1 of the points: what they are in each"));
	c = &d.set.items[1];
	assert_int_equal(c->mixed, 1);
	if (!strstr(
		text_buffer_str((struct text_buffer *)(uintptr_t)&c->tsv), "\t2.49402\t0.623506\n"))
		fail_msg("%s", text_buffer_str((struct text_buffer *)(uintptr_t)&c->tsv));
	clean(&d);
}

/* A knob besides the workers makes panels, or most rows of most panels would be empty. */
static void knobs_make_panels(void **state)
{
	struct drawn d = {0};

	(void)state;
	fixture_begin(&d.run);
	add(&d.run, "lock/a/model:thread/workers:2/hold_ns:9", 100, STATUS_OK);
	add(&d.run, "lock/a/model:thread/workers:2/hold_ns:0", 100, STATUS_OK);
	add(&d.run, "lock/a/model:thread/workers:1/hold_ns:0", 10, STATUS_OK);
	build(&d);
	assert_non_null(strstr(text_buffer_str(&d.set.items[0].tsv), "y\tcase\n"
								     "0\ta\n"
								     "\n\n"
								     "panel\ttitle\n"
								     "1\t1 worker hold_ns:0\n"
								     "2\t2 workers hold_ns:9\n"
								     "3\t2 workers hold_ns:0\n"));
	clean(&d);
}

/* Who does not know a knob stands among those that have it; who has it elsewhere does not. */
static void no_panel_for_who_lacks_a_knob(void **state)
{
	struct drawn d = {0};

	(void)state;
	fixture_begin(&d.run);
	add(&d.run, "lock/add/model:thread/workers:2", 10, STATUS_OK);
	add(&d.run, "lock/a/model:thread/workers:2/hold_ns:0", 100, STATUS_OK);
	add(&d.run, "lock/b/model:thread/workers:2/hold_ns:0", 100, STATUS_OK);
	add(&d.run, "lock/b/model:thread/workers:2/hold_ns:0/read_pct:90", 100, STATUS_OK);
	add(&d.run, "lock/b/model:thread/workers:2/hold_ns:9", 200, STATUS_OK);
	build(&d);
	assert_non_null(strstr(text_buffer_str(&d.set.items[0].tsv),
	    "panel\ttitle\n"
	    "1\t2 workers hold_ns:0\n"
	    "2\t2 workers hold_ns:0 read_pct:90\n"
	    "3\t2 workers hold_ns:9\n"
	    "\n\n"
	    "panel\tseries\ty\tns_per_op\tlow\thigh\ttext\n"
	    "1\t1\t0\t10\t8\t12\t10 ns\n"
	    "1\t1\t1.5\t100\t80\t120\t100 ns\n"
	    "1\t1\t3\t100\t80\t120\t100 ns\n"
	    "2\t1\t3\t100\t80\t120\t100 ns\n"
	    "3\t1\t3\t200\t160\t240\t200 ns\n"));
	clean(&d);
}

static void the_ladder_is_sorted(void **state)
{
	struct drawn d = {0};

	(void)state;
	fixture_begin(&d.run);
	add(&d.run, "switch/futex/model:process/workers:2/place:same", 2000, STATUS_OK);
	add(&d.run, "switch/futex/model:thread/workers:2/place:same", 1000, STATUS_OK);
	add(&d.run, "switch/call/model:thread/workers:1/place:same", 1, STATUS_OK);
	build(&d);
	assert_non_null(strstr(text_buffer_str(&d.set.items[0].tsv), "y\tcase\n"
								     "0\tcall thread workers:1\n"
								     "1.5\tfutex thread workers:2\n"
								     "3\tfutex process workers:2\n"
								     "\n"));
	clean(&d);
}

static void a_cell_for_each_pair(void **state)
{
	struct drawn d = {0};
	const struct chart *c;

	(void)state;
	fixture_begin(&d.run);
	/* By their numbers, whichever of the two is named first. */
	add(&d.run, "distance/cas/place:pair:10-0", 100, STATUS_OK);
	add(&d.run, "distance/cas/place:pair:0-2", 25, STATUS_OK);
	add(&d.run, "distance/cas/place:pair:2-10", 0, STATUS_HUNG);
	/* These are no pair. */
	add(&d.run, "distance/cas/place:scatter", 7, STATUS_OK);
	add(&d.run, "distance/cas/place:pair:1-1", 7, STATUS_OK);
	add(&d.run, "distance/two/place:pair:0-2", 12.5, STATUS_OK);
	build(&d);
	assert_int_equal(d.set.count, 1);
	c = &d.set.items[0];
	assert_string_equal(c->script, "matrix.gp");
	assert_string_equal(c->title, "Distances: time per op, ns");
	assert_string_equal(text_buffer_str(&c->tsv),
	    "pu\tother\tns_per_op\tlow\thigh\tx\ty\ttext\n"
	    "0\t10\t100\t80\t120\t0\t2\t100\n"
	    "0\t2\t25\t20\t30\t0\t1\t25\n"
	    "\n\n"
	    "pu\tother\tns_per_op\tlow\thigh\tx\ty\ttext\n"
	    "0\t2\t12.5\t10\t15\t0\t1\t12.5\n");
	assert_int_equal(c->points, 3);
	assert_int_equal(c->left_out_count, 1);
	has(c, "pus='0 2 10';");
	has(c, "count=3;");
	has(c, "panel1='cas';");
	has(c, "panel2='two';");
	has(c, "log=1;low=12.5;high=100;");
	has(c, "series1='12.5 ns';");
	has(c, "series5='100 ns';");
	clean(&d);
	/* What differs by no more than noise does not look far apart. */
	fixture_begin(&d.run);
	add(&d.run, "distance/cas/place:pair:0-1", 100, STATUS_OK);
	add(&d.run, "distance/cas/place:pair:0-2", 101, STATUS_OK);
	build(&d);
	has(&d.set.items[0], "low=100;high=400;");
	clean(&d);
	/* None without a cell. */
	fixture_begin(&d.run);
	add(&d.run, "distance/cas/place:scatter", 100, STATUS_OK);
	build(&d);
	assert_int_equal(d.set.count, 0);
	clean(&d);
}

static void matrices_of_large_machines(void **state)
{
	static const unsigned pus[] = {16, 64};

	(void)state;
	for (size_t n = 0; n < 2; n++) {
		struct drawn d = {0};
		size_t pairs = 0, lines = 0;
		const struct chart *c;
		char text[64];

		fixture_begin(&d.run);
		for (unsigned a = 0; a < pus[n]; a++) {
			for (unsigned b = a + 1; b < pus[n]; b++) {
				(void)snprintf(
				    text, sizeof(text), "distance/cas/place:pair:%u-%u", a, b);
				add(&d.run, text, a / 4 == b / 4 ? 20 : 150, STATUS_OK);
				pairs++;
			}
		}
		build(&d);
		c = &d.set.items[0];
		assert_int_equal(c->points, pairs);
		for (const char *at = text_buffer_str(&c->tsv); *at; at++)
			lines += *at == '\n';
		assert_int_equal(lines, pairs + 1);
		(void)snprintf(text, sizeof(text), "\n%u\t%u\t", pus[n] - 2, pus[n] - 1);
		assert_non_null(strstr(text_buffer_str(&c->tsv), text));
		(void)snprintf(text, sizeof(text), "count=%u;", pus[n]);
		has(c, text);
		clean(&d);
	}
}

/* One hand-off between the two PUs of a panel, at its quickest. */
static void panels_have_their_bound(void **state)
{
	static const struct {
		const char *pus, *pair;
		bool drawn;
	} rows[] = {
	    {"0,1", "0-1", true},
	    {"1,0", "0-1", true},
	    {"0,1", "0-2", false},
	    {"0", "0-1", false},
	    {"0,1,2", "0-1", false},
	    {"0,0", "0-1", false},
	    {"", "0-1", false},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct drawn d = {0};
		char name[64];
		const struct chart *c;

		fixture_begin(&d.run);
		fixture_add(&d.run, &(struct fixture_case){.name = "lock/a/model:thread/workers:2",
					.op = "op",
					.ns = 500,
					.pus = rows[i].pus});
		fixture_add(&d.run,
		    &(struct fixture_case){
			.name = "lock/a/model:thread/workers:1", .op = "op", .ns = 20, .pus = "0"});
		(void)snprintf(name, sizeof(name), "distance/cas/place:pair:%s", rows[i].pair);
		add(&d.run, name, 7, STATUS_OK);
		(void)snprintf(name, sizeof(name), "distance/two/place:pair:%s", rows[i].pair);
		add(&d.run, name, 9, STATUS_OK);
		build(&d);
		c = chart_find(&d.set, "lock");
		assert_non_null(c);
		assert_null(strstr(text_buffer_str(&c->vars), "bound1="));
		assert_int_equal(!!strstr(text_buffer_str(&c->vars), "bound2=7;"), rows[i].drawn);
		assert_int_equal(!!strstr(c->text, "at its quickest (Distances)"), rows[i].drawn);
		/* It is inside the axis. */
		has(c, rows[i].drawn ? "decade_low2=0;" : "decade_low2=1;");
		clean(&d);
	}
}

static void no_figure_no_chart(void **state)
{
	struct drawn d = {0};

	(void)state;
	fixture_begin(&d.run);
	add(&d.run, "lock/a/model:thread/workers:1", 0, STATUS_INVALID);
	add(&d.run, "job/sieve/model:thread/workers:1", 0, STATUS_NOT_RUN);
	add(&d.run, "nobody/knows/this:1", 10, STATUS_OK);
	build(&d);
	assert_int_equal(d.set.count, 0);
	assert_null(chart_find(&d.set, "lock"));
	clean(&d);
}

/* What comes from a run must not end a cell, a quote or a statement. */
static void hostile_names(void **state)
{
	struct drawn d = {0};
	struct chart c = {0};

	(void)state;
	fixture_begin(&d.run);
	add(&d.run, "lock/\"a';system('x');/model:t'h\tr/workers:1", 10, STATUS_OK);
	build(&d);
	has(&d.set.items[0], "common='model:t''h r workers:1'");
	assert_non_null(strstr(text_buffer_str(&d.set.items[0].tsv), "\t'a';system('x');\n"));
	assert_null(strchr(text_buffer_str(&d.set.items[0].tsv), '"'));
	clean(&d);
	chart_set_text(&c, "v", "a'b\nc\\");
	assert_string_equal(text_buffer_str(&c.vars), "v='a''b c\\';");
	text_buffer_free(&c.vars);
	chart_cell(&c.tsv, "a\tb\nc\"d#");
	assert_string_equal(text_buffer_str(&c.tsv), "a b c'd#");
	text_buffer_free(&c.tsv);
}

static void styles_stay_apart(void **state)
{
	static const char *const names[] = {"thread", "process", "coroutine", "callback", "other"};

	(void)state;
	for (unsigned a = 0; a < 15; a++)
		for (unsigned b = 0; b < a; b++)
			assert_int_not_equal(
			    chart_style(names[a % 5], a / 5), chart_style(names[b % 5], b / 5));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(speed_up),
	    cmocka_unit_test(a_given_rate_is_not_drawn_beside_others),
	    cmocka_unit_test(where_a_given_rate_ends_is_drawn),
	    cmocka_unit_test(latency_against_load),
	    cmocka_unit_test(rate_against_size),
	    cmocka_unit_test(bars_are_what_they_are),
	    cmocka_unit_test(no_base_no_speed_up),
	    cmocka_unit_test(rate_cpu_and_tail),
	    cmocka_unit_test(rows_and_panels),
	    cmocka_unit_test(regimes_are_marked),
	    cmocka_unit_test(knobs_make_panels),
	    cmocka_unit_test(no_panel_for_who_lacks_a_knob),
	    cmocka_unit_test(the_ladder_is_sorted),
	    cmocka_unit_test(a_cell_for_each_pair),
	    cmocka_unit_test(matrices_of_large_machines),
	    cmocka_unit_test(panels_have_their_bound),
	    cmocka_unit_test(no_figure_no_chart),
	    cmocka_unit_test(hostile_names),
	    cmocka_unit_test(styles_stay_apart),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
