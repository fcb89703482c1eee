/*
 * concbench.h - what a benchmark sees of the harness, and what it says of itself.
 *
 * A *kind* is one thing that is measured (a lock, a queue, a job, a hand-off); a *family* is what
 * kinds share: their question, parameters and chart. One *case* is a kind with a value for every
 * parameter; its name says all of it: "lock/ck_mcs/model:thread/workers:2/place:scatter/...".
 * In a case *workers* (threads, processes or coroutines) run the kind's workload in *trials*: from
 * a common start, through a window in which all of them are under way, to past its end.
 *
 * In-tree kinds and those in a user's own shared object (--load FILE.so) use this header and its
 * companions and nothing else: lock.h, queue.h, job.h, runtime.h. C11 and C++17, gcc and clang.
 * Functions named cb_*() without a body here are the program's; a shared object finds them there.
 *
 * Memory: a case's state is shared by all its workers under every model and lies at the same
 * address in all its processes; it starts as zeroes. Atomics are the compiler's __atomic built-ins
 * on plain integers, which both languages have.
 */
#ifndef CONCBENCH_PUBLIC_CONCBENCH_H
#define CONCBENCH_PUBLIC_CONCBENCH_H

#include <concbench/figure.h>
#include <concbench/runtime.h>

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>
#include <sys/types.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Number of this interface. 0: it may change with every version of concbench, and a shared object
 * has to be built again for each; the program refuses those of another number. */
#define CB_ABI 0

/* Two cache lines: the adjacent-line prefetcher of x86 pulls them in pairs. */
#define CB_ALIGN 128
#define CB_ALIGNED __attribute__((aligned(CB_ALIGN)))

/** cb_lines() - rounded up to whole lines: what lies behind shares none with these @bytes. */
static inline size_t cb_lines(size_t bytes)
{
	return (bytes + CB_ALIGN - 1) / CB_ALIGN * CB_ALIGN;
}

#define CB_INLINE static inline __attribute__((always_inline))
#define CB_LIKELY(x) __builtin_expect(!!(x), 1)
#define CB_UNLIKELY(x) __builtin_expect(!!(x), 0)

/* Relaxed unless they say otherwise; on integers and pointers that others write too. */
#define cb_load(p) __atomic_load_n(p, __ATOMIC_RELAXED)
#define cb_load_acquire(p) __atomic_load_n(p, __ATOMIC_ACQUIRE)
#define cb_store(p, value) __atomic_store_n(p, value, __ATOMIC_RELAXED)
#define cb_store_release(p, value) __atomic_store_n(p, value, __ATOMIC_RELEASE)
#define cb_fetch_add(p, n) __atomic_fetch_add(p, n, __ATOMIC_RELAXED)

/* ---- workers ---- */

enum cb_model {
	CB_THREAD,
	CB_PROCESS,
	CB_COROUTINE,
	/* One thread that serves everything by hand-written callbacks: a reference beside the
	 * others, for jobs that have such a workload. */
	CB_CALLBACK,
	CB_MODEL_COUNT,
};

/** cb_model_name() - "thread", "process", "coroutine", "callback". */
const char *cb_model_name(enum cb_model m);

struct cb_worker;
struct cb_mutex;
struct cb_cond;

/* How a worker waits: one table a model. Use the functions below. */
struct cb_worker_ops {
	ssize_t (*read)(struct cb_worker *w, int fd, void *buf, size_t n);
	ssize_t (*write)(struct cb_worker *w, int fd, const void *buf, size_t n);
	int (*accept)(struct cb_worker *w, int fd, struct sockaddr *addr, socklen_t *len);
	int (*connect)(struct cb_worker *w, int fd, const struct sockaddr *addr, socklen_t len);
	int (*await_fd)(struct cb_worker *w, int fd, bool writable, uint64_t until_ns);
	void (*sleep_until)(struct cb_worker *w, uint64_t abs_ns);
	void (*yield)(struct cb_worker *w);
	void (*relax)(struct cb_worker *w);
	void (*lock)(struct cb_worker *w, struct cb_mutex *m);
	void (*unlock)(struct cb_worker *w, struct cb_mutex *m);
	bool (*wait)(struct cb_worker *w, struct cb_cond *c, struct cb_mutex *m, uint64_t until_ns);
	void (*wake)(struct cb_worker *w, struct cb_cond *c, bool all);
	uint64_t (*nothing)(struct cb_worker *w);
};

