/* run_loop_figures_test.c - rounds of cases that give several figures, or need another's. */
#include "harness/cell/run_loop_fixture.h"

/* One more figure of entry @i, which has to be the last: of the metric of that name. */
static void add_figure(struct suite *s, size_t i, const char *metric)
{
	struct series *series;
	char name[CASE_NAME_MAX];

	(void)snprintf(name, sizeof(name), "%s/figure:%s", s->bc[i].name, metric);
	series = run_add_series(&s->run, name);
	assert_non_null(series);
	series->status = STATUS_NOT_RUN;
	(void)snprintf(series->figure.metric, sizeof(series->figure.metric), "%s", metric);
	s->entry[i].figures++;
	assert_int_equal(s->entry[i].series + s->entry[i].figures, s->run.series_count);
}

/* Each series has its own, of all trials; the first one all there is to know about a trial. */
static void several_figures_feed_several_series(void **state)
{
	static const char *const names[] = {"apart", NULL};
	static const double want[] = {0.0, 7.0, 9.0};
	const struct series *series;
	struct suite s;

	(void)state;
	begin(&s, names);
	add_figure(&s, 0, "late_ns");
	add_figure(&s, 0, "cold_bytes");
	assert_int_equal(run_loop_rounds(&s.loop), 0);
	assert_int_equal(launched("apart"), 3);
	series = s.run.series;
	assert_int_equal(series[0].samples[0].metrics.count, 3);
	for (unsigned f = 0; f < 3; f++) {
		assert_int_equal(series[f].status, STATUS_OK);
		assert_string_equal(series[f].hash, "h");
		assert_string_equal(series[f].pus, "0");
		assert_int_equal(series[f].slot_ns, 1000);
		assert_int_equal(series[f].sample_count, 3 * SLOTS);
		for (unsigned k = 0; k < 3 * SLOTS; k++) {
			const struct sample *sample = &series[f].samples[k];
			double value;

			assert_int_equal(sample->launch, k / SLOTS);
			assert_int_equal(sample->slot, k % SLOTS);
			assert_int_equal(sample->warm_up, series[0].samples[k].warm_up);
			assert_true(metric_get(&sample->metrics, series[f].figure.metric, &value));
			assert_true(value == (f ? want[f] : 100.0 + k / SLOTS));
			assert_int_equal(sample->metrics.count, f ? 1 : 3);
		}
	}
	end(&s);
}

/* It has a metric for each of its words, and none of its own name. */
static void an_outcome_may_be_a_further_figure(void **state)
{
	static const char *const names[] = {"ends", NULL};
	const struct series *series;
	struct run_figure *figure;
	struct suite s;

	(void)state;
	begin(&s, names);
	add_figure(&s, 0, "outcome");
	figure = &s.run.series[1].figure;
	figure->scale = CB_OUTCOME;
	(void)snprintf(figure->outcomes, sizeof(figure->outcomes), "well badly");
	assert_int_equal(run_loop_rounds(&s.loop), 0);
	series = &s.run.series[1];
	assert_string_equal(series->reason, "");
	assert_int_equal(series->sample_count, 3 * SLOTS);
	for (unsigned k = 0; k < 3 * SLOTS; k++)
		assert_int_equal(
		    run_figure_outcome(&series->figure, &series->samples[k].metrics), 1);
	end(&s);
}

/* None of its series is good when the case is not. */
static void several_figures_share_a_failure(void **state)
{
	static const char *const names[] = {"dies_late", NULL};
	struct suite s;

	(void)state;
	begin(&s, names);
	add_figure(&s, 0, "late_ns");
	assert_int_equal(run_loop_rounds(&s.loop), 0);
	for (unsigned f = 0; f < 2; f++) {
		assert_int_equal(s.run.series[f].status, STATUS_CRASHED);
		assert_string_equal(s.run.series[f].reason, "launch 2: exited with status 9");
		assert_int_equal(s.run.series[f].sample_count, 2 * SLOTS + 1);
	}
	end(&s);
}

