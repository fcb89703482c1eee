/* summary_latency_test.c - percentiles are those of a typical launch, or none is given. */
#include "harness/run/run_fixture.h"

#include <math.h>

/* A launch whose latencies are @count times evenly spread from @ns to 1.5 @ns. */
static void add_launch(
    struct series *s, unsigned launch, double ns_per_op, double ns, unsigned count)
{
	struct sample one = fixture_sample(launch, 0, ns_per_op);

	one.latency = malloc(sizeof(*one.latency));
	assert_non_null(one.latency);
	histogram_clear(one.latency);
	for (unsigned i = 0; i < count; i++)
		histogram_record(one.latency, (uint64_t)(ns * (1 + 0.5 * i / count)));
	fixture_add(s, one);
}

static const struct percentile_figure *at(const struct series *s, const char *metric)
{
	return &s->summary.latency_at[percentile_find(metric)];
}

/* Two of 38 launches made more operations than all others together. */
static void few_launches_with_most_operations(struct series *s, unsigned latencies)
{
	for (unsigned l = 0; l < 38; l++) {
		if (l == 7 || l == 23)
			add_launch(s, l, 30, 30, 100000);
		else
			add_launch(s, l, 112e3, 2e6, latencies);
	}
}

static void launches_with_most_operations_do_not_rule(void **state)
{
	struct run run = {0};
	struct series *s = fixture_series(&run, "a", 2);

	(void)state;
	few_launches_with_most_operations(s, 1200);
	assert_int_equal(run_summarise(&run), 0);
	assert_true(s->summary.figure.estimate == 112e3);
	/* The control: merged as they are. */
	assert_true(histogram_quantile(s->summary.latency, 0.5) < 50);
	for (unsigned i = 0; i < 3; i++) {
		assert_int_equal(s->summary.latency_at[i].of, PERCENTILE_TYPICAL);
		assert_true(s->summary.latency_at[i].ns.low >= 2e6);
		assert_true(s->summary.latency_at[i].ns.estimate <= 3.03e6);
	}
	/* The few that tell it are the others: of all together, each with the same weight. */
	assert_int_equal(at(s, "p99_9_ns")->of, PERCENTILE_MERGED);
	assert_true(at(s, "p99_9_ns")->ns.estimate > 2.9e6);
	assert_true(at(s, "max_ns")->ns.estimate > 2.9e6);
	assert_null(strstr(s->reason, "typical"));
	run_free(&run);
}

/* So few operations that no slow launch tells a percentile: the two that do must not. */
static void who_cannot_tell_is_not_left_out(void **state)
{
	struct run run = {0};
	struct series *s = fixture_series(&run, "a", 2);

	(void)state;
	few_launches_with_most_operations(s, 4);
	assert_int_equal(run_summarise(&run), 0);
	assert_int_equal(at(s, "p50_ns")->of, PERCENTILE_MERGED);
	assert_true(at(s, "p50_ns")->ns.estimate >= 1.9e6);
	assert_int_equal(at(s, "p90_ns")->of, PERCENTILE_MERGED);
	assert_int_equal(at(s, "p99_ns")->of, PERCENTILE_NONE);
	run_free(&run);
	/* Nor when they have none at all. */
	s = fixture_series(&run, "a", 2);
	few_launches_with_most_operations(s, 0);
	assert_int_equal(run_summarise(&run), 0);
	for (unsigned i = 0; percentiles[i].q < 1; i++)
		assert_int_equal(s->summary.latency_at[i].of, PERCENTILE_NONE);
	run_free(&run);
}

