/*
 * carrier.h - the pinned OS thread that runs coroutines: run queue, timers, readiness.
 *
 * One carrier per OS thread; its coroutines never migrate. Fair: first in, first out. Everything
 * here is called on the carrier's own thread (from its coroutines, or, where it says so, from the
 * thread's own stack); nothing is thread-safe, which is what makes it cheap.
 */
#ifndef CONCBENCH_CARRIER_H
#define CONCBENCH_CARRIER_H

#include "harness/coroutine/coroutine.h"

#include <stdint.h>
#include <sys/socket.h>
#include <sys/types.h>

struct carrier;

/* A coroutine as the carrier knows it (intrusive lists, timer, what it waits for). */
struct carrier_task;

/* Coroutines that wait for something, first in, first out. Zero-initialised is empty. */
struct carrier_waitq {
	struct carrier_task *head;
	struct carrier_task *tail;
};

struct carrier_config {
	enum coroutine_backend backend;
	size_t stack_bytes; /* 0: COROUTINE_STACK_DEFAULT_BYTES */
	unsigned max_tasks; /* stacks reserved */
};

/** carrier_create() - from the OS thread that will run it. Return: 0; -EINVAL; -errno. */
int carrier_create(const struct carrier_config *config, struct carrier **out);

/** carrier_destroy() - from the same thread's own stack. Tasks that still wait are dropped with
 * whatever they hold. */
void carrier_destroy(struct carrier *c);

/**
 * carrier_spawn() - add a coroutine to the end of the run queue.
 * @arg:  what the task looks at first when it goes on: a yield among many fetches its first cache
 *        line ahead, so that it costs no miss.
 * @task: set when not NULL; valid until its function returns.
 * From the thread's own stack or from a task.
 * Return: 0; -EINVAL; -EAGAIN beyond max_tasks; -ENOMEM.
 */
int carrier_spawn(struct carrier *c, coroutine_fn fn, void *arg, struct carrier_task **task);

/**
 * carrier_run() - on the thread's own stack: run tasks until none is runnable, none sleeps and none
 * waits for a descriptor, that is until every task has returned or waits in a waitq.
 * Sleeps in epoll_wait(2) (epoll_pwait2 where there is one, for nanosecond timers) in between.
 * Return: number of tasks alive (waiting in a waitq), or -errno of epoll.
 */
int carrier_run(struct carrier *c);

/** carrier_alive() - tasks whose function has not returned. */
unsigned carrier_alive(const struct carrier *c);

/** carrier_current() - the task that runs now; NULL on the thread's own stack. */
struct carrier_task *carrier_current(const struct carrier *c);

/** carrier_guard_name() - coroutine_stacks_guard_name() of its stacks. */
const char *carrier_guard_name(const struct carrier *c);

/* What its input and output has cost so far, in system calls and events. */
struct reactor_counts;

/** carrier_counts() - see reactor.h; valid until the carrier is destroyed. */
const struct reactor_counts *carrier_counts(const struct carrier *c);

/* ---- from inside a task ---- */

/* Use carrier_here(). */
extern _Thread_local struct carrier *carrier_of_thread;

/**
 * carrier_here() - the carrier whose carrier_run() is under way on this thread; NULL outside of it.
 * Found without a load from the task's stack or data, so that a switch can begin before those have
 * come back into the first cache: a yield among a thousand takes a twentieth less.
 */
static inline struct carrier *carrier_here(void)
{
	return carrier_of_thread;
}

/** carrier_yield() - to the end of the run queue. At once when nobody else is runnable, but the
 * reactor and the timers still get their turn every so often (no starvation by a yielding loop). */
void carrier_yield(struct carrier *c);

/** carrier_sleep_until() - until an absolute CLOCK_MONOTONIC time in ns; never early. */
void carrier_sleep_until(struct carrier *c, uint64_t abs_ns);

/** carrier_park() - wait in @q until woken; carrier_wake_one()/_all() make runnable in order.
 * The wakers may also be called from the thread's own stack. */
void carrier_park(struct carrier *c, struct carrier_waitq *q);
bool carrier_wake_one(struct carrier *c, struct carrier_waitq *q);
unsigned carrier_wake_all(struct carrier *c, struct carrier_waitq *q);

/**
 * carrier_read() / _write() / _accept() / _connect() - the system calls' meaning and results, but
 * negative errno, and the coroutine waits instead of the thread. @fd must be non-blocking and a
 * socket, pipe or eventfd: regular files never go to epoll (-EPERM).
 *
 * Reads wait for readiness first and then read once per event (level-triggered, registered once):
 * the same number of system calls a request as a blocking thread, plus a share of epoll_wait.
 * A write returns once all is written, as a blocking one does; fewer only when an error cut it
 * short. It raises SIGPIPE as write(2) does. Descriptors from accept are non-blocking and
 * close-on-exec. Connecting to a Unix socket whose backlog is full gives -EAGAIN at once: the
 * kernel has no event for it.
 * One task at a time may wait to read, and one to write, on a descriptor (-EBUSY).
 */
ssize_t carrier_read(struct carrier *c, int fd, void *buf, size_t n);
ssize_t carrier_write(struct carrier *c, int fd, const void *buf, size_t n);
int carrier_accept(struct carrier *c, int fd, struct sockaddr *addr, socklen_t *len);
int carrier_connect(struct carrier *c, int fd, const struct sockaddr *addr, socklen_t len);

/** carrier_forget_fd() - before close(2): drop what the carrier knows of @fd. Who waits on it gets
 * -ECANCELED. Also from the thread's own stack. */
void carrier_forget_fd(struct carrier *c, int fd);

#endif
