/*
 * futex_pingpong.c - hand-offs between two threads or two processes, and nothing around them: what
 * concbench's rows switch/futex must agree with. Shares no code with concbench on purpose.
 *
 * Usage: futex_pingpong thread|process same|scatter [milliseconds]
 * Prints: name, ns per hand-off (one direction).
 */
#define _GNU_SOURCE
#include <linux/futex.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static atomic_uint *turn; /* even: ping's; odd: pong's; the top bit: over */
static int private_flag;
static int cpu_of[2];

#define OVER 0x80000000u

static void bind_to(int cpu)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	if (sched_setaffinity(0, sizeof(set), &set) != 0)
		abort();
}

static unsigned await(unsigned parity)
{
	unsigned t;

	while (!((t = atomic_load(turn)) & OVER) && t % 2 != parity)
		syscall(SYS_futex, turn, FUTEX_WAIT | private_flag, t, NULL, NULL, 0);
	return t;
}

static void pass(unsigned t)
{
	atomic_store(turn, (t + 1) & ~OVER);
	syscall(SYS_futex, turn, FUTEX_WAKE | private_flag, 1, NULL, NULL, 0);
}

static void *pong(void *unused)
{
	unsigned t;

	(void)unused;
	bind_to(cpu_of[1]);
	while (!((t = await(1)) & OVER))
		pass(t);
	return NULL;
}

static double now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (double)ts.tv_sec * 1e9 + (double)ts.tv_nsec;
}

static double ping(double for_ns)
{
	const double begin = now_ns();
	unsigned long rounds = 0;
	double end;

	do {
		for (int i = 0; i < 64; i++)
			pass(await(0));
		rounds += 64;
		end = now_ns();
	} while (end - begin < for_ns);
	return (end - begin) / (2.0 * (double)rounds);
}

static void choose_cpus(int scatter)
{
	cpu_set_t allowed;
	int found = 0;

	if (sched_getaffinity(0, sizeof(allowed), &allowed) != 0)
		abort();
	for (int cpu = 0; cpu < CPU_SETSIZE && found < 2; cpu++)
		if (CPU_ISSET(cpu, &allowed))
			cpu_of[found++] = cpu;
	if (!scatter)
		cpu_of[1] = cpu_of[0];
	else if (found < 2)
		exit(77); /* one CPU only: nothing to scatter over */
}

int main(int argc, char **argv)
{
	const int process = argc > 1 && strcmp(argv[1], "process") == 0;
	const int scatter = argc > 2 && strcmp(argv[2], "scatter") == 0;
	const double for_ns = (argc > 3 ? atof(argv[3]) : 300.0) * 1e6;
	pthread_t thread;
	double ns;

	turn = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (turn == MAP_FAILED)
		return 1;
	private_flag = process ? 0 : FUTEX_PRIVATE_FLAG;
	choose_cpus(scatter);
	if (!process) {
		if (pthread_create(&thread, NULL, pong, NULL) != 0)
			return 1;
	} else {
		const pid_t pid = fork();

		if (pid < 0)
			return 1;
		if (pid == 0) {
			pong(NULL);
			_exit(0);
		}
	}
	bind_to(cpu_of[0]);
	ping(for_ns / 8); /* warm-up */
	ns = ping(for_ns);
	await(0); /* pong is in its wait, and nobody writes to the word */
	atomic_store(turn, OVER);
	syscall(SYS_futex, turn, FUTEX_WAKE | private_flag, 1, NULL, NULL, 0);
	if (process)
		wait(NULL);
	else
		pthread_join(thread, NULL);
	printf("futex_pingpong/%s/%s %.2f\n", process ? "process" : "thread",
	    scatter ? "scatter" : "same", ns);
	return 0;
}
