#include "harness/machine/placement_fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Siblings numbered apart, as most x86 firmware does. */
#define SMT_MACHINE "pack:1 l3:1 core:4 pu:2(indexes=0,4,1,5,2,6,3,7)"
#define BIG_MACHINE "pack:2 numa:2 l3:1 core:2 pu:2"
#define HUGE_MACHINE "pack:2 numa:1 l3:8 core:8 pu:2"

/* Every case is a machine, its usable PUs, a policy, and the plan of that many workers by hand. */
static const struct plan_case {
	const char *machine, *allowed, *policy;
	unsigned workers;
	const char *plan;
	unsigned pus_used;
	bool oversubscribed;
} plan_cases[] = {
    /* one core */
    {"pack:1 l3:1 core:1 pu:1", NULL, "same", 1, "0", 1, false},
    {"pack:1 l3:1 core:1 pu:1", NULL, "same", 2, "0,0", 1, true},
    {"pack:1 l3:1 core:1 pu:1", NULL, "compact", 1, "0", 1, false},
    {"pack:1 l3:1 core:1 pu:1", NULL, "compact", 3, "0,0,0", 1, true},
    {"pack:1 l3:1 core:1 pu:1", NULL, "scatter", 2, "0,0", 1, true},
    {"pack:1 l3:1 core:1 pu:1", NULL, "list:0", 1, "0", 1, false},
    {"pack:1 l3:1 core:1 pu:1", NULL, "none", 1, "-", 0, false},
    {"pack:1 l3:1 core:1 pu:1", NULL, "none", 2, "-,-", 0, true},
    /* two cores */
    {"pack:1 l3:1 core:2 pu:1", NULL, "same", 3, "0,0,0", 1, true},
    {"pack:1 l3:1 core:2 pu:1", NULL, "compact", 2, "0,1", 2, false},
    {"pack:1 l3:1 core:2 pu:1", NULL, "scatter", 3, "0,1,0", 2, true},
    {"pack:1 l3:1 core:2 pu:1", NULL, "llc", 1, "0", 1, false},
    {"pack:1 l3:1 core:2 pu:1", NULL, "llc", 4, "0,1,0,1", 2, true},
    {"pack:1 l3:1 core:2 pu:1", NULL, "list:1,0", 2, "1,0", 2, false},
    {"pack:1 l3:1 core:2 pu:1", NULL, "list:1,1", 2, "1,1", 1, true},
    {"pack:1 l3:1 core:2 pu:1", NULL, "list:1,0", 1, "1", 1, false},
    {"pack:1 l3:1 core:2 pu:1", NULL, "list:1", 3, "1,1,1", 1, true},
    {"pack:1 l3:1 core:2 pu:1", NULL, "none", 2, "-,-", 0, false},
    /* siblings */
    {SMT_MACHINE, NULL, "same", 2, "0,0", 1, true},
    {SMT_MACHINE, NULL, "smt", 2, "0,4", 2, false},
    {SMT_MACHINE, NULL, "smt", 5, "0,4,1,5,2", 5, false},
    {SMT_MACHINE, NULL, "smt", 9, "0,4,1,5,2,6,3,7,0", 8, true},
    {SMT_MACHINE, NULL, "compact", 3, "0,4,1", 3, false},
    {SMT_MACHINE, NULL, "scatter", 4, "0,1,2,3", 4, false},
    {SMT_MACHINE, NULL, "scatter", 6, "0,1,2,3,4,5", 6, false},
    {SMT_MACHINE, NULL, "llc", 4, "0,1,2,3", 4, false},
    {SMT_MACHINE, NULL, "llc", 5, "0,1,2,3,0", 4, true},
    {SMT_MACHINE, NULL, "list:7,0-2", 5, "7,0,1,2,7", 4, true},
    /* one core with one usable sibling, one with the second only, one with none */
    {SMT_MACHINE, "0,4,1,6", "smt", 2, "0,4", 2, false},
    {SMT_MACHINE, "0,4,1,6", "smt", 3, "0,4,0", 2, true},
    {SMT_MACHINE, "0,4,1,6", "compact", 4, "0,4,1,6", 4, false},
    {SMT_MACHINE, "0,4,1,6", "scatter", 4, "0,1,6,4", 4, false},
    {SMT_MACHINE, "0,4,1,6", "llc", 4, "0,1,6,0", 3, true},
    {SMT_MACHINE, "0,4,1,6", "none", 4, "-,-,-,-", 0, false},
    /* packages, NUMA nodes, siblings */
    {BIG_MACHINE, NULL, "smt", 4, "0,1,2,3", 4, false},
    {BIG_MACHINE, NULL, "compact", 5, "0,1,2,3,4", 5, false},
    {BIG_MACHINE, NULL, "scatter", 2, "0,8", 2, false},
    {BIG_MACHINE, NULL, "scatter", 4, "0,8,4,12", 4, false},
    {BIG_MACHINE, NULL, "scatter", 8, "0,8,4,12,2,10,6,14", 8, false},
    {BIG_MACHINE, NULL, "scatter", 10, "0,8,4,12,2,10,6,14,1,9", 10, false},
    {BIG_MACHINE, NULL, "llc", 2, "0,2", 2, false},
    {BIG_MACHINE, NULL, "llc", 3, "0,2,0", 2, true},
    {BIG_MACHINE, NULL, "cross", 1, "0", 1, false},
    {BIG_MACHINE, NULL, "cross", 4, "0,8,2,10", 4, false},
    {BIG_MACHINE, NULL, "cross", 10, "0,8,2,10,4,12,6,14,1,9", 10, false},
    {BIG_MACHINE, NULL, "cross", 18, "0,8,2,10,4,12,6,14,1,9,3,11,5,13,7,15,0,8", 16, true},
    /* holes: three cores of package 0 in part, one PU of package 1 */
    {BIG_MACHINE, "1-3,6,15", "smt", 2, "2,3", 2, false},
    {BIG_MACHINE, "1-3,6,15", "compact", 5, "1,2,3,6,15", 5, false},
    {BIG_MACHINE, "1-3,6,15", "scatter", 5, "1,15,6,2,3", 5, false},
    {BIG_MACHINE, "1-3,6,15", "llc", 2, "1,2", 2, false},
    {BIG_MACHINE, "1-3,6,15", "cross", 2, "1,15", 2, false},
    {BIG_MACHINE, "1-3,6,15", "cross", 4, "1,15,2,15", 3, true},
    {BIG_MACHINE, "1-3,6,15", "list:15,1", 2, "15,1", 2, false},
    /* a package switched off: what is left crosses NUMA nodes; the second has more cores */
    {BIG_MACHINE, "0,4-7", "cross", 3, "0,4,0", 2, true},
    {BIG_MACHINE, "0,4-7", "llc", 2, "4,6", 2, false},
    /* one package, two NUMA nodes */
    {"pack:1 numa:2 l3:1 core:2 pu:1", NULL, "cross", 4, "0,2,1,3", 4, false},
    {"pack:1 numa:2 l3:1 core:2 pu:1", NULL, "scatter", 4, "0,2,1,3", 4, false},
    /* three packages: neighbours differ around the corner too */
    {"pack:3 l3:1 core:1 pu:1", NULL, "cross", 4, "0,1,2,0", 3, true},
    /* caches of two cores inside one NUMA node */
    {"pack:1 numa:1 l3:2 core:2 pu:1", NULL, "scatter", 3, "0,2,1", 3, false},
    {"pack:1 numa:1 l3:2 core:2 pu:1", NULL, "llc", 2, "0,1", 2, false},
    /* 256 PUs */
    {HUGE_MACHINE, NULL, "smt", 4, "0,1,2,3", 4, false},
    {HUGE_MACHINE, NULL, "scatter", 6, "0,128,16,144,32,160", 6, false},
    {HUGE_MACHINE, NULL, "llc", 10, "0,2,4,6,8,10,12,14,0,2", 8, true},
    {HUGE_MACHINE, NULL, "cross", 4, "0,128,2,130", 4, false},
    {HUGE_MACHINE, NULL, "list:255,0", 2, "255,0", 2, false},
    /* pairs */
    {SMT_MACHINE, NULL, "pair:0-4", 2, "0,4", 2, false},
    {SMT_MACHINE, "1,7", "pair:7-1", 2, "7,1", 2, false},
    {SMT_MACHINE, NULL, "pair:0-4", 1, "0", 1, false},
    {SMT_MACHINE, NULL, "pair:0-4", 3, "0,4,0", 2, true},
};

