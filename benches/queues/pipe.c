/*
 * pipe.c - the kernel's own queue: pipe(7). Items of up to PIPE_BUF bytes go in whole, however many
 * write, and come out whole as long as one reads.
 *
 * Nobody can be called out of read(2) or write(2): to close it a worker that leaves puts in an item
 * for each reader that may sleep, and takes out what is in the way of a sleeping writer.
 */
#include <concbench/queue.h>

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <sys/uio.h>
#include <unistd.h>

/* What a pipe holds unless it is told otherwise: 16 pages (pipe(7)). */
#define PIPE_BYTES 65536u
#define PIPE_WORKERS_MAX (CB_QUEUE_PRODUCERS_MAX + 1)

struct pipe_queue {
	int in; /* where items are read */
	int out;
	unsigned producers;
	size_t bytes; /* of an item */
	enum cb_model model;
	unsigned workers;
	uint32_t closed;
	unsigned taken; /* items that were taken out to let a writer go on, */
	unsigned given; /* and of these those that were handed on */
	/* A worker's own descriptor: of several coroutines each waits at one of its own. */
	int fd[PIPE_WORKERS_MAX];
	unsigned char item[];
};

/* An item that none is: it lets a sleeping reader go on. */
static const unsigned char nobody[PIPE_BUF];

static unsigned pipe_capacity(const struct cb_queue_env *env)
{
	/* And what is in hand while it is closed, an item of each sleeping writer. */
	return PIPE_BYTES / (unsigned)env->bytes + env->producers;
}

/* All that it holds, what each sleeping writer then puts in, and an item as it leaves. */
static unsigned most_items(unsigned producers, size_t bytes)
{
	return PIPE_BYTES / (unsigned)bytes + 2 * producers;
}

static size_t pipe_bytes(const struct cb_queue_env *env)
{
	return sizeof(struct pipe_queue) + most_items(env->producers, env->bytes) * env->bytes;
}

static int share_out(struct pipe_queue *q)
{
	for (unsigned i = 0; i < q->workers; i++) {
		const int end = i < q->producers ? q->out : q->in;

		q->fd[i] = q->model == CB_COROUTINE ? fcntl(end, F_DUPFD_CLOEXEC, 0) : end;
		if (q->fd[i] < 0)
			return -errno;
	}
	return 0;
}

static int pipe_init(void *queue, const struct cb_queue_env *env)
{
	struct pipe_queue *q = queue;
	int end[2], ret;

	if (pipe2(end, O_CLOEXEC) < 0)
		return -errno;
	q->in = end[0];
	q->out = end[1];
	q->producers = env->producers;
	q->bytes = env->bytes;
	q->model = env->model;
	q->workers = env->producers + env->consumers;
	if (fcntl(q->out, F_SETPIPE_SZ, (int)PIPE_BYTES) != (int)PIPE_BYTES)
		return -ENOTSUP;
	ret = cb_fd_prepare(q->in, env->model);
	if (!ret)
		ret = cb_fd_prepare(q->out, env->model);
	return ret ? ret : share_out(q);
}

/*
 * Putting and getting make the call that does not wait first, to know who had to: where it fails,
 * sleeping costs far more than it does. Kernels whose pipes cannot do it say so at once.
 */
static inline bool has_to_wait(ssize_t n)
{
	return n < 0 && (errno == EAGAIN || errno == EOPNOTSUPP);
}

static inline enum cb_queue_result pipe_put(
    void *queue, struct cb_worker *w, const void *item, size_t bytes, uint64_t until_ns)
{
	const struct pipe_queue *q = queue;
	const struct iovec from = {(void *)(uintptr_t)item, bytes};
	ssize_t n;
	bool waits;

	(void)until_ns;
	if (cb_load(&q->closed))
		return CB_QUEUE_CLOSED;
	n = pwritev2(q->fd[w->index], &from, 1, -1, RWF_NOWAIT);
	waits = has_to_wait(n);
	if (waits)
		n = cb_write(w, q->fd[w->index], item, bytes);
	if (n == (ssize_t)bytes)
		return waits ? CB_QUEUE_WAITED : CB_QUEUE_DONE;
	cb_fail(w, n < 0 ? (waits ? (int)n : -errno) : -EIO, "pipe: write");
	return CB_QUEUE_CLOSED;
}

