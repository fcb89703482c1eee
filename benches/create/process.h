/*
 * process.h - what all rows have in common whose worker is a process: what its maker has written to
 * before, and its end.
 */
#ifndef CONCBENCH_CREATE_PROCESS_H
#define CONCBENCH_CREATE_PROCESS_H

#include "benches/create/life.h"

#define PROCESS_PARAMS 1
#define PROCESS_SWEEPS 5

/* What its maker has written to: fork copies the page tables for it, and gives them back. */
extern const struct cb_param process_params[PROCESS_PARAMS];
extern const struct cb_sweep process_sweeps[PROCESS_SWEEPS];

/* Further initialisers of a LIFE() row. */
#define PROCESS                                                                            \
	.params = process_params, .param_count = PROCESS_PARAMS, .sweeps = process_sweeps, \
	.sweep_count = PROCESS_SWEEPS

int process_setup(struct cb_env *env, char *why, size_t why_len);
void process_enter(struct cb_worker *w, void *state);

/** process_make() - fork; the copy does @live, and exits. Return: 0; -errno. */
int process_make(struct life *l, void (*live)(struct life *l));

/**
 * process_reap() - await the end of l->process, and charge its CPU time to its maker: its end is
 * its own, too. Return: 0; -errno; -ECHILD when it has not ended as it should.
 */
int process_reap(struct life *l);

#endif