static const struct refusal {
	const char *machine, *allowed, *policy;
	unsigned workers;
	int error;
	const char *reason; /* part of it */
} refusals[] = {
    {"core:1 pu:1", NULL, "smt", 2, -ENOTSUP, "smt: no core has two usable PUs"},
    {"core:1 pu:1", NULL, "llc", 2, -ENOTSUP, "llc: no last-level cache has two usable cores"},
    {"core:1 pu:1", NULL, "cross", 2, -ENOTSUP, "cross: all usable PUs are in one package"},
    {"pack:1 l3:1 core:2 pu:1", NULL, "smt", 1, -ENOTSUP, "smt:"},
    {"pack:1 l3:1 core:2 pu:1", NULL, "cross", 1, -ENOTSUP, "cross:"},
    /* siblings of one core are not two cores of a cache */
    {"pack:1 l3:1 core:1 pu:2", NULL, "llc", 2, -ENOTSUP, "llc:"},
    {SMT_MACHINE, "0,4", "llc", 2, -ENOTSUP, "llc:"},
    {SMT_MACHINE, "0-3", "smt", 2, -ENOTSUP, "smt:"},
    {SMT_MACHINE, "0,5", "smt", 2, -ENOTSUP, "smt:"},
    /* nothing shared above the core, or nothing known of it */
    {"pack:1 l2:4 core:1 pu:2", NULL, "llc", 2, -ENOTSUP, "llc:"},
    {"pack:1 core:4 pu:1", NULL, "llc", 2, -ENOTSUP, "llc:"},
    {BIG_MACHINE, "0-3", "cross", 2, -ENOTSUP, "cross:"},
    {SMT_MACHINE, "0-3", "list:0,4", 2, -EINVAL, "PU 4 is not usable here, only 0-3 are"},
    {SMT_MACHINE, NULL, "list:8", 1, -EINVAL, "PU 8 is not usable here, only 0-7 are"},
    {SMT_MACHINE, NULL, "list:0,65535", 1, -EINVAL, "PU 65535 is not usable"},
    {SMT_MACHINE, "0-3", "pair:0-4", 2, -ENOTSUP, "pair: PU 4 is not usable here, only 0-3 are"},
    {"core:1 pu:1", NULL, "pair:0-1", 2, -ENOTSUP, "pair: PU 1 is not usable here, only 0 are"},
    {SMT_MACHINE, NULL, "same", 0, -EINVAL, "0 workers"},
    {SMT_MACHINE, NULL, "none", 0, -EINVAL, "0 workers"},
    {SMT_MACHINE, NULL, "list:0", 0, -EINVAL, "0 workers"},
};

