/* isolation_loop.c - a thread or a process writes to each page that its maker has written to: what
 * fault/isolation must agree with. Shares no code with concbench on purpose. Usage: isolation_loop
 * thread|process PAGES [make|tables]. Prints: name, ns a page; or ns until it is made, or the bytes
 * of its page tables for these pages as it begins. */
#include "loop.h"
#include <sys/mman.h>
#include <sys/wait.h>

static char *at;
static long pages;
static double *took_ns; /* the worker's, shared: then its page tables */

static double tables_bytes(void)
{
	char text[4096] = "";
	FILE *f = fopen("/proc/self/status", "r");
	const size_t n = fread(text, 1, sizeof(text) - 1, f);

	fclose(f);
	return n ? 1024 * atof(strstr(text, "VmPTE:") + 6) : 0;
}

static void *write_all(void *as)
{
	const double from = now_ns();

	for (long i = 0; i < pages; i++)
		*(volatile long *)(void *)(at + i * 4096) = i + (as != NULL);
	*took_ns = now_ns() - from;
	return NULL;
}

int main(int argc, char **argv)
{
	const int forks = argc > 1 && !strcmp(argv[1], "process");
	const char which = argc > 3 ? argv[3][0] : 'p';
	double ns[WINDOWS];
	cpu_set_t one;

	CPU_ZERO(&one);
	CPU_SET((size_t)sched_getcpu(), &one);
	sched_setaffinity(0, sizeof(one), &one);
	pages = argc > 2 ? atol(argv[2]) : 1024;
	took_ns = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	at = mmap(
	    NULL, (size_t)pages * 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	madvise(at, (size_t)pages * 4096, MADV_NOHUGEPAGE);
	for (int i = 0; i < WINDOWS; i++) {
		pthread_t thread;
		pid_t pid = 0;

		write_all(NULL);
		const double from = now_ns();
		if (forks ? (pid = fork()) < 0 : pthread_create(&thread, NULL, write_all, at))
			return 1;
		const double made_ns = now_ns() - from;
		if (forks && pid == 0) {
			took_ns[1] = which == 't' ? tables_bytes() : 0;
			write_all(at);
			munmap(at, (size_t)pages * 4096);
			took_ns[1] -= which == 't' ? tables_bytes() : 0;
			_exit(0);
		}
		if (forks ? waitpid(pid, NULL, 0) != pid : pthread_join(thread, NULL))
			return 1;
		/* A process's writes are its own. */
		if (*(long *)(void *)(at + (pages - 1) * 4096) != pages - forks)
			return 1;
		ns[i] = which == 'm'   ? made_ns
			: which == 't' ? took_ns[1]
				       : *took_ns / (double)pages;
	}
	qsort(ns, WINDOWS, sizeof(*ns), by_size);
	printf("%s/%ld %.2f\n", forks ? "process" : "thread", pages, ns[WINDOWS / 2]);
}
