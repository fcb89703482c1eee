/*
 * mq.c - a POSIX message queue: mq_overview(7), of as many messages as one may have without a
 * privilege. All its messages have the same priority, so it is first in, first out.
 */
#include "benches/queues/kernel.h"

#include <fcntl.h>
#include <mqueue.h>
#include <stdio.h>
#include <sys/resource.h>
#include <unistd.h>

/* A queue's own default. */
#define MESSAGES 10

static inline ssize_t sent(int ret, size_t bytes)
{
	return ret < 0 ? -1 : (ssize_t)bytes;
}

static inline ssize_t mq_try_write(int fd, const void *item, size_t bytes)
{
	return sent(mq_send(fd, item, bytes, 0), bytes);
}

static inline ssize_t mq_try_read(int fd, void *item, size_t bytes)
{
	return mq_receive(fd, item, bytes, NULL);
}

static inline ssize_t mq_wait_write(struct cb_worker *w, int fd, const void *item, size_t bytes)
{
	const int ret = (int)TEMP_FAILURE_RETRY(mq_send(fd, item, bytes, 0));

	(void)w;
	return ret < 0 ? -errno : (ssize_t)bytes;
}

static inline ssize_t mq_wait_read(struct cb_worker *w, int fd, void *item, size_t bytes)
{
	const ssize_t n = TEMP_FAILURE_RETRY(mq_receive(fd, item, bytes, NULL));

	(void)w;
	return n < 0 ? -errno : n;
}

static const struct kernel_calls mq_calls = {
    mq_try_write, mq_try_read, mq_wait_write, mq_wait_read, true};

static unsigned mq_capacity(const struct cb_queue_env *env)
{
	return MESSAGES + env->producers;
}

/* -1 when that is not to be had. */
static long limit(const char *name)
{
	char path[64];
	long value = -1;
	FILE *f;

	(void)snprintf(path, sizeof(path), "/proc/sys/fs/mqueue/%s", name);
	f = fopen(path, "re");
	if (!f)
		return -1;
	if (fscanf(f, "%ld", &value) != 1)
		value = -1;
	(void)fclose(f);
	return value;
}

/* Return: -ENOTSUP, with the limit that stands against it; another -errno. */
static int unable(const struct cb_queue_env *env, int error)
{
	const long most_bytes = limit("msgsize_max"), most = limit("msg_max");
	struct rlimit own;

	if (error == EINVAL && most_bytes >= 0 && env->bytes > (size_t)most_bytes)
		(void)snprintf(env->why, env->why_len,
		    "fs.mqueue.msgsize_max is %ld, and its items have %zu bytes", most_bytes,
		    env->bytes);
	else if (error == EINVAL && most >= 0 && most < MESSAGES)
		(void)snprintf(env->why, env->why_len,
		    "fs.mqueue.msg_max is %ld, and this queue holds %d", most, MESSAGES);
	else if (error == ENOSPC)
		(void)snprintf(env->why, env->why_len,
		    "fs.mqueue.queues_max is %ld, and so many there are", limit("queues_max"));
	else if (error == EMFILE && getrlimit(RLIMIT_MSGQUEUE, &own) == 0 &&
		 own.rlim_cur != RLIM_INFINITY)
		(void)snprintf(env->why, env->why_len,
		    "the limit on message queues (ulimit -q) is %llu bytes, or that on open files "
		    "is reached",
		    (unsigned long long)own.rlim_cur);
	else
		return -error;
	return -ENOTSUP;
}

static int mq_init(void *queue, const struct cb_queue_env *env)
{
	struct mq_attr attr = {.mq_maxmsg = MESSAGES, .mq_msgsize = (long)env->bytes};
	struct kernel_queue *q = queue;
	char name[64];
	int now, wait, error;

	/* Its address, too: containers may share these names, and not their pids. Needed only for
	 * as long as it takes to open it, once for who waits and once for who does not. */
	(void)snprintf(name, sizeof(name), "/concbench-%ld-%p", (long)getpid(), queue);
	now = mq_open(name, O_RDWR | O_CREAT | O_EXCL | O_NONBLOCK | O_CLOEXEC, 0600, &attr);
	if (now < 0)
		return unable(env, errno);
	wait = mq_open(name, O_RDWR | O_CLOEXEC);
	error = errno;
	(void)mq_unlink(name);
	if (wait < 0) {
		(void)mq_close(now);
		return unable(env, error);
	}
	kernel_init(q, env, &mq_calls, now, now);
	for (unsigned i = 0; i < env->producers + env->consumers; i++)
		q->end[i] = (struct kernel_end){now, wait};
	return 0;
}

static void mq_destroy(void *queue)
{
	const struct kernel_queue *q = queue;

	(void)mq_close(q->end[0].wait);
	kernel_destroy(queue);
}

KERNEL_OPS(mq, NULL, mq_destroy)
static const struct cb_queue cb_queue_impl_mq = {
    KERNEL_IMPL(mq), .capacity = mq_capacity, .most_consumers = KERNEL_CONSUMERS_MAX};
CB_QUEUE_KIND(mq, "a POSIX message queue: 10 messages, who waits sleeps", "mq_overview(7)", CB_FULL,
    CB_CAN_OS,
    "a coroutine waits for what is read and written, which its descriptor is not: it is polled "
    "only",
    "capacity", 0)
