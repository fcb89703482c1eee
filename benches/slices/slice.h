/*
 * slice.h - workers on one PU, none of which ever waits: how long each runs before another has its
 * turn.
 *
 * Each says in a shared word that it runs. Who finds somebody else there was away in between, and
 * its slice ended when it last looked: no threshold tells a slice's end from an interrupt.
 */
#ifndef CONCBENCH_SLICES_SLICE_H
#define CONCBENCH_SLICES_SLICE_H

#include <concbench/concbench.h>

struct slice_worker {
	uint64_t since_ns, seen_ns; /* of the slice that it is in; 0: in none yet */
	/* Since the launch began. */
	uint64_t begun, ended, cut; /* by the end of a trial */
	/* In the window. */
	uint64_t timed, timed_ns;
} CB_ALIGNED;

struct slice_state {
	uint32_t last CB_ALIGNED; /* who runs, or did: index + 1 */
	uint64_t begun;           /* slices of all */
	int policy, nice;         /* the case's */
	struct slice_worker worker[];
};

#endif
