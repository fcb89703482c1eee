#include "harness/history/changes.h"
#include "harness/history/history_print.h"
#include "harness/history/history_private.h"
#include "harness/history/sparkline.h"

#include "harness/base/text.h"
#include "harness/report/figure.h"
#include "harness/stats/change_points.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>

#define SEED 20261123
#define REVISION_SHOWN 12

/* The points of a series that have a figure. */
struct searched {
	const struct history_point **points;
	double *x; /* logarithms: a change is relative, and so is the noise */
	size_t n;
	struct change_point *found;
	size_t count;
};

struct totals {
	unsigned series, short_series, points, changes;
};

static void searched_free(struct searched *s)
{
	free(s->points);
	free(s->x);
	free(s->found);
}

static int search(const struct history_points *points, struct searched *s)
{
	*s = (struct searched){0};
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
	return change_points_find(s->x, s->n, CHANGE_P_MAX, CHANGE_PERMUTATIONS, SEED, s->found,
	    points->count, &s->count);
}

/* Where segment @i begins; segment 0 is what was before the first change. */
static size_t segment_start(const struct searched *s, size_t i)
{
	return !i ? 0 : i > s->count ? s->n : s->found[i - 1].index;
}

static double segment_median(const struct searched *s, size_t i)
{
	const size_t from = segment_start(s, i), to = segment_start(s, i + 1);
	double median = 0;

	(void)stats_median(s->x + from, to - from, &median);
	return exp(median);
}

static void print_series_head(FILE *to, const struct history_series *series,
    const struct searched *s, const struct changes_options *how)
{
	char line[SPARKLINE_MAX];

	(void)fprintf(to, "%s\n  machine %s: %s\n  %s\n", series->name, series->machine,
	    series->title,
	    sparkline_draw(s->x, s->n, SPARKLINE_WIDTH, how->plain, line, sizeof(line)));
}

static int print_change(FILE *to, struct history *h, const struct searched *s, size_t i,
    const struct changes_options *how)
{
	const struct history_point *after = s->points[s->found[i].index];
	const struct history_point *before = s->points[s->found[i].index - 1];
	const double was = segment_median(s, i), is = segment_median(s, i + 1);
	char a[TEXT_FORMAT_MAX], b[TEXT_FORMAT_MAX];

	(void)fprintf(to, "  from %s on: %s -> %s, %+.1f %% (p %.3g)\n", after->date,
	    figure_ns(was, how->plain, a, sizeof(a)), figure_ns(is, how->plain, b, sizeof(b)),
	    (is / was - 1) * 100, s->found[i].p);
	(void)fprintf(to, "    run %s, revision %.*s after %.*s\n", after->run, REVISION_SHOWN,
	    after->revision[0] ? after->revision : "unknown", REVISION_SHOWN,
	    before->revision[0] ? before->revision : "unknown");
	return history_print_facts_changed(to, h, before->run_id, after->run_id, "    ");
}

static int print_series(FILE *to, struct history *h, const struct history_series *series,
    const struct changes_options *how, struct totals *t)
{
	struct history_points points = {0};
	struct searched s = {0};
	unsigned shown = 0;
	int rc = history_trend(h, series, &points);

	if (rc)
		return rc;
	rc = search(&points, &s);
	if (rc)
		rc = history_fail(h, rc, "%s: %s", series->name,
		    rc == -ENOMEM ? "out of memory" : "change points cannot be found");
	t->series++;
	t->points += (unsigned)s.n;
	t->short_series += s.n < CHANGES_POINTS_MIN;
	for (size_t i = 0; i < s.count && !rc; i++) {
		if (fabs(segment_median(&s, i + 1) / segment_median(&s, i) - 1) < how->min_effect)
			continue;
		if (!shown++)
			print_series_head(to, series, &s, how);
		rc = print_change(to, h, &s, i, how);
	}
	t->changes += shown;
	searched_free(&s);
	history_points_free(&points);
	return rc;
}

int changes_print(FILE *to, struct history *h, const struct history_filter *filter,
    const struct changes_options *how)
{
	struct history_series_list list = {0};
	struct totals t = {0};
	int rc = history_list_series(h, filter, &list);

	for (size_t i = 0; i < list.count && !rc; i++)
		rc = print_series(to, h, &list.items[i], how, &t);
	history_series_free(&list);
	if (rc)
		return rc;
	(void)fprintf(to, "%u change%s in %u series of %u points", t.changes,
	    t.changes == 1 ? "" : "s", t.series, t.points);
	if (t.short_series)
		(void)fprintf(to, "; %u with fewer than %d points not searched", t.short_series,
		    CHANGES_POINTS_MIN);
	(void)fputc('\n', to);
	return fflush(to) || ferror(to) ? -EIO : 0;
}
