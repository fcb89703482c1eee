/*
 * concbench topology - draw the machine, and where each placement policy would put workers.
 */
#include "harness/base/text.h"
#include "harness/cmd/cmd.h"
#include "harness/machine/placement_draw.h"
#include "harness/machine/pu_list.h"
#include "harness/machine/topology_draw.h"

#include <errno.h>
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define WORKERS_MAX 65536
/* Of --workers and --policy each; more rows than a screen has are no help to anybody. */
#define REPEATS_MAX 64

struct options {
	const char *synthetic;
	const char *allowed;
	struct option_list workers_typed, policies_typed;
	unsigned workers[REPEATS_MAX];
	size_t worker_count;
	struct placement_policy policies[REPEATS_MAX];
	size_t policy_count;
};

static int usage_error(const char *option, const char *message)
{
	return complain("topology", "%s%s%s", option ? option : "", option ? ": " : "", message);
}

static int add_workers(
    void *options, const struct option_spec *s, const char *text, char *err, size_t err_len)
{
	struct options *o = options;
	uint64_t n;

	(void)s;
	if (text_parse_u64(text, 1, WORKERS_MAX, &n) != 0)
		return snprintf(err, err_len, "'%.40s' is not a number of workers from 1 to %d",
		    text, WORKERS_MAX);
	o->workers[o->worker_count++] = (unsigned)n;
	return 0;
}

static int add_policy(
    void *options, const struct option_spec *s, const char *text, char *err, size_t err_len)
{
	struct options *o = options;

	(void)s;
	return placement_parse(text, &o->policies[o->policy_count++], err, err_len);
}

static int check_allowed(
    void *options, const struct option_spec *s, const char *text, char *err, size_t err_len)
{
	unsigned *pus = NULL;
	size_t count = 0;
	int ret;

	(void)options;
	(void)s;
	/* Read here only to name the option in the message; the topology reads it again. */
	ret = pu_list_parse(text, PU_LIST_INDEX_MAX + 1, &pus, &count, err, err_len);
	if (ret && ret != -EINVAL)
		(void)snprintf(err, err_len, "%s", strerror(-ret));
	if (!ret)
		free(pus);
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
		if (kind != PLACEMENT_LIST && kind != PLACEMENT_PAIR)
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
	ret = topology_any(topo, message, sizeof(message));
	return ret ? usage_error(NULL, message) : 0;
}

static int topology(void *options)
{
	struct options *o = options;
	struct topology *topo = NULL;
	bool utf8;
	int ret;

	setlocale(LC_CTYPE, "");
	utf8 = topology_draw_is_utf8();
	ret = open_topology(o, &topo);
	if (ret)
		return ret;
	if (!o->worker_count)
		add_default_workers(o, topology_pu_count(topo));
	if (!o->policy_count)
		add_default_policies(o);
	ret = topology_draw_tree(topo, stdout, utf8);
	fputc('\n', stdout);
	if (!ret)
		ret = placement_draw_table(
		    topo, o->policies, o->policy_count, o->workers, o->worker_count, stdout, utf8);
	topology_free(topo);
	if (ret)
		return usage_error(NULL, strerror(-ret));
	return fflush(stdout) != 0 || ferror(stdout) ? usage_error(NULL, "cannot write the drawing")
						     : 0;
}

/* Empty values are let through (.or_nothing): their readers say what is accepted. */
#define OPTIONS struct options
static const struct option_spec specs[] = {
    {"synthetic", "MACHINE", OPTION_TEXT(synthetic),
	"draw a made-up machine, in hwloc's words: 'pack:2 numa:1 l3:1 core:4 pu:2'",
	.or_nothing = true},
    {"allowed", "LIST", OPTION_TEXT(allowed),
	"PUs that may be used, such as 0-3,8 (instead of $CONCBENCH_ALLOWED)", .or_nothing = true,
	.then = check_allowed},
    {"workers", "N", OPTION_LIST(workers_typed),
	"plan for N workers; may be repeated (default: 2, 4, the usable PUs)", .most = REPEATS_MAX,
	.or_nothing = true, .then = add_workers},
    {"policy", "POLICY", OPTION_LIST(policies_typed),
	"plan this policy; may be repeated (default: all that need no list)", .most = REPEATS_MAX,
	.or_nothing = true, .then = add_policy},
    {0},
};
#undef OPTIONS

const struct command topology_command = {
    .name = "topology",
    .what = "show the machine and where each placement puts workers",
    .about =
	"Draw the machine (packages, NUMA nodes, caches, cores, PUs; which PUs may be used here) "
	"and "
	"where each placement policy would put workers.\n\n"
	"Policies: same (all on one PU), smt (siblings of one core, core after core), compact "
	"(fill a "
	"core, then the next of the same cache, then the next cache), scatter (one a core, spread "
	"over "
	"packages, NUMA nodes and caches; siblings last), llc (different cores that share one "
	"last-level cache), cross (neighbours in different packages, or else NUMA nodes), "
	"list:0,2-3 "
	"(the PUs named, in that order), none (unbound: the kernel decides). More workers than PUs "
	"start again from the first and are marked oversubscribed.",
    .status = "0; 2 for usage, or a machine that cannot be read",
    .options = specs,
    .size = sizeof(struct options),
    .run = topology,
};