static inline enum cb_queue_result pipe_get(
    void *queue, struct cb_worker *w, void *item, size_t bytes, uint64_t until_ns)
{
	const struct pipe_queue *q = queue;
	const struct iovec to = {item, bytes};
	ssize_t n;
	bool waits;

	(void)until_ns;
	if (cb_load(&q->closed))
		return CB_QUEUE_CLOSED;
	n = preadv2(q->fd[w->index], &to, 1, -1, RWF_NOWAIT);
	waits = has_to_wait(n);
	if (waits)
		n = cb_read(w, q->fd[w->index], item, bytes);
	if (n != (ssize_t)bytes) {
		cb_fail(w, n < 0 ? (waits ? (int)n : -errno) : -EIO, "pipe: read");
		return CB_QUEUE_CLOSED;
	}
	if (memcmp(item, nobody, bytes) == 0)
		return CB_QUEUE_CLOSED;
	return waits ? CB_QUEUE_WAITED : CB_QUEUE_DONE;
}

static bool is_ready(int fd, short event)
{
	struct pollfd p = {.fd = fd, .events = event};

	return poll(&p, 1, 0) > 0 && (p.revents & event);
}

static void pipe_close(void *queue, struct cb_worker *w)
{
	struct pipe_queue *q = queue;
	const size_t bytes = q->bytes;

	cb_store(&q->closed, 1);
	if (w->index < q->producers) {
		/* A pipe without room is not one that a reader sleeps at. */
		if (is_ready(q->out, POLLOUT) && write(q->out, nobody, bytes) < 0)
			cb_fail(w, -errno, "pipe: write");
		return;
	}
	/* Only this one reads: what is ready is an item. */
	while (is_ready(q->in, POLLIN)) {
		if (q->taken == most_items(q->producers, bytes) ||
		    read(q->in, q->item + q->taken * bytes, bytes) != (ssize_t)bytes) {
			cb_fail(w, -EIO, "pipe: read");
			return;
		}
		q->taken++;
	}
}

static void pipe_open(void *queue)
{
	struct pipe_queue *q = queue;

	q->taken = q->given = 0;
	cb_store(&q->closed, 0);
}

static bool pipe_drain(void *queue, void *item, size_t bytes)
{
	struct pipe_queue *q = queue;

	do {
		if (q->given < q->taken)
			memcpy(item, q->item + q->given++ * bytes, bytes);
		else if (!is_ready(q->in, POLLIN) || read(q->in, item, bytes) != (ssize_t)bytes)
			return false;
	} while (memcmp(item, nobody, bytes) == 0);
	return true;
}

static void pipe_destroy(void *queue)
{
	const struct pipe_queue *q = queue;

	for (unsigned i = 0; q->model == CB_COROUTINE && i < q->workers; i++)
		(void)close(q->fd[i]);
	(void)close(q->in);
	(void)close(q->out);
}

static const struct cb_queue_ops cb_queue_ops_pipe = {.init = pipe_init,
    .put = pipe_put,
    .get = pipe_get,
    .close = pipe_close,
    .open = pipe_open,
    .drain = pipe_drain,
    .destroy = pipe_destroy};
CB_QUEUE_BATCH(pipe)
static const struct cb_queue cb_queue_impl_pipe = {.ops = &cb_queue_ops_pipe,
    .queue_bytes = pipe_bytes,
    .capacity = pipe_capacity,
    .most_consumers = 1,
    .most_bytes = PIPE_BUF};
CB_QUEUE_KIND(pipe, "the kernel's pipe: 64 KiB, a system call each way, who waits sleeps",
    "pipe(7)", CB_QUICK, CB_CAN_ALL, NULL, "capacity wait_ns", 0)
