/* worker_coroutine.c - the worker's operations in a coroutine: they suspend it. */
#include "harness/work/worker_models.h"

static ssize_t suspending_read(struct worker *w, int fd, void *buf, size_t n)
{
	return carrier_read(w->carrier, fd, buf, n);
}

static ssize_t suspending_write(struct worker *w, int fd, const void *buf, size_t n)
{
	return carrier_write(w->carrier, fd, buf, n);
}

static int suspending_accept(struct worker *w, int fd, struct sockaddr *addr, socklen_t *len)
{
	return carrier_accept(w->carrier, fd, addr, len);
}

static int suspending_connect(struct worker *w, int fd, const struct sockaddr *addr, socklen_t len)
{
	return carrier_connect(w->carrier, fd, addr, len);
}

static void suspending_sleep_until(struct worker *w, uint64_t abs_ns)
{
	carrier_sleep_until(w->carrier, abs_ns);
}

static void suspending_yield(struct worker *w)
{
	carrier_yield(w->carrier);
}

static void suspending_lock(struct worker *w, struct worker_mutex *m)
{
	while (m->locked)
		carrier_park(w->carrier, &m->queue);
	m->locked = true;
}

static void suspending_unlock(struct worker *w, struct worker_mutex *m)
{
	m->locked = false;
	(void)carrier_wake_one(w->carrier, &m->queue);
}

static void suspending_wait(struct worker *w, struct worker_cond *c, struct worker_mutex *m)
{
	/* No other coroutine runs between these two: a wake-up cannot be lost. */
	suspending_unlock(w, m);
	carrier_park(w->carrier, &c->queue);
	suspending_lock(w, m);
}

static void suspending_wake(struct worker *w, struct worker_cond *c, bool all)
{
	if (all)
		(void)carrier_wake_all(w->carrier, &c->queue);
	else
		(void)carrier_wake_one(w->carrier, &c->queue);
}

const struct worker_ops worker_coroutine_ops = {
    .read = suspending_read,
    .write = suspending_write,
    .accept = suspending_accept,
    .connect = suspending_connect,
    .sleep_until = suspending_sleep_until,
    .yield = suspending_yield,
    /* Whoever is waited for may sit on the same carrier: pausing would never end. */
    .relax = suspending_yield,
    .lock = suspending_lock,
    .unlock = suspending_unlock,
    .wait = suspending_wait,
    .wake = suspending_wake,
    .nothing = worker_count_call,
};
