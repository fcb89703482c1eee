/*
 * reactor_epoll.c - level-triggered, one system call per event and request.
 *
 * A descriptor is added once and stays. Level-triggered means that one with unread data and no
 * reader would be reported by every poll: the first report that nobody waits for takes the
 * direction out of the set (one epoll_ctl), and the next request puts it back. A reader that comes
 * back each time, as an echo server's does, never pays for either.
 */
#include "harness/coroutine/reactor_epoll.h"

#include "harness/base/grow.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <unistd.h>

#define EVENTS_PER_POLL 256
#define NS_PER_MS INT64_C(1000000)
#define NS_PER_S INT64_C(1000000000)

enum side { SIDE_IN, SIDE_OUT, SIDES };

static const uint32_t side_event[SIDES] = {EPOLLIN, EPOLLOUT};

struct watched {
	struct reactor_request *waiter[SIDES];
	uint32_t armed; /* EPOLLIN and EPOLLOUT as the kernel has them */
	bool registered;
};

struct reactor_epoll {
	struct reactor base;
	int epoll_fd;
	bool ms_timeouts;
	struct watched *watched; /* by descriptor */
	size_t watched_count;
	struct epoll_event events[EVENTS_PER_POLL];
};

static struct reactor_epoll *self(struct reactor *r)
{
	return (struct reactor_epoll *)(void *)r;
}

static int watched_of(struct reactor_epoll *r, int fd, struct watched **out)
{
	const size_t before = r->watched_count;

	if (fd < 0)
		return -EBADF;
	if (grow(&r->watched, (size_t)fd + 1, &r->watched_count, sizeof(**out)))
		return -ENOMEM;
	for (size_t i = before; i < r->watched_count; i++)
		r->watched[i] = (struct watched){0};
	*out = &r->watched[fd];
	return 0;
}

/*
 * With neither direction it is edge-triggered: the kernel always watches for EPOLLHUP and EPOLLERR,
 * and would report a level-triggered hang-up for ever although nobody waits for it.
 */
static int change(struct reactor_epoll *r, int fd, struct watched *w, uint32_t armed)
{
	struct epoll_event ev = {.events = armed ? armed : (uint32_t)EPOLLET, .data.fd = fd};

	r->base.counts.changes++;
	if (epoll_ctl(r->epoll_fd, w->registered ? EPOLL_CTL_MOD : EPOLL_CTL_ADD, fd, &ev) < 0)
		return -errno;
	w->registered = true;
	w->armed = armed;
	return 0;
}

static int arm(struct reactor_epoll *r, int fd, struct watched *w, uint32_t event)
{
	if (w->registered && (w->armed & event))
		return 0;
	return change(r, fd, w, w->armed | event);
}

static enum side side_of(const struct reactor_request *rq)
{
	return rq->op == REACTOR_READ || rq->op == REACTOR_ACCEPT || rq->op == REACTOR_READABLE
		   ? SIDE_IN
		   : SIDE_OUT;
}

static bool would_block(ssize_t result)
{
	return result == -EAGAIN || result == -EWOULDBLOCK;
}

/* The system call itself, but the result of a finished connect. */
static ssize_t transfer(struct reactor_epoll *r, const struct reactor_request *rq)
{
	socklen_t bytes = sizeof(int);
	ssize_t n = -1;
	int err = 0;

	if (rq->op == REACTOR_READABLE || rq->op == REACTOR_WRITABLE)
		return 0;
	r->base.counts.transfers++;
	do {
		switch (rq->op) {
		case REACTOR_READ:
			n = read(rq->fd, rq->in, rq->bytes);
			break;
		case REACTOR_WRITE:
			n = write(rq->fd, rq->out, rq->bytes);
			break;
		case REACTOR_ACCEPT:
			n = accept4(rq->fd, rq->from, rq->from_bytes, SOCK_NONBLOCK | SOCK_CLOEXEC);
			break;
		case REACTOR_CONNECT:
			if (getsockopt(rq->fd, SOL_SOCKET, SO_ERROR, &err, &bytes) == 0)
				return -err;
			break;
		case REACTOR_READABLE:
		case REACTOR_WRITABLE:
			break;
		}
	} while (n < 0 && errno == EINTR);
	return n < 0 ? -errno : n;
}

