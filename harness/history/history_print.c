#include "harness/history/history_print.h"
#include "harness/history/history_private.h"
#include "harness/history/sparkline.h"

#include "harness/base/text.h"
#include "harness/run/case_filter.h"
#include "harness/report/figure.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define REVISION_SHOWN 12
/* Points of a case in the table of a run: its past, up to this run. */
#define PAST_SHOWN 24

static int finish(FILE *to)
{
	return fflush(to) || ferror(to) ? -EIO : 0;
}

/* "10.8 µs ±0.36 %", or the status. */
static void figure_text(const struct history_point *p, bool plain, char *buf, size_t len)
{
	char ns[TEXT_FORMAT_MAX], half[TEXT_FORMAT_MAX];

	if (!status_has_figure(p->status)) {
		(void)snprintf(buf, len, "%s", status_name(p->status));
		return;
	}
	(void)snprintf(buf, len, "%s %s", figure_ns(p->ns_per_op.estimate, plain, ns, sizeof(ns)),
	    figure_half_width(&p->ns_per_op, p->covered, plain, half, sizeof(half)));
}

/* printf's width counts bytes; this pads by what a terminal shows. */
static void print_padded(FILE *to, const char *text, unsigned width)
{
	unsigned shown = 0;

	for (const char *p = text; *p; p++)
		shown += ((unsigned char)*p & 0xc0) != 0x80;
	(void)fprintf(to, "%s%*s", text, shown < width ? (int)(width - shown) : 0, "");
}

static void change_text(double from, double to, char *buf, size_t len)
{
	if (from > 0 && to > 0)
		(void)snprintf(buf, len, "%+.1f %%", (to / from - 1) * 100);
	else
		(void)snprintf(buf, len, "%s", "");
}

static unsigned width_of_names(const struct history_runs *runs)
{
	size_t width = 3;

	for (size_t i = 0; i < runs->count; i++)
		if (strlen(runs->items[i].name) > width)
			width = strlen(runs->items[i].name);
	return (unsigned)width;
}

static void print_classes(FILE *to, const struct history_runs *runs)
{
	for (size_t i = 0; i < runs->count; i++) {
		const char *class = runs->items[i].machine;
		bool seen = false;
		unsigned n = 0;

		for (size_t k = 0; k < runs->count; k++) {
			const bool same = !strcmp(runs->items[k].machine, class);

			seen = seen || (same && k < i);
			n += same;
		}
		if (!seen)
			(void)fprintf(to, "machine %s: %s, %u run%s\n", class, runs->items[i].title,
			    n, n == 1 ? "" : "s");
	}
}

int history_print_runs(FILE *to, const struct history_runs *runs)
{
	const unsigned width = width_of_names(runs);

	(void)fprintf(to, "%-*s  %-20s  %-16s  %-12s  %-7s  %5s  %7s  %6s\n", (int)width, "run",
	    "date", "machine", "revision", "profile", "cases", "figures", "failed");
	for (size_t i = 0; i < runs->count; i++) {
		const struct history_run *r = &runs->items[i];

		(void)fprintf(to, "%-*s  %-20s  %-16s  %-12.*s  %-7s  %5u  %7u  %6u%s\n",
		    (int)width, r->name, r->date, r->machine, REVISION_SHOWN,
		    r->revision[0] ? r->revision : "-", r->profile, r->cases, r->figures, r->failed,
		    r->interrupted ? "  interrupted" : "");
	}
	print_classes(to, runs);
	return finish(to);
}

/* Values for a sparkline; what has no figure is NAN. NULL: no memory. */
static double *values_of(const struct history_points *points)
{
	double *x = calloc(points->count + 1, sizeof(*x));

	for (size_t i = 0; x && i < points->count; i++)
		x[i] = status_has_figure(points->items[i].status)
			   ? points->items[i].ns_per_op.estimate
			   : NAN;
	return x;
}

static void print_points(FILE *to, const struct history_points *points, bool plain)
{
	double before = 0;

	(void)fprintf(to, "  %-20s  %-12s  %-22s  %8s  %8s  %-14s  %s\n", "date", "revision",
	    "time per operation", "launches", "change", "status", "run");
	for (size_t i = 0; i < points->count; i++) {
		const struct history_point *p = &points->items[i];
		const bool figure = status_has_figure(p->status);
		char text[FIGURE_MAX * 2] = "-", change[TEXT_FORMAT_MAX] = "";

		if (figure) {
			figure_text(p, plain, text, sizeof(text));
			change_text(before, p->ns_per_op.estimate, change, sizeof(change));
			before = p->ns_per_op.estimate;
		}
		(void)fprintf(to, "  %-20s  %-12.*s  ", p->date, REVISION_SHOWN,
		    p->revision[0] ? p->revision : "-");
		print_padded(to, text, 22);
		(void)fprintf(to, "  %8u  %8s  %-14s  %s\n", p->launches, change,
		    status_name(p->status), p->run);
	}
}

