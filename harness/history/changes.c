#include "harness/history/changes.h"
#include "harness/history/changes_search.h"
#include "harness/history/history_print.h"
#include "harness/history/history_private.h"
#include "harness/history/sparkline.h"

#include "harness/base/text.h"
#include "harness/report/figure.h"

#include <errno.h>

#define REVISION_SHOWN 12

struct totals {
	unsigned series, short_series, points, changes, smaller, damaged;
};

static void print_series_head(FILE *to, const struct history_series *series,
    const struct changes_series *s, const struct changes_options *how)
{
	char line[SPARKLINE_MAX];

	(void)fprintf(to, "%s\n  machine %s: %s\n  %s\n", series->name, series->machine,
	    series->title,
	    sparkline_draw(s->x, s->n, SPARKLINE_WIDTH, how->plain, line, sizeof(line)));
}

static int print_change(FILE *to, struct history *h, const struct changes_series *s, size_t i,
    const struct changes_options *how)
{
	const struct history_point *after = s->points[s->found[i].index];
	const struct history_point *before = s->points[s->found[i].index - 1];
	const double was = changes_level(s, i), is = changes_level(s, i + 1);
	char a[TEXT_FORMAT_MAX], b[TEXT_FORMAT_MAX];

	(void)fprintf(to, "  from %s on: %s -> %s, %+.1f %% (p %.3g)\n", after->date,
	    figure_ns(was, how->plain, a, sizeof(a)), figure_ns(is, how->plain, b, sizeof(b)),
	    changes_effect(s, i) * 100, s->found[i].p);
	(void)fprintf(to, "    run %s, revision %.*s after %.*s\n", after->run, REVISION_SHOWN,
	    after->revision[0] ? after->revision : "unknown", REVISION_SHOWN,
	    before->revision[0] ? before->revision : "unknown");
	return history_print_facts_changed(to, h, before->run_id, after->run_id, "    ");
}

static int print_series(FILE *to, struct history *h, const struct history_series *series,
    const struct changes_options *how, struct totals *t)
{
	struct history_points points = {0};
	struct changes_series s = {0};
	unsigned shown = 0;
	int rc = history_trend(h, series, &points);

	t->series++;
	if (rc == -EUCLEAN) {
		t->damaged++;
		(void)fprintf(to, "%s\n  left out: %s\n", series->name, history_error(h));
		return 0;
	}
	if (rc)
		return rc;
	rc = changes_search(&points, how->min_effect, &s);
	if (rc)
		rc = history_fail(h, rc, "%s: %s", series->name,
		    rc == -ENOMEM ? "out of memory" : "change points cannot be found");
	t->points += (unsigned)s.n;
	t->short_series += s.n < CHANGES_POINTS_MIN;
	for (size_t i = 0; i < s.count && !rc; i++) {
		if (!shown++)
			print_series_head(to, series, &s, how);
		rc = print_change(to, h, &s, i, how);
	}
	t->changes += shown;
	t->smaller += (unsigned)s.smaller;
	changes_series_free(&s);
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
	if (t.smaller)
		(void)fprintf(
		    to, ", %u smaller one%s left out", t.smaller, t.smaller == 1 ? "" : "s");
	if (t.short_series)
		(void)fprintf(to, "; %u with fewer than %d points not searched", t.short_series,
		    CHANGES_POINTS_MIN);
	(void)fputc('\n', to);
	if (fflush(to) || ferror(to))
		return -EIO;
	return t.damaged ? history_fail(h, -EUCLEAN, "%u of %u series left out as damaged",
			       t.damaged, t.series)
			 : 0;
}
