/* crew.c - members as threads, processes and coroutines. */
#include "benches/fault/crew.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct crew_member *crew_create(
    unsigned n, void (*work)(struct crew_member *m), void *st, const int *pu)
{
	struct crew_member *m = calloc(n, sizeof(*m));

	for (unsigned i = 0; m && i < n; i++)
		m[i] = (struct crew_member){.work = work, .st = st, .me = i, .pu = pu ? pu[i] : -1};
	return m;
}

static void work(void *arg)
{
	struct crew_member *m = arg;

	m->work(m);
}

static void *thread_main(void *arg)
{
	work(arg);
	return NULL;
}

int crew_start_threads(struct crew_member *m, unsigned n, size_t stack_bytes)
{
	pthread_attr_t attr;
	int ret = -pthread_attr_init(&attr);

	if (ret)
		return ret;
	if (stack_bytes)
		ret = -pthread_attr_setstacksize(&attr, stack_bytes);
	for (unsigned i = 0; !ret && i < n; i++)
		ret = -pthread_create(&m[i].thread, &attr, thread_main, &m[i]);
	(void)pthread_attr_destroy(&attr);
	return ret;
}

int crew_join_threads(struct crew_member *m, unsigned n)
{
	int ret = 0;

	for (unsigned i = 0; !ret && i < n; i++)
		ret = -pthread_join(m[i].thread, NULL);
	return ret;
}

int crew_run_coroutines(struct crew_member *m, unsigned n)
{
	const struct cb_carrier_config config = {.backend = CB_FCONTEXT, .max_tasks = n};
	struct cb_carrier *carrier;
	int ret = cb_carrier_create(&config, &carrier);

	for (unsigned i = 0; !ret && i < n; i++) {
		m[i].carrier = carrier;
		ret = cb_carrier_spawn(carrier, work, &m[i], NULL);
	}
	return !ret && cb_carrier_run(carrier) < 0 ? -EIO : ret;
}

pid_t crew_fork_member(struct crew_member *m)
{
	return cb_fork(work, m);
}

int crew_mutex_init(pthread_mutex_t *m, bool robust)
{
	pthread_mutexattr_t attr;
	int ret = pthread_mutexattr_init(&attr);

	if (ret)
		return -ret;
	ret = pthread_mutexattr_setpshared(&attr, PTHREAD_PROCESS_SHARED);
	if (!ret && robust)
		ret = pthread_mutexattr_setrobust(&attr, PTHREAD_MUTEX_ROBUST);
	if (!ret)
		ret = pthread_mutex_init(m, &attr);
	(void)pthread_mutexattr_destroy(&attr);
	return -ret;
}

int crew_can(const struct cb_case *c, unsigned least, char *why, size_t why_len)
{
	if (c->workers >= least && (c->model != CB_COROUTINE || c->carriers == 1))
		return 0;
	(void)snprintf(why, why_len,
	    c->workers >= least ? "coroutines of one carrier: each other one is a thread's case"
				: "one dies: somebody has to be left");
	return -EINVAL;
}

int crew_failed(int error, char *why, size_t why_len)
{
	(void)snprintf(why, why_len, "the team: %s", strerror(-error));
	return error;
}
