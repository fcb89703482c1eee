#include "harness/base/interrupt.h"

#include "harness/base/clock.h"

#include <errno.h>
#include <signal.h>
#include <stddef.h>

static volatile sig_atomic_t pending;
static sigset_t outside; /* the mask in force inside interrupt_poll() */

static void note(int number)
{
	/* Somebody who insists does not want to wait for the report. */
	if (pending) {
		sigset_t itself;

		/* Inside its handler it is blocked, and after ppoll() as well. */
		(void)sigemptyset(&itself);
		(void)sigaddset(&itself, number);
		(void)signal(number, SIG_DFL);
		(void)sigprocmask(SIG_UNBLOCK, &itself, NULL);
		(void)raise(number);
	}
	pending = number;
}

int interrupt_install(void)
{
	struct sigaction sa = {.sa_handler = note};
	sigset_t block;

	(void)sigemptyset(&sa.sa_mask);
	(void)sigemptyset(&block);
	(void)sigaddset(&block, SIGINT);
	(void)sigaddset(&block, SIGTERM);
	if (sigaction(SIGINT, &sa, NULL) < 0 || sigaction(SIGTERM, &sa, NULL) < 0 ||
	    sigprocmask(SIG_BLOCK, &block, &outside) < 0)
		return -errno;
	(void)sigdelset(&outside, SIGINT);
	(void)sigdelset(&outside, SIGTERM);
	return 0;
}

void interrupt_unblock(void)
{
	(void)sigprocmask(SIG_SETMASK, &outside, NULL);
}

void interrupt_restore_child(void)
{
	(void)signal(SIGINT, SIG_DFL);
	(void)signal(SIGTERM, SIG_DFL);
	(void)sigprocmask(SIG_SETMASK, &outside, NULL);
}

int interrupt_pending(void)
{
	return pending;
}

int interrupt_poll(struct pollfd *fds, unsigned n, uint64_t until_ns)
{
	for (;;) {
		const uint64_t now_ns = clock_now_ns();
		/* The first signal may have been noted by an earlier call: then this one only lets
		 * a second through, and does not wait for it. */
		const uint64_t left_ns = !pending && until_ns > now_ns ? until_ns - now_ns : 0;
		const struct timespec ts = {.tv_sec = (time_t)(left_ns / CLOCK_NS_PER_S),
		    .tv_nsec = (long)(left_ns % CLOCK_NS_PER_S)};
		int ret;

		ret = ppoll(fds, n, &ts, &outside);
		if (pending)
			return -EINTR;
		if (ret >= 0)
			return ret;
		if (errno != EINTR)
			return -errno;
	}
}
