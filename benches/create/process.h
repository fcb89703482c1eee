/*
 * process.h - what all rows have in common whose worker is a process: what its maker has written to
 * before, and its end.
 */
#ifndef CONCBENCH_CREATE_PROCESS_H
#define CONCBENCH_CREATE_PROCESS_H

#include "benches/create/life.h"

#define PROCESS_SWEEPS 6

extern const struct cb_sweep process_sweeps[PROCESS_SWEEPS];

/* Further initialisers of a LIFE() row. */
#define PROCESS .sweeps = process_sweeps, .sweep_count = PROCESS_SWEEPS

/** process_make() - fork; the copy does @live, and exits. Return: 0; -errno. */
int process_make(struct life *l, void (*live)(struct life *l));

/**
 * process_ended() - await its end and charge its CPU time to its maker: its end is its own, too.
 * @options: 0, or WNOHANG. @status: as of waitpid(2).
 * Return: 0; -EAGAIN not yet; -errno.
 */
int process_ended(struct life *l, int options, int *status);

/**
 * process_reap() - the same, of one that has to exit with 0. Return: 0; -errno; -ECHILD when it
 * has not ended as it should.
 */
int process_reap(struct life *l);

/** process_await_pidfd() - poll its descriptor, close that, and reap it: that it was ready too
 * early is wrong. Return: as process_reap(). */
int process_await_pidfd(struct life *l);

/** process_try_pidfd() - for setup() and can(): where there are none, or none are allowed, that is
 * no failure. Return: 0; -ENOTSUP, or another -errno, with a line in @why. */
int process_try_pidfd(char *why, size_t why_len);

#endif
