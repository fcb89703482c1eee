/*
 * gate_git.h - `concbench gate --git-base REV --build CMD --load FILE`: two revisions of somebody
 * else's repository, each built on its own; this program judges what they load.
 */
#ifndef CONCBENCH_GATE_GIT_H
#define CONCBENCH_GATE_GIT_H

#include "harness/cmd/gate_options.h"
#include "harness/cmd/kept_build.h"

struct gate_git {
	struct kept_build build[SIDES];
	unsigned built;                       /* of them */
	char *spec[SIDES][REQUEST_LOADS_MAX]; /* what is loaded, by absolute paths */
};

/** gate_git_check() - options that make no sense together. Return: 0; EXIT_USAGE after a line. */
int gate_git_check(const struct gate_options *o);

/**
 * gate_git_build() - build both and put into @o what they load and what they are called. Checks
 * first what can be checked: filter, values, names, budget. interrupt_install() first. Return: 0;
 * EXIT_USAGE after a line; 128 + the signal's number. gate_git_close() in any case.
 */
int gate_git_build(struct gate_git *g, struct gate_options *o);
void gate_git_close(struct gate_git *g);

#endif
