/*
 * parked.h - workers that wait and do nothing else: made, counted in bytes, and ended.
 *
 * What is counted is what they add to this process and to those that are made (bytes.h), and what
 * the kernel takes for them beside that.
 */
#ifndef CONCBENCH_MEMORY_PARKED_H
#define CONCBENCH_MEMORY_PARKED_H

#include "benches/memory/bytes.h"

#include <concbench/concbench.h>

#include <pthread.h>

/* A sanitizer has memory of its own for each, and keeps some of it for those that have ended. */
#if defined(__SANITIZE_THREAD__) || defined(__SANITIZE_ADDRESS__)
#define PARKED_SANITIZED 1
#else
#define PARKED_SANITIZED 0
#endif

/* One of them, as the model has it. */
union parked_worker {
	pid_t pid;
	struct {
		pthread_t thread;
		void *stack;
	};
};

struct parked_state {
	struct cb_mutex mutex;
	struct cb_cond over;
	struct cb_carrier *carrier;
	struct cb_waitq waiting;
	uint32_t parked; /* under the mutex, as is @quit */
	uint32_t quit;
	uint32_t touched_bytes; /* of its stack, by each before it waits */
	/* The cell's. */
	uint32_t made; /* to be ended */
	uint32_t seen; /* of these parked when it was measured */
	struct parked_bytes grown, left;
	struct parked_available available;
	union parked_worker worker[];
};

/* How a model makes and ends them. */
struct parked_model {
	/* make() - another one; it parks. Return: 0; -errno. */
	int (*make)(struct parked_state *st, unsigned count);
	/* end() - all that were made. Return: 0; -errno: one has not ended as it should. */
	int (*end)(struct parked_state *st);
};

extern const struct parked_model parked_models[CB_MODEL_COUNT];

/* Of the kernel's part: is it above its noise? */
extern const char *const parked_words[];

/** parked_once() - grow, measure, shrink, measure. As struct cb_workload's once(). */
int parked_once(const struct parked_model *model, struct cb_env *env, struct cb_metrics *metrics,
    char *why, size_t why_len);

#endif
