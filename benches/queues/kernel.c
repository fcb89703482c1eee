#include "benches/queues/kernel.h"

#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

/* All that it holds, and what each writer that has slept then puts in. */
static unsigned most_items(const struct cb_queue_env *env)
{
	return env->capacity + env->producers;
}

size_t kernel_bytes(const struct cb_queue_env *env)
{
	/* And one that would be too many, and the one that none is. */
	return sizeof(struct kernel_queue) + (most_items(env) + 2) * env->bytes;
}

void kernel_init(struct kernel_queue *q, const struct cb_queue_env *env,
    const struct kernel_calls *calls, int in, int out)
{
	q->calls = calls;
	q->in = in;
	q->out = out;
	q->producers = env->producers;
	q->consumers = env->consumers;
	q->bytes = env->bytes;
	q->most = most_items(env);
	q->model = env->model;
	q->checking = env->checking;
	for (unsigned i = 0; i < KERNEL_WORKERS_MAX; i++)
		q->end[i] = (struct kernel_end){-1, -1};
}

int kernel_share_out(struct kernel_queue *q)
{
	int ret = cb_fd_prepare(q->in, q->model);

	if (!ret)
		ret = cb_fd_prepare(q->out, q->model);
	q->own_ends = q->model == CB_COROUTINE;
	for (unsigned i = 0; !ret && i < q->producers + q->consumers; i++) {
		int fd = i < q->producers ? q->out : q->in;

		if (q->own_ends)
			fd = fcntl(fd, F_DUPFD_CLOEXEC, 0);
		if (fd < 0)
			ret = -errno;
		q->end[i] = (struct kernel_end){fd, fd};
	}
	return ret;
}

static bool is_ready(int fd, short event)
{
	struct pollfd p = {.fd = fd, .events = event};

	return poll(&p, 1, 0) > 0 && (p.revents & event);
}

/* Some of an item, at once or in time. Return: bytes; 0 when the time has passed; -errno. */
static ssize_t some_until(struct kernel_queue *q, struct cb_worker *w, bool puts, void *at,
    size_t bytes, uint64_t until_ns, bool *waited)
{
	const struct kernel_end *own = &q->end[w->role];

	for (;;) {
		const ssize_t n = puts ? q->calls->try_write(own->now, at, bytes)
				       : q->calls->try_read(own->now, at, bytes);
		int ret;

		if (n > 0)
			return n;
		if (!kernel_has_to_wait(n))
			return n < 0 ? -errno : -EIO;
		/* This kernel cannot do it without waiting; nobody else is at this end. */
		if (errno == EOPNOTSUPP && is_ready(own->wait, puts ? POLLOUT : POLLIN))
			return puts ? q->calls->write(w, own->wait, at, bytes)
				    : q->calls->read(w, own->wait, at, bytes);
		ret = cb_await_fd(w, own->wait, puts, until_ns);
		if (ret <= 0)
			return ret;
		*waited = true;
	}
}

static enum cb_queue_result all_until(struct kernel_queue *q, struct cb_worker *w, bool puts,
    unsigned char *item, size_t bytes, uint64_t until_ns)
{
	bool waited = false;

	if (cb_load(&q->closed))
		return CB_QUEUE_CLOSED;
	for (size_t done = 0; done < bytes;) {
		const ssize_t n = some_until(
		    q, w, puts, item + done, bytes - done, done ? CB_FOR_EVER : until_ns, &waited);

		if (n == 0)
			return CB_QUEUE_TIMED_OUT;
		if (n < 0 || (q->calls->whole && n != (ssize_t)bytes))
			return kernel_failed(w, n < 0 ? n : 0,
			    puts ? "to write an item in time" : "to read an item in time");
		done += (size_t)n;
	}
	return waited ? CB_QUEUE_WAITED : CB_QUEUE_DONE;
}

enum cb_queue_result kernel_put_until(
    struct kernel_queue *q, struct cb_worker *w, const void *item, size_t bytes, uint64_t until_ns)
{
	/* It is only read. */
	return all_until(q, w, true, (unsigned char *)(uintptr_t)item, bytes, until_ns);
}

enum cb_queue_result kernel_get_until(
    struct kernel_queue *q, struct cb_worker *w, void *item, size_t bytes, uint64_t until_ns)
{
	const enum cb_queue_result result = all_until(q, w, false, item, bytes, until_ns);

	return result > 0 && kernel_is_nobody(item) ? CB_QUEUE_CLOSED : result;
}

/* Bytes; -1 with errno. */
static ssize_t read_now(struct kernel_queue *q, void *to, size_t bytes)
{
	const ssize_t n = q->calls->try_read(q->in, to, bytes);

	if (n < 0 && errno == EOPNOTSUPP && is_ready(q->in, POLLIN))
		return read(q->in, to, bytes);
	return n;
}

