/*
 * The policies' promises, on every machine and with every number of workers: a checker that knows
 * what is promised but not how plans are made, and broken plans that it has to catch.
 */
#include "harness/machine/placement.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Siblings numbered apart, as most x86 firmware does. */
#define SMT_MACHINE "pack:1 l3:1 core:4 pu:2(indexes=0,4,1,5,2,6,3,7)"
#define BIG_MACHINE "pack:2 numa:2 l3:1 core:2 pu:2"
#define HUGE_MACHINE "pack:2 numa:1 l3:8 core:8 pu:2"
#define WORKERS_MAX 600

/* Machines that every policy is driven over, with every number of workers up to twice the PUs. */
static const struct {
	const char *description, *allowed;
} machines[] = {
    {"pack:1 l3:1 core:1 pu:1", NULL},
    {"pack:1 l3:1 core:2 pu:1", NULL},
    {SMT_MACHINE, NULL},
    {SMT_MACHINE, "0,4,1,6"},
    {SMT_MACHINE, "0-2,4-6"},
    {BIG_MACHINE, NULL},
    {BIG_MACHINE, "1-3,6,15"},
    {BIG_MACHINE, "0,4-7"},
    {HUGE_MACHINE, NULL},
    {HUGE_MACHINE, "3-77,130-139,250"},
    {"pack:1 numa:2 l3:1 core:2 pu:1", NULL},
    {"pack:1 l2:4 core:1 pu:2", NULL},
    {"pack:3 l3:2 core:3 pu:4", NULL},
    {"core:4 pu:1", NULL},
    {"pu:4", NULL},
};

static struct topology *machine(const char *description, const char *allowed)
{
	struct topology *topo = NULL;
	char err[200] = "";

	if (topology_synthetic(description, allowed, &topo, err, sizeof(err)) != 0)
		fail_msg("%s: %s", description, err);
	return topo;
}

enum domain { CORE, LLC, NUMA, PACKAGE, DOMAINS };

static unsigned domain_of(const struct topology_pu *pu, enum domain d)
{
	const unsigned ids[DOMAINS] = {pu->core_id, pu->llc_id, pu->numa_id, pu->package_id};

	return ids[d];
}

static const struct topology_pu *find_pu(const struct topology *topo, int os_index)
{
	for (unsigned i = 0; i < topology_pu_count(topo); i++)
		if ((int)topology_pu(topo, i)->os_index == os_index)
			return topology_pu(topo, i);
	return NULL;
}

static unsigned domain_size(const struct topology *topo, enum domain d, unsigned id)
{
	unsigned size = 0;

	for (unsigned i = 0; i < topology_pu_count(topo); i++)
		size += domain_of(topology_pu(topo, i), d) == id;
	return size;
}

static unsigned distinct_of(const struct placement *p)
{
	unsigned distinct = 0;

	for (unsigned w = 0; w < p->count; w++) {
		unsigned before = 0;

		while (p->pu[before] != p->pu[w])
			before++;
		distinct += before == w;
	}
	return distinct;
}

/* Is every domain of a level finished before the next is begun? */
static bool fills(
    const struct topology *topo, const struct topology_pu *const *at, unsigned count, enum domain d)
{
	unsigned in_domain = 0;

	for (unsigned w = 0; w < count; w++) {
		unsigned id = domain_of(at[w], d);

		if (w > 0 && domain_of(at[w - 1], d) != id) {
			if (in_domain != domain_size(topo, d, domain_of(at[w - 1], d)))
				return false;
			in_domain = 0;
		}
		in_domain++;
	}
	return true;
}

/* A core more than a domain may have only when the other has no fresh core left. */
static const char *check_spread(const struct topology *topo, const struct topology_pu *const *at,
    unsigned count, enum domain d, enum domain within)
{
	unsigned n = topology_pu_count(topo);
	unsigned *load = calloc(n, sizeof(*load)), *cores = calloc(n, sizeof(*cores));
	unsigned *parent = calloc(n, sizeof(*parent));
	const char *broken = NULL;

	assert_true(load && cores && parent);
	for (unsigned i = 0; i < n; i++) {
		const struct topology_pu *pu = topology_pu(topo, i);

		cores[domain_of(pu, d)] += pu->smt_rank == 0;
		parent[domain_of(pu, d)] = within == DOMAINS ? 0 : domain_of(pu, within);
	}
	for (unsigned w = 0; w < count; w++) {
		unsigned id = domain_of(at[w], d);

		load[id]++;
		for (unsigned other = 0; other < n; other++)
			if (cores[other] && parent[other] == parent[id] &&
			    load[id] > load[other] + 1 && load[other] < cores[other])
				broken = "an emptier domain was passed over";
	}
	free(load);
	free(cores);
	free(parent);
	return broken;
}

