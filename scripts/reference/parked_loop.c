/* parked_loop.c - resident memory of a thread that waits, with stacks of 256 KiB: what
 * memory/parked must agree with. Shares no code with concbench on purpose. Prints: name, bytes a
 * thread. */
#include "loop.h"

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;

static void *park(void *unused)
{
	pthread_mutex_lock(&mutex); /* held by main: for ever */
	return unused;
}

static long resident_bytes(void)
{
	long size, pages = 0;
	FILE *f = fopen("/proc/self/statm", "r");

	if (!f || fscanf(f, "%ld %ld", &size, &pages) != 2)
		abort();
	fclose(f);
	return pages * sysconf(_SC_PAGESIZE);
}

int main(void)
{
	enum { THREADS = 1000 };
	pthread_attr_t attr;
	pthread_t thread;
	long before;

	pthread_mutex_lock(&mutex);
	pthread_attr_init(&attr);
	pthread_attr_setstacksize(&attr, 256 * 1024);
	before = resident_bytes();
	for (int i = 0; i < THREADS; i++)
		if (pthread_create(&thread, &attr, park, NULL) != 0)
			exit(77);
	usleep(200000); /* all of them wait */
	printf("parked %ld\n", (resident_bytes() - before) / THREADS);
}
