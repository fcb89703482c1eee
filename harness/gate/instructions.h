/*
 * instructions.h - instructions in user mode per operation, head against base: a side verdict.
 *
 * Noise hardly touches the count, so it tells a change of the code path from one of its
 * surroundings; but it is blind to locks, wake-ups and caches, and decides nothing. It comes from a
 * pass of its own: hardware counters never run in a timed slot.
 */
#ifndef CONCBENCH_INSTRUCTIONS_H
#define CONCBENCH_INSTRUCTIONS_H

#include "harness/gate/gate.h"

/**
 * instructions_compare() - fill instructions_change of the rows from @first on that have a figure.
 *
 * Where the kernel or the machine has no such counter for a case, its row stays without.
 * Return: 0; -EINTR.
 */
int instructions_compare(const struct gate_plan *plan, struct comparison *c, size_t first);

#endif
