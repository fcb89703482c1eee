/*
 * kernel.h - what queues have in common that the kernel keeps: pipes, sockets, message queues.
 *
 * Nobody can be called out of a system call that waits. To close such a queue a worker that leaves
 * puts in an item that none is, for a reader that may sleep; and when all consumers have left,
 * takes out what is in the way of writers that may sleep. Whoever goes on because of that leaves
 * too, and does the same for the next.
 */
#ifndef CONCBENCH_QUEUES_KERNEL_H
#define CONCBENCH_QUEUES_KERNEL_H

#include <concbench/queue.h>

#include <errno.h>
#include <sys/socket.h>

/* They do not ask first any more whether they have to wait. */
#undef CB_QUEUE_VERSION
#define CB_QUEUE_VERSION 3

#define KERNEL_CONSUMERS_MAX 32
#define KERNEL_WORKERS_MAX (CB_QUEUE_PRODUCERS_MAX + KERNEL_CONSUMERS_MAX)

/*
 * The system calls of a kind; put and get have them inlined. While checking they make the one that
 * does not wait first, to know who had to; in a measured window that would be a call more for each
 * that waits, and it is not known.
 */
struct kernel_calls {
	/* Bytes; -1 with errno, EAGAIN when it would have to wait, EOPNOTSUPP when this kernel
	 * cannot do it without. */
	ssize_t (*try_write)(int fd, const void *item, size_t bytes);
	ssize_t (*try_read)(int fd, void *item, size_t bytes);
	/* Bytes; -errno. */
	ssize_t (*write)(struct cb_worker *w, int fd, const void *item, size_t bytes);
	ssize_t (*read)(struct cb_worker *w, int fd, void *item, size_t bytes);
	bool whole; /* an item goes in and comes out at once, or not at all */
};

/* A worker's descriptors: of several coroutines each waits at one of its own. */
struct kernel_end {
	int now;  /* for the calls that do not wait */
	int wait; /* for those that do; often the same */
};

struct kernel_queue {
	const struct kernel_calls *calls;
	int in; /* where items are read; the cell's, which all inherit */
	int out;
	unsigned producers, consumers;
	size_t bytes;  /* of an item */
	unsigned most; /* that can come to be set aside */
	enum cb_model model;
	bool checking;
	bool own_ends; /* the workers' descriptors are not the cell's */
	uint32_t closed;
	uint32_t left;      /* consumers that have left the trial */
	uint32_t set_aside; /* somebody is taking items out */
	unsigned taken;     /* items that are set aside, */
	unsigned given;     /* of these, handed on */
	size_t part;        /* bytes of one more */
	struct kernel_end end[KERNEL_WORKERS_MAX];
	/* Of those that have a name in a folder. */
	char path[256];
	unsigned attached; /* workers that have opened it, */
	unsigned expected; /* of these, who take the place of others included */
	unsigned char item[];
};

static inline bool kernel_has_to_wait(ssize_t n)
{
	return n < 0 && (errno == EAGAIN || errno == EOPNOTSUPP);
}

/* The one that a worker puts in as it leaves: no item has such a head. */
static inline bool kernel_is_nobody(const void *item)
{
	uint64_t head;

	memcpy(&head, item, sizeof(head));
	return head == 0;
}

static inline enum cb_queue_result kernel_failed(struct cb_worker *w, ssize_t n, const char *what)
{
	cb_fail(w, n < 0 ? (int)n : -EIO, what);
	return CB_QUEUE_CLOSED;
}

/**
 * kernel_put_until() / kernel_get_until() - with a deadline: the call that does not wait, and
 * cb_await_fd() where it would have to. Once part of an item has been transferred the deadline no
 * longer counts: the call finishes it.
 */
enum cb_queue_result kernel_put_until(
    struct kernel_queue *q, struct cb_worker *w, const void *item, size_t bytes, uint64_t until_ns);
enum cb_queue_result kernel_get_until(
    struct kernel_queue *q, struct cb_worker *w, void *item, size_t bytes, uint64_t until_ns);

/* Either returns CB_QUEUE_WAITED only while checking. */
CB_INLINE enum cb_queue_result kernel_put(struct kernel_queue *q, struct cb_worker *w,
    const void *item, size_t bytes, const struct kernel_calls *calls)
{
	size_t done = 0;
	ssize_t n;

	if (cb_load(&q->closed))
		return CB_QUEUE_CLOSED;
	if (CB_UNLIKELY(q->checking)) {
		n = calls->try_write(q->end[w->role].now, item, bytes);
		if (n == (ssize_t)bytes)
			return CB_QUEUE_DONE;
		if (n < 0 ? !kernel_has_to_wait(n) : calls->whole)
			return kernel_failed(w, n < 0 ? -errno : 0, "to write an item");
		done = n > 0 ? (size_t)n : 0;
	}
	for (; done < bytes; done += (size_t)n) {
		n = calls->write(w, q->end[w->role].wait, (const char *)item + done, bytes - done);
		if (n <= 0 || (calls->whole && n != (ssize_t)bytes))
			return kernel_failed(w, n, "to write an item");
	}
	return q->checking ? CB_QUEUE_WAITED : CB_QUEUE_DONE;
}

