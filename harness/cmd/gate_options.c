#include "harness/cmd/gate_options.h"

#include "harness/base/clock.h"
#include "harness/base/text.h"
#include "harness/cmd/cmd.h"
#include "harness/cmd/compare_options.h"
#include "harness/cmd/run_options.h"

#include <errno.h>
#include <getopt.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

/* A change that has to be larger than this before it matters is no benchmark's business. */
#define MIN_EFFECT_MAX 10.0

enum option_id {
	OPT_BASE = 256,
	OPT_HEAD,
	OPT_BASE_NAME,
	OPT_HEAD_NAME,
	OPT_PROFILE,
	OPT_FILTER,
	OPT_SET,
	OPT_LOAD,
	OPT_BASE_LOAD,
	OPT_HEAD_LOAD,
	OPT_BUDGET,
	OPT_TRIAL,
	OPT_MIN_EFFECT,
	OPT_STRICT,
	OPT_FORCE,
	OPT_MARKDOWN,
	OPT_JSON,
	OPT_JUNIT,
	OPT_TSV,
	OPT_LAUNCH_TIME,
	OPT_SLOT_TIME,
	OPT_CELL_TIMEOUT,
	OPT_SEED,
	OPT_RESULTS,
	OPT_NO_NOISE,
	OPT_QUIET,
	OPT_HELP,
};

struct flag {
	const char *name;
	enum option_id id;
	unsigned commands; /* enum gate_command, or-ed */
	const char *arg;   /* NULL: takes none */
	const char *help;
};

#define BOTH (GATE_COMMAND | NOISE_COMMAND)

static const struct flag flags[] = {
    {"base", OPT_BASE, GATE_COMMAND, "EXE|RUN",
	"what to compare with: a concbench, or a stored run (weaker: not interleaved)"},
    {"base", OPT_BASE, NOISE_COMMAND, "EXE", "the concbench to measure (default: this one)"},
    {"head", OPT_HEAD, GATE_COMMAND, "EXE", "the concbench to judge (default: this one)"},
    {"head", OPT_HEAD, NOISE_COMMAND, "EXE",
	"another one instead of base against itself: how often is it found?"},
    {"base-name", OPT_BASE_NAME, GATE_COMMAND, "TEXT", "what reports call base (default: EXE)"},
    {"head-name", OPT_HEAD_NAME, GATE_COMMAND, "TEXT", "what reports call head"},
    {"profile", OPT_PROFILE, BOTH, "NAME", "smoke, quick (default) or full: which cases"},
    {"filter", OPT_FILTER, BOTH, "REGEX",
	"only cases whose name matches; -REGEX: only those that do not"},
    {"set", OPT_SET, BOTH, "KEY=V[,V...]", "values of a parameter instead of the profile's"},
    {"load", OPT_LOAD, BOTH, "[PREFIX=]FILE", "kinds of a shared object, on both sides"},
    {"base-load", OPT_BASE_LOAD, GATE_COMMAND, "[PREFIX=]FILE", "on base's side only"},
    {"head-load", OPT_HEAD_LOAD, GATE_COMMAND, "[PREFIX=]FILE", "on head's side only"},
    {"time-budget", OPT_BUDGET, GATE_COMMAND, "TIME",
	"for all cases together, such as 60s (default: 5 s a case, or half more than a\n"
	"                           first look at each takes, whichever is longer; on top the A/A\n"
	"                           and the count of instructions); to confirm a change that was\n"
	"                           found late may take half as long again"},
    {"time-budget", OPT_BUDGET, NOISE_COMMAND, "TIME",
	"for all tries together (default: ten tries)"},
    {"trial-time", OPT_TRIAL, NOISE_COMMAND, "TIME", "time a case has in one try (default 5s)"},
    {"min-effect", OPT_MIN_EFFECT, BOTH, "PERCENT",
	"what lies within +-PERCENT is the same (default 1%); any other proven change\n"
	"                           is slower or faster when it is estimated at half of that or "
	"more"},
    {"strict", OPT_STRICT, GATE_COMMAND, NULL, "exit 3 when a case is unsure or missing"},
    {"force", OPT_FORCE, GATE_COMMAND, NULL,
	"compare builds of other compilers, flags or sanitizers too, marked, for when\n"
	"                           that is what is tried; show figures of cases that do something "
	"else\n"
	"                           in head, which stay incomparable (4)"},
    {"markdown", OPT_MARKDOWN, GATE_COMMAND, "FILE", "write a summary for a pull request"},
    {"json", OPT_JSON, GATE_COMMAND, "FILE",
	"write everything for programs; may be given again, for another file"},
    {"junit", OPT_JUNIT, GATE_COMMAND, "FILE", "write a test report for CI servers"},
    {"tsv", OPT_TSV, NOISE_COMMAND, "FILE", "write the table as tab-separated values"},
    {"launch-time", OPT_LAUNCH_TIME, BOTH, "TIME",
	"about how long a pair of launches takes turns (default 70ms)"},
    {"slot-time", OPT_SLOT_TIME, BOTH, "TIME",
	"length of a turn (default: 1ms, or a case's own over 3ms)"},
    {"cell-timeout", OPT_CELL_TIMEOUT, BOTH, "TIME",
	"when a silent case counts as hung (default: 20s while it starts, in a turn 5s\n"
	"                           to 20s, by how long one is and starting took)"},
    {"seed", OPT_SEED, BOTH, "N", "of order, layout and random numbers"},
    {"results", OPT_RESULTS, GATE_COMMAND, "DIR",
	"where --base RUN is looked for (default: results)"},
    {"no-noise", OPT_NO_NOISE, GATE_COMMAND, NULL, "skip the brief A/A before the gate"},
    {"quiet", OPT_QUIET, BOTH, NULL, "no progress and no table"},
    {"help", OPT_HELP, BOTH, NULL, "this text"},
};

