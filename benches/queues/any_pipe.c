/*
 * any_pipe.c - a pipe of each producer's own, and one consumer that waits for any of them: by
 * poll(2), which is told of all of them each time, or by epoll(7), which has been told once.
 *
 * To close it each producer writes a last item that none is, and the consumer takes in what comes
 * until it has all of these: then nothing is under way, and no producer waits for room.
 */
#include "benches/queues/kernel.h"

#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <stdio.h>
#include <sys/epoll.h>
#include <unistd.h>

struct any_pipes {
	unsigned count;
	enum cb_model model;
	bool checking;
	int epoll; /* -1: poll(2) */
	size_t bytes;
	uint32_t closed;
	/* The consumer's: those that have something, and how many of them it has read from. */
	unsigned ready, served;
	unsigned at[CB_QUEUE_PRODUCERS_MAX];
	unsigned ended; /* pipes whose last item has come */
	unsigned most, kept, handed;
	struct pollfd in[CB_QUEUE_PRODUCERS_MAX];
	int out[CB_QUEUE_PRODUCERS_MAX];
	/* [most] that came as it was closed, what comes after these, and one that none is. */
	unsigned char item[];
};

/* All that they hold, and an item in each producer's hand. */
static unsigned any_capacity(const struct cb_queue_env *env)
{
	return env->producers * (KERNEL_PIPE_BYTES / (unsigned)env->bytes + 1);
}

static size_t any_bytes(const struct cb_queue_env *env)
{
	return sizeof(struct any_pipes) + (env->capacity + 2) * env->bytes;
}

static void any_destroy(void *queue)
{
	const struct any_pipes *a = queue;

	for (unsigned i = 0; i < a->count; i++) {
		(void)close(a->in[i].fd);
		(void)close(a->out[i]);
	}
	if (a->epoll >= 0)
		(void)close(a->epoll);
}

static int add_pipe(struct any_pipes *a, const struct cb_queue_env *env)
{
	struct epoll_event event = {.events = EPOLLIN, .data.u32 = a->count};
	int end[2], ret;

	if (pipe2(end, O_CLOEXEC) < 0)
		return -errno;
	a->in[a->count] = (struct pollfd){.fd = end[0], .events = POLLIN};
	a->out[a->count++] = end[1];
	ret = kernel_pipe_room(end[1], env->why, env->why_len);
	if (!ret)
		ret = cb_fd_prepare(end[0], a->model);
	if (!ret)
		ret = cb_fd_prepare(end[1], a->model);
	if (!ret && a->epoll >= 0 && epoll_ctl(a->epoll, EPOLL_CTL_ADD, end[0], &event) < 0)
		ret = -errno;
	return ret;
}

static int any_init(void *queue, const struct cb_queue_env *env, bool epolls)
{
	struct any_pipes *a = queue;
	int ret = 0;

	a->model = env->model;
	a->checking = env->checking;
	a->bytes = env->bytes;
	a->most = env->capacity;
	a->epoll = epolls ? epoll_create1(EPOLL_CLOEXEC) : -1;
	if (epolls && a->epoll < 0)
		return -errno;
	while (!ret && a->count < env->producers)
		ret = add_pipe(a, env);
	if (ret)
		any_destroy(a);
	return ret;
}

/* A coroutine waits for what epoll watches, and then asks it. Return: how many; 0 when the time has
 * passed; -errno. */
static int any_epoll(struct any_pipes *a, struct cb_worker *w, uint64_t until_ns)
{
	const bool asks_first = w->model == CB_COROUTINE || until_ns != CB_FOR_EVER;
	struct epoll_event event[CB_QUEUE_PRODUCERS_MAX];
	int n = asks_first ? cb_await_fd(w, a->epoll, false, until_ns) : 1;

	if (n <= 0)
		return n;
	n = epoll_wait(a->epoll, event, (int)a->count, asks_first ? 0 : -1);
	for (int i = 0; i < n; i++)
		a->at[i] = event[i].data.u32;
	return n < 0 ? -errno : n;
}

static int any_poll(struct any_pipes *a, uint64_t until_ns)
{
	const uint64_t now_ns = until_ns == CB_FOR_EVER ? 0 : cb_now_ns();
	const uint64_t left_ns = until_ns > now_ns ? until_ns - now_ns : 0;
	const struct timespec left = {
	    (time_t)(left_ns / CB_NS_PER_S), (long)(left_ns % CB_NS_PER_S)};
	const int n = ppoll(a->in, a->count, until_ns == CB_FOR_EVER ? NULL : &left, NULL);
	unsigned ready = 0;

	for (unsigned i = 0; n > 0 && i < a->count; i++)
		if (a->in[i].revents)
			a->at[ready++] = i;
	return n < 0 ? -errno : n;
}

static inline enum cb_queue_result any_failed(struct cb_worker *w, ssize_t n, const char *what)
{
	cb_fail(w, n < 0 ? (int)n : -EIO, what);
	return CB_QUEUE_CLOSED;
}

static enum cb_queue_result any_await(struct any_pipes *a, struct cb_worker *w, uint64_t until_ns)
{
	int n;

	do
		n = a->epoll >= 0 ? any_epoll(a, w, until_ns) : any_poll(a, until_ns);
	while (n == -EINTR || (n == 0 && cb_now_ns() < until_ns));
	if (n < 0)
		return any_failed(w, n, "to wait for any pipe");
	a->ready = (unsigned)n;
	a->served = 0;
	return n ? CB_QUEUE_DONE : CB_QUEUE_TIMED_OUT;
}

