/*
 * regimes.h - do values that should all be alike fall into two groups? Pure.
 *
 * When the host moves a virtual CPU, the guest is in effect another machine for as long as it stays
 * there: a cache line may take three to five times as long between two PUs.
 */
#ifndef CONCBENCH_REGIMES_H
#define CONCBENCH_REGIMES_H

#include <stdbool.h>
#include <stddef.h>

/* Two regimes are at least this far apart, and each has at least this share of all values. */
#define REGIMES_RATIO 1.5
#define REGIMES_SHARE 0.1
#define REGIMES_LEAST 3u

struct regimes {
	unsigned count;   /* 1 or 2; 0: no values */
	double threshold; /* the second one's values are above it */
	double middle[2]; /* medians; the second one is the larger */
	size_t n[2];      /* values in each */
};

/**
 * regimes_split() - the values of @n launches, in one or two groups.
 * @x: [n] above 0, one unit, in any order; not modified.
 *
 * Two groups part at the widest gap between neighbours of the sorted values, among the gaps that
 * leave at least REGIMES_SHARE of the values, and REGIMES_LEAST, on either side; the values at its
 * ends must be REGIMES_RATIO apart. Up to one value in twenty may lie in the gap, because a launch
 * can see the machine change. (At most 1 in 100 single groups is taken for two when their
 * logarithms have a deviation of 0.2; that of round trips is 0.05.)
 * Return: 0; -EINVAL when a value is not above 0; -ENOMEM.
 */
int regimes_split(const double *x, size_t n, struct regimes *out);

/** regimes_of() - which group a value belongs to: 0 or 1. */
unsigned regimes_of(const struct regimes *r, double x);

/** regimes_apart() - are two launches, by their values alone, in different regimes? A value of 0 is
 * not known, and so never apart. */
bool regimes_apart(double a, double b);

#endif