/* What a job sees of its worker. Private to that worker: nobody else reads it. */
struct cb_worker {
	const struct cb_worker_ops *ops;
	const uint32_t *stop; /* see cb_stopping() */
	unsigned index;       /* 0 .. count-1 */
	unsigned count;
	unsigned role; /* among those who use what it calls; its index, unless the workload says */
	enum cb_model model;
	bool oversubscribed;    /* a spin on another worker should give up the PU */
	int pu;                 /* it is bound to, by the OS's number; -1: unbound */
	int node;               /* NUMA node of that PU, counted from 0 without gaps; -1: unknown */
	int error;              /* of cb_fail(), negative errno; ends the trial */
	const char *error_what; /* literal */
	uint64_t rng;           /* of cb_random() */
	uint64_t calls;         /* of cb_nothing() */
	void *local;            /* the job's own, per worker; not shared between processes */
};

/*
 * A mutex and a condition variable that suit every model: they block threads and processes (between
 * processes they are process-shared) and suspend coroutines, whose users must be on one carrier.
 * In shared state; initialised in setup.
 */
struct cb_mutex {
	pthread_mutex_t pthread;
	struct cb_waitq queue;
	bool locked;
	uint32_t owner; /* of coroutines: the worker that has it, by index and 1; 0: nobody */
};

struct cb_cond {
	pthread_cond_t pthread;
	struct cb_waitq queue;
};

/** cb_mutex_init() / cb_cond_init() - in setup, before workers exist. Return: 0; -errno. */
int cb_mutex_init(struct cb_mutex *m, enum cb_model model);
int cb_cond_init(struct cb_cond *c, enum cb_model model);

/** cb_fd_prepare() - make @fd fit for the model (non-blocking for coroutines). Return: 0; -errno.
 */
int cb_fd_prepare(int fd, enum cb_model model);

/*
 * A job never calls the kernel itself for what may wait: it asks its worker. In a thread or process
 * that blocks in the kernel, in a coroutine it suspends and the carrier resumes it. The price is
 * one indirect call, the same under all models (measured: handoff/call_worker). Over such a call a
 * coroutine shares its OS thread with others: keep nothing in thread-local state, errno included.
 *
 * cb_read(), cb_write(), cb_accept(), cb_connect(): the system call's result, or negative errno.
 * Descriptors come from cb_fd_prepare().
 */
static inline ssize_t cb_read(struct cb_worker *w, int fd, void *buf, size_t n)
{
	return w->ops->read(w, fd, buf, n);
}

static inline ssize_t cb_write(struct cb_worker *w, int fd, const void *buf, size_t n)
{
	return w->ops->write(w, fd, buf, n);
}

static inline int cb_accept(struct cb_worker *w, int fd, struct sockaddr *addr, socklen_t *len)
{
	return w->ops->accept(w, fd, addr, len);
}

static inline int cb_connect(
    struct cb_worker *w, int fd, const struct sockaddr *addr, socklen_t len)
{
	return w->ops->connect(w, fd, addr, len);
}

/**
 * cb_await_fd() - wait until @fd is readable (or @writable), or at its end, but not beyond
 * @until_ns of cb_now_ns() (CB_FOR_EVER). For calls with a deadline: try, wait with this, try
 * again. Return: 1; 0 when the time has passed, never early; -errno.
 */
static inline int cb_await_fd(struct cb_worker *w, int fd, bool writable, uint64_t until_ns)
{
	return w->ops->await_fd(w, fd, writable, until_ns);
}

/** cb_sleep_until() - to an absolute time of cb_now_ns(); never early. */
static inline void cb_sleep_until(struct cb_worker *w, uint64_t abs_ns)
{
	w->ops->sleep_until(w, abs_ns);
}

/** cb_yield() - let another worker run: sched_yield(2), or the carrier's next coroutine. */
static inline void cb_yield(struct cb_worker *w)
{
	w->ops->yield(w);
}

/* Says that this is a spin. AArch64: isb, which waits for about as long as a pause does. */
static inline void cb_pause(void)
{
#if defined(__x86_64__) || defined(__i386__)
	__builtin_ia32_pause();
#elif defined(__aarch64__)
	__asm__ volatile("isb" : : : "memory");
#else
	__asm__ volatile("" : : : "memory");
#endif
}

/**
 * cb_relax() - once per turn of a loop that spins on what another worker will do: a pause
 * instruction when every worker has a PU, else (oversubscribed, or coroutines) a yield.
 */
static inline void cb_relax(struct cb_worker *w)
{
	if (CB_LIKELY(w->model <= CB_PROCESS && !w->oversubscribed))
		cb_pause();
	else
		w->ops->relax(w);
}

static inline void cb_lock(struct cb_worker *w, struct cb_mutex *m)
{
	w->ops->lock(w, m);
}

static inline void cb_unlock(struct cb_worker *w, struct cb_mutex *m)
{
	w->ops->unlock(w, m);
}

#define CB_FOR_EVER UINT64_MAX

