/* cmd_report.c - `concbench report`: charts and page of a run that is on the disk. */
#include "harness/report/again.h"
#include "harness/report/report.h"
#include "harness/report/table.h"

#include "harness/cmd/cmd.h"

#include "harness/machine/topology_draw.h"
#include "harness/run/result.h"
#include "harness/run/run_folder.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define EXIT_INCOMPLETE 1

struct arguments {
	const char *results;
	const char *output;
	const char *run;
	bool commands;
	bool table;
	bool above_floor;
	struct report_options options;
};

#define fail(...) complain("report", __VA_ARGS__)

/* The folder a run file is in. */
static int folder_of(const char *path, char *dir, size_t len)
{
	const char *slash = strrchr(path, '/');
	const size_t n = slash ? (size_t)(slash - path) : 1;

	if (n >= len)
		return -ENAMETOOLONG;
	memcpy(dir, slash ? path : ".", n);
	dir[n] = '\0';
	if (!n)
		memcpy(dir, "/", 2);
	return 0;
}

/* One a line, in the order of the run. */
static int print_commands(const struct run *run)
{
	struct text_buffer b = {0};
	int ret = 0;

	for (size_t i = 0; i < run->series_count; i++) {
		again_command(&b, run, &run->series[i]);
		text_buffer_add(&b, "\n");
	}
	if (b.failed)
		ret = fail("out of memory");
	else if (fputs(text_buffer_str(&b), stdout) == EOF || fflush(stdout))
		ret = fail("standard output: %s", strerror(errno));
	text_buffer_free(&b);
	return ret;
}

static int print_table(const struct arguments *a, const struct run *run)
{
	const int rc = table_print_run(stdout, run, !topology_draw_is_utf8(), a->above_floor);

	if (rc == -ENOMEM)
		return fail("out of memory");
	return rc || fflush(stdout) ? fail("standard output: %s", strerror(errno)) : 0;
}

static int report(const struct arguments *a, const char *path)
{
	char err[512] = "", own_dir[PATH_MAX];
	struct run run = {0};
	int rc;

	rc = result_read(path, &run, err, sizeof(err));
	if (rc)
		return err[0] ? fail("%s", err) : fail("%s: %s", path, strerror(-rc));
	if (a->commands || a->table) {
		rc = a->commands ? print_commands(&run) : print_table(a, &run);
		run_free(&run);
		return rc;
	}
	rc = folder_of(path, own_dir, sizeof(own_dir));
	if (!rc)
		rc = report_write(
		    &run, a->output ? a->output : own_dir, &a->options, err, sizeof(err));
	run_free(&run);
	if (rc < 0)
		return fail("%s", err[0] ? err : strerror(-rc));
	if (rc)
		(void)fail("%s", err);
	if (printf("%s/report.html\n", a->output ? a->output : own_dir) < 0 || fflush(stdout))
		return fail("standard output: %s", strerror(errno));
	return rc ? EXIT_INCOMPLETE : 0;
}

static int run(void *options)
{
	const struct arguments *a = options;
	char path[PATH_MAX];
	int rc;

	if (a->commands && a->table)
		return fail("--commands and --table are two things: one at a time");
	if (a->above_floor && !a->table)
		return fail("--above-floor is of the table: give --table as well");
	rc = result_resolve(a->results, a->run, path, sizeof(path));

	if (rc == -ENOENT && run_folder_unfinished(a->results, a->run))
		return fail(
		    "%s was killed before it wrote its run file: concbench recover FOLDER", a->run);
	if (rc == -ENOENT)
		return fail("no run '%s', neither as a path nor in %s/", a->run, a->results);
	if (rc)
		return fail("%s: %s", a->run, strerror(-rc));
	return report(a, path);
}

static void defaults(void *options)
{
	*(struct arguments *)options = (struct arguments){.results = "results", .run = "latest"};
}

#define OPTIONS struct arguments
static const struct option_spec specs[] = {
    {NULL, "RUN", OPTION_TEXT(run), "the run (default: latest)"},
    {"results", "DIR", OPTION_TEXT(results), "where runs are (default: results)"},
    {"output", "DIR", OPTION_TEXT(output),
	"where report.html and charts/ go (default: the run's own folder)"},
    {"gnuplot", "PATH", OPTION_TEXT(options.gnuplot),
	"the gnuplot to draw with (default: gnuplot, looked for in PATH)"},
    {"no-charts", NULL, OPTION_ON(options.no_charts), "the page without charts"},
    {"commands", NULL, OPTION_ON(commands),
	"print the command that measures each row again, one a line; draw nothing"},
    {"table", NULL, OPTION_ON(table), "print the table of its figures; draw nothing"},
    {"above-floor", NULL, OPTION_ON(above_floor),
	"in that table, what is more than the loop and its check alone cost"},
    {0},
};
#undef OPTIONS

const struct command report_command = {
    .name = "report",
    .what = "draw the charts and the page of a stored run again",
    .about = "Draw the charts of a run and make its page, report.html: one file, to be opened from "
	     "the disk, mailed or kept. RUN is " HELP_RUN ".",
    .status = "0 all of it was made; 1 charts are missing from the page; 2 there is no page: bad "
	      "usage, a file that is not a run of concbench, or no room to write",
    .instead = "one run at a time",
    .options = specs,
    .size = sizeof(struct arguments),
    .defaults = defaults,
    .run = run,
};
