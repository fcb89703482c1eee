/* cmd_report.c - `concbench report`: charts and page of a run that is on the disk. */
#include "harness/report/report.h"

#include "harness/run/result.h"
#include "harness/run/run_folder.h"

#include <errno.h>
#include <getopt.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define EXIT_INCOMPLETE 1
#define EXIT_USAGE 2

int cmd_report(int argc, char **argv);

static const char help[] =
    "Usage: concbench report [OPTION]... [RUN]\n"
    "\n"
    "Draw the charts of a run and make its page, report.html: one file, to be opened from the\n"
    "disk, mailed or kept. RUN is a run.json, a run's folder, an id under the results folder, or\n"
    "\"latest\", which it is when left out.\n"
    "\n"
    "  --results DIR    where runs are (default: results)\n"
    "  --output DIR     where report.html and charts/ go (default: the run's own folder)\n"
    "  --gnuplot PATH   the gnuplot to draw with (default: gnuplot, looked for in PATH)\n"
    "  --no-charts      the page without charts\n"
    "  --help           show this\n"
    "\n"
    "Exit status: 0 when all of it was made, 1 when charts are missing from the page, 2 when "
    "there\n"
    "is no page: bad usage, a file that is not a run of concbench, or no room to write.\n";

struct arguments {
	const char *results;
	const char *output;
	const char *run;
	struct report_options options;
};

enum { OPT_HELP = 256, OPT_RESULTS, OPT_OUTPUT, OPT_GNUPLOT, OPT_NO_CHARTS };

static const struct option options[] = {
    {"help", no_argument, NULL, OPT_HELP},
    {"results", required_argument, NULL, OPT_RESULTS},
    {"output", required_argument, NULL, OPT_OUTPUT},
    {"gnuplot", required_argument, NULL, OPT_GNUPLOT},
    {"no-charts", no_argument, NULL, OPT_NO_CHARTS},
    {NULL, 0, NULL, 0},
};

__attribute__((format(printf, 1, 2))) static int fail(const char *format, ...)
{
	va_list ap;

	fputs("concbench report: ", stderr);
	va_start(ap, format);
	vfprintf(stderr, format, ap);
	va_end(ap);
	fputc('\n', stderr);
	return EXIT_USAGE;
}

/* Return: 0 to go on; -1 after --help; EXIT_USAGE. */
static int parse(int argc, char **argv, struct arguments *a)
{
	int c;

	opterr = 0;
	optind = 1;
	while ((c = getopt_long(argc, argv, ":", options, NULL)) != -1) {
		switch (c) {
		case OPT_HELP:
			return -1;
		case OPT_RESULTS:
			a->results = optarg;
			break;
		case OPT_OUTPUT:
			a->output = optarg;
			break;
		case OPT_GNUPLOT:
			a->options.gnuplot = optarg;
			break;
		case OPT_NO_CHARTS:
			a->options.no_charts = true;
			break;
		case ':':
			return fail("%s needs an argument; see --help", argv[optind - 1]);
		default:
			return fail("unknown or malformed option %s; see --help", argv[optind - 1]);
		}
	}
	if (argc - optind > 1)
		return fail("one run at a time; see --help");
	if (optind < argc)
		a->run = argv[optind];
	if (!*a->results || (a->output && !*a->output) ||
	    (a->options.gnuplot && !*a->options.gnuplot))
		return fail("an empty path; see --help");
	return 0;
}

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

static int report(const struct arguments *a, const char *path)
{
	char err[512] = "", own_dir[PATH_MAX];
	struct run run = {0};
	int rc;

	rc = result_read(path, &run, err, sizeof(err));
	if (rc)
		return err[0] ? fail("%s", err) : fail("%s: %s", path, strerror(-rc));
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

int cmd_report(int argc, char **argv)
{
	struct arguments a = {.results = "results", .run = "latest"};
	char path[PATH_MAX];
	int rc = parse(argc, argv, &a);

	if (rc < 0) {
		fputs(help, stdout);
		return 0;
	}
	if (rc)
		return rc;
	rc = result_resolve(a.results, a.run, path, sizeof(path));
	if (rc == -ENOENT && run_folder_unfinished(a.results, a.run))
		return fail(
		    "%s was killed before it wrote its run file: concbench recover FOLDER", a.run);
	if (rc == -ENOENT)
		return fail("no run '%s', neither as a path nor in %s/", a.run, a.results);
	if (rc)
		return fail("%s: %s", a.run, strerror(-rc));
	return report(&a, path);
}