/** cb_wait() - release @m, wait, take @m again; may wake spuriously. */
static inline void cb_wait(struct cb_worker *w, struct cb_cond *c, struct cb_mutex *m)
{
	(void)w->ops->wait(w, c, m, CB_FOR_EVER);
}

/** cb_wait_until() - the same, but not beyond @abs_ns. Return: false when that has passed. */
static inline bool cb_wait_until(
    struct cb_worker *w, struct cb_cond *c, struct cb_mutex *m, uint64_t abs_ns)
{
	return w->ops->wait(w, c, m, abs_ns);
}

static inline void cb_wake_one(struct cb_worker *w, struct cb_cond *c)
{
	w->ops->wake(w, c, false);
}

static inline void cb_wake_all(struct cb_worker *w, struct cb_cond *c)
{
	w->ops->wake(w, c, true);
}

/** cb_nothing() - does nothing, through the interface; returns how often it was asked. */
static inline uint64_t cb_nothing(struct cb_worker *w)
{
	return w->ops->nothing(w);
}

/** cb_random() - next number of this worker's own sequence (xorshift64*, Vigna 2016). */
static inline uint64_t cb_random(struct cb_worker *w)
{
	w->rng ^= w->rng >> 12;
	w->rng ^= w->rng << 25;
	w->rng ^= w->rng >> 27;
	return w->rng * UINT64_C(0x2545F4914F6CDD1D);
}

/* A buffer that moves needs this much room beside its own. */
#define CB_SHIFT_MAX ((size_t)64 * 1024)

/**
 * cb_shift() - where a job's buffer begins in this trial: a random multiple of a cache line below
 * CB_SHIFT_MAX. For enter(), once a trial.
 *
 * Where memory happens to lie changes a figure by several percent from launch to launch (Mytkowicz
 * et al., "Producing wrong data without doing anything obviously wrong!", ASPLOS 2009): a buffer
 * that moves from trial to trial averages that out inside a launch.
 */
static inline size_t cb_shift(struct cb_worker *w)
{
	return (size_t)(cb_random(w) % (CB_SHIFT_MAX / 64)) * 64;
}

/**
 * cb_stopping() - the trial is over (or failed): a batch has to return what it has done so far
 * instead of waiting for others. One relaxed load of a word that nobody writes during the window.
 */
static inline bool cb_stopping(const struct cb_worker *w)
{
	return cb_load(w->stop) != 0;
}

/** cb_fail() - end this worker's trial with an error; the first one is kept. @what: a literal. */
static inline void cb_fail(struct cb_worker *w, int error, const char *what)
{
	if (w->error == 0) {
		w->error = error;
		w->error_what = what;
	}
}

/** cb_expect() - cb_fail() unless @ret, as pthread functions return it, is 0. */
static inline void cb_expect(struct cb_worker *w, int ret, const char *what)
{
	if (CB_UNLIKELY(ret != 0))
		cb_fail(w, -ret, what);
}

#define CB_NS_PER_US UINT64_C(1000)
#define CB_NS_PER_MS UINT64_C(1000000)
#define CB_NS_PER_S UINT64_C(1000000000)

/** cb_now_ns() - CLOCK_MONOTONIC, comparable across threads and processes; about 25 ns. */
uint64_t cb_now_ns(void);

/**
 * cb_record_ns() - one latency, which ended at @at_ns. Kept when it ended inside the window,
 * whenever it began: so each counts once, long ones no more and no less than short ones.
 */
void cb_record_ns(struct cb_worker *w, uint64_t at_ns, uint64_t ns);

/** cb_in_window() - lies @at_ns inside the window, as far as is known? For figures of a workload's
 * own: what is not in there is warm-up, or others have left already. */
bool cb_in_window(struct cb_worker *w, uint64_t at_ns);

/**
 * cb_spin() - work that takes a while, without reading a clock: a read of it is 25 ns, too coarse
 * for 100. The loop that was timed by cb_spin_turns() is the one that runs, down to its alignment.
 */
void cb_spin(uint64_t turns);

/** cb_spin_turns() - turns of cb_spin() that take @ns; at least 1 if @ns is. For setup: takes a few
 * milliseconds when @ns is not 0. As exact as the PU's frequency is steady. */
uint64_t cb_spin_turns(uint64_t ns);

/* So many deadlines have to have passed before the least lateness of them is believed. */
#define CB_LATE_OF 50u

/**
 * cb_late_ns() - for setup: a wait whose deadline passed is too late if the least late of
 * CB_LATE_OF was later than this. Whoever is only kept from its PU is on time at least once; what
 * plain sleeps do here is measured (a few milliseconds) and allowed for.
 */
uint64_t cb_late_ns(void);

/* ---- cases and their parameters ---- */

/*
 * A parameter, declared once: from it come names, their parsing, --set, bounds, axes of charts.
 * The keys "model", "workers", "carriers" and "place" mean the same in every family; use the
 * macros.
 */
