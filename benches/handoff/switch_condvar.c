/*
 * switch_condvar.c - ping-pong under a mutex and a condition variable: the wake-up that most
 * programs are made of. One operation is one hand-off.
 */
#include "benches/handoff/switch_rows.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static int init(struct switch_condvar_state *st, bool shared)
{
	pthread_mutexattr_t mutex;
	pthread_condattr_t cond;
	const int how = shared ? PTHREAD_PROCESS_SHARED : PTHREAD_PROCESS_PRIVATE;
	int ret = pthread_mutexattr_init(&mutex);

	if (ret)
		return ret;
	ret = pthread_mutexattr_setpshared(&mutex, how);
	if (!ret)
		ret = pthread_mutex_init(&st->mutex, &mutex);
	(void)pthread_mutexattr_destroy(&mutex);
	if (ret)
		return ret;
	ret = pthread_condattr_init(&cond);
	if (ret)
		return ret;
	ret = pthread_condattr_setpshared(&cond, how);
	if (!ret)
		ret = pthread_cond_init(&st->changed, &cond);
	(void)pthread_condattr_destroy(&cond);
	return ret;
}

static int switch_condvar_setup(struct bench_env *env, char *why, size_t why_len)
{
	int ret;

	if (env->workers != 2) {
		(void)snprintf(why, why_len, "condvar: ping-pong needs two workers");
		return -EINVAL;
	}
	/* Private ones are keyed by address space: between processes they would never wake. */
	ret = init(env->state, env->model == MODEL_PROCESS);
	if (ret)
		(void)snprintf(why, why_len, "condvar: %s", strerror(ret));
	return -ret;
}

static uint64_t switch_condvar_batch(struct worker *w, void *state, uint64_t n)
{
	struct switch_condvar_state *st = state;

	for (uint64_t done = 0; done < n; done++) {
		bool mine;

		(void)pthread_mutex_lock(&st->mutex);
		while (st->turn != w->index && !st->closed)
			(void)pthread_cond_wait(&st->changed, &st->mutex);
		mine = !st->closed;
		if (mine) {
			st->turn = 1 - w->index;
			st->done++;
			(void)pthread_cond_signal(&st->changed);
		}
		(void)pthread_mutex_unlock(&st->mutex);
		if (!mine)
			return done;
	}
	return n;
}

static void switch_condvar_leave(struct worker *w, void *state)
{
	struct switch_condvar_state *st = state;

	(void)w;
	(void)pthread_mutex_lock(&st->mutex);
	st->closed = true;
	(void)pthread_cond_broadcast(&st->changed);
	(void)pthread_mutex_unlock(&st->mutex);
}

static int switch_condvar_check(const struct bench_env *env, char *why, size_t why_len)
{
	struct switch_condvar_state *st = env->state;
	const uint64_t first = env->done[0], second = env->done[1];

	/* Everybody is parked: the next trial may wait again. */
	st->closed = false;
	if (first + second != st->done || first < second || first > second + 1 ||
	    st->turn != st->done % 2) {
		(void)snprintf(why, why_len,
		    "%" PRIu64 " and %" PRIu64 " hand-offs counted, %" PRIu64
		    " were done, it is the turn of worker %u",
		    first, second, st->done, st->turn);
		return -EBADMSG;
	}
	return 0;
}

static void switch_condvar_teardown(struct bench_env *env)
{
	struct switch_condvar_state *st = env->state;

	(void)pthread_cond_destroy(&st->changed);
	(void)pthread_mutex_destroy(&st->mutex);
}

const struct workload switch_condvar_workload = {
    .op = "hand-off",
    .state_bytes = sizeof(struct switch_condvar_state),
    .setup = switch_condvar_setup,
    .batch = switch_condvar_batch,
    .leave = switch_condvar_leave,
    .check = switch_condvar_check,
    .teardown = switch_condvar_teardown,
};
