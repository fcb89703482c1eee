/* pages_loop.c - two threads, or two processes, that pass a turn by a futex and touch a word in
 * each page of one shared buffer in it, every 16th time twice: what refill/shared_pages must agree
 * with. Shares no code with concbench on purpose. Usage: pages_loop cold|warm BYTES thread|process.
 * Prints: name, ns. */
#include "loop.h"
#include <linux/futex.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>

static struct {
	volatile unsigned turn __attribute__((aligned(128)));
	volatile int over __attribute__((aligned(128)));
} * both;
static volatile long *buffer;
static long pages;
static double sample[2][1 << 16]; /* cold, warm; of the first */

static void touch(void)
{
	for (long i = 0; i < pages; i++)
		buffer[i * 512 + i % 64 * 8]++;
}

static void *take_turns(void *second)
{
	const double begin = now_ns();
	for (unsigned n = 0; !both->over; n++) {
		for (unsigned now; (now = both->turn) % 2 != (second != NULL);)
			syscall(SYS_futex, &both->turn, FUTEX_WAIT, now, NULL, NULL, 0);
		const double before = n % 16 ? 0 : now_ns();
		touch();
		const double cold = n % 16 ? 0 : now_ns();
		if (n % 16 == 0)
			touch();
		if (n % 16 == 0 && !second) {
			sample[0][n / 16] = cold - before;
			sample[1][n / 16] = now_ns() - cold;
			done[0].n = n / 16;
			both->over = before - begin > 2e8 || n / 16 == (1 << 16) - 1;
		}
		__atomic_add_fetch(&both->turn, 1, __ATOMIC_ACQ_REL);
		syscall(SYS_futex, &both->turn, FUTEX_WAKE, 1, NULL, NULL, 0);
	}
	return NULL;
}

int main(int argc, char **argv)
{
	const int which = argc > 1 && argv[1][0] == 'w';
	const int forks = argc > 3 && !strcmp(argv[3], "process");
	pthread_t thread;
	cpu_set_t one;
	pid_t pid = 0;

	pages = argc > 2 ? atol(argv[2]) / 4096 : 256;
	CPU_ZERO(&one);
	CPU_SET((size_t)sched_getcpu(), &one);
	sched_setaffinity(0, sizeof(one), &one);
	both = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	buffer = mmap(
	    NULL, (size_t)pages * 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (forks && (pid = fork()) == 0) {
		take_turns(argv);
		_exit(0);
	}
	if (forks ? pid < 0 : pthread_create(&thread, NULL, take_turns, argv))
		return 1;
	take_turns(NULL);
	if (forks ? waitpid(pid, NULL, 0) != pid : pthread_join(thread, NULL))
		return 1;
	qsort(sample[which], done[0].n, sizeof(double), by_size);
	printf("pages %.2f\n", sample[which][done[0].n / 2]);
}
