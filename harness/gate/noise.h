/*
 * noise.h - what a gate can see on this machine. Pure functions.
 */
#ifndef CONCBENCH_NOISE_H
#define CONCBENCH_NOISE_H

#include "harness/stats/verdict.h"

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

#endif
