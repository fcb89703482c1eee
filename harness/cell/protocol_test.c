/* protocol_test.c - every message there and back, and every kind of line that is not one. */
#include "harness/cell/protocol.h"

#include <errno.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include <cmocka.h>

static int pair[2];

static int make_pair(void **state)
{
	(void)state;
	return socketpair(AF_UNIX, SOCK_STREAM, 0, pair);
}

static int close_pair(void **state)
{
	(void)state;
	if (pair[0] >= 0)
		(void)close(pair[0]);
	return close(pair[1]);
}

/* Send @m and parse the line that arrives. */
static void there_and_back(const struct message *m, struct message *out)
{
	struct line_buffer b = {0};
	char err[200] = "";
	const char *line;
	size_t len;

	assert_int_equal(message_send(pair[0], m), 0);
	while (!line_buffer_next(&b, &line, &len))
		assert_true(line_buffer_fill(&b, pair[1]) > 0);
	if (message_parse(line, len, out, err, sizeof(err)) != 0)
		fail_msg("%s", err);
	assert_false(line_buffer_next(&b, &line, &len));
	line_buffer_free(&b);
	assert_int_equal(out->type, m->type);
}

static void ready_arrives(void **state)
{
	struct message m = {.type = MESSAGE_READY, .oversubscribed = true, .slot_ns = INT64_MAX};
	struct message got;

	(void)state;
	memset(m.case_name, 'n', sizeof(m.case_name) - 1);
	memset(m.pus, '1', sizeof(m.pus) - 1);
	(void)snprintf(m.hash, sizeof(m.hash), "0123456789abcdef");
	there_and_back(&m, &got);
	assert_string_equal(got.case_name, m.case_name);
	assert_string_equal(got.pus, m.pus);
	assert_string_equal(got.hash, m.hash);
	assert_true(got.oversubscribed);
	assert_true(got.slot_ns == INT64_MAX);
	m.oversubscribed = false;
	message_free(&got);
	there_and_back(&m, &got);
	assert_false(got.oversubscribed);
	message_free(&got);
}

static void turns_arrive(void **state)
{
	const struct message go = {.type = MESSAGE_GO, .slot = 41};
	const struct message end = {.type = MESSAGE_END};
	/* Not a sum that a decimal of fewer digits gives back. */
	const struct message sum = {
	    .type = MESSAGE_SUMMARY, .rows = 7, .real_time_sum_ns = 1e9 / 3.0};
	struct message got;

	(void)state;
	there_and_back(&go, &got);
	assert_int_equal(got.slot, 41);
	there_and_back(&end, &got);
	there_and_back(&sum, &got);
	assert_int_equal(got.rows, 7);
	assert_true(got.real_time_sum_ns == sum.real_time_sum_ns);
}

static void a_sample_arrives_whole(void **state)
{
	uint64_t ops[3] = {1, 0, UINT64_MAX};
	struct histogram *latency = malloc(sizeof(*latency));
	struct message m = {.type = MESSAGE_SAMPLE};
	struct message got;
	double value;

	(void)state;
	assert_non_null(latency);
	histogram_clear(latency);
	for (uint64_t i = 1; i < 2000; i++)
		histogram_record(latency, i * i);
	m.sample = (struct sample){.launch = 3,
	    .slot = 5,
	    .warm_up = true,
	    .worker_count = 3,
	    .worker_ops = ops,
	    .latency = latency};
	assert_int_equal(metric_add(&m.sample.metrics, METRIC_NS_PER_OP, 0.1 + 0.2), 0);
	assert_int_equal(metric_add(&m.sample.metrics, METRIC_OPS, METRIC_ABS_MAX), 0);
	there_and_back(&m, &got);
	assert_int_equal(got.sample.launch, 3);
	assert_int_equal(got.sample.slot, 5);
	assert_true(got.sample.warm_up);
	assert_int_equal(got.sample.worker_count, 3);
	assert_memory_equal(got.sample.worker_ops, ops, sizeof(ops));
	assert_int_equal(got.sample.metrics.count, 2);
	assert_true(metric_get(&got.sample.metrics, METRIC_NS_PER_OP, &value));
	assert_true(value == 0.1 + 0.2);
	assert_memory_equal(got.sample.latency, latency, sizeof(*latency));
	message_free(&got);
	assert_null(got.sample.latency);
	message_free(&got);
	free(latency);
}

