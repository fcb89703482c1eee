/*
 * team.h - the workers of one case, from their creation to their end, and one trial of them.
 *
 * A unit is what the operating system schedules: the thread, the process, or the carrier of several
 * coroutines. Used by the cell only; one team per process, not thread-safe.
 */
#ifndef CONCBENCH_TEAM_H
#define CONCBENCH_TEAM_H

#include "harness/machine/surroundings.h"
#include "harness/work/bench_case.h"
#include "harness/work/trial.h"

#include <pthread.h>

struct team;

/* How often code that waits for the units checks whether they are alive. */
#define TEAM_ALIVE_CHECK_NS UINT64_C(50000000)

/* How units of one execution model start and end; one table for each model. */
struct team_model {
	/* start() - create all units; they run team_unit_*() and park. Return: 0; -errno. */
	int (*start)(struct team *t, char *why, size_t why_len);
	/* alive() - Return: 0; -ECHILD with a line in @why when a unit has died. */
	int (*alive)(struct team *t, char *why, size_t why_len);
	/* stop() - called when line->quit is set and the line is awake: wait for all units, or end
	 * them. */
	void (*stop)(struct team *t);
};

extern const struct team_model team_thread_model;
extern const struct team_model team_process_model;
extern const struct team_model team_coroutine_model;

struct team {
	const struct bench_case *bc;
	const struct cb_workload *load;
	const struct topology *topo;
	const struct team_model *model;
	struct arena arena;
	struct cb_env env;
	struct placement placement; /* of the units */
	struct surroundings around; /* of these PUs */
	unsigned units;
	struct trial_line *line;       /* arena */
	struct trial_slot *slots;      /* arena, [workers] */
	struct trial_unit *unit;       /* arena, [units] */
	uint64_t *done;                /* arena, [workers] */
	struct histogram *latency;     /* arena, [workers], or [1] of a companion, or NULL */
	struct worker *workers;        /* heap, [workers]; a process's child changes its own copy */
	uint64_t window_ns;            /* the case's window on this machine */
	double round_trip_ns;          /* of a cache line between its first two PUs; 0: not known */
	struct trial_counted *counted; /* arena, [units], or NULL: a team for timing */
	struct companion_process *companions; /* heap, [load->companion_count] */
	struct cb_usage *usage;               /* heap, the same; env.companion */
	struct soak *soak;                    /* arena; NULL: a team that displaces nobody */
	pid_t *soaker_pid;                    /* heap, [soakers] */
	unsigned soakers;
	/* the model's own */
	pthread_t *threads;
	pid_t *pids;
	unsigned started;
	bool companion_left; /* that one has ended well, as when there is nobody to talk to */
	char
	    death[160]; /* of the first worker process or companion that ended; "" while all live */
};

struct team_options {
	uint64_t seed; /* of this launch; determines the arena's offset and the workers' random
			  numbers */
	/* Units have hardware counters on in their windows: add them up with trial_counters_sum().
	 * Nothing else of such trials is worth keeping. */
	bool counting;
	bool displacing; /* for team_displace(), and no other trials */
	bool probing;    /* find out round_trip_ns, before there are any workers */
	double given;    /* the figure that the case depends on */
	bool checking;   /* for conformance: struct cb_env */
};

/**
 * team_create() - set the workload up, fork its companions, create and bind all workers.
 * @why: one line on failure.
 *
 * On failure everything is torn down again. Return: 0; -errno; -EBADMSG from the workload.
 */
int team_create(struct team *t, const struct bench_case *bc, const struct topology *topo,
    const struct team_options *o, char *why, size_t why_len);

/**
 * team_trial() - run one trial and let the workload check itself.
 * @window_ns: length of the window.
 * @out:       filled on success (launch and slot are the caller's); release with sample_free().
 *
 * Return: 0; -EBADMSG the work is not right; -ECHILD a worker died; -EIO a worker's error; -EDEADLK
 * workers wait for each other (deadlock.h), and will wait for team_destroy(), too; -ENOMEM; @why
 * has the line. After an error only team_destroy() may follow.
 */
int team_trial(struct team *t, uint64_t window_ns, struct sample *out, char *why, size_t why_len);

/**
 * team_displace() - as team_trial(), for a team that was made for it: what do the workers take from
 * somebody else who has work for their PUs? Windows in which they work alternate with windows in
 * which they are parked, and a soaker takes whatever is left of each PU in both.
 * @window_ns: of each window in which they work.
 *
 * Return: as team_trial(); -ENOTSUP: it was less than can be told.
 */
int team_displace(
    struct team *t, uint64_t window_ns, struct sample *out, char *why, size_t why_len);

/** team_displace_ns() - for planning: what such a turn takes in all. */
uint64_t team_displace_ns(uint64_t window_ns, unsigned units);

/** team_beside_ns() - for planning: roughly what a turn takes in addition to its window (calling
 * the units to the start, warm-up, passing on the sample). Measured on a shared machine with two
 * CPUs. */
uint64_t team_beside_ns(uint64_t window_ns, unsigned units);

/** team_pus() - where the units were bound, read back: "0,1"; "unbound". */
char *team_pus(const struct team *t, char *buf, size_t len);

/** team_destroy() - end workers and companions, by their own pids, and tear the workload down. */
void team_destroy(struct team *t);

/* ---- between team.c and team_trial.c ---- */

/** team_await_parked() - all units are at the line after trial @epoch. Return: 0; -ECHILD; -EDEADLK
 * some of them never will be. */
int team_await_parked(struct team *t, unsigned epoch, char *why, size_t why_len);

/** team_units_error() - the first error of a unit, or 0. */
int team_units_error(const struct team *t, char *why, size_t why_len);

/** team_latency_count() - histograms that the case's workers or a companion fill. */
unsigned team_latency_count(const struct team *t);

/* ---- for the models ---- */

/**
 * team_death() - has any process of the team been seen to end? This is remembered, because the code
 * that reaps it may not be the code that has to act on it. Return: 0; -ECHILD with a line in @why.
 */
int team_death(const struct team *t, char *why, size_t why_len);

/** team_unit_begin() - bind unit @i, note where, open its counters if it has any; a failure is in
 * unit[i].error. Called in the unit itself, as is team_unit_end(). */
void team_unit_begin(struct team *t, unsigned i);

/** team_unit_end() - it takes part in no more trials. */
void team_unit_end(struct trial_unit *u);

/** team_unit_run() - a unit with exactly one worker: all its trials, until told to quit. */
void team_unit_run(struct team *t, unsigned i);

/** team_unit_started() / team_unit_left() - before and after a unit's work: note the time and the
 * unit's usage. */
void team_unit_started(struct trial_unit *u);
void team_unit_left(struct trial_unit *u);

#endif