static void a_case_ends_when_all_its_figures_are_precise(void **state)
{
	static const char *const names[] = {"steady", NULL}, *const others[] = {"wobbly", NULL};
	const unsigned soon = STOPPING_MIN + STOPPING_IN_ROW - 1;
	struct suite s;

	(void)state;
	begin(&s, names);
	add_figure(&s, 0, "late_ns");
	s.loop.precision = 0.5;
	s.loop.rounds = soon + 4;
	assert_int_equal(run_loop_rounds(&s.loop), 0);
	assert_int_equal(launched("steady"), soon);
	assert_string_equal(s.run.series[0].reason, "");
	assert_string_equal(s.run.series[1].reason, "");
	end(&s);

	/* One that is not keeps the case going, and says so; the other has nothing to say. */
	begin(&s, others);
	add_figure(&s, 0, "late_ns");
	s.loop.precision = 0.02;
	s.loop.rounds = soon + 4;
	assert_int_equal(run_loop_rounds(&s.loop), 0);
	assert_int_equal(launched("wobbly"), soon + 4);
	assert_string_equal(s.run.series[0].reason, "");
	if (!strstr(s.run.series[1].stopped, "rounds out before +-2 %"))
		fail_msg("%s", s.run.series[1].stopped);
	end(&s);
}

static struct series *add_displaced(struct suite *s, size_t i)
{
	add_figure(s, i, METRIC_DISPLACED);
	return &s->run.series[s->run.series_count - 1];
}

/* A cell of its own in each launch, whose one turn is this figure's and no other's. */
static void what_others_lose_has_a_cell_of_its_own(void **state)
{
	static const char *const names[] = {"apart", NULL};
	const struct series *series;
	struct suite s;

	(void)state;
	begin(&s, names);
	add_figure(&s, 0, "late_ns");
	(void)add_displaced(&s, 0);
	assert_int_equal(run_loop_rounds(&s.loop), 0);
	assert_int_equal(launched("apart"), 3);
	series = s.run.series;
	assert_int_equal(series[0].sample_count, 3 * SLOTS);
	assert_int_equal(series[1].sample_count, 3 * SLOTS);
	assert_int_equal(series[2].sample_count, 3);
	for (unsigned i = 0; i < 3; i++) {
		const struct sample *sample = &series[2].samples[i];
		double value;

		assert_int_equal(sample->launch, i);
		assert_false(sample->warm_up);
		assert_true(metric_get(&sample->metrics, METRIC_DISPLACED, &value));
		assert_true(value == 7001.0 + i);
		assert_false(metric_get(&series[0].samples[i].metrics, METRIC_DISPLACED, &value));
	}
	end(&s);
}

/* As when somebody names this figure: no other cell is started for it. */
static void it_may_be_the_only_figure(void **state)
{
	static const char *const names[] = {"apart", NULL};
	struct series *series;
	struct suite s;

	(void)state;
	begin(&s, names);
	series = &s.run.series[0];
	(void)snprintf(series->figure.metric, METRIC_NAME_MAX, "%s", METRIC_DISPLACED);
	assert_int_equal(run_loop_rounds(&s.loop), 0);
	assert_int_equal(launched("apart"), 0);
	assert_int_equal(series->status, STATUS_OK);
	assert_int_equal(series->sample_count, 3);
	end(&s);
}

/* That it cannot be told says nothing against the others, whose launches go on. */
static void only_this_figure_is_lost_where_it_cannot_be_told(void **state)
{
	static const char *const names[] = {"displaces_never", "displaces_nobody", NULL};
	static const char *const why[] = {"launch 0: not_bound", "launch 2: too_little"};

	(void)state;
	for (unsigned i = 0; i < 2; i++) {
		const char *const one[] = {names[i], NULL};
		struct series *displaced;
		struct suite s;

		begin(&s, one);
		displaced = add_displaced(&s, 0);
		s.loop.rounds = 4;
		assert_int_equal(run_loop_rounds(&s.loop), 0);
		assert_int_equal(launched(names[i]), 4);
		assert_int_equal(s.run.series[0].status, STATUS_OK);
		assert_int_equal(s.run.series[0].sample_count, 4 * SLOTS);
		assert_int_equal(displaced->status, STATUS_UNSUPPORTED);
		assert_string_equal(displaced->reason, why[i]);
		end(&s);
	}
}

