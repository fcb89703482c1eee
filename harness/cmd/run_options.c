#include "harness/cmd/run_options.h"

#include "harness/base/clock.h"
#include "harness/base/text.h"
#include "harness/cmd/cmd.h"
#include "harness/cmd/compare_options.h"

#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/random.h>
#include <unistd.h>

/* What a profile stands for; each may be overruled by its own flag. */
struct profile_defaults {
	const char *name;
	uint64_t budget_ns;
	unsigned rounds;
	unsigned slots;
};

/* Rounds are an upper bound: a case that is precise ends sooner, though not before its tenth launch
 * (compare.py's U test wants nine repetitions). The budget ends quick's. */
static const struct profile_defaults profiles[] = {
    [CB_SMOKE] = {"smoke", 15 * CLOCK_NS_PER_S, 2, 2},
    [CB_QUICK] = {"quick", 150 * CLOCK_NS_PER_S, 40, 6},
    [CB_FULL] = {"full", 3600 * CLOCK_NS_PER_S, 200, 11},
};

enum option_id {
	OPT_PROFILE = 256,
	OPT_FILTER,
	OPT_LIST,
	OPT_SEED,
	OPT_BUDGET,
	OPT_ROUNDS,
	OPT_PRECISION,
	OPT_SLOTS,
	OPT_SLOT_TIME,
	OPT_SET,
	OPT_LOAD,
	OPT_RESULTS,
	OPT_CELL_TIMEOUT,
	OPT_IN_PROCESS,
	OPT_AA,
	OPT_NO_COUNTERS,
	OPT_NO_CHARTS,
	OPT_QUIET,
	OPT_HELP,
	OPT_REPETITIONS,
	OPT_FORMAT,
	OPT_OUT,
	OPT_OUT_FORMAT,
	OPT_CONTEXT,
	OPT_LIST_BOOL,
	OPT_TIME_UNIT,
	OPT_GBENCH, /* handed to Google Benchmark as it is; means something in process only */
};

struct flag {
	const char *name;
	enum option_id id;
	int has_arg;
	const char *arg;
	const char *help; /* NULL: not listed */
};

static const struct flag flags[] = {
    {"profile", OPT_PROFILE, required_argument, "NAME",
	"smoke (under 20 s), quick (under 3 min; default) or full (an hour)"},
    {"filter", OPT_FILTER, required_argument, "REGEX",
	"only cases whose name matches; -REGEX: only those that do not"},
    {"list", OPT_LIST, no_argument, NULL,
	"list the cases and why some cannot run; measure nothing"},
    {"set", OPT_SET, required_argument, "KEY=V[,V...]",
	"values of a parameter instead of the profile's, such as workers=1,2,8 or hold=500ns"},
    {"load", OPT_LOAD, required_argument, "[PREFIX=]FILE",
	"kinds of a shared object beside ours"},
    {"time-budget", OPT_BUDGET, required_argument, "TIME",
	"such as 90s or 5m; no launch begins after it"},
    {"rounds", OPT_ROUNDS, required_argument, "N", "launches of each case, at most"},
    {"precision", OPT_PRECISION, required_argument, "SHARE",
	"a case ends when its interval is within this, such as 1% (default 2%; 0: never)"},
    {"slots", OPT_SLOTS, required_argument, "N",
	"trials a launch (2 or more); warm-up is left out"},
    {"slot-time", OPT_SLOT_TIME, required_argument, "TIME", "length of a trial's window"},
    {"seed", OPT_SEED, required_argument, "N", "of order, layout and random numbers"},
    {"results", OPT_RESULTS, required_argument, "DIR", "where runs are kept (default: results)"},
    {"aa", OPT_AA, no_argument, NULL, "every case twice: what differs then is noise"},
    {"in-process", OPT_IN_PROCESS, no_argument, NULL,
	"run one case in this process, for gdb and perf; Google Benchmark reports"},
    {"cell-timeout", OPT_CELL_TIMEOUT, required_argument, "TIME",
	"when a silent case counts as hung (default 20s)"},
    {"no-counters", OPT_NO_COUNTERS, no_argument, NULL, "skip the pass for hardware counters"},
    {"no-charts", OPT_NO_CHARTS, no_argument, NULL, "skip charts and page"},
    {"quiet", OPT_QUIET, no_argument, NULL, "no progress and no table"},
    {"help", OPT_HELP, no_argument, NULL, "this text"},
    {"benchmark_filter", OPT_FILTER, required_argument, "REGEX", "as --filter"},
    {"benchmark_list_tests", OPT_LIST_BOOL, optional_argument, "BOOL", "as --list, names only"},
    {"benchmark_repetitions", OPT_REPETITIONS, required_argument, "N",
	"that many launches, however precise"},
    {"benchmark_format", OPT_FORMAT, required_argument, "FORMAT",
	"what stdout gets: console (default), json or csv"},
    {"benchmark_out", OPT_OUT, required_argument, "FILE", "one more copy of the run file"},
    {"benchmark_out_format", OPT_OUT_FORMAT, required_argument, "FORMAT", "json (default) or csv"},
    {"benchmark_context", OPT_CONTEXT, required_argument, "KEY=VALUE", "added to the run file"},
    {"benchmark_color", OPT_GBENCH, required_argument, "BOOL", "with --in-process"},
    {"benchmark_counters_tabular", OPT_GBENCH, optional_argument, "BOOL", "with --in-process"},
    {"benchmark_time_unit", OPT_TIME_UNIT, required_argument, "UNIT",
	"ns (default), us, ms or s, with --in-process"},
};