struct cb_param {
	const char *key; /* as in names, with its unit: "hold_ns" */
	enum cb_unit unit;
	const char *base; /* the value of names that leave it out: "0", "pus", "scatter" */
	int64_t least, most;
	const char *about;        /* what it means, one line */
	const char *const *words; /* CB_WORD: up to a NULL */
	/* Left out of names at its base value: a parameter that is added later renames nothing. */
	bool sparse;
};

extern const char *const cb_model_words[];

#define CB_PARAM_MODEL                                                                      \
	{                                                                                   \
		"model", CB_WORD, "thread", 0, CB_MODEL_COUNT - 1, "what carries a worker", \
		    cb_model_words, false                                                   \
	}
#define CB_PARAM_WORKERS(base)                                                                    \
	{                                                                                         \
		"workers", CB_COUNT, base, 1, 1000000, "how many run the workload at once", NULL, \
		    false                                                                         \
	}
#define CB_PARAM_CARRIERS                                                                         \
	{                                                                                         \
		"carriers", CB_COUNT, "1", 1, 4096, "OS threads that carry the coroutines", NULL, \
		    false                                                                         \
	}
#define CB_PARAM_PLACE(base)                                                                     \
	{                                                                                        \
		"place", CB_PLACE, base, 0, 0, "which PUs the workers are bound to", NULL, false \
	}
#define CB_PARAM(key, unit, base, least, most, about)            \
	{                                                        \
		key, unit, base, least, most, about, NULL, false \
	}
#define CB_PARAM_SPARSE(key, unit, base, least, most, about)    \
	{                                                       \
		key, unit, base, least, most, about, NULL, true \
	}

enum cb_profile {
	CB_SMOKE, /* seconds: does it all work? */
	CB_QUICK, /* under 3 minutes: the questions, not every kind */
	CB_FULL,  /* an hour */
	CB_CHECK, /* conformance: what shows a wrong kind, not what it costs */
};

/*
 * Which cases a profile has: a product over the values given, everything else at its base value.
 * "model=thread,process workers=1,pus,2*pus hold_ns=0". Several sweeps are several factors, one at
 * a time. A profile has the sweeps of the smaller ones too, but CB_CHECK has its own only, and a
 * kind without one is wrong: nothing has tried it. Models that it claims and they leave out are
 * added.
 */
struct cb_sweep {
	enum cb_profile from;
	const char *points;
};

struct cb_kind;

/* A case as its kind sees it. */
struct cb_case {
	const struct cb_kind *kind;
	enum cb_model model;
	unsigned workers;
	unsigned carriers; /* coroutine model; else 0 */
};

/** cb_case_name() - all of it; as long as the case. */
const char *cb_case_name(const struct cb_case *c);

/** cb_case_value() - a parameter's value, in its unit (a word's: its index). The key has to be one
 * of the kind's parameters. A look-up by text: for setup, not for batches. */
int64_t cb_case_value(const struct cb_case *c, const char *key);

/** cb_case_on_one_pu() - its workers take turns on one PU ("place:same"). */
bool cb_case_on_one_pu(const struct cb_case *c);

/* ---- workloads ---- */

struct cb_metrics;

/**
 * cb_metric() - a figure of this trial. What is not finite is left out: a figure that could not be
 * had is no figure. Return: 0; -EINVAL not finite, or a name that is not of [A-Za-z0-9_.:-];
 * -ENOSPC.
 */
int cb_metric(struct cb_metrics *m, const char *name, double value);

/**
 * cb_outcome() - how this trial has ended, for a figure of CB_OUTCOME: the metric of each of @words
 * (up to a NULL; the figure's "outcomes") is 1 for number @which, and 0 for the others.
 */
void cb_outcome(struct cb_metrics *m, const char *const *words, unsigned which);

/* Name of a metric: so many operations a second are to be done, whatever the workers can do. A rate
 * that is given is nobody's merit, and a worker that falls behind it measures its backlog. */
#define CB_GIVEN_OPS_PER_S "given_ops_per_s"

/* What a process beside the workers did in the last window. */
struct cb_usage {
	const char *role;
	uint64_t cpu_ns;
	uint64_t wall_ns;
	uint64_t resident_bytes;
	int pu; /* -1: not bound, none was spare */
};

