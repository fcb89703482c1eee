/*
 * queues.h - the family `queue`: what it costs to hand items from producers to consumers.
 *
 * A queue is a few small functions and a line in its library's table (ring.c, ck.c); a library is
 * one file and a line in queues.c. See transfer.h.
 */
#ifndef CONCBENCH_QUEUES_H
#define CONCBENCH_QUEUES_H

#include "harness/work/bench_case.h"

/** queue_list() - append the cases of this family that @m's profile asks for. */
void queue_list(struct case_list *list, const struct machine *m);

#endif
