/*
 * carrier.c - run queue, timers and the loop that drives them.
 *
 * A task that gives way or returns switches straight to the next runnable one; the thread's own
 * stack is only visited to look at the clock and the reactor, and to sleep.
 */
#include "harness/base/clock.h"
#include "harness/coroutine/carrier_impl.h"
#include "harness/coroutine/reactor_epoll.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>

/*
 * A look at the clock costs as much as several yields, a look at epoll as dozens; but a timer must
 * not wait for ever behind tasks that never sleep. Counting dispatches is nearly free, but a
 * dispatch lasts nanoseconds or milliseconds: so the number between two looks follows the time that
 * the last ones took.
 */
#define INTERVAL_MAX 256u
#define LOOK_SOON_NS (20 * CLOCK_NS_PER_US)
#define LOOK_LATE_NS (100 * CLOCK_NS_PER_US)

/*
 * Where timers are due every few us, going to sleep until the next one takes longer than it is
 * away: the carrier would be in the kernel all the time, for two or three timers each. There it
 * sleeps for a while and serves all that have become due, which also leaves time to fetch their
 * lines ahead: 10,000 sleepers of 10 ms took all of a PU, and now take half of it. Whether it is so
 * is looked at every now and then; below that rate, no sleep is longer than asked for.
 */
#define CROWDED_APART_NS (4 * CLOCK_NS_PER_US)
#define CROWDED_SLEEP_NS (100 * CLOCK_NS_PER_US)
#define CROWDED_COUNTED_NS (100 * CLOCK_NS_PER_US)

/* How far ahead a yield fetches the tasks that come next: with many tasks their lines are in L2 at
 * best, and one switch is shorter than that; those of 50,000 are in memory, and so far away that a
 * yield took 52 ns at 5 and 3, and 36 at these. Two steps, since a task tells where its stack is.
 */
#define PREFETCH_TASK 12u
#define PREFETCH_STACK 6u
/* Lines of the stack: a yield is one of many in a loop, but who has waited goes on to its callers.
 */
#define PREFETCH_YIELDED 2u
#define PREFETCH_WAITED 8u

#if !COROUTINE_ASAN && !COROUTINE_TSAN
static_assert(offsetof(struct cb_task, next) < COROUTINE_LINE_BYTES, "hot line");
#endif

__thread struct cb_carrier *cb_carrier_of_thread;

static inline bool has_runnable(const struct cb_carrier *c)
{
	return c->head != c->tail;
}

static inline void push(struct cb_carrier *c, struct cb_task *t)
{
	c->ring[c->tail++ & c->ring_mask] = t;
}

void carrier_take_ready(struct cb_carrier *c, struct reactor_request *list)
{
	for (; list; list = list->next) {
		c->reactor_waiting--;
		c->reactor_unserved++;
		/* Its time may have come first: then it is in the queue. */
		if (!list->timed || timers_remove(&c->timers, list->waiter))
			push(c, list->waiter);
	}
}

static inline struct cb_task *pop(struct cb_carrier *c)
{
	return c->ring[c->head++ & c->ring_mask];
}

static inline __attribute__((always_inline)) void prefetch(
    const struct cb_carrier *c, unsigned lines)
{
	const struct cb_task *t;
	const char *sp;

	if (c->tail - c->head <= PREFETCH_TASK)
		return;
	__builtin_prefetch(c->ring[(c->head + PREFETCH_TASK) & c->ring_mask], 1);
	t = c->ring[(c->head + PREFETCH_STACK) & c->ring_mask];
	sp = t->coroutine.side.context;
	for (unsigned i = 0; i < lines; i++)
		__builtin_prefetch(sp + i * COROUTINE_LINE_BYTES, 1);
	__builtin_prefetch(t->coroutine.arg);
}

static inline void bury(struct cb_carrier *c)
{
	if (!c->ended)
		return;
	coroutine_destroy(&c->ended->coroutine);
	c->ended = NULL;
}

