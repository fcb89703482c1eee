/* million_loop.c - two threads add one to one counter a million times each: the share that is lost.
 * Shares no code with concbench on purpose. Prints: name, share. */
#include "loop.h"
#define MILLION 1000000
static struct line counter;
static int ready;

static void *add(void *cpu)
{
	cpu_set_t one;

	CPU_ZERO(&one);
	CPU_SET((int)(long)cpu, &one);
	if (pthread_setaffinity_np(pthread_self(), sizeof(one), &one) != 0)
		exit(1);
	__atomic_fetch_add(&ready, 1, __ATOMIC_SEQ_CST);
	while (__atomic_load_n(&ready, __ATOMIC_SEQ_CST) % 2)
		;
	for (int n = 0; n < MILLION; n++)
		counter.n = counter.n + 1;
	return NULL;
}

int main(void)
{
	double lost[WINDOWS];
	long cpu[2];
	cpu_set_t all;

	if (sched_getaffinity(0, sizeof(all), &all) != 0 || CPU_COUNT(&all) < 2)
		return 77;
	for (long t = 0, next = 0; t < 2; next++)
		if (CPU_ISSET(next, &all))
			cpu[t++] = next;
	for (int i = 0; i < WINDOWS; i++) {
		pthread_t thread[2];

		counter.n = 0;
		for (long t = 0; t < 2; t++)
			if (pthread_create(&thread[t], NULL, add, (void *)cpu[t]) != 0)
				return 1;
		for (int t = 0; t < 2; t++)
			pthread_join(thread[t], NULL);
		lost[i] = 1.0 - (double)counter.n / (2.0 * MILLION);
	}
	qsort(lost, WINDOWS, sizeof(*lost), by_size);
	printf("million %.3f\n", lost[WINDOWS / 2]);
}
