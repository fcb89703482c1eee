/* cmd_describe.c - `concbench list` and `concbench describe`: what can be measured, and what that
 * is. */
#include "harness/base/clock.h"
#include "harness/base/text.h"
#include "harness/cmd/cmd.h"
#include "harness/cmd/conclude.h"
#include "harness/cmd/selection.h"
#include "harness/machine/topology.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void print_models(const struct cb_kind *k)
{
	bool any = false;

	for (unsigned m = 0; m < CB_MODEL_COUNT; m++) {
		if (k->models & CB_CAN(m))
			(void)printf("%s%s", any ? ", " : "", cb_model_name((enum cb_model)m));
		any |= (k->models & CB_CAN(m)) != 0;
	}
	if ((k->models & CB_CAN_ALL) != CB_CAN_ALL)
		(void)printf("\n             not the others: %s", k->not_models);
	(void)putchar('\n');
}

/* The bounds as people type them. */
static void print_param(const struct kind *k, unsigned i)
{
	const struct cb_param *p = k->param[i];

	(void)printf("  %-14s %s; base %s", p->key, p->about, p->base);
	if (p->unit == CB_WORD) {
		(void)printf("; one of");
		for (const char *const *w = p->words; *w; w++)
			(void)printf(" %s", *w);
	} else if (p->unit != CB_PLACE) {
		(void)printf("; %" PRId64 " to %" PRId64, p->least, p->most);
	}
	(void)printf("%s\n", p->sparse ? "; not in names at its base value" : "");
}

static const char *const scales[] = {[CB_RATIO] = "a ratio: twice as much is twice as much",
    [CB_DIFFERENCE] = "a difference: may be 0 or below",
    [CB_SHARE] = "a share, 0 to 1",
    [CB_OUTCOME] = "an outcome: how a trial ended, the share of the first word"};
static const char *const better[] = {
    [CB_LESS] = "less is better", [CB_MORE] = "more is better", [CB_NEITHER] = "neither is better"};

static void describe_kind(const struct catalogue_here *here, const struct kind *k)
{
	const struct cb_kind *self = k->self;
	struct param_value base[CASE_PARAMS_MAX];
	struct bench_case *bc = malloc(sizeof(*bc));
	unsigned figures;
	const struct cb_figure *f = kind_figures(k, &figures);
	char err[200], window[TEXT_FORMAT_MAX];

	(void)printf("%s/%s - %s\n", k->family->name, k->name, self->about);
	(void)printf("question:    %s\n", k->family->question);
	(void)printf("operation:   %s%s\n", self->work->op,
	    self->flags & CB_REFERENCE ? " (a reference: drawn beside the others, never a winner)"
				       : "");
	for (unsigned i = 0; i < figures; i++)
		(void)printf("figure:      %s, %s%s%s; %s; %s\n", f[i].metric, f[i].title,
		    f[i].unit[0] ? ", in " : "", f[i].unit, scales[f[i].scale],
		    better[f[i].better]);
	if (self->work->latency_of)
		(void)printf("latency:     %s\n", self->work->latency_of);
	(void)printf("models:      ");
	print_models(self);
	(void)printf("checked:     %s\n",
	    self->work->check ? "after every window, by the workload's own accounts; a "
				"trial that does not add up gives no figure"
			      : "by the trial itself");
	for (unsigned i = 0; i < self->work->companion_count; i++)
		(void)printf(
		    "beside it:   %s, a process of its own\n", self->work->companions[i].role);
	(void)printf("source:      %s\n", self->source ? self->source : "concbench");
	if (k->module)
		(void)printf("loaded from: %s\n", k->module);
	(void)printf("parameters:\n");
	for (unsigned i = 0; i < k->param_count; i++)
		print_param(k, i);
	if (bc && case_base(k, &here->host, base, err, sizeof(err)) == 0 &&
	    case_build(k, &here->host, base, bc) == 0) {
		(void)printf("window:      %s%s\n",
		    bc->window_ns ? text_format_duration(bc->window_ns, window, sizeof(window))
				  : "none: a trial takes as long as it takes",
		    bc->window_ns ? " (of its base case; --slot-time sets another)" : "");
		(void)printf("base case:   concbench run '%s'\n", bc->name);
		if (bc->unsupported[0])
			(void)printf("             which cannot run here: %s\n", bc->unsupported);
	}
	free(bc);
}

static void describe_family(const struct catalogue_here *here, const struct cb_family *f)
{
	(void)printf("%s - %s\n%s\n\nkinds:\n", f->plural, f->title, f->question);
	for (size_t i = 0; i < here->registry.count; i++) {
		const struct kind *k = &here->registry.item[i];

		if (k->family == f && kind_listed(k))
			(void)printf("  %-24s %s\n", k->name, k->self->about);
	}
	(void)printf("\nparameters (concbench run %s --set KEY=V,V):\n", f->plural);
	for (unsigned i = 0; i < f->param_count; i++)
		(void)printf("  %-14s %s\n", f->params[i].key, f->params[i].about);
	(void)printf("\nconcbench describe %s/KIND tells more.\n", f->name);
}

static int describe(const struct catalogue_here *here, const char *name)
{
	const size_t family_len = strcspn(name, "/");
	const struct cb_family *f = registry_family(name, family_len);
	const char *slash = strchr(name, '/');
	const char *kind = slash ? slash + 1 : "";
	const struct kind *k = f && slash ? registry_find(&here->registry, f->name, strlen(f->name),
						kind, strcspn(kind, "/"))
					  : NULL;
	struct bench_case bc;
	char err[400];

	if (k && (!strchr(kind, '/') || case_parse(&here->registry, &here->host, name, &bc, NULL,
					    err, sizeof(err)) == 0)) {
		describe_kind(here, k);
		return 0;
	}
	if (f && !slash) {
		describe_family(here, f);
		return 0;
	}
	/* For the words about what there is. */
	(void)case_parse(&here->registry, &here->host, name, &bc, NULL, err, sizeof(err));
	return complain("describe", "%s", err);
}

static int list_kinds(const struct catalogue_here *here, const char *name)
{
	const struct cb_family *only = NULL, *last = NULL;

	if (name) {
		only = registry_family(name, strlen(name));
		if (!only)
			return describe(here, name);
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
	const char *filter;
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
			(void)printf("  (unsupported: %s)", bc->unsupported);
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
		return list_kinds(here, NULL);
	for (size_t i = 0; !ret && i < o->names.count; i++)
		ret = list_kinds(here, o->names.item[i]);
	return ret;
}

static int act_describe(const struct catalogue_here *here, const struct describe_options *o)
{
	int ret = 0;

	for (size_t i = 0; !ret && i < o->names.count; i++) {
		(void)fputs(i ? "\n" : "", stdout);
		ret = describe(here, o->names.item[i]);
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
	*(struct describe_options *)options = (struct describe_options){.profile = CB_QUICK};
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
	"of --cases: smoke, quick (default), full, check",
	.words = (const char *const[]){"smoke", "quick", "full", "check", NULL}, .only = LIST},
    {"set", "KEY=V[,V...]", OPTION_LIST(sets), HELP_SET, .only = LIST},
    {"filter", "REGEX", OPTION_TEXT(filter), HELP_FILTER, .only = LIST},
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
    .what = "what a kind is: what is timed, its parameters, its check, its source",
    .options = specs,
    .bit = DESCRIBE,
    .size = sizeof(struct describe_options),
    .defaults = defaults,
    .run = run_describe,
};
