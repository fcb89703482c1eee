/*
 * changes.h - from which run on a case's figures are other ones, in text.
 */
#ifndef CONCBENCH_CHANGES_H
#define CONCBENCH_CHANGES_H

#include "harness/history/history.h"

#include <stdio.h>

struct changes_options {
	double min_effect; /* relative; smaller ones are left out as changes_search() does */
	bool plain;        /* ASCII only */
};

/**
 * changes_print() - for every series that @filter picks, its change points by E-divisive means
 * (change_points.h), each with the run it begins with and what else changed with it.
 *
 * The same history gives the same text: the permutations are seeded.
 * Return: 0; -EUCLEAN when some series are damaged: all others are there; -EIO when @to has an
 * error; an error that history_error() says.
 */
int changes_print(FILE *to, struct history *h, const struct history_filter *filter,
    const struct changes_options *how);

#endif
