/* child_test.c - how children end, and that none is left. */
#include "harness/base/child.h"

#include "harness/base/clock.h"

#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cmocka.h>

static void statuses_in_words(void **state)
{
	char why[96], small[8];

	(void)state;
	child_describe(0, why, sizeof(why));
	assert_string_equal(why, "exited with status 0");
	child_describe(3 << 8, why, sizeof(why));
	assert_string_equal(why, "exited with status 3");
	child_describe(SIGSEGV, why, sizeof(why));
	assert_string_equal(why, "killed by signal 11 (Segmentation fault)");
	/* With a core: the same death. */
	child_describe(SIGABRT | 0x80, why, sizeof(why));
	assert_string_equal(why, "killed by signal 6 (Aborted)");
	child_describe(3 << 8, small, sizeof(small));
	assert_string_equal(small, "exited ");
}

static bool no_child_is_left(void)
{
	return waitpid(-1, NULL, WNOHANG) < 0 && errno == ECHILD;
}

static void a_child_is_seen_to_end(void **state)
{
	char why[96] = "untouched";
	int hold[2];
	pid_t pid;

	(void)state;
	assert_int_equal(pipe(hold), 0);
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		char byte;

		(void)close(hold[1]);
		_exit(read(hold[0], &byte, 1) == 0 ? 7 : 1);
	}
	/* Negative control: alive, it is not gone, and nothing is reaped. */
	assert_false(child_gone(pid, why, sizeof(why)));
	assert_string_equal(why, "untouched");
	assert_false(no_child_is_left());
	assert_int_equal(close(hold[1]), 0);
	while (!child_gone(pid, why, sizeof(why)))
		clock_sleep_until_ns(clock_now_ns() + CLOCK_NS_PER_MS);
	assert_string_equal(why, "exited with status 7");
	assert_true(no_child_is_left());
	assert_int_equal(close(hold[0]), 0);
}

static void an_end_in_good_order_is_waited_for(void **state)
{
	pid_t pid;

	(void)state;
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		clock_sleep_until_ns(clock_now_ns() + 20 * CLOCK_NS_PER_MS);
		_exit(0);
	}
	child_end(pid, 60000);
	assert_true(no_child_is_left());
	assert_int_equal(kill(pid, 0), -1);
	/* Nobody is there any more: no hang. */
	child_end(pid, 60000);
}

static void one_that_does_not_end_is_killed(void **state)
{
	const unsigned graces_ms[] = {0, 10};

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		int ready[2];
		char byte;
		pid_t pid;

		assert_int_equal(pipe(ready), 0);
		pid = fork();
		assert_true(pid >= 0);
		if (pid == 0) {
			(void)signal(SIGTERM, SIG_IGN);
			if (write(ready[1], "", 1) != 1)
				_exit(1);
			for (;;)
				(void)pause();
		}
		assert_int_equal(read(ready[0], &byte, 1), 1);
		child_end(pid, graces_ms[i]);
		assert_true(no_child_is_left());
		assert_int_equal(close(ready[0]) | close(ready[1]), 0);
	}
}

/* A parent dies by kill -9; what its child holds open tells whether the child has followed. */
static bool orphan_dies(bool asks_for_it)
{
	struct timespec soon = {.tv_nsec = 200000000};
	int hold[2], ready[2];
	char byte;
	pid_t parent;
	ssize_t n;

	assert_int_equal(pipe(hold), 0);
	assert_int_equal(pipe(ready), 0);
	parent = fork();
	assert_true(parent >= 0);
	if (parent == 0) {
		const pid_t self = getpid();

		if (fork() == 0) {
			const uint64_t until_ns = clock_now_ns() + 2 * CLOCK_NS_PER_S;

			if (asks_for_it)
				child_die_with(self);
			(void)close(hold[0]);
			if (write(ready[1], "", 1) != 1)
				_exit(1);
			clock_sleep_until_ns(until_ns);
			if (write(hold[1], "x", 1) != 1)
				_exit(1);
			_exit(0);
		}
		(void)close(hold[1]);
		for (;;)
			(void)nanosleep(&soon, NULL);
	}
	(void)close(hold[1]);
	assert_int_equal(read(ready[0], &byte, 1), 1);
	assert_int_equal(kill(parent, SIGKILL), 0);
	assert_int_equal(waitpid(parent, NULL, 0), parent);
	/* The end of the pipe, or the word of one that lived on. */
	n = read(hold[0], &byte, 1);
	assert_true(n >= 0);
	(void)close(hold[0]);
	(void)close(ready[0]);
	(void)close(ready[1]);
	return n == 0;
}

static void a_child_follows_its_parent(void **state)
{
	(void)state;
	assert_true(orphan_dies(true));
	/* Negative control: without asking it lives on. */
	assert_false(orphan_dies(false));
}

static void a_parent_that_is_gone_already_is_noticed(void **state)
{
	int status = 0;
	pid_t pid = fork();

	(void)state;
	assert_true(pid >= 0);
	if (pid == 0) {
		child_die_with(getppid() + 1);
		_exit(0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(WEXITSTATUS(status), 125);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(statuses_in_words),
	    cmocka_unit_test(a_child_is_seen_to_end),
	    cmocka_unit_test(an_end_in_good_order_is_waited_for),
	    cmocka_unit_test(one_that_does_not_end_is_killed),
	    cmocka_unit_test(a_child_follows_its_parent),
	    cmocka_unit_test(a_parent_that_is_gone_already_is_noticed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
