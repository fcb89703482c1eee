/*
 * gate_private.h - what gate.c, gate_time.c and gate_rows.c share.
 */
#ifndef CONCBENCH_GATE_PRIVATE_H
#define CONCBENCH_GATE_PRIVATE_H

#include "harness/gate/gate.h"

/* False discoveries among a suite's changes: Benjamini & Hochberg's rate. */
#define SUITE_FALSE_RATE 0.05

/** gate_turns_ns() - the turns of one pair of launches, in ns, without starting them. */
uint64_t gate_turns_ns(const struct gate_plan *plan, uint64_t slot_ns);

/** gate_pair_ns() - one pair of launches, in ns, as planned: before any has been measured. */
uint64_t gate_pair_ns(const struct gate_plan *plan, uint64_t slot_ns);

#endif
