/* cmd_cell.c - `concbench cell`: what the supervisor executes for every case. Not for people. */
#include "harness/base/text.h"
#include "harness/cell/catalogue.h"
#include "harness/cell/cell.h"
#include "harness/cmd/cmd.h"
#include "harness/cmd/selection.h"

#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define WORDS_MAX 128

struct cell_arguments {
	const char *name;
	uint64_t fd;
	uint64_t slots;
	uint64_t slot_ns;
	uint64_t seed;
	double given;
	bool counters;
	bool list; /* the catalogue instead of a case */
	struct selection what;
	const char *sets[WORDS_MAX], *loads[WORDS_MAX], *ids[WORDS_MAX];
	size_t id_count;
};

static int add(const char **list, size_t *count)
{
	if (*count == WORDS_MAX)
		return 1;
	list[(*count)++] = optarg;
	return 0;
}

static int parse(int argc, char **argv, struct cell_arguments *a)
{
	static const struct option longs[] = {
	    {"case", required_argument, NULL, 'c'},
	    {"fd", required_argument, NULL, 'f'},
	    {"slots", required_argument, NULL, 's'},
	    {"slot-ns", required_argument, NULL, 'n'},
	    {"seed", required_argument, NULL, 'r'},
	    {"given", required_argument, NULL, 'g'},
	    {"counters", no_argument, NULL, 'C'},
	    {"load", required_argument, NULL, 'L'},
	    {"build-id", required_argument, NULL, 'i'},
	    {"list", no_argument, NULL, 'l'},
	    {"profile", required_argument, NULL, 'p'},
	    {"set", required_argument, NULL, 'S'},
	    {NULL, 0, NULL, 0},
	};
	int opt, bad = 0;

	opterr = 0;
	optind = 1;
	while ((opt = getopt_long(argc, argv, "+", longs, NULL)) != -1) {
		switch (opt) {
		case 'c':
			a->name = optarg;
			break;
		case 'f':
			bad |= text_parse_u64(optarg, 0, 1 << 20, &a->fd);
			break;
		case 's':
			bad |= text_parse_u64(optarg, 1, 1 << 20, &a->slots);
			break;
		case 'n':
			bad |= text_parse_u64(optarg, 0, INT64_MAX, &a->slot_ns);
			break;
		case 'r':
			bad |= text_parse_u64(optarg, 0, UINT64_MAX, &a->seed);
			break;
		case 'g':
			bad |= text_parse_double(optarg, 0, HUGE_VAL, &a->given);
			break;
		case 'C':
			a->counters = true;
			break;
		case 'L':
			bad |= add(a->loads, &a->what.load_count);
			break;
		case 'i':
			bad |= add(a->ids, &a->id_count);
			break;
		case 'l':
			a->list = true;
			break;
		case 'p':
			bad |= profile_from_name(optarg, &a->what.profile);
			break;
		case 'S':
			bad |= add(a->sets, &a->what.set_count);
			break;
		default:
			bad = 1;
		}
	}
	a->what.sets = a->sets;
	a->what.loads = a->loads;
	a->what.build_ids = a->id_count ? a->ids : NULL;
	a->what.names = (const char *const *)(argv + optind);
	a->what.name_count = (size_t)(argc - optind);
	if (bad || !a->fd || (a->id_count && a->id_count != a->what.load_count))
		return EXIT_USAGE;
	return a->list || (a->name && a->slots && !a->what.name_count) ? 0 : EXIT_USAGE;
}

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
	ret = catalogue_tell(&chosen.cases, a->slot_ns, (int)a->fd) ? 1 : 0;
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

int cmd_cell(int argc, char **argv)
{
	struct cell_arguments a = {.what = {.profile = CB_QUICK}};
	struct topology *topo = NULL;
	struct catalogue_here here;
	char err[600] = "";
	int ret;

	if (parse(argc, argv, &a) || fcntl((int)a.fd, F_GETFD) < 0) {
		(void)fprintf(stderr, "concbench cell: started by concbench run only; to debug one "
				      "case: concbench run --in-process NAME\n");
		return EXIT_USAGE;
	}
	if (topology_discover(&topo, err, sizeof(err)) != 0) {
		(void)fprintf(stderr, "concbench cell: %s\n", err);
		return EXIT_USAGE;
	}
	ret = catalogue_here_open(&here, topo, &a.what, err, sizeof(err));
	if (ret) {
		ret = a.list ? EXIT_USAGE : cell_refuse((int)a.fd, ret, err);
	} else {
		ret = a.list ? list(&here, &a) : serve(&here, topo, &a);
		catalogue_here_close(&here);
	}
	topology_free(topo);
	return ret;
}
