#include "harness/cmd/preflight.h"

#include "harness/base/child.h"
#include "harness/cmd/cmd.h"
#include "harness/machine/quota.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

/* It goes with 100 kB, with a compiler and options of ours. */
#define STACK_NEEDED_KB 256u

int preflight_stack(const char *command)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_STACK, &limit) != 0 || limit.rlim_cur / 1024 >= STACK_NEEDED_KB)
		return 0;
	return complain(command, "the stack limit is %llu kB, and %u kB are needed: ulimit -s %u",
	    (unsigned long long)limit.rlim_cur / 1024, STACK_NEEDED_KB, STACK_NEEDED_KB);
}

static void say_quota(const char *command)
{
	struct quota q;

	quota_open(&q, "");
	if (!isinf(q.cpus))
		(void)complain(command,
		    "under a CPU quota of %.3g CPUs: windows in which it stops the workers are "
		    "flagged",
		    q.cpus);
	quota_close(&q);
}

int preflight(const char *command)
{
	const int null = open("/dev/null", O_RDWR | O_CLOEXEC);
	const int error = errno;
	int ret;

	if (null < 0)
		return complain(
		    command, "/dev/null: %s: a cell has it as its input", strerror(error));
	(void)close(null);
	say_quota(command);
	ret = child_can_die_with();
	if (ret)
		(void)complain(command,
		    "cells will outlive a kill -9 of this process: prctl(PR_SET_PDEATHSIG): %s",
		    strerror(-ret));
	return 0;
}
