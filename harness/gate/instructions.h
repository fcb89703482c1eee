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

/* Of each side, for one case: ranges of five and five lie apart by chance in 2 of 252. */
#define INSTRUCTIONS_LAUNCHES 5u

/**
 * instructions_share_ns() - what of a gate's budget is kept for this: a tenth, as a run does
 * (schedule.h); nothing when the rest would not be what the gate needs. On top of a budget that
 * nobody has set.
 */
uint64_t instructions_share_ns(
    const struct gate_plan *plan, const struct catalogue_case *const *cases, size_t count);

/**
 * instructions_compare() - fill the instructions of the rows from @first on that have a figure:
 * changes first, the others in random order, until @within_ns are over: no launch is begun after
 * that, and one that has begun has its usual time.
 *
 * Launches of both sides follow each other in random order. A count varies, too, where instructions
 * are executed while waiting; so a row says whether the two sides' ranges lie apart. Where the
 * kernel or the machine has no such counter for a case, its row stays without; so does one of which
 * a launch crashed, hung or failed its check, and @c counts those. Those that the time was not
 * enough for are counted in @c. Return: 0; -EINTR; -ENOMEM.
 */
int instructions_compare(
    const struct gate_plan *plan, struct comparison *c, size_t first, uint64_t within_ns);

#endif
