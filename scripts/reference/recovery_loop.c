/* recovery_loop.c - the holder of a robust mutex is killed while another waits for it: from the
 * signal until that one has it, which fault/recovery must agree with. Shares no code with concbench
 * on purpose. Prints: name, ns. */
#include "loop.h"
#include <errno.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/wait.h>
/* A trial finds little of the last one in the caches: one right after the other is twice as quick.
 */
#define TIMES 9
#define PAUSE_US 50000

static struct {
	pthread_mutex_t mutex;
	volatile int inside, there;
	double at, told;
} * own;

static pid_t start(void (*fn)(void))
{
	const pid_t pid = fork();

	if (pid < 0)
		exit(1);
	if (pid)
		return pid;
	fn();
	_exit(0);
}

static void hold(void)
{
	pthread_mutex_lock(&own->mutex);
	own->inside = 1;
	for (;;)
		pause();
}

static void await(void)
{
	own->there = 1;
	if (pthread_mutex_lock(&own->mutex) == EOWNERDEAD)
		own->told = now_ns();
}

/* All of one: in a process of its own, which is all that there is of a trial. */
static void once(void)
{
	pid_t victim = start(hold), other;

	while (!own->inside)
		usleep(100);
	other = start(await);
	while (!own->there)
		usleep(100);
	usleep(2000);
	own->at = now_ns();
	kill(victim, SIGKILL);
	waitpid(victim, NULL, 0);
	waitpid(other, NULL, 0);
}

int main(void)
{
	double ns[TIMES];
	pthread_mutexattr_t attr;

	own = mmap(NULL, sizeof(*own), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (own == MAP_FAILED)
		return 1;
	pthread_mutexattr_init(&attr);
	pthread_mutexattr_setpshared(&attr, PTHREAD_PROCESS_SHARED);
	pthread_mutexattr_setrobust(&attr, PTHREAD_MUTEX_ROBUST);
	for (int i = 0; i < TIMES; i++) {
		memset(own, 0, sizeof(*own));
		pthread_mutex_init(&own->mutex, &attr);
		usleep(PAUSE_US);
		waitpid(start(once), NULL, 0);
		if (!own->told)
			return 1;
		ns[i] = own->told - own->at;
	}
	qsort(ns, TIMES, sizeof(*ns), by_size);
	printf("recovery %.0f\n", ns[TIMES / 2]);
}
