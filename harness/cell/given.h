/*
 * given.h - the figure of another case that a case depends on ("half of its peak"), for whoever
 * measures that case alone: a gate, a check, one case in process. A run has both, and gives the one
 * what it has measured of the other (run_loop.h).
 */
#ifndef CONCBENCH_GIVEN_H
#define CONCBENCH_GIVEN_H

#include "harness/cell/supervise.h"
#include "harness/run/run.h"

/* About what it takes, for a plan. */
#define GIVEN_NS (UINT64_C(1500000000))

/**
 * given_find() - ask a program for a case and measure it: RUN_LAUNCHES_MIN launches, of whose warm
 * turns each has a median, and the median of these. What that case depends on itself is measured
 * before it.
 * @spec:    exe, modules, topology, seed and deadlines; the rest is not looked at.
 * @depends: the name of the case, as the one that depends on it says.
 * @out:     filled on success; its figure is above 0.
 * @why:     on failure one line for the row of the case that depends on it.
 *
 * Return: 0; -EINTR; -ENOMEM; CELL_NONE; -ENOTSUP when this machine cannot run it; -EBADMSG when
 * there is no such case, or no figure came of it.
 */
int given_find(const struct cell_spec *spec, const char *depends, struct run_given *out, char *why,
    size_t why_len);

#endif
