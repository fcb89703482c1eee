/* cmd_compare.c - `concbench compare`: two runs that are on the disk. */
#include "harness/cmd/cmd.h"
#include "harness/cmd/conclude.h"
#include "harness/compare/compare.h"

#include <stdio.h>
#include <string.h>

static const char command[] = "compare";

struct compare_options {
	const char *base, *head, *filter, *markdown, *junit, *results_dir;
	struct option_list json;
	double min_effect, must_see;
	bool strict, force;
};

static int conclude(const struct compare_options *o, const struct comparison *c, bool refused)
{
	const struct outputs outputs = {
	    .markdown = o->markdown, .json = o->json, .junit = o->junit, .quiet = refused};
	int status;

	if (refused) {
		for (size_t i = 0; i < c->difference_count; i++)
			(void)complain(command, "%s", c->differences[i]);
		(void)complain(
		    command, "these runs are not comparable; --force compares them anyway");
	}
	status = write_comparison(command, &outputs, c);
	return status ? status : comparison_exit(c);
}

static int compare(const struct compare_options *o, const struct run *base, const struct run *head)
{
	struct comparison c = {0};
	struct case_filter filter;
	struct compare_rules rules = {.filter = &filter,
	    .min_effect = o->min_effect,
	    .must_see = o->must_see,
	    .strict = o->strict,
	    .force = o->force};
	size_t refusals = 0;
	char err[200];
	int status, rc;

	if (case_filter_compile(&filter, o->filter, err, sizeof(err)) != 0)
		return complain(command, "--filter: %s", err);
	describe_stored_run(c.base, sizeof(c.base), o->base, base);
	describe_stored_run(c.head, sizeof(c.head), o->head, head);
	date_comparison(&c);
	rc = compare_runs(base, head, &rules, &c, &refusals);
	if (rc)
		status = complain(command, "%s", strerror(-rc));
	else if (!c.row_count)
		status = complain(command,
		    o->filter ? "--filter: '%s' matches no case of the two runs"
			      : "the two runs have no case to compare%s",
		    o->filter ? o->filter : "");
	else
		status = conclude(o, &c, refusals && !o->force);
	case_filter_free(&filter);
	comparison_free(&c);
	return status;
}

static int run(void *options)
{
	const struct compare_options *o = options;
	struct run base = {0}, head = {0};
	int status = read_stored_run(command, o->results_dir, o->base, &base);

	if (!status)
		status = read_stored_run(command, o->results_dir, o->head, &head);
	if (!status)
		status = compare(o, &base, &head);
	run_free(&head);
	run_free(&base);
	return status;
}

static void defaults(void *options)
{
	*(struct compare_options *)options =
	    (struct compare_options){.results_dir = "results", .min_effect = 0.01};
}

#define OPTIONS struct compare_options
static const struct option_spec specs[] = {
    {NULL, "BASE", OPTION_TEXT(base), "what to compare with", .required = true},
    {NULL, "HEAD", OPTION_TEXT(head), "what to judge", .required = true},
    {"filter", "REGEX", OPTION_TEXT(filter), HELP_FILTER},
    {"min-effect", "SHARE", OPTION_SHARE(min_effect), HELP_MIN_EFFECT, .most = 1000},
    {"must-see", "SHARE", OPTION_SHARE(must_see), HELP_MUST_SEE, .most = 1000},
    {"strict", NULL, OPTION_ON(strict), "exit 3 when a case is unsure or missing"},
    {"force", NULL, OPTION_ON(force), "compare what should not be compared; the output says so"},
    {"markdown", "FILE", OPTION_TEXT(markdown), "write a summary for a pull request"},
    {"json", "FILE", OPTION_LIST(json), "write everything for programs; may be given again"},
    {"junit", "FILE", OPTION_TEXT(junit), "write a test report for CI servers"},
    {"results", "DIR", OPTION_TEXT(results_dir), "where runs are looked for (default: results)"},
    {0},
};
#undef OPTIONS

const struct command compare_command = {
    .name = "compare",
    .what = "two stored runs, case by case",
    .about =
	"Two stored runs, case by case: same, slower, faster, unsure, incomparable, missing, "
	"failed. It is weaker evidence than concbench gate: the two were measured at different "
	"times, so drift of the machine counts as change. A run is " HELP_RUN ".",
    .status = "0 nothing is slower; 1 something is, and only that; 2 usage, a run that cannot be "
	      "read, a case that failed, or nothing was compared; 3 unsure or missing, with "
	      "--strict, or what --must-see asks for may have gone unseen; 4 the two are not "
	      "comparable, or a case is not",
    .options = specs,
    .size = sizeof(struct compare_options),
    .defaults = defaults,
    .run = run,
};