static void counters_arrive(void **state)
{
	struct message m = {.type = MESSAGE_COUNTERS, .reason = "scaled"};
	struct message got;
	char name[METRIC_NAME_MAX];

	(void)state;
	for (unsigned i = 0; i < METRICS_MAX; i++) {
		(void)snprintf(name, sizeof(name), "event_%u", i);
		assert_int_equal(metric_add(&m.counters, name, (double)i / 7.0), 0);
	}
	there_and_back(&m, &got);
	assert_int_equal(got.counters.count, METRICS_MAX);
	assert_memory_equal(&got.counters, &m.counters, sizeof(m.counters));
	assert_string_equal(got.reason, "scaled");
}

static void every_status_arrives(void **state)
{
	struct message got;

	(void)state;
	for (unsigned s = 0; s < STATUS_COUNT; s++) {
		/* Those that are no failures are said of cases only. */
		const bool fails =
		    status_is_failure((enum case_status)s) || s == STATUS_UNSUPPORTED;
		const struct message m = {.type = fails ? MESSAGE_FAIL : MESSAGE_CASE,
		    .status = (enum case_status)s,
		    .reason = "\"quoted\" \\ back"};

		there_and_back(&m, &got);
		assert_int_equal(got.status, s);
		assert_string_equal(got.reason, m.reason);
	}
}

static void a_case_may_have_a_figure(void **state)
{
	struct message m = {.type = MESSAGE_CASE,
	    .figure = {.metric = "lost_share",
		.title = "lost",
		.scale = CB_SHARE,
		.better = CB_LESS,
		.worth = 0.25}};
	struct line_buffer b = {0};
	struct message got;
	char err[200] = "";
	const char *line;
	size_t len;

	(void)state;
	there_and_back(&m, &got);
	assert_memory_equal(&got.figure, &m.figure, sizeof(m.figure));
	/* An older program says none. */
	memset(&m.figure, 0, sizeof(m.figure));
	there_and_back(&m, &got);
	assert_string_equal(got.figure.metric, "");
	/* One that cannot be is not the protocol. */
	(void)snprintf(m.figure.metric, sizeof(m.figure.metric), "no metric's name");
	assert_int_equal(message_send(pair[0], &m), 0);
	while (!line_buffer_next(&b, &line, &len))
		assert_true(line_buffer_fill(&b, pair[1]) > 0);
	assert_int_equal(message_parse(line, len, &got, err, sizeof(err)), -EPROTO);
	line_buffer_free(&b);
}

/* A reason is cut to its length wherever that falls, and may quote what is no text at all. */
static void a_reason_that_is_no_utf8_arrives_too(void **state)
{
	struct message m = {.type = MESSAGE_FAIL, .status = STATUS_INVALID};
	struct message got;

	(void)state;
	(void)snprintf(m.reason, sizeof(m.reason), "took 5 \xc2");
	there_and_back(&m, &got);
	assert_string_equal(got.reason, "took 5 ?");
	(void)snprintf(m.reason, sizeof(m.reason), "got \x01\xff\n instead");
	there_and_back(&m, &got);
	assert_null(strchr(got.reason, '\n'));
	assert_non_null(strstr(got.reason, "instead"));
}

static void the_other_side_is_gone(void **state)
{
	const struct message m = {.type = MESSAGE_END};

	(void)state;
	assert_int_equal(close(pair[1]), 0);
	assert_int_equal(message_send(pair[0], &m), -EPIPE);
	pair[1] = pair[0];
	pair[0] = -1;
}

#define V "\"v\":1,"
#define SAMPLE_HEAD "\"launch\":0,\"slot\":0,\"warm_up\":false,"

