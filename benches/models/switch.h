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
 * few of them. So does a wake-up of an idle PU; but two virtual CPUs that have to run at once lose
 * a millisecond to the machine now and then, and of slots of 5 ms most are spared, of 20 ms hardly
 * any: in 5 s of slots of 3 ms the gate found 1 % in a pipe between cores in 7 of 11 tries, and in
 * 10 s of slots of 20 ms in none of 7, on the same afternoon (results/experiments).
 */
uint64_t switch_slot_ns(unsigned workers, enum placement_kind place);

#endif
