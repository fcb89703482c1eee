/* cmd_history.c - `concbench history`: many runs in one database. */
#include "harness/history/changes.h"
#include "harness/history/export.h"
#include "harness/history/history.h"
#include "harness/history/history_print.h"

#include "harness/base/file.h"
#include "harness/cmd/cmd.h"
#include "harness/cmd/history_options.h"
#include "harness/machine/topology_draw.h"
#include "harness/run/result.h"

#include <errno.h>
#include <limits.h>
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* With --fail-on-change. */
#define EXIT_CHANGED 1

static int open_history(const struct history_options *a, enum history_mode mode, struct history **h)
{
	char note[768] = "", err[1024] = "";
	int rc = 0;

	/* The folder of the default is ours; one that somebody names may be mistyped. */
	if (mode == HISTORY_WRITE && !strcmp(a->db, HISTORY_DEFAULT))
		rc = file_make_dirs(HISTORY_DEFAULT_FOLDER);
	if (rc)
		return history_complain(HISTORY_DEFAULT_FOLDER "/: %s", strerror(-rc));
	rc = history_open(a->db, mode, a->wait_ms, h, note, sizeof(note), err, sizeof(err));
	if (rc == -ENOENT && mode == HISTORY_READ)
		return history_complain("%s (`concbench history add` makes one)", err);
	if (rc)
		return history_complain("%s", err);
	if (note[0])
		(void)history_complain("%s", note);
	return 0;
}

/* ---- add ---- */

/* Where it lies: to be freed; NULL, and a complaint, when there is none. */
static char *find_one(const struct history_options *a, const char *ref)
{
	char path[PATH_MAX], *copy = NULL;
	int rc = result_resolve(a->results, ref, path, sizeof(path));

	if (!rc && !(copy = strdup(path)))
		rc = -ENOMEM;
	if (rc == -ENOENT)
		(void)history_complain(
		    "no run '%s', neither as a path nor in %s/", ref, a->results);
	else if (rc)
		(void)history_complain("%s: %s", ref, strerror(-rc));
	return copy;
}

static int add_one(struct history *h, const struct run *run)
{
	size_t samples = 0;
	int rc;

	for (size_t i = 0; i < run->series_count; i++)
		samples += run->series[i].sample_count;
	rc = history_add(h, run);
	if (rc < 0)
		return history_complain("%s; %s was not added", history_error(h), run->id);
	if (rc > 0)
		rc = printf("%s: is in %s already, nothing to do\n", run->id, history_name(h));
	else
		rc = printf("%s: added to %s, %zu cases, %zu samples\n", run->id, history_name(h),
		    run->series_count, samples);
	return rc < 0 ? history_complain("standard output: %s", strerror(errno)) : 0;
}

static int do_add(const struct history_options *a)
{
	const size_t count = a->operand_count ? (size_t)a->operand_count : 1;
	struct history *h = NULL;
	int bad = 0, cannot = 0;

	/* One bad file of many is no reason to leave out the good ones. */
	for (size_t i = 0; i < count && !cannot; i++) {
		char *path = find_one(a, a->operand_count ? a->operands[i] : "latest");
		struct run run = {0};
		char err[512] = "";
		int rc = path ? result_read(path, &run, err, sizeof(err)) : -ENOENT;

		if (rc)
			rc = path ? history_complain("%s", err[0] ? err : strerror(-rc)) : rc;
		/* Not before there is something to put in: opening it makes it. */
		else if (!h)
			rc = cannot = open_history(a, HISTORY_WRITE, &h);
		bad |= rc ? EXIT_USAGE : add_one(h, &run);
		run_free(&run);
		free(path);
	}
	history_close(h);
	return bad;
}

/* ---- list, show, changes ---- */

static int said(struct history *h, int rc)
{
	if (!rc)
		return 0;
	return rc == -EIO && !history_error(h)[0]
		   ? history_complain("standard output: %s", strerror(EIO))
		   : history_complain("%s", history_error(h));
}

static int do_list(struct history *h, const struct history_options *a)
{
	struct history_runs runs = {0};
	int rc = history_list_runs(h, &a->filter, &runs);

	if (rc)
		return said(h, rc);
	rc = said(h, history_print_runs(stdout, &runs));
	history_runs_free(&runs);
	return rc;
}

static int show_cases(struct history *h, const struct history_options *a, const char *name)
{
	const struct history_filter filter = {.machine = a->filter.machine, .case_name = name};
	struct history_series_list list = {0};
	bool exact = false;
	int rc = history_list_series(h, &filter, &list);

	if (rc == -EINVAL)
		return history_complain(
		    "no run '%s', and no expression for cases: %s", name, history_error(h));
	if (rc)
		return said(h, rc);
	if (!list.count)
		rc = history_complain("%s: no run and no case '%s'; see `concbench history list`",
		    history_name(h), name);
	for (size_t i = 0; i < list.count; i++)
		exact = exact || !strcmp(list.items[i].name, name);
	for (size_t i = 0, shown = 0; i < list.count && !rc; i++) {
		if (exact && strcmp(list.items[i].name, name) != 0)
			continue;
		if (shown++)
			(void)putchar('\n');
		rc = said(h, history_print_series(stdout, h, &list.items[i], a->plain));
	}
	history_series_free(&list);
	return rc;
}

