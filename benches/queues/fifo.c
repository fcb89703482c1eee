/*
 * fifo.c - a pipe that has a name, by which each worker opens it: fifo(7). It cannot be asked not
 * to wait but when it is opened, so a worker that blocks opens it twice.
 *
 * Its name is gone when all have opened it.
 */
#include "benches/queues/kernel.h"
#include "benches/queues/own_name.h"

#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <unistd.h>

static inline ssize_t fifo_try_write(int fd, const void *item, size_t bytes)
{
	return write(fd, item, bytes);
}

static inline ssize_t fifo_try_read(int fd, void *item, size_t bytes)
{
	return read(fd, item, bytes);
}

static const struct kernel_calls fifo_calls = {
    fifo_try_write, fifo_try_read, cb_write, cb_read, true};

static const struct own_name name = {.prefix = "concbench-fifo-", .type = S_IFIFO};

static void fifo_destroy(void *queue)
{
	const struct kernel_queue *q = queue;

	if (q->path[0])
		own_name_remove(&name, q->path);
	kernel_destroy(queue);
}

static int fifo_init(void *queue, const struct cb_queue_env *env)
{
	struct kernel_queue *q = queue;
	const int fd = own_name_make(&name, q->path, sizeof(q->path));
	int ret;

	if (fd < 0) {
		(void)snprintf(env->why, env->why_len, "TMPDIR: no FIFO in %s: %s",
		    own_name_folder(), strerror(-fd));
		return -ENOTSUP;
	}
	kernel_init(q, env, &fifo_calls, fd, fd);
	/* Those of a process are closed with it. */
	q->own_ends = env->model != CB_PROCESS;
	q->expected = env->producers + env->consumers + env->latecomers;
	ret = kernel_pipe_room(fd, env->why, env->why_len);
	if (ret)
		fifo_destroy(q);
	return ret;
}

static int fifo_attach(void *queue, struct cb_worker *w)
{
	struct kernel_queue *q = queue;
	const int way = (w->role < q->producers ? O_WRONLY : O_RDONLY) | O_CLOEXEC;
	struct kernel_end *own = &q->end[w->role];

	own->now = own->wait = open(q->path, way | O_NONBLOCK);
	if (own->now >= 0 && w->model != CB_COROUTINE)
		own->wait = open(q->path, way);
	if (own->wait < 0)
		return -errno;
	if (cb_fetch_add(&q->attached, 1) + 1 == q->expected) {
		own_name_remove(&name, q->path);
		q->path[0] = '\0';
	}
	return 0;
}

KERNEL_OPS(fifo, fifo_attach, fifo_destroy)
static const struct cb_queue cb_queue_impl_fifo = {KERNEL_IMPL(fifo),
    .capacity = kernel_pipe_capacity, .most_consumers = 1, .most_bytes = PIPE_BUF};
CB_QUEUE_KIND(fifo, "a pipe by a name that each worker opens: 64 KiB, who waits sleeps", "fifo(7)",
    CB_FULL, CB_CAN_ALL, NULL, "capacity", 0)
