#include "harness/history/history_print.h"
#include "harness/history/history_figure.h"
#include "harness/history/history_private.h"
#include "harness/history/sparkline.h"

#include "harness/base/text.h"
#include "harness/run/case_filter.h"
#include "harness/report/figure.h"
#include "harness/stats/scale.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Points of a case in the table of a run: its past, up to this run. */
#define PAST_SHOWN 24
/* "1a2b3c4d5e6f-modified" */
#define REVISION_WIDTH 21
#define VALUE_WIDTH 22

static const char *known(const char *revision)
{
	return *revision ? revision : "-";
}

static int finish(FILE *to)
{
	return fflush(to) || ferror(to) ? -EIO : 0;
}

/* printf's width counts bytes; this pads by what a terminal shows. */
static void print_padded(FILE *to, const char *text, unsigned width)
{
	unsigned shown = 0;

	for (const char *p = text; *p; p++)
		shown += ((unsigned char)*p & 0xc0) != 0x80;
	(void)fprintf(to, "%s%*s", text, shown < width ? (int)(width - shown) : 0, "");
}

/* "10.8 µs ±0.36 %", or @none; then what has changed since @before, NAN when that is not known. */
static void print_value(
    FILE *to, const struct history_point *p, const char *none, double before, bool plain)
{
	char value[HISTORY_TEXT_MAX], half[HISTORY_TEXT_MAX], both[2 * HISTORY_TEXT_MAX];
	const char *change = "";

	if (status_has_figure(p->status)) {
		(void)snprintf(both, sizeof(both), "%s %s",
		    figure_value(&p->figure, p->value.estimate, plain, value, sizeof(value)),
		    figure_plus_minus(
			&p->figure, &p->value, p->covered, plain, half, sizeof(half)));
		none = both;
		change = history_change(&p->figure,
		    history_effect(&p->figure, before, p->value.estimate), plain, value);
	}
	print_padded(to, none, VALUE_WIDTH);
	(void)fprintf(to, "  %8s", change);
}

/* The newest of them as a sparkline; what has no figure is a gap. */
static const char *draw(const struct history_points *points, bool newest_first, unsigned width,
    bool plain, char line[SPARKLINE_MAX])
{
	const size_t n = points->count < width ? points->count : width;
	double x[SPARKLINE_WIDTH];

	for (size_t i = 0; i < n; i++) {
		const struct history_point *p =
		    &points->items[newest_first ? n - 1 - i : points->count - n + i];

		x[i] = status_has_figure(p->status) ? p->value.estimate : NAN;
	}
	return sparkline_draw(x, n, width, plain, line, SPARKLINE_MAX);
}

/* "oversubscribed, noisy": one does not make the other untrue. */
static const char *status_of(const struct history_point *p, char buf[SERIES_STATUS_MAX])
{
	const struct run_figure *f = &p->figure;
	const bool noisy =
	    p->status == STATUS_OVERSUBSCRIBED && p->covered > 0 &&
	    scale_half_width(f->scale, f->worth, &p->value) * 100 > RUN_NOISY_HALF_WIDTH_PCT;

	(void)snprintf(buf, SERIES_STATUS_MAX, "%s%s%s", status_name(p->status), noisy ? ", " : "",
	    noisy ? status_name(STATUS_NOISY) : "");
	return buf;
}

/* ---- runs ---- */

static void print_classes(FILE *to, const struct history_runs *runs)
{
	for (size_t i = 0; i < runs->count; i++) {
		const struct history_run *run = &runs->items[i];
		size_t first = i;
		unsigned n = 0;

		for (size_t k = runs->count; k-- > 0;) {
			if (strcmp(runs->items[k].machine, run->machine) != 0)
				continue;
			n++;
			first = k;
		}
		if (first == i)
			(void)fprintf(to, "machine %s: %s, %u run%s\n", run->machine, run->title, n,
			    n == 1 ? "" : "s");
	}
}

int history_print_runs(FILE *to, const struct history_runs *runs)
{
	int width = 3;

	for (size_t i = 0; i < runs->count; i++)
		if (strlen(runs->items[i].name) > (size_t)width)
			width = (int)strlen(runs->items[i].name);
	(void)fprintf(to, "%-*s  %-20s  %-16s  %-*s  %-7s  %5s  %7s  %6s\n", width, "run", "date",
	    "machine", REVISION_WIDTH, "revision", "profile", "cases", "figures", "failed");
	for (size_t i = 0; i < runs->count; i++) {
		const struct history_run *r = &runs->items[i];

		(void)fprintf(to, "%-*s  %-20s  %-16s  %-*s  %-7s  %5u  %7u  %6u%s\n", width,
		    r->name, r->date, r->machine, REVISION_WIDTH, known(r->revision), r->profile,
		    r->cases, r->figures, r->failed, r->interrupted ? "  interrupted" : "");
	}
	print_classes(to, runs);
	return finish(to);
}

/* ---- a series ---- */

