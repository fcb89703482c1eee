#include "harness/cmd/history_options.h"

#include "harness/base/text.h"
#include "harness/cmd/cmd.h"

#include <getopt.h>
#include <stdarg.h>
#include <stdio.h>

#define WAIT_MS_DEFAULT 10000
#define WAIT_S_MAX 86400

int history_complain(const char *format, ...)
{
	va_list ap;

	fputs("concbench history: ", stderr);
	va_start(ap, format);
	vfprintf(stderr, format, ap);
	va_end(ap);
	fputc('\n', stderr);
	return EXIT_USAGE;
}

const char history_help[] =
    "Usage: concbench history add [OPTION]... [RUN]...\n"
    "       concbench history list [OPTION]...\n"
    "       concbench history show [OPTION]... [RUN|CASE]\n"
    "       concbench history changes [OPTION]...\n"
    "       concbench history export --format FORMAT --out PATH [OPTION]...\n"
    "\n"
    "add takes runs in (a run.json, a run's folder, an id below the results folder, or "
    "\"latest\",\n"
    "which it is when left out); a run that is there already is left as it is. list shows the\n"
    "runs. show gives a run case by case, or a case run by run; CASE is an extended regular\n"
    "expression, RUN an id, how one begins, or \"latest\". changes finds the runs from which on a\n"
    "case's figures differ, and says what else did. export writes for other tools.\n"
    "\n"
    "  --db FILE|URL      the database (default: results/history.db); postgresql://... is one on\n"
    "                     a server, for a team with many machines\n"
    "  --results DIR      where runs are (default: results)\n"
    "  --machine CLASS    only runs of this class of machines, or of those that begin so\n"
    "  --case REGEX       only cases that match; with a leading '-' those that do not\n"
    "  --format FORMAT    otava, github-action-benchmark, github-action-benchmark-bigger or\n"
    "                     bencher\n"
    "  --out PATH         the file to write (\"-\": standard output), of otava the folder\n"
    "  --run RUN          the run to export (default: the newest); of otava all are\n"
    "  --min-effect PCT   changes: leave out smaller ones (default: 1%)\n"
    "  --since RUN        changes: only those at this run or after it\n"
    "  --json             changes: for programs\n"
    "  --fail-on-change   changes: end with 1 when there is one\n"
    "  --wait TIME        how long to wait for another writer (default: 10s)\n"
    "  --ascii            no characters beyond ASCII\n"
    "  --help             show this\n"
    "\n"
    "Exit status: 0 when it was done, 2 when not; a database that could not be used is as "
    "before.\n"
    "1 only with --fail-on-change.\n";

enum {
	OPT_HELP = 256,
	OPT_DB,
	OPT_RESULTS,
	OPT_MACHINE,
	OPT_CASE,
	OPT_FORMAT,
	OPT_OUT,
	OPT_RUN,
	OPT_MIN_EFFECT,
	OPT_WAIT,
	OPT_ASCII,
	OPT_SINCE,
	OPT_JSON,
	OPT_FAIL_ON_CHANGE,
};

static const struct option options[] = {
    {"help", no_argument, NULL, OPT_HELP},
    {"db", required_argument, NULL, OPT_DB},
    {"results", required_argument, NULL, OPT_RESULTS},
    {"machine", required_argument, NULL, OPT_MACHINE},
    {"case", required_argument, NULL, OPT_CASE},
    {"format", required_argument, NULL, OPT_FORMAT},
    {"out", required_argument, NULL, OPT_OUT},
    {"run", required_argument, NULL, OPT_RUN},
    {"min-effect", required_argument, NULL, OPT_MIN_EFFECT},
    {"wait", required_argument, NULL, OPT_WAIT},
    {"ascii", no_argument, NULL, OPT_ASCII},
    {"since", required_argument, NULL, OPT_SINCE},
    {"json", no_argument, NULL, OPT_JSON},
    {"fail-on-change", no_argument, NULL, OPT_FAIL_ON_CHANGE},
    {NULL, 0, NULL, 0},
};

/* Where the text of an option goes; NULL: it is none of those. */
static const char **text_of(int option, struct history_options *a)
{
	switch (option) {
	case OPT_DB:
		return &a->db;
	case OPT_RESULTS:
		return &a->results;
	case OPT_MACHINE:
		return &a->filter.machine;
	case OPT_CASE:
		return &a->filter.case_name;
	case OPT_FORMAT:
		return &a->format;
	case OPT_OUT:
		return &a->out;
	case OPT_RUN:
		return &a->run;
	case OPT_SINCE:
		return &a->since;
	default:
		return NULL;
	}
}

/* Return: 0; EXIT_USAGE. */
static int parse_one(int option, const char *name, struct history_options *a)
{
	const char **text = text_of(option, a);
	uint64_t ns;

	if (text) {
		*text = optarg;
		return *optarg ? 0 : history_complain("an empty argument; see --help");
	}
	switch (option) {
	case OPT_MIN_EFFECT:
		if (text_parse_percent(optarg, &a->min_effect) || a->min_effect > 10)
			return history_complain(
			    "--min-effect: '%s' is not a percentage up to 1000", optarg);
		return 0;
	case OPT_WAIT:
		if (text_parse_duration_ns(optarg, &ns) || ns > WAIT_S_MAX * UINT64_C(1000000000))
			return history_complain(
			    "--wait: '%s' is not a time of up to a day", optarg);
		a->wait_ms = (unsigned)(ns / 1000000);
		return 0;
	case OPT_ASCII:
		a->plain = true;
		return 0;
	case OPT_JSON:
		a->json = true;
		return 0;
	case OPT_FAIL_ON_CHANGE:
		a->fail_on_change = true;
		return 0;
	case ':':
		return history_complain("%s needs an argument; see --help", name);
	default:
		return history_complain("unknown or malformed option %s; see --help", name);
	}
}

int history_options_parse(int argc, char **argv, struct history_options *a)
{
	int c, rc = 0;

	*a = (struct history_options){.db = HISTORY_DEFAULT,
	    .results = "results",
	    .min_effect = 0.01,
	    .wait_ms = WAIT_MS_DEFAULT};
	opterr = 0;
	optind = 1;
	while (!rc && (c = getopt_long(argc, argv, ":", options, NULL)) != -1) {
		if (c == OPT_HELP)
			return -1;
		rc = parse_one(c, argv[optind - 1], a);
	}
	a->operands = argv + optind;
	a->operand_count = argc - optind;
	return rc;
}