static struct topology *machine(const char *description, const char *allowed)
{
	struct topology *topo = NULL;
	char err[200] = "";

	if (topology_synthetic(description, allowed, &topo, err, sizeof(err)) != 0)
		fail_msg("%s: %s", description, err);
	return topo;
}

static struct placement_policy policy(const char *text)
{
	struct placement_policy p;
	char err[200] = "";

	if (placement_parse(text, &p, err, sizeof(err)) != 0)
		fail_msg("%s: %s", text, err);
	return p;
}

static void plans_are_exactly_these(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(plan_cases) / sizeof(plan_cases[0]); i++) {
		const struct plan_case *c = &plan_cases[i];
		struct topology *topo = machine(c->machine, c->allowed);
		struct placement_policy wanted = policy(c->policy);
		struct placement plan;
		char reason[200] = "", text[256];

		if (placement_plan(topo, &wanted, c->workers, &plan, reason, sizeof(reason)) != 0)
			fail_msg("%s on %s: %s", c->policy, c->machine, reason);
		placement_format(&plan, text, sizeof(text));
		if (strcmp(text, c->plan) != 0 || plan.pus_used != c->pus_used ||
		    plan.oversubscribed != c->oversubscribed)
			fail_msg("%s of %u on %s (%s): %s, %u PUs%s", c->policy, c->workers,
			    c->machine, c->allowed ? c->allowed : "all", text, plan.pus_used,
			    plan.oversubscribed ? ", oversubscribed" : "");
		placement_free(&plan);
		assert_null(plan.pu);
		topology_free(topo);
	}
}

