/* cmd_compare.c - `concbench compare`: two runs that are on the disk. */
#include "harness/cmd/cmd.h"
#include "harness/cmd/compare_options.h"
#include "harness/cmd/conclude.h"
#include "harness/compare/compare.h"

#include <stdio.h>
#include <string.h>

static const char command[] = "compare";

static int conclude(const struct compare_options *o, const struct comparison *c, bool refused)
{
	const struct outputs outputs = {
	    .markdown = o->markdown, .json = {o->json}, .junit = o->junit, .quiet = refused};
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
	struct compare_rules rules = {
	    .filter = &filter, .min_effect = o->min_effect, .strict = o->strict, .force = o->force};
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
		status = read_stored_run(command, o.results_dir, o.base, &base);
	if (!status)
		status = read_stored_run(command, o.results_dir, o.head, &head);
	if (!status)
		status = compare(&o, &base, &head);
	run_free(&head);
	run_free(&base);
	return status;
}
