/*
 * carrier_io.c - system calls that make the coroutine wait instead of the thread.
 */
#include "harness/coroutine/carrier_impl.h"

#include <limits.h>

static ssize_t perform(struct cb_carrier *c, struct reactor_request *rq)
{
	const struct reactor_ops *ops = c->reactor->ops;
	bool wait;

	rq->waiter = c->current;
	wait = ops->start(c->reactor, rq);
	while (wait) {
		c->reactor_waiting++;
		carrier_block(c);
		c->reactor_unserved--;
		wait = ops->finish(c->reactor, rq);
	}
	return rq->result;
}

ssize_t cb_carrier_read(struct cb_carrier *c, int fd, void *buf, size_t n)
{
	struct reactor_request rq = {.op = REACTOR_READ, .fd = fd, .in = buf, .bytes = n};

	return perform(c, &rq);
}

ssize_t cb_carrier_write(struct cb_carrier *c, int fd, const void *buf, size_t n)
{
	struct reactor_request rq = {.op = REACTOR_WRITE, .fd = fd, .out = buf, .bytes = n};
	size_t done = 0;
	ssize_t rc;

	do {
		rq.out = (const char *)buf + done;
		rq.bytes = n - done;
		rc = perform(c, &rq);
		if (rc <= 0)
			break;
		done += (size_t)rc;
	} while (done < n);
	return done ? (ssize_t)done : rc;
}

int cb_carrier_accept(struct cb_carrier *c, int fd, struct sockaddr *addr, socklen_t *len)
{
	struct reactor_request rq = {
	    .op = REACTOR_ACCEPT, .fd = fd, .from = addr, .from_bytes = len};

	return (int)perform(c, &rq);
}

int cb_carrier_connect(struct cb_carrier *c, int fd, const struct sockaddr *addr, socklen_t len)
{
	struct reactor_request rq = {.op = REACTOR_CONNECT, .fd = fd, .to = addr, .to_bytes = len};

	return (int)perform(c, &rq);
}

int cb_carrier_await_fd(struct cb_carrier *c, int fd, bool writable, uint64_t abs_ns)
{
	const struct reactor_ops *ops = c->reactor->ops;
	struct reactor_request rq = {.op = writable ? REACTOR_WRITABLE : REACTOR_READABLE,
	    .fd = fd,
	    .waiter = c->current,
	    .timed = abs_ns != UINT64_MAX};

	if (!ops->start(c->reactor, &rq))
		return (int)rq.result;
	c->reactor_waiting++;
	if (rq.timed)
		timers_add(&c->timers, abs_ns, c->current);
	carrier_block(c);
	if (!rq.handed_back) {
		c->reactor_waiting--;
		ops->cancel(c->reactor, &rq);
		return 0;
	}
	c->reactor_unserved--;
	(void)ops->finish(c->reactor, &rq);
	return rq.result < 0 ? (int)rq.result : 1;
}

void cb_carrier_forget_fd(struct cb_carrier *c, int fd)
{
	struct reactor_request *ready;

	(void)c->reactor->ops->forget(c->reactor, fd, &ready);
	carrier_take_ready(c, ready);
}
