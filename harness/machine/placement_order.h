/*
 * placement_order.h - the policies themselves: in which order workers take the usable PUs. Used by
 * placement.c only.
 */
#ifndef CONCBENCH_PLACEMENT_ORDER_H
#define CONCBENCH_PLACEMENT_ORDER_H

#include "harness/machine/placement.h"

#define PLACEMENT_LIST_PREFIX "list:"
#define PLACEMENT_PAIR_PREFIX "pair:"

/* Worker i takes the usable PU pus[i % len], see topology_pu(). */
struct placement_order {
	unsigned *pus; /* [len], to be released with free() */
	unsigned len;  /* 0: unbound */
};

/**
 * placement_order() - the order in which @workers workers take PUs under a policy. @out: filled on
 * success.
 * @reason: one line on failure (but not of memory).
 * Return: 0; -ENOTSUP; -EINVAL; -ENOMEM.
 */
int placement_order(const struct topology *topo, const struct placement_policy *policy,
    unsigned workers, struct placement_order *out, char *reason, size_t reason_len);

#endif
