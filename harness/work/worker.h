/*
 * worker.h - what a job sees of the world, the same under every execution model.
 *
 * A job never calls the kernel itself for anything that may wait: it asks its worker. In a thread
 * or process that blocks in the kernel; in a coroutine it suspends, and the carrier resumes it. The
 * price is one indirect call, the same for all models (measured: bench `switch/call_worker`).
 * Across a call that may wait a coroutine shares its OS thread with others: keep nothing in
 * thread-local state (errno included) over it.
 */
#ifndef CONCBENCH_WORKER_H
#define CONCBENCH_WORKER_H

#include "harness/base/arena.h"
#include "harness/stats/histogram.h"
#include "harness/coroutine/carrier.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>
#include <sys/types.h>

enum model { MODEL_THREAD, MODEL_PROCESS, MODEL_COROUTINE, MODEL_COUNT };

/** model_name() - "thread", "process", "coroutine". */
const char *model_name(enum model m);

struct worker;
struct trial_line;
struct trial_slot;
struct trial_unit;

/* A mutex and a condition variable that workers of one case share; in the shared arena.
 * Coroutine flavour: all users on one carrier. */
struct worker_mutex {
	pthread_mutex_t pthread;
	struct carrier_waitq queue;
	bool locked;
};

struct worker_cond {
	pthread_cond_t pthread;
	struct carrier_waitq queue;
};

/* One implementation a model; see worker_thread.c and worker_coroutine.c. */
struct worker_ops {
	ssize_t (*read)(struct worker *w, int fd, void *buf, size_t n);
	ssize_t (*write)(struct worker *w, int fd, const void *buf, size_t n);
	int (*accept)(struct worker *w, int fd, struct sockaddr *addr, socklen_t *len);
	int (*connect)(struct worker *w, int fd, const struct sockaddr *addr, socklen_t len);
	void (*sleep_until)(struct worker *w, uint64_t abs_ns);
	void (*yield)(struct worker *w);
	void (*relax)(struct worker *w);
	void (*lock)(struct worker *w, struct worker_mutex *m);
	void (*unlock)(struct worker *w, struct worker_mutex *m);
	void (*wait)(struct worker *w, struct worker_cond *c, struct worker_mutex *m);
	void (*wake)(struct worker *w, struct worker_cond *c, bool all);
	uint64_t (*nothing)(struct worker *w); /* for measuring the indirection itself */
};

/* Private to its worker; the parts others read are in the slot, in shared memory. */
struct worker {
	/* Lines of its own: threads' workers lie side by side, and each writes to its own. */
	_Alignas(ARENA_ALIGN) const struct worker_ops *ops;
	unsigned index; /* 0 .. count-1 */
	unsigned count;
	enum model model;
	bool oversubscribed; /* spinning on another worker should give up the PU */
	/* Harness's: the window, [open, close); open is UINT64_MAX until it is known. */
	const _Atomic uint64_t *open_ns;
	const _Atomic uint64_t *close_ns;
	const atomic_uint *stop;   /* see worker_stopping() */
	struct histogram *latency; /* this worker's, or NULL when the case measures none */
	uint64_t rng;              /* xorshift state, seeded from the run's seed */
	uint64_t calls;            /* operations asked of `nothing` */
	int error;                 /* first error, negative errno; ends the trial */
	const char *error_what;    /* literal: what failed */
	struct trial_slot *slot;   /* harness's */
	struct trial_line *line;   /* harness's */
	struct trial_unit *unit;   /* harness's: the OS thread under it; NULL: nobody asks */
	uint64_t batch;            /* harness's: batch size found for this worker */
	struct carrier_unit *home; /* harness's: the carrier's books; coroutine model only */
	void *local;               /* the job's, per worker; not shared between processes */
};

/* read/write/accept/connect: the system call's result, or negative errno. Descriptors come from
 * worker_fd_prepare(). */
static inline ssize_t worker_read(struct worker *w, int fd, void *buf, size_t n)
{
	return w->ops->read(w, fd, buf, n);
}

static inline ssize_t worker_write(struct worker *w, int fd, const void *buf, size_t n)
{
	return w->ops->write(w, fd, buf, n);
}

static inline int worker_accept(struct worker *w, int fd, struct sockaddr *addr, socklen_t *len)
{
	return w->ops->accept(w, fd, addr, len);
}

static inline int worker_connect(
    struct worker *w, int fd, const struct sockaddr *addr, socklen_t len)
{
	return w->ops->connect(w, fd, addr, len);
}

