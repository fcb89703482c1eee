/*
 * slice.h - workers on one PU, none of which ever waits: how long each runs before another has its
 * turn.
 *
 * Each says in a shared word that it runs. Who finds somebody else there was away in between, and
 * its slice ended when it last looked: no threshold tells a slice's end from an interrupt. What
 * else runs on that PU says nothing there. So each looks at the clock all the time: where that
 * jumps between two looks it did not run, and what it missed is none of its slice.
 */
#ifndef CONCBENCH_SLICES_SLICE_H
#define CONCBENCH_SLICES_SLICE_H

#include <concbench/concbench.h>

/* Between two looks, which are some 50 ns apart: more than an interrupt's handler takes. */
#define SLICE_GAP_NS 5000u
/* Of a trial. The shortest that a kernel gives are of a tenth of a millisecond. */
#define SLICES_MOST 32768u
/* Of fewer nobody is beyond nine of ten. */
#define SLICES_TAIL 10u

/* One that has ended. */
struct slice {
	uint64_t since_ns, seen_ns; /* its first look and its last */
	uint64_t away_ns;           /* of that it did not run */
	uint32_t worker;
	bool timed; /* it ended in the window */
};

struct slice_worker {
	uint64_t since_ns, seen_ns, away_ns; /* of the slice that it is in; 0: in none yet */
	/* Since the launch began. */
	uint64_t begun, ended, cut; /* by the end of a trial */
	uint64_t ended_before;      /* before this trial */
	/* In the window. */
	uint64_t gaps;
} CB_ALIGNED;

/* All of a trial. */
struct slice_trial {
	uint32_t kept;
	struct slice slice[SLICES_MOST];
};

struct slice_state {
	uint32_t last CB_ALIGNED; /* who runs, or did: index + 1 */
	uint64_t begun;           /* slices of all */
	uint32_t policy, nice;    /* the case's */
	uint32_t fresh;           /* a trial has begun since anybody looked */
	/* Which is the workers', and which has been looked at: when some of them begin others may
	 * be under way, and nobody could make room for all. */
	uint32_t next, now;
	struct slice_trial trial[2];
	struct slice_worker worker[];
};

/** slice_look() - who has run since @w, whose @own is, has looked last, and did it run itself? */
void slice_look(struct cb_worker *w, struct slice_state *st, struct slice_worker *own);

/** slice_quantile() - of the @n lengths at @ns, in order, the one that @share of them do not
 * exceed.
 */
uint64_t slice_quantile(const uint64_t *ns, uint32_t n, double share);

/** slice_rr_can() - is whoever has SCHED_RR ever interrupted? As @path, kernel.sched_rt_runtime_us,
 * says. Return: 0; -ENOTSUP with a line in @why. */
int slice_rr_can(const char *path, char *why, size_t why_len);

#endif
