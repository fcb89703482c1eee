#include "harness/run/result.h"
#include "harness/run/run_fixture.h"

#include <errno.h>
#include <jansson.h>
#include <math.h>

static void statuses_have_names(void **state)
{
	(void)state;
	for (int i = 0; i < STATUS_COUNT; i++) {
		enum case_status s = STATUS_COUNT;

		assert_int_equal(status_from_name(status_name((enum case_status)i), &s), 0);
		assert_int_equal(s, i);
		/* A status cannot be both a figure and a failure. */
		assert_false(status_has_figure(s) && status_is_failure(s));
	}
	assert_string_equal(status_name(STATUS_NOT_RUN), "not_run");
	assert_string_equal(status_name(STATUS_COUNT), "unknown");
}

static void each_status_is_a_figure_a_failure_or_neither(void **state)
{
	static const struct {
		bool figure, failure;
	} want[STATUS_COUNT] = {[STATUS_OK] = {true, false},
	    [STATUS_NOISY] = {true, false},
	    [STATUS_OVERSUBSCRIBED] = {true, false},
	    [STATUS_INVALID] = {false, true},
	    [STATUS_CRASHED] = {false, true},
	    [STATUS_HUNG] = {false, true}};

	(void)state;
	for (enum case_status s = 0; s < STATUS_COUNT; s++) {
		if (status_has_figure(s) != want[s].figure ||
		    status_is_failure(s) != want[s].failure)
			fail_msg("%s", status_name(s));
	}
}

static void unknown_status_is_refused(void **state)
{
	static const char *const wrong[] = {"", "OK", "o", "okay", "unknown"};
	enum case_status s = STATUS_HUNG;

	(void)state;
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		assert_int_equal(status_from_name(wrong[i], &s), -EINVAL);
	assert_int_equal(s, STATUS_HUNG);
}

static void metrics_replace_and_refuse(void **state)
{
	static const char *const wrong[] = {
	    "", "a b", "a\"", "a\n", "µ", "a234567890123456789012345678901234567890"};
	struct metric_set set = {0};
	char name[16];
	double value;

	(void)state;
	assert_int_equal(metric_add(&set, "a", 1), 0);
	assert_int_equal(metric_add(&set, "b", 2), 0);
	assert_int_equal(metric_add(&set, "a", 3), 0);
	assert_int_equal(set.count, 2);
	assert_true(metric_get(&set, "a", &value));
	assert_true(value == 3);
	assert_false(metric_get(&set, "c", &value));
	assert_int_equal(metric_add(&set, "n", (double)NAN), -EINVAL);
	assert_int_equal(metric_add(&set, "n", (double)INFINITY), -EINVAL);
	assert_int_equal(metric_add(&set, "a", -(double)INFINITY), -EINVAL);
	assert_int_equal(metric_add(&set, "a", -1.1 * METRIC_ABS_MAX), -EINVAL);
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		assert_int_equal(metric_add(&set, wrong[i], 1), -EINVAL);
	assert_int_equal(metric_add(&set, "a23456789012345678901234567890123456789", 1), 0);
	for (int i = 3; i < METRICS_MAX; i++) {
		snprintf(name, sizeof(name), "m%d", i);
		assert_int_equal(metric_add(&set, name, i), 0);
	}
	assert_int_equal(metric_add(&set, "one_more", 1), -ENOSPC);
	assert_int_equal(metric_add(&set, "b", 9), 0);
	assert_int_equal(set.count, METRICS_MAX);
}

static void json_is_as_documented(void **state)
{
	struct sample s = {.launch = 3, .slot = 1, .warm_up = true};
	char *text;
	json_t *j;

	(void)state;
	fixture_metric(&s, METRIC_NS_PER_OP, 0.1);
	s.worker_count = 2;
	s.worker_ops = calloc(2, sizeof(uint64_t));
	s.latency = malloc(sizeof(*s.latency));
	assert_non_null(s.worker_ops);
	assert_non_null(s.latency);
	s.worker_ops[0] = 7;
	s.worker_ops[1] = UINT64_MAX;
	histogram_clear(s.latency);
	histogram_record(s.latency, 5);
	histogram_record(s.latency, 5);
	histogram_record(s.latency, 9);
	j = sample_to_json(&s);
	text = json_dumps(j, JSON_COMPACT | JSON_REAL_PRECISION(17));
	assert_string_equal(text,
	    "{\"launch\":3,\"slot\":1,\"warm_up\":true,"
	    "\"metrics\":{\"ns_per_op\":0.10000000000000001},"
	    "\"worker_ops\":[7,\"18446744073709551615\"],"
	    "\"latency\":{\"count\":3,\"sum\":19,\"min\":5,\"max\":9,\"buckets\":[5,2,9,1]}}");
	free(text);
	json_decref(j);
	sample_free(&s);
	assert_null(s.worker_ops);
}

static void assert_round_trip(const struct sample *s)
{
	struct sample back = {0};
	char err[200] = "";
	json_t *j = sample_to_json(s);
	char *text = json_dumps(j, JSON_REAL_PRECISION(17));
	json_t *again = json_loads(text, 0, NULL);

	assert_int_equal(sample_from_json(again, &back, err, sizeof(err)), 0);
	assert_string_equal(err, "");
	fixture_assert_sample(s, &back, true);
	sample_free(&back);
	json_decref(again);
	free(text);
	json_decref(j);
}

