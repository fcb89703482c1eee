/* protocol_test.c - messages survive the way through a socket, and nothing else passes for one. */
#include "harness/cell/protocol.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

static void make_sample(struct sample *s)
{
	memset(s, 0, sizeof(*s));
	s->launch = 3;
	s->slot = 4;
	s->warm_up = true;
	assert_int_equal(metric_add(&s->metrics, METRIC_NS_PER_OP, 0.1 + 0.2), 0);
	assert_int_equal(metric_add(&s->metrics, METRIC_OPS, 1e15), 0);
	s->worker_count = 2;
	s->worker_ops = calloc(2, sizeof(*s->worker_ops));
	s->latency = malloc(sizeof(*s->latency));
	assert_non_null(s->worker_ops);
	assert_non_null(s->latency);
	s->worker_ops[0] = 17;
	s->worker_ops[1] = 19;
	histogram_clear(s->latency);
	for (uint64_t i = 0; i < 1000; i++)
		histogram_record(s->latency, i * i);
}

/* Send through a socket pair, read the line back, parse it. */
static void pass_through(const struct message *in, struct message *out)
{
	struct line_buffer buffer = {0};
	const char *line;
	char err[200] = "";
	size_t len;
	int pair[2];

	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
	assert_int_equal(message_send(pair[0], in), 0);
	while (!line_buffer_next(&buffer, &line, &len))
		assert_true(line_buffer_fill(&buffer, pair[1]) > 0);
	if (message_parse(line, len, out, err, sizeof(err)) != 0)
		fail_msg("%s", err);
	assert_int_equal(out->type, in->type);
	line_buffer_free(&buffer);
	(void)close(pair[0]);
	(void)close(pair[1]);
}

static void every_message_survives(void **state)
{
	struct message in = {.type = MESSAGE_READY, .oversubscribed = true, .slot_ns = 3000000};
	struct message out;

	(void)state;
	(void)snprintf(in.case_name, sizeof(in.case_name), "lock/a \"b\"/model:thread");
	(void)snprintf(in.hash, sizeof(in.hash), "0123456789abcdef");
	(void)snprintf(in.pus, sizeof(in.pus), "0,1");
	pass_through(&in, &out);
	assert_string_equal(out.case_name, in.case_name);
	assert_string_equal(out.hash, in.hash);
	assert_string_equal(out.pus, in.pus);
	assert_true(out.oversubscribed);
	assert_int_equal(out.slot_ns, 3000000);
	message_free(&out);

	in = (struct message){.type = MESSAGE_GO, .slot = 7};
	pass_through(&in, &out);
	assert_int_equal(out.slot, 7);

	in = (struct message){.type = MESSAGE_END};
	pass_through(&in, &out);

	in = (struct message){.type = MESSAGE_SUMMARY, .rows = 5, .real_time_sum_ns = 0.1 + 0.2};
	pass_through(&in, &out);
	assert_int_equal(out.rows, 5);
	assert_true(out.real_time_sum_ns == 0.1 + 0.2);

	in = (struct message){.type = MESSAGE_FAIL, .status = STATUS_INVALID};
	(void)snprintf(in.reason, sizeof(in.reason), "lost one\titem");
	pass_through(&in, &out);
	assert_int_equal(out.status, STATUS_INVALID);
	assert_string_equal(out.reason, in.reason);

	in = (struct message){.type = MESSAGE_COUNTERS};
	assert_int_equal(metric_add(&in.counters, "instructions_user_per_op", 12.5), 0);
	pass_through(&in, &out);
	assert_int_equal(out.counters.count, 1);
	assert_true(out.counters.item[0].value == 12.5);
}

static void a_sample_survives_to_the_last_bit(void **state)
{
	struct message in = {.type = MESSAGE_SAMPLE}, out;
	double value = 0.0;

	(void)state;
	make_sample(&in.sample);
	pass_through(&in, &out);
	assert_int_equal(out.sample.launch, 3);
	assert_int_equal(out.sample.slot, 4);
	assert_true(out.sample.warm_up);
	assert_true(metric_get(&out.sample.metrics, METRIC_NS_PER_OP, &value));
	assert_true(value == 0.1 + 0.2);
	assert_int_equal(out.sample.worker_count, 2);
	assert_int_equal(out.sample.worker_ops[1], 19);
	assert_memory_equal(out.sample.latency, in.sample.latency, sizeof(struct histogram));
	message_free(&out);
	message_free(&in);
}

