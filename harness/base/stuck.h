/*
 * stuck.h - where the threads of a process that no longer answers are waiting, from /proc.
 */
#ifndef CONCBENCH_STUCK_H
#define CONCBENCH_STUCK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/**
 * stuck_describe() - what @pid, its threads and its children are doing, for a reason's text: "98 in
 * futex_do_wait, 2 in do_epoll_wait, 1 running". It reads /proc/<pid>/task/<tid>/wchan, and says
 * only "waiting" where the kernel hides that (kernel.kptr_restrict, another user's process).
 * @out: always a text, "" when the process is gone.
 */
void stuck_describe(pid_t pid, char *out, size_t len);

/* What a process, its threads and its children have had of the PUs. */
struct stuck_use {
	uint64_t run_ns;     /* on a PU */
	uint64_t waited_ns;  /* for one */
	unsigned pus_wanted; /* on which those may run that would, just now */
};

/** stuck_use() - so far, from /proc/<pid>/task/<tid>/schedstat; zeroes where the kernel has none.
 */
void stuck_use(pid_t pid, struct stuck_use *out);

/**
 * stuck_is_starved() - did it get less than half of the time that it could have used, because
 * others had the PUs? Whoever sleeps wants none, and those that take turns with each other have all
 * of it.
 * @before, @after: what they had had, @within_ns apart.
 */
bool stuck_is_starved(
    const struct stuck_use *before, const struct stuck_use *after, uint64_t within_ns);

#endif