/* What setup, check, report, once and teardown see. */
struct cb_env {
	const struct cb_case *c;
	void *state; /* shared, zeroed before setup */
	enum cb_model model;
	unsigned workers;
	unsigned carriers;
	bool oversubscribed;
	/* `concbench check`: no figure comes of it, so a workload may go out of its way to make
	 * workers meet, and look closer. */
	bool checking;
	uint64_t seed;        /* of this launch */
	unsigned trials;      /* finished so far in this launch */
	const uint64_t *done; /* [workers] operations per worker since the launch began */
	uint64_t window_ns;   /* of the last trial */
	double given;         /* the figure that the case depends on (cb_kind.depends); else 0 */
	const struct cb_usage *companion; /* [companions] */
	unsigned companions;
	/* once(): [workers] the PU, by the OS's number, that "place" has for each; -1: any. */
	const int *pu;
};

/* A process beside the workers: a load generator, a server, a soaker, a saboteur. Under every model
 * a process, so that all models meet the same. */
struct cb_companion;

struct cb_companion_spec {
	const char *role; /* "load generator", for messages */
	/* run() - until cb_companion_quitting(); in a process of its own, on a PU of its own if one
	 * is spare. Calls cb_companion_ready() when trials may begin, or cb_companion_unable()
	 * and returns when they never may. */
	void (*run)(struct cb_companion *c, const struct cb_env *env);
	bool idle;     /* SCHED_IDLE: takes only what nobody else wants; on the workers' own PUs */
	bool measures; /* latencies are recorded by it (cb_companion_record_ns()), not by workers */
	bool drives;   /* makes the load: when it is busy all the time, the rate is its limit */
	/*
	 * program() - instead of run(): the process becomes a program, in whatever language. Called
	 * in that process: fill @argv, of @most places, up to a NULL (argv[0] is looked for in
	 * PATH), with texts that stay; descriptors that the program is to have lose their
	 * FD_CLOEXEC here. Its standard output says when trials may begin, and little after that;
	 * SIGTERM asks it to end; what it has started, and is still in its process group, is killed
	 * then. PU, SCHED_IDLE, CPU time and memory are as those of run(), but of the process
	 * itself and not of its children. Return: 0; -errno.
	 */
	int (*program)(const struct cb_env *env, const char **argv, unsigned most);
	const char *ready;        /* program(): in the line that says so; NULL: it is the first */
	uint64_t ready_within_ns; /* 0: 20 s */
};

/** cb_is_installed() - is there such a program in PATH? */
bool cb_is_installed(const char *program);

void cb_companion_ready(struct cb_companion *c);
/** cb_companion_unable() - before it is ready. @error: -errno; @what failed: "epoll_create1". */
void cb_companion_unable(struct cb_companion *c, int error, const char *what);
bool cb_companion_quitting(const struct cb_companion *c);
/** cb_companion_recording() - true inside the window. */
bool cb_companion_recording(const struct cb_companion *c);
/** cb_companion_trial_ns() - when the trial began: what is older was parked since the last. */
uint64_t cb_companion_trial_ns(const struct cb_companion *c);
void cb_companion_record_ns(struct cb_companion *c, uint64_t ns);

/*
 * Order of calls, for one launch:
 *   setup            in the cell, single-threaded, before workers exist
 *   companions       in processes of their own, beside the workers
 *   per trial:
 *     enter          in each worker, before the start line
 *     batch ...      in each worker, from the start line to past the end of the window
 *     leave          in each worker, after its last batch: wake all who wait for this worker
 *     check          in the cell, all workers parked: does everything add up?
 *     report         in the cell, after check: metrics of its own
 *   teardown         in the cell, workers gone
 *
 * A workload with once() has neither workers nor batches: a trial is one call of it.
 */
struct cb_workload {
	const char *op;         /* what one operation is: "acquire+release", "request" */
	const char *latency_of; /* from which event to which; NULL: no latency is measured */
	size_t state_bytes;     /* of shared state, when that is the same for all cases */
	/* state_size() - shared bytes that this case needs; NULL: state_bytes. */
	size_t (*state_size)(const struct cb_case *c);
	/* setup() - fill env->state. Return: 0; -errno, with a line in @why. -ENOTSUP: the case
	 * cannot run here, and no fault of its. */
	int (*setup)(struct cb_env *env, char *why, size_t why_len);
	void (*enter)(struct cb_worker *w, void *state);
	/*
	 * batch() - do about @n operations and return how many were done. Loops over what may be
	 * slow look at cb_stopping() and return early, but after at least one operation unless they
	 * would have to wait for another worker. Errors: cb_fail().
	 */
	uint64_t (*batch)(struct cb_worker *w, void *state, uint64_t n);
	void (*leave)(struct cb_worker *w, void *state);
	/* check() - Return: 0; -EBADMSG with a line in @why when the work is not right. */
	int (*check)(const struct cb_env *env, char *why, size_t why_len);
	void (*report)(const struct cb_env *env, struct cb_metrics *metrics);
	void (*teardown)(struct cb_env *env);
	/* once() - instead of enter, batch and leave: a trial without a window, in the cell, no
	 * worker about: grow, measure once, shrink. Gives its figures as metrics. Return: as
	 * setup(). */
	int (*once)(struct cb_env *env, struct cb_metrics *metrics, char *why, size_t why_len);
	const struct cb_companion_spec *companions;
	unsigned companion_count;
	uint64_t max_batch;     /* 0: no limit; 1 for operations that wait */
	bool cooperative;       /* a CPU-bound batch: a coroutine yields after each */
	bool counts_from_state; /* operations are counted by some workers only: no Jain's index */
	const char *timed;      /* what is in one operation, from which event to which; a line */
	const char *checked;    /* what check() shows; a line */
};