#define FLAG_COUNT (sizeof(flags) / sizeof(flags[0]))

void run_options_help(FILE *to)
{
	(void)fputs(
	    "usage: concbench run [OPTION...]\n\n"
	    "Measures all cases (or those that --filter picks), each in a process of its own, "
	    "in random\nrounds; leaves run.json, journal.jsonl, charts and report.html in "
	    "results/<time>-<host>-<id>/\nand prints the table.\n\n",
	    to);
	for (size_t i = 0; i < FLAG_COUNT; i++) {
		char left[64];

		(void)snprintf(left, sizeof(left), "--%s%s%s%s", flags[i].name,
		    flags[i].has_arg == optional_argument ? "[" : "", flags[i].arg ? "=" : "",
		    flags[i].arg ? flags[i].arg : "");
		if (flags[i].has_arg == optional_argument)
			(void)strncat(left, "]", sizeof(left) - strlen(left) - 1);
		(void)fprintf(to, "  %-34s %s\n", left, flags[i].help);
	}
	(void)fputs(
	    "\nexit status: 0 all good; 1 some case invalid, crashed, hung or not run; 2 usage or "
	    "environment;\n             128 + the signal's number after Ctrl-C or SIGTERM\n",
	    to);
}

__attribute__((format(printf, 2, 3))) static int refuse(const char *flag, const char *format, ...)
{
	va_list args;

	(void)fprintf(stderr, "concbench run: --%s: ", flag);
	va_start(args, format);
	(void)vfprintf(stderr, format, args);
	va_end(args);
	(void)fputc('\n', stderr);
	return EXIT_USAGE;
}

static int set_count(const char *flag, const char *text, uint64_t min, uint64_t max, unsigned *out)
{
	uint64_t n;

	if (text_parse_u64(text, min, max, &n) != 0)
		return refuse(flag, "'%s' is not a number from %llu to %llu", text,
		    (unsigned long long)min, (unsigned long long)max);
	*out = (unsigned)n;
	return 0;
}

static int set_time(const char *flag, const char *text, uint64_t *out)
{
	uint64_t ns;

	if (text_parse_duration_ns(text, &ns) != 0 || ns == 0)
		return refuse(flag,
		    "'%s' is not a time; accepted: a number above 0 with ns, us, ms, "
		    "s, m or h, such as 90s",
		    text);
	*out = ns;
	return 0;
}

static int set_precision(const char *flag, const char *text, double *out)
{
	if (strcmp(text, "0") == 0 || strcmp(text, "0%") == 0)
		*out = 0;
	else if (compare_options_share(text, 1, out) != 0)
		return refuse(flag,
		    "'%s' is not a share up to 100 %%; accepted: such as 2%% or 0.02, and 0", text);
	return 0;
}

