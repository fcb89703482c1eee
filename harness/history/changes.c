#include "harness/history/changes.h"
#include "harness/history/history_print.h"
#include "harness/history/sparkline.h"

#include "harness/base/text.h"
#include "harness/report/figure.h"

#include <errno.h>

#define REVISION_SHOWN 12

struct text_output {
	FILE *to;
	const struct changes_options *how;
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

	(void)fprintf(to, "  from %s on: %s -> %s, %+.1f %% (p <= %.2g)\n", after->date,
	    figure_ns(was, how->plain, a, sizeof(a)), figure_ns(is, how->plain, b, sizeof(b)),
	    changes_effect(s, i) * 100, s->found[i].p);
	(void)fprintf(to, "    run %s, revision %.*s after %.*s\n", after->run, REVISION_SHOWN,
	    after->revision[0] ? after->revision : "unknown", REVISION_SHOWN,
	    before->revision[0] ? before->revision : "unknown");
	return history_print_facts_changed(to, h, before->run_id, after->run_id, "    ");
}

static int tell(void *context, struct history *h, const struct history_series *series,
    const struct changes_series *found, size_t first)
{
	const struct text_output *out = context;
	int rc = 0;

	if (!found) {
		(void)fprintf(out->to, "%s\n  left out: %s\n", series->name, history_error(h));
		return 0;
	}
	print_series_head(out->to, series, found, out->how);
	for (size_t i = first; i < found->count && !rc; i++)
		rc = print_change(out->to, h, found, i, out->how);
	return rc;
}

int changes_print(FILE *to, struct history *h, const struct history_filter *filter,
    const struct changes_options *how, struct changes_count *count)
{
	struct text_output out = {to, how};
	int rc = changes_walk(h, filter, how, tell, &out, count);

	if (rc)
		return rc;
	(void)fprintf(to, "%u change%s", count->changes, count->changes == 1 ? "" : "s");
	if (how->since)
		(void)fprintf(to, " since %s", how->since->name);
	(void)fprintf(to, " in %u series of %u points", count->series, count->points);
	if (count->smaller)
		(void)fprintf(to, ", %u smaller one%s left out", count->smaller,
		    count->smaller == 1 ? "" : "s");
	if (count->short_series)
		(void)fprintf(to, "; %u with fewer than %d points not searched",
		    count->short_series, CHANGES_POINTS_MIN);
	(void)fputc('\n', to);
	return fflush(to) || ferror(to) ? -EIO : changes_damaged(h, count);
}
