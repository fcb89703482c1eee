/*
 * stopping.h - when a series of launches is precise enough to end.
 *
 * Ending as soon as an interval is narrow prefers intervals that are narrow by chance, and these
 * cover less than they say. The minimum, and asking for two narrow ones in a row, keep what is lost
 * small: over normal, heavy-tailed, skewed and two-humped launches of 1 to 8 % spread, the nominal
 * 95 % interval still covers 90 % or more (stopping_test.c measures it).
 *
 * Pure but for the memory that a series owns. Not thread-safe per object.
 */
#ifndef CONCBENCH_STOPPING_H
#define CONCBENCH_STOPPING_H

#include <stdbool.h>
#include <stddef.h>

/* Below 6 a median has no 95 % interval; Google's compare.py tests from 9 repetitions on. */
#define STOPPING_MIN 9
#define STOPPING_IN_ROW 2

/* Zero-initialised is empty; release with stopping_free(). */
struct stopping {
	double *x; /* [n] figures of the launches */
	size_t n, capacity;
	unsigned in_row;   /* narrow intervals up to now, without a wide one between */
	double half_width; /* stats_half_width() of the last interval; from two launches on */
	bool reached;      /* stays so */
	bool never;        /* set by the owner: its figures are not what is judged in the end */
};

/**
 * stopping_add() - one more launch's figure.
 * @precision: half-width to reach, relative; 0: never.
 * Return: 0; -EINVAL when @figure is not finite or not above zero; -ENOMEM.
 */
int stopping_add(struct stopping *s, double figure, double precision);

void stopping_free(struct stopping *s);

#endif
