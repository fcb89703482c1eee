/*
 * reactor_epoll_test.c - timeouts of both ways to wait, and handing back exactly once.
 */
#include "harness/coroutine/reactor_epoll.h"
#include "harness/base/clock.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <unistd.h>
#include <cmocka.h>

static struct reactor *reactor_of(bool ms_timeouts)
{
	struct reactor *r = NULL;

	assert_int_equal(reactor_epoll_create(ms_timeouts, &r), 0);
	return r;
}

static void a_timeout_is_never_early(void **state)
{
	static const int64_t timeouts_ns[] = {1, 999, 700 * 1000, 1000 * 1000, 1500 * 1000};

	(void)state;
	for (int ms = 0; ms < 2; ms++) {
		struct reactor *r = reactor_of(ms);

		for (size_t i = 0; i < sizeof(timeouts_ns) / sizeof(timeouts_ns[0]); i++) {
			uint64_t start_ns = clock_now_ns();
			struct reactor_request *ready;

			assert_int_equal(r->ops->poll(r, timeouts_ns[i], &ready), 0);
			assert_null(ready);
			assert_true(clock_now_ns() - start_ns >= (uint64_t)timeouts_ns[i]);
		}
		assert_int_equal(r->counts.polls, 5);
		r->ops->destroy(r);
	}
}

static void a_request_is_handed_back_once(void **state)
{
	(void)state;
	for (int ms = 0; ms < 2; ms++) {
		struct reactor *r = reactor_of(ms);
		struct reactor_request *ready, rq;
		char byte = 0;
		int fd[2];

		assert_int_equal(pipe2(fd, O_NONBLOCK), 0);
		rq = (struct reactor_request){
		    .op = REACTOR_READ, .fd = fd[0], .in = &byte, .bytes = 1};
		assert_true(r->ops->start(r, &rq));
		assert_int_equal(r->ops->poll(r, 0, &ready), 0);
		assert_int_equal(write(fd[1], "q", 1), 1);
		assert_int_equal(r->ops->poll(r, -1, &ready), 1);
		assert_ptr_equal(ready, &rq);
		assert_null(ready->next);
		/* Still ready, not yet finished: not again. */
		assert_int_equal(r->ops->poll(r, 0, &ready), 0);
		/* Forgotten in between: cancelled, but not handed back again either. */
		assert_int_equal(r->ops->forget(r, fd[0], &ready), 0);
		assert_null(ready);
		assert_false(r->ops->finish(r, &rq));
		assert_int_equal(rq.result, -ECANCELED);
		assert_int_equal(byte, 0);

		assert_true(r->ops->start(r, &rq));
		assert_int_equal(r->ops->poll(r, -1, &ready), 1);
		assert_false(r->ops->finish(r, &rq));
		assert_int_equal(rq.result, 1);
		assert_int_equal(byte, 'q');
		assert_int_equal(close(fd[0]), 0);
		assert_int_equal(close(fd[1]), 0);
		r->ops->destroy(r);
	}
}

static void a_false_alarm_waits_again(void **state)
{
	struct reactor *r = reactor_of(false);
	struct reactor_request *ready, rq;
	char byte;
	int fd[2];

	(void)state;
	assert_int_equal(pipe2(fd, O_NONBLOCK), 0);
	rq = (struct reactor_request){.op = REACTOR_READ, .fd = fd[0], .in = &byte, .bytes = 1};
	assert_true(r->ops->start(r, &rq));
	assert_int_equal(write(fd[1], "1", 1), 1);
	assert_int_equal(r->ops->poll(r, -1, &ready), 1);
	/* Somebody else takes it first. */
	assert_int_equal(read(fd[0], &byte, 1), 1);
	assert_true(r->ops->finish(r, &rq));
	assert_int_equal(r->ops->poll(r, 0, &ready), 0);
	assert_int_equal(write(fd[1], "2", 1), 1);
	assert_int_equal(r->ops->poll(r, -1, &ready), 1);
	assert_false(r->ops->finish(r, &rq));
	assert_int_equal(rq.result, 1);
	assert_int_equal(byte, '2');
	assert_int_equal(close(fd[0]), 0);
	assert_int_equal(close(fd[1]), 0);
	r->ops->destroy(r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_timeout_is_never_early),
	    cmocka_unit_test(a_request_is_handed_back_once),
	    cmocka_unit_test(a_false_alarm_waits_again),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
