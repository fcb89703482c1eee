/*
 * child.h - the few things to do with a forked child, once.
 */
#ifndef CONCBENCH_CHILD_H
#define CONCBENCH_CHILD_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/** child_die_with() - in the child, right after fork: end when @parent does, even by kill -9. */
void child_die_with(pid_t parent);

/** child_can_die_with() - will that work here? Changes nothing in the calling process.
 * Return: 0; -errno. */
int child_can_die_with(void);

#define CHILD_ENDED_WELL "exited with status 0"

/**
 * child_gone() - has it ended? If so, reaps it. @why: how it ended: CHILD_ENDED_WELL, "killed by
 * signal 11 (Segmentation fault)".
 */
bool child_gone(pid_t pid, char *why, size_t why_len);

/** child_end() - wait up to @grace_ms for it to end by itself, then kill it; reaps it. */
void child_end(pid_t pid, unsigned grace_ms);

/** child_describe() - a waitpid(2) status in words. */
void child_describe(int status, char *why, size_t why_len);

#endif