static void what_is_not_the_protocol_is_refused(void **state)
{
	static const struct {
		const char *line, *part; /* part of the reason */
	} table[] = {
	    {"", "not the cell protocol"},
	    {"hello", "\"hello\""},
	    {"Segmentation fault\x1b[0m", "fault?[0m"},
	    {"[1]", "not the cell protocol"},
	    {"42", "not the cell protocol"},
	    {"null", "not the cell protocol"},
	    {"{}", "not the cell protocol"},
	    {"{\"v\":\"1\",\"type\":\"end\"}", "not the cell protocol"},
	    {"{\"v\":1.0,\"type\":\"end\"}", "not the cell protocol"},
	    {"{\"type\":\"end\"}", "not the cell protocol"},
	    {"{\"v\":2,\"type\":\"end\"}", "version 2, this program speaks 1"},
	    {"{\"v\":0,\"type\":\"end\"}", "version 0"},
	    {"{" V "\"type\":\"end\"} trailing", "not the cell protocol"},
	    {"{" V "\"type\":\"end\"", "not the cell protocol"},
	    {"{\"v\":1}", "not a whole message"},
	    {"{" V "\"type\":\"begin\"}", "not a whole message"},
	    {"{" V "\"type\":3}", "not a whole message"},
	    {"{" V "\"type\":\"go\"}", "not a whole message"},
	    {"{" V "\"type\":\"go\",\"slot\":-1}", "not a whole message"},
	    {"{" V "\"type\":\"go\",\"slot\":1.5}", "not a whole message"},
	    {"{" V "\"type\":\"go\",\"slot\":2147483648}", "not a whole message"},
	    {"{" V "\"type\":\"ready\",\"case\":\"a\",\"hash\":\"b\",\"pus\":\"0\"}",
		"not a whole message"},
	    {"{" V "\"type\":\"ready\",\"case\":\"a\",\"hash\":\"0123456789abcdef0\",\"pus\":\"0\","
	     "\"slot_ns\":1}",
		"not a whole message"},
	    {"{" V "\"type\":\"sample\"}", "not an object"},
	    {"{" V "\"type\":\"sample\",\"sample\":{" SAMPLE_HEAD
	     "\"metrics\":{\"x\":\"1\"},\"worker_count\":1}}",
		"not a whole message"},
	    {"{" V "\"type\":\"sample\",\"sample\":{" SAMPLE_HEAD
	     "\"metrics\":{},\"worker_ops\":[1,-1]}}",
		"worker_ops"},
	    {"{" V "\"type\":\"sample\",\"sample\":{" SAMPLE_HEAD
	     "\"metrics\":{},\"worker_ops\":[1],\"latency\":7}}",
		"latency"},
	    {"{" V "\"type\":\"summary\",\"rows\":1}", "not a whole message"},
	    {"{" V "\"type\":\"summary\",\"rows\":1,\"real_time_sum_ns\":1e999}",
		"not the cell protocol"},
	    {"{" V "\"type\":\"summary\",\"rows\":1,\"real_time_sum_ns\":NaN}",
		"not the cell protocol"},
	    {"{" V "\"type\":\"fail\",\"status\":\"ill\",\"reason\":\"\"}", "not a whole message"},
	    {"{" V "\"type\":\"fail\",\"status\":\"hung\"}", "not a whole message"},
	    /* No failure at all. */
	    {"{" V "\"type\":\"fail\",\"status\":\"ok\",\"reason\":\"\"}", "not a whole message"},
	    {"{" V "\"type\":\"fail\",\"status\":\"noisy\",\"reason\":\"\"}",
		"not a whole message"},
	    {"{" V "\"type\":\"fail\",\"status\":\"oversubscribed\",\"reason\":\"\"}",
		"not a whole message"},
	    {"{" V "\"type\":\"fail\",\"status\":\"not_run\",\"reason\":\"\"}",
		"not a whole message"},
	    {"{" V "\"type\":\"counters\",\"reason\":\"\",\"counters\":[]}", "not a whole message"},
	    {"{" V "\"type\":\"counters\",\"reason\":\"\",\"counters\":{\"a b\":1}}",
		"not a whole message"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		struct message m = {.slot = 99};
		char err[300] = "", small[10] = "";
		const char *line = table[i].line;

		if (message_parse(line, strlen(line), &m, err, sizeof(err)) != -EPROTO ||
		    !strstr(err, table[i].part))
			fail_msg("%s: \"%s\"", line, err);
		assert_int_equal(m.slot, 99);
		for (const char *p = err; *p; p++)
			assert_in_range(*p, ' ', '~');
		assert_int_equal(
		    message_parse(line, strlen(line), &m, small, sizeof(small)), -EPROTO);
	}
}

/* Negative control for the table above: the same with what was wrong put right. */
static void what_is_the_protocol_is_taken(void **state)
{
	static const char *const lines[] = {
	    "{" V "\"type\":\"end\"}",
	    "{\"type\":\"end\",\"v\":1,\"more\":[1,2]}",
	    "{" V "\"type\":\"go\",\"slot\":2147483647}",
	    "{" V "\"type\":\"ready\",\"case\":\"a\",\"hash\":\"b\",\"pus\":\"0\",\"slot_ns\":1}",
	    "{" V "\"type\":\"sample\",\"sample\":{" SAMPLE_HEAD
	    "\"metrics\":{\"x\":1},\"worker_ops\":[1,0]}}",
	    "{" V "\"type\":\"summary\",\"rows\":1,\"real_time_sum_ns\":3}",
	    "{" V "\"type\":\"counters\",\"reason\":\"\",\"counters\":{}}",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		struct message m;
		char err[200] = "";

		if (message_parse(lines[i], strlen(lines[i]), &m, err, sizeof(err)) != 0)
			fail_msg("%s: %s", lines[i], err);
		message_free(&m);
	}
}

static void lines_come_in_any_pieces(void **state)
{
	static const char text[] = "one\n\nthree is longer\nrest";
	static const char *const want[] = {"one", "", "three is longer"};

	(void)state;
	for (size_t piece = 1; piece <= sizeof(text); piece++) {
		struct line_buffer b = {0};
		const char *line;
		size_t len, lines = 0;

		assert_false(line_buffer_next(&b, &line, &len));
		for (size_t at = 0; at < sizeof(text) - 1; at += piece) {
			size_t n = sizeof(text) - 1 - at < piece ? sizeof(text) - 1 - at : piece;

			assert_int_equal(write(pair[0], text + at, n), n);
			assert_int_equal(line_buffer_fill(&b, pair[1]), n);
			while (line_buffer_next(&b, &line, &len)) {
				assert_in_range(lines, 0, 2);
				assert_int_equal(len, strlen(want[lines]));
				assert_memory_equal(line, want[lines], len);
				lines++;
			}
		}
		assert_int_equal(lines, 3);
		line_buffer_free(&b);
	}
	assert_int_equal(close(pair[0]), 0);
	pair[0] = -1;
	{
		struct line_buffer b = {0};

		assert_int_equal(line_buffer_fill(&b, pair[1]), 0);
		assert_int_equal(line_buffer_fill(&b, -1), -EBADF);
		line_buffer_free(&b);
	}
}

static void a_line_without_end_is_refused(void **state)
{
	static char block[64 * 1024];
	struct line_buffer b = {0};
	size_t sent = 0;
	long n = 1;

	(void)state;
	memset(block, 'x', sizeof(block));
	while (n > 0) {
		ssize_t put = send(pair[0], block, sizeof(block), MSG_DONTWAIT);

		if (put > 0)
			sent += (size_t)put;
		n = line_buffer_fill(&b, pair[1]);
	}
	assert_int_equal(n, -EMSGSIZE);
	assert_true(b.len <= PROTOCOL_LINE_MAX);
	/* And not long before it has to be. */
	assert_true(sent >= PROTOCOL_LINE_MAX);
	line_buffer_free(&b);
}

static void names_of_types(void **state)
{
	(void)state;
	for (unsigned i = 0; i < MESSAGE_TYPES; i++)
		for (unsigned j = 0; j < i; j++)
			assert_string_not_equal(message_type_name((enum message_type)i),
			    message_type_name((enum message_type)j));
	assert_string_equal(message_type_name(MESSAGE_TYPES), "unknown");
}

#define WITH_PAIR(test) cmocka_unit_test_setup_teardown(test, make_pair, close_pair)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    WITH_PAIR(ready_arrives),
	    WITH_PAIR(turns_arrive),
	    WITH_PAIR(a_sample_arrives_whole),
	    WITH_PAIR(counters_arrive),
	    WITH_PAIR(every_status_arrives),
	    WITH_PAIR(a_case_may_have_a_figure),
	    WITH_PAIR(a_reason_that_is_no_utf8_arrives_too),
	    WITH_PAIR(the_other_side_is_gone),
	    cmocka_unit_test(what_is_not_the_protocol_is_refused),
	    cmocka_unit_test(what_is_the_protocol_is_taken),
	    WITH_PAIR(lines_come_in_any_pieces),
	    WITH_PAIR(a_line_without_end_is_refused),
	    cmocka_unit_test(names_of_types),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
