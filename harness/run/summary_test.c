#include "harness/run/launch.h"
#include "harness/run/run_fixture.h"

#include <errno.h>
#include <math.h>

/* Each test's own: freed behind it. */
static struct run run;

static int free_run(void **state)
{
	(void)state;
	run_free(&run);
	return 0;
}

static void assert_near(double a, double b)
{
	if (fabs(a - b) > 1e-9 * fabs(b) + 1e-12)
		fail_msg("%.17g is not %.17g", a, b);
}

/* @ns: [launches][slots], 0 for a trial without a finished operation. */
static struct series *measured(const double *ns, unsigned launches, unsigned slots)
{
	struct series *s = fixture_series(&run, "a/workers:2", 2);

	for (unsigned l = 0; l < launches; l++) {
		for (unsigned k = 0; k < slots; k++)
			fixture_add(s, fixture_sample(l, k, ns[l * slots + k]));
	}
	return s;
}

static void launch_is_the_unit(void **state)
{
	/* Medians of the launches: 10, 20, 30. Pooled, the median of all nine would be 11. */
	static const double ns[] = {9, 10, 11, 8, 20, 21, 9, 30, 31};
	struct series *s = measured(ns, 3, 3);

	(void)state;
	assert_int_equal(run_summarise(&run), 0);
	assert_int_equal(s->summary.launches, 3);
	assert_int_equal(s->summary.samples, 9);
	assert_int_equal(s->summary.empty_samples, 0);
	assert_near(s->summary.figure.estimate, 20);
	assert_near(s->summary.figure.low, 10);
	assert_near(s->summary.figure.high, 30);
	/* Three launches: the extremes cover 1 - 2 / 2^3. */
	assert_near(s->summary.covered, 0.75);
	assert_near(s->summary.half_width_pct, 50);
	assert_near(s->summary.mad_figure, 10);
	assert_near(s->summary.ops_per_s.estimate, 5e7);
	assert_int_equal(s->status, STATUS_NOISY);
	assert_string_equal(s->reason, "3 launches are too few: their interval covers 75 %");
}