/* Return: DONE with an item; CLOSED when it is a last one, or with an error. */
static enum cb_queue_result any_read(struct any_pipes *a, struct cb_worker *w, void *item)
{
	const ssize_t n = cb_read(w, a->in[a->at[a->served++]].fd, item, a->bytes);

	if (n != (ssize_t)a->bytes)
		return any_failed(w, n, "to read an item");
	if (CB_LIKELY(!kernel_is_nobody(item)))
		return CB_QUEUE_DONE;
	a->ended++;
	return CB_QUEUE_CLOSED;
}

static inline enum cb_queue_result any_get(
    void *queue, struct cb_worker *w, void *item, size_t bytes, uint64_t until_ns)
{
	enum cb_queue_result result = CB_QUEUE_TIMED_OUT, read;
	struct any_pipes *a = queue;
	bool waited = false;

	(void)bytes;
	if (cb_load(&a->closed))
		return CB_QUEUE_CLOSED;
	if (a->served == a->ready) {
		if (CB_UNLIKELY(a->checking)) {
			result = any_await(a, w, cb_now_ns());
			waited = result == CB_QUEUE_TIMED_OUT;
		}
		if (result == CB_QUEUE_TIMED_OUT)
			result = any_await(a, w, until_ns);
		if (result <= 0)
			return result;
	}
	read = any_read(a, w, item);
	return waited && read == CB_QUEUE_DONE ? CB_QUEUE_WAITED : read;
}

/* Room is waited for at its own pipe alone. */
static inline enum cb_queue_result any_put(
    void *queue, struct cb_worker *w, const void *item, size_t bytes, uint64_t until_ns)
{
	struct any_pipes *a = queue;
	const int fd = a->out[w->role];
	bool waited = false;
	ssize_t n = 1;

	if (cb_load(&a->closed))
		return CB_QUEUE_CLOSED;
	if (CB_UNLIKELY(a->checking))
		waited = cb_await_fd(w, fd, true, cb_now_ns()) == 0;
	/* What is writable has room for PIPE_BUF bytes at least. */
	if (CB_UNLIKELY(until_ns != CB_FOR_EVER))
		n = cb_await_fd(w, fd, true, until_ns);
	if (CB_UNLIKELY(n == 0))
		return CB_QUEUE_TIMED_OUT;
	if (CB_LIKELY(n > 0))
		n = cb_write(w, fd, item, bytes);
	if (CB_UNLIKELY(n != (ssize_t)bytes))
		return any_failed(w, n, "to write an item");
	return waited ? CB_QUEUE_WAITED : CB_QUEUE_DONE;
}

static void any_close(void *queue, struct cb_worker *w)
{
	struct any_pipes *a = queue;
	unsigned char *nobody = a->item + (a->most + 1) * a->bytes;

	cb_store(&a->closed, 1);
	if (w->role < a->count) {
		const ssize_t n = cb_write(w, a->out[w->role], nobody, a->bytes);

		if (n != (ssize_t)a->bytes)
			(void)any_failed(w, n, "to write as it leaves");
		return;
	}
	while (a->ended < a->count && !w->error) {
		if (a->served == a->ready && any_await(a, w, CB_FOR_EVER) < 0)
			return;
		if (any_read(a, w, a->item + a->kept * a->bytes) != CB_QUEUE_DONE)
			continue;
		if (a->kept == a->most)
			cb_fail(w, -EOVERFLOW, "to keep what comes as it leaves");
		else
			a->kept++;
	}
}

static void any_open(void *queue)
{
	struct any_pipes *a = queue;

	a->ended = a->kept = a->handed = a->ready = a->served = 0;
	cb_store(&a->closed, 0);
}

static bool any_drain(void *queue, void *item, size_t bytes)
{
	struct any_pipes *a = queue;

	if (a->handed == a->kept)
		return false;
	memcpy(item, a->item + a->handed++ * bytes, bytes);
	return true;
}

#define WAIT_ANY(x, epolls, about, source, models, not_models)                      \
	static int init_##x(void *queue, const struct cb_queue_env *env)            \
	{                                                                           \
		return any_init(queue, env, epolls);                                \
	}                                                                           \
	static const struct cb_queue_ops cb_queue_ops_##x = {.init = init_##x,      \
	    .put = any_put,                                                         \
	    .get = any_get,                                                         \
	    .close = any_close,                                                     \
	    .open = any_open,                                                       \
	    .drain = any_drain,                                                     \
	    .destroy = any_destroy};                                                \
	CB_QUEUE_BATCH(x)                                                           \
	static const struct cb_queue cb_queue_impl_##x = {.ops = &cb_queue_ops_##x, \
	    .queue_bytes = any_bytes,                                               \
	    .capacity = any_capacity,                                               \
	    .most_consumers = 1,                                                    \
	    .most_bytes = PIPE_BUF,                                                 \
	    .waits_unseen = true,                                                   \
	    .holds_less = true};                                                    \
	CB_QUEUE_KIND(x, about, source, CB_FULL, models, not_models, "capacity", 0)

WAIT_ANY(any_poll, false,
    "a pipe for each producer; one consumer waits for any of them by poll(2), told of all each "
    "time",
    "poll(2), pipe(7)", CB_CAN_OS, "poll(2) would stop all others on its carrier")
WAIT_ANY(any_epoll, true,
    "a pipe for each producer; one consumer waits for any of them by epoll(7), told of them once",
    "epoll(7), pipe(7)", CB_CAN_ALL, NULL)
