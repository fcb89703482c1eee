#include "harness/cmd/gate_options.h"

#include "harness/base/text.h"
#include "harness/cmd/cmd.h"
#include "harness/cmd/gate_git.h"

#include <errno.h>
#include <string.h>
#include <sys/random.h>

/* A change beyond this is no effect to look for. */
#define MIN_EFFECT_MAX_PCT 100
#define MUST_SEE_MAX_PCT 1000

enum { GATE = 1, NOISE = 2 };

static const char *const profile_words[] = {"smoke", "quick", "full", NULL};

static int add_load(struct gate_request *r, enum side side, const char *flag, const char *text,
    char *err, size_t len)
{
	struct request_loads *l = &r->loads[side];

	if (l->count == REQUEST_LOADS_MAX)
		return snprintf(err, len, "%d files at most", REQUEST_LOADS_MAX);
	l->flag[l->count] = flag;
	l->spec[l->count++] = text;
	return 0;
}

/* --load is both sides', --base-load and --head-load one's. */
static int take_load(
    void *options, const struct option_spec *s, const char *text, char *err, size_t err_len)
{
	struct gate_request *r = &((struct gate_options *)options)->request;
	int ret = 0;

	if (s->name[0] != 'h')
		ret = add_load(r, SIDE_BASE, s->name, text, err, err_len);
	if (!ret && s->name[0] != 'b')
		ret = add_load(r, SIDE_HEAD, s->name, text, err, err_len);
	return ret;
}

static int take_launch_time(
    void *options, const struct option_spec *s, const char *text, char *err, size_t err_len)
{
	(void)s;
	(void)text;
	(void)err;
	(void)err_len;
	((struct gate_options *)options)->launch_time = true;
	return 0;
}

/* What the user says holds for turns, too, be it shorter or longer. */
static int take_cell_timeout(
    void *options, const struct option_spec *s, const char *text, char *err, size_t err_len)
{
	struct gate_request *r = &((struct gate_options *)options)->request;

	(void)s;
	(void)text;
	(void)err;
	(void)err_len;
	r->turn_timeout_ns = r->cell_timeout_ns;
	return 0;
}

static void defaults(void *options, const char *command)
{
	struct gate_options *o = options;

	memset(o, 0, sizeof(*o));
	o->profile = CB_QUICK;
	o->results_dir = "results";
	o->request = (struct gate_request){
	    .command = command,
	    .launch_ns = GATE_LAUNCH_NS,
	    .cell_timeout_ns = CELL_TIMEOUT_DEFAULT_NS,
	    .min_effect = 0.01,
	};
	if (getrandom(&o->request.seed, sizeof(o->request.seed), 0) !=
	    (ssize_t)sizeof(o->request.seed))
		o->request.seed = clock_now_ns();
	/* Short enough to type again. */
	o->request.seed %= 1000000;
}

/* A share, or what this machine can see. */
static int take_must_see(
    void *options, const struct option_spec *s, const char *text, char *err, size_t err_len)
{
	struct gate_request *r = &((struct gate_options *)options)->request;

	r->must_see_auto = strcmp(text, "auto") == 0;
	r->must_see = 0;
	if (r->must_see_auto ||
	    (options_share(text, MUST_SEE_MAX_PCT / 100.0, &r->must_see) == 0 && r->must_see > 0))
		return 0;
	(void)s;
	(void)snprintf(err, err_len,
	    "'%.80s' is no size; accepted: such as 5%%, up to %d%%, or auto", text,
	    MUST_SEE_MAX_PCT);
	return -EINVAL;
}

static void gate_defaults(void *options)
{
	defaults(options, "gate");
}

static void noise_defaults(void *options)
{
	defaults(options, "noise");
}

