/*
 * reactor.h - what a carrier needs from the kernel's readiness or completion interface.
 *
 * A request is started, perhaps waits, and is handed back by poll(). So an epoll reactor may do the
 * system call when the descriptor becomes ready, and an io_uring reactor may have done it already.
 * One per carrier, used on its thread only.
 */
#ifndef CONCBENCH_REACTOR_H
#define CONCBENCH_REACTOR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>
#include <sys/types.h>

enum reactor_op {
	REACTOR_READ,
	REACTOR_WRITE,
	REACTOR_ACCEPT,
	REACTOR_CONNECT,
	/* Nothing is transferred: result is 0 once a read, or a write, may do something. */
	REACTOR_READABLE,
	REACTOR_WRITABLE,
};

/* Lives with who waits for it, until it has its result. */
struct reactor_request {
	enum reactor_op op;
	int fd;
	void *in;                     /* read */
	const void *out;              /* write */
	size_t bytes;                 /* read, write */
	struct sockaddr *from;        /* accept; may be NULL */
	socklen_t *from_bytes;        /* accept */
	const struct sockaddr *to;    /* connect */
	socklen_t to_bytes;           /* connect */
	ssize_t result;               /* as the system call's, or negative errno */
	void *waiter;                 /* the carrier's */
	struct reactor_request *next; /* in a list of those handed back */
	bool handed_back;             /* by poll() or forget(), not yet finished */
	bool cancelled;               /* by forget() */
	bool timed;                   /* the carrier's: its waiter waits for a time as well */
};

/* Its cost so far: rows that compare models must show equal system calls a request. */
struct reactor_counts {
	uint64_t polls;     /* system calls that wait for, or look at, events */
	uint64_t events;    /* events they returned */
	uint64_t unclaimed; /* of those, ones nobody waited for */
	uint64_t changes;   /* system calls that change what is watched */
	uint64_t transfers; /* read, write, accept, connect themselves */
};

struct reactor;

struct reactor_ops {
	void (*destroy)(struct reactor *r);
	/* True: wait until poll() hands it back. False: result is set. */
	bool (*start)(struct reactor *r, struct reactor_request *rq);
	/* Called by the task that waited, once it has the request back. True: wait again (a false
	 * alarm). */
	bool (*finish)(struct reactor *r, struct reactor_request *rq);
	/* Wait at most @timeout_ns (0: only look; negative: for ever). @ready: a list, in order.
	 * Return: how many; -errno. A signal is not an error: 0. */
	int (*poll)(struct reactor *r, int64_t timeout_ns, struct reactor_request **ready);
	/* Take a request back that has not been handed back. */
	void (*cancel)(struct reactor *r, struct reactor_request *rq);
	/* Drop a descriptor; requests that wait on it are handed back with -ECANCELED. Return: how
	 * many. */
	int (*forget)(struct reactor *r, int fd, struct reactor_request **ready);
};

struct reactor {
	const struct reactor_ops *ops;
	struct reactor_counts counts;
};

#endif
