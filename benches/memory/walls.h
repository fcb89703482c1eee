/*
 * walls.h - workers are made until a limit stops them, in a process of their own that has been
 * given little of it.
 */
#ifndef CONCBENCH_MEMORY_WALLS_H
#define CONCBENCH_MEMORY_WALLS_H

#include "benches/memory/parked.h"
#include "benches/memory/wall.h"

/* What a trial does; all of it, but for fixtures. */
struct walls_plan {
	bool limits;    /* the process is given little */
	enum wall says; /* what stopped it; WALLS: what it was */
};

struct walls_state {
	struct walls_plan plan;
	enum cb_model model;
	enum wall asked;        /* to be run into */
	uint32_t workers, room; /* so many are tried, and for so many there is enough */
	int error;
	uint32_t made;
	struct wall_seen found;
	struct cb_fate fate;
	/* struct parked_state follows: the workers themselves. */
} CB_ALIGNED;

/** walls_once() - as struct cb_workload's once(). */
int walls_once(const struct walls_plan *plan, struct cb_env *env, struct cb_metrics *metrics,
    char *why, size_t why_len);

#endif
