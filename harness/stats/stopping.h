/*
 * stopping.h - when a series of launches is precise enough to end.
 *
 * Ending as soon as an interval is narrow favours intervals that are narrow by chance, and these
 * cover less than they claim. A minimum of launches and two narrow intervals in a row keep the loss
 * small: over normal, heavy-tailed, skewed and two-humped launches of 1 to 8 % spread, the nominal
 * 95 % interval still covers 90 % or more, for ratios, differences and shares (stopping_test.c
 * measures it). scale.h says what a precision is a fraction of.
 *
 * Pure but for the memory that a series owns. Not thread-safe per object.
 */
#ifndef CONCBENCH_STOPPING_H
#define CONCBENCH_STOPPING_H

#include <concbench/figure.h>
#include <stdbool.h>
#include <stddef.h>

/* Below 6 a median has no 95 % interval; Google's compare.py tests from 9 repetitions on. */
#define STOPPING_MIN 9
#define STOPPING_IN_ROW 2

/* Zero-initialised is empty and has the ratio scale; release with stopping_free(). */
struct stopping {
	enum cb_scale scale; /* of the figures; set by the owner, as is */
	double worth;        /* of differences: a hundred per cent */
	double *x;           /* [n] figures of the launches */
	size_t n, capacity;
	unsigned trials;   /* behind them */
	unsigned in_row;   /* narrow intervals up to now, without a wide one between */
	double half_width; /* scale_half_width() of the last interval; from two launches on */
	bool reached;      /* stays so */
	bool never; /* set by the owner: its figures are not the ones that are judged in the end */
};

/**
 * stopping_add() - one more launch's figure, of so many @trials.
 * @precision: half-width to reach, 0.02 for 2 %; 0: never.
 * Return: 0; -EINVAL when the scale has no such figure; -ENOMEM.
 */
int stopping_add(struct stopping *s, double figure, unsigned trials, double precision);

void stopping_free(struct stopping *s);

#endif
