/* process.c - processes: forked and waited for, also by a descriptor. Each is a copy of its maker,
 * as small as a cell is. */
#include "benches/create/process.h"

#include <errno.h>
#include <linux/sched.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

const struct cb_sweep process_sweeps[PROCESS_SWEEPS] = {
    {CB_QUICK, "model=thread workers=1"},
    {CB_FULL, "model=thread,process workers=1,pus"},
    {CB_FULL, "model=process workers=1 dirty_bytes=64MiB,256MiB"},
    {CB_FULL, "model=process workers=1 threads=1000"},
    {CB_CHECK, "model=thread,process workers=1,3"},
    {CB_CHECK, "model=process workers=2 dirty_bytes=1MiB threads=5"},
};

static uint64_t cpu_ns(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (uint64_t)t.tv_sec * CB_NS_PER_S + (uint64_t)t.tv_nsec;
}

static uint64_t ns_of(const struct timeval *t)
{
	return (uint64_t)t->tv_sec * CB_NS_PER_S + (uint64_t)t->tv_usec * 1000;
}

int process_ended(struct life *l, int options, int *status)
{
	struct rusage used;
	uint64_t used_ns;
	pid_t pid;

	while ((pid = wait4(l->process, status, options, &used)) < 0)
		if (errno != EINTR)
			return -errno;
	if (!pid)
		return -EAGAIN;
	used_ns = ns_of(&used.ru_utime) + ns_of(&used.ru_stime);
	if (used_ns > l->charged_ns)
		cb_charge_ns(l->maker, used_ns - l->charged_ns);
	return 0;
}

int process_reap(struct life *l)
{
	int status;
	const int ret = process_ended(l, 0, &status);

	return ret ? ret : status == 0 ? 0 : -ECHILD;
}

/* Nothing that it does from here on is charged by itself. */
static void live_and_exit(struct life *l, void (*live)(struct life *l))
{
	live(l);
	l->charged_ns = cpu_ns();
	_exit(0);
}

/* A copy of its maker, which has its memory, and its pid in a register: the life is shared. */
int process_make(struct life *l, void (*live)(struct life *l))
{
	const pid_t pid = fork();

	if (pid == 0)
		live_and_exit(l, live);
	l->process = pid;
	return pid < 0 ? -errno : 0;
}

static void live(struct life *l)
{
	life_live(l, NULL);
}

static int make(struct life *l)
{
	return process_make(l, live);
}

LIFE(fork, "fork(2), _exit(2) and waitpid(2)", "fork(2)", CB_QUICK, life_setup, life_enter, make,
    process_reap, PROCESS)

static int make_pidfd(struct life *l)
{
	const int ret = make(l);

	if (ret)
		return ret;
	l->pidfd = (int)syscall(SYS_pidfd_open, l->process, 0);
	if (l->pidfd < 0) {
		const int error = -errno;

		(void)process_reap(l);
		return error;
	}
	return 0;
}

/* What the descriptor has told is so: there is nothing left to wait for. */
int process_await_pidfd(struct life *l)
{
	struct pollfd p = {.fd = l->pidfd, .events = POLLIN};
	/* poll(2) leaves a negative descriptor out, and would wait for nothing, forever. */
	int ret = p.fd < 0 ? -EBADF : 0, status = 0;

	while (!ret && poll(&p, 1, -1) < 0)
		if (errno != EINTR)
			ret = -errno;
	if (close(p.fd) && !ret)
		ret = -errno;
	ret = ret ? ret : process_ended(l, WNOHANG, &status);
	if (ret == -EAGAIN) {
		l->wrong = 1;
		return process_reap(l);
	}
	return ret ? ret : status == 0 ? 0 : -ECHILD;
}

int process_try_pidfd(char *why, size_t why_len)
{
	const int fd = (int)syscall(SYS_pidfd_open, getpid(), 0);

	if (fd >= 0) {
		(void)close(fd);
		return 0;
	}
	const int error = errno;

	(void)snprintf(why, why_len, "pidfd_open: %s", strerror(error));
	return error == ENOSYS || error == EPERM || error == EACCES ? -ENOTSUP : -error;
}

static int setup_pidfd(struct cb_env *env, char *why, size_t why_len)
{
	const int ret = process_try_pidfd(why, why_len);

	return ret ? ret : life_setup(env, why, why_len);
}

LIFE(pidfd, "fork(2), and a descriptor that stands for it is polled until its end", "pidfd_open(2)",
    CB_FULL, setup_pidfd, life_enter, make_pidfd, process_await_pidfd, PROCESS)

/* As fork(2) without what the C library does about it; the descriptor comes with the process. */
static long clone_with_pidfd(int *fd)
{
#if defined(__SANITIZE_THREAD__)
	/* It has to see a fork: its own locks are not free in the child otherwise. Child and parent
	 * share where @fd is, so only the parent writes there, as with clone3. */
	const pid_t pid = fork();

	if (pid <= 0)
		return pid;
	*fd = (int)syscall(SYS_pidfd_open, pid, 0);
	if (*fd < 0) {
		const int error = errno;

		(void)waitpid(pid, NULL, 0); /* it ends by itself */
		errno = error;
		return -1;
	}
	return pid;
#else
	struct clone_args args = {
	    .flags = CLONE_PIDFD, .pidfd = (uintptr_t)fd, .exit_signal = SIGCHLD};

	return syscall(SYS_clone3, &args, sizeof(args));
#endif
}

static int make_clone3(struct life *l)
{
	const long pid = clone_with_pidfd(&l->pidfd);

	if (pid == 0)
		live_and_exit(l, live);
	l->process = (pid_t)pid;
	return pid < 0 ? -errno : 0;
}

static int setup_clone3(struct cb_env *env, char *why, size_t why_len)
{
	int fd, status;
	const long pid = clone_with_pidfd(&fd);

	if (pid == 0)
		_exit(0);
	if (pid < 0) {
		(void)snprintf(why, why_len, "clone3 with a pidfd: %s", strerror(errno));
		return -ENOTSUP;
	}
	(void)close(fd);
	while (waitpid((pid_t)pid, &status, 0) < 0)
		if (errno != EINTR)
			return -errno;
	return life_setup(env, why, why_len);
}

LIFE(clone3, "clone3(2), which gives a descriptor of the process, polled until its end",
    "clone3(2)", CB_FULL, setup_clone3, life_enter, make_clone3, process_await_pidfd, PROCESS)
