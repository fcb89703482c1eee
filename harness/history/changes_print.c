#include "harness/history/changes.h"
#include "harness/history/history_figure.h"
#include "harness/report/figure.h"
#include "harness/history/history_print.h"
#include "harness/history/sparkline.h"

#include <errno.h>

struct text_output {
	FILE *to;
	const struct changes_options *how;
};

static void print_fact(void *to, const char *key, const char *before, const char *after)
{
	(void)fprintf(
	    to, "    %s: %s -> %s\n", key, before ? before : "(none)", after ? after : "(none)");
}

static int print_change(FILE *to, struct history *h, const struct changes_series *s, size_t i,
    const struct changes_options *how)
{
	const struct history_point *after = s->points[s->found[i].index];
	const struct history_point *before = s->points[s->found[i].index - 1];
	const double effect = changes_effect(s, i);
	char a[HISTORY_TEXT_MAX], b[HISTORY_TEXT_MAX], change[HISTORY_TEXT_MAX];

	(void)fprintf(to, "  from %s on: %s -> %s, %s, %s (p <= %.2g)\n", after->date,
	    figure_value(&s->figure, changes_level(s, i), how->plain, a, sizeof(a)),
	    figure_value(&s->figure, changes_level(s, i + 1), how->plain, b, sizeof(b)),
	    history_change(&s->figure, effect, how->plain, change),
	    history_direction(&s->figure, effect), s->found[i].p);
	(void)fprintf(to, "    run %s, revision %s after %s\n", after->run,
	    after->revision[0] ? after->revision : "unknown",
	    before->revision[0] ? before->revision : "unknown");
	return history_facts_changed(h, before->run_id, after->run_id, print_fact, to);
}

static int tell(void *context, struct history *h, const struct history_series *series,
    const struct changes_series *found, size_t first)
{
	const struct text_output *out = context;
	char line[SPARKLINE_MAX], label[HISTORY_LABEL_MAX];
	int rc = 0;

	(void)fprintf(out->to, "%s\n", history_label(series->name, &series->figure, label));
	if (!found) {
		(void)fprintf(out->to, "  left out: %s\n", history_error(h));
		return 0;
	}
	(void)fprintf(out->to, "  machine %s: %s\n  %s\n", series->machine, series->title,
	    sparkline_draw(
		found->x, found->n, SPARKLINE_WIDTH, out->how->plain, line, sizeof(line)));
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
