/* cmd_history.c - `concbench history`: many runs in one database. */
#include "harness/history/changes.h"
#include "harness/history/export.h"
#include "harness/history/history.h"
#include "harness/history/history_print.h"

#include "harness/base/file.h"
#include "harness/cmd/cmd.h"
#include "harness/machine/topology_draw.h"
#include "harness/run/result.h"

#include <errno.h>
#include <limits.h>
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define HISTORY "history"
#define WAIT_DEFAULT_NS UINT64_C(10000000000)
#define WAIT_MAX_NS (86400 * UINT64_C(1000000000))

struct history_options {
	const char *db, *results, *out, *run, *since, *format;
	struct history_filter filter;
	double min_effect;
	uint64_t wait_ns;
	bool plain, json, fail_on_change;
	struct option_list operands;
};

/* With --fail-on-change. */
#define EXIT_CHANGED 1

static int open_history(const struct history_options *a, enum history_mode mode, struct history **h)
{
	char err[1024] = "";
	int rc = 0;

	/* The folder of the default is ours; one that somebody names may be mistyped. */
	if (mode == HISTORY_WRITE && !strcmp(a->db, HISTORY_DEFAULT))
		rc = file_make_dirs(HISTORY_DEFAULT_FOLDER);
	if (rc)
		return complain(HISTORY, HISTORY_DEFAULT_FOLDER "/: %s", strerror(-rc));
	rc = history_open(a->db, mode, (unsigned)(a->wait_ns / 1000000), h, err, sizeof(err));
	if (rc == -ENOENT && mode == HISTORY_READ)
		return complain(HISTORY, "%s (`concbench history add` makes one)", err);
	return rc ? complain(HISTORY, "%s", err) : 0;
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
		(void)complain(
		    HISTORY, "no run '%s', neither as a path nor in %s/", ref, a->results);
	else if (rc)
		(void)complain(HISTORY, "%s: %s", ref, strerror(-rc));
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
		return complain(HISTORY, "%s; %s was not added", history_error(h), run->id);
	if (rc > 0)
		rc = printf("%s: is in %s already, nothing to do\n", run->id, history_name(h));
	else
		rc = printf("%s: added to %s, %zu cases, %zu samples\n", run->id, history_name(h),
		    run->series_count, samples);
	return rc < 0 ? complain(HISTORY, "standard output: %s", strerror(errno)) : 0;
}