static void nothing_else_is_a_message(void **state)
{
	static const struct {
		const char *line, *says;
	} rows[] = {
	    {"", "not the cell protocol"},
	    {"hello", "not the cell protocol"},
	    {"[]", "not the cell protocol"},
	    {"{}", "not the cell protocol"},
	    {"{\"v\":1", "not the cell protocol"},
	    {"{\"v\":2,\"type\":\"end\"}", "version 2, this program speaks 1"},
	    {"{\"v\":\"1\",\"type\":\"end\"}", "not the cell protocol"},
	    {"{\"v\":1,\"type\":\"dance\"}", "not a whole message"},
	    {"{\"v\":1}", "not a whole message"},
	    {"{\"v\":1,\"type\":\"go\"}", "not a whole message"},
	    {"{\"v\":1,\"type\":\"go\",\"slot\":-1}", "not a whole message"},
	    {"{\"v\":1,\"type\":\"go\",\"slot\":1.5}", "not a whole message"},
	    {"{\"v\":1,\"type\":\"ready\",\"case\":\"x\"}", "not a whole message"},
	    {"{\"v\":1,\"type\":\"sample\"}", "not a whole message"},
	    {"{\"v\":1,\"type\":\"sample\",\"sample\":{}}", "not a whole message"},
	    {"{\"v\":1,\"type\":\"fail\",\"status\":\"odd\",\"reason\":\"\"}",
		"not a whole message"},
	    {"{\"v\":1,\"type\":\"summary\",\"rows\":1}", "not a whole message"},
	    {"{\"v\":1,\"type\":\"counters\",\"counters\":{\"a\":\"b\"},\"reason\":\"\"}",
		"not a whole message"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct message m = {.slot = 42};
		char err[200] = "";

		assert_int_equal(
		    message_parse(rows[i].line, strlen(rows[i].line), &m, err, sizeof(err)),
		    -EPROTO);
		if (!strstr(err, rows[i].says))
			fail_msg("'%s' for %s", err, rows[i].line);
		assert_int_equal(m.slot, 42); /* untouched */
	}
}

static void foreign_bytes_are_shown_printable(void **state)
{
	static const char line[] = "\x1b[31m\xff\0red";
	struct message m;
	char err[200] = "";

	(void)state;
	assert_int_equal(message_parse(line, sizeof(line) - 1, &m, err, sizeof(err)), -EPROTO);
	for (const char *p = err; *p; p++)
		assert_true(*p >= ' ' && *p <= '~');
}

static void lines_come_in_any_pieces(void **state)
{
	static const char text[] = "one\ntwo\n\nthree";
	static const char *const expected[] = {"one", "two", ""};

	(void)state;
	for (size_t piece = 1; piece < sizeof(text); piece++) {
		struct line_buffer buffer = {0};
		const char *line;
		size_t len, lines = 0, sent = 0;
		int pair[2];

		assert_int_equal(pipe(pair), 0);
		while (sent < sizeof(text) - 1) {
			const size_t left = sizeof(text) - 1 - sent;
			const size_t n = left < piece ? left : piece;

			assert_int_equal(write(pair[1], text + sent, n), (int)n);
			sent += n;
			assert_int_equal(line_buffer_fill(&buffer, pair[0]), (int)n);
			while (line_buffer_next(&buffer, &line, &len)) {
				assert_true(lines < 3);
				assert_int_equal(len, strlen(expected[lines]));
				assert_memory_equal(line, expected[lines], len);
				lines++;
			}
		}
		/* The last has no newline: it is not a line yet. */
		assert_int_equal(lines, 3);
		(void)close(pair[1]);
		assert_int_equal(line_buffer_fill(&buffer, pair[0]), 0);
		(void)close(pair[0]);
		line_buffer_free(&buffer);
	}
}

static void endless_lines_are_refused(void **state)
{
	struct line_buffer buffer = {0};
	char block[65536];
	size_t filled = 0;
	long got = 1;
	int pair[2];

	(void)state;
	memset(block, 'x', sizeof(block));
	assert_int_equal(pipe(pair), 0);
	while (got > 0 && filled < 2 * PROTOCOL_LINE_MAX) {
		const ssize_t put = write(pair[1], block, 4096);

		assert_true(put > 0);
		for (ssize_t taken = 0; taken < put && got > 0; taken += got)
			got = line_buffer_fill(&buffer, pair[0]);
		filled += (size_t)put;
	}
	assert_int_equal(got, -EMSGSIZE);
	assert_true(filled <= PROTOCOL_LINE_MAX + sizeof(block));
	(void)close(pair[0]);
	(void)close(pair[1]);
	line_buffer_free(&buffer);
}

static void a_dead_peer_is_an_error_not_a_signal(void **state)
{
	const struct message m = {.type = MESSAGE_GO};
	int pair[2];

	(void)state;
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
	(void)close(pair[1]);
	assert_int_equal(message_send(pair[0], &m), -EPIPE);
	(void)close(pair[0]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(every_message_survives),
	    cmocka_unit_test(a_sample_survives_to_the_last_bit),
	    cmocka_unit_test(nothing_else_is_a_message),
	    cmocka_unit_test(foreign_bytes_are_shown_printable),
	    cmocka_unit_test(lines_come_in_any_pieces),
	    cmocka_unit_test(endless_lines_are_refused),
	    cmocka_unit_test(a_dead_peer_is_an_error_not_a_signal),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
