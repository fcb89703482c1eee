/* cmd_describe.c - `concbench list` and `concbench describe`: what can be measured, and what that
 * is. */
#include "harness/cmd/cmd.h"
#include "harness/cmd/conclude.h"
#include "harness/cmd/describe.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What this class of machine is known to need. Return: 0; EXIT_USAGE after a line. */
static int read_windows(const char *command, const struct catalogue_here *here, const char *results,
    struct windows *out)
{
	char path[PATH_MAX], class[MACHINE_CLASS_LEN], err[200] = "";
	int ret = class_here(here->host.topology, class);

	(void)snprintf(path, sizeof(path), "%s/" WINDOWS_FILE, results);
	if (!ret)
		ret = windows_read(path, class, out, err, sizeof(err));
	return ret ? complain(command, "%s: %s", path, err[0] ? err : strerror(-ret)) : 0;
}

static int describe(
    const char *command, const struct catalogue_here *here, const char *name, const char *results)
{
	const size_t family_len = strcspn(name, "/");
	const struct cb_family *f = registry_family(name, family_len);
	const char *slash = strchr(name, '/');
	const char *kind = slash ? slash + 1 : "";
	const bool whole = strchr(kind, '/') != NULL;
	const struct kind *k = f && slash ? registry_find(&here->registry, f->name, strlen(f->name),
						kind, strcspn(kind, "/"))
					  : NULL;
	struct windows windows = {0};
	struct bench_case bc;
	char err[400];
	int ret;

	if (f && !slash) {
		describe_family(stdout, here, f, options_width());
		return 0;
	}
	/* Of what is not there for the words about what there is. */
	if (!k || whole)
		if (case_parse(&here->registry, &here->host, name, &bc, NULL, err, sizeof(err)) !=
		    0)
			return complain(command, "%s", err);
	ret = read_windows(command, here, results, &windows);
	if (!ret && describe_kind(stdout, here, k, &windows, whole ? &bc : NULL, options_width()))
		ret = complain(command, "out of memory");
	windows_free(&windows);
	return ret;
}

static int list_kinds(const struct catalogue_here *here, const char *name, const char *results)
{
	const struct cb_family *only = NULL, *last = NULL;

	if (name) {
		only = registry_family(name, strlen(name));
		if (!only)
			return describe("list", here, name, results);
	}
	for (size_t i = 0; i < here->registry.count; i++) {
		const struct kind *k = &here->registry.item[i];

		if (!kind_listed(k) || (only && k->family != only))
			continue;
		if (k->family != last)
			(void)printf("%s%s - %s\n", last ? "\n" : "", k->family->plural,
			    k->family->question);
		last = k->family;
		(void)printf("  %s/%-*s %s\n", k->family->name, 24 - (int)strlen(k->family->name),
		    k->name, k->self->about);
	}
	return 0;
}

/* ---- the commands ---- */

struct describe_options {
	struct option_list names, sets, loads;
	const char *filter, *results;
	unsigned profile;
	bool cases;
};

/* With the catalogue open. Return: the exit status. */
static int with_catalogue(const char *command, const struct describe_options *o,
    int (*act)(const struct catalogue_here *here, const struct describe_options *o))
{
	const struct selection what = {.loads = o->loads.item, .load_count = o->loads.count};
	struct topology *topo = NULL;
	struct catalogue_here here;
	char err[700];
	int ret;

	if (topology_discover(&topo, err, sizeof(err)) != 0)
		return complain(command, "%s", err);
	ret = catalogue_here_open(&here, topo, &what, err, sizeof(err));
	if (ret) {
		ret = complain(command, "%s", err);
	} else {
		ret = act(&here, o);
		catalogue_here_close(&here);
	}
	topology_free(topo);
	if (!ret && (fflush(stdout) != 0 || ferror(stdout)))
		ret = complain(command, "stdout: %s", strerror(errno));
	return ret;
}

static int list_cases(const struct catalogue_here *here, const struct describe_options *o)
{
	const struct selection what = {.profile = (enum cb_profile)o->profile,
	    .filter = o->filter,
	    .names = o->names.item,
	    .name_count = o->names.count,
	    .sets = o->sets.item,
	    .set_count = o->sets.count,
	    .load_count = o->loads.count};
	struct selected chosen;
	char err[600];

	if (selection_cases(here, &what, &chosen, err, sizeof(err)) != 0)
		return complain("list", "%s", err);
	for (size_t i = 0; i < chosen.cases.count; i++) {
		const struct bench_case *bc = &chosen.cases.item[i];

		(void)fputs(bc->name, stdout);
		if (bc->unsupported[0])
			(void)printf("  (%s: %s)", status_name(bc->status), bc->unsupported);
		(void)putchar('\n');
	}
	selected_free(&chosen);
	return 0;
}

static int act_list(const struct catalogue_here *here, const struct describe_options *o)
{
	int ret = 0;

	if (o->cases || o->sets.count || o->filter)
		return list_cases(here, o);
	if (!o->names.count)
		return list_kinds(here, NULL, o->results);
	for (size_t i = 0; !ret && i < o->names.count; i++)
		ret = list_kinds(here, o->names.item[i], o->results);
	return ret;
}

static int act_describe(const struct catalogue_here *here, const struct describe_options *o)
{
	int ret = 0;

	for (size_t i = 0; !ret && i < o->names.count; i++) {
		(void)fputs(i ? "\n" : "", stdout);
		ret = describe("describe", here, o->names.item[i], o->results);
	}
	return ret;
}

static int run_list(void *options)
{
	return with_catalogue("list", options, act_list);
}

static int run_describe(void *options)
{
	return with_catalogue("describe", options, act_describe);
}

static void defaults(void *options)
{
	*(struct describe_options *)options =
	    (struct describe_options){.profile = CB_QUICK, .results = "results"};
}

enum { LIST = 1, DESCRIBE = 2 };

#define OPTIONS struct describe_options
static const struct option_spec specs[] = {
    {NULL, "NAME", OPTION_LIST(names), "families (locks) or kinds (default: all)", .only = LIST},
    {NULL, "NAME", OPTION_LIST(names), "families (locks), kinds (lock/ck_mcs) or cases",
	.only = DESCRIBE, .required = true},
    {"load", "FILE", OPTION_LIST(loads), HELP_LOAD},
    {"cases", NULL, OPTION_ON(cases), "the cases of the profile instead of the kinds",
	.only = LIST},
    {"profile", "PROFILE", OPTION_CHOICE(profile),
	"for --cases: smoke, quick (default), full, check",
	.words = (const char *const[]){"smoke", "quick", "full", "check", NULL}, .only = LIST},
    {"set", "KEY=V[,V...]", OPTION_LIST(sets), HELP_SET, .only = LIST},
    {"filter", "REGEX", OPTION_TEXT(filter), HELP_FILTER, .only = LIST},
    {"results", "DIR", OPTION_TEXT(results),
	"where the runs are that found out about windows (default: results)", .only = DESCRIBE},
    {0},
};
#undef OPTIONS

const struct command list_command = {
    .name = "list",
    .what = "what can be measured: kinds with a line each, or cases",
    .examples = "concbench list locks\nconcbench list --cases lock/ck_mcs --set workers=1..16",
    .options = specs,
    .bit = LIST,
    .size = sizeof(struct describe_options),
    .defaults = defaults,
    .run = run_list,
};

const struct command describe_command = {
    .name = "describe",
    .what = "what a kind is: what is timed and checked, what it can do, its parameters and windows",
    .options = specs,
    .bit = DESCRIBE,
    .size = sizeof(struct describe_options),
    .defaults = defaults,
    .run = run_describe,
};
