/*
 * concbench topology - draw the machine, and where each placement policy would put workers.
 */
#include "harness/base/one_line.h"
#include "harness/cmd/cmd.h"
#include "harness/machine/placement_draw.h"
#include "harness/machine/pu_list.h"
#include "harness/machine/topology_draw.h"

#include <errno.h>
#include <getopt.h>
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define WORKERS_MAX 65536
/* Of --workers and --policy each; more rows than a screen has are no help to anybody. */
#define REPEATS_MAX 64

/* Beyond any short option, so that getopt's optopt tells the two kinds apart. */
enum long_option {
	OPTION_SYNTHETIC = 256,
	OPTION_ALLOWED,
	OPTION_WORKERS,
	OPTION_POLICY,
	OPTION_HELP,
};

struct options {
	const char *synthetic;
	const char *allowed;
	unsigned workers[REPEATS_MAX];
	size_t worker_count;
	struct placement_policy policies[REPEATS_MAX];
	size_t policy_count;
	bool help;
};

static const char help_text[] =
    "Usage: concbench topology [options]\n"
    "\n"
    "Draw the machine (packages, NUMA nodes, caches, cores, PUs; which PUs may be used here)\n"
    "and where each placement policy would put workers.\n"
    "\n"
    "  --synthetic DESC  draw a made-up machine, in hwloc's words: 'pack:2 numa:1 l3:1 core:4 "
    "pu:2'\n"
    "  --allowed LIST    PUs that may be used, such as 0-3,8 (instead of $CONCBENCH_ALLOWED)\n"
    "  --workers N       plan for N workers; may be repeated (default: 2, 4, the usable PUs)\n"
    "  --policy P        plan this policy; may be repeated (default: all that need no list)\n"
    "  --help            this text\n"
    "\n"
    "Policies:\n"
    "  same      all on one PU\n"
    "  smt       siblings of one core, core after core\n"
    "  compact   fill a core, then the next of the same cache, then the next cache, ...\n"
    "  scatter   one a core, spread over packages, NUMA nodes and caches; siblings last\n"
    "  llc       different cores that share one last-level cache\n"
    "  cross     neighbours in different packages, or else NUMA nodes\n"
    "  list:L    the PUs named, in that order: list:0,2-3\n"
    "  none      unbound: the kernel decides\n"
    "\n"
    "More workers than PUs start again from the first and are marked oversubscribed.\n"
    "Exit status: 0; 2 for usage, or a machine that cannot be read.\n";

static int usage_error(const char *option, const char *message)
{
	fprintf(stderr, "concbench topology: %s%s%s\n", option ? option : "", option ? ": " : "",
	    message);
	return EXIT_USAGE;
}

static int add_workers(struct options *o, const char *text)
{
	char message[160], *end = NULL;
	unsigned long value;

	errno = 0;
	value = strtoul(text, &end, 10);
	/* strtoul(3) takes signs and blanks; a number of workers begins with a digit. */
	if (*text < '0' || *text > '9' || *end || errno || value < 1 || value > WORKERS_MAX) {
		one_line_format(message, sizeof(message),
		    "'%.40s' is not a number of workers from 1 to %d", text, WORKERS_MAX);
		return usage_error("--workers", message);
	}
	if (o->worker_count == REPEATS_MAX)
		return usage_error("--workers", "given too often");
	o->workers[o->worker_count++] = (unsigned)value;
	return 0;
}

static int add_policy(struct options *o, const char *text)
{
	struct placement_policy policy;
	char message[256];

	if (placement_parse(text, &policy, message, sizeof(message)) != 0)
		return usage_error("--policy", message);
	if (o->policy_count == REPEATS_MAX)
		return usage_error("--policy", "given too often");
	o->policies[o->policy_count++] = policy;
	return 0;
}

static int set_allowed(struct options *o, const char *text)
{
	unsigned *pus = NULL;
	size_t count = 0;
	char message[160];
	int ret;

	/* Read here only to name the option in the message; the topology reads it again. */
	ret = pu_list_parse(text, PU_LIST_INDEX_MAX + 1, &pus, &count, message, sizeof(message));
	if (ret)
		return usage_error("--allowed", ret == -EINVAL ? message : strerror(-ret));
	free(pus);
	o->allowed = text;
	return 0;
}

/* @last: the argument that getopt has read last. Of a cluster such as -xh it is not that one. */
static int unknown_option(const char *last)
{
	const char letter[] = {'-', (char)optopt, '\0'};
	char message[160];

	if (optopt == OPTION_HELP)
		one_line_format(message, sizeof(message), "'%.60s': --help takes no value", last);
	else
		one_line_format(message, sizeof(message),
		    "unknown option '%.60s'; see concbench topology --help",
		    optopt > 0 && optopt < OPTION_SYNTHETIC ? letter : last);
	return usage_error(NULL, message);
}

