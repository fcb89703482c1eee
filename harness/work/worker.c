/* worker.c - what is the same for every execution model: names, shared mutexes, descriptors. */
#include "harness/work/worker.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>

static const char *const model_names[MODEL_COUNT] = {
    [MODEL_THREAD] = "thread",
    [MODEL_PROCESS] = "process",
    [MODEL_COROUTINE] = "coroutine",
};

const char *model_name(enum model m)
{
	return m < MODEL_COUNT ? model_names[m] : "unknown";
}

int worker_mutex_init(struct worker_mutex *m, enum model model)
{
	pthread_mutexattr_t attr;
	int ret;

	memset(m, 0, sizeof(*m));
	if (model == MODEL_COROUTINE)
		return 0;
	ret = pthread_mutexattr_init(&attr);
	if (ret)
		return -ret;
	ret = pthread_mutexattr_setpshared(
	    &attr, model == MODEL_PROCESS ? PTHREAD_PROCESS_SHARED : PTHREAD_PROCESS_PRIVATE);
	if (!ret)
		ret = pthread_mutex_init(&m->pthread, &attr);
	(void)pthread_mutexattr_destroy(&attr);
	return -ret;
}

int worker_cond_init(struct worker_cond *c, enum model model)
{
	pthread_condattr_t attr;
	int ret;

	memset(c, 0, sizeof(*c));
	if (model == MODEL_COROUTINE)
		return 0;
	ret = pthread_condattr_init(&attr);
	if (ret)
		return -ret;
	ret = pthread_condattr_setpshared(
	    &attr, model == MODEL_PROCESS ? PTHREAD_PROCESS_SHARED : PTHREAD_PROCESS_PRIVATE);
	if (!ret)
		ret = pthread_cond_init(&c->pthread, &attr);
	(void)pthread_condattr_destroy(&attr);
	return -ret;
}

int worker_fd_prepare(int fd, enum model model)
{
	int flags = fcntl(fd, F_GETFL);

	if (flags < 0)
		return -errno;
	flags = model == MODEL_COROUTINE ? flags | O_NONBLOCK : flags & ~O_NONBLOCK;
	return fcntl(fd, F_SETFL, flags) < 0 ? -errno : 0;
}