/* Windows are held against it when it is known what is measured. */
static int check_budget(const struct gate_options *o)
{
	const uint64_t budget_ns = o->request.budget_ns ? o->request.budget_ns : o->tries_ns;
	char budget[TEXT_FORMAT_MAX], given[TEXT_FORMAT_MAX];
	const char *flag = NULL;
	uint64_t ns = 0;

	if (budget_ns && o->request.case_ns > budget_ns) {
		flag = "trial-time";
		ns = o->request.case_ns;
	} else if (budget_ns && o->request.cell_timeout_ns > budget_ns &&
		   o->request.cell_timeout_ns > CELL_TIMEOUT_DEFAULT_NS) {
		flag = "cell-timeout";
		ns = o->request.cell_timeout_ns;
	}
	if (!flag)
		return 0;
	return complain(o->request.command,
	    "--%s: %s is longer than the time budget of %s; accepted: up to that, or a longer "
	    "--time-budget",
	    flag, text_format_duration(ns, given, sizeof(given)),
	    text_format_duration(budget_ns, budget, sizeof(budget)));
}

static int finish(void *options)
{
	struct gate_options *o = options;

	o->request.what = (struct selection){.profile = (enum cb_profile)o->profile,
	    .filter = o->filter,
	    .names = o->names.item,
	    .name_count = o->names.count,
	    .sets = o->sets.item,
	    .set_count = o->sets.count};
	o->request.force = o->force;
	if (check_budget(o))
		return EXIT_USAGE;
	if (o->request.must_see_auto && o->no_noise)
		return complain(o->request.command, "--must-see auto and --no-noise exclude each "
						    "other: the A/A finds the size out");
	o->outputs.quiet = o->request.quiet;
	return gate_git_check(o);
}

#define OPTIONS struct gate_options
static const struct option_spec specs[] = {
    {NULL, "NAME", OPTION_LIST(names),
	"families (locks), kinds (lock/ck_mcs) or cases (default: the profile's; what one program "
	"loads for both sides: that)"},
    {"base", "EXE|RUN", OPTION_TEXT(base),
	"what to compare with: a concbench, or a stored run (weaker: not interleaved)",
	.only = GATE, .group = "the two sides"},
    {"base", "EXE", OPTION_TEXT(base), "the concbench to measure (default: this one)",
	.only = NOISE},
    {"head", "EXE", OPTION_TEXT(head), "the concbench to judge (default: this one)", .only = GATE},
    {"head", "EXE", OPTION_TEXT(head),
	"another one instead of base against itself: how often is it found?", .only = NOISE},
    {"base-name", "TEXT", OPTION_TEXT(base_name), "what reports call base (default: EXE)",
	.only = GATE},
    {"head-name", "TEXT", OPTION_TEXT(head_name), "what reports call head", .only = GATE},
    {"load", "FILE", OPTION_LIST(loads), HELP_LOAD "; on both sides", .then = take_load},
    {"base-load", "FILE", OPTION_LIST(base_loads), "the same, on base's side only", .only = GATE,
	.then = take_load},
    {"head-load", "FILE", OPTION_LIST(head_loads), "the same, on head's side only", .only = GATE,
	.then = take_load},
    {"git-base", "REV", OPTION_TEXT(git_base),
	"in a repository of your own: build what --load names, a path in it, at this revision and "
	"at "
	"head; this program judges both",
	.only = GATE},
    {"git-head", "REV", OPTION_TEXT(git_head),
	"what to judge (default: the working tree, new files included)", .only = GATE},
    {"build", "CMD", OPTION_TEXT(build),
	"for --git-base: makes the shared object, such as 'make bench.so'; builds are kept for the "
	"next "
	"gate",
	.only = GATE},
    {"profile", "PROFILE", OPTION_CHOICE(profile), "smoke, quick (default) or full: which cases",
	.words = profile_words, .group = "what to measure"},
    {"set", "KEY=V[,V...]", OPTION_LIST(sets), HELP_SET},
    {"filter", "REGEX", OPTION_TEXT(filter), HELP_FILTER, .or_nothing = true},
    {"time-budget", "TIME", OPTION_TIME(request.budget_ns),
	"for all cases together, such as 60s (default: 5 s a case, or half more than a first look "
	"at "
	"each takes, whichever is longer; on top the A/A and the count of instructions); to "
	"confirm a "
	"change that was found late may take half as long again",
	.only = GATE, .group = "how long"},
    {"time-budget", "TIME", OPTION_TIME(tries_ns), "for all tries together (default: ten tries)",
	.only = NOISE},
    {"trial-time", "TIME", OPTION_TIME(request.case_ns), "time a case has in one try (default 5s)",
	.only = NOISE},
    {"launch-time", "TIME", OPTION_TIME(request.launch_ns),
	"about how long a pair of launches takes turns (default 70ms)", .then = take_launch_time},
    {"slot-time", "TIME", OPTION_TIME(request.slot_ns),
	"length of a turn (default: 1ms, or a case's own over 3ms)"},
    {"cell-timeout", "TIME", OPTION_TIME(request.cell_timeout_ns),
	"when a silent case counts as hung (default: 20s while it starts, in a turn 5s to 20s, by "
	"how "
	"long one is and starting took)",
	.then = take_cell_timeout},
    {"seed", "N", OPTION_NUMBER(request.seed), "of order, layout and random numbers"},
    {"no-noise", NULL, OPTION_ON(no_noise), "skip the brief A/A before the gate", .only = GATE},
    {"min-effect", "SHARE", OPTION_SHARE(request.min_effect), HELP_MIN_EFFECT,
	.most = MIN_EFFECT_MAX_PCT, .group = "the verdict"},
    {"gate-on", "FIGURE", OPTION_TEXT(request.gate_on),
	"what to judge of every case instead of its own figure: " GATE_FIGURE_WORDS
	", or one that kinds declare, such as call_ns (concbench describe)",
	.only = GATE},
    {"must-see", "SHARE|auto", OPTION_TEXT(must_see),
	HELP_MUST_SEE
	"; auto: of the size that the A/A before it, then of all cases, has shown this machine to "
	"see in the time",
	.only = GATE, .then = take_must_see},
    {"strict", NULL, OPTION_ON(strict), "exit 3 when a case is unsure or missing", .only = GATE},
    {"force", NULL, OPTION_ON(force),
	"compare builds of other compilers, flags or sanitizers too, marked, for when that is what "
	"is "
	"tried; show figures of cases that do something else in head, which stay incomparable (4)",
	.only = GATE},
    {"markdown", "FILE", OPTION_TEXT(outputs.markdown), "write a summary for a pull request",
	.only = GATE, .group = "what comes of it"},
    {"json", "FILE", OPTION_LIST(outputs.json),
	"write everything for programs; may be given again, for another file", .most = 8,
	.only = GATE},
    {"junit", "FILE", OPTION_TEXT(outputs.junit), "write a test report for CI servers",
	.only = GATE},
    {"tsv", "FILE", OPTION_TEXT(tsv), "write the table as tab-separated values", .only = NOISE},
    {"results", "DIR", OPTION_TEXT(results_dir),
	"where --base RUN is looked for (default: results)", .only = GATE},
    {"check", NULL, OPTION_ON(check),
	"measure nothing: 0 when there are such cases and the time is enough, else 2 and why",
	.only = GATE},
    {"quiet", NULL, OPTION_ON(request.quiet), "no progress and no table"},
    {0},
};
#undef OPTIONS