static void where_none_is_typical_none_is_given(void **state)
{
	struct run run = {0};
	struct series *s = fixture_series(&run, "a", 2);

	(void)state;
	for (unsigned l = 0; l < 20; l++)
		add_launch(s, l, l % 2 ? 100 : 3000, l % 2 ? 100 : 3000, 500);
	assert_int_equal(run_summarise(&run), 0);
	for (unsigned i = 0; percentiles[i].q < 1; i++)
		assert_int_equal(s->summary.latency_at[i].of, PERCENTILE_NONE);
	assert_non_null(strstr(s->reason, "percentiles are left out because no launch is typical"));
	run_free(&run);
	/* The control: a factor that is not worth a word. */
	s = fixture_series(&run, "a", 2);
	for (unsigned l = 0; l < 20; l++)
		add_launch(s, l, l % 2 ? 100 : 130, l % 2 ? 100 : 130, 500);
	assert_int_equal(run_summarise(&run), 0);
	assert_int_equal(at(s, "p90_ns")->of, PERCENTILE_TYPICAL);
	assert_int_equal(at(s, "p99_ns")->of, PERCENTILE_MERGED);
	assert_null(strstr(s->reason, "typical"));
	run_free(&run);
}

/* Made-up launches of any size and place: what is typical lies within their range, and with its
 * interval in order; of launches that are alike it is what merging them gives. */
static void typical_is_within_the_launches_range(void **state)
{
	uint64_t random = 12345;

	(void)state;
	for (unsigned round = 0; round < 60; round++) {
		const unsigned launches = 1 + (unsigned)(fixture_random(&random) % 30);
		const bool equal = round % 2;
		const double spread = (double)(fixture_random(&random) % 100) / 50;
		const unsigned count = 1 + (unsigned)(fixture_random(&random) % 3000);
		struct run run = {0};
		struct series *s = fixture_series(&run, "a", 2);

		for (unsigned l = 0; l < launches; l++) {
			const double u = (double)(fixture_random(&random) % 1000) / 1000;
			const double ns = equal ? 500 : 500 * exp(spread * u);

			add_launch(s, l, ns, ns,
			    equal ? count : count * (1 + (unsigned)(fixture_random(&random) % 9)));
		}
		assert_int_equal(run_summarise(&run), 0);
		for (unsigned i = 0; i < PERCENTILES; i++) {
			const struct percentile_figure *p = &s->summary.latency_at[i];
			double least = INFINITY, most = 0, value;

			if (p->of == PERCENTILE_NONE)
				continue;
			for (size_t k = 0; k < s->sample_count; k++) {
				if (!metric_get(&s->samples[k].metrics, percentiles[i].key, &value))
					continue;
				least = fmin(least, value);
				most = fmax(most, value);
			}
			assert_true(p->ns.low <= p->ns.estimate && p->ns.estimate <= p->ns.high);
			if (p->of == PERCENTILE_TYPICAL)
				assert_true(p->ns.low >= least && p->ns.high <= most);
			if (equal)
				assert_true(
				    p->ns.estimate == (double)histogram_quantile(
							  s->summary.latency, percentiles[i].q));
			if (i)
				assert_true(p[-1].of == PERCENTILE_NONE ||
					    p[-1].ns.estimate <= p->ns.estimate);
		}
		run_free(&run);
	}
}

/* What warmed up, and what was only to see whether the window matters: before and behind the
 * others. */
static void what_is_not_used_is_in_no_percentile(void **state)
{
	struct run run = {0};
	struct series *s = fixture_series(&run, "a", 2);

	(void)state;
	for (unsigned l = 0; l < 6; l++)
		for (unsigned slot = 0; slot < 3; slot++) {
			add_launch(s, l, 100, slot == 1 ? 100 : 9000, 500);
			s->samples[s->sample_count - 1].slot = slot;
			s->samples[s->sample_count - 1].warm_up = slot != 1;
		}
	assert_int_equal(run_summarise(&run), 0);
	assert_int_equal(at(s, "p50_ns")->of, PERCENTILE_TYPICAL);
	assert_true(at(s, "p50_ns")->ns.estimate < 150);
	assert_true(at(s, "max_ns")->ns.estimate < 152);
	run_free(&run);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(launches_with_most_operations_do_not_rule),
	    cmocka_unit_test(who_cannot_tell_is_not_left_out),
	    cmocka_unit_test(where_none_is_typical_none_is_given),
	    cmocka_unit_test(typical_is_within_the_launches_range),
	    cmocka_unit_test(what_is_not_used_is_in_no_percentile),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