/* It does not keep the others from ending, either. */
static void a_lost_figure_is_not_waited_for(void **state)
{
	static const char *const names[] = {"displaces_never", NULL};
	const unsigned soon = STOPPING_MIN + STOPPING_IN_ROW - 1;
	struct suite s;

	(void)state;
	begin(&s, names);
	(void)add_displaced(&s, 0);
	s.loop.precision = 0.5;
	s.loop.rounds = soon + 4;
	assert_int_equal(run_loop_rounds(&s.loop), 0);
	assert_int_equal(launched("displaces_never"), soon);
	assert_string_equal(s.run.series[1].stopped, "");
	end(&s);
}

/* Work that is wrong is wrong, whatever the cell was for. */
static void work_that_is_wrong_there_fails_all(void **state)
{
	static const char *const names[] = {"displaces_wrongly", NULL};
	struct suite s;

	(void)state;
	begin(&s, names);
	(void)add_displaced(&s, 0);
	s.loop.rounds = 4;
	assert_int_equal(run_loop_rounds(&s.loop), 0);
	assert_int_equal(launched("displaces_wrongly"), 3);
	for (unsigned i = 0; i < 2; i++) {
		assert_int_equal(s.run.series[i].status, STATUS_INVALID);
		assert_string_equal(
		    s.run.series[i].reason, "launch 2, beside a task at SCHED_IDLE: lost_one");
	}
	end(&s);
}

/* What the launches of @name were given, and how often the peak had been launched by then. */
static unsigned read_given(const char *name, double *given, unsigned *peak, unsigned max)
{
	char path[96];
	unsigned n = 0;
	FILE *f;

	note_path(path, sizeof(path), "given", name);
	f = fopen(path, "re");
	if (!f)
		return 0;
	while (n < max && fscanf(f, "%lf %u", &given[n], &peak[n]) == 2)
		n++;
	assert_int_equal(fclose(f), 0);
	return n;
}

/* Whatever the order of the rounds; a time is given as a rate, anything else as it is. */
static void a_figure_is_waited_for_and_given_to_all_launches(void **state)
{
	static const char *const names[] = {"half", "peak", NULL};
	struct suite s;

	(void)state;
	for (unsigned i = 0; i < 6; i++) {
		const double first = i % 2 ? 3000.0 : 1000.0;
		double given[8];
		unsigned peak[8], n;

		begin(&s, names);
		s.entry[0].needs = &s.entry[1];
		s.loop.rounds = RUN_LAUNCHES_MIN + 2;
		s.loop.seed = i;
		if (i % 2)
			(void)snprintf(
			    s.run.series[1].figure.metric, METRIC_NAME_MAX, "cold_bytes");
		assert_int_equal(run_loop_rounds(&s.loop), 0);
		n = read_given("half", given, peak, 8);
		assert_int_equal(n, s.loop.rounds);
		assert_int_equal(launched("half"), n);
		assert_int_equal(launched("peak"), n);
		assert_in_range(peak[0], RUN_LAUNCHES_MIN, RUN_LAUNCHES_MIN + 1);
		/* The median of the launches that there were: 0 to 4, or to 5, times ten; without
		 * the first trial of each, which warms up. */
		assert_true(given[0] == first + 5.0 * (peak[0] - 1));
		for (unsigned k = 1; k < n; k++)
			assert_true(given[k] == given[0]);
		/* The run says so. */
		assert_true(s.run.series[0].given.figure == given[0]);
		assert_string_equal(s.run.series[0].given.of, "peak");
		assert_string_equal(s.run.series[1].given.of, "");
		end(&s);
	}
}

/* A twin's turn comes in another place, when there is more to take a figure from: two loads would
 * be two cases. */
static void all_that_need_a_figure_have_one_load(void **state)
{
	static const char *const names[] = {"half", "peak", "quarter", NULL};
	struct suite s;

	(void)state;
	for (unsigned seed = 0; seed < 8; seed++) {
		double given[2][8];
		unsigned peak[8];

		begin(&s, names);
		s.entry[0].needs = s.entry[2].needs = &s.entry[1];
		s.loop.rounds = RUN_LAUNCHES_MIN + 2;
		s.loop.seed = seed;
		assert_int_equal(run_loop_rounds(&s.loop), 0);
		assert_int_equal(read_given("half", given[0], peak, 8), s.loop.rounds);
		assert_int_equal(read_given("quarter", given[1], peak, 8), s.loop.rounds);
		for (unsigned k = 0; k < s.loop.rounds; k++)
			assert_true(given[0][k] == given[0][0] && given[1][k] == given[0][0]);
		for (unsigned i = 0; i < 3; i += 2)
			assert_true(s.run.series[i].given.figure == given[0][0]);
		end(&s);
	}
}

