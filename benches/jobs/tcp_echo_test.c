#include "benches/jobs/tcp_echo.h"

#include "benches/driver.h"

#define BYTES 64
#define CONNECTIONS 8
#define WINDOW_NS (10 * CLOCK_NS_PER_MS)

static void begin(struct driver *d, unsigned connections)
{
	char name[120];

	(void)snprintf(name, sizeof(name), "job/tcp_echo/model:thread/connections:%u/bytes:%d",
	    connections, BYTES);
	driver_begin(d, name);
}

static void odd_and_large_messages(void **unused)
{
	static const unsigned bytes[] = {TCP_ECHO_BYTES_MIN, 17, 1000, TCP_ECHO_BYTES_MAX};
	struct bench_case bc;
	char err[200];

	(void)unused;
	for (size_t i = 0; i < sizeof(bytes) / sizeof(bytes[0]); i++) {
		struct driver d;
		char name[120];

		(void)snprintf(name, sizeof(name),
		    "job/tcp_echo/model:thread/connections:2/bytes:%u", bytes[i]);
		driver_begin(&d, name);
		driver_good_trial(&d, WINDOW_NS / 4);
		driver_end(&d);
	}
	assert_int_equal(case_parse(&driver_registry, &driver_host, "job/tcp_echo/bytes:15", &bc,
			     NULL, err, sizeof(err)),
	    -ERANGE);
}

/* What was parked between two trials must not be timed: the pause would be its latency. */
static void pause_is_no_latency(void **unused)
{
	/* A scheduler's hiccup may be long, with a detector of races on a busy machine some tenths
	 * of a second, but not as long as the pause. */
	const uint64_t pause_ns = 3 * CLOCK_NS_PER_S;
	struct driver d;

	(void)unused;
	begin(&d, CONNECTIONS);
	driver_good_trial(&d, WINDOW_NS);
	clock_sleep_until_ns(clock_now_ns() + pause_ns);
	driver_good_trial(&d, WINDOW_NS);
	assert_true(d.sample.latency->count > 0);
	assert_true(d.sample.latency->count < driver_done(&d));
	assert_true(d.sample.latency->max < pause_ns);
	driver_end(&d);
}

static ssize_t (*real_write)(struct cb_worker *w, int fd, const void *buf, size_t n);

static ssize_t flipping_write(struct cb_worker *w, int fd, const void *buf, size_t n)
{
	unsigned char copy[TCP_ECHO_BYTES_MAX];

	memcpy(copy, buf, n);
	if (++w->calls == 20)
		copy[n - 1] ^= 0x10;
	return real_write(w, fd, copy, n);
}

static void flipped_bit_is_caught(void **unused)
{
	struct cb_worker_ops ops;
	struct driver d;

	(void)unused;
	begin(&d, 2);
	ops = *d.team.workers[0].pub.ops;
	real_write = ops.write;
	ops.write = flipping_write;
	d.team.workers[1].pub.ops = &ops;
	while (d.team.workers[1].pub.calls < 20 && d.env->trials < 100)
		if (driver_trial(&d, WINDOW_NS) != 0)
			break;
	assert_int_equal(driver_check(&d), -EBADMSG);
	assert_non_null(strstr(d.why, "1 wrong replies, first: connection 1, request 19, byte 63"));
	driver_end(&d);
}

/* An answer that never left. (Live, its client would wait for ever: that is a cell's deadline.) */
static void lost_reply_is_caught(void **unused)
{
	struct driver d;

	(void)unused;
	begin(&d, 1);
	driver_good_trial(&d, WINDOW_NS);
	tcp_echo_server_at(d.env->state, 0)->answered++;
	d.team.done[0]++;
	assert_int_equal(driver_check(&d), -EBADMSG);
	assert_non_null(strstr(d.why, "requests answered"));
	assert_non_null(strstr(d.why, "replies arrived"));
	driver_end(&d);
}

static void miscount_is_caught(void **unused)
{
	struct driver d;

	(void)unused;
	begin(&d, 2);
	d.team.done[1]++;
	assert_int_equal(driver_trial(&d, WINDOW_NS), -EBADMSG);
	assert_non_null(strstr(d.why, "were counted"));
	driver_end(&d);
}

/* A server that gives up: its client hangs up, so that nobody else waits for ever. */
static ssize_t failing_write(struct cb_worker *w, int fd, const void *buf, size_t n)
{
	(void)w;
	(void)buf;
	(void)n;
	(void)shutdown(fd, SHUT_RDWR);
	return -EPIPE;
}

static void broken_connection_ends_the_trial(void **unused)
{
	struct cb_worker_ops ops;
	struct driver d;

	(void)unused;
	begin(&d, 4);
	ops = *d.team.workers[0].pub.ops;
	real_write = ops.write;
	ops.write = failing_write;
	d.team.workers[2].pub.ops = &ops;
	assert_int_not_equal(driver_trial(&d, 5 * CLOCK_NS_PER_S), 0);
	assert_int_equal(d.team.workers[2].pub.error, -EPIPE);
	driver_end(&d);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(odd_and_large_messages),
	    cmocka_unit_test(pause_is_no_latency),
	    cmocka_unit_test(flipped_bit_is_caught),
	    cmocka_unit_test(lost_reply_is_caught),
	    cmocka_unit_test(miscount_is_caught),
	    cmocka_unit_test(broken_connection_ends_the_trial),
	};

	return cmocka_run_group_tests(tests, driver_setup, driver_teardown);
}
