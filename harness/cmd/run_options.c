#include "harness/cmd/run_options.h"

#include "harness/cell/schedule.h"
#include "harness/base/text.h"
#include "harness/cmd/cmd.h"

#include <errno.h>
#include <fcntl.h>
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
    [CB_QUICK] = {"quick", 179 * CLOCK_NS_PER_S, 40, 6},
    [CB_FULL] = {"full", 3600 * CLOCK_NS_PER_S, 200, 11},
};

static const char *const profile_words[] = {"smoke", "quick", "full", NULL};
static const char *const format_words[] = {"console", "json", "csv", NULL};

#define COMMAND "run"

/* As Google Benchmark reads a boolean: all is true but these. */
static bool is_true(const char *text)
{
	static const char *const no[] = {"0", "f", "n", "false", "no", "off"};

	for (size_t i = 0; i < sizeof(no) / sizeof(no[0]); i++)
		if (strcasecmp(text, no[i]) == 0)
			return false;
	return true;
}

/* For --in-process: argv[0] and Google Benchmark's own flags. */
static int pass_on(
    void *options, const struct option_spec *spec, const char *text, char *err, size_t err_len)
{
	struct run_options *o = options;
	char **grown = realloc(o->gbench_argv, ((size_t)o->gbench_argc + 3) * sizeof(*grown));

	if (!grown)
		return snprintf(err, err_len, "out of memory");
	o->gbench_argv = grown;
	if (!o->gbench_argc) {
		grown[0] = strdup("concbench");
		if (!grown[0])
			return snprintf(err, err_len, "out of memory");
		o->gbench_argc = 1;
	}
	if (asprintf(&grown[o->gbench_argc], "--%s=%s", spec->name, text ? text : "true") < 0)
		return snprintf(err, err_len, "out of memory");
	grown[++o->gbench_argc] = NULL;
	return 0;
}

static int add_context(
    void *options, const struct option_spec *spec, const char *text, char *err, size_t err_len)
{
	struct run_options *o = options;
	const char *equals = strchr(text, '=');
	char *key;
	int ret;

	if (!equals || equals == text)
		return snprintf(err, err_len, "'%.80s' is not KEY=VALUE", text);
	key = strndup(text, (size_t)(equals - text));
	ret = key ? manifest_add(&o->context, key, equals + 1) : -ENOMEM;
	free(key);
	if (ret)
		return snprintf(err, err_len, "out of memory");
	return pass_on(options, spec, text, err, err_len);
}

static int take_list(
    void *options, const struct option_spec *spec, const char *text, char *err, size_t err_len)
{
	struct run_options *o = options;

	(void)spec;
	(void)err;
	(void)err_len;
	o->list = o->names_only = !text || is_true(text);
	return 0;
}

static int take_rounds(
    void *options, const struct option_spec *spec, const char *text, char *err, size_t err_len)
{
	struct run_options *o = options;

	(void)text;
	(void)err;
	(void)err_len;
	o->rounds_given = true;
	/* That many launches, however precise. */
	if (strcmp(spec->name, "benchmark_repetitions") == 0)
		o->precision = 0;
	return 0;
}

static void defaults(void *options)
{
	struct run_options *o = options;

	memset(o, 0, sizeof(*o));
	o->profile = CB_QUICK;
	o->precision = 0.02;
	o->results_dir = "results";
	o->out_format = FORMAT_JSON;
	o->cell_timeout_ns = CELL_TIMEOUT_DEFAULT_NS;
	o->counters = true;
	o->charts = true;
	if (getrandom(&o->seed, sizeof(o->seed), 0) != (ssize_t)sizeof(o->seed))
		o->seed = clock_now_ns();
	/* Short enough to type again. */
	o->seed %= 1000000;
}

/* The budget is looked at between launches: one that is longer would run on for as long as it
 * takes, and so would waiting for one that hangs. */
static int check_budget(const struct run_options *o)
{
	const unsigned slots = schedule_slots(o->slot_ns, o->slots);
	char budget[TEXT_FORMAT_MAX], given[TEXT_FORMAT_MAX];

	text_format_duration(o->budget_ns, budget, sizeof(budget));
	/* A profile's budget is nobody's word; a launch may be longer, so that a row's own command
	 * measures it again. */
	if (!o->in_process && o->slot_ns > o->budget_ns / (o->budget_given ? slots : 1))
		return complain(COMMAND,
		    "--slot-time: %u windows of %s are longer than the time budget of %s; "
		    "accepted: shorter ones, fewer with --slots, or a longer --time-budget",
		    slots, text_format_duration(o->slot_ns, given, sizeof(given)), budget);
	if (o->budget_given && o->cell_timeout_ns > o->budget_ns &&
	    o->cell_timeout_ns > CELL_TIMEOUT_DEFAULT_NS)
		return complain(COMMAND,
		    "--cell-timeout: %s is longer than the time budget of %s; accepted: up to "
		    "that, or a longer --time-budget",
		    text_format_duration(o->cell_timeout_ns, given, sizeof(given)), budget);
	return 0;
}

static int finish(void *options)
{
	struct run_options *o = options;

	if (o->out_format == FORMAT_CONSOLE)
		return complain(COMMAND, "--benchmark_out_format: 'console' is not a format of "
					 "files; accepted: json, csv");
	o->what = (struct selection){.profile = (enum cb_profile)o->profile,
	    .filter = o->filter,
	    .names = o->names.item,
	    .name_count = o->names.count,
	    .sets = o->sets.item,
	    .set_count = o->sets.count,
	    .loads = o->loads.item,
	    .load_count = o->loads.count};
	o->budget_given = o->budget_ns != 0;
	if (!o->budget_ns)
		o->budget_ns = profiles[o->profile].budget_ns;
	if (!o->rounds)
		o->rounds = profiles[o->profile].rounds;
	if (!o->slots)
		o->slots = profiles[o->profile].slots;
	return check_budget(o);
}