static void round_trip_keeps_everything(void **state)
{
	struct sample s = fixture_sample(UINT32_MAX, 0, 1.0 / 3);
	struct sample bare = {.worker_count = 1000};

	(void)state;
	fixture_details(&s, 5);
	assert_round_trip(&s);
	/* Extremes of the histogram: a value beyond its range, a sum that is full. */
	histogram_record(s.latency, UINT64_MAX);
	histogram_record(s.latency, UINT64_MAX);
	assert_round_trip(&s);
	histogram_clear(s.latency);
	assert_round_trip(&s);
	assert_round_trip(&bare);
	sample_free(&s);
}

#define HEAD "{\"launch\":0,\"slot\":0,\"warm_up\":false,\"metrics\":{}"

static void malformed_is_refused(void **state)
{
	static const struct {
		const char *json, *err;
	} row[] = {
	    {"[]", "sample: not an object"},
	    {"{}", "sample.launch: missing"},
	    {"{\"launch\":-1}", "sample.launch: not a whole number from 0 to 4294967295"},
	    {"{\"launch\":1.0}", "sample.launch: not a whole number from 0 to 4294967295"},
	    {"{\"launch\":4294967296}", "sample.launch: not a whole number from 0 to 4294967295"},
	    {"{\"launch\":\"07\"}", "sample.launch: not a whole number from 0 to 4294967295"},
	    {"{\"launch\":0,\"slot\":0,\"warm_up\":1}", "sample.warm_up: not true or false"},
	    {"{\"launch\":0,\"slot\":0,\"warm_up\":true}", "sample.metrics: missing"},
	    {"{\"launch\":0,\"slot\":0,\"warm_up\":true,\"metrics\":{\"a\":\"1\"}}",
		"sample.metrics: a metric is not a number"},
	    {"{\"launch\":0,\"slot\":0,\"warm_up\":true,\"metrics\":{\"a\":-1e141}}",
		"sample.metrics: a metric is too large"},
	    {"{\"launch\":0,\"slot\":0,\"warm_up\":true,\"metrics\":{\"a b\":1}}",
		"sample.metrics: a metric's name is not one"},
	    {HEAD "}", "sample.worker_count: missing"},
	    {HEAD ",\"worker_ops\":3}", "sample.worker_ops: not an array"},
	    {HEAD ",\"worker_ops\":[]}", "sample.worker_ops: empty or too long"},
	    {HEAD ",\"worker_ops\":[1,-2]}", "sample.worker_ops: not whole numbers"},
	    {HEAD ",\"worker_ops\":[1],\"latency\":[]}", "sample.latency: not an object"},
	    {HEAD ",\"worker_ops\":[1],\"latency\":{\"count\":1,\"buckets\":[5]}}",
		"sample.latency: buckets are not pairs of ascending index and count"},
	    {HEAD ",\"worker_ops\":[1],\"latency\":{\"count\":2,\"buckets\":[5,1,5,1]}}",
		"sample.latency: buckets are not pairs of ascending index and count"},
	    {HEAD ",\"worker_ops\":[1],\"latency\":{\"count\":1,\"buckets\":[99999,1]}}",
		"sample.latency: buckets are not pairs of ascending index and count"},
	    {HEAD ",\"worker_ops\":[1],\"latency\":{\"count\":2,\"buckets\":[5,1]}}",
		"sample.latency: count and buckets do not add up"},
	    {HEAD ",\"worker_ops\":[1],\"latency\":{\"count\":1,\"sum\":5,\"min\":5,\"max\":6,"
		  "\"buckets\":[5,1]}}",
		"sample.latency: min, max or sum contradict the buckets"},
	    {HEAD ",\"worker_ops\":[1],\"latency\":{\"count\":1,\"sum\":4,\"min\":5,\"max\":5,"
		  "\"buckets\":[5,1]}}",
		"sample.latency: min, max or sum contradict the buckets"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		struct sample s = {.launch = 77};
		char err[200] = "";
		json_t *j = json_loads(row[i].json, 0, NULL);

		assert_non_null(j);
		assert_int_equal(sample_from_json(j, &s, err, sizeof(err)), -EINVAL);
		assert_string_equal(err, row[i].err);
		assert_int_equal(s.launch, 77);
		json_decref(j);
	}
}

static void too_many_metrics_are_refused(void **state)
{
	json_t *j = json_loads(HEAD "}", 0, NULL);
	json_t *metrics = json_object_get(j, "metrics");
	struct sample s = {0};
	char err[200] = "", name[16];

	(void)state;
	for (int i = 0; i <= METRICS_MAX; i++) {
		snprintf(name, sizeof(name), "m%d", i);
		json_object_set_new(metrics, name, json_integer(i));
	}
	assert_int_equal(sample_from_json(j, &s, err, sizeof(err)), -EINVAL);
	assert_string_equal(err, "sample.metrics: more than 48 metrics");
	json_decref(j);
}

static void what_is_rare_has_a_mean(void **state)
{
	const double x[] = {0, 0, 0, 100};
	double out;

	(void)state;
	assert_int_equal(metric_middle(METRIC_STEAL_PCT, x, 4, &out), 0);
	assert_true(fabs(out - 25) < 1e-9);
	assert_int_equal(metric_middle(METRIC_NS_PER_OP, x, 4, &out), 0);
	assert_true(fabs(out) < 1e-9);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(what_is_rare_has_a_mean),
	    cmocka_unit_test(statuses_have_names),
	    cmocka_unit_test(each_status_is_a_figure_a_failure_or_neither),
	    cmocka_unit_test(unknown_status_is_refused),
	    cmocka_unit_test(metrics_replace_and_refuse),
	    cmocka_unit_test(json_is_as_documented),
	    cmocka_unit_test(round_trip_keeps_everything),
	    cmocka_unit_test(malformed_is_refused),
	    cmocka_unit_test(too_many_metrics_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