#define FLAG_COUNT (sizeof(flags) / sizeof(flags[0]))

static const char *command_name(enum gate_command c)
{
	return c == GATE_COMMAND ? "gate" : "noise";
}

void gate_options_help(enum gate_command command, FILE *to)
{
	(void)fputs(
	    command == GATE_COMMAND
		? "usage: concbench gate --base EXE|RUN [--head EXE] [OPTION...]\n\n"
		  "Is head slower than base? Launches of both are alive together and take "
		  "turns, in random\nquartets, until every case has a verdict or the time is "
		  "up: same, slower, faster, unsure,\nincomparable, missing, failed.\n\n"
		: "usage: concbench noise [OPTION...]\n\n"
		  "What can a gate see on this machine? One program is gated against itself, "
		  "again and again:\nhow often a case is called slower or faster although "
		  "nothing has changed, and the smallest\nchange that would be found.\n\n",
	    to);
	for (size_t i = 0; i < FLAG_COUNT; i++) {
		char left[64];

		if (!(flags[i].commands & command))
			continue;
		(void)snprintf(left, sizeof(left), "--%s%s%s", flags[i].name,
		    flags[i].arg ? "=" : "", flags[i].arg ? flags[i].arg : "");
		(void)fprintf(to, "  %-24s %s\n", left, flags[i].help);
	}
	(void)fputs(
	    command == GATE_COMMAND
		? "\nexit status: 0 nothing is slower; 1 something is, and only that; 2 "
		  "usage, or a case failed, or\n             nothing was compared; 3 unsure "
		  "or missing, with --strict; 4 incomparable;\n             128 + the "
		  "signal's number after Ctrl-C or SIGTERM\n"
		: "\nexit status: 0 measured; 2 usage, or a case failed; 128 + the signal's "
		  "number after Ctrl-C\n",
	    to);
}

__attribute__((format(printf, 3, 4))) static int refuse(
    const struct gate_options *o, const char *flag, const char *format, ...)
{
	va_list args;

	(void)fprintf(stderr, "concbench %s: --%s: ", o->request.command, flag);
	va_start(args, format);
	(void)vfprintf(stderr, format, args);
	va_end(args);
	(void)fputc('\n', stderr);
	return EXIT_USAGE;
}

static int set_time(const struct gate_options *o, const char *flag, const char *text, uint64_t *out)
{
	uint64_t ns;

	if (text_parse_duration_ns(text, &ns) != 0 || ns == 0)
		return refuse(o, flag,
		    "'%s' is not a time; accepted: a number above 0 with ns, us, ms, s, m or h, "
		    "such "
		    "as 60s",
		    text);
	*out = ns;
	return 0;
}

static int add_load(struct gate_options *o, const struct flag *f, enum side side, const char *arg)
{
	struct request_loads *l = &o->request.loads[side];

	if (l->count == REQUEST_LOADS_MAX)
		return refuse(o, f->name, "%u files at most", REQUEST_LOADS_MAX);
	l->spec[l->count++] = arg;
	return 0;
}

static int add_json(struct gate_options *o, const char *path)
{
	for (size_t i = 0; i < JSON_OUTPUTS_MAX; i++) {
		if (!o->outputs.json[i]) {
			o->outputs.json[i] = path;
			return 0;
		}
	}
	return refuse(o, "json", "%u files at most", JSON_OUTPUTS_MAX);
}

