/*
 * fcontext_switch.c - bare jump_fcontext to and fro between two stacks: what concbench's row
 * switch/fcontext must agree with, and the floor under its switch/yield of coroutines. Shares no
 * code with concbench on purpose.
 *
 * Usage: fcontext_switch [milliseconds [flags|create]]
 * Prints: name, ns per switch (one direction); with "create", ns per context that is made, entered
 * and left for good. With "flags", one side has a floating-point flag raised (inexact, as any
 * division raises it) and the other has not: some processors take many times as long to load such
 * an MXCSR. Without, both have none raised.
 */
#define _GNU_SOURCE
#include <fenv.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

struct transfer {
	void *from;
	void *data;
};

struct transfer jump_fcontext(void *to, void *data);
void *make_fcontext(void *stack_top, size_t size, void (*fn)(struct transfer));

static _Alignas(64) char stack[64 * 1024];

static void bounce(struct transfer t)
{
	for (;;)
		t = jump_fcontext(t.from, t.data);
}

static double now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (double)ts.tv_sec * 1e9 + (double)ts.tv_nsec;
}

static double run(struct transfer *t, double for_ns, int flags)
{
	const double begin = now_ns();
	unsigned long rounds = 0;
	volatile double inexact = 0.0;
	double end;

	do {
		feclearexcept(FE_ALL_EXCEPT); /* now_ns() divides */
		if (flags) /* feraiseexcept() would raise the x87's, which no switch saves */
			inexact = 1.0 / (3.0 + inexact);
		for (int i = 0; i < 1024; i++)
			*t = jump_fcontext(t->from, NULL);
		rounds += 1024;
		end = now_ns();
	} while (end - begin < for_ns);
	return (end - begin) / (2.0 * (double)rounds);
}

static void bounce_once(struct transfer t)
{
	jump_fcontext(t.from, NULL);
}

static double create(double for_ns)
{
	const double begin = now_ns();
	unsigned long made = 0;
	double end;

	do {
		for (int i = 0; i < 1024; i++)
			jump_fcontext(
			    make_fcontext(stack + sizeof(stack), sizeof(stack), bounce_once), NULL);
		made += 1024;
		end = now_ns();
	} while (end - begin < for_ns);
	return (end - begin) / (double)made;
}

int main(int argc, char **argv)
{
	const double for_ns = (argc > 1 ? atof(argv[1]) : 300.0) * 1e6;
	const int flags = argc > 2 && strcmp(argv[2], "flags") == 0;
	struct transfer t;
	cpu_set_t one;
	int cpu = sched_getcpu();

	CPU_ZERO(&one);
	CPU_SET(cpu < 0 ? 0 : cpu, &one);
	if (sched_setaffinity(0, sizeof(one), &one) != 0)
		return 1;
	if (argc > 2 && strcmp(argv[2], "create") == 0) {
		create(for_ns / 8); /* warm-up */
		printf("fcontext_create %.3f\n", create(for_ns));
		return 0;
	}
	feclearexcept(FE_ALL_EXCEPT); /* the context begins with the flags of its maker */
	t.from = make_fcontext(stack + sizeof(stack), sizeof(stack), bounce);
	run(&t, for_ns / 8, flags); /* warm-up */
	printf("fcontext_switch %.3f\n", run(&t, for_ns, flags));
	return 0;
}
