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

/**
 * run_launch_counters() - one with hardware counters on, of which only these are kept.
 *
 * A case that has none here says so in its series' counters_note; one that fails in it has failed.
 * Return: 0, in both cases too; -EINTR; -errno of the journal.
 */
int run_launch_counters(struct run_loop *l, const struct run_entry *e);

/**
 * run_launch_fail() - a case keeps its raw samples in the journal, but gives no figure any more.
 * All its series say why. Return: 0; -errno of the journal.
 */
int run_launch_fail(struct run_loop *l, const struct run_entry *e, enum case_status status,
    const char *format, ...) __attribute__((format(printf, 4, 5)));

/** run_launch_note_counters() - set the series' counters_note. Return: 0; -errno of the journal. */
int run_launch_note_counters(struct run_loop *l, const struct run_entry *e, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

#endif