/* ---- for kinds that make workers of their own ---- */

/**
 * cb_adopt_begin() / cb_adopt_end() - in a thread or forked process that a worker made: it is bound
 * to @w's PU, and what CPU time it uses until the end is charged to @w's operations as @w's own is.
 * Return: 0; -errno of binding.
 */
int cb_adopt_begin(struct cb_worker *w);
void cb_adopt_end(struct cb_worker *w);

/** cb_charge_ns() - CPU time that was used for @w elsewhere, for example by a child it has reaped.
 */
void cb_charge_ns(struct cb_worker *w, uint64_t cpu_ns);

/** cb_bind_self() - bind the calling thread to a PU by the OS's number, and read it back.
 * Return: 0; -EPERM not one of those we may use; -EINVAL below 0; -errno. */
int cb_bind_self(int pu);

/**
 * cb_fork() - a process that runs @fn and ends with status 0, no later than its maker. Return:
 * fork(2)'s, of its maker alone.
 */
pid_t cb_fork(void (*fn)(void *arg), void *arg);

/**
 * cb_stand_in() - in a process that a workload's once() has made: what it calls a queue or a lock
 * with, as worker @index of the case would. Bound to that worker's PU; never told to stop; its
 * latencies are nobody's.
 * @out: valid to the end of the process; one each. Return: 0; as cb_bind_self().
 */
int cb_stand_in(const struct cb_env *env, unsigned index, struct cb_worker **out);

/* How a sacrificial process ended. */
struct cb_fate {
	bool hung;         /* was there at the deadline, and was killed */
	int signal;        /* that killed it; 0: none, or our own at the deadline */
	int status;        /* of exit, if it did that */
	uint64_t ended_ns; /* its end, or its hang, was noticed: before what is left is ended */
};

/**
 * cb_sacrifice() - run @fn in a process of its own, in which death or hang is expected, and say how
 * it ended. It ends with status 0 when @fn returns.
 * @within_ns: its deadline, from now.
 *
 * It leads a process group, which its children are in too: nothing of that is left, and all of it
 * has been waited for. For once(): the cell has to be single-threaded. Return: 0; -errno when it
 * could not be made or waited for, and nothing is left then either.
 */
int cb_sacrifice(void (*fn)(void *arg), void *arg, uint64_t within_ns, struct cb_fate *fate);

/**
 * cb_sacrifice_watched() - the same, but its deadline begins anew whenever it has got further: a
 * hang is that for @within_ns nothing has happened, however long all of it takes on a busy machine.
 * @progress: called in the cell with @arg, in memory that both have; another number each time that
 * it has got further, for which it has to come to an end; and once more when it has ended, before
 * it is waited for. NULL: as cb_sacrifice().
 */
int cb_sacrifice_watched(void (*fn)(void *arg), uint64_t (*progress)(const void *arg), void *arg,
    uint64_t within_ns, struct cb_fate *fate);

/* What a cache line takes from one PU to another and back, halved. */
struct cb_line {
	double ns;       /* of the quickest block */
	uint64_t passes; /* by the first PU */
	uint64_t echoes; /* by the second: as many */
	uint64_t left;   /* what the lines say at the end: both together */
	uint64_t astray; /* passes and echoes that did not follow one of the other's */
};

/* How it is passed. */
enum cb_line_as {
	CB_LINE_STORE, /* one word: who sees the other's value there writes its own */
	CB_LINE_CAS,   /* one word: each tries to compare and swap until it succeeds */
	CB_LINE_TWO,   /* a line each: it writes its own, the other reads it */
	CB_LINE_AS_COUNT,
};

/**
 * cb_probe_line_as() - measure it, in a few milliseconds, in processes of its own
 * (cb_sacrifice()).
 * Return: 0; -EINVAL both are one PU, or no such way; -EPERM not one of those we may use;
 * -ETIMEDOUT one of them had no time for it; -errno.
 */
int cb_probe_line_as(int first_pu, int second_pu, enum cb_line_as as, struct cb_line *out);

/** cb_probe_line() - as CB_LINE_STORE. */
int cb_probe_line(int first_pu, int second_pu, struct cb_line *out);

/* ---- kinds and families ---- */

