#include "harness/base/child.h"

#include "harness/base/clock.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

void child_die_with(pid_t parent)
{
	(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
	/* It may have died between fork and prctl. */
	if (getppid() != parent)
		_exit(125);
}

int child_can_die_with(void)
{
	int own = 0, got = 0;

	if (prctl(PR_GET_PDEATHSIG, &own) != 0 || prctl(PR_SET_PDEATHSIG, SIGKILL) != 0 ||
	    prctl(PR_GET_PDEATHSIG, &got) != 0 || prctl(PR_SET_PDEATHSIG, own) != 0)
		return -errno;
	return got == SIGKILL ? 0 : -ENOSYS;
}

void child_describe(int status, char *why, size_t why_len)
{
	if (WIFSIGNALED(status))
		(void)snprintf(why, why_len, "killed by signal %d (%s)", WTERMSIG(status),
		    strsignal(WTERMSIG(status)));
	else
		(void)snprintf(why, why_len, "exited with status %d", WEXITSTATUS(status));
}

static bool reap(pid_t pid, int *status)
{
	pid_t ret;

	do {
		ret = waitpid(pid, status, WNOHANG);
	} while (ret < 0 && errno == EINTR);
	return ret == pid || (ret < 0 && errno == ECHILD);
}

bool child_gone(pid_t pid, char *why, size_t why_len)
{
	int status = 0;

	if (!reap(pid, &status))
		return false;
	child_describe(status, why, why_len);
	return true;
}

void child_end(pid_t pid, unsigned grace_ms)
{
	const uint64_t until_ns = clock_now_ns() + grace_ms * CLOCK_NS_PER_MS;
	int status;

	while (!reap(pid, &status)) {
		if (clock_now_ns() >= until_ns) {
			(void)kill(pid, SIGKILL);
			while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
				;
			return;
		}
		clock_sleep_until_ns(clock_now_ns() + 200 * CLOCK_NS_PER_US);
	}
}