static int set_format(const char *flag, const char *text, bool console, enum output_format *out)
{
	if (console && strcmp(text, "console") == 0)
		*out = FORMAT_CONSOLE;
	else if (strcmp(text, "json") == 0)
		*out = FORMAT_JSON;
	else if (strcmp(text, "csv") == 0)
		*out = FORMAT_CSV;
	else
		return refuse(flag, "'%s' is not a format; accepted: %sjson, csv", text,
		    console ? "console, " : "");
	return 0;
}

/* As Google Benchmark reads a boolean: all is true but these. */
static bool is_true(const char *text)
{
	static const char *const no[] = {"0", "f", "n", "false", "no", "off"};

	for (size_t i = 0; i < sizeof(no) / sizeof(no[0]); i++)
		if (strcasecmp(text, no[i]) == 0)
			return false;
	return true;
}

static int add_context(const char *text, struct run_options *o)
{
	const char *equals = strchr(text, '=');
	char *key;
	int ret;

	if (!equals || equals == text)
		return refuse("benchmark_context", "'%s' is not KEY=VALUE", text);
	key = strndup(text, (size_t)(equals - text));
	ret = key ? manifest_add(&o->context, key, equals + 1) : -ENOMEM;
	free(key);
	return ret ? refuse("benchmark_context", "out of memory") : 0;
}

static int pass_on(const char *name, const char *value, struct run_options *o)
{
	char **grown = realloc(o->gbench_argv, ((size_t)o->gbench_argc + 2) * sizeof(*grown));

	if (!grown)
		return refuse(name, "out of memory");
	o->gbench_argv = grown;
	if (asprintf(&grown[o->gbench_argc], "--%s=%s", name, value ? value : "true") < 0)
		return refuse(name, "out of memory");
	grown[++o->gbench_argc] = NULL;
	return 0;
}

static int set_one(const struct flag *f, const char *arg, struct run_options *o)
{
	uint64_t n;

	switch (f->id) {
	case OPT_PROFILE:
		if (profile_from_name(arg, &o->what.profile) != 0 ||
		    o->what.profile == CB_CHECK)
			return refuse(
			    f->name, "'%s' is not a profile; accepted: smoke, quick, full", arg);
		return 0;
	case OPT_FILTER:
		o->what.filter = arg;
		return 0;
	case OPT_LIST_BOOL:
		o->list = o->names_only = !arg || is_true(arg);
		return 0;
	case OPT_LIST:
		o->list = true;
		return 0;
	case OPT_SEED:
		if (text_parse_u64(arg, 0, UINT64_MAX, &n) != 0)
			return refuse(f->name, "'%s' is not a number from 0 to 2^64-1", arg);
		o->seed = n;
		return 0;
	case OPT_BUDGET:
		return set_time(f->name, arg, &o->budget_ns);
	case OPT_ROUNDS:
		o->rounds_given = true;
		return set_count(f->name, arg, 1, 100000, &o->rounds);
	case OPT_REPETITIONS:
		o->rounds_given = true;
		o->precision = 0;
		return set_count(f->name, arg, 1, 100000, &o->rounds);
	case OPT_PRECISION:
		return set_precision(f->name, arg, &o->precision);
	case OPT_SLOTS:
		return set_count(f->name, arg, 2, 100000, &o->slots);
	case OPT_SLOT_TIME:
		return set_time(f->name, arg, &o->slot_ns);
	case OPT_SET:
		if (o->what.set_count == sizeof(o->sets) / sizeof(o->sets[0]))
			return refuse(f->name, "given more than %zu times", o->what.set_count);
		o->sets[o->what.set_count++] = arg;
		return 0;
	case OPT_LOAD:
		if (o->what.load_count == sizeof(o->loads) / sizeof(o->loads[0]))
			return refuse(f->name, "given more than %zu times", o->what.load_count);
		o->loads[o->what.load_count++] = arg;
		return 0;
	case OPT_RESULTS:
		o->results_dir = arg;
		return 0;
	case OPT_CELL_TIMEOUT:
		return set_time(f->name, arg, &o->cell_timeout_ns);
	case OPT_IN_PROCESS:
		o->in_process = true;
		return 0;
	case OPT_AA:
		o->aa = true;
		return 0;
	case OPT_NO_COUNTERS:
		o->counters = false;
		return 0;
	case OPT_NO_CHARTS:
		o->charts = false;
		return 0;
	case OPT_QUIET:
		o->quiet = true;
		return 0;
	case OPT_HELP:
		o->help = true;
		return 0;
	case OPT_FORMAT:
		if (set_format(f->name, arg, true, &o->format))
			return EXIT_USAGE;
		return pass_on(f->name, arg, o);
	case OPT_OUT:
		o->out = arg;
		return pass_on(f->name, arg, o);
	case OPT_OUT_FORMAT:
		if (set_format(f->name, arg, false, &o->out_format))
			return EXIT_USAGE;
		return pass_on(f->name, arg, o);
	case OPT_CONTEXT:
		if (add_context(arg, o))
			return EXIT_USAGE;
		return pass_on(f->name, arg, o);
	case OPT_TIME_UNIT:
		/* Google Benchmark prints its own help for another one, and that is all it does. */
		if (strcmp(arg, "ns") && strcmp(arg, "us") && strcmp(arg, "ms") && strcmp(arg, "s"))
			return refuse(f->name, "'%s' is not a unit; accepted: ns, us, ms, s", arg);
		return pass_on(f->name, arg, o);
	case OPT_GBENCH:
		return pass_on(f->name, arg, o);
	}
	return EXIT_USAGE;
}

