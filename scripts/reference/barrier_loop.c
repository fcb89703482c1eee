/* barrier_loop.c - two that meet at a barrier, and nothing around it: what handoff/barrier must
 * agree with. Shares no code with concbench on purpose. Usage: barrier_loop thread|process
 * same|scatter. Prints: name, ns a round. */
#include "loop.h"
#include <sys/mman.h>
#include <sys/wait.h>

static struct {
	pthread_barrier_t barrier;
	volatile int last; /* written before every first round of two, read before the second */
	cpu_set_t cpu[2];
} * shared;

static void *meet(void *second)
{
	const double begin = now_ns();
	unsigned long pairs = 0;
	sched_setaffinity(0, sizeof(cpu_set_t), &shared->cpu[second != NULL]);
	for (int last = 0; !last; pairs++) {
		if (!second && pairs % 32 == 0)
			shared->last = now_ns() - begin > 1e8;
		pthread_barrier_wait(&shared->barrier);
		last = shared->last;
		pthread_barrier_wait(&shared->barrier);
	}
	if (!second)
		printf("barrier %.2f\n", (now_ns() - begin) / (2.0 * (double)pairs));
	return NULL;
}

int main(int argc, char **argv)
{
	const int process = argc > 2 && !strcmp(argv[1], "process");
	const int scatter = argc > 2 && !strcmp(argv[2], "scatter");
	pthread_barrierattr_t attr;
	pthread_t thread;
	cpu_set_t all;
	shared = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (sched_getaffinity(0, sizeof(all), &all) || CPU_COUNT(&all) < 1 + scatter)
		return 77;
	for (int i = 0, cpu = 0; i < 2; i++, cpu += scatter) {
		while (!CPU_ISSET(cpu, &all))
			cpu++;
		CPU_SET(cpu, &shared->cpu[i]);
	}
	pthread_barrierattr_init(&attr);
	pthread_barrierattr_setpshared(&attr, process);
	pthread_barrier_init(&shared->barrier, &attr, 2);
	if (process && !fork())
		_exit(meet(argv) != NULL);
	if (!process && pthread_create(&thread, NULL, meet, argv))
		return 1;
	meet(NULL);
	return process ? wait(NULL) < 0 : pthread_join(thread, NULL);
}