int history_print_series(
    FILE *to, struct history *h, const struct history_series *series, bool plain)
{
	struct history_points points = {0};
	char line[SPARKLINE_MAX], slot[TEXT_FORMAT_MAX];
	double *x;
	int rc = history_trend(h, series, &points);

	if (rc)
		return rc;
	x = values_of(&points);
	if (!x) {
		history_points_free(&points);
		return -ENOMEM;
	}
	(void)fprintf(to, "%s\n  machine %s: %s\n  definition %s, %zu run%s", series->name,
	    series->machine, series->title, series->hash, points.count,
	    points.count == 1 ? "" : "s");
	if (series->slot_ns)
		(void)fprintf(to, ", trials of %s",
		    figure_ns((double)series->slot_ns, plain, slot, sizeof(slot)));
	(void)fputc('\n', to);
	(void)fprintf(to, "  %s\n",
	    sparkline_draw(x, points.count, SPARKLINE_WIDTH, plain, line, sizeof(line)));
	print_points(to, &points, plain);
	free(x);
	history_points_free(&points);
	return finish(to);
}

/* The last figure before the last point; 0: none of these has one. */
static double figure_before(const struct history_points *points)
{
	for (size_t i = points->count - 1; i > 0; i--)
		if (status_has_figure(points->items[i - 1].status))
			return points->items[i - 1].ns_per_op.estimate;
	return 0;
}

/* What is drawn of a case's past, and so much more that it has a figure to compare with. */
static int read_past(struct history *h, int64_t case_id, const struct history_run *run,
    struct history_points *past, double *before)
{
	int rc = history_past(h, case_id, run, PAST_SHOWN + 1, past);

	*before = !rc && past->count ? figure_before(past) : 0;
	if (rc || *before > 0 || past->count <= PAST_SHOWN)
		return rc;
	history_points_free(past);
	rc = history_past(h, case_id, run, INT32_MAX, past);
	*before = !rc && past->count ? figure_before(past) : 0;
	return rc;
}

static int print_case(FILE *to, struct history *h, const struct history_point *point,
    const struct history_run *run, bool plain)
{
	struct history_points past = {0};
	char line[SPARKLINE_MAX], text[FIGURE_MAX * 2], change[TEXT_FORMAT_MAX] = "";
	double before, *x;
	int rc = read_past(h, point->case_id, run, &past, &before);

	if (rc)
		return rc;
	x = values_of(&past);
	if (x) {
		figure_text(point, plain, text, sizeof(text));
		if (status_has_figure(point->status))
			change_text(before, point->ns_per_op.estimate, change, sizeof(change));
		(void)fputs("  ", to);
		print_padded(to, text, 22);
		(void)fprintf(to, "  %8s  ", change);
		print_padded(to,
		    sparkline_draw(x, past.count, PAST_SHOWN, plain, line, sizeof(line)),
		    PAST_SHOWN);
		(void)fprintf(to, "  %s\n", point->name);
	}
	history_points_free(&past);
	free(x);
	return x ? 0 : -ENOMEM;
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
		return history_fail(h, -EINVAL, "--case: %s", err);
	rc = history_figures(h, run->id, &points);
	if (rc)
		goto out;
	if (points.count)
		qsort(points.items, points.count, sizeof(*points.items), by_name);
	(void)fprintf(to, "%s\n  %s, profile %s, revision %s%s\n  machine %s: %s\n", run->name,
	    run->date, run->profile, run->revision[0] ? run->revision : "unknown",
	    run->interrupted ? ", interrupted" : "", run->machine, run->title);
	(void)fprintf(to, "  %-22s  %8s  %-*s  %s\n", "time per operation", "change", PAST_SHOWN,
	    "until then", "case");
	for (size_t i = 0; i < points.count && !rc; i++) {
		if (!case_filter_matches(&f, points.items[i].name))
			continue;
		rc = print_case(to, h, &points.items[i], run, plain);
		shown++;
	}
	(void)fprintf(to, "%u case%s\n", shown, shown == 1 ? "" : "s");
	history_points_free(&points);
out:
	case_filter_free(&f);
	return rc ? rc : finish(to);
}

/* What is never the same twice, and explains nothing that stays. */
static bool is_volatile(const char *key)
{
	static const char *const prefixes[] = {"load.", "memory.available", "cpu.mhz_now", "host."};

	for (size_t i = 0; i < sizeof(prefixes) / sizeof(prefixes[0]); i++)
		if (!strncmp(key, prefixes[i], strlen(prefixes[i])))
			return true;
	return false;
}

int history_facts_changed(struct history *h, int64_t before_run, int64_t after_run,
    history_fact_teller *tell, void *context)
{
	struct manifest before = {0}, after = {0};
	int rc = history_facts(h, before_run, &before);

	if (!rc)
		rc = history_facts(h, after_run, &after);
	for (size_t i = 0; i < after.count && !rc; i++) {
		const struct manifest_item *item = &after.items[i];
		const char *was = manifest_get(&before, item->key);

		if (!is_volatile(item->key) && (!was || strcmp(was, item->value) != 0))
			tell(context, item->key, was, item->value);
	}
	for (size_t i = 0; i < before.count && !rc; i++) {
		const struct manifest_item *item = &before.items[i];

		if (!is_volatile(item->key) && !manifest_get(&after, item->key))
			tell(context, item->key, item->value, NULL);
	}
	manifest_free(&before);
	manifest_free(&after);
	return rc;
}

struct fact_output {
	FILE *to;
	const char *indent;
};

static void print_fact(void *context, const char *key, const char *before, const char *after)
{
	const struct fact_output *out = context;

	(void)fprintf(out->to, "%s%s: %s -> %s\n", out->indent, key, before ? before : "(none)",
	    after ? after : "(none)");
}

int history_print_facts_changed(
    FILE *to, struct history *h, int64_t before_run, int64_t after_run, const char *indent)
{
	struct fact_output out = {to, indent};

	return history_facts_changed(h, before_run, after_run, print_fact, &out);
}