static void defaults(struct run_options *o)
{
	memset(o, 0, sizeof(*o));
	o->what.profile = CB_QUICK;
	o->precision = 0.02;
	o->results_dir = "results";
	o->out_format = FORMAT_JSON;
	o->cell_timeout_ns = 20 * CLOCK_NS_PER_S;
	o->counters = true;
	o->charts = true;
	if (getrandom(&o->seed, sizeof(o->seed), 0) != (ssize_t)sizeof(o->seed))
		o->seed = clock_now_ns();
	/* Short enough to type again. */
	o->seed %= 1000000;
}

int run_options_parse(int argc, char **argv, struct run_options *o)
{
	struct option longs[FLAG_COUNT + 1] = {{0}};
	const char *const own_name = "concbench";
	int index = -1, at = 1, opt;

	defaults(o);
	o->gbench_argv = calloc(2, sizeof(*o->gbench_argv));
	if (!o->gbench_argv || !(o->gbench_argv[0] = strdup(own_name)))
		return refuse("help", "out of memory");
	o->gbench_argc = 1;
	for (size_t i = 0; i < FLAG_COUNT; i++)
		longs[i] = (struct option){flags[i].name, flags[i].has_arg, NULL, (int)flags[i].id};
	opterr = 0;
	optind = 0; /* glibc: also forget where in a word an earlier parse stopped */
	while ((opt = getopt_long(argc, argv, "+:", longs, &index)) != -1) {
		if (opt == '?' || opt == ':') {
			(void)fprintf(stderr,
			    opt == ':'
				? "concbench run: %s needs a value; see concbench run --help\n"
				: "concbench run: %s is not an option that is accepted; see "
				  "concbench run --help\n",
			    argv[at]);
			return EXIT_USAGE;
		}
		if (set_one(&flags[index], optarg, o))
			return EXIT_USAGE;
		at = optind;
	}
	o->what.sets = o->sets;
	o->what.loads = o->loads;
	o->what.names = (const char *const *)(argv + optind);
	o->what.name_count = (size_t)(argc - optind);
	if (!o->budget_ns)
		o->budget_ns = profiles[o->what.profile].budget_ns;
	if (!o->rounds)
		o->rounds = profiles[o->what.profile].rounds;
	if (!o->slots)
		o->slots = profiles[o->what.profile].slots;
	return 0;
}

void run_options_free(struct run_options *o)
{
	manifest_free(&o->context);
	for (int i = 0; i < o->gbench_argc; i++)
		free(o->gbench_argv[i]);
	free(o->gbench_argv);
	o->gbench_argv = NULL;
	o->gbench_argc = 0;
}