static int do_show(struct history *h, const struct history_options *a)
{
	const char *name = a->operand_count      ? a->operands[0]
			   : a->filter.case_name ? a->filter.case_name
						 : "latest";
	struct history_run run;
	int rc = history_find_run(h, name, a->filter.machine, &run);

	if (rc == -ENOENT)
		return show_cases(h, a, name);
	if (rc == -ENOTUNIQ)
		return history_complain(
		    "'%s' begins more than one run; see `concbench history list`", name);
	if (!rc)
		rc = history_print_run(stdout, h, &run, &a->filter, a->plain);
	return said(h, rc);
}

static int do_changes(struct history *h, const struct history_options *a)
{
	struct changes_options how = {.min_effect = a->min_effect, .plain = a->plain};
	struct changes_count count;
	struct history_run since;
	int rc;

	if (a->since) {
		rc = history_find_run(h, a->since, a->filter.machine, &since);
		if (rc == -ENOENT || rc == -ENOTUNIQ)
			return history_complain(
			    "--since: %s run '%s'; see `concbench history list`",
			    rc == -ENOENT ? "no" : "more than one", a->since);
		if (rc)
			return said(h, rc);
		how.since = &since;
	}
	rc = (a->json ? changes_json : changes_print)(stdout, h, &a->filter, &how, &count);
	if (rc)
		return said(h, rc);
	return a->fail_on_change && count.changes ? EXIT_CHANGED : 0;
}

/* ---- export ---- */

static int export_one_run(struct history *h, const struct history_options *a,
    enum export_format format, struct export_count *count, char *err, size_t err_len)
{
	const char *name = a->run ? a->run : "latest";
	struct history_run run;
	int rc = history_find_run(h, name, a->filter.machine, &run);

	if (rc == -ENOENT || rc == -ENOTUNIQ) {
		(void)snprintf(err, err_len, "%s: %s run '%s'", history_name(h),
		    rc == -ENOTUNIQ ? "more than one" : "no", name);
		return rc;
	}
	if (rc) {
		(void)snprintf(err, err_len, "%s", history_error(h));
		return rc;
	}
	return export_run(h, &run, &a->filter, format, a->out, count, err, err_len);
}

static int do_export(struct history *h, const struct history_options *a)
{
	char err[PATH_MAX + 256] = "";
	struct export_count count = {0};
	enum export_format format;
	int rc;

	if (!a->format || !a->out)
		return history_complain("export needs --format and --out; see --help");
	if (export_format_from_name(a->format, &format))
		return history_complain(
		    "--format: '%s' is not one of otava, github-action-benchmark, bencher "
		    "and compare.py",
		    a->format);
	if (format == EXPORT_OTAVA && !strcmp(a->out, "-"))
		return history_complain("--out: otava is a folder of files, and no output");
	if (format == EXPORT_OTAVA)
		rc = export_otava(h, &a->filter, a->out, &count, err, sizeof(err));
	else
		rc = export_one_run(h, a, format, &count, err, sizeof(err));
	if (rc)
		return history_complain("%s", err);
	if (count.left_out)
		(void)history_complain("left out %u: %s", count.left_out, count.why);
	/* Which has nothing but the export then. */
	if (!strcmp(a->out, "-"))
		return 0;
	if (printf("%s: %u written\n", a->out, count.cases) < 0 || fflush(stdout))
		return history_complain("standard output: %s", strerror(errno));
	return 0;
}

static const struct {
	const char *name;
	int (*run)(struct history *h, const struct history_options *a);
	int operands_max;
} actions[] = {
    {"list", do_list, 0},
    {"show", do_show, 1},
    {"changes", do_changes, 0},
    {"export", do_export, 0},
};

static int act(const char *name, const struct history_options *a)
{
	struct history *h;
	int rc;

	if (!strcmp(name, "add"))
		return do_add(a);
	for (size_t i = 0; i < sizeof(actions) / sizeof(actions[0]); i++) {
		if (strcmp(name, actions[i].name) != 0)
			continue;
		if (a->operand_count > actions[i].operands_max)
			return history_complain("%s: too many arguments; see --help", name);
		rc = open_history(a, HISTORY_READ, &h);
		if (rc)
			return rc;
		rc = actions[i].run(h, a);
		history_close(h);
		return rc;
	}
	return history_complain(
	    "'%s' is not one of add, list, show, changes and export; see --help", name);
}

int cmd_history(int argc, char **argv)
{
	struct history_options a;
	int rc;

	if (argc < 2)
		return history_complain("add, list, show, changes or export; see --help");
	rc = !strcmp(argv[1], "--help") ? -1 : history_options_parse(argc - 1, argv + 1, &a);
	if (rc < 0) {
		(void)fputs(history_help, stdout);
		return fflush(stdout) ? EXIT_USAGE : 0;
	}
	/* Only what is shown: numbers stay as the "C" locale has them. */
	(void)setlocale(LC_CTYPE, "");
	a.plain = a.plain || !topology_draw_is_utf8();
	return rc ? rc : act(argv[1], &a);
}
