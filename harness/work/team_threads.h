/*
 * team_threads.h - units that are POSIX threads: workers of the thread model, and carriers.
 */
#ifndef CONCBENCH_TEAM_THREADS_H
#define CONCBENCH_TEAM_THREADS_H

#include "harness/work/team.h"

typedef void (*team_thread_fn)(struct team *t, unsigned unit);

/** team_threads_start() - run fn(t, i) in a thread for each unit. Return: 0; -errno with @why. */
int team_threads_start(struct team *t, team_thread_fn fn, char *why, size_t why_len);

/** team_threads_alive() - always 0: whatever kills a thread kills the cell, and the supervisor sees
 * that. */
int team_threads_alive(struct team *t, char *why, size_t why_len);

/** team_threads_stop() - join all that were started. */
void team_threads_stop(struct team *t);

#endif