/* The interval of a share has its level however few there are: that is not what they lack. */
static void few_launches_say_what_they_lack(void **state)
{
	static const struct {
		unsigned figure, launches;
		const char *reason;
	} rows[] = {
	    {FIXTURE_BYTES, 3, "3 launches are too few: their interval covers 75 %"},
	    {FIXTURE_SHARE, 2,
		"2 launches (6 trials) are too few to show how launches vary: 5 are needed"},
	    {FIXTURE_ENDS, 4,
		"4 launches (12 trials) are too few to show how launches vary: 5 are needed"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct series *s = fixture_of(&run, "a/workers:2", rows[i].figure);

		for (unsigned k = 0; k < rows[i].launches * 3; k++) {
			struct sample one = {.launch = k / 3, .slot = k % 3};

			fixture_give(&one, rows[i].figure, rows[i].figure == FIXTURE_BYTES);
			fixture_add(s, one);
		}
		assert_int_equal(run_summarise(&run), 0);
		assert_int_equal(s->status, STATUS_NOISY);
		assert_string_equal(s->reason, rows[i].reason);
		run_free(&run);
	}
}

static void order_of_samples_does_not_matter(void **state)
{
	static const double ns[] = {9, 10, 11, 8, 20, 21, 9, 30, 31};
	struct series *s = fixture_series(&run, "a", 1);

	(void)state;
	/* As rounds deliver them: one slot of every launch after the other. */
	for (unsigned k = 3; k-- > 0;) {
		for (unsigned l = 3; l-- > 0;)
			fixture_add(s, fixture_sample(l * 100, k, ns[l * 3 + k]));
	}
	assert_int_equal(run_summarise(&run), 0);
	assert_int_equal(s->summary.launches, 3);
	assert_near(s->summary.figure.estimate, 20);
}

static void warm_up_changes_no_figure(void **state)
{
	struct run with = {0}, without = {0};
	struct series *a = fixture_series(&with, "a", 1);
	struct series *b = fixture_series(&without, "a", 1);

	(void)state;
	for (unsigned l = 0; l < 10; l++) {
		struct sample cold = fixture_sample(l, 0, 1e6);

		fixture_details(&cold, 9);
		cold.warm_up = true;
		fixture_add(a, cold);
		for (unsigned k = 1; k < 4; k++) {
			fixture_add(a, fixture_sample(l, k, 100 + l + 0.1 * k));
			fixture_add(b, fixture_sample(l, k, 100 + l + 0.1 * k));
		}
	}
	assert_int_equal(run_summarise(&with), 0);
	assert_int_equal(run_summarise(&without), 0);
	assert_int_equal(a->summary.warm_up_samples, 10);
	assert_int_equal(a->summary.samples, 30);
	assert_null(a->summary.latency);
	assert_memory_equal(&a->summary.figure, &b->summary.figure, sizeof(b->summary.figure));
	assert_int_equal(a->status, STATUS_OK);
	assert_string_equal(a->reason, "");
	/* The control: the same trials not marked as warm-up do change it. */
	for (size_t i = 0; i < a->sample_count; i++)
		a->samples[i].warm_up = false;
	assert_int_equal(run_summarise(&with), 0);
	assert_true(a->summary.figure.estimate > b->summary.figure.estimate);
	run_free(&with);
	run_free(&without);
}

/* The run loop folds after each launch, the journal's reader never: the figures must be the same.
 */
static void folded_latencies_count_the_same(void **state)
{
	struct run runs[2];
	struct series *s[2];

	(void)state;
	memset(runs, 0, sizeof(runs));
	for (unsigned r = 0; r < 2; r++) {
		s[r] = fixture_series(&runs[r], "a", 1);
		for (unsigned l = 0; l < 4; l++) {
			for (unsigned k = 0; k < 3; k++) {
				struct sample sample = fixture_sample(l, k, 100 + l);

				fixture_details(&sample, 9 + l * 3 + k);
				sample.warm_up = k == 0;
				fixture_add(s[r], sample);
			}
			if (r == 1)
				assert_int_equal(series_fold_latency(s[r]), 0);
		}
		assert_int_equal(run_summarise(&runs[r]), 0);
		assert_non_null(s[r]->summary.latency);
	}
	assert_memory_equal(s[0]->summary.latency, s[1]->summary.latency, sizeof(struct histogram));
	/* The control: a trial that only one of the two has shows. */
	s[1]->samples[0].warm_up = false;
	free(s[1]->samples[0].worker_ops);
	fixture_details(&s[1]->samples[0], 5);
	assert_int_equal(series_fold_latency(s[1]), 0);
	assert_int_equal(run_summarise(&runs[1]), 0);
	assert_memory_not_equal(
	    s[0]->summary.latency, s[1]->summary.latency, sizeof(struct histogram));
	run_free(&runs[0]);
	run_free(&runs[1]);
}

static void an_empty_trial_is_the_longest(void **state)
{
	/* One of five trials of each launch is empty; without it the median would be 20.5. */
	static const double ns[] = {20, 0, 21, 22, 19, 20, 21, 0, 22, 19, 22, 19, 20, 21, 0};
	struct launch_list list = {0};
	struct series *s = measured(ns, 3, 5);
	double ops = 0;

	(void)state;
	assert_int_equal(run_summarise(&run), 0);
	assert_near(s->summary.figure.estimate, 21);
	assert_near(s->summary.ops_per_s.estimate, 1e9 / 21);
	/* Its metrics stand a place further in front, and count all the same: 0 operations. */
	assert_int_equal(launch_list_build(s, &list), 0);
	assert_true(metric_get(&list.items[0].medians, METRIC_OPS, &ops));
	assert_near(ops, 3e6 / 21);
	launch_list_free(&list);
	assert_int_equal(s->summary.samples, 15);
	assert_int_equal(s->summary.empty_samples, 3);
	assert_int_equal(s->summary.launches, 3);
	assert_int_equal(s->summary.empty_launches, 0);
	assert_int_equal(s->status, STATUS_NOISY);
	assert_string_equal(s->reason, "3 launches are too few: their interval covers 75 %; "
				       "no operation finished inside the window in 3 of 15 trials");
}

static void mostly_empty_is_pooled(void **state)
{
	/* Launch 0 stood still in two of three trials: its median trial has no length. */
	static const double ns[] = {20, 0, 0, 20, 20, 20, 20, 20, 20};
	struct series *s = measured(ns, 3, 3);
	struct launch_list list;
	double value;

	(void)state;
	assert_int_equal(launch_list_build(s, &list), 0);
	assert_true(list.pooled);
	assert_int_equal(list.count, 3);
	/* 9 ms for what takes 3 ms. */
	assert_true(metric_get(&list.items[0].medians, METRIC_NS_PER_OP, &value));
	assert_near(value, 60);
	assert_true(metric_get(&list.items[0].medians, METRIC_OPS_PER_S, &value));
	assert_near(value, 1e9 / 60);
	assert_int_equal(list.items[0].empty_samples, 2);
	launch_list_free(&list);
	assert_int_equal(run_summarise(&run), 0);
	assert_int_equal(s->status, STATUS_NOISY);
	assert_near(s->summary.figure.high, 60);
	assert_non_null(strstr(s->reason,
	    "no operation finished inside the window in 2 of 9 trials, so figures are whole time "
	    "over all operations"));
}

static void empty_launches_are_counted(void **state)
{
	static const double few[] = {20, 20, 20, 0, 0, 20};
	static const double most[] = {20, 0, 0, 0, 0, 0};
	static const double all[] = {0, 0, 0, 0};
	struct series *s = measured(few, 3, 2);

	(void)state;
	/* Launch 1 is {20, 0}: pooled to 40. Launch 2 is {0, 20}. */
	s->samples[5].metrics.count = 0;
	assert_int_equal(run_summarise(&run), 0);
	assert_int_equal(s->status, STATUS_NOISY);
	assert_int_equal(s->summary.launches, 2);
	assert_int_equal(s->summary.empty_launches, 1);
	assert_int_equal(s->summary.empty_samples, 3);
	assert_non_null(strstr(s->reason, "1 of 3 launches finished none at all and are left out"));
	run_free(&run);

	s = measured(most, 3, 2);
	assert_int_equal(run_summarise(&run), 0);
	assert_int_equal(s->status, STATUS_INVALID);
	assert_string_equal(s->reason,
	    "no operation finished inside the window in 5 of 6 trials, and in 2 of 3 launches "
	    "none at all");
	assert_int_equal(s->summary.launches, 0);
	run_free(&run);

	s = measured(all, 2, 2);
	assert_int_equal(run_summarise(&run), 0);
	assert_int_equal(s->status, STATUS_INVALID);
}

static void one_launch_has_no_interval(void **state)
{
	static const double ns[] = {20, 21, 22};
	struct series *s = measured(ns, 1, 3);

	(void)state;
	assert_int_equal(run_summarise(&run), 0);
	assert_int_equal(s->status, STATUS_NOISY);
	assert_string_equal(s->reason, "1 launch: no interval");
	assert_near(s->summary.figure.estimate, 21);
	assert_near(s->summary.figure.low, 21);
	assert_true(s->summary.covered == 0);
}

static void oversubscribed_wins_and_says_both(void **state)
{
	static const double ns[] = {10, 20, 30, 10, 20, 30, 10, 20, 30, 10};
	struct series *s = measured(ns, 10, 1);

	(void)state;
	s->oversubscribed = true;
	s->workers = 4;
	s->oversubscribed = true;
	(void)snprintf(s->pus, sizeof(s->pus), "0,1,0,1");
	assert_int_equal(run_summarise(&run), 0);
	assert_non_null(strstr(s->reason, "4 workers share 2 PUs; "));
	s->pus[0] = '\0';
	for (int again = 0; again < 2; again++) {
		assert_int_equal(run_summarise(&run), 0);
		assert_int_equal(s->status, STATUS_OVERSUBSCRIBED);
		assert_string_equal(s->reason,
		    "4 workers, more than there are PUs; interval of +-50.0 % over +-10 % "
		    "(10 launches)");
	}
}

static void statuses_without_figure_stay(void **state)
{
	static const double ns[] = {10, 10, 10, 10};

	(void)state;
	for (int i = STATUS_UNSUPPORTED; i < STATUS_COUNT; i++) {
		struct series *s = measured(ns, 4, 1);

		s->status = (enum case_status)i;
		snprintf(s->reason, sizeof(s->reason), "because");
		assert_int_equal(run_summarise(&run), 0);
		assert_int_equal(s->status, i);
		assert_string_equal(s->reason, "because");
		assert_int_equal(s->summary.launches, 0);
		run_free(&run);
	}
}

static void without_samples_it_is_not_run(void **state)
{
	struct series *s;
	struct sample cold = fixture_sample(0, 0, 10);

	(void)state;
	fixture_series(&run, "a", 1);
	s = fixture_series(&run, "b", 1);
	cold.warm_up = true;
	fixture_add(s, cold);
	assert_int_equal(run_summarise(&run), 0);
	assert_int_equal(run.series[0].status, STATUS_NOT_RUN);
	assert_string_equal(run.series[0].reason, "no trial was measured");
	assert_string_equal(run.series[1].reason, "no trial was measured, only warm-up");
}

static void histograms_merge_exactly(void **state)
{
	struct histogram expected;
	struct series *s;

	(void)state;
	fixture_run(&run, 10, 3, 1);
	s = &run.series[0];
	histogram_clear(&expected);
	for (size_t i = 0; i < s->sample_count; i++) {
		unsigned seed = s->samples[i].launch * 10 + s->samples[i].slot;

		for (unsigned k = 0; !s->samples[i].warm_up && k < 50; k++)
			histogram_record(&expected, (uint64_t)(k * k) * 37 + seed);
	}
	assert_int_equal(run_summarise(&run), 0);
	assert_int_equal(expected.count, 10 * 3 * 50);
	fixture_assert_histogram(&expected, s->summary.latency);
}

static void medians_of_every_metric(void **state)
{
	struct series *s = fixture_series(&run, "a", 1);
	double value;

	(void)state;
	for (unsigned l = 0; l < 4; l++) {
		for (unsigned k = 0; k < 3; k++) {
			struct sample one = fixture_sample(l, k, 10);

			fixture_metric(&one, "x", l * 10 + k);
			if (l == 2)
				fixture_metric(&one, "sometimes", k);
			fixture_add(s, one);
		}
	}
	assert_int_equal(run_summarise(&run), 0);
	assert_true(metric_get(&s->summary.medians, "x", &value));
	assert_near(value, 16); /* of 1, 11, 21, 31 */
	assert_true(metric_get(&s->summary.medians, "sometimes", &value));
	assert_near(value, 1);
	assert_true(metric_get(&s->summary.medians, METRIC_NS_PER_OP, &value));
	assert_near(value, s->summary.figure.estimate);
}

static void summarising_twice_changes_nothing(void **state)
{
	struct run once, twice;

	(void)state;
	fixture_run(&once, 9, 3, 1);
	fixture_run(&twice, 9, 3, 1);
	assert_int_equal(run_summarise(&once), 0);
	assert_int_equal(run_summarise(&twice), 0);
	assert_int_equal(run_summarise(&twice), 0);
	for (size_t i = 0; i < once.series_count; i++) {
		struct series_summary a = once.series[i].summary;
		struct series_summary b = twice.series[i].summary;

		fixture_assert_histogram(a.latency, b.latency);
		a.latency = b.latency = NULL;
		assert_memory_equal(&a, &b, sizeof(a));
		assert_int_equal(once.series[i].status, twice.series[i].status);
		assert_string_equal(once.series[i].reason, twice.series[i].reason);
	}
	assert_memory_equal(&once.noise, &twice.noise, sizeof(once.noise));
	run_free(&once);
	run_free(&twice);
}

/* What ended a series too early is said, whatever else there is to say, and only once. */
static void the_clause_of_an_early_end_stays(void **state)
{
	static const double quiet[] = {100, 100.1, 100.2, 100, 100.1},
			    wide[] = {100, 200, 300, 100, 200};
	struct series *s;
	char why[SERIES_WHY_MAX];

	(void)state;
	measured(quiet, 5, 1);
	measured(wide, 5, 1);
	measured(quiet, 5, 1)->oversubscribed = true;
	for (size_t i = 0; i < run.series_count; i++)
		series_note_stop(&run.series[i], 3.14159, 12, 2, "time budget out");
	for (int again = 0; again < 3; again++) {
		assert_int_equal(run_summarise(&run), 0);
		s = &run.series[0];
		assert_int_equal(s->status, STATUS_OK);
		assert_string_equal(s->reason, "");
		assert_string_equal(s->stopped,
		    "stopped at +-3.1 % after 12 launches: time budget out before +-2 %");
		s = &run.series[1];
		assert_int_equal(s->status, STATUS_NOISY);
		assert_memory_equal(s->reason, "interval of ", 12);
		assert_string_equal(strstr(series_why(s, why), "; stopped"),
		    "; stopped at +-3.1 % after 12 launches: time budget out before +-2 %");
		s = &run.series[2];
		assert_int_equal(s->status, STATUS_OVERSUBSCRIBED);
		assert_non_null(strstr(series_why(s, why), "; stopped at +-3.1 %"));
	}
	series_note_stop(&run.series[0], INFINITY, 12, 0.5, "rounds out");
	assert_string_equal(
	    run.series[0].stopped, "stopped after 12 launches: rounds out before +-0.5 %");
	series_note_cut(&run.series[1], 30, 500, "time budget out");
	assert_int_equal(run_summarise(&run), 0);
	assert_int_equal(run.series[1].status, STATUS_NOISY);
	assert_string_equal(strstr(series_why(&run.series[1], why), "; stopped"),
	    "; stopped after 30 of 500 launches: time budget out");
	/* A reason as long as it may be does not cut it. */
	memset(run.series[1].reason, 'x', REASON_MAX - 1);
	run.series[1].reason[REASON_MAX - 1] = '\0';
	assert_string_equal(strstr(series_why(&run.series[1], why), "; stopped"),
	    "; stopped after 30 of 500 launches: time budget out");
}

/* ---- figures other than time ---- */

static void a_figure_of_its_own_is_summarised(void **state)
{
	static const double none[FIXTURE_FIGURES];
	const struct series_summary *sum;
	double value;

	(void)state;
	fixture_figures(&run, 11, 5, none);
	assert_int_equal(run_summarise(&run), 0);
	for (size_t i = 0; i < run.series_count; i++) {
		sum = &run.series[i].summary;
		assert_int_equal(run.series[i].status, STATUS_OK);
		assert_int_equal(sum->launches, 11);
		assert_int_equal(sum->samples, 55);
		assert_true(sum->ops_per_s.estimate == 0);
		assert_true(sum->figure.low <= sum->figure.estimate &&
			    sum->figure.estimate <= sum->figure.high);
	}
	sum = &run.series[FIXTURE_BYTES].summary;
	assert_true(fabs(sum->figure.estimate - 40960) < 50);
	assert_true(metric_get(&sum->medians, "peak_bytes", &value));
	assert_near(value, sum->figure.estimate);
	assert_near(sum->half_width_pct, stats_half_width(&sum->figure) * 100);
	/* Around 0, where nothing is relative to itself: of its worth of 5,000. */
	sum = &run.series[FIXTURE_LATENESS].summary;
	assert_true(sum->figure.low < 0);
	assert_near(sum->half_width_pct,
	    fmax(sum->figure.high - sum->figure.estimate, sum->figure.estimate - sum->figure.low) /
		5000 * 100);
	sum = &run.series[FIXTURE_SHARE].summary;
	assert_true(fabs(sum->figure.estimate - 0.1) < 0.002);
	assert_true(sum->half_width_pct < 1);
	assert_string_equal(run.noise.word, "unknown");
	assert_memory_equal(run.noise.text, "0 cases with an interval", 24);
}

/* The median of launches that mostly lose nothing would be nothing. */
static void rare_losses_show(void **state)
{
	struct series *s = fixture_of(&run, "queue", FIXTURE_SHARE);
	double value;

	(void)state;
	for (unsigned i = 0; i < 100; i++) {
		struct sample one = {.launch = i / 10, .slot = i % 10};

		fixture_give(&one, FIXTURE_SHARE, i % 25 == 24 ? 0.5 : 0);
		fixture_add(s, one);
	}
	assert_int_equal(run_summarise(&run), 0);
	assert_near(s->summary.figure.estimate, 0.02);
	assert_true(s->summary.figure.low > 0 && s->summary.figure.high < 0.1);
	assert_true(metric_get(&s->summary.medians, "lost_share", &value));
	assert_near(value, 0.02);
}

static void outcomes_are_counted(void **state)
{
	struct series *s = fixture_of(&run, "fault", FIXTURE_ENDS);
	double value;

	(void)state;
	for (unsigned i = 0; i < 24; i++) {
		struct sample one = {.launch = i / 2, .slot = i % 2, .warm_up = i == 0};

		/* 2 lost, 1 hung, 20 survived; the first does not count. */
		fixture_give(&one, FIXTURE_ENDS, i == 5 || i == 17 ? 1 : i == 12 ? 2 : 0);
		fixture_add(s, one);
	}
	assert_int_equal(run_summarise(&run), 0);
	assert_int_equal(s->summary.outcomes[0], 20);
	assert_int_equal(s->summary.outcomes[1], 2);
	assert_int_equal(s->summary.outcomes[2], 1);
	assert_int_equal(s->summary.outcomes[3], 0);
	/* Over launches: nine of 1, three of a half. */
	assert_near(s->summary.figure.estimate, (9 + 3 * 0.5) / 12);
	assert_true(metric_get(&s->summary.medians, "outcome.lost", &value));
	/* So few trials say no more; that is no noise. */
	assert_true(s->summary.half_width_pct > RUN_NOISY_HALF_WIDTH_PCT);
	assert_int_equal(s->status, STATUS_OK);
	/* Two ways at once, or none of the words, is no outcome. */
	fixture_give(&s->samples[1], FIXTURE_ENDS, 1);
	s->samples[2].metrics.count = 0;
	assert_int_equal(run_summarise(&run), 0);
	assert_int_equal(s->summary.outcomes[0], 18);
	assert_int_equal(s->summary.empty_samples, 2);
	assert_int_equal(s->summary.empty_launches, 1);
	assert_string_equal(s->reason,
	    "no outcome in 2 of 23 trials; 1 of 12 launches gave none at "
	    "all and are left out");
}

static void widths_are_said_in_their_unit(void **state)
{
	static const double wide[FIXTURE_FIGURES] = {0};

	(void)state;
	fixture_figures(&run, 11, 1, wide);
	run.series[FIXTURE_LATENESS].figure.worth = 100;
	for (unsigned i = 0; i < 11; i++)
		run.series[FIXTURE_SHARE].samples[i].metrics.item[0].value = i % 2;
	for (size_t i = 0; i < run.series_count; i++)
		series_note_stop(&run.series[i], 25, 11, 2, "rounds out");
	assert_int_equal(run_summarise(&run), 0);
	assert_string_equal(run.series[FIXTURE_BYTES].stopped,
	    "stopped at +-25.0 % after 11 launches: rounds out before +-2 %");
	assert_int_equal(run.series[FIXTURE_LATENESS].status, STATUS_NOISY);
	assert_non_null(strstr(run.series[FIXTURE_LATENESS].reason,
	    " % of 100 ns over +-10 % of 100 ns (11 launches)"));
	assert_non_null(strstr(run.series[FIXTURE_LATENESS].stopped, "before +-2 % of 100 ns"));
	assert_int_equal(run.series[FIXTURE_SHARE].status, STATUS_NOISY);
	assert_non_null(
	    strstr(run.series[FIXTURE_SHARE].reason, " points over +-10 points (11 launches)"));
	assert_int_equal(run.series[FIXTURE_ENDS].status, STATUS_OK);
	assert_non_null(strstr(run.series[FIXTURE_ENDS].stopped, "at +-25.0 points after"));
}

/* What the scale has no such value of counts as a trial without one. */
static void impossible_values_are_none(void **state)
{
	static const double none[FIXTURE_FIGURES];

	(void)state;
	fixture_figures(&run, 3, 4, none);
	run.series[FIXTURE_BYTES].samples[0].metrics.item[0].value = 0;
	run.series[FIXTURE_LATENESS].samples[0].metrics.item[0].value = 0;
	run.series[FIXTURE_SHARE].samples[0].metrics.item[0].value = 1.5;
	assert_int_equal(run_summarise(&run), 0);
	assert_int_equal(run.series[FIXTURE_BYTES].summary.empty_samples, 1);
	assert_non_null(
	    strstr(run.series[FIXTURE_BYTES].reason, "no peak_bytes in 1 of 12 trials"));
	assert_int_equal(run.series[FIXTURE_LATENESS].summary.empty_samples, 0);
	assert_int_equal(run.series[FIXTURE_SHARE].summary.empty_samples, 1);
	/* With none of them in most launches there is no figure. */
	for (unsigned i = 0; i < 8; i++)
		run.series[FIXTURE_BYTES].samples[i].metrics.count = 0;
	assert_int_equal(run_summarise(&run), 0);
	assert_int_equal(run.series[FIXTURE_BYTES].status, STATUS_INVALID);
	assert_string_equal(run.series[FIXTURE_BYTES].reason,
	    "no peak_bytes in 8 of 12 trials, and in 2 of 3 launches none at all");
}

/* One trial gives several figures: each of its series takes its own. */
static void one_sample_for_several_figures(void **state)
{
	struct series *s[2];

	(void)state;
	fixture_of(&run, "create/figure:peak_bytes", FIXTURE_BYTES);
	fixture_of(&run, "create/figure:late_ns", FIXTURE_LATENESS);
	for (unsigned i = 0; i < 2; i++) {
		s[i] = &run.series[i];
		for (unsigned l = 0; l < 6; l++) {
			struct sample one = {.launch = l};

			fixture_give(&one, FIXTURE_BYTES, 4096 + l);
			fixture_give(&one, FIXTURE_LATENESS, -5.0 + l);
			fixture_add(s[i], one);
		}
	}
	assert_int_equal(run_summarise(&run), 0);
	assert_near(s[0]->summary.figure.estimate, 4098.5);
	assert_near(s[1]->summary.figure.estimate, -2.5);
}

/* The run loop asks for the launch that has just ended: the summary must see the same. */
static void a_launch_by_itself_has_the_same_figure(void **state)
{
	static const double ns[] = {20, 0, 21, 22, 19, 20, 21, 0, 0, 0};
	static const double none[FIXTURE_FIGURES];
	double figure;
	unsigned trials;

	(void)state;
	measured(ns, 1, 5);
	fixture_figures(&run, 1, 5, none);
	for (size_t i = 0; i < run.series_count; i++) {
		struct launch_list list;

		assert_int_equal(launch_list_build(&run.series[i], &list), 0);
		assert_int_equal(launch_figure(&run.series[i], 0, &figure, &trials), 0);
		assert_true(figure == list.items[0].figure);
		assert_int_equal(trials, 5);
		launch_list_free(&list);
	}
	for (unsigned k = 5; k < 10; k++)
		fixture_add(&run.series[0], fixture_sample(1, k, ns[k]));
	assert_int_equal(launch_figure(&run.series[0], 1, &figure, &trials), -ENODATA);
}

/* Series of ten launches whose interval is about +-@pct. */
static void add_series_of_width(double pct, double steal_pct)
{
	struct series *s = fixture_series(&run, "a", 1);

	for (unsigned l = 0; l < 10; l++) {
		double off = l < 5 ? -pct / 100 : pct / 100;
		struct sample one = fixture_sample(l, 0, 1000 * (1 + off));

		if (steal_pct >= 0)
			fixture_metric(&one, METRIC_STEAL_PCT, steal_pct);
		fixture_add(s, one);
	}
}

static void machine_is_judged(void **state)
{
	static const struct {
		double width[6];
		unsigned count;
		double steal;
		const char *word;
	} row[] = {
	    {{1, 1, 1, 1}, 4, 0, "quiet"},
	    {{1, 1, 1, 1}, 4, -1, "quiet"},
	    {{1, 1, 1, 1}, 4, 2, "fair"},
	    {{1, 1, 1, 1}, 4, 6, "noisy"},
	    {{3, 3, 3}, 3, 0, "fair"},
	    {{6, 6, 6}, 3, 0, "noisy"},
	    {{1, 1, 1, 20}, 4, 0, "fair"},
	    {{1, 1, 20, 20, 1}, 5, 0, "noisy"},
	    {{1, 1}, 2, 0, "unknown"},
	    {{0}, 0, 0, "unknown"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		for (unsigned k = 0; k < row[i].count; k++)
			add_series_of_width(row[i].width[k], row[i].steal);
		assert_int_equal(run_summarise(&run), 0);
		assert_string_equal(run.noise.word, row[i].word);
		assert_null(strchr(run.noise.text, '\n'));
		run_free(&run);
	}
}

static void verdict_has_its_figures(void **state)
{
	(void)state;
	add_series_of_width(1, 0.5);
	add_series_of_width(1, 0.5);
	add_series_of_width(1, 0.5);
	add_series_of_width(20, 0.5);
	assert_int_equal(run_summarise(&run), 0);
	assert_near(run.noise.median_half_width_pct, 1);
	assert_near(run.noise.noisy_share_pct, 25);
	assert_near(run.noise.steal_pct, 0.5);
	assert_string_equal(run.noise.text,
	    "median interval of 4 cases +-1.0 %, 1 of them (25 %) over +-10 %; 0.5 % of the CPU "
	    "time stolen");
}

/* Ten launches of two windows each at 20 ns and @cpu_ns an operation, of workers each with a PU;
 * every second window has @metric. */
static struct series *surrounded(double cpu_ns, const char *metric, double even, double odd)
{
	struct series *s = fixture_series(&run, "lock/a/workers:2", 2);

	s->oversubscribed = false;
	(void)snprintf(s->pus, sizeof(s->pus), "0,1");
	for (unsigned l = 0; l < 10; l++)
		for (unsigned k = 0; k < 2; k++) {
			struct sample one = fixture_sample(l, k, 20);

			fixture_metric(&one, METRIC_CPU_NS_PER_OP, cpu_ns);
			if (metric)
				fixture_metric(&one, metric, k ? odd : even);
			fixture_add(s, one);
		}
	return s;
}

static void what_the_quota_stopped_is_flagged(void **state)
{
	struct series *s = surrounded(10, METRIC_THROTTLED_PCT, 0, 30);

	(void)state;
	s = surrounded(10, METRIC_THROTTLED_PCT, 0, 0);
	assert_int_equal(run_summarise(&run), 0);
	s = &run.series[0];
	/* A flag beside the status: half a CPU's worth is no reason to doubt it. */
	assert_true(series_flag(s, 1));
	assert_string_equal(series_flag_names[1], "throttled");
	assert_int_equal(s->status, STATUS_OK);
	assert_string_equal(
	    s->reason, "throttled by the CPU quota in 10 of 20 windows, for 15 % of the time");
	assert_false(series_flag(&run.series[1], 1));
	assert_string_equal(run.series[1].reason, "");
	assert_non_null(strstr(run.noise.text, "; the CPU quota stopped it in 10 of 40 windows"));
}

/* 40 ns of CPU time each 20 ns are two CPUs. */
static void more_than_the_quota_is_never_ok(void **state)
{
	static const struct {
		const char *limit;
		enum case_status status;
		const char *reason;
	} row[] = {
	    {"0.5", STATUS_NOISY,
		"in its windows it used 2 CPUs, and the quota grants 0.5: not its lasting speed"},
	    {"1.5", STATUS_NOISY,
		"in its windows it used 2 CPUs, and the quota grants 1.5: not its lasting speed"},
	    {"2", STATUS_OK, ""},
	    {"none", STATUS_OK, ""},
	    {NULL, STATUS_OK, ""},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		(void)surrounded(40, NULL, 0, 0);
		if (row[i].limit)
			assert_int_equal(
			    manifest_add(&run.manifest, MANIFEST_CPU_LIMIT, row[i].limit), 0);
		assert_int_equal(run_summarise(&run), 0);
		assert_int_equal(run.series[0].status, row[i].status);
		assert_string_equal(run.series[0].reason, row[i].reason);
		run_free(&run);
	}
}

static void who_is_plainly_to_blame_is_named(void **state)
{
	static const struct {
		const char *metric;
		double value;
		const char *said;
	} row[] = {
	    {METRIC_RUN_DELAY_PCT, 12,
		"; others ran on the workers' PUs, which waited 12 % of the time"},
	    {METRIC_RUN_DELAY_PCT, 1, NULL},
	    {METRIC_OTHER_BUSY_PUS, 1.5, "; 1.5 other PUs were busy"},
	    {METRIC_OTHER_BUSY_PUS, 0.1, NULL},
	    {METRIC_INTERRUPTS_PER_S, 45000, "; 45000 device interrupts/s on the workers' PUs"},
	    {METRIC_INTERRUPTS_PER_S, 200, NULL},
	    {METRIC_THROTTLED_PCT, 3, "; the CPU quota stopped it in 60 of 60 windows"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		const char *at;

		for (int k = 0; k < 3; k++)
			(void)surrounded(20, row[i].metric, row[i].value, row[i].value);
		assert_int_equal(run_summarise(&run), 0);
		at = strstr(run.noise.text, "steal time not known");
		assert_non_null(at);
		assert_string_equal(
		    at + strlen("steal time not known"), row[i].said ? row[i].said : "");
		/* Narrow intervals alone do not make it a quiet machine. */
		assert_string_equal(run.noise.word, row[i].said ? "fair" : "quiet");
		run_free(&run);
	}
}

/* Two on one PU wait for each other: nobody else is to blame. */
static void workers_that_share_a_pu_blame_nobody(void **state)
{
	struct series *s = surrounded(20, METRIC_RUN_DELAY_PCT, 50, 50);

	(void)state;
	(void)snprintf(s->pus, sizeof(s->pus), "0,0");
	s = surrounded(20, METRIC_RUN_DELAY_PCT, 50, 50);
	s->oversubscribed = true;
	assert_int_equal(run_summarise(&run), 0);
	assert_null(strstr(run.noise.text, "others ran"));
}

static void single_launches_do_not_make_it_quiet(void **state)
{
	static const double ns[] = {20};

	(void)state;
	for (int i = 0; i < 9; i++)
		measured(ns, 1, 1);
	assert_int_equal(run_summarise(&run), 0);
	assert_string_equal(run.noise.word, "unknown");
	assert_string_equal(
	    run.noise.text, "0 cases with an interval, too few to judge; steal time not known");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_teardown(launch_is_the_unit, free_run),
	    cmocka_unit_test_teardown(few_launches_say_what_they_lack, free_run),
	    cmocka_unit_test_teardown(order_of_samples_does_not_matter, free_run),
	    cmocka_unit_test_teardown(warm_up_changes_no_figure, free_run),
	    cmocka_unit_test_teardown(folded_latencies_count_the_same, free_run),
	    cmocka_unit_test_teardown(an_empty_trial_is_the_longest, free_run),
	    cmocka_unit_test_teardown(mostly_empty_is_pooled, free_run),
	    cmocka_unit_test_teardown(empty_launches_are_counted, free_run),
	    cmocka_unit_test_teardown(one_launch_has_no_interval, free_run),
	    cmocka_unit_test_teardown(oversubscribed_wins_and_says_both, free_run),
	    cmocka_unit_test_teardown(statuses_without_figure_stay, free_run),
	    cmocka_unit_test_teardown(without_samples_it_is_not_run, free_run),
	    cmocka_unit_test_teardown(histograms_merge_exactly, free_run),
	    cmocka_unit_test_teardown(medians_of_every_metric, free_run),
	    cmocka_unit_test_teardown(summarising_twice_changes_nothing, free_run),
	    cmocka_unit_test_teardown(the_clause_of_an_early_end_stays, free_run),
	    cmocka_unit_test_teardown(a_figure_of_its_own_is_summarised, free_run),
	    cmocka_unit_test_teardown(rare_losses_show, free_run),
	    cmocka_unit_test_teardown(outcomes_are_counted, free_run),
	    cmocka_unit_test_teardown(widths_are_said_in_their_unit, free_run),
	    cmocka_unit_test_teardown(impossible_values_are_none, free_run),
	    cmocka_unit_test_teardown(one_sample_for_several_figures, free_run),
	    cmocka_unit_test_teardown(a_launch_by_itself_has_the_same_figure, free_run),
	    cmocka_unit_test_teardown(machine_is_judged, free_run),
	    cmocka_unit_test_teardown(verdict_has_its_figures, free_run),
	    cmocka_unit_test_teardown(what_the_quota_stopped_is_flagged, free_run),
	    cmocka_unit_test_teardown(more_than_the_quota_is_never_ok, free_run),
	    cmocka_unit_test_teardown(who_is_plainly_to_blame_is_named, free_run),
	    cmocka_unit_test_teardown(workers_that_share_a_pu_blame_nobody, free_run),
	    cmocka_unit_test_teardown(single_launches_do_not_make_it_quiet, free_run),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
