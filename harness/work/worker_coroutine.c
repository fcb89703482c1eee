/* worker_coroutine.c - the worker's operations in a coroutine: they suspend it. */
#include "harness/work/worker_models.h"

static ssize_t suspending_read(struct worker *w, int fd, void *buf, size_t n)
{
	(void)w;
	return carrier_read(carrier_here(), fd, buf, n);
}

static ssize_t suspending_write(struct worker *w, int fd, const void *buf, size_t n)
{
	(void)w;
	return carrier_write(carrier_here(), fd, buf, n);
}

static int suspending_accept(struct worker *w, int fd, struct sockaddr *addr, socklen_t *len)
{
	(void)w;
	return carrier_accept(carrier_here(), fd, addr, len);
}

static int suspending_connect(struct worker *w, int fd, const struct sockaddr *addr, socklen_t len)
{
	(void)w;
	return carrier_connect(carrier_here(), fd, addr, len);
}

static void suspending_sleep_until(struct worker *w, uint64_t abs_ns)
{
	(void)w;
	carrier_sleep_until(carrier_here(), abs_ns);
}

static void suspending_yield(struct worker *w)
{
	(void)w;
	carrier_yield(carrier_here());
}

static void suspending_lock(struct worker *w, struct worker_mutex *m)
{
	(void)w;
	while (m->locked)
		carrier_park(carrier_here(), &m->queue);
	m->locked = true;
}

static void suspending_unlock(struct worker *w, struct worker_mutex *m)
{
	(void)w;
	m->locked = false;
	(void)carrier_wake_one(carrier_here(), &m->queue);
}

static void suspending_wait(struct worker *w, struct worker_cond *c, struct worker_mutex *m)
{
	/* No other coroutine runs between these two: a wake-up cannot be lost. */
	suspending_unlock(w, m);
	carrier_park(carrier_here(), &c->queue);
	suspending_lock(w, m);
}

static void suspending_wake(struct worker *w, struct worker_cond *c, bool all)
{
	(void)w;
	if (all)
		(void)carrier_wake_all(carrier_here(), &c->queue);
	else
		(void)carrier_wake_one(carrier_here(), &c->queue);
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
