/*
 * noise.h - what a gate can see on this machine, from a program gated against itself.
 */
#ifndef CONCBENCH_NOISE_H
#define CONCBENCH_NOISE_H

#include "harness/base/clock.h"
#include "harness/gate/gate.h"

/**
 * noise_visible_change() - the smallest change that a gate finds in 9 of 10 tries.
 * @launch:    pairs of launches of one program against itself, at least 2.
 * @launches:  how many a gate would have.
 *
 * Normal approximation: the estimate's standard error is the launches' robust deviation over the
 * root of their number, over the efficiency of Hodges-Lehmann against the mean (3/pi, Lehmann
 * 1975); the change has to stand the error of the last look that so many launches reach, and 1.28
 * more for power 0.9; and it must reach the floor. Return: relative, 0.013 for 1.3 %; 0 when it
 * cannot be said.
 */
double noise_visible_change(
    const struct launch_ratio *launch, size_t n, unsigned launches, double min_effect);

/** noise_wilson() - 95 % score interval of a share (Wilson 1927), for rates near zero. */
struct stats_interval noise_wilson(unsigned hits, unsigned of);

/* Time that the smallest visible change is said for. */
#define NOISE_CASE_NS (5 * CLOCK_NS_PER_S)

/** noise_case_change() - the smallest change of a measured case that is visible in @within_ns. 0:
 * it cannot be said. */
double noise_case_change(const struct gate_case *c, uint64_t within_ns, double min_effect);

/**
 * noise_brief() - a brief A/A of base before a gate: a first look at up to three of its cases.
 * @plan: the gate's; its budget is made smaller by what this took.
 * @text: one sentence; also when there is no time for it.
 * Return: 0; -EINTR; -ENOMEM.
 */
int noise_brief(struct gate_plan *plan, const struct catalogue_case *const *cases, size_t count,
    char *text, size_t text_len);

#endif
