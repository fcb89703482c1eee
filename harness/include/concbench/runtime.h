/*
 * runtime.h - coroutines of a kind's own: stacks, the pinned OS thread that carries them, its run
 * queue, timers and readiness. C11 and C++17.
 *
 * A job under the coroutine model needs none of this: its worker is a coroutine already. This is
 * for kinds that make coroutines themselves (what does one cost to make, to switch to, to keep?)
 * and for queues and locks whose waiters suspend.
 *
 * One carrier per OS thread; its coroutines never migrate. Fair: first in, first out. Everything
 * here is called on the carrier's own thread (from its coroutines, or, where it says so, from the
 * thread's own stack); nothing is thread-safe, which is what makes it cheap.
 */
#ifndef CONCBENCH_PUBLIC_RUNTIME_H
#define CONCBENCH_PUBLIC_RUNTIME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>
#include <sys/types.h>

#ifdef __cplusplus
extern "C" {
#endif

/* What switches stacks: Boost.Context's assembly, or swapcontext(3), which also saves the signal
 * mask by one or two system calls a switch. */
enum cb_backend { CB_FCONTEXT, CB_UCONTEXT };

typedef void (*cb_task_fn)(void *arg);

struct cb_carrier;

/* A coroutine as the carrier knows it (intrusive lists, timer, what it waits for). */
struct cb_task;

/* Coroutines that wait for something, first in, first out. Zero-initialised is empty. */
struct cb_waitq {
	struct cb_task *head;
	struct cb_task *tail;
};

struct cb_carrier_config {
	enum cb_backend backend;
	size_t stack_bytes; /* 0: 64 KiB */
	unsigned max_tasks; /* stacks reserved */
};

/** cb_carrier_create() - from the OS thread that will run it. Return: 0; -EINVAL; -errno. */
int cb_carrier_create(const struct cb_carrier_config *config, struct cb_carrier **out);

/**
 * cb_carrier_guard_name() - how the stacks of coroutines are guarded here: "madvise"
 * (MADV_GUARD_INSTALL, Linux 6.13), which takes nothing, or "mprotect", which takes two mappings
 * each, of vm.max_map_count that a process may have.
 */
const char *cb_carrier_guard_name(void);

/** cb_carrier_destroy() - from the same thread's own stack. Tasks that still wait are dropped with
 * whatever they hold. */
void cb_carrier_destroy(struct cb_carrier *c);

/**
 * cb_carrier_spawn() - add a coroutine to the end of the run queue.
 * @arg:  what the task looks at first when it goes on: a yield among many fetches its first cache
 *        line ahead, so that it costs no miss.
 * @task: set when not NULL; valid until its function returns.
 * From the thread's own stack or from a task.
 * Return: 0; -EINVAL; -EAGAIN beyond max_tasks; -ENOMEM.
 */
int cb_carrier_spawn(struct cb_carrier *c, cb_task_fn fn, void *arg, struct cb_task **task);

/**
 * cb_carrier_run() - on the thread's own stack: run tasks until none is runnable, none sleeps and
 * none waits for a descriptor, that is until every task has returned or waits in a waitq. Sleeps in
 * epoll_wait(2) (epoll_pwait2 where there is one, for nanosecond timers) in between. Return: number
 * of tasks alive (waiting in a waitq), or -errno of epoll.
 */
int cb_carrier_run(struct cb_carrier *c);

/** cb_carrier_alive() - tasks whose function has not returned. */
unsigned cb_carrier_alive(const struct cb_carrier *c);

/** cb_carrier_current() - the task that runs now; NULL on the thread's own stack. */
struct cb_task *cb_carrier_current(const struct cb_carrier *c);

/* What its input and output has cost so far, in system calls and events. */
struct reactor_counts;

/** cb_carrier_counts() - valid until the carrier is destroyed; what is in it is the harness's. */
const struct reactor_counts *cb_carrier_counts(const struct cb_carrier *c);

/* ---- from inside a task ---- */

/* Use cb_carrier_here(). */
extern __thread struct cb_carrier *cb_carrier_of_thread;

/**
 * cb_carrier_here() - the carrier whose cb_carrier_run() is under way on this thread; NULL outside
 * of it. Found without a load from the task's stack or data, so that a switch can begin before
 * those have come back into the first cache: a yield among a thousand takes a twentieth less.
 */
static inline struct cb_carrier *cb_carrier_here(void)
{
	return cb_carrier_of_thread;
}

/** cb_carrier_yield() - to the end of the run queue. At once when nobody else is runnable, but the
 * reactor and the timers still get their turn every so often (no starvation by a yielding loop). */
void cb_carrier_yield(struct cb_carrier *c);

/** cb_carrier_sleep_until() - until an absolute CLOCK_MONOTONIC time in ns; never early. A carrier
 * with more than 250,000 sleeps a second serves them in groups, every 100 us. */
void cb_carrier_sleep_until(struct cb_carrier *c, uint64_t abs_ns);

/** cb_carrier_park() - wait in @q until woken; cb_carrier_wake_one()/_all() make runnable in order.
 * The wakers may also be called from the thread's own stack. */
void cb_carrier_park(struct cb_carrier *c, struct cb_waitq *q);
/** cb_carrier_park_until() - the same, but not beyond an absolute time (UINT64_MAX: for ever).
 * Return: false when that has passed and nobody has woken it. */
bool cb_carrier_park_until(struct cb_carrier *c, struct cb_waitq *q, uint64_t abs_ns);
bool cb_carrier_wake_one(struct cb_carrier *c, struct cb_waitq *q);
unsigned cb_carrier_wake_all(struct cb_carrier *c, struct cb_waitq *q);

/**
 * cb_carrier_read() / _write() / _accept() / _connect() - the system calls' meaning and results,
 * but negative errno, and the coroutine waits instead of the thread. @fd must be non-blocking and a
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
ssize_t cb_carrier_read(struct cb_carrier *c, int fd, void *buf, size_t n);
ssize_t cb_carrier_write(struct cb_carrier *c, int fd, const void *buf, size_t n);
int cb_carrier_accept(struct cb_carrier *c, int fd, struct sockaddr *addr, socklen_t *len);
int cb_carrier_connect(struct cb_carrier *c, int fd, const struct sockaddr *addr, socklen_t len);

/**
 * cb_carrier_await_fd() - wait until @fd is readable (or @writable), or at its end, but not beyond
 * an absolute CLOCK_MONOTONIC time (UINT64_MAX: for ever). Counts as one that waits to read, or
 * write. Return: 1; 0 when the time has passed; -errno.
 */
int cb_carrier_await_fd(struct cb_carrier *c, int fd, bool writable, uint64_t abs_ns);

/** cb_carrier_forget_fd() - before close(2): drop what the carrier knows of @fd. Who waits on it
 * gets -ECANCELED. Also from the thread's own stack. */
void cb_carrier_forget_fd(struct cb_carrier *c, int fd);

#ifdef __cplusplus
}
#endif

#endif
