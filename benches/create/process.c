/* process.c - processes: forked and waited for, also by a descriptor. Each is a copy of its maker,
 * as small as a cell is. */
#include "benches/create/process.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

const struct cb_param process_params[PROCESS_PARAMS] = {
    CB_PARAM_SPARSE("dirty_bytes", CB_BYTES, "0", 0, 1 << 30, "written to by each maker before"),
};

const struct cb_sweep process_sweeps[PROCESS_SWEEPS] = {
    {CB_QUICK, "model=thread workers=1"},
    {CB_FULL, "model=thread,process workers=1,pus"},
    {CB_FULL, "model=process workers=1 dirty_bytes=64MiB,256MiB"},
    {CB_CHECK, "model=thread,process workers=1,3"},
    {CB_CHECK, "model=process workers=2 dirty_bytes=1MiB"},
};

int process_setup(struct cb_env *env, char *why, size_t why_len)
{
	struct life_maker *maker = env->state;

	(void)why;
	(void)why_len;
	for (unsigned i = 0; i < env->workers; i++)
		maker[i].dirty_bytes = (size_t)cb_case_value(env->c, "dirty_bytes");
	return 0;
}

/* In small pages: how many others there would be depends on the machine's settings. It stays until
 * the launch ends. */
void process_enter(struct cb_worker *w, void *state)
{
	struct life_maker *own = (struct life_maker *)state + w->index;
	void *dirty;

	life_enter(w, state);
	if (!own->dirty_bytes || own->dirtied)
		return;
	dirty = mmap(
	    NULL, own->dirty_bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (dirty == MAP_FAILED) {
		cb_fail(w, -errno, "memory of a maker");
		return;
	}
	(void)madvise(dirty, own->dirty_bytes, MADV_NOHUGEPAGE);
	memset(dirty, 1, own->dirty_bytes);
	own->dirtied = true;
}

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

int process_reap(struct life *l)
{
	struct rusage used;
	uint64_t used_ns;
	int status;

	while (wait4(l->process, &status, 0, &used) < 0)
		if (errno != EINTR)
			return -errno;
	used_ns = ns_of(&used.ru_utime) + ns_of(&used.ru_stime);
	if (used_ns > l->charged_ns)
		cb_charge_ns(l->maker, used_ns - l->charged_ns);
	return WIFEXITED(status) && WEXITSTATUS(status) == 0 ? 0 : -ECHILD;
}

/* A copy of its maker, which has its memory, and its pid in a register: the life is shared. */
int process_make(struct life *l, void (*live)(struct life *l))
{
	const pid_t pid = fork();

	if (pid == 0) {
		live(l);
		l->charged_ns = cpu_ns();
		_exit(0);
	}
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

LIFE(fork, "fork(2), _exit(2) and waitpid(2)", "fork(2)", CB_QUICK, process_setup, process_enter,
    make, process_reap, PROCESS)

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

static int await_pidfd(struct life *l)
{
	struct pollfd p = {.fd = l->pidfd, .events = POLLIN};
	int ret = 0;

	while (!ret && poll(&p, 1, -1) < 0)
		if (errno != EINTR)
			ret = -errno;
	(void)close(l->pidfd);
	return ret ? ret : process_reap(l);
}

/* Where there are none, or none are allowed, that is said, and is no failure. */
static int setup_pidfd(struct cb_env *env, char *why, size_t why_len)
{
	const int fd = (int)syscall(SYS_pidfd_open, getpid(), 0);

	if (fd < 0) {
		(void)snprintf(why, why_len, "pidfd_open: %s", strerror(errno));
		return -errno;
	}
	(void)close(fd);
	return process_setup(env, why, why_len);
}

LIFE(pidfd, "fork(2), and a descriptor that stands for it is polled until its end", "pidfd_open(2)",
    CB_FULL, setup_pidfd, process_enter, make_pidfd, await_pidfd, PROCESS)