static void refuses_what_the_machine_cannot_offer(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(refusals) / sizeof(refusals[0]); i++) {
		const struct refusal *c = &refusals[i];
		struct topology *topo = machine(c->machine, c->allowed);
		struct placement_policy wanted = policy(c->policy);
		struct placement plan = {.count = 77};
		char reason[200] = "";

		assert_int_equal(
		    placement_plan(topo, &wanted, c->workers, &plan, reason, sizeof(reason)),
		    c->error);
		if (!strstr(reason, c->reason))
			fail_msg("%s on %s: %s", c->policy, c->machine, reason);
		assert_int_equal(plan.count, 77);
		assert_int_equal(
		    placement_plan(topo, &wanted, c->workers, &plan, NULL, 0), c->error);
		topology_free(topo);
	}
}

static void parses_policies(void **state)
{
	static const char *const good[] = {"same", "smt", "compact", "scatter", "llc", "cross",
	    "none", "list:0", "list:0,2-3", "list:1,1", "list:0-1023", "pair:0-1", "pair:65535-7"};
	static const struct {
		const char *text, *message;
	} bad[] = {
	    {"", "'' is not known; accepted: same, smt, compact, scatter, llc, cross, list:..."},
	    {"foo", "'foo' is not known; accepted: same"},
	    {"Same", "not known"},
	    {"same ", "not known"},
	    {"list", "not known"},
	    {"sca\ntter", "'sca?tter' is not known"},
	    {"list:", "empty"},
	    {"list:a", "no number"},
	    {"list:0,", "no number"},
	    {"list:-1", "no number"},
	    {"list:0 1", "comma"},
	    {"list:3-1", "backwards"},
	    {"list:0-1024", "more than 1024 entries"},
	    {"list:99999999999", "no number"},
	    {"pair", "list:..., pair:A-B, none"},
	    {"pair:", "'pair:' is no pair; accepted: two different PUs, such as pair:0-1"},
	    {"pair:0", "is no pair"},
	    {"pair:0-", "is no pair"},
	    {"pair:-1", "is no pair"},
	    {"pair:1-1", "two different PUs"},
	    {"pair:0-1-2", "is no pair"},
	    {"pair:0,1", "is no pair"},
	    {"pair:0-65536", "is no pair"},
	    {"pair:00000000000000000-1", "is no pair"},
	    {"pairs", "'pairs' stands for many placements; accepted here: one, such as pair:0-1"},
	    {"pairs:4", "stands for many"},
	    {"pairs:unlike", "stands for many"},
	};
	char text[PLACEMENT_TEXT_MAX + 1] = "list:", err[256];
	struct placement_policy p;

	(void)state;
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		assert_int_equal(placement_parse(good[i], &p, NULL, 0), 0);
		assert_string_equal(p.text, good[i]);
	}
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		p = placement_policy_of(PLACEMENT_CROSS);
		assert_int_equal(placement_parse(bad[i].text, &p, err, sizeof(err)), -EINVAL);
		if (!strstr(err, bad[i].message) || strchr(err, '\n'))
			fail_msg("'%s' gave: %s", bad[i].text, err);
		assert_int_equal(p.kind, PLACEMENT_CROSS);
	}
	/* Just as long as fits, then one more. */
	while (strlen(text) < PLACEMENT_TEXT_MAX - 2)
		strcat(text, strlen(text) % 2 ? "1" : ",");
	assert_int_equal(strlen(text), PLACEMENT_TEXT_MAX - 2);
	strcat(text, "1");
	assert_int_equal(placement_parse(text, &p, err, sizeof(err)), 0);
	strcat(text, "1");
	assert_int_equal(placement_parse(text, &p, err, sizeof(err)), -EINVAL);
	assert_non_null(strstr(err, "longer than 127 characters"));
	for (int kind = PLACEMENT_SAME; kind <= PLACEMENT_NONE; kind++) {
		if (kind == PLACEMENT_LIST || kind == PLACEMENT_PAIR)
			continue;
		p = placement_policy_of((enum placement_kind)kind);
		assert_int_equal(p.kind, kind);
		assert_int_equal(placement_parse(p.text, &p, NULL, 0), 0);
		assert_int_equal(p.kind, kind);
	}
}

