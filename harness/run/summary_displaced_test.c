/* summary_displaced_test.c - what workers took from others: of which rows that is told, and what
 * with it. */
#include "harness/run/run_fixture.h"

static const struct run_figure displaced = {
    METRIC_DISPLACED, "displaced CPU time", "ns", CB_RATIO, CB_LESS, 0, ""};

/* Twelve launches of four trials. @soaked_pct, @charged: of the launch. */
static struct series *taken(
    struct run *run, double taken_ns, double charged_ns, const double soaked_pct[12])
{
	struct series *s = fixture_series(run, "job/timers/model:thread", 2);

	s->figure = displaced;
	for (unsigned i = 0; i < 48; i++) {
		struct sample one = {.launch = i / 4, .slot = i % 4};

		fixture_metric(&one, METRIC_DISPLACED, taken_ns + i % 4);
		fixture_metric(&one, METRIC_CPU_NS_PER_OP, charged_ns);
		fixture_metric(&one, METRIC_SOAKED_PCT, soaked_pct[i / 4]);
		fixture_add(s, one);
	}
	return s;
}

/* The row is asked, not the launch: in those in which others happened to be idle while the workers
 * were parked, what they did afterwards would count as the workers'. */
static void where_others_are_robbed_nothing_is_told(void **state)
{
	static const struct {
		double soaked_pct[12];
		const char *reason; /* NULL: it is told */
	} rows[] = {
	    {{99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99}, NULL},
	    {{91, 91, 91, 91, 91, 91, 91, 91, 91, 91, 91, 91}, NULL},
	    {{60, 60, 60, 60, 60, 99, 99, 99, 99, 99, 99, 99}, NULL},
	    {{60, 60, 60, 60, 60, 60, 60, 60, 60, 60, 60, 60},
		"others took 40 % of its PUs while its workers were parked: what the workers "
		"took from them is not known"},
	    {{89, 89, 89, 89, 89, 89, 89, 89, 89, 89, 89, 89}, "others took 11 % of its PUs"},
	    {{99, 99, 99, 99, 99, 70, 70, 70, 70, 70, 70, 70}, "others took 30 % of its PUs"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct run run = {0};
		struct series *s = taken(&run, 10000, 10000, rows[i].soaked_pct);

		assert_int_equal(run_summarise(&run), 0);
		if (rows[i].reason) {
			assert_int_equal(s->status, STATUS_UNSUPPORTED);
			assert_memory_equal(s->reason, rows[i].reason, strlen(rows[i].reason));
			assert_int_equal(s->summary.launches, 0);
		} else {
			assert_int_equal(s->status, STATUS_OK);
			assert_int_equal(s->summary.launches, 12);
		}
		/* As when a run file is read again: what was said once is said again. */
		assert_int_equal(run_summarise(&run), 0);
		assert_int_equal(s->status, rows[i].reason ? STATUS_UNSUPPORTED : STATUS_OK);
		run_free(&run);
	}
}

/* Any other figure has nothing to do with soakers. */
static void other_figures_do_not_ask(void **state)
{
	static const double soaked_pct[12] = {60, 60, 60, 60, 60, 60, 60, 60, 60, 60, 60, 60};
	struct run run = {0};
	struct series *s = taken(&run, 10000, 10000, soaked_pct);

	(void)state;
	snprintf(s->figure.metric, sizeof(s->figure.metric), METRIC_CPU_NS_PER_OP);
	assert_int_equal(run_summarise(&run), 0);
	assert_int_equal(s->status, STATUS_OK);
	run_free(&run);
}

static void accounts_that_are_apart_are_told(void **state)
{
	static const double quiet[12] = {99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99};
	static const struct {
		double charged_ns;
		const char *reason;
	} rows[] = {
	    {10000, ""},
	    {10900, ""},
	    {9100, ""},
	    {8800, "the kernel's accounts of the same windows charge 8.8 µs, 88 % of it"},
	    {2700, "the kernel's accounts of the same windows charge 2.7 µs, 27 % of it"},
	    {11500, "the kernel's accounts of the same windows charge 11.5 µs, 115 % of it"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct run run = {0};
		struct series *s = taken(&run, 10000, rows[i].charged_ns, quiet);

		assert_int_equal(run_summarise(&run), 0);
		assert_int_equal(s->status, STATUS_OK);
		assert_string_equal(s->reason, rows[i].reason);
		run_free(&run);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(where_others_are_robbed_nothing_is_told),
	    cmocka_unit_test(other_figures_do_not_ask),
	    cmocka_unit_test(accounts_that_are_apart_are_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
