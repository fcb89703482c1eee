#include "benches/jobs/tcp_echo.h"

#include "benches/jobs/driver.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#define BYTES 64
#define CONNECTIONS 8
#define WINDOW_NS (10 * CLOCK_NS_PER_MS)

static void begin(struct driver *d, enum cb_model model, unsigned connections)
{
	assert_int_equal(
	    driver_begin(d, &tcp_echo_workload, model, connections, BYTES, connections), 0);
}

static void every_model_echoes(void **unused)
{
	static const enum cb_model models[] = {CB_THREAD, CB_PROCESS};
	static const unsigned connections[] = {1, CONNECTIONS};
	struct driver d;

	(void)unused;
	for (size_t i = 0; i < 4; i++) {
		begin(&d, models[i % 2], connections[i / 2]);
		for (int trial = 0; trial < 3; trial++)
			assert_int_equal(driver_trial(&d, WINDOW_NS), 0);
		assert_true(driver_done(&d) >= 3 * connections[i / 2]);
		driver_end(&d);
	}
}

static void callbacks_echo(void **unused)
{
	struct driver d;

	(void)unused;
	assert_int_equal(
	    driver_begin(&d, &tcp_echo_callback_workload, CB_THREAD, 1, BYTES, CONNECTIONS), 0);
	for (int trial = 0; trial < 3; trial++)
		assert_int_equal(driver_trial(&d, WINDOW_NS), 0);
	assert_true(driver_done(&d) >= 3);
	driver_end(&d);
}

static void odd_and_large_messages(void **unused)
{
	static const int64_t bytes[] = {TCP_ECHO_BYTES_MIN, 17, 1000, TCP_ECHO_BYTES_MAX};
	struct driver d;

	(void)unused;
	for (size_t i = 0; i < sizeof(bytes) / sizeof(bytes[0]); i++) {
		assert_int_equal(
		    driver_begin(&d, &tcp_echo_workload, CB_THREAD, 2, bytes[i], 2), 0);
		assert_int_equal(driver_trial(&d, WINDOW_NS / 4), 0);
		driver_end(&d);
	}
	assert_int_equal(
	    driver_begin(&d, &tcp_echo_workload, CB_THREAD, 1, TCP_ECHO_BYTES_MIN - 1, 1), -EINVAL);
	driver_end(&d);
}

/* What was parked between two trials must not be timed: the pause would be its latency. */
static void pause_is_no_latency(void **unused)
{
	/* A scheduler's hiccup may be long, with a detector of races on a busy machine some tenths
	 * of a second, but not as long as the pause. */
	const uint64_t pause_ns = 3 * CLOCK_NS_PER_S;
	struct driver d;

	(void)unused;
	begin(&d, CB_THREAD, CONNECTIONS);
	assert_int_equal(driver_trial(&d, WINDOW_NS), 0);
	clock_sleep_until_ns(clock_now_ns() + pause_ns);
	assert_int_equal(driver_trial(&d, WINDOW_NS), 0);
	assert_true(d.shared->latency.count > 0);
	assert_true(d.shared->latency.count < driver_done(&d));
	assert_true(d.shared->latency.max < pause_ns);
	driver_end(&d);
}

static ssize_t flipping_write(struct cb_worker *w, int fd, const void *buf, size_t n)
{
	unsigned char copy[TCP_ECHO_BYTES_MAX];

	memcpy(copy, buf, n);
	if (++w->calls == 20)
		copy[n - 1] ^= 0x10;
	return driver_write(w, fd, copy, n);
}

static void flipped_bit_is_caught(void **unused)
{
	struct cb_worker_ops ops = driver_ops;
	struct driver d;

	(void)unused;
	ops.write = flipping_write;
	begin(&d, CB_THREAD, 2);
	d.shared->worker[1].ops = &ops;
	while (d.shared->worker[1].calls < 20 && d.env.trials < 100)
		if (driver_trial(&d, WINDOW_NS) != 0)
			break;
	assert_int_equal(tcp_echo_workload.check(&d.env, d.why, sizeof(d.why)), -EBADMSG);
	assert_non_null(strstr(d.why, "1 wrong replies, first: connection 1, request 19, byte 63"));
	driver_end(&d);
}

/* An answer that never left. */
static ssize_t dropping_write(struct cb_worker *w, int fd, const void *buf, size_t n)
{
	(void)w;
	(void)fd;
	(void)buf;
	return (ssize_t)n;
}

static void lost_reply_is_caught(void **unused)
{
	struct cb_worker_ops ops = driver_ops;
	struct driver d;

	(void)unused;
	ops.write = dropping_write;
	begin(&d, CB_THREAD, 1);
	d.shared->worker[0].ops = &ops;
	assert_int_equal(driver_trial(&d, 0), -EBADMSG);
	assert_non_null(strstr(d.why, "1 requests answered, 0 replies arrived"));
	driver_end(&d);
}

static void miscount_is_caught(void **unused)
{
	struct driver d;

	(void)unused;
	begin(&d, CB_THREAD, 2);
	d.shared->done[1]++;
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
	struct cb_worker_ops ops = driver_ops;
	struct driver d;

	(void)unused;
	ops.write = failing_write;
	begin(&d, CB_THREAD, 4);
	d.shared->worker[2].ops = &ops;
	assert_int_not_equal(driver_trial(&d, 5 * CLOCK_NS_PER_S), 0);
	assert_int_equal(d.shared->worker[2].error, -EPIPE);
	assert_int_not_equal(d.shared->worker[0].error, 0);
	driver_end(&d);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(every_model_echoes),
	    cmocka_unit_test(callbacks_echo),
	    cmocka_unit_test(odd_and_large_messages),
	    cmocka_unit_test(pause_is_no_latency),
	    cmocka_unit_test(flipped_bit_is_caught),
	    cmocka_unit_test(lost_reply_is_caught),
	    cmocka_unit_test(miscount_is_caught),
	    cmocka_unit_test(broken_connection_ends_the_trial),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