static inline void end(struct cb_carrier *c, struct cb_task *t)
{
	bury(c);
	c->ended = t;
	c->tasks[t->coroutine.slot] = NULL;
	c->alive--;
}

/* The whole of a task's life under fcontext. What returns is a dispatch as any other. */
static void enter_task(struct coroutine_transfer transfer)
{
	struct coroutine *self = coroutine_entered(transfer);
	struct cb_carrier *c;
	struct cb_task *next;

	self->fn(self->arg);
	c = cb_carrier_of_thread;
	if (!has_runnable(c) || --c->budget == 0) {
		coroutine_leave(self);
		return;
	}
	end(c, c->current);
	next = pop(c);
	prefetch(c, PREFETCH_YIELDED);
	c->current = next;
	coroutine_leave_for(self, &next->coroutine);
}

static inline __attribute__((always_inline)) void switch_to_next(
    struct cb_carrier *c, struct cb_task *self, unsigned lines)
{
	struct cb_task *next = pop(c);

	prefetch(c, lines);
	c->current = next;
	coroutine_switch_inline(&self->coroutine, &next->coroutine);
}

/* Out of line, so that the yield's fast path saves no register that it does not need. */
static __attribute__((noinline, cold)) void yield_to_loop(struct cb_carrier *c)
{
	struct cb_task *self = c->current;

	push(c, self);
	coroutine_suspend(&self->coroutine);
}

void cb_carrier_yield(struct cb_carrier *c)
{
	struct cb_task *self = c->current;

	if (__builtin_expect(--c->budget == 0, 0)) {
		yield_to_loop(c);
		return;
	}
	if (!has_runnable(c))
		return;
	push(c, self);
	switch_to_next(c, self, PREFETCH_YIELDED);
}

void carrier_block(struct cb_carrier *c)
{
	struct cb_task *self = c->current;

	if (!has_runnable(c) || --c->budget == 0) {
		coroutine_suspend(&self->coroutine);
		return;
	}
	switch_to_next(c, self, PREFETCH_WAITED);
}

void cb_carrier_sleep_until(struct cb_carrier *c, uint64_t abs_ns)
{
	timers_add(&c->timers, abs_ns, c->current);
	carrier_block(c);
}

static void enqueue(struct cb_waitq *q, struct cb_task *t)
{
	t->next = NULL;
	if (q->tail)
		q->tail->next = t;
	else
		q->head = t;
	q->tail = t;
}

/* From the middle: its time is up. */
static void unlink_from(struct cb_waitq *q, struct cb_task *t)
{
	struct cb_task *before = NULL, *at = q->head;

	while (at != t) {
		before = at;
		at = at->next;
	}
	if (before)
		before->next = t->next;
	else
		q->head = t->next;
	if (q->tail == t)
		q->tail = before;
}

void cb_carrier_park(struct cb_carrier *c, struct cb_waitq *q)
{
	enqueue(q, c->current);
	carrier_block(c);
}

bool cb_carrier_park_until(struct cb_carrier *c, struct cb_waitq *q, uint64_t abs_ns)
{
	struct cb_task *self = c->current;
	struct cb_waitq **timed_in = &c->timed_in[self->coroutine.slot];

	if (abs_ns == UINT64_MAX) {
		cb_carrier_park(c, q);
		return true;
	}
	enqueue(q, self);
	*timed_in = q;
	c->timed++;
	timers_add(&c->timers, abs_ns, self);
	carrier_block(c);
	/* A waker takes both back; the timer leaves this one. */
	if (!*timed_in)
		return true;
	*timed_in = NULL;
	c->timed--;
	return false;
}

bool cb_carrier_wake_one(struct cb_carrier *c, struct cb_waitq *q)
{
	struct cb_task *t = q->head;

	if (!t)
		return false;
	q->head = t->next;
	if (!q->head)
		q->tail = NULL;
	if (c->timed && c->timed_in[t->coroutine.slot]) {
		(void)timers_remove(&c->timers, t);
		c->timed_in[t->coroutine.slot] = NULL;
		c->timed--;
	}
	push(c, t);
	return true;
}

