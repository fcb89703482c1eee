#include "harness/cmd/compare_options.h"

#include "harness/base/text.h"
#include "harness/cmd/cmd.h"

#include <errno.h>
#include <float.h>
#include <getopt.h>
#include <stdarg.h>
#include <string.h>

enum option_id {
	OPT_FILTER = 256,
	OPT_MIN_EFFECT,
	OPT_STRICT,
	OPT_FORCE,
	OPT_MARKDOWN,
	OPT_JSON,
	OPT_JUNIT,
	OPT_RESULTS,
	OPT_HELP,
};

struct flag {
	const char *name;
	enum option_id id;
	const char *arg; /* NULL: takes none */
	const char *help;
};

static const struct flag flags[] = {
    {"filter", OPT_FILTER, "REGEX",
	"only cases whose name matches; -REGEX: only those that do not"},
    {"min-effect", OPT_MIN_EFFECT, "SHARE",
	"what lies within +-SHARE is the same (default 1%); any other proven change\n"
	"                         is slower or faster when it is estimated at half of that or "
	"more"},
    {"strict", OPT_STRICT, NULL, "exit 3 when a case is unsure or missing"},
    {"force", OPT_FORCE, NULL, "compare what should not be compared; the output says so"},
    {"markdown", OPT_MARKDOWN, "FILE", "write a summary for a pull request"},
    {"json", OPT_JSON, "FILE", "write everything for programs"},
    {"junit", OPT_JUNIT, "FILE", "write a test report for CI servers"},
    {"results", OPT_RESULTS, "DIR", "where runs are looked for (default: results)"},
    {"help", OPT_HELP, NULL, "this text"},
};

#define FLAG_COUNT (sizeof(flags) / sizeof(flags[0]))

void compare_options_help(FILE *to)
{
	(void)fputs(
	    "usage: concbench compare [OPTION...] BASE HEAD\n\n"
	    "Two stored runs, case by case: same, slower, faster, unsure, incomparable, missing,\n"
	    "failed. Weaker evidence than concbench gate: they were measured at different times, "
	    "so drift\nof the machine counts as change. A run is a run.json, a run's folder, an id "
	    "under the results\nfolder, or \"latest\".\n\n",
	    to);
	for (size_t i = 0; i < FLAG_COUNT; i++) {
		char left[64];

		(void)snprintf(left, sizeof(left), "--%s%s%s", flags[i].name,
		    flags[i].arg ? "=" : "", flags[i].arg ? flags[i].arg : "");
		(void)fprintf(to, "  %-22s %s\n", left, flags[i].help);
	}
	(void)fputs("\nexit status: 0 nothing is slower; 1 something is, and only that; 2 usage, a "
		    "run that cannot be\n             read, a case that failed, or nothing was "
		    "compared; 3 unsure or missing, with --strict;\n             4 the two are "
		    "not comparable, or a case is not\n",
	    to);
}

__attribute__((format(printf, 1, 2))) static int refuse(const char *format, ...)
{
	va_list args;

	(void)fputs("concbench compare: ", stderr);
	va_start(args, format);
	(void)vfprintf(stderr, format, args);
	va_end(args);
	(void)fputs("; see concbench compare --help\n", stderr);
	return EXIT_USAGE;
}

int compare_options_share(const char *text, double max, double *out)
{
	const size_t len = text ? strlen(text) : 0;
	const bool percent = len && text[len - 1] == '%';
	double share;
	int rc;

	rc = percent ? text_parse_percent(text, &share)
		     : text_parse_double(text, 0, DBL_MAX, &share);
	if (rc)
		return rc;
	if (!percent && share >= 1)
		return -EINVAL;
	if (!(share > 0) || share > max)
		return -ERANGE;
	*out = share;
	return 0;
}

static int set_one(const struct flag *f, const char *arg, struct compare_options *o)
{
	if (f->arg && !*arg)
		return refuse("--%s: it is empty", f->name);
	switch (f->id) {
	case OPT_FILTER:
		o->filter = arg;
		return 0;
	case OPT_MIN_EFFECT:
		if (compare_options_share(arg, 10, &o->min_effect))
			return refuse("--min-effect: '%s' is not a share above 0 %% and up to "
				      "1000 %%, such as 1%% or 0.01",
			    arg);
		return 0;
	case OPT_STRICT:
		o->strict = true;
		return 0;
	case OPT_FORCE:
		o->force = true;
		return 0;
	case OPT_MARKDOWN:
		o->markdown = arg;
		return 0;
	case OPT_JSON:
		o->json = arg;
		return 0;
	case OPT_JUNIT:
		o->junit = arg;
		return 0;
	case OPT_RESULTS:
		o->results_dir = arg;
		return 0;
	case OPT_HELP:
		o->help = true;
		return 0;
	}
	return EXIT_USAGE;
}

int compare_options_parse(int argc, char **argv, struct compare_options *o)
{
	struct option longs[FLAG_COUNT + 1] = {{0}};
	int index = -1, opt;

	*o = (struct compare_options){.results_dir = "results", .min_effect = 0.01};
	for (size_t i = 0; i < FLAG_COUNT; i++)
		longs[i] = (struct option){flags[i].name,
		    flags[i].arg ? required_argument : no_argument, NULL, (int)flags[i].id};
	opterr = 0;
	optind = 0; /* glibc: also forget where in a word an earlier parse stopped */
	while ((opt = getopt_long(argc, argv, ":", longs, &index)) != -1) {
		if (opt == ':')
			return refuse("%s needs a value", argv[optind - 1]);
		if (opt == '?')
			return refuse("%s is not an option that is accepted", argv[optind - 1]);
		if (set_one(&flags[index], optarg, o))
			return EXIT_USAGE;
	}
	if (o->help)
		return 0;
	if (argc - optind != 2)
		return refuse("two runs are compared, %d given", argc - optind);
	o->base = argv[optind];
	o->head = argv[optind + 1];
	return 0;
}
