/*
 * driver.h - a minimal stand-in for the harness, for the unit tests of the workloads: it keeps the
 * contract of workload.h (order of calls, shared memory, counts) with as little as possible, and
 * lets a test put broken worker operations in.
 *
 * Threads and processes only. No placement, no measuring.
 */
#ifndef CONCBENCH_MODELS_DRIVER_H
#define CONCBENCH_MODELS_DRIVER_H

#include "harness/base/clock.h"
#include "harness/work/bench_case.h"
#include "harness/work/workload.h"

#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#define DRIVER_WORKERS_MAX 16
#define DRIVER_STATE_MAX ((size_t)4 * 1024 * 1024)

/* A window that is always open. */
static const _Atomic uint64_t driver_always, driver_never = UINT64_MAX;

/* All that processes share. */
struct driver_shared {
	_Alignas(ARENA_ALIGN) atomic_uint stop;
	atomic_uint quit;
	atomic_uint recording;
	_Atomic uint64_t trial_ns;
	atomic_uint ready;
	atomic_uint started;
	uint64_t close_ns;
	uint64_t done[DRIVER_WORKERS_MAX];
	struct worker worker[DRIVER_WORKERS_MAX];
	struct histogram latency;
	_Alignas(ARENA_ALIGN) unsigned char state[DRIVER_STATE_MAX];
};

struct driver {
	const struct workload *load;
	struct bench_case bc;
	struct bench_env env;
	struct driver_shared *shared;
	pid_t companion;
	int setup; /* what setup() returned */
	char why[256];
};

static ssize_t driver_read(struct worker *w, int fd, void *buf, size_t n)
{
	const ssize_t r = read(fd, buf, n);

	(void)w;
	return r < 0 ? -errno : r;
}

static ssize_t driver_write(struct worker *w, int fd, const void *buf, size_t n)
{
	const ssize_t r = write(fd, buf, n);

	(void)w;
	return r < 0 ? -errno : r;
}

static void driver_sleep_until(struct worker *w, uint64_t abs_ns)
{
	(void)w;
	clock_sleep_until_ns(abs_ns);
}

static void driver_yield(struct worker *w)
{
	(void)w;
	(void)sched_yield();
}

static uint64_t driver_nothing(struct worker *w)
{
	return ++w->calls;
}

static const struct worker_ops driver_ops = {
    .read = driver_read,
    .write = driver_write,
    .sleep_until = driver_sleep_until,
    .yield = driver_yield,
    .relax = driver_yield,
    .nothing = driver_nothing,
};

static inline void driver_start_companion(struct driver *d)
{
	struct companion c = {.env = &d->env,
	    .state = d->env.state,
	    .quit = &d->shared->quit,
	    .latency = &d->shared->latency,
	    .recording = &d->shared->recording,
	    .trial_ns = &d->shared->trial_ns,
	    .ready = &d->shared->ready};

	d->companion = fork();
	if (d->companion == 0) {
		d->load->companion(&c);
		_exit(0);
	}
	while (d->companion > 0 && !atomic_load(&d->shared->ready))
		(void)sched_yield();
}