static int set_one(const struct flag *f, const char *arg, struct gate_options *o)
{
	struct gate_request *r = &o->request;

	switch (f->id) {
	case OPT_BASE:
		o->base = arg;
		return 0;
	case OPT_HEAD:
		o->head = arg;
		return 0;
	case OPT_BASE_NAME:
		o->base_name = arg;
		return 0;
	case OPT_HEAD_NAME:
		o->head_name = arg;
		return 0;
	case OPT_PROFILE:
		if (profile_from_name(arg, &r->what.profile) != 0)
			return refuse(
			    o, f->name, "'%s' is not a profile; accepted: smoke, quick, full", arg);
		return 0;
	case OPT_FILTER:
		r->what.filter = arg;
		return 0;
	case OPT_SET:
		if (r->what.set_count == GATE_SETS_MAX)
			return refuse(o, f->name, "%u times at most", GATE_SETS_MAX);
		o->sets[r->what.set_count++] = arg;
		return 0;
	case OPT_LOAD:
		if (add_load(o, f, SIDE_BASE, arg))
			return EXIT_USAGE;
		return add_load(o, f, SIDE_HEAD, arg);
	case OPT_BASE_LOAD:
		return add_load(o, f, SIDE_BASE, arg);
	case OPT_HEAD_LOAD:
		return add_load(o, f, SIDE_HEAD, arg);
	case OPT_BUDGET:
		return set_time(o, f->name, arg, o->noise ? &o->tries_ns : &r->budget_ns);
	case OPT_TRIAL:
		return set_time(o, f->name, arg, &r->case_ns);
	case OPT_LAUNCH_TIME:
		o->launch_time = true;
		return set_time(o, f->name, arg, &r->launch_ns);
	case OPT_SLOT_TIME:
		return set_time(o, f->name, arg, &r->slot_ns);
	case OPT_CELL_TIMEOUT:
		/* Who says it says it for turns too, be it shorter or longer. */
		if (set_time(o, f->name, arg, &r->cell_timeout_ns))
			return EXIT_USAGE;
		r->turn_timeout_ns = r->cell_timeout_ns;
		return 0;
	case OPT_MIN_EFFECT:
		if (compare_options_share(arg, MIN_EFFECT_MAX, &r->min_effect) != 0)
			return refuse(o, f->name,
			    "'%s' is not a share above 0 %% and up to %.0f %%, such as 1%% or 0.01",
			    arg, 100 * MIN_EFFECT_MAX);
		return 0;
	case OPT_SEED:
		if (text_parse_u64(arg, 0, UINT64_MAX, &r->seed) != 0)
			return refuse(o, f->name, "'%s' is not a number from 0 to 2^64-1", arg);
		return 0;
	case OPT_STRICT:
		o->strict = true;
		return 0;
	case OPT_FORCE:
		o->force = o->request.force = true;
		return 0;
	case OPT_MARKDOWN:
		o->outputs.markdown = arg;
		return 0;
	case OPT_JSON:
		return add_json(o, arg);
	case OPT_JUNIT:
		o->outputs.junit = arg;
		return 0;
	case OPT_TSV:
		o->tsv = arg;
		return 0;
	case OPT_RESULTS:
		o->results_dir = arg;
		return 0;
	case OPT_NO_NOISE:
		o->no_noise = true;
		return 0;
	case OPT_QUIET:
		r->quiet = o->outputs.quiet = true;
		return 0;
	case OPT_HELP:
		o->help = true;
		return 0;
	}
	return EXIT_USAGE;
}

static void defaults(enum gate_command command, struct gate_options *o)
{
	memset(o, 0, sizeof(*o));
	o->results_dir = "results";
	o->noise = command == NOISE_COMMAND;
	o->request = (struct gate_request){
	    .command = command_name(command),
	    .what = {.profile = CB_QUICK},
	    .launch_ns = GATE_LAUNCH_NS,
	    .cell_timeout_ns = 20 * CLOCK_NS_PER_S,
	    .min_effect = 0.01,
	};
	if (getrandom(&o->request.seed, sizeof(o->request.seed), 0) !=
	    (ssize_t)sizeof(o->request.seed))
		o->request.seed = clock_now_ns();
	/* Short enough to type again. */
	o->request.seed %= 1000000;
}

int gate_options_parse(enum gate_command command, int argc, char **argv, struct gate_options *o)
{
	const struct flag *own[FLAG_COUNT];
	struct option longs[FLAG_COUNT + 1] = {{0}};
	int index = -1, at = 1, opt;
	size_t n = 0;

	defaults(command, o);
	for (size_t i = 0; i < FLAG_COUNT; i++) {
		if (!(flags[i].commands & command))
			continue;
		own[n] = &flags[i];
		longs[n++] = (struct option){flags[i].name,
		    flags[i].arg ? required_argument : no_argument, NULL, (int)flags[i].id};
	}
	opterr = 0;
	optind = 0; /* glibc: also forget where in a word an earlier parse stopped */
	while ((opt = getopt_long(argc, argv, "+:", longs, &index)) != -1) {
		if (opt == '?' || opt == ':') {
			(void)fprintf(stderr, "concbench %s: %s %s; see concbench %s --help\n",
			    o->request.command, argv[at],
			    opt == ':' ? "needs a value" : "is not an option that is accepted",
			    o->request.command);
			return EXIT_USAGE;
		}
		if (set_one(own[index], optarg, o))
			return EXIT_USAGE;
		at = optind;
	}
	o->request.what.sets = o->sets;
	o->request.what.names = (const char *const *)(argv + optind);
	o->request.what.name_count = (size_t)(argc - optind);
	if (command == GATE_COMMAND && !o->base && !o->help) {
		(void)fputs(
		    "concbench gate: --base is missing: a concbench program or a stored run\n",
		    stderr);
		return EXIT_USAGE;
	}
	return 0;
}
