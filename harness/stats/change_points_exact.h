/*
 * change_points_exact.h - the permutation test of a short series, with all orders instead of random
 * ones. Private to change_points.c and its tests.
 */
#ifndef CONCBENCH_CHANGE_POINTS_EXACT_H
#define CONCBENCH_CHANGE_POINTS_EXACT_H

#include <stddef.h>

/* 2^n sets: 1.5 MB and about a millisecond. */
#define CHANGE_EXACT_MAX 16

/**
 * change_points_exact() - in what share of all n! orders of the values is the best split as good?
 *
 * How good a split is depends on which values lie on its left, not on their order there. So the
 * share of the orders of a set whose beginnings have no such split follows from the same share of
 * the sets with one value less: a table of 2^n entries instead of n! orders.
 *
 * @x: n values, ascending. @total: sum of their distances, pair by pair.
 * @least: the statistic from which a split counts as good as the one found.
 * @p: the share of orders, of which the given one is one: above 0.
 * Return: 0; -EINVAL when n is above CHANGE_EXACT_MAX or too small to be split; -ENOMEM.
 */
int change_points_exact(const double *x, size_t n, double total, double least, double *p);

#endif
