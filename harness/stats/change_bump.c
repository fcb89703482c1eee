#include "harness/stats/change_bump.h"

#include <errno.h>
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>

/* Neighbours of independent values correlate by 1 / sqrt(n): more than this many of those is no
 * chance. */
#define ALIKE_ERRORS 2.0

struct scores {
	double *of;    /* [value] */
	size_t *order; /* [position] which value is there */
	double *sum;   /* [position] of the scores before it */
	size_t n;
};

struct ranked {
	double value;
	size_t index;
};

static int by_value(const void *a, const void *b)
{
	const struct ranked *x = a, *y = b;

	return (x->value > y->value) - (x->value < y->value);
}

/* Tukey's lambda distribution, within 0.01 of the normal quantile where ranks are. */
static double normal_score(double p)
{
	return 4.91 * (pow(p, 0.14) - pow(1.0 - p, 0.14));
}

/* Equal values get the score of their middle rank. */
static int score(const double *x, size_t n, double *of)
{
	struct ranked *r = malloc(n * sizeof(*r));
	double mean = 0.0;

	if (!r)
		return -ENOMEM;
	for (size_t i = 0; i < n; i++)
		r[i] = (struct ranked){x[i], i};
	qsort(r, n, sizeof(*r), by_value);
	for (size_t from = 0, to; from < n; from = to) {
		double s;

		for (to = from + 1; to < n && !(r[to].value > r[from].value); to++)
			;
		s = normal_score(((double)from + (double)to) / 2.0 / (double)n);
		for (size_t i = from; i < to; i++)
			of[r[i].index] = s;
		mean += s * (double)(to - from) / (double)n;
	}
	for (size_t i = 0; i < n; i++)
		of[i] -= mean;
	free(r);
	return 0;
}

static void add_up(struct scores *s)
{
	s->sum[0] = 0.0;
	for (size_t i = 0; i < s->n; i++)
		s->sum[i + 1] = s->sum[i] + s->of[s->order[i]];
}

static size_t longer(size_t len)
{
	return len + (len < 8 ? 1 : len / 4);
}

/* The weight of an interval of @len, which makes all lengths equally likely by chance. */
static double weight(const struct scores *s, size_t len)
{
	return 1.0 / sqrt((double)len * (double)(s->n - len) / (double)s->n);
}

/* Where the interval of @len with the largest sum begins. */
static size_t best_of_length(const struct scores *s, size_t len, double *out)
{
	size_t at = CHANGE_SEGMENT_MIN;
	double best = -1.0;

	for (size_t i = CHANGE_SEGMENT_MIN; i + len + CHANGE_SEGMENT_MIN <= s->n; i++) {
		const double sum = fabs(s->sum[i + len] - s->sum[i]);

		if (sum > best) {
			best = sum;
			at = i;
		}
	}
	*out = best * weight(s, len);
	return at;
}

static double best_interval(struct scores *s, struct change_bump *out)
{
	double best = -1.0;

	add_up(s);
	for (size_t len = CHANGE_SEGMENT_MIN; len + 2 * CHANGE_SEGMENT_MIN <= s->n;
	     len = longer(len)) {
		double q;
		const size_t at = best_of_length(s, len, &q);

		if (q > best) {
			best = q;
			out->begin = at;
			out->end = at + len;
		}
	}
	return best;
}

static double statistic(void *arg)
{
	struct change_bump ignored;

	return best_interval(arg, &ignored);
}

/* Moves one end after the other to where it fits best, until neither moves. This ends because each
 * move is an improvement. */
static void fit(const struct scores *s, struct change_bump *b)
{
	bool moved = true;

	while (moved) {
		double best =
		    fabs(s->sum[b->end] - s->sum[b->begin]) * weight(s, b->end - b->begin);

		moved = false;
		for (size_t end = b->begin + CHANGE_SEGMENT_MIN; end + CHANGE_SEGMENT_MIN <= s->n;
		     end++) {
			const double q =
			    fabs(s->sum[end] - s->sum[b->begin]) * weight(s, end - b->begin);

			if (q > best) {
				best = q;
				b->end = end;
				moved = true;
			}
		}
		for (size_t i = CHANGE_SEGMENT_MIN; i + CHANGE_SEGMENT_MIN <= b->end; i++) {
			const double q = fabs(s->sum[b->end] - s->sum[i]) * weight(s, b->end - i);

			if (q > best) {
				best = q;
				b->begin = i;
				moved = true;
			}
		}
	}
}

/*
 * By how much less a bump says where neighbours are alike, 0..1: the mean of a wave varies as that
 * of so many fewer values (for one lag, (1 - r) / (1 + r) of them). Only where that is more than
 * chance makes of independent values: it costs power.
 */
static double independence(const struct scores *s, const struct change_bump *b)
{
	const double len = (double)(b->end - b->begin), n = (double)s->n;
	const double inside = (s->sum[b->end] - s->sum[b->begin]) / len;
	const double outside = -inside * len / (n - len); /* all scores add up to nothing */
	double before = 0.0, squares = 0.0, products = 0.0, r;

	for (size_t i = 0; i < s->n; i++) {
		const double rest =
		    s->of[s->order[i]] - (i >= b->begin && i < b->end ? inside : outside);

		squares += rest * rest;
		products += rest * before;
		before = rest;
	}
	r = squares > 0.0 ? products / squares : 0.0;
	return r > ALIKE_ERRORS / sqrt(n) ? sqrt((1.0 - r) / (1.0 + r)) : 1.0;
}

int change_bump_find(
    const double *x, size_t n, const struct permutation_test *test, struct change_bump *out)
{
	struct scores s = {.of = malloc(n * sizeof(double)),
	    .order = malloc(n * sizeof(size_t)),
	    .sum = malloc((n + 1) * sizeof(double)),
	    .n = n};
	struct change_bump b = {0};
	int rc = s.of && s.order && s.sum ? 0 : -ENOMEM;

	if (rc || n < CHANGE_BUMP_VALUES_MIN)
		goto out;
	rc = score(x, n, s.of);
	if (!rc) {
		double least;

		for (size_t i = 0; i < n; i++)
			s.order[i] = i;
		least = best_interval(&s, &b);
		fit(&s, &b);
		least *= independence(&s, &b);
		/* A different order of the same sum may differ by rounding only. */
		b.p = permutation_p(s.order, n, least * (1.0 - 1e-9), test, statistic, &s);
		rc = b.p <= test->p_max;
	}
	if (rc > 0)
		*out = b;
out:
	free(s.of);
	free(s.order);
	free(s.sum);
	return rc;
}
