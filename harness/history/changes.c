/* changes.c - the changes of one series, and of all that are asked for. */
#include "harness/history/changes.h"
#include "harness/history/history_figure.h"
#include "harness/history/history_private.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define SEED 20261123

/* ---- one series ---- */

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
	return s->figure.scale == CB_RATIO ? exp(median) : median;
}

double changes_effect(const struct changes_series *s, size_t i)
{
	return history_effect(&s->figure, changes_level(s, i), changes_level(s, i + 1));
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
	if (!(least < history_least_effect(&s->figure, min_effect)))
		return false;
	s->count--;
	memmove(s->found + at, s->found + at + 1, (s->count - at) * sizeof(*s->found));
	return true;
}

int changes_search(const struct history_points *points, double min_effect, struct changes_series *s)
{
	bool ratio;
	int rc;

	*s = (struct changes_series){0};
	s->points = calloc(points->count + 1, sizeof(*s->points));
	s->x = calloc(points->count + 1, sizeof(*s->x));
	s->found = calloc(points->count + 1, sizeof(*s->found));
	if (!s->points || !s->x || !s->found)
		return -ENOMEM;
	if (points->count)
		s->figure = points->items[0].figure;
	ratio = s->figure.scale == CB_RATIO;
	for (size_t i = 0; i < points->count; i++) {
		const struct history_point *p = &points->items[i];
		const double value = p->value.estimate;

		if (!status_has_figure(p->status))
			continue;
		s->points[s->n] = p;
		s->x[s->n++] = ratio ? log(value) : value;
	}
	if (s->n < CHANGES_POINTS_MIN)
		return 0;
	rc = change_points_find(s->x, s->n, CHANGE_P_MAX, CHANGE_PERMUTATIONS, SEED, s->found,
	    points->count, &s->count);
	while (!rc && leave_out_smallest(s, min_effect))
		s->smaller++;
	return rc;
}

/* ---- all ---- */

/* As history_trend() orders them. */
static bool is_before(const struct history_point *p, const struct history_run *run)
{
	const int order = strcmp(p->date, run->date);

	return order ? order < 0 : p->run_id < run->id;
}

static size_t first_since(const struct changes_series *s, const struct history_run *since)
{
	size_t first = 0;

	while (since && first < s->count && is_before(s->points[s->found[first].index], since))
		first++;
	return first;
}

static int walk_series(struct history *h, const struct history_series *series,
    const struct changes_options *how, changes_teller *tell, void *context,
    struct changes_count *count)
{
	struct history_points points = {0};
	struct changes_series s = {0};
	size_t first;
	int rc = history_trend(h, series, &points);

	count->series++;
	if (rc == -EUCLEAN) {
		count->damaged++;
		return tell(context, h, series, NULL, 0);
	}
	if (rc)
		return rc;
	rc = changes_search(&points, how->min_effect, &s);
	if (rc)
		rc = store_say(h->store, rc, "%s: %s", series->name,
		    rc == -ENOMEM ? "out of memory" : "change points cannot be found");
	first = first_since(&s, how->since);
	count->points += (unsigned)s.n;
	count->short_series += s.n < CHANGES_POINTS_MIN;
	count->changes += (unsigned)(s.count - first);
	count->smaller += (unsigned)s.smaller;
	if (!rc && first < s.count)
		rc = tell(context, h, series, &s, first);
	changes_series_free(&s);
	free(points.items);
	return rc;
}

int changes_walk(struct history *h, const struct history_filter *filter,
    const struct changes_options *how, changes_teller *tell, void *context,
    struct changes_count *count)
{
	struct history_series_list list = {0};
	int rc = history_list_series(h, filter, &list);

	memset(count, 0, sizeof(*count));
	for (size_t i = 0; i < list.count && !rc; i++)
		rc = walk_series(h, &list.items[i], how, tell, context, count);
	free(list.items);
	return rc;
}

int changes_damaged(struct history *h, const struct changes_count *count)
{
	return !count->damaged
		   ? 0
		   : store_say(h->store, -EUCLEAN, "%u of %u series left out as damaged",
			 count->damaged, count->series);
}
