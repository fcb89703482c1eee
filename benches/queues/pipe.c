/*
 * pipe.c - the kernel's own queue: pipe(7). Items of up to PIPE_BUF bytes go in whole, however many
 * write, and come out whole as long as one reads.
 */
#include "benches/queues/kernel.h"

#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <sys/uio.h>
#include <unistd.h>

/* Kernels whose pipes cannot do it without waiting say so at once. */
static inline ssize_t pipe_try_write(int fd, const void *item, size_t bytes)
{
	const struct iovec from = {(void *)(uintptr_t)item, bytes};

	return pwritev2(fd, &from, 1, -1, RWF_NOWAIT);
}

static inline ssize_t pipe_try_read(int fd, void *item, size_t bytes)
{
	const struct iovec to = {item, bytes};

	return preadv2(fd, &to, 1, -1, RWF_NOWAIT);
}

static const struct kernel_calls pipe_calls = {
    pipe_try_write, pipe_try_read, cb_write, cb_read, true};

/* Several that are told that there is room for one: all but one would wait, whatever the time. */
static int look_at_deadlines(int in, const struct cb_queue_env *env)
{
	char byte;

	if (!env->wait_ns || env->producers == 1 || pipe_try_read(in, &byte, 1) >= 0 ||
	    errno != EOPNOTSUPP)
		return 0;
	(void)snprintf(env->why, env->why_len,
	    "wait_ns with several producers: this kernel's pipes cannot be asked not to wait "
	    "(RWF_NOWAIT)");
	return -ENOTSUP;
}

static int pipe_init(void *queue, const struct cb_queue_env *env)
{
	struct kernel_queue *q = queue;
	int end[2], ret;

	if (pipe2(end, O_CLOEXEC) < 0)
		return -errno;
	kernel_init(q, env, &pipe_calls, end[0], end[1]);
	ret = kernel_pipe_room(q->out, env->why, env->why_len);
	if (!ret)
		ret = look_at_deadlines(q->in, env);
	if (!ret)
		ret = kernel_share_out(q);
	if (ret)
		kernel_destroy(q);
	return ret;
}

KERNEL_OPS(pipe, NULL, kernel_destroy)
static const struct cb_queue cb_queue_impl_pipe = {KERNEL_IMPL(pipe),
    .capacity = kernel_pipe_capacity, .most_consumers = 1, .most_bytes = PIPE_BUF};
CB_QUEUE_KIND(pipe, "the kernel's pipe: 64 KiB, a system call each way, who waits sleeps",
    "pipe(7)", CB_QUICK, CB_CAN_ALL, NULL, "capacity", 0)