/* Each on its machine, all that it stands for, as far as that is short. */
static void many_are_exactly_these(void **state)
{
	static const struct {
		const char *machine, *allowed, *text;
		size_t count;
		const char *begins;
	} rows[] = {
	    {"core:1 pu:1", NULL, "pairs", 0, ""},
	    {"core:1 pu:1", NULL, "pairs:unlike", 0, ""},
	    {SMT_MACHINE, "5", "pairs", 0, ""},
	    {"pack:1 l3:1 core:2 pu:1", NULL, "pairs", 1, "pair:0-1"},
	    {"pack:1 l3:1 core:2 pu:1", NULL, "pairs:2", 1, "pair:0-1"},
	    {"pack:1 l3:1 core:2 pu:1", NULL, "pairs:unlike", 1, "pair:0-1"},
	    /* in the order of the tree, siblings beside each other */
	    {SMT_MACHINE, NULL, "pairs", 28, "pair:0-4 pair:0-1 pair:0-5 pair:0-2"},
	    {SMT_MACHINE, "0,4,6", "pairs", 3, "pair:0-4 pair:0-6 pair:4-6"},
	    {SMT_MACHINE, NULL, "pairs:4", 6,
		"pair:0-1 pair:0-2 pair:0-3 pair:1-2 pair:1-3 pair:2-3"},
	    {SMT_MACHINE, NULL, "pairs:3", 3, "pair:0-1 pair:0-6 pair:1-6"},
	    {SMT_MACHINE, NULL, "pairs:1024", 28, "pair:0-4"},
	    {SMT_MACHINE, NULL, "pairs:unlike", 2, "pair:0-4 pair:0-1"},
	    /* siblings, one cache, another node, another package */
	    {BIG_MACHINE, NULL, "pairs:unlike", 4, "pair:0-1 pair:0-2 pair:0-4 pair:0-8"},
	    {BIG_MACHINE, "0,4,12", "pairs:unlike", 2, "pair:0-4 pair:0-12"},
	    /* another cache of the same node */
	    {"pack:1 numa:1 l3:2 core:2 pu:1", NULL, "pairs:unlike", 2, "pair:0-1 pair:0-2"},
	    {"pack:1 core:4 pu:1", NULL, "pairs:unlike", 1, "pair:0-1"},
	    {HUGE_MACHINE, NULL, "pairs:unlike", 4, "pair:0-1 pair:0-2 pair:0-16 pair:0-128"},
	    {HUGE_MACHINE, NULL, "pairs:32", 496, "pair:0-8 pair:0-16"},
	    {HUGE_MACHINE, NULL, "pairs", 32640, "pair:0-1 pair:0-2 pair:0-3"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct topology *topo = machine(rows[i].machine, rows[i].allowed);
		struct placement_policy *many = NULL;
		char text[256] = "", err[200] = "";
		size_t count = 77;

		assert_true(placement_is_many(rows[i].text));
		assert_int_equal(
		    placement_many(topo, rows[i].text, &many, &count, err, sizeof(err)), 0);
		assert_int_equal(count, rows[i].count);
		for (size_t k = 0; k < count; k++) {
			struct placement plan;
			size_t used = strlen(text);

			assert_int_equal(
			    placement_plan(topo, &many[k], 2, &plan, err, sizeof(err)), 0);
			assert_int_equal(plan.pus_used, 2);
			placement_free(&plan);
			if (used < 100)
				(void)snprintf(text + used, sizeof(text) - used, "%s%s",
				    k ? " " : "", many[k].text);
		}
		if (strncmp(text, rows[i].begins, strlen(rows[i].begins)) != 0 ||
		    (count < 5 && strlen(text) != strlen(rows[i].begins)))
			fail_msg("%s on %s: %s", rows[i].text, rows[i].machine, text);
		free(many);
		topology_free(topo);
	}
}

static void refuses_what_is_not_many(void **state)
{
	static const char *const bad[] = {
	    "pairs:", "pairs:1", "pairs:x", "pairs:1025", "pairs:unlikely"};
	struct topology *topo = machine(SMT_MACHINE, NULL);

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct placement_policy *many = NULL;
		size_t count = 77;
		char err[200] = "";

		assert_int_equal(
		    placement_many(topo, bad[i], &many, &count, err, sizeof(err)), -EINVAL);
		if (!strstr(err, "accepted: pairs, pairs:N with N from 2 to 1024, pairs:unlike"))
			fail_msg("%s: %s", bad[i], err);
		assert_int_equal(count, 77);
	}
	assert_false(placement_is_many("pair:0-1"));
	assert_false(placement_is_many("pairsome"));
	topology_free(topo);
}