/** worker_sleep_until() - to an absolute CLOCK_MONOTONIC time; never early. */
static inline void worker_sleep_until(struct worker *w, uint64_t abs_ns)
{
	w->ops->sleep_until(w, abs_ns);
}

/** worker_yield() - let another worker run: sched_yield(2), or the carrier's next coroutine. */
static inline void worker_yield(struct worker *w)
{
	w->ops->yield(w);
}

/**
 * worker_relax() - once per turn of a loop that spins on what another worker will do: a pause
 * instruction when every worker has a PU, else (oversubscribed, or coroutines) a yield.
 */
static inline void worker_relax(struct worker *w)
{
	w->ops->relax(w);
}

static inline void worker_lock(struct worker *w, struct worker_mutex *m)
{
	w->ops->lock(w, m);
}

static inline void worker_unlock(struct worker *w, struct worker_mutex *m)
{
	w->ops->unlock(w, m);
}

/** worker_wait() - release @m, wait, take @m again; may wake spuriously. */
static inline void worker_wait(struct worker *w, struct worker_cond *c, struct worker_mutex *m)
{
	w->ops->wait(w, c, m);
}

static inline void worker_wake_one(struct worker *w, struct worker_cond *c)
{
	w->ops->wake(w, c, false);
}

static inline void worker_wake_all(struct worker *w, struct worker_cond *c)
{
	w->ops->wake(w, c, true);
}

/** worker_nothing() - does nothing through the interface; returns how often it was asked. */
static inline uint64_t worker_nothing(struct worker *w)
{
	return w->ops->nothing(w);
}

/** worker_random() - next number of this worker's own sequence (xorshift64*, Vigna 2016). */
static inline uint64_t worker_random(struct worker *w)
{
	w->rng ^= w->rng >> 12;
	w->rng ^= w->rng << 25;
	w->rng ^= w->rng >> 27;
	return w->rng * UINT64_C(0x2545F4914F6CDD1D);
}

/* A buffer that moves needs this much room beside its own. */
#define WORKER_SHIFT_MAX ((size_t)64 * 1024)

/**
 * worker_shift() - where a job's buffer begins in this trial: a random multiple of a cache line
 * below WORKER_SHIFT_MAX. For enter(), once a trial.
 *
 * Where memory happens to lie changes a figure by several percent from launch to launch (Mytkowicz
 * et al., "Producing wrong data without doing anything obviously wrong!", ASPLOS 2009): a buffer
 * that moves from slot to slot averages that out inside a launch.
 */
static inline size_t worker_shift(struct worker *w)
{
	return (size_t)(worker_random(w) % (WORKER_SHIFT_MAX / 64)) * 64;
}

/**
 * worker_record_ns() - one latency, which ended at @at_ns.
 *
 * Kept when it ended inside the window, whenever it began: so each counts once, long ones no more
 * and no less than short ones. By when it began, and ended, would leave the tail out.
 */
static inline void worker_record_ns(struct worker *w, uint64_t at_ns, uint64_t ns)
{
	/* Acquire: who sees when the window opens sees when it closes. */
	if (w->latency && at_ns >= atomic_load_explicit(w->open_ns, memory_order_acquire) &&
	    at_ns < atomic_load_explicit(w->close_ns, memory_order_relaxed))
		histogram_record(w->latency, ns);
}

/**
 * worker_stopping() - the trial is over (or failed): a batch has to return what it has done so far
 * instead of waiting for others. One relaxed load of a word nobody writes during the window.
 */
static inline bool worker_stopping(const struct worker *w)
{
	return atomic_load_explicit(w->stop, memory_order_relaxed) != 0;
}

/** worker_fail() - end this worker's trial with an error; the first one is kept. */
static inline void worker_fail(struct worker *w, int error, const char *what)
{
	if (w->error == 0) {
		w->error = error;
		w->error_what = what;
	}
}

/**
 * worker_mutex_init() / worker_cond_init() - in the cell, before workers exist. Process-shared
 * exactly when @model is MODEL_PROCESS: a private mutex between processes measures nothing.
 * Return: 0; -errno.
 */
int worker_mutex_init(struct worker_mutex *m, enum model model);
int worker_cond_init(struct worker_cond *c, enum model model);

/** worker_fd_prepare() - make @fd fit for the model (non-blocking for coroutines). 0; -errno. */
int worker_fd_prepare(int fd, enum model model);

#endif
