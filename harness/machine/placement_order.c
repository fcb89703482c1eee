#include "harness/machine/placement_order.h"

#include "harness/base/one_line.h"
#include "harness/base/text.h"
#include "harness/machine/pu_list.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* One planning: indexes into the topology's usable PUs, in the order that workers take them. */
struct planning {
	const struct topology *topo;
	unsigned pu_count;
	unsigned workers;
	unsigned *order; /* the first [len] are set */
	unsigned len;
	char *reason;
	size_t reason_len;
};

static const struct topology_pu *pu_at(const struct planning *p, unsigned i)
{
	return topology_pu(p->topo, i);
}

static void take(struct planning *p, unsigned i)
{
	p->order[p->len++] = i;
}

static int plan_smt(struct planning *p)
{
	for (unsigned i = 0; i < p->pu_count; i++) {
		unsigned core = pu_at(p, i)->core_id;
		bool sibling = (i > 0 && pu_at(p, i - 1)->core_id == core) ||
			       (i + 1 < p->pu_count && pu_at(p, i + 1)->core_id == core);

		if (sibling)
			take(p, i);
	}
	if (p->len)
		return 0;
	one_line_format(p->reason, p->reason_len, "smt: no core has two usable PUs");
	return -ENOTSUP;
}

static int plan_compact(struct planning *p)
{
	/* Logical order is the tree's: a core is finished before the next, a cache before ... */
	for (unsigned i = 0; i < p->pu_count; i++)
		take(p, i);
	return 0;
}

/* How many workers each domain has so far. */
struct load {
	unsigned *package, *numa, *llc;
};

/* Should a worker rather go to @a than to @b? The faster kind of cores first, or rows would compare
 * workers on unlike cores; then the emptier package; within it the emptier
 * NUMA node; within that the emptier cache; else the first in logical order. */
static bool is_emptier(
    const struct load *load, const struct topology_pu *a, const struct topology_pu *b)
{
	if (a->core_kind != b->core_kind)
		return a->core_kind > b->core_kind;
	if (a->package_id != b->package_id)
		return load->package[a->package_id] < load->package[b->package_id];
	if (a->numa_id != b->numa_id)
		return load->numa[a->numa_id] < load->numa[b->numa_id];
	if (a->llc_id != b->llc_id)
		return load->llc[a->llc_id] < load->llc[b->llc_id];
	return false;
}

static int plan_scatter(struct planning *p)
{
	unsigned *counts = calloc(3 * (size_t)p->pu_count, sizeof(*counts));
	bool *taken = calloc(p->pu_count, sizeof(*taken));
	struct load load;

	if (!counts || !taken) {
		free(counts);
		free(taken);
		return -ENOMEM;
	}
	load.package = counts;
	load.numa = counts + p->pu_count;
	load.llc = counts + 2 * (size_t)p->pu_count;
	for (unsigned rank = 0; p->len < p->pu_count;) {
		const struct topology_pu *best = NULL;
		unsigned best_i = 0;

		for (unsigned i = 0; i < p->pu_count; i++) {
			const struct topology_pu *pu = pu_at(p, i);

			if (taken[i] || pu->smt_rank != rank)
				continue;
			if (!best || is_emptier(&load, pu, best)) {
				best = pu;
				best_i = i;
			}
		}
		if (!best) {
			rank++;
			continue;
		}
		taken[best_i] = true;
		load.package[best->package_id]++;
		load.numa[best->numa_id]++;
		load.llc[best->llc_id]++;
		take(p, best_i);
	}
	free(counts);
	free(taken);
	return 0;
}

static unsigned cores_of_llc(const struct planning *p, unsigned llc)
{
	unsigned cores = 0;

	for (unsigned i = 0; i < p->pu_count; i++)
		cores += pu_at(p, i)->llc_id == llc && pu_at(p, i)->smt_rank == 0;
	return cores;
}

static int plan_llc(struct planning *p)
{
	unsigned best = 0, best_cores = 0;

	/* The cache with the most cores, so that the policy holds for as many workers as can be. */
	for (unsigned i = 0, seen = 0; i < p->pu_count; i++) {
		unsigned llc = pu_at(p, i)->llc_id, cores;

		if (llc < seen)
			continue;
		seen = llc + 1;
		cores = cores_of_llc(p, llc);
		if (cores > best_cores) {
			best = llc;
			best_cores = cores;
		}
	}
	if (best_cores < 2) {
		one_line_format(
		    p->reason, p->reason_len, "llc: no last-level cache has two usable cores");
		return -ENOTSUP;
	}
	for (unsigned i = 0; i < p->pu_count; i++)
		if (pu_at(p, i)->llc_id == best && pu_at(p, i)->smt_rank == 0)
			take(p, i);
	return 0;
}

static unsigned package_of(const struct topology_pu *pu)
{
	return pu->package_id;
}

static unsigned numa_of(const struct topology_pu *pu)
{
	return pu->numa_id;
}

static unsigned count_groups(
    const struct planning *p, unsigned (*group_of)(const struct topology_pu *))
{
	unsigned groups = 0;

	/* Ids are dense, so the greatest tells. */
	for (unsigned i = 0; i < p->pu_count; i++)
		if (group_of(pu_at(p, i)) >= groups)
			groups = group_of(pu_at(p, i)) + 1;
	return groups;
}

