/*
 * trial.h - the start line, the measured window and the finish line of one trial.
 *
 * All of this lies in the shared arena and works the same between threads and processes. There is
 * no barrier, because a dead worker that never reached it would hang the others. Instead units
 * announce themselves in a counter, wait on a futex for the number of the next trial, sleep until
 * shortly before an absolute start time and spin for the rest.
 *
 * The window is the time from open_ns to close_ns, in which every worker is under way and none has
 * left: the last worker to begin opens it, after a warm-up. With more workers than PUs that may
 * take a while, and what the others do until then is not counted. Nobody interrupts a worker to
 * read its counter: each worker notes the time after every batch and interpolates linearly between
 * two notes how much it had done at open_ns and at close_ns. Batches last about 15 µs, so the error
 * at each end is a small part of one batch. What an OS thread used (CPU time, switches) is read at
 * the same two crossings, so that it belongs to the same operations.
 */
#ifndef CONCBENCH_TRIAL_H
#define CONCBENCH_TRIAL_H

#include "harness/machine/counters.h"
#include "harness/machine/whereabouts.h"
#include "harness/work/worker.h"

/* The window is over: batches return early; the loop around them sees it by the clock. */
#define TRIAL_STOP_CLOSED 1u
/* Somebody failed: leave at once, the trial is worth nothing. */
#define TRIAL_STOP_ABORT 2u

#define TRIAL_UNKNOWN_NS UINT64_MAX

/* The line itself: one per cell. Written by the coordinator between trials, except where said. */
struct trial_line {
	_Alignas(ARENA_ALIGN) atomic_uint epoch; /* number of the trial wanted; futex */
	atomic_uint quit;                        /* units: exit instead of another trial */
	atomic_uint recording;                   /* non-zero inside the window, for companions */
	_Atomic uint64_t start_ns;               /* companions look at it */
	uint64_t earliest_ns;                    /* the window opens then at the earliest ... */
	uint64_t warm_up_ns; /* ... and so long after the last worker has begun */
	uint64_t window_ns;
	unsigned workers;          /* who have to begin; 0: the window is given */
	_Atomic uint64_t open_ns;  /* TRIAL_UNKNOWN_NS until the last worker has begun */
	_Atomic uint64_t close_ns; /* valid once open_ns is */
	_Alignas(ARENA_ALIGN) atomic_uint begun; /* workers under way */
	bool spin;                               /* every unit has a PU of its own */
	/* TRIAL_STOP_*; written once a trial, by the coordinator after close_ns or by whoever
	 * fails. */
	_Alignas(ARENA_ALIGN) atomic_uint stop;
	/* Written by the units. */
	_Alignas(ARENA_ALIGN) atomic_uint parked; /* units at the line */
	atomic_uint parked_epoch;                 /* last trial that all have parked after; futex */
};

/* One worker's outcome of the current trial. */
struct trial_slot {
	_Alignas(ARENA_ALIGN) double window_ops;
	uint64_t start_ns; /* when it began */
	int error;         /* negative errno */
	char error_what[60];
	/* Of a coroutine: what it waits for in cb_lock(), and how often it has begun to:
	 * deadlock.h. */
	const struct cb_mutex *_Atomic wants;
	_Atomic uint64_t waits;
};

/* When the usage of an OS thread was read: as the first of its workers crossed. */
enum trial_note { TRIAL_BEGUN, TRIAL_OPENED, TRIAL_CLOSED, TRIAL_NOTES };

struct trial_usage {
	uint64_t ns;
	struct counters_usage used; /* cumulative */
};

struct trial_counted;

/* The OS thread or process under one or more workers. */
struct trial_unit {
	_Alignas(ARENA_ALIGN) int bound_pu; /* read back, -1 when unbound */
	_Atomic int tid;                    /* gettid(2); 0: it has not begun */
	int error;                          /* of setting the unit up, negative errno */
	char error_what[60];
	uint64_t start_ns;
	uint64_t leave_ns;
	struct trial_usage note[TRIAL_NOTES];
	unsigned notes;                   /* how many there are yet */
	struct whereabouts where;         /* its own: descriptors are of its process */
	struct whereabouts_reading since; /* from the end of the last trial to that of this */
	char moved[96]; /* what became of a bound one that is elsewhere now, after "it" */
	_Atomic uint64_t charged_ns; /* CPU time used for its workers elsewhere (cb_charge_ns()) */
	struct trial_counted *counted; /* NULL: a timed trial, without hardware counters */
};

/* How far a worker is in its trial. Passed by value: a note whose address is known elsewhere would
 * have to live in memory in the timed loop. */
struct progress_note {
	uint64_t ns;
	uint64_t done;
};

/**
 * trial_line_wait() - a unit waits for the next trial and for its start time.
 * @seen: the unit's own; number of the last trial it took part in.
 * Return: true to run it, false to exit.
 */
bool trial_line_wait(struct trial_line *line, unsigned *seen);

/** trial_line_await_start() - the second half of it: sleep, then spin, until start_ns. */
void trial_line_await_start(const struct trial_line *line);

/** trial_line_park() - a unit is done with trial @seen (or ready for the first). */
void trial_line_park(struct trial_line *line, unsigned seen, unsigned units);

/**
 * trial_clear_flags() - lower the calling thread's (or coroutine's) floating-point exception flags,
 * fenv(3). A switch of stacks loads MXCSR, and loading a value that differs from the current one is
 * slow on some processors (Intel Emerald Rapids: 85 ns, against 6 for the whole switch). So the
 * harness raises no flag inside a window, and begins with none raised: then only the job's own
 * flags can make a switch slow.
 */
void trial_clear_flags(void);

/**
 * trial_work() - one worker's part of a trial, from the start time to past the end of the window.
 * @done: this worker's operations since the cell began, [worker]; updated.
 */
void trial_work(struct worker *w, const struct cb_workload *load, void *state, uint64_t *done);

/** trial_ops_at() - operations done at time @at_ns, interpolated between two notes of a worker;
 * @before.ns <= @at_ns <= @now.ns. */
static inline double trial_ops_at(
    uint64_t at_ns, struct progress_note before, struct progress_note now)
{
	if (now.ns <= before.ns)
		return (double)now.done;
	return (double)before.done +
	       (double)(now.done - before.done) *
		   ((double)(at_ns - before.ns) / (double)(now.ns - before.ns));
}

/**
 * trial_used() - what a unit used from open_ns to close_ns, interpolated between its notes: a unit
 * that was inside one long operation all the time has only two. Return: false when it has not seen
 * the end of the window.
 */
bool trial_used(const struct trial_unit *u, uint64_t open_ns, uint64_t close_ns, double *cpu_ns,
    double *voluntary, double *involuntary);

/** futex_wait() / futex_wake() - futex(2) on memory shared between processes.
 * @timeout_ns: relative; 0 for none. Spurious returns happen. */
void futex_wait(atomic_uint *word, unsigned expected, uint64_t timeout_ns);
void futex_wake(atomic_uint *word, unsigned count);

#endif
