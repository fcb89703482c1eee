/* arguments_loop.c - a thread or a process is made with an argument and reads all of it: what
 * create/arguments must agree with. Shares no code with concbench on purpose. Usage: arguments_loop
 * pointer|copy_on_write|pipe BYTES. Prints: name, ns from the call to its having read. */
#include "loop.h"
#include <sys/mman.h>
#include <sys/wait.h>

static unsigned long words[1 << 17], room[1 << 17], count;
static struct {
	double at, sum;
} * seen;
static int fd[2], piped;

static void *read_all(void *of)
{
	unsigned long sum = 0, sums = 0;

	for (size_t have = 0; piped && have < 8 * count;)
		have += (size_t)read(fd[0], (char *)room + have, 8 * count - have);
	for (unsigned long i = 0; i < count; i++)
		sums += sum += (piped ? room : words)[i];
	seen->sum = (double)sums;
	seen->at = now_ns();
	return of;
}

static double pass(int forks)
{
	const double from = now_ns();
	pthread_t t;
	pid_t pid = 0;

	if ((piped && pipe(fd) != 0) ||
	    (forks ? (pid = fork()) < 0 : pthread_create(&t, 0, read_all, 0)))
		abort();
	if (forks && pid == 0)
		_exit(read_all(NULL) != NULL);
	for (size_t gone = 0; piped && gone < 8 * count;)
		gone += (size_t)write(fd[1], (char *)words + gone, 8 * count - gone);
	if (forks ? waitpid(pid, NULL, 0) != pid : pthread_join(t, NULL))
		abort();
	if (piped && (close(fd[0]) || close(fd[1])))
		abort();
	return seen->at - from;
}

int main(int argc, char **argv)
{
	double ns[WINDOWS];
	cpu_set_t one;

	if (argc < 3 || (count = strtoul(argv[2], NULL, 10) / 8) > 1 << 17)
		return 2;
	seen = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	memset(words, 1, 8 * count);
	piped = !strcmp(argv[1], "pipe");
	CPU_ZERO(&one);
	CPU_SET((size_t)sched_getcpu(), &one);
	sched_setaffinity(0, sizeof(one), &one);
	for (int i = -3; i < WINDOWS; i++) { /* the first of them warm up */
		const double until = now_ns() + 60e6;
		double sum = 0, n = 0;

		for (; now_ns() < until; n++)
			sum += pass(strcmp(argv[1], "pointer") != 0);
		ns[i < 0 ? 0 : i] = sum / n;
	}
	qsort(ns, WINDOWS, sizeof(*ns), by_size);
	printf("arguments/%lu %.1f\n", 8 * count, ns[WINDOWS / 2]);
}
