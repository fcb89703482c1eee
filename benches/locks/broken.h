/*
 * broken.h - locks that are broken on purpose, for the tests of the self-check.
 *
 * They go through the very template and checks that the benches use, and give up the PU between
 * reading the counter and writing it back: on one core nobody would get between otherwise.
 */
#ifndef CONCBENCH_LOCKS_BROKEN_H
#define CONCBENCH_LOCKS_BROKEN_H

#include "benches/locks/contention.h"

#include <assert.h>
#include <pthread.h>

static void let_others_in(struct worker *w, struct contention *c)
{
	(void)c;
	worker_yield(w);
}

static void nothing(struct worker *w, struct contention *c)
{
	(void)w;
	(void)c;
}

static uint64_t open_door_batch(struct worker *w, void *state, uint64_t n)
{
	static const struct contention_ops ops = {
	    .acquire = nothing, .release = nothing, .inside = let_others_in};
	struct contention *c = state;

	return contention_loop(w, c, n, &c->data, &ops);
}

/*
 * A mutex that is not taken once in 10,000 times. So that this is a meeting even where workers
 * rarely run at the same time, it waits outside until somebody is in, who then stays until it is in
 * too.
 */
struct leaky_lock {
	pthread_mutex_t mutex;
	atomic_uint coming;
};

struct leaky_node {
	uint64_t turn;
	bool skipped;
};

static_assert(sizeof(struct leaky_lock) <= CONTENTION_LOCK_BYTES, "the lock's area is too small");

static int leaky_init(struct contention *c, enum model model)
{
	struct leaky_lock *lock = contention_lock(c);
	pthread_mutexattr_t attr;
	int ret = pthread_mutexattr_init(&attr);

	if (!ret)
		ret = pthread_mutexattr_setpshared(&attr,
		    model == MODEL_PROCESS ? PTHREAD_PROCESS_SHARED : PTHREAD_PROCESS_PRIVATE);
	if (!ret)
		ret = pthread_mutex_init(&lock->mutex, &attr);
	return -ret;
}

static void leaky_acquire(struct worker *w, struct contention *c)
{
	struct leaky_lock *lock = contention_lock(c);
	struct leaky_node *own = contention_node(c, w);

	own->skipped = ++own->turn % 10000 == 0;
	if (!own->skipped) {
		(void)pthread_mutex_lock(&lock->mutex);
		return;
	}
	atomic_store(&lock->coming, 1);
	while (!(atomic_load(&c->data.owner) & 1) && !worker_stopping(w))
		worker_yield(w);
}

static void leaky_inside(struct worker *w, struct contention *c)
{
	struct leaky_lock *lock = contention_lock(c);
	const struct leaky_node *own = contention_node(c, w);

	if (own->skipped)
		atomic_store(&lock->coming, 0);
	while (atomic_load(&lock->coming) && !worker_stopping(w))
		worker_yield(w);
}

static void leaky_release(struct worker *w, struct contention *c)
{
	struct leaky_lock *lock = contention_lock(c);
	const struct leaky_node *own = contention_node(c, w);

	if (!own->skipped)
		(void)pthread_mutex_unlock(&lock->mutex);
}

static uint64_t leaky_batch(struct worker *w, void *state, uint64_t n)
{
	static const struct contention_ops ops = {
	    .acquire = leaky_acquire, .release = leaky_release, .inside = leaky_inside};
	struct contention *c = state;

	return contention_loop(w, c, n, &c->data, &ops);
}

/* The mutex always taken: giving way inside is not what the check complains of. */
static void sound_acquire(struct worker *w, struct contention *c)
{
	(void)w;
	(void)pthread_mutex_lock(contention_lock(c));
}

static void sound_release(struct worker *w, struct contention *c)
{
	(void)w;
	(void)pthread_mutex_unlock(contention_lock(c));
}

static uint64_t sound_batch(struct worker *w, void *state, uint64_t n)
{
	static const struct contention_ops ops = {
	    .acquire = sound_acquire, .release = sound_release, .inside = let_others_in};
	struct contention *c = state;

	return contention_loop(w, c, n, &c->data, &ops);
}

/* Says that it did one more than it did, once. */
static uint64_t boaster_batch(struct worker *w, void *state, uint64_t n)
{
	static const struct contention_ops ops = {.acquire = nothing, .release = nothing};
	struct contention *c = state;
	struct contention_worker *own = &c->worker[w->index];
	const bool first = own->turn == 0;
	const uint64_t done = contention_loop(w, c, n, &own->data, &ops);

	return done + (first && w->index == 1);
}

/* What should be of each worker alone is of all. */
static uint64_t shared_batch(struct worker *w, void *state, uint64_t n)
{
	static const struct contention_ops ops = {
	    .acquire = nothing, .release = nothing, .inside = let_others_in};
	struct contention *c = state;

	return contention_loop(w, c, n, &c->worker[0].data, &ops);
}

/* Every count is there, only exclusion is not: what the owner word is for. */
static void add_apart_acquire(struct worker *w, struct contention *c)
{
	(void)w;
	atomic_fetch_add(&c->data.counter, 1);
}

static uint64_t add_apart_batch(struct worker *w, void *state, uint64_t n)
{
	static const struct contention_ops ops = {
	    .acquire = add_apart_acquire, .release = nothing, .inside = let_others_in};
	struct contention *c = state;

	return contention_loop(w, c, n, &c->worker[0].data, &ops);
}

static int no_init(struct contention *c, enum model model)
{
	(void)c;
	(void)model;
	return 0;
}

#define open_door_init no_init
#define add_apart_init no_init
#define sound_init leaky_init

static const struct lock_kind open_door = {LOCK_KIND(open_door, "open_door")};
static const struct lock_kind leaky = {LOCK_KIND(leaky, "leaky")};
static const struct lock_kind sound = {LOCK_KIND(sound, "sound")};
static const struct lock_kind add_apart = {LOCK_KIND(add_apart, "add_apart")};
static const struct lock_kind boaster = {
    .name = "boaster",
    .workload = {.op = "turn",
	.state_size = contention_state_size,
	.setup = contention_setup,
	.batch = boaster_batch,
	.check = contention_check_own},
};
static const struct lock_kind shared = {
    .name = "shared",
    .workload = {.op = "turn",
	.state_size = contention_state_size,
	.setup = contention_setup,
	.batch = shared_batch,
	.check = contention_check_own},
};

#endif
