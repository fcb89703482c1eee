/*
 * workload.h - what a bench file hands to the harness: the work, its setup and its self-check.
 *
 * Order of calls, for one cell:
 *   setup            in the cell, single-threaded, before workers exist
 *   companion        in a process of its own, beside the workers (load generators), if given
 *   per trial:
 *     enter          in each worker, before the start line
 *     batch ...      in each worker, from the start line to past the end of the window
 *     leave          in each worker, after its last batch: wake whoever waits for this worker
 *     check          in the cell, all workers parked: does everything add up?
 *     report         in the cell, after check: metrics of its own
 *   teardown         in the cell, workers gone
 */
#ifndef CONCBENCH_WORKLOAD_H
#define CONCBENCH_WORKLOAD_H

#include "harness/base/arena.h"
#include "harness/run/sample.h"
#include "harness/work/worker.h"

#define CASE_PARAMS_MAX 8

struct bench_case;
struct topology;

/* What setup, check and report see of their case. */
struct bench_env {
	const struct bench_case *bc;
	struct arena *arena;
	enum model model;
	unsigned workers;
	unsigned carriers; /* OS threads that carry coroutines; 0 for the other models */
	bool oversubscribed;
	const int64_t *params;      /* the case's, CASE_PARAMS_MAX of them */
	uint64_t seed;              /* of this launch */
	unsigned trials;            /* finished so far in this cell */
	void *state;                /* the workload's shared state, in the arena, zeroed */
	const uint64_t *done;       /* [workers] operations per worker since the cell began */
	uint64_t companion_cpu_ns;  /* last trial: CPU time of the companion ... */
	uint64_t companion_wall_ns; /* ... in this much time, about the window */
};

/* The companion's view. */
struct companion {
	const struct bench_env *env;
	void *state;
	const atomic_uint *quit;      /* non-zero: return */
	struct histogram *latency;    /* for latencies measured on the client's side, or NULL */
	const atomic_uint *recording; /* non-zero inside the window */
	const _Atomic uint64_t
	    *trial_ns;      /* when the trial began: what is older was parked since the last */
	atomic_uint *ready; /* set to 1 when trials may begin */
};

struct workload {
	const char *op;         /* what one operation is: "acquire+release", "request" */
	const char *latency_of; /* from which event to which; NULL: no latency is measured */
	size_t state_bytes;     /* shared state in the arena, when it is of a fixed size */
	/* state_size() - shared bytes this case needs, when that depends on it; NULL: state_bytes
	 */
	size_t (*state_size)(const struct bench_case *bc);
	/* setup() - fill env->state. Return: 0; -errno, with a line in @why. */
	int (*setup)(struct bench_env *env, char *why, size_t why_len);
	void (*enter)(struct worker *w, void *state);
	/*
	 * batch() - do about @n operations and return how many were done. Loops over what may be
	 * slow look at worker_stopping() and return early, but after at least one operation unless
	 * they would have to wait for another worker. Errors: worker_fail().
	 */
	uint64_t (*batch)(struct worker *w, void *state, uint64_t n);
	void (*leave)(struct worker *w, void *state);
	/* check() - Return: 0; -EBADMSG with a line in @why when the work is not right. */
	int (*check)(const struct bench_env *env, char *why, size_t why_len);
	void (*report)(const struct bench_env *env, struct metric_set *metrics);
	void (*teardown)(struct bench_env *env);
	void (*companion)(struct companion *c);
	uint64_t max_batch;     /* 0: no limit; 1 for operations that wait */
	bool cooperative;       /* a CPU-bound batch: a coroutine yields after each */
	bool counts_from_state; /* operations are counted by some workers only: no Jain's index */
};

#endif
