#include "harness/work/team_threads.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Far more than a job needs; address space only. The default (8 MiB) would reserve 8 GB for a
 * thousand workers, which limits on address space refuse. */
#define THREAD_STACK_BYTES ((size_t)256 * 1024)

struct thread_arg {
	struct team *team;
	team_thread_fn fn;
	unsigned unit;
};

static void *thread_main(void *arg)
{
	struct thread_arg a = *(struct thread_arg *)arg;

	free(arg);
	a.fn(a.team, a.unit);
	return NULL;
}

static int start_one(struct team *t, const pthread_attr_t *attr, team_thread_fn fn)
{
	struct thread_arg *arg = malloc(sizeof(*arg));
	int ret;

	if (!arg)
		return -ENOMEM;
	*arg = (struct thread_arg){.team = t, .fn = fn, .unit = t->started};
	ret = pthread_create(&t->threads[t->started], attr, thread_main, arg);
	if (ret) {
		free(arg);
		return -ret;
	}
	t->started++;
	return 0;
}

int team_threads_start(struct team *t, team_thread_fn fn, char *why, size_t why_len)
{
	pthread_attr_t attr;
	int ret;

	t->threads = calloc(t->units, sizeof(*t->threads));
	if (!t->threads)
		return -ENOMEM;
	ret = -pthread_attr_init(&attr);
	if (ret)
		return ret;
	ret = -pthread_attr_setstacksize(&attr, THREAD_STACK_BYTES);
	while (!ret && t->started < t->units)
		ret = start_one(t, &attr, fn);
	(void)pthread_attr_destroy(&attr);
	if (ret)
		(void)snprintf(why, why_len, "thread %u of %u: pthread_create: %s", t->started + 1,
		    t->units, strerror(-ret));
	return ret;
}

int team_threads_alive(struct team *t, char *why, size_t why_len)
{
	(void)t;
	(void)why;
	(void)why_len;
	return 0;
}

void team_threads_stop(struct team *t)
{
	for (unsigned i = 0; i < t->started; i++)
		(void)pthread_join(t->threads[i], NULL);
	free(t->threads);
	t->threads = NULL;
	t->started = 0;
}
