/* cmd_cell.c - `concbench cell`: what the supervisor executes for every case. Not for people. */
#include "harness/base/text.h"
#include "harness/cell/catalogue.h"
#include "harness/cell/cell.h"
#include "harness/cmd/cmd.h"
#include "harness/cmd/run_options.h"
#include "harness/machine/build_info.h"
#include "harness/work/machine.h"

#include <fcntl.h>
#include <getopt.h>
#include <stdlib.h>
#include <unistd.h>

struct cell_arguments {
	const char *name;
	enum profile profile;
	uint64_t fd;
	uint64_t slots;
	uint64_t slot_ns;
	uint64_t seed;
	bool counters;
	bool list; /* the catalogue instead of a case */
	unsigned workers[RUN_WORKERS_MAX];
	unsigned worker_counts;
	struct placement_policy place;
	bool place_given;
};

static int parse(int argc, char **argv, struct cell_arguments *a)
{
	static const struct option longs[] = {
	    {"case", required_argument, NULL, 'c'},
	    {"profile", required_argument, NULL, 'p'},
	    {"fd", required_argument, NULL, 'f'},
	    {"slots", required_argument, NULL, 's'},
	    {"slot-ns", required_argument, NULL, 'n'},
	    {"seed", required_argument, NULL, 'r'},
	    {"counters", no_argument, NULL, 'C'},
	    {"list", no_argument, NULL, 'l'},
	    {"workers", required_argument, NULL, 'w'},
	    {"place", required_argument, NULL, 'P'},
	    {NULL, 0, NULL, 0},
	};
	char err[200];
	int opt, bad = 0;

	opterr = 0;
	optind = 1;
	while ((opt = getopt_long(argc, argv, "+", longs, NULL)) != -1) {
		switch (opt) {
		case 'c':
			a->name = optarg;
			break;
		case 'p':
			bad |= profile_from_name(optarg, &a->profile);
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
		case 'C':
			a->counters = true;
			break;
		case 'l':
			a->list = true;
			break;
		case 'w':
			a->worker_counts =
			    run_options_workers(optarg, a->workers, err, sizeof(err));
			bad |= a->worker_counts == 0;
			break;
		case 'P':
			a->place_given = true;
			bad |= placement_parse(optarg, &a->place, err, sizeof(err));
			break;
		default:
			bad = 1;
		}
	}
	if (bad || optind < argc || !a->fd)
		return EXIT_USAGE;
	return a->list || (a->name && a->slots) ? 0 : EXIT_USAGE;
}

int cmd_cell(int argc, char **argv)
{
	struct cell_arguments a = {.profile = PROFILE_QUICK};
	struct topology *topo = NULL;
	struct case_list cases = {0};
	struct machine machine;
	char err[200] = "";
	struct cell_options o;
	int ret;

	if (parse(argc, argv, &a) || fcntl((int)a.fd, F_GETFD) < 0) {
		(void)fprintf(stderr, "concbench cell: started by concbench run only; to debug one "
				      "case: concbench run "
				      "--in-process --filter NAME\n");
		return EXIT_USAGE;
	}
	if (topology_discover(&topo, err, sizeof(err)) != 0) {
		(void)fprintf(stderr, "concbench cell: %s\n", err);
		return EXIT_USAGE;
	}
	machine_describe(&machine, topo, a.profile);
	machine.workers = a.workers;
	machine.worker_counts = a.worker_counts;
	machine.place = a.place_given ? &a.place : NULL;
	ret = case_list_all(&cases, &machine);
	if (!ret && a.list) {
		ret = catalogue_tell(&cases, a.slot_ns, topology_pu_count(topo), (int)a.fd) ? 1 : 0;
		goto out;
	}
	o = (struct cell_options){
	    .bc = ret ? NULL : case_find(&cases, a.name),
	    .topo = topo,
	    .slots = (unsigned)a.slots,
	    .slot_ns = a.slot_ns,
	    .seed = a.seed,
	    .counters = a.counters,
	};
	if (!o.bc || !o.bc->workload) {
		(void)fprintf(stderr, "concbench cell: no case %s here\n", a.name);
		ret = EXIT_USAGE;
	} else {
		ret = cell_serve(&o, (int)a.fd);
		if (ret)
			/* Workers may be stuck in what failed: nothing here may wait for them. */
			_exit(ret);
	}
out:
	case_list_free(&cases);
	topology_free(topo);
	return ret;
}