/* The @n-th PU of a group, wrapping around: its cores one PU each, then their siblings. */
static unsigned nth_of_group(const struct planning *p,
    unsigned (*group_of)(const struct topology_pu *), unsigned group, unsigned n)
{
	unsigned size = 0, last_rank = 0;

	for (unsigned i = 0; i < p->pu_count; i++) {
		if (group_of(pu_at(p, i)) != group)
			continue;
		size++;
		if (pu_at(p, i)->smt_rank > last_rank)
			last_rank = pu_at(p, i)->smt_rank;
	}
	n %= size;
	for (unsigned rank = 0; rank <= last_rank; rank++)
		for (unsigned i = 0; i < p->pu_count; i++)
			if (group_of(pu_at(p, i)) == group && pu_at(p, i)->smt_rank == rank &&
			    n-- == 0)
				return i;
	return 0; /* not reached: every member has a rank up to the last */
}

static int plan_cross(struct planning *p)
{
	unsigned (*group_of)(const struct topology_pu *) = package_of;
	unsigned groups = count_groups(p, group_of);

	if (groups < 2) {
		group_of = numa_of;
		groups = count_groups(p, group_of);
	}
	if (groups < 2) {
		one_line_format(p->reason, p->reason_len,
		    "cross: all usable PUs are in one package and one NUMA node");
		return -ENOTSUP;
	}
	/* Planned for every worker, not just once around: a smaller group repeats its PUs while the
	 * larger one still has fresh ones, because neighbours must always be in different
	 * groups. */
	while (p->len < p->workers)
		take(p, nth_of_group(p, group_of, p->len % groups, p->len / groups));
	return 0;
}

/* The usable PU with that OS index. Return: 0; -ENOENT with a line in the reason. */
static int take_named(struct planning *p, const char *policy, unsigned os_index)
{
	for (unsigned i = 0; i < p->pu_count; i++) {
		if (pu_at(p, i)->os_index != os_index)
			continue;
		take(p, i);
		return 0;
	}
	one_line_format(p->reason, p->reason_len, "%s: PU %u is not usable here, only %s are",
	    policy, os_index, topology_allowed_list(p->topo));
	return -ENOENT;
}

static int plan_list(struct planning *p, const char *text)
{
	unsigned *pus = NULL;
	size_t count = 0;
	char why[160];
	int ret;

	ret = pu_list_parse(text + strlen(PLACEMENT_LIST_PREFIX), PLACEMENT_LIST_MAX, &pus, &count,
	    why, sizeof(why));
	if (ret) {
		one_line_format(
		    p->reason, p->reason_len, "list: %s", ret == -EINVAL ? why : "out of memory");
		return ret;
	}
	for (size_t n = 0; n < count && !ret; n++)
		ret = take_named(p, "list", pus[n]) ? -EINVAL : 0;
	free(pus);
	return ret;
}

int placement_pair_parse(const char *text, unsigned pu[2])
{
	const size_t prefix = strlen(PLACEMENT_PAIR_PREFIX);
	const char *dash = strchr(text, '-');
	char first[16];
	uint64_t a, b;

	if (strncmp(text, PLACEMENT_PAIR_PREFIX, prefix) != 0 || !dash ||
	    (size_t)(dash - text) - prefix >= sizeof(first))
		return -EINVAL;
	(void)snprintf(
	    first, sizeof(first), "%.*s", (int)(dash - text - (ptrdiff_t)prefix), text + prefix);
	if (text_parse_u64(first, 0, PU_LIST_INDEX_MAX, &a) != 0 ||
	    text_parse_u64(dash + 1, 0, PU_LIST_INDEX_MAX, &b) != 0 || a == b)
		return -EINVAL;
	pu[0] = (unsigned)a;
	pu[1] = (unsigned)b;
	return 0;
}

static int plan_pair(struct planning *p, const char *text)
{
	unsigned pu[2];
	int ret = placement_pair_parse(text, pu);

	for (unsigned i = 0; i < 2 && !ret; i++)
		ret = take_named(p, "pair", pu[i]) ? -ENOTSUP : 0;
	return ret;
}

static int make_order(struct planning *p, const struct placement_policy *policy)
{
	switch (policy->kind) {
	case PLACEMENT_SAME:
		take(p, 0);
		return 0;
	case PLACEMENT_SMT:
		return plan_smt(p);
	case PLACEMENT_COMPACT:
		return plan_compact(p);
	case PLACEMENT_SCATTER:
		return plan_scatter(p);
	case PLACEMENT_LLC:
		return plan_llc(p);
	case PLACEMENT_CROSS:
		return plan_cross(p);
	case PLACEMENT_LIST:
		return plan_list(p, policy->text);
	case PLACEMENT_PAIR:
		return plan_pair(p, policy->text);
	case PLACEMENT_NONE:
		return 0;
	}
	one_line_format(p->reason, p->reason_len, "unknown placement");
	return -EINVAL;
}

int placement_order(const struct topology *topo, const struct placement_policy *policy,
    unsigned workers, struct placement_order *out, char *reason, size_t reason_len)
{
	struct planning p = {
	    .topo = topo,
	    .pu_count = topology_pu_count(topo),
	    .workers = workers,
	    .reason = reason,
	    .reason_len = reason_len,
	};
	unsigned capacity = p.pu_count;
	int ret;

	if (policy->kind == PLACEMENT_CROSS)
		capacity = workers;
	else if (policy->kind == PLACEMENT_LIST)
		capacity = PLACEMENT_LIST_MAX;
	else if (policy->kind == PLACEMENT_PAIR)
		capacity = 2;
	p.order = calloc(capacity, sizeof(*p.order));
	ret = p.order ? make_order(&p, policy) : -ENOMEM;
	if (ret) {
		free(p.order);
		return ret;
	}
	out->pus = p.order;
	out->len = p.len;
	return 0;
}
