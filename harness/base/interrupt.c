#include "harness/base/interrupt.h"

#include "harness/base/clock.h"

#include <errno.h>
#include <signal.h>
#include <stddef.h>

/* timeout(1) signals its child and then the group that this is in; Kubernetes and terminals have
 * their own ways to say it twice. A person who insists takes longer than a second. */
#define INSISTS_AFTER_NS CLOCK_NS_PER_S

static volatile sig_atomic_t pending;
static uint64_t noted_ns; /* by the handler only: when the first one came */
static sigset_t outside;  /* the mask in force inside interrupt_poll() */

static const int numbers[] = {SIGINT, SIGTERM, SIGHUP};
#define NUMBERS (sizeof(numbers) / sizeof(numbers[0]))

/* A terminal that goes away must not end what nohup(1) has started. */
static bool left_alone(int number)
{
	struct sigaction now;

	return number == SIGHUP && sigaction(number, NULL, &now) == 0 && now.sa_handler == SIG_IGN;
}

static void note(int number)
{
	const uint64_t now_ns = clock_now_ns();

	/* Somebody who insists does not want to wait for the report. */
	if (pending && now_ns - noted_ns >= INSISTS_AFTER_NS) {
		sigset_t itself;

		/* Inside its handler it is blocked, and after ppoll() as well. */
		(void)sigemptyset(&itself);
		(void)sigaddset(&itself, number);
		(void)signal(number, SIG_DFL);
		(void)sigprocmask(SIG_UNBLOCK, &itself, NULL);
		(void)raise(number);
	}
	if (pending)
		return;
	noted_ns = now_ns;
	pending = number;
}

int interrupt_install(void)
{
	struct sigaction sa = {.sa_handler = note};
	sigset_t block;

	(void)sigemptyset(&sa.sa_mask);
	(void)sigemptyset(&block);
	for (size_t i = 0; i < NUMBERS; i++)
		(void)sigaddset(&sa.sa_mask, numbers[i]);
	for (size_t i = 0; i < NUMBERS; i++) {
		if (left_alone(numbers[i]))
			continue;
		(void)sigaddset(&block, numbers[i]);
		if (sigaction(numbers[i], &sa, NULL) < 0)
			return -errno;
	}
	if (sigprocmask(SIG_BLOCK, &block, &outside) < 0)
		return -errno;
	for (size_t i = 0; i < NUMBERS; i++)
		(void)sigdelset(&outside, numbers[i]);
	return 0;
}

void interrupt_unblock(void)
{
	(void)sigprocmask(SIG_SETMASK, &outside, NULL);
}

void interrupt_restore_child(void)
{
	for (size_t i = 0; i < NUMBERS; i++)
		if (!left_alone(numbers[i]))
			(void)signal(numbers[i], SIG_DFL);
	(void)signal(SIGPIPE, SIG_DFL);
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
		const uint64_t left_ns = until_ns > now_ns ? until_ns - now_ns : 0;
		const struct timespec ts = {.tv_sec = (time_t)(left_ns / CLOCK_NS_PER_S),
		    .tv_nsec = (long)(left_ns % CLOCK_NS_PER_S)};
		int ret;

		if (!pending)
			ret = ppoll(fds, n, &ts, &outside);
		/* From here on nothing is waited for, so a second signal arrives at once; its
		 * distance from the first tells whether somebody insists. */
		if (pending) {
			interrupt_unblock();
			return -EINTR;
		}
		if (ret >= 0)
			return ret;
		if (errno != EINTR)
			return -errno;
	}
}
