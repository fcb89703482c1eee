/* cmd_compare.c - `concbench compare`: two runs that are on the disk. */
#include "harness/cmd/cmd.h"
#include "harness/cmd/compare_options.h"
#include "harness/gate/compare.h"
#include "harness/machine/topology_draw.h"
#include "harness/run/result.h"

#include <errno.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

__attribute__((format(printf, 1, 2))) static int complain(const char *format, ...)
{
	va_list args;

	(void)fputs("concbench compare: ", stderr);
	va_start(args, format);
	(void)vfprintf(stderr, format, args);
	va_end(args);
	(void)fputc('\n', stderr);
	return EXIT_USAGE;
}

static int read_run(const struct compare_options *o, const char *ref, struct run *run)
{
	char path[PATH_MAX], err[PATH_MAX + 512] = "";
	int rc = result_resolve(o->results_dir, ref, path, sizeof(path));

	if (rc == -ENOENT)
		return complain("no run '%s', neither as a path nor in %s/", ref, o->results_dir);
	if (rc)
		return complain("%s: %s", ref, strerror(-rc));
	rc = result_read(path, run, err, sizeof(err));
	return rc ? complain("%s", err[0] ? err : strerror(-rc)) : 0;
}

static int write_files(const struct compare_options *o, const struct comparison *c)
{
	const struct {
		const char *path;
		int (*write)(const struct comparison *c, const char *path);
	} files[] = {
	    {o->markdown, comparison_markdown},
	    {o->json, comparison_json},
	    {o->junit, comparison_junit},
	};
	int status = 0;

	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
		const int rc = files[i].path ? files[i].write(c, files[i].path) : 0;

		if (rc)
			status = complain("%s: %s", files[i].path, strerror(-rc));
	}
	return status;
}

static void describe(struct comparison *c, const struct compare_options *o, const struct run *base,
    const struct run *head)
{
	const time_t now = time(NULL);
	struct tm utc;

	/* "latest" will be another run tomorrow. */
	(void)snprintf(c->base, sizeof(c->base), "%.110s (%.120s)", o->base, base->id);
	(void)snprintf(c->head, sizeof(c->head), "%.110s (%.120s)", o->head, head->id);
	if (gmtime_r(&now, &utc))
		(void)strftime(c->date, sizeof(c->date), "%Y-%m-%dT%H:%M:%SZ", &utc);
}

static int conclude(const struct compare_options *o, const struct comparison *c, bool refused)
{
	int status = 0, rc;

	if (refused) {
		for (size_t i = 0; i < c->difference_count; i++)
			(void)complain("%s", c->differences[i]);
		(void)complain("these runs are not comparable; --force compares them anyway");
	} else {
		rc = comparison_print(stdout, c, !topology_draw_is_utf8());
		if (rc || fflush(stdout) != 0)
			status = complain("stdout: %s", strerror(rc ? -rc : errno));
	}
	if (write_files(o, c))
		status = EXIT_USAGE;
	return status ? status : comparison_exit(c);
}

static int compare(const struct compare_options *o, const struct run *base, const struct run *head)
{
	struct comparison c = {0};
	struct case_filter filter;
	struct compare_rules rules = {
	    .filter = &filter, .min_effect = o->min_effect, .strict = o->strict, .force = o->force};
	size_t refusals = 0;
	char err[200];
	int status, rc;

	if (case_filter_compile(&filter, o->filter, err, sizeof(err)) != 0)
		return complain("--filter: %s", err);
	describe(&c, o, base, head);
	rc = compare_runs(base, head, &rules, &c, &refusals);
	if (rc)
		status = complain("%s", strerror(-rc));
	else if (!c.row_count)
		status = complain(o->filter ? "--filter: '%s' matches no case of the two runs"
					    : "the two runs have no case to compare%s",
		    o->filter ? o->filter : "");
	else
		status = conclude(o, &c, refusals && !o->force);
	case_filter_free(&filter);
	comparison_free(&c);
	return status;
}

int cmd_compare(int argc, char **argv)
{
	struct run base = {0}, head = {0};
	struct compare_options o;
	int status = compare_options_parse(argc, argv, &o);

	if (!status && o.help) {
		compare_options_help(stdout);
		return fflush(stdout) == 0 ? 0 : EXIT_USAGE;
	}
	if (!status)
		status = read_run(&o, o.base, &base);
	if (!status)
		status = read_run(&o, o.head, &head);
	if (!status)
		status = compare(&o, &base, &head);
	run_free(&head);
	run_free(&base);
	return status;
}
