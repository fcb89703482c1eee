/* displaced_loop.c - ns that a spinner at SCHED_IDLE loses for each wake-up of threads beside it,
 * on a grid as that of job/timers and without timer slack: displaced_loop THREADS PERIOD_US. */
#define _GNU_SOURCE
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <time.h>
#define S 1000000000L
static volatile long turns, wakeups;
static long threads, period_ns;
static long now_ns(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * S + t.tv_nsec;
}
static void *wake_up(void *index)
{
	for (long next = (now_ns() / period_ns + 1) * period_ns + period_ns * (long)index / threads;
	     ; next += period_ns) {
		clock_nanosleep(
		    CLOCK_MONOTONIC, TIMER_ABSTIME, &(struct timespec){next / S, next % S}, NULL);
		__atomic_fetch_add(&wakeups, 1, __ATOMIC_RELAXED);
	}
	return index;
}
static void *spin(void *unused)
{
	for (sched_setscheduler(0, SCHED_IDLE, &(struct sched_param){0});; turns++)
		;
	return unused;
}
static void start(void *(*fn)(void *), long index)
{
	const cpu_set_t first = {{1}};
	pthread_t t;
	pthread_create(&t, NULL, fn, (void *)index);
	pthread_setaffinity_np(t, sizeof(first), &first);
}
static double turns_per_ns(double *wakeups_per_ns)
{
	long ns = now_ns(), from = turns, woken = wakeups;
	nanosleep(&(struct timespec){0, S / 2}, NULL);
	ns = now_ns() - ns;
	*wakeups_per_ns = (double)(wakeups - woken) / ns;
	return (double)(turns - from) / ns;
}
int main(int argc, char **argv)
{
	double rate, alone;
	threads = argc > 1 ? atol(argv[1]) : 100;
	period_ns = (argc > 2 ? atol(argv[2]) : 4000) * 1000;
	prctl(PR_SET_TIMERSLACK, 1ul);
	start(spin, 0);
	alone = turns_per_ns(&rate);
	for (long i = 0; i < threads; i++)
		start(wake_up, i);
	turns_per_ns(&rate); /* warm */
	printf("wake-up %.1f\n", (1 - turns_per_ns(&rate) / alone) / rate);
	exit(0);
}