/* Fewer rounds than a figure wants launches: then all of them are what there is. */
static void few_rounds_are_enough_for_a_figure(void **state)
{
	static const char *const names[] = {"half", "peak", NULL};
	double given[4];
	unsigned peak[4];
	struct suite s;

	(void)state;
	begin(&s, names);
	s.entry[0].needs = &s.entry[1];
	s.loop.rounds = 2;
	assert_int_equal(run_loop_rounds(&s.loop), 0);
	assert_int_equal(read_given("half", given, peak, 4), 2);
	assert_int_equal(peak[0], 2);
	assert_true(given[0] == 1005.0 && given[1] == 1005.0);
	end(&s);
}

/* All that wait for it, and those that wait for them, in whichever order. */
static void without_the_figure_a_case_cannot_run(void **state)
{
	static const char *const names[] = {"half", "miscounts", "quarter", NULL};
	static const char *const why[] = {"it needs the figure of miscounts, which is invalid",
	    NULL, "it needs the figure of half, which is unsupported",
	    "it needs the figure of half, which is unsupported"};
	struct suite s;

	(void)state;
	for (unsigned seed = 0; seed < 8; seed++) {
		begin(&s, names);
		add_figure(&s, 2, "late_ns");
		s.entry[0].needs = &s.entry[1];
		s.entry[2].needs = &s.entry[0];
		s.loop.seed = seed;
		assert_int_equal(run_loop_rounds(&s.loop), 0);
		for (unsigned i = 0; i < 4; i++) {
			assert_int_equal(
			    s.run.series[i].status, why[i] ? STATUS_UNSUPPORTED : STATUS_INVALID);
			if (why[i])
				assert_string_equal(s.run.series[i].reason, why[i]);
		}
		assert_int_equal(launched("half"), 0);
		assert_int_equal(launched("quarter"), 0);
		end(&s);
	}
}

/* Of two that were measured well: the rate of one is 0, and the other's figure was never there. */
static void there_is_no_half_of_nothing(void **state)
{
	static const char *const names[] = {"half", "nothing", NULL};
	struct suite s;

	(void)state;
	for (unsigned i = 0; i < 4; i++) {
		begin(&s, names);
		s.entry[0].needs = &s.entry[1];
		s.loop.seed = i / 2;
		if (i % 2)
			(void)snprintf(s.run.series[1].figure.metric, METRIC_NAME_MAX, "late_ns");
		assert_int_equal(run_loop_rounds(&s.loop), 0);
		assert_int_equal(launched("nothing"), 3);
		assert_int_equal(launched("half"), 0);
		assert_int_equal(s.run.series[0].status, STATUS_UNSUPPORTED);
		assert_string_equal(s.run.series[0].reason,
		    "it needs the figure of nothing, which has none above 0");
		end(&s);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(several_figures_feed_several_series),
	    cmocka_unit_test(an_outcome_may_be_a_further_figure),
	    cmocka_unit_test(several_figures_share_a_failure),
	    cmocka_unit_test(a_case_ends_when_all_its_figures_are_precise),
	    cmocka_unit_test(what_others_lose_has_a_cell_of_its_own),
	    cmocka_unit_test(it_may_be_the_only_figure),
	    cmocka_unit_test(only_this_figure_is_lost_where_it_cannot_be_told),
	    cmocka_unit_test(a_lost_figure_is_not_waited_for),
	    cmocka_unit_test(work_that_is_wrong_there_fails_all),
	    cmocka_unit_test(a_figure_is_waited_for_and_given_to_all_launches),
	    cmocka_unit_test(all_that_need_a_figure_have_one_load),
	    cmocka_unit_test(few_rounds_are_enough_for_a_figure),
	    cmocka_unit_test(without_the_figure_a_case_cannot_run),
	    cmocka_unit_test(there_is_no_half_of_nothing),
	};

	return cmocka_run_group_tests(tests, cell_fixture_setup, cell_fixture_teardown);
}
