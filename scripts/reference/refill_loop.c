/* refill_loop.c - two threads that pass a turn by a futex and touch a buffer of their own in it,
 * every 16th time twice: what refill/futex must agree with. Shares no code with concbench on
 * purpose. Usage: refill_loop turn|cold|warm BYTES same|scatter. Prints: name, ns. */
#include "loop.h"
#include <linux/futex.h>
#include <sys/syscall.h>

static volatile unsigned turn __attribute__((aligned(128)));
static size_t lines;
static cpu_set_t cpu[2];
static double sample[3][1 << 16]; /* turn, cold, warm; of the first thread */

static void touch(volatile long *own)
{
	for (size_t i = 0; i < lines; i++)
		own[i * 8]++;
}

static void *take_turns(void *second)
{
	volatile long *own = aligned_alloc(4096, lines * 64);
	const double begin = now_ns();
	sched_setaffinity(0, sizeof(*cpu), &cpu[second != NULL]);
	for (unsigned n = 0; !over; n++) {
		for (unsigned now; (now = turn) % 2 != (second != NULL);)
			syscall(SYS_futex, &turn, FUTEX_WAIT_PRIVATE, now, NULL, NULL, 0);
		const double before = n % 16 ? 0 : now_ns();
		touch(own);
		const double cold = n % 16 ? 0 : now_ns();
		if (n % 16 == 0)
			touch(own);
		if (n % 16 == 0 && !second) {
			sample[0][n / 16] = before;
			sample[1][n / 16] = cold - before;
			sample[2][n / 16] = now_ns() - cold;
			done[0].n = n / 16;
			over = before - begin > 2e8 || n / 16 == (1 << 16) - 1;
		}
		__atomic_add_fetch(&turn, 1, __ATOMIC_ACQ_REL);
		syscall(SYS_futex, &turn, FUTEX_WAKE_PRIVATE, 1, NULL, NULL, 0);
	}
	return NULL;
}

int main(int argc, char **argv)
{
	const int which = argc < 4 ? 0 : argv[1][0] == 'c' ? 1 : argv[1][0] == 'w' ? 2 : 0;
	const int scatter = argc > 3 && !strcmp(argv[3], "scatter");
	pthread_t thread;
	cpu_set_t all;
	lines = argc > 2 ? strtoul(argv[2], NULL, 10) / 64 : 512;
	if (sched_getaffinity(0, sizeof(all), &all) || CPU_COUNT(&all) < 1 + scatter)
		return 77;
	for (int i = 0, at = 0; i < 2; i++, at += scatter) {
		while (!CPU_ISSET(at, &all))
			at++;
		CPU_SET(at, &cpu[i]);
	}
	pthread_create(&thread, NULL, take_turns, argv);
	take_turns(NULL);
	pthread_join(thread, NULL);
	for (unsigned long i = 0; !which && i < done[0].n; i++)
		sample[0][i] = (sample[0][i + 1] - sample[0][i]) / 32;
	qsort(sample[which], done[0].n, sizeof(double), by_size);
	printf("refill %.2f\n", sample[which][done[0].n / 2]);
}
