/* stacks_loop.c - what the kernel counts for a stack of 64 KiB with a guard of which one page is
 * touched, or by MemAvailable, KernelStack and unreclaimable slabs for a thread: what memory/parked
 * must agree with. Shares no code with concbench on purpose. Prints: what, bytes each. */
#include "loop.h"
#include <sys/mman.h>
enum { COUNT = 10000, THREADS = 2000, SLOT = 19 * 4096 };

/* Kilobytes behind a word at the beginning of a line. */
static long of(const char *file, const char *word)
{
	char line[200];
	long kb = 0;
	FILE *f = fopen(file, "r");

	while (f && fgets(line, sizeof(line), f))
		if (strncmp(line, word, strlen(word)) == 0)
			kb = atol(line + strlen(word));
	fclose(f);
	return kb;
}

static long stacks(void)
{
	return of("/proc/self/status", "RssAnon:") + of("/proc/self/status", "VmPTE:");
}
static long kernels(void)
{
	return of("/proc/meminfo", "KernelStack:") + of("/proc/meminfo", "SUnreclaim:");
}
static void *park(void *arg)
{
	return pause(), arg;
}

int main(int argc, char **argv)
{
	const int thread = argc > 1 && strcmp(argv[1], "thread") == 0,
		  count = thread ? THREADS : COUNT;
	const long before = thread ? kernels() : stacks();
	char *p = mmap(NULL, (size_t)COUNT * SLOT, PROT_READ | PROT_WRITE,
	    MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	pthread_t t;

	madvise(p, (size_t)COUNT * SLOT, MADV_NOHUGEPAGE);
	for (size_t i = 0; i < (size_t)count; i++)
		if (thread ? pthread_create(&t, NULL, park, NULL) != 0
			   : madvise(p + i * SLOT, 4096, 102) != 0)
			exit(77);
		else if (!thread)
			p[i * SLOT + SLOT - 64] = 1;
	printf("%s %ld\n", argv[1], ((thread ? kernels() : stacks()) - before) * 1024 / count);
}
