/*
 * daemons.h - threads that nobody waits for, and a main thread that leaves while they work.
 *
 * Each does its deeds one by one and counts them where the process that looks at it afterwards can
 * see them: what is not counted was cut off.
 */
#ifndef CONCBENCH_FAULT_DAEMONS_H
#define CONCBENCH_FAULT_DAEMONS_H

#include "benches/fault/daemons_notes.h"

#include <concbench/concbench.h>

/* All of it is the cell's. */
struct daemons_state {
	int program, notes_fd; /* descriptors; 0: none */
	struct daemons_notes *notes;
	struct cb_fate fate;
};

/** daemons_once() - as struct cb_workload's once(). */
int daemons_once(const struct daemons_plan *plan, struct cb_env *env, struct cb_metrics *metrics,
    char *why, size_t why_len);

#endif
