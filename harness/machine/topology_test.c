#include "harness/machine/topology.h"

#include "harness/machine/placement_fixture.h"
#include "harness/machine/topology_tree.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <dirent.h>
#include <errno.h>
#include <hwloc.h>
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

static struct topology *machine(const char *description, const char *allowed)
{
	struct topology *topo = NULL;
	char err[200] = "";

	if (topology_synthetic(description, allowed, &topo, err, sizeof(err)) != 0)
		fail_msg("%s: %s", description, err);
	return topo;
}

static struct topology *seen_by(int (*look)(struct topology **out, char *err, size_t err_len))
{
	struct topology *topo = NULL;
	char err[200] = "";

	if (look(&topo, err, sizeof(err)) != 0)
		fail_msg("%s", err);
	return topo;
}

static struct topology *discover(void)
{
	return seen_by(topology_discover);
}

/* ---- a folder of its own for each test that writes ---- */

static char folder[64];

static int make_folder(void **state)
{
	(void)state;
	strcpy(folder, P_tmpdir "/topology_test.XXXXXX");
	return mkdtemp(folder) ? 0 : -1;
}

static unsigned files_in_folder(void)
{
	unsigned count = 0;
	DIR *dir = opendir(folder);

	assert_non_null(dir);
	for (struct dirent *entry; (entry = readdir(dir));)
		count += entry->d_name[0] != '.';
	closedir(dir);
	return count;
}

static const char *in_folder(const char *name)
{
	static char path[128];

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	return path;
}

static int drop_folder(void **state)
{
	(void)state;
	unsetenv("HWLOC_XMLFILE");
	unsetenv("HWLOC_THISSYSTEM");
	unsetenv("CONCBENCH_TOPOLOGY");
	unsetenv("CONCBENCH_ALLOWED");
	unlink(in_folder("topology.xml"));
	return rmdir(folder);
}

static void write_text(const char *path, const char *text)
{
	FILE *to = fopen(path, "w");

	assert_non_null(to);
	assert_true(fputs(text, to) >= 0);
	assert_int_equal(fclose(to), 0);
}

/* ---- made-up machines ---- */