static void release(void *options)
{
	struct run_options *o = options;

	manifest_free(&o->context);
	for (int i = 0; i < o->gbench_argc; i++)
		free(o->gbench_argv[i]);
	free(o->gbench_argv);
}

#define OPTIONS struct run_options
static const struct option_spec specs[] = {
    {NULL, "NAME", OPTION_LIST(names),
	"a family (locks), a kind (lock/ck_mcs) or a case by its name, parts left out at their "
	"base "
	"values (default: the profile)"},
    {"profile", "PROFILE", OPTION_CHOICE(profile),
	"smoke (under 20 s), quick (under 3 min; default) or full (an hour)",
	.words = profile_words, .group = "what to measure"},
    {"set", "KEY=V[,V...]", OPTION_LIST(sets), HELP_SET},
    {"filter", "REGEX", OPTION_TEXT(filter), HELP_FILTER, .or_nothing = true},
    {"load", "FILE", OPTION_LIST(loads), HELP_LOAD},
    {"list", NULL, OPTION_ON(list), "list the cases and why some cannot run; measure nothing"},
    {"time-budget", "TIME", OPTION_TIME(budget_ns), "such as 90s or 5m; no launch begins after it",
	.group = "how long"},
    {"rounds", "N", OPTION_COUNT(rounds), "launches of each case, at most", .least = 1,
	.most = 100000, .then = take_rounds},
    {"precision", "SHARE", OPTION_SHARE(precision),
	"a case ends when its interval is within this, such as 1% (default 2%; 0: never)",
	.most = 100, .or_nothing = true},
    {"slots", "N", OPTION_COUNT(slots), "trials a launch (2 or more); warm-up is left out",
	.least = 2, .most = 100000},
    {"slot-time", "TIME", OPTION_TIME(slot_ns),
	"length of a trial's window (default: as long as it takes for the figure not to depend on "
	"it)"},
    {"new-windows", NULL, OPTION_ON(new_windows),
	"find these lengths again; otherwise those that earlier runs in --results found "
	"are used"},
    {"cell-timeout", "TIME", OPTION_TIME(cell_timeout_ns),
	"when a silent case counts as hung (default 20s)"},
    {"seed", "N", OPTION_NUMBER(seed), "of order, layout and random numbers"},
    {"aa", NULL, OPTION_ON(aa), "every case twice: what differs then is noise"},
    {"no-counters", NULL, OPTION_OFF(counters), "skip the pass for hardware counters"},
    {"in-process", NULL, OPTION_ON(in_process),
	"run one case in this process, for gdb and perf; Google Benchmark reports"},
    {"results", "DIR", OPTION_TEXT(results_dir), "where runs are kept (default: results)",
	.group = "what comes of it"},
    {"no-charts", NULL, OPTION_OFF(charts), "skip charts and page"},
    {"above-floor", NULL, OPTION_ON(above_floor),
	"in the table, what is more than the loop and its check alone cost"},
    {"quiet", NULL, OPTION_ON(quiet), "no progress and no table"},
    {"benchmark_filter", "REGEX", OPTION_TEXT(filter), "as --filter", .or_nothing = true,
	.group = "Google Benchmark's flags"},
    {"benchmark_list_tests", "[BOOL]", OPTION_CALL, "as --list, names only", .then = take_list},
    {"benchmark_repetitions", "N", OPTION_COUNT(rounds), "that many launches, however precise",
	.least = 1, .most = 100000, .then = take_rounds},
    {"benchmark_format", "FORMAT", OPTION_CHOICE(format),
	"what stdout gets: console (default), json or csv", .words = format_words, .then = pass_on},
    {"benchmark_out", "FILE", OPTION_TEXT(out), "one more copy of the run file", .then = pass_on},
    {"benchmark_out_format", "FORMAT", OPTION_CHOICE(out_format), "json (default) or csv",
	.words = format_words, .then = pass_on},
    {"benchmark_context", "KEY=VALUE", OPTION_CALL, "added to the run file", .then = add_context},
    {"benchmark_color", "BOOL", OPTION_CALL, "with --in-process", .then = pass_on},
    {"benchmark_counters_tabular", "[BOOL]", OPTION_CALL, "with --in-process", .then = pass_on},
    {"benchmark_time_unit", "UNIT", OPTION_TEXT(time_unit),
	"ns (default), us, ms or s, with --in-process",
	.words = (const char *const[]){"ns", "us", "ms", "s", NULL}, .then = pass_on},
    {0},
};
#undef OPTIONS

const struct command run_command = {
    .name = COMMAND,
    .what = "measure, save, draw",
    .about = "Measures all cases of a profile, or those named, each in a process of its own, in "
	     "random rounds. A profile that has more cases than the time budget can give enough "
	     "launches is cut down to those that cover its questions best; what you name is "
	     "measured in full. Leaves run.json, journal.jsonl, charts and report.html in "
	     "results/TIME-HOST-ID/ and prints the table.",
    .status = "0 all good; 1 some case invalid, crashed, hung or not run; 2 usage or "
	      "environment" HELP_SIGNAL,
    .examples = "concbench run locks --time-budget 2m\n"
		"concbench run queues --set producers=1,4 --set bytes=8,1KiB\n"
		"concbench run 'lock/ck_mcs/model:thread/workers:8/hold_ns:500'\n"
		"concbench run --load ./mine.so lock/mine lock/ck_mcs",
    .options = specs,
    .size = sizeof(struct run_options),
    .typed_at = offsetof(struct run_options, typed),
    .defaults = defaults,
    .finish = finish,
    .release = release,
    .run = run_session,
};