static void finds_spare_pus(void **state)
{
	static const struct {
		const char *machine, *allowed, *policy;
		unsigned workers;
		int spare[3]; /* for the first companion, the second, the third */
	} cases[] = {
	    {"core:1 pu:1", NULL, "same", 1, {-1, -1, -1}},
	    {"pack:1 l3:1 core:2 pu:1", NULL, "same", 4, {1, -1, -1}},
	    {"pack:1 l3:1 core:2 pu:1", NULL, "list:1", 1, {0, -1, -1}},
	    {"pack:1 l3:1 core:2 pu:1", NULL, "compact", 2, {-1, -1, -1}},
	    {"pack:1 l3:1 core:2 pu:1", NULL, "none", 1, {-1, -1, -1}},
	    /* another core rather than the sibling, of a worker or of another companion; siblings
	       when nothing else is left */
	    {SMT_MACHINE, NULL, "same", 1, {1, 2, 3}},
	    {SMT_MACHINE, NULL, "list:0,1,2", 3, {3, 7, 4}},
	    {SMT_MACHINE, NULL, "scatter", 4, {4, 5, 6}},
	    {SMT_MACHINE, "0,4", "same", 1, {4, -1, -1}},
	    {SMT_MACHINE, NULL, "compact", 8, {-1, -1, -1}},
	    /* the same cache; then any free core; then siblings */
	    {BIG_MACHINE, NULL, "list:4", 1, {6, 0, 2}},
	    {BIG_MACHINE, NULL, "list:4,6", 2, {0, 2, 8}},
	    {BIG_MACHINE, NULL, "scatter", 2, {2, 4, 6}},
	    {BIG_MACHINE, NULL, "scatter", 8, {1, 3, 5}},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct topology *topo = machine(cases[i].machine, cases[i].allowed);
		struct placement_policy wanted = policy(cases[i].policy);
		struct placement plan;

		assert_int_equal(
		    placement_plan(topo, &wanted, cases[i].workers, &plan, NULL, 0), 0);
		for (unsigned nth = 0; nth < 3; nth++)
			if (placement_spare_pu(topo, &plan, nth) != cases[i].spare[nth])
				fail_msg("%s on %s: spare %u is PU %d, not %d", cases[i].policy,
				    cases[i].machine, nth, placement_spare_pu(topo, &plan, nth),
				    cases[i].spare[nth]);
		placement_free(&plan);
		topology_free(topo);
	}
}

/* Every PU that is free is somebody's, and nobody's twice. */
static void spare_pus_are_all_there(void **state)
{
	struct topology *topo = machine(HUGE_MACHINE, NULL);
	struct placement_policy wanted = policy("scatter");
	struct placement plan;
	bool taken[256] = {false};

	(void)state;
	assert_int_equal(placement_plan(topo, &wanted, 200, &plan, NULL, 0), 0);
	for (unsigned w = 0; w < 200; w++)
		taken[plan.pu[w]] = true;
	for (unsigned nth = 0; nth < 56; nth++) {
		const int pu = placement_spare_pu(topo, &plan, nth);

		assert_in_range(pu, 0, 255);
		assert_false(taken[pu]);
		taken[pu] = true;
	}
	assert_int_equal(placement_spare_pu(topo, &plan, 56), -1);
	placement_free(&plan);
	topology_free(topo);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(plans_are_exactly_these),
	    cmocka_unit_test(refuses_what_the_machine_cannot_offer),
	    cmocka_unit_test(parses_policies),
	    cmocka_unit_test(many_are_exactly_these),
	    cmocka_unit_test(refuses_what_is_not_many),
	    cmocka_unit_test(finds_spare_pus),
	    cmocka_unit_test(spare_pus_are_all_there),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
