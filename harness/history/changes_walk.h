/*
 * changes_walk.h - the changes of all series that are asked for, one series after the other.
 */
#ifndef CONCBENCH_CHANGES_WALK_H
#define CONCBENCH_CHANGES_WALK_H

#include "harness/history/changes_search.h"

struct changes_options {
	double min_effect; /* relative; smaller ones are left out as changes_search() does */
	const struct history_run *since; /* only changes at this run or after it; NULL: all */
	bool plain;                      /* ASCII only */
};

struct changes_count {
	unsigned series, short_series, damaged, points;
	unsigned changes; /* told */
	unsigned smaller; /* left out */
};

/**
 * changes_teller - what is called for every series with a change to be told, and every damaged one.
 * @found: its changes; NULL: it is damaged, and history_error() says how.
 * @first: those before it are too old.
 * Return: 0; an error ends the walk.
 */
typedef int changes_teller(void *context, struct history *h, const struct history_series *series,
    const struct changes_series *found, size_t first);

/** changes_walk() - Return: 0; an error, of @tell or one that history_error() says. */
int changes_walk(struct history *h, const struct history_filter *filter,
    const struct changes_options *how, changes_teller *tell, void *context,
    struct changes_count *count);

/** changes_damaged() - what is to be returned at the end. Return: 0; -EUCLEAN with a
 * history_error() when series had to be left out. */
int changes_damaged(struct history *h, const struct changes_count *count);

#endif