const struct command gate_command = {
    .name = "gate",
    .what = "is this build slower than that one? the two take turns; for CI",
    .about =
	"Runs base and head case by case, a launch of each side by side and in turns, until each "
	"case "
	"has a verdict or the time is up: same, slower, faster, unsure, incomparable, missing or "
	"failed.",
    .status =
	"0 nothing is slower; 1 something is, and only that; 2 usage, a case that failed, or "
	"nothing was compared; 3 unsure or missing, with --strict, or what --must-see asks for may "
	"have gone unseen; 4 incomparable" HELP_SIGNAL,
    .examples = "concbench gate --base OLD/concbench --filter ^lock/\n"
		"concbench gate --git-base main --build 'make bench.so' --load bench.so",
    .options = specs,
    .bit = GATE,
    .size = sizeof(struct gate_options),
    .defaults = gate_defaults,
    .finish = finish,
    .run = run_gate,
};

const struct command noise_command = {
    .name = "noise",
    .what = "what a gate can see on this machine: a build against itself",
    .about =
	"Runs the same gate again and again on two sides that are equal, and says how often it "
	"was wrong and what size of change it would have seen.",
    .status = "0 it was measured; 2 usage, a case that failed, or nothing was measured" HELP_SIGNAL,
    .options = specs,
    .bit = NOISE,
    .size = sizeof(struct gate_options),
    .defaults = noise_defaults,
    .finish = finish,
    .run = run_noise,
};