#define CB_CAN(model) (1u << (model))
#define CB_CAN_OS (CB_CAN(CB_THREAD) | CB_CAN(CB_PROCESS))
#define CB_CAN_ALL (CB_CAN_OS | CB_CAN(CB_COROUTINE))
/* Why a kind does not do what its short form leaves out of @models. */
#define CB_NOT_CLAIMED "its author does not claim that it works there"

enum cb_kind_flags {
	CB_REFERENCE =
	    1 << 0,         /* a bound or a floor: drawn beside the others, never named a winner */
	CB_BROKEN = 1 << 1, /* wrong on purpose: proves that the check can fail; never listed */
	CB_HIDDEN = 1 << 2, /* listed only when asked for in the environment (selftest) */
};

/* One thing that is measured. */
struct cb_kind {
	const char *family;
	const char *name;
	const char *about;  /* one line: what it is, what it promises */
	const char *source; /* of the algorithm: paper, or library; NULL */
	unsigned flags;
	enum cb_profile from;   /* the smallest profile that has it */
	unsigned version;       /* raise it when what a case does changes */
	unsigned models;        /* CB_CAN() of each it can do */
	const char *not_models; /* why not the others; NULL when it can do all */
	const struct cb_workload *work;
	const struct cb_workload *callback; /* for CB_CALLBACK; NULL: none */
	const void *impl;                   /* the family's: struct cb_lock, struct cb_queue */
	const struct cb_param *params;      /* its own, after the family's */
	unsigned param_count;
	const char *without; /* the family's keys that mean nothing here: "hold_ns think_ns" */
	const char *axis;    /* takes the place of the family's; NULL: the family's */
	const struct cb_sweep *sweeps; /* instead of the family's; NULL: the family's */
	unsigned sweep_count;
	const struct cb_figure *figures; /* instead of the family's; NULL: the family's */
	unsigned figure_count;
	/* can() - Return: 0; -EINVAL when no machine can (a profile leaves it out), -ENOTSUP when
	 * this one cannot (it is listed); with the reason in @why. NULL: every case within the
	 * bounds. */
	int (*can)(const struct cb_case *c, char *why, size_t why_len);
	/* workers() - how many a case has, when that follows from other parameters. */
	unsigned (*workers)(const struct cb_case *c);
	/* window_ns() - of a trial; 0, or NULL: by the number of workers. */
	uint64_t (*window_ns)(const struct cb_case *c);
	/* depends() - write the name of the case whose figure this one has to be given
	 * (env->given): "half of its peak". Return: false when it depends on none. NULL: never. */
	bool (*depends)(const struct cb_case *c, char *name, size_t len);
	/* CB_BROKEN: what the check has to say of it; "" when it has to hang. Where it depends on
	 * the moment which of several it says, these with "|" between. */
	const char *says;
};

/* One line about something that has a name: say(to, "order", "first come, first served"). */
typedef void cb_say_fn(void *to, const char *what, const char *text);

struct cb_family {
	const char *name;   /* first part of its cases' names */
	const char *plural; /* what people type: "locks" */
	const char *title;  /* "Locks" */
	const char *question;
	const struct cb_param *params;
	unsigned param_count;
	const struct cb_sweep *sweeps;
	unsigned sweep_count;
	const struct cb_figure *figures; /* NULL: time per operation */
	unsigned figure_count;
	enum cb_shape shape;
	const char *caption; /* how to read the chart */
	const char *axis;    /* key of the parameter by which rows stand side by side; NULL */
	enum cb_contenders contenders;
	bool kind_blocks; /* each kind is a block of its own: one operation is not like another's */
	bool rate;        /* show operations per second, not time per operation */
	/* can(), workers(), window_ns() - of all kinds; a kind's own come first. */
	int (*can)(const struct cb_case *c, char *why, size_t why_len);
	unsigned (*workers)(const struct cb_case *c);
	uint64_t (*window_ns)(const struct cb_case *c);
	/* Metrics that have to have been above 0 before a conformance test counts, as far as the
	 * case has them: a lock that nobody else wanted has not been tested. Blanks between; of
	 * those with "|" between one is enough. NULL: none. */
	const char *exercised;
	/* accepts() - does a kind have all that the family's workload calls without asking? Asked
	 * once, when kinds are listed. Return: 0; -EINVAL with what it lacks in @why. NULL: nothing
	 * to ask. */
	int (*accepts)(const struct cb_kind *k, char *why, size_t why_len);
	/* floor - name of the kind that is the family's loop and check with nothing in it: what it
	 * costs is in every other figure. NULL: none. */
	const char *floor;
	/* bound - name of the family that measures what a hand-off takes between two PUs
	 * ("place:pair:A-B"): of a chart with CB_PANELS, a line at its least for workers on those
	 * two, if the run has it. NULL: none. */
	const char *bound;
	/* load - key of the parameter that says at which part of its peak a case is kept, in per
	 * cent (it has CB_GIVEN_OPS_PER_S): of its latency there is a chart. NULL: none. */
	const char *load;
	/* size - key of the parameter that says how many bytes an operation hands over: of the rate
	 * against it there is a chart. NULL: none. */
	const char *size;
	/* facts() - what a case takes and promises beside its parameters (bytes, order, capacity):
	 * say() each, for `concbench describe`. NULL: nothing. */
	void (*facts)(const struct cb_case *c, cb_say_fn *say, void *to);
};

