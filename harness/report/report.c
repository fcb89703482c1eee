#include "harness/report/report.h"

#include "harness/base/clock.h"
#include "harness/base/file.h"
#include "harness/base/interrupt.h"
#include "harness/report/chart.h"
#include "harness/report/html.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

#define CHARTS_NOT_DRAWN 1

/* The biggest chart takes a tenth of a second; a gnuplot that waits for something never ends. */
#define CHART_BOUND_NS (30 * CLOCK_NS_PER_S)

/* Draws what can be drawn. Return: 0; CHARTS_NOT_DRAWN with @err and @note; -errno with @err. */
static int draw_all(struct chart_set *set, const char *out_dir,
    const struct report_options *options, char *note, size_t note_len, char *err, size_t err_len)
{
	const char *gnuplot = options->gnuplot ? options->gnuplot : "gnuplot";
	char dir[PATH_MAX], scripts[PATH_MAX];
	size_t failed = 0;
	int rc;

	if (!set->count)
		return 0;
	if ((size_t)snprintf(dir, sizeof(dir), "%s/charts", out_dir) >= sizeof(dir))
		return -ENAMETOOLONG;
	rc = file_make_dirs(dir);
	if (rc) {
		snprintf(err, err_len, "%s: %s", dir, strerror(-rc));
		return rc;
	}
	if (options->scripts && strlen(options->scripts) < sizeof(scripts)) {
		memcpy(scripts, options->scripts, strlen(options->scripts) + 1);
	} else if (chart_find_scripts(scripts, sizeof(scripts))) {
		snprintf(err, err_len,
		    "no charts: the gnuplot scripts are not installed; set "
		    "CONCBENCH_DATADIR to their folder (scripts/plots)");
		snprintf(
		    note, note_len, "There are no charts: the gnuplot scripts were not found.");
		return CHARTS_NOT_DRAWN;
	}
	for (size_t i = 0; i < set->count; i++) {
		rc = interrupt_pending()
			 ? -EINTR
			 : chart_draw(&set->items[i], dir, scripts, gnuplot, CHART_BOUND_NS);
		/* Whoever stops it does not want to wait, nor for the next one that hangs. */
		if (rc == -EINTR || rc == -ETIMEDOUT) {
			if (rc == -EINTR)
				snprintf(err, err_len,
				    "interrupted; `concbench report` draws what is missing");
			else
				snprintf(err, err_len, "chart %s: %s; the rest is left out",
				    set->items[i].id, set->items[i].problem);
			snprintf(note, note_len,
			    "Charts are missing: drawing them was interrupted. "
			    "Run concbench report again.");
			for (; i < set->count; i++)
				(void)chart_write_tsv(&set->items[i], dir);
			return CHARTS_NOT_DRAWN;
		}
		if (rc == -ENOENT && !set->items[i].svg && i == 0) {
			snprintf(err, err_len,
			    "no charts: %s: not found; install gnuplot (Debian and Ubuntu: apt "
			    "install gnuplot-nox) or use --no-charts",
			    gnuplot);
			snprintf(note, note_len,
			    "There are no charts: gnuplot was not found when this page was made. "
			    "Install gnuplot-nox and run concbench report again.");
			for (; i < set->count; i++)
				(void)chart_write_tsv(&set->items[i], dir);
			return CHARTS_NOT_DRAWN;
		}
		if (rc && !failed++)
			snprintf(
			    err, err_len, "chart %s: %s", set->items[i].id, set->items[i].problem);
	}
	if (failed > 1) {
		const size_t used = strlen(err);

		snprintf(err + used, err_len - used, " (and %zu more)", failed - 1);
	}
	return failed ? CHARTS_NOT_DRAWN : 0;
}

static int write_page(const struct html_page *page, const char *out_dir, char *err, size_t err_len)
{
	struct text_buffer html = {0};
	char path[PATH_MAX];
	int rc = html_write_page(page, &html);

	if (!rc && (size_t)snprintf(path, sizeof(path), "%s/report.html", out_dir) >= sizeof(path))
		rc = -ENAMETOOLONG;
	if (!rc) {
		rc = file_write_whole(path, html.data, html.len);
		if (rc)
			snprintf(err, err_len, "%s: %s", path, strerror(-rc));
	}
	text_buffer_free(&html);
	return rc;
}

int report_write(const struct run *run, const char *out_dir, const struct report_options *options,
    char *err, size_t err_len)
{
	static const struct report_options defaults = {0};
	struct case_groups groups = {0};
	struct chart_set charts = {0};
	char note[160] = "";
	int drawn = 0, rc;

	if (!options)
		options = &defaults;
	if (err_len)
		err[0] = '\0';
	rc = file_make_dirs(out_dir);
	if (rc) {
		snprintf(err, err_len, "%s: %s", out_dir, strerror(-rc));
		return rc;
	}
	rc = case_groups_build(run, &groups);
	if (!rc && !options->no_charts)
		rc = chart_set_build(&groups, &charts);
	if (!rc && !options->no_charts) {
		drawn = draw_all(&charts, out_dir, options, note, sizeof(note), err, err_len);
		rc = drawn < 0 ? drawn : 0;
	}
	if (!rc) {
		const struct html_page page = {
		    .run = run, .groups = &groups, .charts = &charts, .charts_note = note};

		rc = write_page(&page, out_dir, err, err_len);
	}
	if (rc && err_len && !err[0])
		snprintf(err, err_len, "%s", strerror(-rc));
	chart_set_free(&charts);
	case_groups_free(&groups);
	return rc ? rc : drawn;
}