/* For a reader that may sleep: it does not where there is no room for it. */
static void put_nobody(struct kernel_queue *q, struct cb_worker *w)
{
	const unsigned char *nobody = q->item + (q->most + 1) * q->bytes;
	ssize_t n = q->calls->try_write(q->out, nobody, q->bytes);

	if (n < 0 && errno == EOPNOTSUPP && is_ready(q->out, POLLOUT))
		n = write(q->out, nobody, q->bytes);
	if (n < 0 ? !kernel_has_to_wait(n) : n != (ssize_t)q->bytes && q->calls->whole)
		(void)kernel_failed(w, n < 0 ? -errno : 0, "to write as it leaves");
	/* The reader is there, and reads or takes out what is in the way of the rest. */
	for (size_t done = n > 0 ? (size_t)n : q->bytes; !w->error && done < q->bytes;
	     done += (size_t)n) {
		n = cb_write(w, q->end[w->role].wait, nobody + done, q->bytes - done);
		if (n <= 0)
			(void)kernel_failed(w, n, "to write as it leaves");
	}
}

/* Return: 0; -errno. */
static int set_aside(struct kernel_queue *q)
{
	int ret = 0;

	/* One at a time, or they would not stay in their order. Who does it does not wait. */
	while (__atomic_exchange_n(&q->set_aside, 1, __ATOMIC_ACQUIRE))
		(void)sched_yield();
	while (!ret) {
		unsigned char *to = q->item + q->taken * q->bytes;
		ssize_t n;

		n = read_now(q, to + q->part, q->bytes - q->part);
		if (n <= 0) {
			ret = kernel_has_to_wait(n) ? 0 : n ? -errno : -EIO;
			break;
		}
		q->part += (size_t)n;
		if (q->part < q->bytes) {
			ret = q->calls->whole ? -EIO : 0;
			continue;
		}
		q->part = 0;
		if (kernel_is_nobody(to))
			continue;
		ret = q->taken == q->most ? -EOVERFLOW : 0;
		q->taken += !ret;
	}
	cb_store_release(&q->set_aside, 0);
	return ret;
}

void kernel_close(void *queue, struct cb_worker *w)
{
	struct kernel_queue *q = queue;

	cb_store(&q->closed, 1);
	if (w->role >= q->producers)
		(void)__atomic_add_fetch(&q->left, 1, __ATOMIC_SEQ_CST);
	/* Either it is taken by a consumer, or by the last of them below. */
	if (__atomic_load_n(&q->left, __ATOMIC_SEQ_CST) < q->consumers)
		put_nobody(q, w);
	if (__atomic_load_n(&q->left, __ATOMIC_SEQ_CST) == q->consumers)
		cb_expect(w, -set_aside(q), "to read as it leaves");
}

void kernel_open(void *queue)
{
	struct kernel_queue *q = queue;

	q->taken = q->given = 0;
	q->left = 0;
	cb_store(&q->closed, 0);
}

bool kernel_drain(void *queue, void *item, size_t bytes)
{
	struct kernel_queue *q = queue;

	if (q->given == q->taken) {
		q->given = q->taken = 0;
		(void)set_aside(q);
	}
	if (q->given == q->taken)
		return false;
	memcpy(item, q->item + q->given++ * bytes, bytes);
	return true;
}

static void close_one(int fd)
{
	if (fd >= 0)
		(void)close(fd);
}

void kernel_destroy(void *queue)
{
	struct kernel_queue *q = queue;

	for (unsigned i = 0; q->own_ends && i < q->producers + q->consumers; i++) {
		close_one(q->end[i].now);
		if (q->end[i].wait != q->end[i].now)
			close_one(q->end[i].wait);
	}
	close_one(q->in);
	if (q->out != q->in)
		close_one(q->out);
}

unsigned kernel_pipe_capacity(const struct cb_queue_env *env)
{
	/* And what is in hand while it is closed, an item of each sleeping writer. */
	return KERNEL_PIPE_BYTES / (unsigned)env->bytes + env->producers;
}

int kernel_pipe_room(int fd, char *why, size_t why_len)
{
	const int wanted = (int)KERNEL_PIPE_BYTES, has = fcntl(fd, F_SETPIPE_SZ, wanted);

	if (has == wanted)
		return 0;
	(void)snprintf(why, why_len,
	    has < 0 && errno == EPERM
		? "fs.pipe-user-pages-soft: no more pipes of %d bytes for this user"
		: "a pipe cannot be made to hold %d bytes",
	    wanted);
	return -ENOTSUP;
}

int kernel_socket_room(int fd, char *why, size_t why_len)
{
	const int wanted = KERNEL_SOCKET_BYTES;
	socklen_t bytes = sizeof(int);
	int has = 0;

	if (setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &wanted, sizeof(wanted)) < 0 ||
	    getsockopt(fd, SOL_SOCKET, SO_SNDBUF, &has, &bytes) < 0)
		return -errno;
	if (has == 2 * wanted)
		return 0;
	(void)snprintf(why, why_len,
	    "net.core.wmem_max: sockets hold %d bytes here, and this queue has %d", has / 2,
	    wanted);
	return -ENOTSUP;
}