static void reads_synthetic_machines(void **state)
{
	static const struct {
		const char *description, *allowed;
		unsigned pus, cores, last_llc, last_numa, last_package;
		const char *allowed_list, *summary;
	} cases[] = {
	    {"pack:1 l3:1 core:1 pu:1", NULL, 1, 1, 0, 0, 0, "0",
		"1 package, 1 NUMA node, 1 core, 1 PU (1 usable)"},
	    {"core:2 pu:1", NULL, 2, 2, 1, 0, 0, "0-1", "1 NUMA node, 2 cores, 2 PUs (2 usable)"},
	    {"pack:1 l3:1 core:4 pu:2(indexes=0,4,1,5,2,6,3,7)", NULL, 8, 4, 0, 0, 0, "0-7",
		"1 package, 1 NUMA node, 4 cores, 8 PUs (8 usable)"},
	    {"pack:2 numa:2 l3:1 core:2 pu:2", NULL, 16, 8, 3, 3, 1, "0-15",
		"2 packages, 4 NUMA nodes, 8 cores, 16 PUs (16 usable)"},
	    {"pack:2 numa:1 l3:8 core:8 pu:2", NULL, 256, 128, 15, 1, 1, "0-255",
		"2 packages, 2 NUMA nodes, 128 cores, 256 PUs (256 usable)"},
	    /* Numbers are dense over what is usable; beyond the machine nothing is lost. */
	    {"pack:2 numa:2 l3:1 core:2 pu:2", "3,14-99", 3, 2, 1, 1, 1, "3,14-15",
		"2 packages, 4 NUMA nodes, 8 cores, 16 PUs (3 usable)"},
	    {"pack:2 numa:2 l3:1 core:2 pu:2", "15", 1, 1, 0, 0, 0, "15",
		"2 packages, 4 NUMA nodes, 8 cores, 16 PUs (1 usable)"},
	    /* Every second level unknown: the core stands in for its cache and for itself. */
	    {"pu:4", NULL, 4, 4, 3, 0, 0, "0-3", "1 NUMA node, 4 cores, 4 PUs (4 usable)"},
	    {"core:2 numa:1 pu:2", NULL, 4, 2, 1, 1, 0, "0-3",
		"2 NUMA nodes, 2 cores, 4 PUs (4 usable)"},
	    /* The last level counts, not the first that is shared. */
	    {"pack:1 l3:2 l2:2 core:2 pu:1", NULL, 8, 8, 1, 0, 0, "0-7",
		"1 package, 1 NUMA node, 8 cores, 8 PUs (8 usable)"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct topology *topo = machine(cases[i].description, cases[i].allowed);
		const struct topology_pu *last = topology_pu(topo, cases[i].pus - 1);

		assert_int_equal(topology_pu_count(topo), cases[i].pus);
		assert_null(topology_pu(topo, cases[i].pus));
		assert_int_equal(topology_core_count(topo), cases[i].cores);
		assert_int_equal(last->core_id, cases[i].cores - 1);
		assert_int_equal(last->llc_id, cases[i].last_llc);
		assert_int_equal(last->numa_id, cases[i].last_numa);
		assert_int_equal(last->package_id, cases[i].last_package);
		assert_string_equal(topology_allowed_list(topo), cases[i].allowed_list);
		assert_string_equal(topology_summary(topo), cases[i].summary);
		assert_string_equal(topology_offline_list(topo), "");
		assert_int_equal(topology_tree_count(topology_root(topo), TOPOLOGY_CORE) == 0, 0);
		topology_free(topo);
	}
	topology_free(NULL);
}

static void ranks_siblings_among_the_usable(void **state)
{
	/* Core 0 whole, core 1 by its second sibling only. */
	struct topology *topo = machine("pack:1 core:2 pu:2(indexes=0,2,1,3)", "0,2,3");
	static const struct topology_pu expected[] = {
	    {.os_index = 0, .core_id = 0, .smt_rank = 0, .llc_id = 0},
	    {.os_index = 2, .core_id = 0, .smt_rank = 1, .llc_id = 0},
	    {.os_index = 3, .core_id = 1, .smt_rank = 0, .llc_id = 1},
	};

	(void)state;
	for (unsigned i = 0; i < 3; i++)
		assert_memory_equal(topology_pu(topo, i), &expected[i], sizeof(expected[i]));
	assert_string_equal(topology_limits(topo), "allowed 0,2-3");
	topology_free(topo);
}

static void synthetic_machines_refuse_binding(void **state)
{
	struct topology *topo;

	(void)state;
	/* What the supervisor sets for its cells must not make a made-up machine this one. */
	setenv("HWLOC_THISSYSTEM", "1", 1);
	topo = machine("core:1 pu:1", NULL);
	unsetenv("HWLOC_THISSYSTEM");
	assert_false(topology_is_real(topo));
	assert_int_equal(topology_bind_self(topo, 0), -ENOTSUP);
	topology_free(topo);
}

static void refuses_bad_machines(void **state)
{
	static const struct {
		const char *description, *allowed;
		int error;
		const char *message;
	} cases[] = {
	    {"", NULL, -EINVAL, "not an hwloc synthetic description"},
	    {"foo", NULL, -EINVAL, "'foo' is not an hwloc synthetic description"},
	    {"core:0 pu:1", NULL, -EINVAL, "synthetic"},
	    {"core:1\n", NULL, -EINVAL, "synthetic"},
	    {"core:2 pu:1", "", -EINVAL, "allowed: '' is not a list"},
	    {"core:2 pu:1", "0;1", -EINVAL, "allowed: '0;1' is not a list"},
	    {"core:2 pu:1", "1-0", -EINVAL, "runs backwards"},
	    {"core:2 pu:1", "2-9", -ENODEV, "no PU of 0-1 is left to use: allowed none"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct topology *topo = NULL;
		char err[200] = "";

		assert_int_equal(topology_synthetic(cases[i].description, cases[i].allowed, &topo,
				     err, sizeof(err)),
		    cases[i].error);
		assert_null(topo);
		if (!strstr(err, cases[i].message) || strchr(err, '\n'))
			fail_msg("case %zu gave: %s", i, err);
		assert_int_equal(
		    topology_synthetic(cases[i].description, cases[i].allowed, &topo, NULL, 0),
		    cases[i].error);
	}
}

static void fingerprints_tell_machines_apart(void **state)
{
	/* All different, but for the last: the same as the first in other words. */
	static const struct {
		const char *description, *allowed;
	} cases[] = {
	    {"pack:1 l3:1 core:4 pu:2", NULL},
	    {"pack:1 l3:1 core:4 pu:2", "0-6"},
	    {"pack:1 l3:1 core:4 pu:2", "1-7"},
	    {"pack:1 l3:1(size=1000000) core:4 pu:2", NULL},
	    {"pack:1 l3:2 core:2 pu:2", NULL},
	    {"pack:2 l3:1 core:2 pu:2", NULL},
	    {"pack:1 l3:1 core:8 pu:1", NULL},
	    {"pack:1 l3:1 core:4 pu:2(indexes=0,4,1,5,2,6,3,7)", NULL},
	    {"pack:1 numa:2 l3:1 core:2 pu:2", NULL},
	    {"pack:1 l3:1 core:4 pu:2", "0-7"},
	};
	const size_t count = sizeof(cases) / sizeof(cases[0]);
	struct topology *topos[sizeof(cases) / sizeof(cases[0])];

	(void)state;
	for (size_t i = 0; i < count; i++) {
		topos[i] = machine(cases[i].description, cases[i].allowed);
		assert_int_equal(strlen(topology_fingerprint(topos[i])), 16);
		assert_int_equal(strspn(topology_fingerprint(topos[i]), "0123456789abcdef"), 16);
		for (size_t j = 0; j < i; j++) {
			bool same = i == count - 1 && j == 0;

			if (!strcmp(topology_fingerprint(topos[i]),
				topology_fingerprint(topos[j])) != same)
				fail_msg("cases %zu and %zu", i, j);
		}
	}
	for (size_t i = 0; i < count; i++)
		topology_free(topos[i]);
}

/* ---- XML ---- */

static void the_xml_of_this_machine_gives_it_back(void **state)
{
	struct topology *topo = discover(), *again;

	(void)state;
	assert_true(topology_is_real(topo));
	assert_int_equal(topology_write_xml(topo, in_folder("topology.xml")), 0);
	assert_int_equal(files_in_folder(), 1);

	assert_int_equal(
	    topology_hand_over(in_folder("topology.xml"), topology_allowed_list(topo)), 0);
	again = seen_by(topology_handed);
	assert_true(topology_is_real(again));
	assert_string_equal(topology_fingerprint(again), topology_fingerprint(topo));
	assert_string_equal(topology_allowed_list(again), topology_allowed_list(topo));
	assert_string_equal(topology_summary(again), topology_summary(topo));
	topology_free(again);

	/* Usual on clusters, and right: with hwloc's word for it and without. */
	unsetenv("CONCBENCH_TOPOLOGY");
	setenv("HWLOC_XMLFILE", in_folder("topology.xml"), 1);
	for (int i = 0; i < 2; i++) {
		again = discover();
		assert_true(topology_is_real(again));
		assert_string_equal(topology_fingerprint(again), topology_fingerprint(topo));
		topology_free(again);
		setenv("HWLOC_THISSYSTEM", "1", 1);
	}
	topology_free(topo);
}

static void a_foreign_machine_is_not_cut_to_our_affinity(void **state)
{
	struct topology *topo = machine("pack:2 l3:1 core:64 pu:2", NULL), *again;

	(void)state;
	assert_int_equal(topology_write_xml(topo, in_folder("topology.xml")), 0);
	setenv("HWLOC_XMLFILE", in_folder("topology.xml"), 1);
	again = seen_by(topology_any);
	assert_false(topology_is_real(again));
	assert_string_equal(topology_origin(again), "HWLOC_XMLFILE");
	assert_int_equal(topology_bind_self(again, topology_pu(again, 0)->os_index), -ENOTSUP);
	assert_int_equal(topology_pu_count(again), 256);
	assert_string_equal(topology_fingerprint(again), topology_fingerprint(topo));
	topology_free(again);
	topology_free(topo);
}

/* Put another value in place of an attribute's first one. */
static void edit_attribute(char **text, const char *name, const char *value)
{
	char *start = strstr(*text, name), *end, *edited;

	assert_non_null(start);
	start += strlen(name);
	end = strchr(start, '"');
	assert_non_null(end);
	assert_true(asprintf(&edited, "%.*s%s%s", (int)(start - *text), *text, value, end) > 0);
	free(*text);
	*text = edited;
}

static void offline_and_disallowed_pus_are_told(void **state)
{
	struct topology *topo = machine("pack:1 l3:1 core:4 pu:2", NULL);
	char *text = calloc(1, 65536);
	FILE *from;

	(void)state;
	assert_non_null(text);
	assert_int_equal(topology_write_xml(topo, in_folder("topology.xml")), 0);
	topology_free(topo);
	from = fopen(in_folder("topology.xml"), "r");
	assert_non_null(from);
	assert_true(fread(text, 1, 65535, from) > 0);
	fclose(from);
	edit_attribute(&text, "complete_cpuset=\"", "0x00000dff");
	edit_attribute(&text, "allowed_cpuset=\"", "0x000000fc");
	write_text(in_folder("topology.xml"), text);
	free(text);
	setenv("HWLOC_XMLFILE", in_folder("topology.xml"), 1);
	setenv("CONCBENCH_ALLOWED", "0-5", 1);
	topo = seen_by(topology_any);
	assert_string_equal(topology_offline_list(topo), "8,10-11");
	assert_string_equal(topology_allowed_list(topo), "2-5");
	assert_string_equal(topology_limits(topo), "cpuset 2-7, CONCBENCH_ALLOWED 0-5");
	assert_string_equal(
	    topology_summary(topo), "1 package, 1 NUMA node, 4 cores, 8 PUs (4 usable)");
	topology_free(topo);
}

/* Two efficiency cores first, as no promise says that they come last. */
static void kinds_of_cores_are_seen(void **state)
{
	static const char *const kinds =
	    "<cpukind cpuset=\"0x0000000f\" forced_efficiency=\"0\"/>\n"
	    "<cpukind cpuset=\"0x000000f0\" forced_efficiency=\"1\"/>\n";
	static const struct {
		const char *policy;
		unsigned workers;
		const char *pus;
		bool mixed;
	} plans[] = {
	    {"same", 1, "4", false},
	    {"compact", 4, "4,5,6,7", false},
	    {"compact", 5, "4,5,6,7,0", true},
	    {"scatter", 2, "4,6", false},
	    {"scatter", 4, "4,6,0,2", true},
	    {"smt", 2, "4,5", false},
	    {"llc", 2, "4,6", false},
	    {"list:0,4", 2, "0,4", true},
	    {"none", 2, "-,-", false},
	};
	struct topology *plain = machine("pack:1 l3:1 core:4 pu:2", NULL), *topo, *alike;
	char *text = calloc(1, 65536), *at, *with, err[200];
	FILE *from;

	(void)state;
	assert_int_equal(topology_write_xml(plain, in_folder("topology.xml")), 0);
	setenv("HWLOC_XMLFILE", in_folder("topology.xml"), 1);
	alike = seen_by(topology_any);
	from = fopen(in_folder("topology.xml"), "r");
	assert_non_null(from);
	assert_true(fread(text, 1, 65535, from) > 0);
	fclose(from);
	at = strstr(text, "</topology>");
	assert_non_null(at);
	assert_true(asprintf(&with, "%.*s%s%s", (int)(at - text), text, kinds, at) > 0);
	write_text(in_folder("topology.xml"), with);
	topo = seen_by(topology_any);
	assert_string_equal(topology_summary(topo),
	    "1 package, 1 NUMA node, 4 cores (2 performance, 2 efficiency), 8 PUs (8 usable)");
	/* Another machine than one whose cores are alike, which is called what it was. */
	assert_string_equal(topology_fingerprint(alike), topology_fingerprint(plain));
	assert_string_not_equal(topology_fingerprint(topo), topology_fingerprint(alike));
	assert_int_equal(topology_pu(topo, 0)->os_index, 4);
	assert_int_equal(topology_pu(topo, 0)->core_kind, 1);
	assert_int_equal(topology_pu(topo, 7)->core_kind, 0);
	for (size_t i = 0; i < sizeof(plans) / sizeof(plans[0]); i++) {
		struct placement_policy policy;
		struct placement p;
		char pus[40];

		assert_int_equal(placement_parse(plans[i].policy, &policy, err, sizeof(err)), 0);
		assert_int_equal(
		    placement_plan(topo, &policy, plans[i].workers, &p, err, sizeof(err)), 0);
		assert_string_equal(placement_format(&p, pus, sizeof(pus)), plans[i].pus);
		assert_int_equal(p.mixed_cores, plans[i].mixed);
		placement_free(&p);
	}
	free(with);
	free(text);
	topology_free(topo);
	topology_free(alike);
	topology_free(plain);
}

static void refuses_bad_xml(void **state)
{
	static const char *const texts[] = {"", "<foo", "not XML at all\n",
	    "<?xml version=\"1.0\"?>\n<topology version=\"2.0\"></topology>\n",
	    "<?xml version=\"1.0\"?>\n<topology version=\"2.0\"><object cpuset=\"0x1\">"};
	struct topology *topo = NULL;
	char err[300];

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		write_text(in_folder("topology.xml"), texts[i]);
		setenv("HWLOC_XMLFILE", in_folder("topology.xml"), 1);
		*err = '\0';
		assert_int_equal(topology_any(&topo, err, sizeof(err)), -EINVAL);
		assert_null(topo);
		if (strncmp(err, "HWLOC_XMLFILE: ", 15) != 0 || strchr(err, '\n'))
			fail_msg("text %zu gave: %s", i, err);
	}
	/* And not, as hwloc would, the real machine instead. */
	setenv("HWLOC_XMLFILE", in_folder("missing.xml"), 1);
	assert_int_equal(topology_any(&topo, err, sizeof(err)), -EINVAL);
	assert_non_null(strstr(err, "missing.xml': No such file"));
	assert_int_equal(topology_any(&topo, NULL, 0), -EINVAL);
	assert_null(topo);
}

static void refuses_bad_allowed_lists(void **state)
{
	static const struct {
		const char *list;
		int error;
		const char *message;
	} cases[] = {
	    {"", -EINVAL, "CONCBENCH_ALLOWED: '' is not a list of PUs"},
	    {"all", -EINVAL, "CONCBENCH_ALLOWED: 'all' is not a list of PUs"},
	    {"0-", -EINVAL, "no number"},
	    {"1-0", -EINVAL, "runs backwards"},
	    {"65535", -ENODEV, "is left to use"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct topology *topo = NULL;
		char err[200] = "";

		setenv("CONCBENCH_ALLOWED", cases[i].list, 1);
		assert_int_equal(topology_any(&topo, err, sizeof(err)), cases[i].error);
		assert_null(topo);
		if (!strstr(err, cases[i].message))
			fail_msg("'%s' gave: %s", cases[i].list, err);
	}
}

static void xml_is_written_whole_or_not_at_all(void **state)
{
	struct topology *topo = machine("core:2 pu:1", NULL);

	(void)state;
	assert_int_equal(topology_write_xml(topo, in_folder("no/such.xml")), -ENOENT);
	/* A folder cannot be replaced by a file: the attempt must leave nothing behind. */
	assert_int_not_equal(topology_write_xml(topo, folder), 0);
	assert_int_equal(files_in_folder(), 0);
	/* An old file is replaced. */
	write_text(in_folder("topology.xml"), "old");
	assert_int_equal(topology_write_xml(topo, in_folder("topology.xml")), 0);
	assert_int_equal(files_in_folder(), 1);
	setenv("HWLOC_XMLFILE", in_folder("topology.xml"), 1);
	topology_free(topo);
	topo = seen_by(topology_any);
	assert_int_equal(topology_pu_count(topo), 2);
	topology_free(topo);
}

/* ---- whose machine is measured ---- */

static void another_machine_is_refused_by_name(void **state)
{
	static const struct {
		const char *set[2][2], *named;
	} cases[] = {
	    {{{"HWLOC_SYNTHETIC", "pack:2 core:64 pu:1"}}, "HWLOC_SYNTHETIC is of another machine"},
	    /* Whatever hwloc is told to believe. */
	    {{{"HWLOC_SYNTHETIC", "pack:2 core:64 pu:1"}, {"HWLOC_THISSYSTEM", "1"}},
		"HWLOC_SYNTHETIC is of another machine"},
	    {{{"HWLOC_XMLFILE", "topology.xml"}, {"HWLOC_SYNTHETIC", "pu:1"}},
		"HWLOC_XMLFILE is of another machine"},
	    {{{"HWLOC_XMLFILE", "topology.xml"}, {"HWLOC_THISSYSTEM", "1"}},
		"HWLOC_XMLFILE is of another machine"},
	};
	struct topology *topo = machine("pack:2 core:64 pu:1", NULL);

	(void)state;
	assert_int_equal(topology_write_xml(topo, in_folder("topology.xml")), 0);
	topology_free(topo);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char err[300] = "";

		for (unsigned k = 0; k < 2 && cases[i].set[k][0]; k++)
			setenv(cases[i].set[k][0],
			    strcmp(cases[i].set[k][1], "topology.xml") == 0
				? in_folder("topology.xml")
				: cases[i].set[k][1],
			    1);
		topo = NULL;
		assert_int_equal(topology_discover(&topo, err, sizeof(err)), -EINVAL);
		assert_null(topo);
		if (strncmp(err, cases[i].named, strlen(cases[i].named)) != 0 || strchr(err, '\n'))
			fail_msg("case %zu gave: %s", i, err);
		/* A cell is told by its supervisor only. */
		topo = seen_by(topology_handed);
		assert_true(topology_is_real(topo));
		assert_string_equal(topology_origin(topo), "");
		topology_free(topo);
		unsetenv("HWLOC_SYNTHETIC");
		unsetenv("HWLOC_XMLFILE");
		unsetenv("HWLOC_THISSYSTEM");
	}
}

/* What says nothing of the machine refuses nothing. */
static void other_variables_change_nothing(void **state)
{
	struct topology *topo = discover(), *again;

	(void)state;
	setenv("HWLOC_THISSYSTEM", "0", 1);
	setenv("HWLOC_XMLFILE", "", 1);
	setenv("HWLOC_PLUGINS_PATH", "/nowhere", 1);
	again = discover();
	unsetenv("HWLOC_PLUGINS_PATH");
	assert_true(topology_is_real(again));
	assert_string_equal(topology_fingerprint(again), topology_fingerprint(topo));
	topology_free(again);
	topology_free(topo);
}

/* Calls that reach libc by these names end up here, hwloc's too. */
static cpu_set_t inherited;
static unsigned outside; /* bindings to what is not among the inherited */

int sched_setaffinity(pid_t pid, size_t size, const cpu_set_t *set)
{
	for (size_t i = 0; i < CPU_SETSIZE && i < 8 * size; i++)
		if (CPU_ISSET_S(i, size, set) && !CPU_ISSET(i, &inherited)) {
			outside++;
			break;
		}
	return (int)syscall(SYS_sched_setaffinity, pid, size, set);
}

int pthread_setaffinity_np(pthread_t thread, size_t size, const cpu_set_t *set)
{
	(void)thread;
	return sched_setaffinity(0, size, set);
}

/* As under `taskset -c`. Putting the mask back is not enough: the thread has been elsewhere. */
static void looking_stays_inside_the_affinity(void **state)
{
	static const char *const components[] = {NULL, "x86", "x86,linux"};
	cpu_set_t all;
	hwloc_topology_t bare;
	size_t last = 0;

	(void)state;
	assert_int_equal(sched_getaffinity(0, sizeof(all), &all), 0);
	if (CPU_COUNT(&all) < 2)
		skip();
	for (size_t i = 0; i < CPU_SETSIZE; i++)
		last = CPU_ISSET(i, &all) ? i : last;
	outside = 0; /* what other tests have looked at before */
	CPU_ZERO(&inherited);
	CPU_SET(last, &inherited);
	assert_int_equal(sched_setaffinity(0, sizeof(inherited), &inherited), 0);
	for (size_t i = 0; i < sizeof(components) / sizeof(components[0]); i++) {
		if (components[i])
			setenv("HWLOC_COMPONENTS", components[i], 1);
		for (int k = 0; k < 2; k++) {
			struct topology *topo = NULL;
			char err[300];

			/* That hwloc then sees another machine is not the question here. */
			(void)(k ? topology_any : topology_discover)(&topo, err, sizeof(err));
			topology_free(topo);
		}
		assert_int_equal(outside, 0);
	}
	unsetenv("HWLOC_COMPONENTS");
#if defined(__x86_64__)
	/* Would it have been seen? hwloc left alone looks from everywhere. */
	assert_int_equal(hwloc_topology_init(&bare), 0);
	assert_int_equal(hwloc_topology_load(bare), 0);
	hwloc_topology_destroy(bare);
	assert_true(outside > 0);
#else
	(void)bare;
#endif
	CPU_ZERO(&inherited);
	assert_int_equal(sched_setaffinity(0, sizeof(all), &all), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(reads_synthetic_machines),
	    cmocka_unit_test(ranks_siblings_among_the_usable),
	    cmocka_unit_test(synthetic_machines_refuse_binding),
	    cmocka_unit_test(refuses_bad_machines),
	    cmocka_unit_test(fingerprints_tell_machines_apart),
	    cmocka_unit_test_setup_teardown(
		the_xml_of_this_machine_gives_it_back, make_folder, drop_folder),
	    cmocka_unit_test_setup_teardown(
		a_foreign_machine_is_not_cut_to_our_affinity, make_folder, drop_folder),
	    cmocka_unit_test_setup_teardown(
		offline_and_disallowed_pus_are_told, make_folder, drop_folder),
	    cmocka_unit_test_setup_teardown(kinds_of_cores_are_seen, make_folder, drop_folder),
	    cmocka_unit_test_setup_teardown(refuses_bad_xml, make_folder, drop_folder),
	    cmocka_unit_test_setup_teardown(refuses_bad_allowed_lists, make_folder, drop_folder),
	    cmocka_unit_test_setup_teardown(
		xml_is_written_whole_or_not_at_all, make_folder, drop_folder),
	    cmocka_unit_test_setup_teardown(
		another_machine_is_refused_by_name, make_folder, drop_folder),
	    cmocka_unit_test_setup_teardown(
		other_variables_change_nothing, make_folder, drop_folder),
	    cmocka_unit_test(looking_stays_inside_the_affinity),
	};

	/* hwloc's own messages about the bad files of these tests. */
	if (setenv("HWLOC_HIDE_ERRORS", "2", 1) != 0)
		return 1;
	unsetenv("HWLOC_XMLFILE");
	unsetenv("HWLOC_THISSYSTEM");
	unsetenv("CONCBENCH_TOPOLOGY");
	unsetenv("CONCBENCH_ALLOWED");
	return cmocka_run_group_tests(tests, NULL, NULL);
}
