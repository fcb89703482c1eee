/*
 * host.h - what of the machine decides which cases it can run: usable PUs, and how many tasks its
 * limits allow.
 */
#ifndef CONCBENCH_HOST_H
#define CONCBENCH_HOST_H

#include "harness/machine/placement.h"

struct host {
	const struct topology *topology;
	unsigned pus;               /* usable */
	unsigned max_workers;       /* what limits on tasks allow */
	const char *max_workers_by; /* which of them is the least, for people; NULL: not known */
};

/** host_describe() - @topo must outlive @h. */
void host_describe(struct host *h, const struct topology *topo);

/**
 * host_place_pus() - the distinct PUs that a policy gives to as many workers as it can use: as many
 * carriers are worth having.
 * Return: 1 or more; all usable ones for "none" and for a policy that the machine cannot offer.
 */
unsigned host_place_pus(const struct host *h, const struct placement_policy *place);

#endif
