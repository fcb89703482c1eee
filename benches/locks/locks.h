/*
 * locks.h - the family `lock`: what it costs to take turns.
 *
 * A lock is three small functions and a line in its library's table (pthread.c, ck.c, builtin.c);
 * a library is one file and a line in locks.c. See contention.h.
 */
#ifndef CONCBENCH_LOCKS_H
#define CONCBENCH_LOCKS_H

#include "harness/work/bench_case.h"

/** lock_list() - append the cases of this family that @m's profile asks for. */
void lock_list(struct case_list *list, const struct machine *m);

#endif