static const char *check_scatter(
    const struct topology *topo, const struct topology_pu *const *at, unsigned count)
{
	unsigned cores = topology_core_count(topo);
	unsigned first = count < cores ? count : cores;
	const char *broken;

	for (unsigned w = 0; w < count; w++) {
		if (w < cores && at[w]->smt_rank != 0)
			return "a sibling while cores were free";
		if (w > 0 && at[w]->smt_rank < at[w - 1]->smt_rank)
			return "siblings not last";
	}
	broken = check_spread(topo, at, first, PACKAGE, DOMAINS);
	if (!broken)
		broken = check_spread(topo, at, first, NUMA, PACKAGE);
	if (!broken)
		broken = check_spread(topo, at, first, LLC, NUMA);
	return broken;
}

static const char *check_kind(const struct topology *topo, enum placement_kind kind,
    const struct topology_pu *const *at, unsigned workers, unsigned distinct)
{
	enum domain apart = NUMA;

	switch (kind) {
	case PLACEMENT_SAME:
		return distinct == 1 ? NULL : "not all on one PU";
	case PLACEMENT_SMT:
		for (unsigned w = 0; w < distinct; w++)
			if (domain_size(topo, CORE, at[w]->core_id) < 2)
				return "a core without siblings";
		return fills(topo, at, distinct, CORE) ? NULL : "a core left before it was full";
	case PLACEMENT_COMPACT:
		for (enum domain d = CORE; d < DOMAINS; d++)
			if (!fills(topo, at, distinct, d))
				return "a domain left before it was full";
		return NULL;
	case PLACEMENT_SCATTER:
		return check_scatter(topo, at, distinct);
	case PLACEMENT_LLC:
		for (unsigned w = 0; w < distinct; w++) {
			if (at[w]->llc_id != at[0]->llc_id)
				return "outside the cache";
			for (unsigned v = 0; v < w; v++)
				if (at[v]->core_id == at[w]->core_id)
					return "two workers on one core";
		}
		return NULL;
	case PLACEMENT_CROSS:
		for (unsigned i = 0; i < topology_pu_count(topo); i++)
			if (topology_pu(topo, i)->package_id != 0)
				apart = PACKAGE;
		for (unsigned w = 1; w < workers; w++)
			if (domain_of(at[w], apart) == domain_of(at[w - 1], apart))
				return "neighbours together";
		return NULL;
	case PLACEMENT_LIST:
	case PLACEMENT_PAIR:
	case PLACEMENT_NONE:
		return NULL;
	}
	return "unknown kind";
}

/* NULL when @p keeps what the policy promises. */
static const char *check_plan(const struct topology *topo, enum placement_kind kind,
    unsigned workers, const struct placement *p)
{
	const struct topology_pu *at[WORKERS_MAX];
	unsigned distinct, pus = topology_pu_count(topo);

	if (p->count != workers || workers > WORKERS_MAX)
		return "wrong number of workers";
	if (kind == PLACEMENT_NONE) {
		for (unsigned w = 0; w < workers; w++)
			if (p->pu[w] != -1)
				return "bound";
		if (p->pus_used != 0)
			return "pus_used is not 0";
		return p->oversubscribed == (workers > pus) ? NULL : "oversubscribed is wrong";
	}
	for (unsigned w = 0; w < workers; w++) {
		at[w] = find_pu(topo, p->pu[w]);
		if (!at[w])
			return "not a usable PU";
	}
	distinct = distinct_of(p);
	if (p->pus_used != distinct)
		return "pus_used is wrong";
	if (p->oversubscribed != (workers > distinct))
		return "oversubscribed is wrong";
	if (kind != PLACEMENT_CROSS && kind != PLACEMENT_LIST)
		for (unsigned w = distinct; w < workers; w++)
			if (p->pu[w] != p->pu[w - distinct])
				return "does not wrap around";
	return check_kind(topo, kind, at, workers, distinct);
}

static void promises_hold_on_every_machine(void **state)
{
	unsigned planned[PLACEMENT_NONE + 1] = {0};

	(void)state;
	for (size_t m = 0; m < sizeof(machines) / sizeof(machines[0]); m++) {
		struct topology *topo = machine(machines[m].description, machines[m].allowed);
		unsigned pus = topology_pu_count(topo);

		for (int kind = PLACEMENT_SAME; kind <= PLACEMENT_NONE; kind++) {
			struct placement_policy wanted;
			/* All numbers of workers on small machines, on big ones every 37th. */
			unsigned step = pus > 64 ? 37 : 1;

			if (kind == PLACEMENT_LIST || kind == PLACEMENT_PAIR)
				continue;
			wanted = placement_policy_of((enum placement_kind)kind);
			for (unsigned workers = 1; workers <= 2 * pus + 1; workers += step) {
				struct placement plan, again;
				const char *broken;
				char reason[200] = "";
				int ret = placement_plan(
				    topo, &wanted, workers, &plan, reason, sizeof(reason));

				if (ret == -ENOTSUP && *reason)
					break;
				assert_int_equal(ret, 0);
				broken = check_plan(topo, wanted.kind, workers, &plan);
				if (broken)
					fail_msg("%s of %u on %s: %s", wanted.text, workers,
					    machines[m].description, broken);
				assert_int_equal(
				    placement_plan(topo, &wanted, workers, &again, NULL, 0), 0);
				assert_memory_equal(plan.pu, again.pu, workers * sizeof(*plan.pu));
				placement_free(&plan);
				placement_free(&again);
				planned[kind]++;
			}
		}
		topology_free(topo);
	}
	/* A checker that never ran has proved nothing. */
	for (int kind = PLACEMENT_SAME; kind <= PLACEMENT_NONE; kind++)
		if (kind != PLACEMENT_LIST && kind != PLACEMENT_PAIR)
			assert_true(planned[kind] > 10);
}