/* True: no result yet, wait for the descriptor. */
static bool start_now(struct reactor_epoll *r, struct watched *w, struct reactor_request *rq)
{
	int rc = 0;

	if (rq->op == REACTOR_WRITE) {
		/* Mostly there is room. Registering first refuses a regular file. */
		if (!w->registered)
			rc = change(r, rq->fd, w, 0);
		rq->result = rc < 0 ? rc : transfer(r, rq);
		return would_block(rq->result);
	}
	if (rq->op == REACTOR_CONNECT) {
		r->base.counts.transfers++;
		rc = connect(rq->fd, rq->to, rq->to_bytes) < 0 ? -errno : 0;
		rq->result = rc;
		/* An interrupted connect goes on (connect(2)); a full backlog of a Unix socket
		 * is EAGAIN, which no event ever ends: the caller's. */
		return rc == -EINPROGRESS || rc == -EINTR;
	}
	return true;
}

static bool epoll_start(struct reactor *base, struct reactor_request *rq)
{
	struct reactor_epoll *r = self(base);
	enum side side = side_of(rq);
	struct watched *w;
	int rc;

	rq->handed_back = false;
	rq->cancelled = false;
	rc = watched_of(r, rq->fd, &w);
	if (rc == 0 && w->waiter[side])
		rc = -EBUSY;
	if (rc < 0) {
		rq->result = rc;
		return false;
	}
	if (!start_now(r, w, rq))
		return false;
	rc = arm(r, rq->fd, w, side_event[side]);
	if (rc < 0) {
		rq->result = rc;
		return false;
	}
	w->waiter[side] = rq;
	return true;
}

static bool epoll_finish(struct reactor *base, struct reactor_request *rq)
{
	struct reactor_epoll *r = self(base);
	enum side side = side_of(rq);
	struct watched *w;
	int rc;

	if (rq->cancelled)
		return false;
	w = &r->watched[rq->fd];
	rq->result = transfer(r, rq);
	if (would_block(rq->result)) {
		/* Somebody else took it. Still the waiter, so normally still armed. */
		rc = arm(r, rq->fd, w, side_event[side]);
		if (rc == 0) {
			rq->handed_back = false;
			return true;
		}
		rq->result = rc;
	}
	w->waiter[side] = NULL;
	return false;
}

static int wait_events(struct reactor_epoll *r, int64_t timeout_ns)
{
	int64_t ms;

	r->base.counts.polls++;
	if (!r->ms_timeouts) {
		struct timespec ts = {.tv_sec = (time_t)(timeout_ns / NS_PER_S),
		    .tv_nsec = (long)(timeout_ns % NS_PER_S)};
		int n = epoll_pwait2(
		    r->epoll_fd, r->events, EVENTS_PER_POLL, timeout_ns < 0 ? NULL : &ts, NULL);

		if (n >= 0 || errno != ENOSYS)
			return n < 0 ? -errno : n;
		r->ms_timeouts = true;
	}
	/* Rounded up: a timer that wakes early would only have to wait again. */
	ms = timeout_ns < 0 ? -1 : timeout_ns / NS_PER_MS + (timeout_ns % NS_PER_MS != 0);
	if (ms > INT_MAX)
		ms = INT_MAX;
	ms = epoll_wait(r->epoll_fd, r->events, EVENTS_PER_POLL, (int)ms);
	return ms < 0 ? -errno : (int)ms;
}

/* Counted once: a waiter that has not run yet may be met again. */
static int hand_back(struct reactor_request *rq, struct reactor_request ***tail)
{
	if (rq->handed_back)
		return 0;
	rq->handed_back = true;
	**tail = rq;
	*tail = &rq->next;
	return 1;
}

