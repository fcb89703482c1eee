/*
 * socketpair.c - a pair of Unix sockets: unix(7). Those that keep the borders of messages hand out
 * whole items, however many write and read; a stream has no borders, so one writes and one reads,
 * and goes on where the kernel has taken or given a part.
 */
#include "benches/queues/kernel.h"

#include <unistd.h>

/* With an item, the least that the kernel counts for each. */
#define MESSAGE_BYTES 512u
/* A message has to fit, and the kernel keeps 32 bytes. */
#define MESSAGE_MOST (2 * KERNEL_SOCKET_BYTES - 32)
/* Of a stream: so much that the rest of one that is half written fits once all is read. */
#define STREAM_MOST 65536

/* At most: how much more it counts for each differs from kernel to kernel. */
static unsigned socket_capacity(const struct cb_queue_env *env)
{
	return 2 * KERNEL_SOCKET_BYTES / ((unsigned)env->bytes + MESSAGE_BYTES) + 1 +
	       env->producers;
}

static int socket_init(struct kernel_queue *q, const struct cb_queue_env *env, int type,
    const struct kernel_calls *calls)
{
	int end[2], ret;

	if (socketpair(AF_UNIX, type | SOCK_CLOEXEC, 0, end) < 0)
		return -errno;
	kernel_init(q, env, calls, end[0], end[1]);
	ret = kernel_socket_room(q->out, env->why, env->why_len);
	if (!ret)
		ret = kernel_share_out(q);
	if (ret)
		kernel_destroy(q);
	return ret;
}

#define SOCKETPAIR(x, type, whole, about, most_each, most_bytes_)            \
	static const struct kernel_calls x##_calls = {                       \
	    kernel_try_send, kernel_try_receive, cb_write, cb_read, whole};  \
	static int x##_init(void *queue, const struct cb_queue_env *env)     \
	{                                                                    \
		return socket_init(queue, env, type, &x##_calls);            \
	}                                                                    \
	KERNEL_OPS(x, NULL, kernel_destroy)                                  \
	static const struct cb_queue cb_queue_impl_##x = {KERNEL_IMPL(x),    \
	    .capacity = socket_capacity, .most_producers = (most_each) == 1, \
	    .most_consumers = most_each, .most_bytes = most_bytes_};         \
	CB_QUEUE_KIND(x, about, "unix(7)", CB_FULL, CB_CAN_ALL, NULL, "capacity", 0)

SOCKETPAIR(socketpair_stream, SOCK_STREAM, false,
    "Unix sockets, a stream of bytes: 208 KiB with what the kernel adds, who waits sleeps", 1,
    STREAM_MOST)
SOCKETPAIR(socketpair_seqpacket, SOCK_SEQPACKET, true,
    "Unix sockets, messages over a connection: 208 KiB with what the kernel adds, who waits sleeps",
    KERNEL_CONSUMERS_MAX, MESSAGE_MOST)
SOCKETPAIR(socketpair_dgram, SOCK_DGRAM, true,
    "Unix sockets, datagrams: 208 KiB with what the kernel adds, who waits sleeps",
    KERNEL_CONSUMERS_MAX, MESSAGE_MOST)
