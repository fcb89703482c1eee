/* create_loop.c - threads, or processes, made and awaited one after another, and nothing around it:
 * what create/thread, thread_64k, thread_detached, fork, pidfd and clone3 must agree with. Shares
 * no code with concbench on purpose. Usage: create_loop
 * thread|thread_64k|thread_detached|fork|pidfd|clone3 [KIB written to before]. Prints: name, ns
 * each. */
#define WINDOW_MS 60
#include "loop.h"
#include <linux/futex.h>
#include <linux/sched.h>
#include <poll.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>

static unsigned long *lived; /* the end of each makes it visible */
static pthread_attr_t attr;
static int forks, pidfds, clones, detached;

static void *live(void *one)
{
	++*lived;
	if (detached)
		syscall(SYS_futex, lived, FUTEX_WAKE_PRIVATE, 1, NULL, NULL, 0);
	return one;
}

/* The counter's lower half is what the futex is. */
static void await(unsigned before)
{
	while (*(volatile unsigned *)lived == before)
		syscall(SYS_futex, lived, FUTEX_WAIT_PRIVATE, before, NULL, NULL, 0);
}

static pid_t make(int *fd)
{
	struct clone_args with = {
	    .flags = CLONE_PIDFD, .pidfd = (unsigned long)fd, .exit_signal = SIGCHLD};

	return clones ? (pid_t)syscall(SYS_clone3, &with, sizeof(with)) : fork();
}

static void await_end(pid_t pid, int fd)
{
	struct pollfd p = {clones ? fd : (int)syscall(SYS_pidfd_open, pid, 0), POLLIN, 0};

	if (p.fd < 0 || poll(&p, 1, -1) != 1)
		abort();
	close(p.fd);
}

static void create(int self)
{
	pthread_t thread;

	while (!over) {
		if (!forks) {
			const unsigned before = (unsigned)*lived;

			if (pthread_create(&thread, &attr, live, NULL) != 0)
				abort();
			if (detached)
				await(before);
			else if (pthread_join(thread, NULL) != 0)
				abort();
		} else {
			int fd;
			const pid_t pid = make(&fd);

			if (pid == 0)
				_exit(live(NULL) != NULL);
			if (pidfds && pid > 0)
				await_end(pid, fd);
			if (pid < 0 || waitpid(pid, NULL, 0) != pid)
				abort();
		}
		done[self].n++;
	}
	if (*lived != done[self].n)
		abort();
}

/* What a fork has to copy besides. Is it really there? Of memory that nobody else sees a compiler
 * leaves the writes out. */
static void write_before(size_t bytes)
{
	unsigned char there[4096] = {0};
	const size_t pages = bytes / 4096;
	void *p = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	memset(p, 1, bytes);
	if (pages > sizeof(there) || mincore(p, bytes, there))
		abort();
	for (size_t i = 0; i < pages; i++)
		if (!(there[i] & 1))
			abort();
}

int main(int argc, char **argv)
{
	const char *name = argc > 1 ? argv[1] : "thread";

	lived = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	clones = !strcmp(name, "clone3");
	pidfds = clones || !strcmp(name, "pidfd");
	forks = pidfds || !strcmp(name, "fork");
	detached = !strcmp(name, "thread_detached");
	if (argc > 2)
		write_before(strtoul(argv[2], NULL, 10) << 10);
	pthread_attr_init(&attr);
	if (detached)
		pthread_attr_setdetachstate(&attr, PTHREAD_CREATE_DETACHED);
	if (!strcmp(name, "thread_64k"))
		pthread_attr_setstacksize(&attr, 65536);
	measure(name, create, 1);
}
