/*
 * run_window.h - how long a case's windows have to be for its figure not to depend on it.
 *
 * A window that begins on a PU that has just been woken, or has just spun on the start line, need
 * not be what a program sees that has run for a second: hand-offs between PUs took 16 us in windows
 * of 3 ms and 24 us in those of 60 ms, each with an interval of a few per cent. So a case's
 * launches end with a turn in a window of WINDOW_LONG_NS, until the two lengths are equivalent
 * (equivalence.h); or are not, and the next of a few fixed lengths becomes the case's. The longest
 * is marked as sensitive to the window: that a still longer one says the same is not known. Where
 * WINDOW_LOOKS_MAX looks vary too much to tell, a longer one is taken only if it says something
 * else on average.
 *
 * Cases of one group (case_window_group()) go by what the first of them shows. For all of this a
 * run needs the time: else nothing is claimed (WINDOW_UNJUDGED).
 *
 * For run_loop.c, run_launch.c and pick.c, and for whoever tells what is known.
 */
#ifndef CONCBENCH_RUN_WINDOW_H
#define CONCBENCH_RUN_WINDOW_H

#include "harness/cell/run_loop.h"
#include "harness/work/sweep.h"

#define WINDOW_LONG_NS UINT64_C(192000000)
#define WINDOW_MARGIN 0.05

/* All looks together take at most this part of the time of the rounds. */
#define RUN_WINDOW_LOOKS_SHARE 4

/** run_window_known() - what is known of a case, or of those that it goes by. NULL: nothing. */
const struct window_known *run_window_known(
    const struct windows *windows, const struct bench_case *bc);

/**
 * run_window_looks_ns() - about how much of @budget_ns, which is for so many @rounds, goes into
 * finding out how long these cases' windows have to be: none where it is known, or where there is
 * no time for it, and a part of the budget at most.
 */
uint64_t run_window_looks_ns(const struct case_list *cases, const struct windows *windows,
    unsigned rounds, uint64_t budget_ns);

/** run_window_begin() - before an entry's first launch. */
void run_window_begin(struct run_loop *l, struct run_entry *e);

/** run_window_note() - after each of its launches: is it known now? The series of all who go by it
 * say what was seen. Return: 0; -errno, also of the journal. */
int run_window_note(struct run_loop *l, struct run_entry *e);

/** run_window_end() - whoever was given a longer window too late for as many launches as a figure
 * needs goes back to the last one, marked. Return: 0; -errno of the journal. */
int run_window_end(struct run_loop *l);

#endif