CB_INLINE enum cb_queue_result kernel_get(struct kernel_queue *q, struct cb_worker *w, void *item,
    size_t bytes, const struct kernel_calls *calls)
{
	bool waits = q->checking;
	size_t done = 0;
	ssize_t n;

	if (cb_load(&q->closed))
		return CB_QUEUE_CLOSED;
	if (CB_UNLIKELY(waits)) {
		n = calls->try_read(q->end[w->role].now, item, bytes);
		if (n != (ssize_t)bytes && (n < 0 ? !kernel_has_to_wait(n) : calls->whole))
			return kernel_failed(w, n < 0 ? -errno : 0, "to read an item");
		done = n > 0 ? (size_t)n : 0;
		waits = done < bytes;
	}
	for (; done < bytes; done += (size_t)n) {
		n = calls->read(w, q->end[w->role].wait, (char *)item + done, bytes - done);
		if (n <= 0 || (calls->whole && n != (ssize_t)bytes))
			return kernel_failed(w, n, "to read an item");
	}
	if (CB_UNLIKELY(kernel_is_nobody(item)))
		return CB_QUEUE_CLOSED;
	return waits ? CB_QUEUE_WAITED : CB_QUEUE_DONE;
}

/** kernel_bytes() - of shared memory, by its capacity, which counts an item of each producer that
 * sleeps. */
size_t kernel_bytes(const struct cb_queue_env *env);

/** kernel_init() - @in, @out: what the cell has open; kernel_destroy() closes it. */
void kernel_init(struct kernel_queue *q, const struct cb_queue_env *env,
    const struct kernel_calls *calls, int in, int out);

/** kernel_share_out() - every worker has the cell's own, each coroutine a copy. Return: 0; -errno.
 */
int kernel_share_out(struct kernel_queue *q);

/* For struct cb_queue_ops. */
void kernel_close(void *queue, struct cb_worker *w);
void kernel_open(void *queue);
bool kernel_drain(void *queue, void *item, size_t bytes);
void kernel_destroy(void *queue);

/* What a pipe holds unless it is told otherwise: 16 pages (pipe(7)). */
#define KERNEL_PIPE_BYTES 65536u

/** kernel_pipe_room() - the same on every machine. Return: 0; -ENOTSUP with @why. */
int kernel_pipe_room(int fd, char *why, size_t why_len);

/** kernel_pipe_capacity() - of a pipe or a FIFO. */
unsigned kernel_pipe_capacity(const struct cb_queue_env *env);

/* What a socket holds: this, doubled by the kernel, of items and what the kernel adds to each. */
#define KERNEL_SOCKET_BYTES 106496

/** kernel_socket_room() - the same on every machine. Return: 0; -errno, -ENOTSUP with @why. */
int kernel_socket_room(int fd, char *why, size_t why_len);

/* Of a socket: struct kernel_calls. */
static inline ssize_t kernel_try_send(int fd, const void *item, size_t bytes)
{
	return send(fd, item, bytes, MSG_DONTWAIT | MSG_NOSIGNAL);
}

static inline ssize_t kernel_try_receive(int fd, void *item, size_t bytes)
{
	return recv(fd, item, bytes, MSG_DONTWAIT);
}

/* What all kinds say of themselves: the room for an item in hand of each producer is in its
 * capacity, and pages that are full but for a part of an item. */
#define KERNEL_IMPL(x)                                                               \
	.ops = &cb_queue_ops_##x, .queue_bytes = kernel_bytes, .waits_unseen = true, \
	.holds_less = true

/* KERNEL_OPS(x) - cb_queue_ops_x, with x_init() and by x_calls, and cb_queue_batch_x(). */
#define KERNEL_OPS(x, attach_, destroy_)                                                      \
	static inline enum cb_queue_result x##_put(                                           \
	    void *queue, struct cb_worker *w, const void *item, size_t bytes, uint64_t until) \
	{                                                                                     \
		if (CB_UNLIKELY(until != CB_FOR_EVER))                                        \
			return kernel_put_until(queue, w, item, bytes, until);                \
		return kernel_put(queue, w, item, bytes, &x##_calls);                         \
	}                                                                                     \
	static inline enum cb_queue_result x##_get(                                           \
	    void *queue, struct cb_worker *w, void *item, size_t bytes, uint64_t until)       \
	{                                                                                     \
		if (CB_UNLIKELY(until != CB_FOR_EVER))                                        \
			return kernel_get_until(queue, w, item, bytes, until);                \
		return kernel_get(queue, w, item, bytes, &x##_calls);                         \
	}                                                                                     \
	static const struct cb_queue_ops cb_queue_ops_##x = {.init = x##_init,                \
	    .attach = attach_,                                                                \
	    .put = x##_put,                                                                   \
	    .get = x##_get,                                                                   \
	    .close = kernel_close,                                                            \
	    .open = kernel_open,                                                              \
	    .drain = kernel_drain,                                                            \
	    .destroy = destroy_};                                                             \
	CB_QUEUE_BATCH(x)

#endif
