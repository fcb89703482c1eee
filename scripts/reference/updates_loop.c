/* updates_loop.c - two threads add to one counter for 20 ms: the share of additions that is lost,
 * which fault/lost_updates must agree with. Shares no code with concbench on purpose. Prints: name,
 * share. */
#include "loop.h"

static struct line counter;

static void add(int self)
{
	for (unsigned long n = 0; !over; n++, done[self].n = n)
		counter.n = counter.n + 1;
}

static void *begin_adding(void *self)
{
	add((int)(long)self);
	return NULL;
}

int main(void)
{
	double lost[WINDOWS];
	cpu_set_t all, one[2];
	int cpu = -1;

	if (sched_getaffinity(0, sizeof(all), &all) != 0 || CPU_COUNT(&all) < 2)
		return 77;
	for (int t = 0; t < 2; t++) {
		while (!CPU_ISSET(++cpu, &all))
			;
		CPU_ZERO(&one[t]);
		CPU_SET(cpu, &one[t]);
	}
	for (int i = 0; i < WINDOWS; i++) {
		pthread_t thread[2];

		over = 0;
		counter.n = done[0].n = done[1].n = 0;
		for (long t = 0; t < 2; t++) {
			pthread_attr_t attr;

			pthread_attr_init(&attr);
			pthread_attr_setaffinity_np(&attr, sizeof(one[t]), &one[t]);
			if (pthread_create(&thread[t], &attr, begin_adding, (void *)t) != 0)
				return 1;
		}
		usleep(20000);
		over = 1;
		for (int t = 0; t < 2; t++)
			pthread_join(thread[t], NULL);
		lost[i] = 1.0 - (double)counter.n / (double)total();
	}
	qsort(lost, WINDOWS, sizeof(*lost), by_size);
	printf("lost_updates %.3f\n", lost[WINDOWS / 2]);
}