/* Return: 0; setup()'s error, with its line in d->why. */
static inline int driver_begin(struct driver *d, const struct workload *load, enum model model,
    unsigned workers, int64_t param0, int64_t param1)
{
	memset(d, 0, sizeof(*d));
	d->load = load;
	d->bc = (struct bench_case){.workload = load,
	    .model = model,
	    .workers = workers,
	    .carriers = model == MODEL_COROUTINE ? 1 : 0,
	    .params = {param0, param1}};
	if (workers > DRIVER_WORKERS_MAX ||
	    (load->state_size ? load->state_size(&d->bc) : load->state_bytes) > DRIVER_STATE_MAX)
		return -E2BIG;
	d->shared = mmap(
	    NULL, sizeof(*d->shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (d->shared == MAP_FAILED)
		return -errno;
	d->env = (struct bench_env){.bc = &d->bc,
	    .model = model,
	    .workers = workers,
	    .carriers = d->bc.carriers,
	    .params = d->bc.params,
	    .state = d->shared->state,
	    .done = d->shared->done};
	d->shared->latency.min = UINT64_MAX;
	for (unsigned i = 0; i < workers; i++)
		d->shared->worker[i] = (struct worker){.ops = &driver_ops,
		    .index = i,
		    .count = workers,
		    .model = model,
		    .stop = &d->shared->stop,
		    .latency = workers == 1 ? &d->shared->latency : NULL,
		    .rng = i + 1};
	d->setup = load->setup ? load->setup(&d->env, d->why, sizeof(d->why)) : 0;
	if (d->setup == 0 && load->companion)
		driver_start_companion(d);
	return d->setup;
}

static inline void driver_work(struct driver *d, unsigned i)
{
	struct worker *w = &d->shared->worker[i];
	const uint64_t limit = d->load->max_batch ? d->load->max_batch : 64;
	void *state = d->env.state;

	if (d->load->enter)
		d->load->enter(w, state);
	/* A barrier that any worker, thread or process, can reach: overlap is the point. */
	atomic_fetch_add(&d->shared->started, 1);
	while (atomic_load(&d->shared->started) < d->env.workers)
		(void)sched_yield();
	w->open_ns = &driver_always;
	w->close_ns = &driver_never;
	do {
		/* Sizes that differ, as the harness's do. */
		const uint64_t n = 1 + worker_random(w) % limit;

		d->shared->done[i] += d->load->batch(w, state, n);
	} while (!w->error && clock_now_ns() < d->shared->close_ns);
	if (d->load->leave)
		d->load->leave(w, state);
}

struct driver_thread {
	struct driver *d;
	unsigned index;
};

static inline void *driver_thread(void *arg)
{
	struct driver_thread *t = arg;

	driver_work(t->d, t->index);
	return NULL;
}

static inline int driver_run_threads(struct driver *d)
{
	struct driver_thread arg[DRIVER_WORKERS_MAX];
	pthread_t thread[DRIVER_WORKERS_MAX];

	for (unsigned i = 0; i < d->env.workers; i++) {
		arg[i] = (struct driver_thread){d, i};
		if (pthread_create(&thread[i], NULL, driver_thread, &arg[i]) != 0)
			abort();
	}
	for (unsigned i = 0; i < d->env.workers; i++)
		(void)pthread_join(thread[i], NULL);
	return 0;
}

static inline int driver_run_processes(struct driver *d)
{
	pid_t pid[DRIVER_WORKERS_MAX];
	int status, ret = 0;

	for (unsigned i = 0; i < d->env.workers; i++) {
		pid[i] = fork();
		if (pid[i] == 0) {
			driver_work(d, i);
			_exit(0);
		}
	}
	for (unsigned i = 0; i < d->env.workers; i++)
		if (pid[i] < 0 || waitpid(pid[i], &status, 0) != pid[i] || status != 0)
			ret = -ECHILD;
	return ret;
}

/* One trial and its check. Return: 0; a worker's first error; check()'s, its line in d->why. */
static inline int driver_trial(struct driver *d, uint64_t window_ns)
{
	int ret;

	atomic_store(&d->shared->started, 0);
	atomic_store(&d->shared->trial_ns, clock_now_ns());
	d->shared->close_ns = clock_now_ns() + window_ns;
	atomic_store(&d->shared->recording, 1);
	ret = d->bc.model == MODEL_PROCESS ? driver_run_processes(d) : driver_run_threads(d);
	atomic_store(&d->shared->recording, 0);
	for (unsigned i = 0; i < d->env.workers && ret == 0; i++)
		ret = d->shared->worker[i].error;
	d->env.trials++;
	return ret ? ret : d->load->check(&d->env, d->why, sizeof(d->why));
}

static inline void driver_end(struct driver *d)
{
	if (d->companion > 0) {
		atomic_store(&d->shared->quit, 1);
		(void)waitpid(d->companion, NULL, 0);
	}
	if (d->load->teardown && d->setup == 0)
		d->load->teardown(&d->env);
	(void)munmap(d->shared, sizeof(*d->shared));
}

static inline uint64_t driver_done(const struct driver *d)
{
	uint64_t done = 0;

	for (unsigned i = 0; i < d->env.workers; i++)
		done += d->shared->done[i];
	return done;
}

#endif
