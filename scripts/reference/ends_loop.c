/* ends_loop.c - threads and processes that come to their end, and nothing around that: what
 * create/await, terminate, stack and name must agree with. Shares no code with concbench on
 * purpose. Usage: ends_loop join|ended|cancel|wait|kill|touch|name [BYTES]. Prints: name, ns each:
 * the mean over a tenth of a second. */
#define _GNU_SOURCE
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static volatile struct {
	double last, touch;
	int there;
} * own;
static char how;
static long bytes;
static double now(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}
static void *live(void *arg)
{
	const double from = now();
	volatile char *room = __builtin_alloca(bytes + 16384);
	for (long at = bytes - 4096; at >= 0; at -= 4096)
		room[at] = 1;
	own->touch = now() - from;
	own->there = 1;
	if (how == 'c' || how == 'k' || how == 'n')
		pause();
	own->last = now();
	return arg;
}
int main(int argc, char **argv)
{
	const int forks = (how = argc > 1 ? argv[1][0] : 'j') == 'w' || how == 'k';
	double sum = 0, until = now() + 1e8, n = 0, at, named, from;
	cpu_set_t one;
	pthread_attr_t attr;
	pthread_t t;
	pid_t pid = 0;
	void *stack = mmap(NULL, 1 << 20, 3, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	bytes = argc > 2 ? atol(argv[2]) : 0;
	own = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	madvise(stack, 1 << 20, MADV_NOHUGEPAGE);
	pthread_attr_init(&attr);
	if (how == 't' && pthread_attr_setstack(&attr, stack, 1 << 20))
		abort();
	CPU_ZERO(&one);
	CPU_SET((unsigned)sched_getcpu(), &one);
	sched_setaffinity(0, sizeof(one), &one);
	for (; now() < until; n++, sum += how == 't'   ? own->touch
					  : how == 'n' ? named - at
						       : now() - from) {
		own->there = 0;
		if (how == 't' && madvise(stack, 1 << 20, MADV_DONTNEED))
			abort();
		if (forks && !(pid = fork()))
			_exit(!live(&one));
		if (!forks && pthread_create(&t, &attr, live, &one))
			abort();
		while ((how == 'c' || how == 'k' || how == 'n' || how == 'e') && !own->there)
			sched_yield();
		if (how == 'e')
			usleep(100);
		at = now();
		if (how == 'n' && pthread_setname_np(t, "0123456789abcde"))
			abort();
		named = now();
		if (how == 'c' || how == 'n' ? pthread_cancel(t)
		    : how == 'k'             ? kill(pid, SIGKILL)
					     : 0)
			abort();
		if (forks ? waitpid(pid, NULL, 0) != pid : pthread_join(t, NULL))
			abort();
		from = how == 'c' || how == 'k' || at > own->last ? at : own->last;
	}
	printf("%s %.3f\n", argc > 1 ? argv[1] : "join", sum / n);
}