/* ---- how kinds are found ---- */

/*
 * CB_REGISTER(kind) - enter a struct cb_kind into the table of this program, or of this shared
 * object. The table is a section of pointers that the linker puts together; a file that is compiled
 * in is found, and nothing else has to name it.
 */
#define CB_REGISTER(kind)                                       \
	static const struct cb_kind *const cb_registered_##kind \
	    __attribute__((section("cb_kinds"), used, aligned(sizeof(void *)))) = &(kind);

/* CB_REGISTER_IF(condition, kind) - the same where a constant says so. */
#define CB_REGISTER_IF(condition, kind)                                           \
	static const struct cb_kind *const cb_registered_##kind                   \
	    __attribute__((section("cb_kinds"), used, aligned(sizeof(void *)))) = \
		(condition) ? &(kind) : NULL;

/** cb_kind_find() - one that is compiled into the program, or NULL: for kinds that wrap another. */
const struct cb_kind *cb_kind_find(const char *family, const char *name);

/*
 * What the compiler has made of a header's structures. Every object file that includes the header
 * carries it, so files of a shared object that were built with other headers, or with flags that
 * change a layout, are found when it is loaded. A structure that program and shared object share
 * stands in its header's list, with its last member; scripts/tests/layers.sh sees to that.
 */
struct cb_layout {
	const char *header;
	const uint32_t *word;
	uint32_t words;
};

#define CB_SPAN(type, last) sizeof(struct type), offsetof(struct type, last)
#define CB_LAYOUT(header, ...)                                                              \
	static const uint32_t cb_layout_words_##header[] = {__VA_ARGS__};                   \
	static const struct cb_layout cb_layout_##header = {#header ".h",                   \
	    cb_layout_words_##header, sizeof(cb_layout_words_##header) / sizeof(uint32_t)}; \
	static const struct cb_layout *const cb_laid_out_##header                           \
	    __attribute__((section("cb_layouts"), used, aligned(sizeof(void *)))) =         \
		&cb_layout_##header;

CB_LAYOUT(concbench, CB_SPAN(cb_worker_ops, nothing), CB_SPAN(cb_worker, local),
    CB_SPAN(cb_mutex, owner), CB_SPAN(cb_cond, queue), CB_SPAN(cb_param, sparse),
    CB_SPAN(cb_sweep, points), CB_SPAN(cb_case, carriers), CB_SPAN(cb_usage, pu),
    CB_SPAN(cb_env, pu), CB_SPAN(cb_companion_spec, ready_within_ns), CB_SPAN(cb_workload, checked),
    CB_SPAN(cb_fate, ended_ns), CB_SPAN(cb_line, astray), CB_SPAN(cb_kind, says),
    CB_SPAN(cb_family, facts), CB_SPAN(cb_figure, outcomes), CB_SPAN(cb_waitq, tail),
    CB_SPAN(cb_carrier_config, max_tasks), CB_MODEL_COUNT)

/* What a shared object says of itself, under the symbol "concbench_module". */
struct cb_module {
	uint32_t abi;
	uint32_t bytes; /* of this structure */
	const struct cb_kind *const *first;
	const struct cb_kind *const *end;
	const struct cb_layout *const *first_layout;
	const struct cb_layout *const *end_layout;
};

#define CB_SECTION(what)                                    \
	extern const struct what *const __start_##what##s[] \
	    __attribute__((weak, visibility("hidden")));    \
	extern const struct what *const __stop_##what##s[]  \
	    __attribute__((weak, visibility("hidden")));

/* CB_MODULE - in a shared object for --load: in one of its files, or in each. */
#define CB_MODULE                                                                    \
	CB_SECTION(cb_kind)                                                          \
	CB_SECTION(cb_layout)                                                        \
	extern const struct cb_module concbench_module                               \
	    __attribute__((weak, visibility("default")));                            \
	const struct cb_module concbench_module = {CB_ABI, sizeof(struct cb_module), \
	    __start_cb_kinds, __stop_cb_kinds, __start_cb_layouts, __stop_cb_layouts};

#ifdef __cplusplus
}
#endif

#endif
