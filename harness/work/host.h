/*
 * host.h - the facts that decide which cases this machine can run: usable PUs, and how many tasks
 * its limits allow.
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
 * host_place_pus() - the number of distinct PUs that a policy can give to workers: more carriers
 * would be of no use.
 * Return: 1 or more; all usable ones for "none" and for a policy that the machine cannot offer.
 */
unsigned host_place_pus(const struct host *h, const struct placement_policy *place);

#endif
