/*
 * power.h - how small a change a sequential test (verdict.h) finds, by simulation. Pure functions.
 *
 * The test has looks, a rule with two floors and a second pass that must agree: no formula for the
 * error of one look tells how often a change gets through all of that. So it is simulated with
 * seeded normal launches: the same question has the same answer.
 */
#ifndef CONCBENCH_POWER_H
#define CONCBENCH_POWER_H

#include <concbench/figure.h>
#include <stdint.h>

/* A case's launches, and how many of them a gate has. */
struct power_design {
	enum cb_scale scale; /* ratio or difference: shares do not lie about their mean as normal
			      * launches do */
	double sd;         /* of the launches' log ratios, or differences by what they are worth */
	double min_effect; /* relative */
	unsigned find;     /* launches until the time to find is over */
	unsigned confirm;  /* that may follow for what was found */
};

/** power_share() - the share of @trials (at least 1) that call a true @change (relative) slower;
 * below zero: no memory. */
double power_share(const struct power_design *d, double change, unsigned trials, uint64_t seed);

/**
 * power_visible() - the smallest change that is called slower, and confirmed, in 9 of 10 tries.
 *
 * Bisects on the share among 500 trials. That share must be so large that a true rate below 9 in 10
 * would reach it only once in twenty times, so the result tends to be a few percent too large.
 * Return: 0.013 for 1.3 %, of what the scale says; 0 when there are too few launches for any
 * verdict, @sd is not finite, of a share or an outcome, or without memory.
 */
double power_visible(const struct power_design *d);

#endif
