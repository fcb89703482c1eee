/*
 * daemons_notes.h - what the program that ends among its daemons and the cell that executes it
 * share: memory that both have mapped. The program is no part of concbench, and has nothing else of
 * it.
 */
#ifndef CONCBENCH_FAULT_DAEMONS_NOTES_H
#define CONCBENCH_FAULT_DAEMONS_NOTES_H

#include <stdbool.h>
#include <stdint.h>

#define DAEMONS_DEEDS 100u /* of each */
/* A deed takes so long at least, and all of them some 10 ms: the main thread is gone long before.
 */
#define DAEMONS_DEED_US 100

enum daemons_exit {
	DAEMONS_EXIT_GROUP,   /* _exit(2): the kernel ends the process */
	DAEMONS_EXIT,         /* exit(3): its handlers run before that */
	DAEMONS_MAIN_RETURNS, /* and so they do when main() returns */
	DAEMONS_PTHREAD_EXIT, /* the main thread alone */
	DAEMONS_JOIN,         /* it waits for them first: then they are no daemons */
	DAEMONS_EXITS,
};

/* What a trial does; all of them, but for fixtures. */
struct daemons_plan {
	uint32_t deeds;    /* that each does, of DAEMONS_DEEDS */
	bool waits_before; /* the main thread, until all of them have begun */
	bool lies;         /* they count what they have not done */
	bool hurries;      /* a deed takes no time */
	bool waits_after;  /* the main thread, for all of them, whatever its way to leave */
	bool cuts_short;   /* it leaves by _exit(2), whatever its way to leave */
};

struct daemons_worker {
	uint32_t begun, done;
} __attribute__((aligned(128)));

/* Times are of CLOCK_MONOTONIC. */
struct daemons_notes {
	struct daemons_plan plan;
	enum daemons_exit leaving;
	uint32_t workers;
	/* The program's. */
	int error;
	uint64_t began_ns; /* no daemon has begun before */
	uint64_t left_ns;  /* the main thread is about to leave */
	uint64_t slept;    /* times, until its last instruction but for the end itself */
	uint32_t handled;  /* exit handlers that have run */
	uint32_t returned; /* main() has */
	struct daemons_worker worker[];
};

#endif
