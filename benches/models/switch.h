/*
 * switch.h - the family `switch`: what it costs to hand the PU to somebody else, from a bare call
 * up to a wake-up through the kernel.
 */
#ifndef CONCBENCH_SWITCH_H
#define CONCBENCH_SWITCH_H

#include "harness/work/bench_case.h"

/** switch_list() - append the cases of this family that @m's profile asks for. */
void switch_list(struct case_list *list, const struct machine *m);

#endif
