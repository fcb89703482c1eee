/*
 * counter.h - a worker in another language: a program that is exec'd for a trial, on its
 * worker's PU.
 *
 * It is given two words of shared memory (descriptor 3) and speaks lines on its standard input and
 * output:
 *
 *	it says   ready PU...        the PUs it may run on
 *	is told   go NS              to begin at that time of CLOCK_MONOTONIC
 *	          counts its operations in word 0, from 1, until word 1 is not 0
 *	it says   done COUNT SUM     of the numbers that it has counted, modulo 2^64
 *
 * and ends. What its worker does in between is to look at the count, which is all that the window
 * needs to know, and to be charged for the CPU time.
 */
#ifndef CONCBENCH_PYTHON_COUNTER_H
#define CONCBENCH_PYTHON_COUNTER_H

#include <concbench/concbench.h>

/* How often its worker looks at the count: it has to share the PU for that. */
#define COUNTER_LOOK_NS (500 * CB_NS_PER_US)

enum counter_word { COUNTER_COUNT, COUNTER_STOP, COUNTER_WORDS };

/* What a worker keeps. */
struct counter_worker {
	/* Of this trial's process; its worker's alone. */
	uint64_t *word;
	pid_t pid;
	int to, from;
	uint64_t looked;     /* its count, when it was last looked at */
	uint64_t charged_ns; /* of its CPU time */
	/* Since the launch began. */
	uint64_t counted; /* the worker has passed on */
	/* Of this trial, for the check. */
	uint64_t count; /* in shared memory, when it had ended */
	uint64_t said, sum;
	int error, status; /* of its last words, and of waitpid(2) */
	bool astray;       /* not on its worker's PU alone */
} CB_ALIGNED;

struct counter_state {
	char program[512]; /* path of the interpreter */
	struct counter_worker worker[];
};

#define COUNTER_SCRIPT_HEAD                                       \
	"import mmap, os, sys, time\n"                            \
	"def main():\n"                                           \
	" word = memoryview(mmap.mmap(3, 16)).cast('Q')\n"        \
	" print('ready', *os.sched_getaffinity(0), flush=True)\n" \
	" start = int(sys.stdin.readline().split()[1])\n"         \
	" while time.monotonic_ns() < start: pass\n"              \
	" n = total = 0\n"                                        \
	" while not word[1]:\n"                                   \
	"  n += 1\n"                                              \
	"  total += n\n"                                          \
	"  word[0] = n\n"
#define COUNTER_SCRIPT_TAIL                              \
	" print('done', n, total % 2**64, flush=True)\n" \
	"main()\n"

/** counter_enter() - start it with @script, and let it go. */
void counter_enter(struct cb_worker *w, void *state, const char *script);

#endif
