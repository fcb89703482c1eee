/* sacrifice.c - a process in which death or hang is expected, and what becomes of it. */
#include "harness/base/child.h"
#include "harness/base/clock.h"

#include <concbench/concbench.h>

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

pid_t cb_fork(void (*fn)(void *arg), void *arg)
{
	const pid_t maker = getpid(), pid = fork();

	if (pid)
		return pid;
	child_die_with(maker);
	fn(arg);
	_exit(0);
}

__attribute__((noreturn)) static void be_sacrificed(void (*fn)(void *arg), void *arg, pid_t parent)
{
	const struct rlimit no_core = {0, 0};

	(void)setpgid(0, 0);
	child_die_with(parent);
	(void)setrlimit(RLIMIT_CORE, &no_core); /* it is expected to crash */
	fn(arg);
	_exit(0);
}

/* Return: 1 when it has ended and can be waited for; 0 when it has not yet; -errno. */
static int await_end(int pidfd, uint64_t until_ns)
{
	struct pollfd p = {.fd = pidfd, .events = POLLIN};

	for (;;) {
		const uint64_t now_ns = clock_now_ns();
		const uint64_t left_ns = until_ns > now_ns ? until_ns - now_ns : 0;
		const struct timespec left = {.tv_sec = (time_t)(left_ns / CLOCK_NS_PER_S),
		    .tv_nsec = (long)(left_ns % CLOCK_NS_PER_S)};
		const int ready = ppoll(&p, 1, &left, NULL);

		if (ready > 0 || (ready == 0 && !left_ns))
			return ready;
		if (ready < 0 && errno != EINTR)
			return -errno;
	}
}

/* So many looks in a row, spread over the deadline, have to show the same. A machine that stood
 * still with all that is on it has not been looked at meanwhile. */
#define LOOKS 16

/* Return: as await_end(), 0 when nothing has happened for @within_ns. */
static int await_end_or_hang(
    int pidfd, uint64_t (*progress)(const void *arg), const void *arg, uint64_t within_ns)
{
	uint64_t seen = progress(arg);
	unsigned quiet = 0;
	int ended = 0;

	while (!ended && quiet < LOOKS) {
		const uint64_t before = seen;

		ended = await_end(pidfd, clock_now_ns() + (within_ns + LOOKS - 1) / LOOKS);
		seen = progress(arg);
		quiet = seen == before ? quiet + 1 : 0;
	}
	return ended;
}

/* Ends its whole group. Processes that it has left behind are our children by now
 * (PR_SET_CHILD_SUBREAPER); a dying process keeps its children until we have waited for it. */
static int end_group(pid_t leader, int *status)
{
	int of_one = 0, error;
	pid_t pid;

	(void)kill(-leader, SIGKILL);
	do {
		pid = waitpid(-leader, &of_one, 0);
		error = errno;
		if (pid == leader)
			*status = of_one;
	} while (pid > 0 || error == EINTR);
	return error == ECHILD ? 0 : -error;
}

int cb_sacrifice(void (*fn)(void *arg), void *arg, uint64_t within_ns, struct cb_fate *fate)
{
	return cb_sacrifice_watched(fn, NULL, arg, within_ns, fate);
}

int cb_sacrifice_watched(void (*fn)(void *arg), uint64_t (*progress)(const void *arg), void *arg,
    uint64_t within_ns, struct cb_fate *fate)
{
	const uint64_t begin_ns = clock_now_ns();
	const pid_t self = getpid();
	int adopts = 0, pidfd, ended, status = 0, ret;
	uint64_t ended_ns;
	pid_t pid;

	if (prctl(PR_GET_CHILD_SUBREAPER, &adopts) != 0 ||
	    prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) != 0)
		return -errno;
	pid = fork();
	if (pid < 0) {
		ret = -errno;
		goto out;
	}
	if (pid == 0)
		be_sacrificed(fn, arg, self);
	/* Set on both sides, because either may run first. It has not been waited for, so the
	 * number is still its own. */
	(void)setpgid(pid, pid);
	pidfd = (int)syscall(SYS_pidfd_open, pid, 0);
	ended = pidfd < 0  ? -errno
		: progress ? await_end_or_hang(pidfd, progress, arg, within_ns)
			   : await_end(pidfd, begin_ns + within_ns);
	ended_ns = clock_now_ns();
	if (pidfd >= 0)
		(void)close(pidfd);
	memset(fate, 0, sizeof(*fate));
	fate->ended_ns = ended_ns;
	ret = end_group(pid, &status);
	if (ended < 0)
		ret = ended;
	fate->hung = ended == 0;
	if (WIFEXITED(status))
		fate->status = WEXITSTATUS(status);
	else if (WIFSIGNALED(status) && !fate->hung)
		fate->signal = WTERMSIG(status);
out:
	(void)prctl(PR_SET_CHILD_SUBREAPER, adopts, 0, 0, 0);
	return ret;
}
