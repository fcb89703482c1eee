/*
 * trial_counters.h - hardware counters of a team's units, switched on inside the window only.
 *
 * Each unit opens its own events in itself: if the cell opened them before it makes the workers,
 * the load generator would inherit them and count as if it were the server. They are on from the
 * moment the unit enters the window until it leaves it, which excludes the start line's spin,
 * waking and parking. The operations to divide by are those between the same two moments. Only a
 * team made for counting has them, never a timed trial.
 */
#ifndef CONCBENCH_TRIAL_COUNTERS_H
#define CONCBENCH_TRIAL_COUNTERS_H

#include "harness/work/trial.h"

/* What a unit counts, in the arena. Written by the unit only, read when it is parked. */
struct trial_counted {
	_Alignas(ARENA_ALIGN) struct counters events; /* descriptors of the unit's own process */
	struct counters_reading reading;              /* all windows so far */
	double ops; /* of its workers, between the same crossings */
	int error;  /* of switching on or off, negative errno */
};

/** trial_counters_room() - raise this process's limit to the descriptors that @units in it need, as
 * far as the hard limit allows. A unit that still gets none says so when it opens them. */
void trial_counters_room(unsigned units);

/** trial_counters_open() / trial_counters_close() - in the unit itself; a failure is in u->error.
 */
void trial_counters_open(struct trial_unit *u);
void trial_counters_close(struct trial_unit *u);

/** trial_counters_on() / trial_counters_off() - at the two crossings, in the unit. */
void trial_counters_on(struct trial_unit *u);
void trial_counters_off(struct trial_unit *u);

/**
 * trial_counters_cross() - a worker's share of the operations between its unit's crossings.
 * @which: the crossing, which its unit has noted.
 * @before, @now: the worker's last two notes, about it.
 */
void trial_counters_cross(struct trial_unit *u, enum trial_note which, struct progress_note before,
    struct progress_note now);

/** trial_counters_read() - the window is over: read them; a failure is in u->error. */
void trial_counters_read(struct trial_unit *u);

/**
 * trial_counters_sum() - of all units, all windows.
 * @c:   [n]; NULL: none is valid.
 * @out: an event that one of them has not counted is not valid.
 * @ops: the operations to divide by; 0 when none ended between the crossings.
 */
void trial_counters_sum(
    const struct trial_counted *c, unsigned n, struct counters_reading *out, double *ops);

#endif