static void print_points(
    FILE *to, const struct history_series *series, const struct history_points *points, bool plain)
{
	char status[SERIES_STATUS_MAX];
	double before = NAN;

	(void)fprintf(to, "  %-20s  %-*s  %-*s  %8s  %8s  %-21s  %s\n", "date", REVISION_WIDTH,
	    "revision", VALUE_WIDTH, series->figure.title, "change", "launches", "status", "run");
	for (size_t i = 0; i < points->count; i++) {
		const struct history_point *p = &points->items[i];

		(void)fprintf(to, "  %-20s  %-*s  ", p->date, REVISION_WIDTH, known(p->revision));
		print_value(to, p, "-", before, plain);
		(void)fprintf(to, "  %8u  %-21s  %s\n", p->launches, status_of(p, status), p->run);
		if (status_has_figure(p->status))
			before = p->value.estimate;
	}
}

int history_print_series(
    FILE *to, struct history *h, const struct history_series *series, bool plain)
{
	struct history_points points = {0};
	char line[SPARKLINE_MAX], slot[TEXT_FORMAT_MAX];
	const int rc = history_trend(h, series, &points);

	if (rc)
		return rc;
	(void)fprintf(to, "%s\n  machine %s: %s\n  definition %s, %zu run%s", series->name,
	    series->machine, series->title, series->hash, points.count,
	    points.count == 1 ? "" : "s");
	if (series->slot_ns)
		(void)fprintf(to, ", trials of %s",
		    figure_ns((double)series->slot_ns, plain, slot, sizeof(slot)));
	(void)fprintf(to, "\n  %s\n", draw(&points, false, SPARKLINE_WIDTH, plain, line));
	print_points(to, series, &points, plain);
	free(points.items);
	return finish(to);
}

/* ---- a run ---- */

/* The last value before the first point, which is the newest; NAN: none of these has one. */
static double value_before(const struct history_points *points)
{
	for (size_t i = 1; i < points->count; i++)
		if (status_has_figure(points->items[i].status))
			return points->items[i].value.estimate;
	return NAN;
}

/* How much of a case's past is read: as much as is drawn, and enough to have a value to compare
 * with. */
static int read_past(struct history *h, int64_t case_id, const struct history_run *run,
    struct history_points *past, double *before)
{
	unsigned max = PAST_SHOWN + 1;
	int rc = history_past(h, case_id, run, max, past);

	if (!rc && past->count == max && isnan(value_before(past))) {
		free(past->items);
		past->items = NULL;
		rc = history_past(h, case_id, run, INT32_MAX, past);
	}
	*before = rc ? NAN : value_before(past);
	return rc;
}

static int print_case(FILE *to, struct history *h, const struct history_point *point,
    const struct history_run *run, bool plain)
{
	struct history_points past = {0};
	char line[SPARKLINE_MAX], label[HISTORY_LABEL_MAX];
	double before;
	const int rc = read_past(h, point->case_id, run, &past, &before);

	if (rc)
		return rc;
	(void)fputs("  ", to);
	print_value(to, point, status_name(point->status), before, plain);
	(void)fputs("  ", to);
	print_padded(to, draw(&past, true, PAST_SHOWN, plain, line), PAST_SHOWN);
	(void)fprintf(to, "  %s\n", history_label(point->name, &point->figure, label));
	free(past.items);
	return 0;
}

static int by_name(const void *a, const void *b)
{
	const struct history_point *x = a, *y = b;
	const int order = strcmp(x->name, y->name);

	return order ? order : (x->case_id > y->case_id) - (x->case_id < y->case_id);
}

int history_print_run(FILE *to, struct history *h, const struct history_run *run,
    const struct history_filter *filter, bool plain)
{
	struct history_points points = {0};
	char err[256] = "";
	struct case_filter f;
	unsigned shown = 0;
	int rc;

	if (case_filter_compile(&f, filter->case_name, err, sizeof(err)))
		return store_say(h->store, -EINVAL, "--case: %s", err);
	rc = history_figures(h, run->id, &points);
	if (rc)
		goto out;
	if (points.count)
		qsort(points.items, points.count, sizeof(*points.items), by_name);
	(void)fprintf(to, "%s\n  %s, profile %s, revision %s%s\n  machine %s: %s\n", run->name,
	    run->date, run->profile, *run->revision ? run->revision : "unknown",
	    run->interrupted ? ", interrupted" : "", run->machine, run->title);
	(void)fprintf(to, "  %-*s  %8s  %-*s  %s\n", VALUE_WIDTH, "figure", "change", PAST_SHOWN,
	    "until then", "case");
	for (size_t i = 0; i < points.count && !rc; i++) {
		if (!case_filter_matches(&f, points.items[i].name))
			continue;
		rc = print_case(to, h, &points.items[i], run, plain);
		shown++;
	}
	(void)fprintf(to, "%u case%s\n", shown, shown == 1 ? "" : "s");
	free(points.items);
out:
	case_filter_free(&f);
	return rc ? rc : finish(to);
}