unsigned cb_carrier_wake_all(struct cb_carrier *c, struct cb_waitq *q)
{
	unsigned n = 0;

	while (cb_carrier_wake_one(c, q))
		n++;
	return n;
}

static void expire_timers(struct cb_carrier *c, uint64_t now_ns)
{
	struct cb_task *t;

	while ((t = timers_pop_due(&c->timers, now_ns)) != NULL) {
		if (c->timed && c->timed_in[t->coroutine.slot])
			unlink_from(c->timed_in[t->coroutine.slot], t);
		push(c, t);
		c->expired++;
	}
}

/* When to be back from a sleep for the timers' sake. */
static uint64_t wake_up_ns(struct cb_carrier *c, uint64_t now_ns)
{
	const uint64_t counted_ns = now_ns - c->expired_since_ns,
		       next_ns = timers_next_ns(&c->timers);

	if (counted_ns >= CROWDED_COUNTED_NS) {
		c->crowded = c->expired * CROWDED_APART_NS >= counted_ns;
		c->expired_since_ns = now_ns;
		c->expired = 0;
	}
	return c->crowded && next_ns < now_ns + CROWDED_SLEEP_NS ? now_ns + CROWDED_SLEEP_NS
								 : next_ns;
}

static void adapt_interval(struct cb_carrier *c, uint64_t now_ns)
{
	uint64_t took_ns = now_ns - c->looked_ns;

	if (c->budget != 0)
		return; /* the queue ran dry before: says nothing about dispatches */
	if (took_ns > LOOK_LATE_NS && c->interval > 1)
		c->interval /= 2;
	else if (took_ns < LOOK_SOON_NS && c->interval < INTERVAL_MAX)
		c->interval *= 2;
}

/* Look at the clock and the reactor; sleep when nobody is runnable. Return: 0; -errno. */
static int look_around(struct cb_carrier *c)
{
	struct reactor_request *ready;
	uint64_t now_ns = clock_now_ns(), next_ns;
	int64_t timeout_ns = 0;
	int rc;

	expire_timers(c, now_ns);
	adapt_interval(c, now_ns);
	c->budget = c->interval;
	c->looked_ns = now_ns;
	if (!has_runnable(c)) {
		next_ns = wake_up_ns(c, now_ns);
		timeout_ns = next_ns - now_ns > INT64_MAX ? INT64_MAX : (int64_t)(next_ns - now_ns);
		if (next_ns == UINT64_MAX)
			timeout_ns = -1;
	} else if (c->reactor_waiting == 0 || c->reactor_unserved) {
		/* Tasks that were handed back would only be reported again. They are in the queue,
		 * so they will have run once the queue has been through. */
		return 0;
	}
	rc = c->reactor->ops->poll(c->reactor, timeout_ns, &ready);
	if (rc < 0)
		return rc;
	carrier_take_ready(c, ready);
	if (timeout_ns > 0) {
		c->looked_ns = clock_now_ns();
		expire_timers(c, c->looked_ns);
	}
	return 0;
}

static int run(struct cb_carrier *c)
{
	struct cb_task *t;
	int rc;

	for (;;) {
		if (c->budget == 0 || !has_runnable(c)) {
			if (!has_runnable(c) && !c->reactor_waiting && !c->timers.count)
				return (int)c->alive;
			rc = look_around(c);
			if (rc < 0)
				return rc;
			continue;
		}
		c->current = pop(c);
		coroutine_resume(&c->current->coroutine);
		/* Not necessarily the one resumed: they switch among themselves. */
		t = c->current;
		c->current = NULL;
		if (c->budget) /* a dispatch as any other: tasks that only return count */
			c->budget--;
		if (coroutine_done(&t->coroutine))
			end(c, t);
	}
}

