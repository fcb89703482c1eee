/* cmd_cell.c - `concbench cell`: what the supervisor executes for every case. Not for people. */
#include "harness/base/text.h"
#include "harness/cell/catalogue.h"
#include "harness/cell/cell.h"
#include "harness/cmd/cmd.h"
#include "harness/cmd/selection.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

struct cell_arguments {
	const char *name, *figure;
	uint64_t fd;
	uint64_t slots;
	uint64_t slot_ns;
	uint64_t seed;
	double given;
	bool counters;
	bool displacing;
	bool checking;
	bool list; /* the catalogue instead of a case */
	unsigned profile;
	struct option_list names, sets, loads, ids;
	struct selection what;
};

static int list(const struct catalogue_here *here, const struct cell_arguments *a)
{
	struct selected chosen;
	char err[400];
	int ret = selection_cases(here, &a->what, &chosen, err, sizeof(err));

	/* Nothing of it here is an empty catalogue: it is for the other side to say. */
	if (ret == -ENOMEM)
		return EXIT_USAGE;
	if (ret)
		chosen = (struct selected){.cases = {0}};
	ret =
	    catalogue_tell(&chosen.cases, chosen.figure, a->figure, a->slot_ns, (int)a->fd) ? 1 : 0;
	selected_free(&chosen);
	return ret;
}

static int serve(
    const struct catalogue_here *here, const struct topology *topo, const struct cell_arguments *a)
{
	struct bench_case bc;
	struct cell_options o = {
	    .bc = &bc,
	    .topo = topo,
	    .slots = (unsigned)a->slots,
	    .slot_ns = a->slot_ns,
	    .seed = a->seed,
	    .counters = a->counters,
	    .displacing = a->displacing,
	    .checking = a->checking,
	    .given = a->given,
	};
	char err[400];
	int ret = case_parse(&here->registry, &here->host, a->name, &bc, NULL, err, sizeof(err));

	if (!ret && bc.unsupported[0]) {
		(void)snprintf(err, sizeof(err), "%s", bc.unsupported);
		ret = -ENOTSUP;
	}
	if (ret)
		return cell_refuse((int)a->fd, ret, err);
	ret = cell_serve(&o, (int)a->fd);
	if (ret)
		/* Workers may be stuck in what failed: nothing here may wait for them. */
		_exit(ret);
	return 0;
}

static int run(void *options)
{
	struct cell_arguments *a = options;
	struct topology *topo = NULL;
	struct catalogue_here here;
	char err[600] = "";
	int ret;

	if (fcntl((int)a->fd, F_GETFD) < 0)
		return complain("cell", "started by concbench run only; to debug one case: "
					"concbench run --in-process NAME");
	if (topology_handed(&topo, err, sizeof(err)) != 0)
		return complain("cell", "%s", err);
	ret = catalogue_here_open(&here, topo, &a->what, err, sizeof(err));
	if (ret) {
		ret = a->list ? EXIT_USAGE : cell_refuse((int)a->fd, ret, err);
	} else {
		ret = a->list ? list(&here, a) : serve(&here, topo, a);
		catalogue_here_close(&here);
	}
	topology_free(topo);
	return ret;
}

static int set_given(
    void *options, const struct option_spec *s, const char *text, char *err, size_t err_len)
{
	struct cell_arguments *a = options;

	(void)s;
	return text_parse_double(text, 0, HUGE_VAL, &a->given) == 0
		   ? 0
		   : snprintf(err, err_len, "'%.40s' is not a figure", text);
}

static int finish(void *options)
{
	struct cell_arguments *a = options;

	a->what = (struct selection){.profile = (enum cb_profile)a->profile,
	    .names = a->names.item,
	    .name_count = a->names.count,
	    .sets = a->sets.item,
	    .set_count = a->sets.count,
	    .loads = a->loads.item,
	    .load_count = a->loads.count,
	    .only = a->list ? NULL : a->name,
	    .build_ids = a->ids.count ? a->ids.item : NULL};
	if (!a->fd || (a->ids.count && a->ids.count != a->loads.count) ||
	    !(a->list || (a->name && a->slots)))
		return complain("cell", "started by concbench run only; to debug one case: "
					"concbench run --in-process NAME");
	return 0;
}

#define OPTIONS struct cell_arguments
static const struct option_spec specs[] = {
    {NULL, "NAME", OPTION_LIST(names), "with --list: which"},
    {"case", "NAME", OPTION_TEXT(name), "the case"},
    {"fd", "N", OPTION_NUMBER(fd), "the supervisor's", .most = 1 << 20},
    {"slots", "N", OPTION_NUMBER(slots), "turns at most", .least = 1, .most = 1 << 20},
    {"slot-ns", "N", OPTION_NUMBER(slot_ns), "window"},
    {"seed", "N", OPTION_NUMBER(seed), "of this launch"},
    {"given", "FIGURE", OPTION_CALL, "of the case that this one depends on", .then = set_given},
    {"counters", NULL, OPTION_ON(counters), "the pass for hardware counters"},
    {"displacing", NULL, OPTION_ON(displacing), "the pass for what workers take from others"},
    {"checking", NULL, OPTION_ON(checking), "for conformance, not for figures"},
    {"load", "FILE", OPTION_LIST(loads), "kinds of a shared object"},
    {"build-id", "ID", OPTION_LIST(ids), "what it has to be"},
    {"list", NULL, OPTION_ON(list), "the catalogue instead of a case"},
    {"figure", "NAME", OPTION_TEXT(figure), "with --list: of the kinds that declare it, this one"},
    {"profile", "PROFILE", OPTION_CHOICE(profile), "of it",
	.words = (const char *const[]){"smoke", "quick", "full", "check", NULL}},
    {"set", "KEY=V", OPTION_LIST(sets), "values of it"},
    {0},
};
#undef OPTIONS

const struct command cell_command = {
    .name = "cell",
    .options = specs,
    .size = sizeof(struct cell_arguments),
    .finish = finish,
    .run = run,
};