static int do_add(const struct history_options *a)
{
	const size_t count = a->operands.count ? a->operands.count : 1;
	struct history *h = NULL;
	int bad = 0, cannot = 0;

	/* One bad file of many is no reason to leave out the good ones. */
	for (size_t i = 0; i < count && !cannot; i++) {
		char *path = find_one(a, a->operands.count ? a->operands.item[i] : "latest");
		struct run run = {0};
		char err[512] = "";
		int rc = path ? result_read(path, &run, err, sizeof(err)) : -ENOENT;

		if (rc)
			rc = path ? complain(HISTORY, "%s", err[0] ? err : strerror(-rc)) : rc;
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
		   ? complain(HISTORY, "standard output: %s", strerror(EIO))
		   : complain(HISTORY, "%s", history_error(h));
}

static int do_list(struct history *h, const struct history_options *a)
{
	struct history_runs runs = {0};
	int rc = history_list_runs(h, &a->filter, &runs);

	if (rc)
		return said(h, rc);
	rc = said(h, history_print_runs(stdout, &runs));
	free(runs.items);
	return rc;
}

static int show_cases(struct history *h, const struct history_options *a, const char *name)
{
	const struct history_filter filter = {.machine = a->filter.machine, .case_name = name};
	struct history_series_list list = {0};
	bool exact = false;
	int rc = history_list_series(h, &filter, &list);

	if (rc == -EINVAL)
		return complain(HISTORY, "no run '%s', and no expression for cases: %s", name,
		    history_error(h));
	if (rc)
		return said(h, rc);
	if (!list.count)
		rc = complain(HISTORY, "%s: no run and no case '%s'; see `concbench history list`",
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
	free(list.items);
	return rc;
}

static int do_show(struct history *h, const struct history_options *a)
{
	const char *name = a->operands.count     ? a->operands.item[0]
			   : a->filter.case_name ? a->filter.case_name
						 : "latest";
	struct history_run run;
	int rc = history_find_run(h, name, a->filter.machine, &run);

	if (rc == -ENOENT)
		return show_cases(h, a, name);
	if (rc == -ENOTUNIQ)
		return complain(
		    HISTORY, "'%s' begins more than one run; see `concbench history list`", name);
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
			return complain(HISTORY,
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
	enum export_format format = EXPORT_OTAVA;
	int rc = export_format_from_name(a->format, &format);

	if (rc)
		return complain(HISTORY, "--format: %s", strerror(-rc));

	if (format == EXPORT_OTAVA && !strcmp(a->out, "-"))
		return complain(HISTORY, "--out: otava is a folder of files, and no output");
	if (format == EXPORT_OTAVA)
		rc = export_otava(h, &a->filter, a->out, &count, err, sizeof(err));
	else
		rc = export_one_run(h, a, format, &count, err, sizeof(err));
	if (rc)
		return complain(HISTORY, "%s", err);
	if (count.left_out)
		(void)complain(HISTORY, "left out %u: %s", count.left_out, count.why);
	/* Which has nothing but the export then. */
	if (!strcmp(a->out, "-"))
		return 0;
	if (printf("%s: %u written\n", a->out, count.cases) < 0 || fflush(stdout))
		return complain(HISTORY, "standard output: %s", strerror(errno));
	return 0;
}

/* ---- the command ---- */

/* Only what is shown: numbers stay as the "C" locale has them. */
static void look_at_terminal(struct history_options *a)
{
	(void)setlocale(LC_CTYPE, "");
	a->plain = a->plain || !topology_draw_is_utf8();
}

static int run_add(void *options)
{
	look_at_terminal(options);
	return do_add(options);
}

static int with_history(
    void *options, int (*act)(struct history *h, const struct history_options *a))
{
	struct history *h;
	int rc;

	look_at_terminal(options);
	rc = open_history(options, HISTORY_READ, &h);
	if (rc)
		return rc;
	rc = act(h, options);
	history_close(h);
	return rc;
}

static int run_list(void *options)
{
	return with_history(options, do_list);
}

static int run_show(void *options)
{
	return with_history(options, do_show);
}

static int run_changes(void *options)
{
	return with_history(options, do_changes);
}

static int run_export(void *options)
{
	return with_history(options, do_export);
}

static void defaults(void *options)
{
	*(struct history_options *)options = (struct history_options){.db = HISTORY_DEFAULT,
	    .results = "results",
	    .min_effect = 0.01,
	    .wait_ns = WAIT_DEFAULT_NS};
}

enum { ADD = 1, LIST = 2, SHOW = 4, CHANGES = 8, EXPORT = 16 };

#define READS (LIST | SHOW | CHANGES | EXPORT)
#define OPTIONS struct history_options
static const struct option_spec specs[] = {
    {NULL, "RUN", OPTION_LIST(operands), HELP_RUN " (default: latest)", .only = ADD},
    {NULL, "RUN|CASE", OPTION_LIST(operands),
	"a run case by case (an id, how one begins, or \"latest\"), or a case run by run (a "
	"regular "
	"expression)",
	.only = SHOW, .most = 1},
    {"db", "FILE|URL", OPTION_TEXT(db),
	"the database (default: " HISTORY_DEFAULT
	"); postgresql://... is one on a server, for a team "
	"with many machines"},
    {"results", "DIR", OPTION_TEXT(results), "where runs are (default: results)", .only = ADD},
    {"machine", "CLASS", OPTION_TEXT(filter.machine),
	"only runs of this class of machines, or of those that begin so", .only = READS},
    {"case", "REGEX", OPTION_TEXT(filter.case_name),
	"only cases that match; with a leading '-' those that do not", .only = READS},
    {"format", "FORMAT", OPTION_TEXT(format),
	"otava, github-action-benchmark, github-action-benchmark-bigger (what is better the more "
	"it "
	"is) or bencher",
	.words = export_format_names, .only = EXPORT, .required = true},
    {"out", "PATH", OPTION_TEXT(out),
	"the file to write (\"-\": standard output), of otava the folder", .only = EXPORT,
	.required = true},
    {"run", "RUN", OPTION_TEXT(run), "the run to export (default: the newest); of otava all are",
	.only = EXPORT},
    {"min-effect", "SHARE", OPTION_SHARE(min_effect), "leave out smaller changes (default: 1%)",
	.most = 1000, .only = CHANGES, .or_nothing = true},
    {"since", "RUN", OPTION_TEXT(since), "only changes at this run or after it", .only = CHANGES},
    {"json", NULL, OPTION_ON(json), "for programs", .only = CHANGES},
    {"fail-on-change", NULL, OPTION_ON(fail_on_change), "end with 1 when there is one",
	.only = CHANGES},
    {"wait", "TIME", OPTION_TIME(wait_ns), "how long to wait for another writer (default: 10s)",
	.most = WAIT_MAX_NS, .or_nothing = true},
    {"ascii", NULL, OPTION_ON(plain), "no characters beyond ASCII"},
    {0},
};
#undef OPTIONS

#define ACTION(name_, bit_, run_, what_)                                                         \
	static const struct command name_##_action = {.name = "history " #name_,                 \
	    .what = what_,                                                                       \
	    .status = "0 it was done; 2 it was not, and the database is as before; 1 only with " \
		      "--fail-on-change",                                                        \
	    .options = specs,                                                                    \
	    .bit = bit_,                                                                         \
	    .size = sizeof(struct history_options),                                              \
	    .defaults = defaults,                                                                \
	    .run = run_}

ACTION(add, ADD, run_add, "put runs in; one that is there already is left as it is");
ACTION(list, LIST, run_list, "the runs");
ACTION(show, SHOW, run_show, "a run case by case, or a case run by run");
ACTION(
    changes, CHANGES, run_changes, "from which run on a case's figures differ, and what else did");
ACTION(export, EXPORT, run_export, "write for other tools");

static const struct command *const actions[] = {
    &add_action, &list_action, &show_action, &changes_action, &export_action, NULL};

const struct command history_command = {
    .name = "history",
    .what = "keep the figures of many runs, and find what changed",
    .actions = actions,
};
