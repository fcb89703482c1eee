/*
 * switch.h - the family `switch`: what it costs to hand the PU to somebody else, from a bare call
 * up to a wake-up through the kernel.
 */
#ifndef CONCBENCH_SWITCH_H
#define CONCBENCH_SWITCH_H

#include "harness/work/bench_case.h"

/** switch_list() - append the cases of this family that @m's profile asks for. */
void switch_list(struct case_list *list, const struct machine *m);

/** switch_slot_ns() - how long a slot is: a round through a thousand workers, or a wake-up of an
 * idle PU, takes tens of microseconds, and a short window would hold too few of them. 0: the usual
 * length does. */
uint64_t switch_slot_ns(unsigned workers, enum placement_kind place);

#endif
