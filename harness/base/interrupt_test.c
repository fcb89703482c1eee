/* interrupt_test.c - signals as a flag. Each test in a child: dispositions and flag are
 * process-wide. */
#include "harness/base/interrupt.h"

#include "harness/base/clock.h"

#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cmocka.h>

/* Far beyond any delay of a busy machine: only a wait that never ends reaches it. */
#define LONG_NS (30 * CLOCK_NS_PER_S)

static int in_child(int (*body)(void))
{
	int status = -1;
	pid_t pid = fork();

	assert_true(pid >= 0);
	if (pid == 0) {
		(void)alarm(20);
		_exit(body());
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return status;
}

static int waiting_ends_at_its_time(void)
{
	const uint64_t until_ns = clock_now_ns() + 20 * CLOCK_NS_PER_MS;

	if (interrupt_install() != 0)
		return 1;
	if (interrupt_poll(NULL, 0, until_ns) != 0)
		return 2;
	if (clock_now_ns() < until_ns)
		return 3;
	/* In the past: looks once. */
	if (interrupt_poll(NULL, 0, 0) != 0)
		return 4;
	return interrupt_pending() == 0 ? 0 : 5;
}

static int descriptors_are_waited_for(void)
{
	struct pollfd fd = {.events = POLLIN};
	int fds[2];

	if (interrupt_install() != 0 || pipe(fds) != 0)
		return 1;
	fd.fd = fds[0];
	if (interrupt_poll(&fd, 1, clock_now_ns() + 1000) != 0 || fd.revents)
		return 2;
	if (write(fds[1], "", 1) != 1)
		return 3;
	if (interrupt_poll(&fd, 1, clock_now_ns() + LONG_NS) != 1)
		return 4;
	return fd.revents == POLLIN ? 0 : 5;
}

static int a_signal_waits_for_the_poll(int number)
{
	if (interrupt_install() != 0)
		return 1;
	if (raise(number) != 0 || interrupt_pending() != 0)
		return 2; /* blocked: not noticed yet */
	if (interrupt_poll(NULL, 0, clock_now_ns() + LONG_NS) != -EINTR)
		return 3;
	return interrupt_pending() == number ? 0 : 4;
}

static int sigint_waits(void)
{
	return a_signal_waits_for_the_poll(SIGINT);
}

static int sigterm_waits(void)
{
	return a_signal_waits_for_the_poll(SIGTERM);
}

/* Once interrupted, nothing is waited for any more. */
static int later_polls_end_at_once(void)
{
	const uint64_t begin_ns = clock_now_ns();
	int ret = a_signal_waits_for_the_poll(SIGINT);

	if (ret)
		return ret;
	if (interrupt_poll(NULL, 0, begin_ns + 10 * CLOCK_NS_PER_S) != -EINTR)
		return 5;
	return clock_now_ns() < begin_ns + 10 * CLOCK_NS_PER_S ? 0 : 6;
}

static int another_signal_is_not_an_interrupt(void)
{
	const uint64_t until_ns = clock_now_ns() + 20 * CLOCK_NS_PER_MS;

	if (interrupt_install() != 0 || signal(SIGUSR1, SIG_IGN) == SIG_ERR)
		return 1;
	(void)raise(SIGUSR1);
	return interrupt_poll(NULL, 0, until_ns) == 0 && clock_now_ns() >= until_ns ? 0 : 2;
}

static void a_second_later(void)
{
	const uint64_t until_ns = clock_now_ns() + CLOCK_NS_PER_S + CLOCK_NS_PER_MS;

	while (clock_now_ns() < until_ns)
		(void)poll(NULL, 0, 10);
}

static int insisting(void)
{
	const int ret = a_signal_waits_for_the_poll(SIGINT);

	if (ret)
		return ret;
	a_second_later();
	(void)raise(SIGINT);
	(void)interrupt_poll(NULL, 0, clock_now_ns() + LONG_NS);
	return 9;
}

static int insisting_while_the_report_is_written(void)
{
	const int ret = a_signal_waits_for_the_poll(SIGTERM);

	if (ret)
		return ret;
	interrupt_unblock();
	a_second_later();
	(void)raise(SIGTERM);
	return 9;
}

/* What timeout(1) does: the same again within microseconds, at whatever moment. */
static int the_same_twice_is_one(void)
{
	const int ret = a_signal_waits_for_the_poll(SIGTERM);

	if (ret)
		return ret;
	(void)raise(SIGTERM);
	if (interrupt_poll(NULL, 0, clock_now_ns() + LONG_NS) != -EINTR)
		return 5;
	interrupt_unblock();
	(void)raise(SIGTERM);
	return interrupt_pending() == SIGTERM ? 0 : 6;
}

static int two_kinds_at_once_are_one(void)
{
	if (interrupt_install() != 0 || raise(SIGINT) != 0 || raise(SIGTERM) != 0)
		return 1;
	return interrupt_poll(NULL, 0, clock_now_ns() + LONG_NS) == -EINTR ? 0 : 2;
}

/* It must not lie until the run is saved, and pass for somebody who insists then. */
static int a_second_one_is_taken_when_it_comes(void)
{
	int ret = a_signal_waits_for_the_poll(SIGTERM);

	if (ret)
		return ret;
	(void)raise(SIGTERM);
	a_second_later();
	interrupt_unblock();
	return 0;
}

static int noted_while_the_report_is_written(void)
{
	if (interrupt_install() != 0)
		return 1;
	interrupt_unblock();
	(void)raise(SIGINT);
	return interrupt_pending() == SIGINT ? 0 : 2;
}

static int a_restored_child_dies_of_it(void)
{
	if (interrupt_install() != 0)
		return 1;
	interrupt_restore_child();
	(void)raise(SIGINT);
	return 9;
}

static void every_case(void **state)
{
	static const struct {
		const char *what;
		int (*body)(void);
		int signal; /* that it has to die of; 0: exits with 0 */
	} table[] = {
	    {"its time", waiting_ends_at_its_time, 0},
	    {"descriptors", descriptors_are_waited_for, 0},
	    {"SIGINT", sigint_waits, 0},
	    {"SIGTERM", sigterm_waits, 0},
	    {"later polls", later_polls_end_at_once, 0},
	    {"another signal", another_signal_is_not_an_interrupt, 0},
	    {"insisting", insisting, SIGINT},
	    {"insisting later", insisting_while_the_report_is_written, SIGTERM},
	    {"twice", the_same_twice_is_one, 0},
	    {"two kinds", two_kinds_at_once_are_one, 0},
	    {"taken when it comes", a_second_one_is_taken_when_it_comes, 0},
	    {"noted later", noted_while_the_report_is_written, 0},
	    {"restored", a_restored_child_dies_of_it, SIGINT},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		const int status = in_child(table[i].body);

		if (table[i].signal ? !WIFSIGNALED(status) || WTERMSIG(status) != table[i].signal
				    : status != 0)
			fail_msg("%s: status 0x%x", table[i].what, (unsigned)status);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(every_case)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