static int parse_options(int argc, char **argv, struct options *o)
{
	static const struct option known[] = {
	    {"synthetic", required_argument, NULL, OPTION_SYNTHETIC},
	    {"allowed", required_argument, NULL, OPTION_ALLOWED},
	    {"workers", required_argument, NULL, OPTION_WORKERS},
	    {"policy", required_argument, NULL, OPTION_POLICY},
	    {"help", no_argument, NULL, OPTION_HELP},
	    {0},
	};
	char message[160];
	int ret = 0, c;

	optind = 0; /* begin anew: main() may have used getopt before */
	opterr = 0;
	/* ':' tells a missing value from an unknown option. */
	while (!ret && (c = getopt_long(argc, argv, ":h", known, NULL)) != -1) {
		switch (c) {
		case OPTION_SYNTHETIC:
			o->synthetic = optarg;
			break;
		case OPTION_ALLOWED:
			ret = set_allowed(o, optarg);
			break;
		case OPTION_WORKERS:
			ret = add_workers(o, optarg);
			break;
		case OPTION_POLICY:
			ret = add_policy(o, optarg);
			break;
		case OPTION_HELP:
		case 'h':
			o->help = true;
			return 0;
		case ':':
			one_line_format(
			    message, sizeof(message), "%.60s needs a value", argv[optind - 1]);
			ret = usage_error(NULL, message);
			break;
		default:
			ret = unknown_option(argv[optind - 1]);
		}
	}
	if (!ret && optind < argc) {
		one_line_format(message, sizeof(message),
		    "unexpected argument '%.60s'; see concbench topology --help", argv[optind]);
		ret = usage_error(NULL, message);
	}
	return ret;
}

static void add_default_workers(struct options *o, unsigned pus)
{
	const unsigned wanted[] = {2, 4, pus};

	for (size_t i = 0; i < sizeof(wanted) / sizeof(wanted[0]); i++) {
		size_t at = 0;

		while (at < o->worker_count && o->workers[at] < wanted[i])
			at++;
		if (at < o->worker_count && o->workers[at] == wanted[i])
			continue;
		memmove(&o->workers[at + 1], &o->workers[at],
		    (o->worker_count - at) * sizeof(o->workers[0]));
		o->workers[at] = wanted[i];
		o->worker_count++;
	}
}

static void add_default_policies(struct options *o)
{
	for (int kind = PLACEMENT_SAME; kind <= PLACEMENT_NONE; kind++)
		if (kind != PLACEMENT_LIST)
			o->policies[o->policy_count++] =
			    placement_policy_of((enum placement_kind)kind);
}

static int open_topology(const struct options *o, struct topology **topo)
{
	char message[256] = "";
	int ret;

	/* hwloc has messages of its own for a bad file; one line is enough, and it is ours. */
	if (setenv("HWLOC_HIDE_ERRORS", "2", 0) != 0)
		return usage_error(NULL, "out of memory");
	if (o->synthetic) {
		ret = topology_synthetic(o->synthetic, o->allowed, topo, message, sizeof(message));
		return ret ? usage_error(ret == -EINVAL ? "--synthetic" : NULL, message) : 0;
	}
	if (o->allowed && setenv("CONCBENCH_ALLOWED", o->allowed, 1) != 0)
		return usage_error(NULL, "out of memory");
	ret = topology_discover(topo, message, sizeof(message));
	return ret ? usage_error(NULL, message) : 0;
}

int cmd_topology(int argc, char **argv)
{
	struct options o = {0};
	struct topology *topo = NULL;
	bool utf8;
	int ret = parse_options(argc, argv, &o);

	if (ret)
		return ret;
	if (o.help) {
		fputs(help_text, stdout);
		goto out;
	}
	setlocale(LC_CTYPE, "");
	utf8 = topology_draw_is_utf8();
	ret = open_topology(&o, &topo);
	if (ret)
		return ret;
	if (!o.worker_count)
		add_default_workers(&o, topology_pu_count(topo));
	if (!o.policy_count)
		add_default_policies(&o);
	ret = topology_draw_tree(topo, stdout, utf8);
	fputc('\n', stdout);
	if (!ret)
		ret = placement_draw_table(
		    topo, o.policies, o.policy_count, o.workers, o.worker_count, stdout, utf8);
	topology_free(topo);
	if (ret)
		return usage_error(NULL, strerror(-ret));
out:
	if (fflush(stdout) != 0 || ferror(stdout))
		return usage_error(NULL, "cannot write the drawing");
	return 0;
}
