#include "harness/history/changes_walk.h"
#include "harness/history/history_private.h"

#include <errno.h>
#include <string.h>

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
		rc = history_fail(h, rc, "%s: %s", series->name,
		    rc == -ENOMEM ? "out of memory" : "change points cannot be found");
	first = first_since(&s, how->since);
	count->points += (unsigned)s.n;
	count->short_series += s.n < CHANGES_POINTS_MIN;
	count->changes += (unsigned)(s.count - first);
	count->smaller += (unsigned)s.smaller;
	if (!rc && first < s.count)
		rc = tell(context, h, series, &s, first);
	changes_series_free(&s);
	history_points_free(&points);
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
	history_series_free(&list);
	return rc;
}

int changes_damaged(struct history *h, const struct changes_count *count)
{
	return !count->damaged ? 0
			       : history_fail(h, -EUCLEAN, "%u of %u series left out as damaged",
				     count->damaged, count->series);
}
