#include "harness/history/changes_search.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define SEED 20261123

void changes_series_free(struct changes_series *s)
{
	free(s->points);
	free(s->x);
	free(s->found);
	memset(s, 0, sizeof(*s));
}

static size_t segment_start(const struct changes_series *s, size_t segment)
{
	return !segment ? 0 : segment > s->count ? s->n : s->found[segment - 1].index;
}

double changes_level(const struct changes_series *s, size_t segment)
{
	const size_t from = segment_start(s, segment), to = segment_start(s, segment + 1);
	double median = 0;

	(void)stats_median(s->x + from, to - from, &median);
	return exp(median);
}

double changes_effect(const struct changes_series *s, size_t i)
{
	return changes_level(s, i + 1) / changes_level(s, i) - 1;
}

/* Return: false when there is none below @min_effect. */
static bool leave_out_smallest(struct changes_series *s, double min_effect)
{
	double least = INFINITY;
	size_t at = 0;

	for (size_t i = 0; i < s->count; i++) {
		const double effect = fabs(changes_effect(s, i));

		if (effect < least) {
			least = effect;
			at = i;
		}
	}
	if (!(least < min_effect))
		return false;
	s->count--;
	memmove(s->found + at, s->found + at + 1, (s->count - at) * sizeof(*s->found));
	return true;
}

int changes_search(const struct history_points *points, double min_effect, struct changes_series *s)
{
	int rc;

	*s = (struct changes_series){0};
	s->points = calloc(points->count + 1, sizeof(*s->points));
	s->x = calloc(points->count + 1, sizeof(*s->x));
	s->found = calloc(points->count + 1, sizeof(*s->found));
	if (!s->points || !s->x || !s->found)
		return -ENOMEM;
	for (size_t i = 0; i < points->count; i++) {
		const struct history_point *p = &points->items[i];

		if (!status_has_figure(p->status) || !(p->ns_per_op.estimate > 0))
			continue;
		s->points[s->n] = p;
		s->x[s->n++] = log(p->ns_per_op.estimate);
	}
	if (s->n < CHANGES_POINTS_MIN)
		return 0;
	rc = change_points_find(s->x, s->n, CHANGE_P_MAX, CHANGE_PERMUTATIONS, SEED, s->found,
	    points->count, &s->count);
	while (!rc && leave_out_smallest(s, min_effect))
		s->smaller++;
	return rc;
}