int cb_carrier_run(struct cb_carrier *c)
{
	int rc;

	cb_carrier_of_thread = c;
	rc = run(c);
	cb_carrier_of_thread = NULL;
	return rc;
}

int cb_carrier_spawn(struct cb_carrier *c, cb_task_fn fn, void *arg, struct cb_task **task)
{
	struct coroutine *coroutine;
	struct cb_task *t;
	int rc;

	bury(c);
	rc = coroutine_create_within(
	    c->backend, c->stacks, sizeof(struct cb_task), enter_task, fn, arg, &coroutine);
	if (rc < 0)
		return rc;
	t = (struct cb_task *)(void *)coroutine;
	c->tasks[coroutine->slot] = t;
	c->alive++;
	push(c, t);
	if (task)
		*task = t;
	return 0;
}

unsigned cb_carrier_alive(const struct cb_carrier *c)
{
	return c->alive;
}

struct cb_task *cb_carrier_current(const struct cb_carrier *c)
{
	return c->current;
}

const struct reactor_counts *cb_carrier_counts(const struct cb_carrier *c)
{
	return &c->reactor->counts;
}

int cb_carrier_create(const struct cb_carrier_config *config, struct cb_carrier **out)
{
	size_t stack_bytes =
	    config->stack_bytes ? config->stack_bytes : COROUTINE_STACK_DEFAULT_BYTES;
	uint32_t places = 1;
	struct cb_carrier *c;
	int rc;

	if (config->max_tasks == 0 || config->max_tasks > UINT32_C(1) << 30)
		return -EINVAL;
	while (places < config->max_tasks)
		places *= 2;
	c = aligned_alloc(COROUTINE_LINE_BYTES,
	    (sizeof(*c) + COROUTINE_LINE_BYTES - 1) / COROUTINE_LINE_BYTES * COROUTINE_LINE_BYTES);
	if (!c)
		return -ENOMEM;
	*c = (struct cb_carrier){.ring_mask = places - 1,
	    .interval = INTERVAL_MAX / 16,
	    .max_tasks = config->max_tasks,
	    .backend = config->backend};
	c->budget = c->interval;
	c->looked_ns = clock_now_ns();

	rc = -ENOMEM;
	c->ring = malloc(places * sizeof(struct cb_task *));
	if (!c->ring)
		goto out_carrier;
	c->tasks = calloc(config->max_tasks, sizeof(struct cb_task *));
	if (!c->tasks)
		goto out_ring;
	c->timed_in = calloc(config->max_tasks, sizeof(struct cb_waitq *));
	if (!c->timed_in)
		goto out_tasks;
	rc = timers_init(&c->timers, config->max_tasks);
	if (rc < 0)
		goto out_timed_in;
	rc = reactor_epoll_create(false, &c->reactor);
	if (rc < 0)
		goto out_timers;
	rc = coroutine_stacks_create(config->max_tasks, stack_bytes, &c->stacks);
	if (rc < 0)
		goto out_reactor;
	*out = c;
	return 0;

out_reactor:
	c->reactor->ops->destroy(c->reactor);
out_timers:
	timers_release(&c->timers);
out_timed_in:
	free(c->timed_in);
out_tasks:
	free(c->tasks);
out_ring:
	free(c->ring);
out_carrier:
	free(c);
	return rc;
}

void cb_carrier_destroy(struct cb_carrier *c)
{
	if (!c)
		return;
	assert(!c->current);
	for (unsigned i = 0; c->alive && i < c->max_tasks; i++)
		if (c->tasks[i])
			end(c, c->tasks[i]);
	bury(c);
	coroutine_stacks_destroy(c->stacks);
	c->reactor->ops->destroy(c->reactor);
	timers_release(&c->timers);
	free(c->timed_in);
	free(c->tasks);
	free(c->ring);
	free(c);
}
