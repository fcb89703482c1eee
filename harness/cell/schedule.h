/*
 * schedule.h - in which order cells run, and when there is time for more. Pure functions.
 */
#ifndef CONCBENCH_SCHEDULE_H
#define CONCBENCH_SCHEDULE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/**
 * schedule_shuffle() - a random order of 0..n-1 that depends on @seed and @round only.
 *
 * Fisher-Yates (Durstenfeld 1964) with unbiased bounded numbers (Lemire 2019). A fixed order would
 * let each case always follow the same one, and inherit its heat, cache and timer state.
 */
void schedule_shuffle(size_t *order, size_t n, uint64_t seed, unsigned round);

/** schedule_seed() - the seed of one launch: differs by run, case and launch. */
uint64_t schedule_seed(uint64_t seed, size_t index, unsigned launch);

/**
 * schedule_fits() - is there time for one more launch of a case that has had @launches, the last of
 * them @cell_ns long? Two are always tried; further ones only when one like the last would fit, so
 * that the end of the time goes to those that are short.
 */
bool schedule_fits(unsigned launches, uint64_t elapsed_ns, uint64_t cell_ns, uint64_t budget_ns);

/** schedule_slots() - how many of @slots a launch has time for. @slot_ns: 0 for a trial without a
 * window, which takes as long as it takes. */
unsigned schedule_slots(uint64_t slot_ns, unsigned slots);

/**
 * schedule_rounds_budget() - what the rounds may take of @budget_ns.
 * @counters: a pass for hardware counters follows and gets a share. It takes one cell a case, the
 * rounds ten or more: a tenth is enough unless the budget was too short for the rounds as well.
 */
uint64_t schedule_rounds_budget(uint64_t budget_ns, bool counters);

/**
 * schedule_cells_left() - how many of @wanted cells the budget has time for, and how long they
 * take.
 * @cell_ns:  what one takes; 0 when none has ended yet.
 * @left_ns:  never more than the budget has left; UINT64_MAX when not known.
 *
 * The cell that the budget ends in is counted: it is begun before the time is up.
 */
size_t schedule_cells_left(
    size_t wanted, uint64_t cell_ns, uint64_t budget_left_ns, uint64_t *left_ns);

#endif
