/*
 * switch.h - the family `switch`: what it costs to hand the PU to somebody else, from a bare call
 * up to a wake-up through the kernel.
 */
#ifndef CONCBENCH_SWITCH_H
#define CONCBENCH_SWITCH_H

#include "harness/work/bench_case.h"

/** switch_list() - append the cases of this family that @m's profile asks for. */
void switch_list(struct case_list *list, const struct machine *m);

/**
 * switch_slot_ns() - how long a slot is; 0: the usual length does.
 *
 * A round through a thousand workers takes tens of microseconds, and a short window would hold too
 * few of them. So does a wake-up of an idle PU, but it has the usual 3 ms: two virtual CPUs that
 * have to run at once lose a millisecond to the machine now and then; of short slots most are
 * spared that, of slots of 20 ms hardly any (results/experiments has what the gate finds in each).
 */
uint64_t switch_slot_ns(unsigned workers);

#endif
