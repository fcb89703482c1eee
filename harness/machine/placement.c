#include "harness/machine/placement.h"

#include "harness/base/one_line.h"
#include "harness/machine/placement_order.h"
#include "harness/machine/pu_list.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct {
	const char *text;
	enum placement_kind kind;
} plain_policies[] = {
    {"same", PLACEMENT_SAME},
    {"smt", PLACEMENT_SMT},
    {"compact", PLACEMENT_COMPACT},
    {"scatter", PLACEMENT_SCATTER},
    {"llc", PLACEMENT_LLC},
    {"cross", PLACEMENT_CROSS},
    {"none", PLACEMENT_NONE},
};

#define PLAIN_POLICIES (sizeof(plain_policies) / sizeof(plain_policies[0]))

int placement_parse(const char *text, struct placement_policy *out, char *err, size_t err_len)
{
	struct placement_policy policy = {.kind = PLACEMENT_LIST};
	unsigned *pus = NULL;
	size_t count = 0;
	char why[160];
	int ret;

	for (size_t i = 0; i < PLAIN_POLICIES; i++) {
		if (strcmp(text, plain_policies[i].text) == 0) {
			*out = placement_policy_of(plain_policies[i].kind);
			return 0;
		}
	}
	if (strncmp(text, PLACEMENT_PAIR_PREFIX, strlen(PLACEMENT_PAIR_PREFIX)) == 0) {
		unsigned pu[2];

		if (placement_pair_parse(text, pu) != 0) {
			one_line_format(err, err_len,
			    "'%.40s' is no pair; accepted: two different PUs, such as pair:0-1",
			    text);
			return -EINVAL;
		}
		policy.kind = PLACEMENT_PAIR;
		(void)snprintf(
		    policy.text, sizeof(policy.text), PLACEMENT_PAIR_PREFIX "%u-%u", pu[0], pu[1]);
		*out = policy;
		return 0;
	}
	if (placement_is_many(text)) {
		one_line_format(err, err_len,
		    "'%.40s' stands for many placements; accepted here: one, such as pair:0-1",
		    text);
		return -EINVAL;
	}
	if (strncmp(text, PLACEMENT_LIST_PREFIX, strlen(PLACEMENT_LIST_PREFIX)) != 0) {
		one_line_format(err, err_len,
		    "'%.40s' is not known; accepted: same, smt, compact, scatter, llc, cross, "
		    "list:..., pair:A-B, none",
		    text);
		return -EINVAL;
	}
	if (strlen(text) >= PLACEMENT_TEXT_MAX) {
		one_line_format(err, err_len, "'%.40s...' is longer than %d characters", text,
		    PLACEMENT_TEXT_MAX - 1);
		return -EINVAL;
	}
	ret = pu_list_parse(text + strlen(PLACEMENT_LIST_PREFIX), PLACEMENT_LIST_MAX, &pus, &count,
	    why, sizeof(why));
	if (ret) {
		one_line_format(err, err_len, "list: %s", ret == -EINVAL ? why : "out of memory");
		return -EINVAL;
	}
	free(pus);
	strcpy(policy.text, text);
	*out = policy;
	return 0;
}

struct placement_policy placement_policy_of(enum placement_kind kind)
{
	struct placement_policy policy = {.kind = kind};

	for (size_t i = 0; i < PLAIN_POLICIES; i++)
		if (plain_policies[i].kind == kind)
			strcpy(policy.text, plain_policies[i].text);
	return policy;
}

static int assign(const struct topology *topo, const struct placement_order *order,
    unsigned workers, struct placement *out)
{
	unsigned pu_count = topology_pu_count(topo);
	int *pu = calloc(workers, sizeof(*pu));
	bool *used = calloc(pu_count, sizeof(*used));
	unsigned distinct = 0;

	if (!pu || !used) {
		free(pu);
		free(used);
		return -ENOMEM;
	}
	out->mixed_cores = false;
	for (unsigned w = 0; w < workers; w++) {
		unsigned i;

		if (!order->len) {
			pu[w] = -1;
			continue;
		}
		i = order->pus[w % order->len];
		out->mixed_cores |=
		    topology_pu(topo, i)->core_kind != topology_pu(topo, order->pus[0])->core_kind;
		pu[w] = (int)topology_pu(topo, i)->os_index;
		distinct += !used[i];
		used[i] = true;
	}
	free(used);
	out->count = workers;
	out->pu = pu;
	out->pus_used = distinct;
	/* Unbound workers may run on any usable PU. */
	out->oversubscribed = workers > (order->len ? distinct : pu_count);
	return 0;
}

int placement_plan(const struct topology *topo, const struct placement_policy *policy,
    unsigned workers, struct placement *out, char *reason, size_t reason_len)
{
	struct placement_order order;
	int ret;

	if (workers == 0) {
		one_line_format(reason, reason_len, "0 workers cannot be placed");
		return -EINVAL;
	}
	ret = placement_order(topo, policy, workers, &order, reason, reason_len);
	if (!ret) {
		ret = assign(topo, &order, workers, out);
		free(order.pus);
	}
	if (ret == -ENOMEM)
		one_line_format(reason, reason_len, "out of memory");
	return ret;
}

void placement_free(struct placement *p)
{
	free(p->pu);
	*p = (struct placement){0};
}

/* Which usable PU has an OS index; NULL for one that is not ours. */
static const struct topology_pu *pu_of_index(const struct topology *topo, int os_index)
{
	for (unsigned i = 0; i < topology_pu_count(topo); i++)
		if (os_index >= 0 && topology_pu(topo, i)->os_index == (unsigned)os_index)
			return topology_pu(topo, i);
	return NULL;
}

/* How good @pu is as a spare: 0 taken, 1 a worker's sibling, 2 a free core, one more when it is of
 * the cache of the first worker, and two more as the first of its core: each companion a core. */
static int spare_value(
    const struct topology *topo, const struct placement *p, const struct topology_pu *pu)
{
	const struct topology_pu *first = pu_of_index(topo, p->pu[0]);
	int value = 2 + (first && first->llc_id == pu->llc_id) + 2 * (pu->smt_rank == 0);

	for (unsigned w = 0; w < p->count; w++) {
		const struct topology_pu *taken = pu_of_index(topo, p->pu[w]);

		if (taken == pu)
			return 0;
		if (taken && taken->core_id == pu->core_id)
			value = 1;
	}
	return value;
}

int placement_spare_pu(const struct topology *topo, const struct placement *p, unsigned nth)
{
	if (p->count == 0 || p->pu[0] < 0)
		return -1;
	/* Those better than this one, and equal ones before it, come first. */
	for (unsigned i = 0; i < topology_pu_count(topo); i++) {
		const int value = spare_value(topo, p, topology_pu(topo, i));
		unsigned before = 0;

		if (value <= 0)
			continue;
		for (unsigned k = 0; k < topology_pu_count(topo); k++) {
			const int other = spare_value(topo, p, topology_pu(topo, k));

			before += other > value || (other == value && k < i);
		}
		if (before == nth)
			return (int)topology_pu(topo, i)->os_index;
	}
	return -1;
}
