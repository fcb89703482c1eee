/* loop.h - what the bare loops share: threads on PUs of their own that run until `over`, and the
 * median over windows of WINDOW_MS (3 unless said otherwise) of time an operation. No header of
 * concbench's. */
#define _GNU_SOURCE
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define WORKERS_MAX 16
#define WINDOWS 33
#ifndef WINDOW_MS
#define WINDOW_MS 3
#endif
struct line {
	volatile unsigned long n;
} __attribute__((aligned(128)));
static struct line done[WORKERS_MAX];
static volatile int over;
static void (*loop)(int);

/* Says that this is a spin. AArch64: isb, which waits for about as long as a pause does. */
static inline void relax(void)
{
#if defined(__x86_64__) || defined(__i386__)
	__builtin_ia32_pause();
#elif defined(__aarch64__)
	__asm__ volatile("isb" : : : "memory");
#else
	__asm__ volatile("" : : : "memory");
#endif
}

static inline unsigned long total(void)
{
	unsigned long sum = 0;
	for (int i = 0; i < WORKERS_MAX; i++)
		sum += done[i].n;
	return sum;
}

static inline double now_ns(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

static void *begin(void *arg)
{
	loop((int)(long)arg);
	return NULL;
}

static int by_size(const void *a, const void *b)
{
	return (*(const double *)a > *(const double *)b) -
	       (*(const double *)a < *(const double *)b);
}

/* Median of the windows, ns. Exit with 77 where there are fewer PUs than workers. */
static inline double measured(void (*of)(int), int workers)
{
	pthread_t thread[WORKERS_MAX];
	double ns[WINDOWS];
	cpu_set_t all;
	int cpu = -1;

	loop = of;
	if (sched_getaffinity(0, sizeof(all), &all) != 0 || CPU_COUNT(&all) < workers)
		exit(77);
	for (long i = 0; i < workers; i++) {
		pthread_attr_t attr;
		cpu_set_t one;

		while (!CPU_ISSET(++cpu, &all))
			;
		CPU_ZERO(&one);
		CPU_SET(cpu, &one);
		pthread_attr_init(&attr);
		pthread_attr_setaffinity_np(&attr, sizeof(one), &one);
		if (pthread_create(&thread[i], &attr, begin, (void *)i) != 0)
			exit(1);
	}
	usleep(10000); /* warm-up */
	for (int i = 0; i < WINDOWS; i++) {
		const unsigned long from = total();
		const double at = now_ns();

		usleep(1000 * WINDOW_MS);
		ns[i] = (now_ns() - at) / (double)(total() - from);
	}
	over = 1;
	for (int i = 0; i < workers; i++)
		pthread_join(thread[i], NULL);
	qsort(ns, WINDOWS, sizeof(*ns), by_size);
	return ns[WINDOWS / 2];
}

static inline void measure(const char *name, void (*of)(int), int workers)
{
	printf("%s/%d %.3f\n", name, workers, measured(of, workers));
}