/* Hand back the requests that wait for this event; stop watching directions that nobody waits
 * for. */
static int claim(
    struct reactor_epoll *r, const struct epoll_event *ev, struct reactor_request ***tail)
{
	struct watched *w = &r->watched[ev->data.fd];
	uint32_t unwanted = 0;
	int claimed = 0;

	for (int side = 0; side < SIDES; side++) {
		/* A hang-up or an error ends every wait: the system call tells which. */
		if (!(ev->events & (side_event[side] | (uint32_t)EPOLLHUP | (uint32_t)EPOLLERR)))
			continue;
		if (w->waiter[side])
			claimed += hand_back(w->waiter[side], tail);
		else
			unwanted |= w->armed & side_event[side];
	}
	if (claimed == 0)
		r->base.counts.unclaimed++;
	/* Should it fail, the descriptor is gone and so are its events. */
	if (!unwanted)
		return claimed;
	(void)change(r, ev->data.fd, w, w->armed & ~unwanted);
	return claimed;
}

static int epoll_poll(struct reactor *base, int64_t timeout_ns, struct reactor_request **ready)
{
	struct reactor_epoll *r = self(base);
	struct reactor_request **tail = ready;
	int n = wait_events(r, timeout_ns), claimed = 0;

	if (n < 0 && n != -EINTR)
		return n;
	for (int i = 0; i < n; i++)
		claimed += claim(r, &r->events[i], &tail);
	if (n > 0)
		base->counts.events += (uint64_t)n;
	*tail = NULL;
	return claimed;
}

/* Its direction stays in the set: an event that nobody waits for takes it out. */
static void epoll_cancel(struct reactor *base, struct reactor_request *rq)
{
	self(base)->watched[rq->fd].waiter[side_of(rq)] = NULL;
}

static int epoll_forget(struct reactor *base, int fd, struct reactor_request **ready)
{
	struct reactor_epoll *r = self(base);
	struct reactor_request **tail = ready;
	int cancelled = 0;
	struct watched *w;

	*ready = NULL;
	if (fd < 0 || (size_t)fd >= r->watched_count)
		return 0;
	w = &r->watched[fd];
	for (int side = 0; side < SIDES; side++) {
		if (!w->waiter[side])
			continue;
		w->waiter[side]->result = -ECANCELED;
		w->waiter[side]->cancelled = true;
		cancelled += hand_back(w->waiter[side], &tail);
	}
	*tail = NULL;
	if (w->registered) {
		base->counts.changes++;
		/* EBADF, ENOENT: closed already, which has the same effect. */
		(void)epoll_ctl(r->epoll_fd, EPOLL_CTL_DEL, fd, NULL);
	}
	*w = (struct watched){0};
	return cancelled;
}

static void epoll_destroy(struct reactor *base)
{
	struct reactor_epoll *r = self(base);

	(void)close(r->epoll_fd);
	free(r->watched);
	free(r);
}

int reactor_epoll_create(bool ms_timeouts, struct reactor **out)
{
	static const struct reactor_ops ops = {
	    .destroy = epoll_destroy,
	    .start = epoll_start,
	    .finish = epoll_finish,
	    .poll = epoll_poll,
	    .cancel = epoll_cancel,
	    .forget = epoll_forget,
	};
	struct reactor_epoll *r = calloc(1, sizeof(*r));
	int rc;

	if (!r)
		return -ENOMEM;
	r->base.ops = &ops;
	r->ms_timeouts = ms_timeouts;
	r->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	/* A sandbox that denies the second is found out now, and not by the first who waits. */
	if (r->epoll_fd < 0 ||
	    (epoll_ctl(r->epoll_fd, EPOLL_CTL_DEL, r->epoll_fd, NULL) != 0 && errno == EPERM)) {
		rc = -errno;
		if (r->epoll_fd >= 0)
			(void)close(r->epoll_fd);
		free(r);
		return rc;
	}
	*out = &r->base;
	return 0;
}
