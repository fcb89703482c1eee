/*
 * sleepers.h - threads beside a maker that sleep until they are told to end: each takes a place
 * among the tasks of its process, and no time.
 */
#ifndef CONCBENCH_CREATE_SLEEPERS_H
#define CONCBENCH_CREATE_SLEEPERS_H

#include <pthread.h>
#include <stdint.h>
#include <sys/types.h>

struct sleeper {
	pthread_t thread;
	pid_t tid;      /* its own, 0 before it is there */
	uint32_t there; /* it sleeps, or is about to */
	uint32_t awake; /* it may end */
};

struct sleepers {
	unsigned count;
	struct sleeper sleeper[];
};

/** sleepers_begin() - @count of them, all of which sleep when it returns. Return: 0; -errno, and
 * there are none. */
int sleepers_begin(unsigned count, struct sleepers **out);

/** sleepers_end() - all end and are joined; NULL does nothing. */
void sleepers_end(struct sleepers *s);

/** sleepers_replace() - the one at @i ends and is joined, and another takes its place. Return: 0;
 * -errno, and there is nobody in that place (tid 0). */
int sleepers_replace(struct sleepers *s, unsigned i);

#endif
