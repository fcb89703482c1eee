/* worker_coroutine.c - the worker's operations in a coroutine: they suspend it. */
#include "harness/work/trial.h"
#include "harness/work/worker_models.h"

static ssize_t suspending_read(struct cb_worker *w, int fd, void *buf, size_t n)
{
	(void)w;
	return cb_carrier_read(cb_carrier_here(), fd, buf, n);
}

static ssize_t suspending_write(struct cb_worker *w, int fd, const void *buf, size_t n)
{
	(void)w;
	return cb_carrier_write(cb_carrier_here(), fd, buf, n);
}

static int suspending_accept(struct cb_worker *w, int fd, struct sockaddr *addr, socklen_t *len)
{
	(void)w;
	return cb_carrier_accept(cb_carrier_here(), fd, addr, len);
}

static int suspending_connect(
    struct cb_worker *w, int fd, const struct sockaddr *addr, socklen_t len)
{
	(void)w;
	return cb_carrier_connect(cb_carrier_here(), fd, addr, len);
}

static int suspending_await_fd(struct cb_worker *w, int fd, bool writable, uint64_t until_ns)
{
	(void)w;
	return cb_carrier_await_fd(cb_carrier_here(), fd, writable, until_ns);
}

static void suspending_sleep_until(struct cb_worker *w, uint64_t abs_ns)
{
	(void)w;
	cb_carrier_sleep_until(cb_carrier_here(), abs_ns);
}

static void suspending_yield(struct cb_worker *w)
{
	(void)w;
	cb_carrier_yield(cb_carrier_here());
}

/* It waits for @m, or has done so (NULL): for whoever looks who waits for whom. */
static void note_wish(struct cb_worker *w, const struct cb_mutex *m)
{
	struct trial_slot *slot = worker_of(w)->slot;

	if (m)
		atomic_store_explicit(&slot->waits,
		    atomic_load_explicit(&slot->waits, memory_order_relaxed) + 1,
		    memory_order_relaxed);
	/* After the other: whoever sees it sees which wait it is. */
	atomic_store_explicit(&slot->wants, m, memory_order_release);
}

static void suspending_lock(struct cb_worker *w, struct cb_mutex *m)
{
	while (m->locked) {
		note_wish(w, m);
		cb_carrier_park(cb_carrier_here(), &m->queue);
		note_wish(w, NULL);
	}
	m->locked = true;
	cb_store(&m->owner, w->index + 1);
}

static void suspending_unlock(struct cb_worker *w, struct cb_mutex *m)
{
	(void)w;
	m->locked = false;
	cb_store(&m->owner, 0);
	(void)cb_carrier_wake_one(cb_carrier_here(), &m->queue);
}

static bool suspending_wait(
    struct cb_worker *w, struct cb_cond *c, struct cb_mutex *m, uint64_t until_ns)
{
	bool woken;

	/* No other coroutine runs between these two: a wake-up cannot be lost. */
	suspending_unlock(w, m);
	woken = cb_carrier_park_until(cb_carrier_here(), &c->queue, until_ns);
	suspending_lock(w, m);
	return woken;
}

static void suspending_wake(struct cb_worker *w, struct cb_cond *c, bool all)
{
	(void)w;
	if (all)
		(void)cb_carrier_wake_all(cb_carrier_here(), &c->queue);
	else
		(void)cb_carrier_wake_one(cb_carrier_here(), &c->queue);
}

const struct cb_worker_ops worker_coroutine_ops = {
    .read = suspending_read,
    .write = suspending_write,
    .accept = suspending_accept,
    .connect = suspending_connect,
    .await_fd = suspending_await_fd,
    .sleep_until = suspending_sleep_until,
    .yield = suspending_yield,
    /* The one that is waited for may be on the same carrier: pausing would never end. */
    .relax = suspending_yield,
    .lock = suspending_lock,
    .unlock = suspending_unlock,
    .wait = suspending_wait,
    .wake = suspending_wake,
    .nothing = worker_count_call,
};
