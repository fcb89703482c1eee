/*
 * run_launch.h - one launch of one case: a cell, its turns, and what becomes of its samples.
 *
 * Private to run_loop.c, whose structs it works on.
 */
#ifndef CONCBENCH_RUN_LAUNCH_H
#define CONCBENCH_RUN_LAUNCH_H

#include "harness/cell/run_loop.h"

/**
 * run_launch() - measure once more; counted in @e->launches when it gave all its samples.
 *
 * Samples reach the journal when the launch has ended (or WARM_UP_WINDOW of them are there), since
 * only then it is known which were warm-up. All of them do, also those of a case that failed.
 * Return: 0, also when the case failed; -EINTR; -errno of the journal.
 */
int run_launch(struct run_loop *l, struct run_entry *e);

/** run_launch_counters() - one with hardware counters on, of which only these are kept.
 * Return: 0, also when this case has none; -EINTR; -errno of the journal. */
int run_launch_counters(struct run_loop *l, struct run_entry *e);

#endif
