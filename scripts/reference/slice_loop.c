/* slice_loop.c - two threads that never wait share a PU: how long the middle slice is, which
 * slice/spin must agree with. A slice ends where a thread's clock jumps by more than any interrupt
 * takes; nobody says to anybody that it runs. Shares no code with concbench on purpose. Prints:
 * name, ns. */
#include "loop.h"
#define JUMP_NS 500000
#define SLICES 4096

static double slice[2][SLICES];
static unsigned ended[2];

static void *spin(void *arg)
{
	const long self = (long)arg;
	double since = 0, seen = now_ns();

	while (!over) {
		const double now = now_ns();

		if (now - seen > JUMP_NS) {
			if (since > 0 && ended[self] < SLICES)
				slice[self][ended[self]++] = seen - since;
			since = now;
		}
		seen = now;
	}
	return NULL;
}

int main(void)
{
	static double all[2 * SLICES];
	pthread_attr_t attr;
	pthread_t thread[2];
	cpu_set_t may, one;
	unsigned n = 0;
	int cpu = 0;

	if (sched_getaffinity(0, sizeof(may), &may) != 0)
		return 1;
	while (!CPU_ISSET(cpu, &may))
		cpu++;
	CPU_ZERO(&one);
	CPU_SET(cpu, &one);
	pthread_attr_init(&attr);
	pthread_attr_setaffinity_np(&attr, sizeof(one), &one);
	for (long t = 0; t < 2; t++)
		if (pthread_create(&thread[t], &attr, spin, (void *)t) != 0)
			return 1;
	usleep(1000000);
	over = 1;
	for (int t = 0; t < 2; t++)
		pthread_join(thread[t], NULL);
	for (int t = 0; t < 2; t++)
		for (unsigned i = 0; i < ended[t]; i++)
			all[n++] = slice[t][i];
	if (!n)
		return 1;
	qsort(all, n, sizeof(*all), by_size);
	printf("slice %.0f\n", all[n / 2]);
}
