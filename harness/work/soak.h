/*
 * soak.h - processes that take, at SCHED_IDLE, whatever the workers leave of their PUs, and count.
 *
 * What a soaker loses while the workers work is what they cost whoever else has work for that PU:
 * their own CPU time, and what no account charges them with, such as interrupts that set the next
 * timer. (netperf's looper measures so; the kernel's accounts on a machine without interrupt
 * accounting do not.) One for each PU of the team, asleep until wanted. For team.c and displaced.c
 * only.
 */
#ifndef CONCBENCH_SOAK_H
#define CONCBENCH_SOAK_H

#include "harness/work/team.h"

/* What a soaker counted in one window of the line. */
struct soaked {
	double turns;   /* of its loop, from open_ns to close_ns */
	double turn_ns; /* what one took that nothing came into; 0: there was none */
};

/* What one of them has done in the windows of a turn. */
struct displaced_books {
	double share;     /* of the PU, in the parked window before */
	double turn_ns;   /* latest */
	double lost_ns;   /* that it would have had in the windows of work, and had not */
	double had_ns;    /* in parked windows, which are ... */
	double parked_ns; /* ... so long in all */
};

/** soakers_wanted() - PUs of @t that one would be on. */
unsigned soakers_wanted(const struct team *t);

/** soakers_bytes() - of the arena, for all of them. */
size_t soakers_bytes(unsigned pus);

/**
 * soakers_start() - fork them, one on each PU of the placement, bound and at SCHED_IDLE; in
 * t->soak. Return: 0; -ENOTSUP the case's workers cannot be told from others here, with @why;
 * -EPERM and the like from the scheduler; -ENOMEM.
 */
int soakers_start(struct team *t, char *why, size_t why_len);

/** soakers_soak() / soakers_rest() - begin to take what is left; sleep.
 * Return: 0; -ENOTSUP with @why: one of them got no time at all, or has died. That is
 * no fault of the case. */
int soakers_soak(struct team *t, char *why, size_t why_len);
void soakers_rest(struct team *t);

/**
 * soakers_read() - what they counted in the line's latest window, which is over.
 * @out: [t->soakers].
 * Return: 0; -ENOTSUP as above.
 */
int soakers_read(struct team *t, struct soaked *out, char *why, size_t why_len);

/**
 * displaced_parked() - enter a parked window.
 * @parked_ns: its length.
 * @work_ns: of the window of work between it and the parked one before; 0 for the first.
 * Turns are counted, since no account has what interrupts take, and each window's by what a turn
 * takes there: PUs are slower and quicker by a tenth from one window to the next, and of a worker
 * that takes a third of the time that would be a third of its own.
 */
void displaced_parked(
    struct displaced_books *b, const struct soaked *in, double parked_ns, double work_ns);

/** displaced_worked() - enter a window of work. */
void displaced_worked(struct displaced_books *b, const struct soaked *in);

/** displaced_sum() - Return: what all of them lost, in ns of their PUs' time. @soaked_pct: of all
 * their PUs' time in parked windows they had so much. */
double displaced_sum(const struct displaced_books *b, unsigned soakers, double *soaked_pct);

/** soakers_stop() - end and reap them. */
void soakers_stop(struct team *t);

#endif