static void the_checker_catches_broken_plans(void **state)
{
	/* Plans of BIG_MACHINE: cores 0,1 2,3 | 4,5 6,7 || 8,9 10,11 | 12,13 14,15. */
	static const struct {
		enum placement_kind kind;
		unsigned workers;
		int pu[6];
		unsigned pus_used;
		bool oversubscribed;
	} broken[] = {
	    {PLACEMENT_SAME, 2, {0, 1}, 2, false},
	    {PLACEMENT_SAME, 2, {0, 0}, 1, false},
	    {PLACEMENT_SAME, 1, {0}, 1, true},
	    {PLACEMENT_SAME, 1, {-1}, 0, false},
	    {PLACEMENT_SAME, 1, {16}, 1, false},
	    {PLACEMENT_SAME, 2, {0, 0}, 2, true},
	    {PLACEMENT_SMT, 2, {0, 2}, 2, false},
	    {PLACEMENT_SMT, 3, {0, 2, 1}, 3, false},
	    {PLACEMENT_SMT, 3, {0, 1, 1}, 2, true},
	    {PLACEMENT_COMPACT, 3, {0, 2, 3}, 3, false},
	    {PLACEMENT_COMPACT, 3, {0, 1, 4}, 3, false},
	    {PLACEMENT_COMPACT, 5, {0, 1, 2, 3, 8}, 5, false},
	    {PLACEMENT_SCATTER, 2, {0, 1}, 2, false},
	    {PLACEMENT_SCATTER, 2, {0, 2}, 2, false},
	    {PLACEMENT_SCATTER, 3, {0, 4, 8}, 3, false},
	    {PLACEMENT_SCATTER, 4, {0, 8, 2, 12}, 4, false},
	    {PLACEMENT_SCATTER, 4, {0, 8, 4, 5}, 4, false},
	    {PLACEMENT_LLC, 2, {0, 4}, 2, false},
	    {PLACEMENT_LLC, 2, {0, 1}, 2, false},
	    {PLACEMENT_LLC, 3, {0, 2, 4}, 3, false},
	    {PLACEMENT_CROSS, 2, {0, 4}, 2, false},
	    {PLACEMENT_CROSS, 4, {0, 8, 10, 2}, 4, false},
	    {PLACEMENT_NONE, 2, {-1, 0}, 0, false},
	    {PLACEMENT_NONE, 2, {-1, -1}, 0, true},
	    {PLACEMENT_NONE, 2, {-1, -1}, 1, false},
	};
	struct topology *topo = machine(BIG_MACHINE, NULL);
	struct topology *lone = machine(BIG_MACHINE, "0,2-3");
	struct placement good = {.count = 2, .pu = (int[]){0, 8}, .pus_used = 2};

	(void)state;
	for (size_t i = 0; i < sizeof(broken) / sizeof(broken[0]); i++) {
		int pu[6];
		struct placement plan = {.count = broken[i].workers,
		    .pu = memcpy(pu, broken[i].pu, sizeof(pu)),
		    .pus_used = broken[i].pus_used,
		    .oversubscribed = broken[i].oversubscribed};

		if (!check_plan(topo, broken[i].kind, broken[i].workers, &plan))
			fail_msg("broken plan %zu was not caught", i);
	}
	assert_non_null(check_plan(topo, PLACEMENT_SCATTER, 3, &good));
	assert_null(check_plan(topo, PLACEMENT_SCATTER, 2, &good));
	assert_null(check_plan(topo, PLACEMENT_CROSS, 2, &good));
	/* A core without its sibling, and a PU that is not allowed. */
	good.pu[1] = 2;
	assert_non_null(check_plan(lone, PLACEMENT_SMT, 2, &good));
	good.pu[1] = 1;
	assert_non_null(check_plan(lone, PLACEMENT_COMPACT, 2, &good));
	topology_free(lone);
	topology_free(topo);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(promises_hold_on_every_machine),
	    cmocka_unit_test(the_checker_catches_broken_plans),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
