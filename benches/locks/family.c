/* family.c - the family of locks: its parameters, and the parts of the workload that all share. */
#include <concbench/lock.h>

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define LOCKS_MAX 1024

enum totals { ACQUIRED, HANDOFFS, TRIED, FOUND_HELD, GAVE_UP };

static const struct cb_param params[] = {
    CB_PARAM_MODEL,
    CB_PARAM_WORKERS("pus"),
    CB_PARAM_CARRIERS,
    CB_PARAM_PLACE("scatter"),
    CB_PARAM("hold_ns", CB_NS, "0", 0, 1000000000, "work inside the section"),
    CB_PARAM("think_ns", CB_NS, "0", 0, 1000000000, "work between release and the next acquire"),
    CB_PARAM_SPARSE("read_pct", CB_PERCENT, "0", 0, 100, "acquisitions that only read"),
    CB_PARAM_SPARSE("locks", CB_COUNT, "1", 1, LOCKS_MAX,
	"so many of them, a power of two; which one is taken is drawn"),
    CB_PARAM_SPARSE("wait_ns", CB_NS, "0", 0, 1000000000,
	"a waiter's patience, after which it gives up and tries again; 0: no end"),
};

static const struct cb_sweep sweeps[] = {
    {CB_SMOKE, "model=thread,process workers=pus"},
    {CB_QUICK, "model=thread,process workers=1,pus,2*pus"},
    {CB_QUICK, "model=thread,process workers=pus hold_ns=100 think_ns=100"},
    {CB_QUICK, "model=thread workers=pus read_pct=90"},
    {CB_FULL, "model=thread,process workers=1..4*pus,2*pus,4*pus"},
    {CB_FULL, "model=thread,process workers=pus,2*pus hold_ns=0 think_ns=1000"},
    {CB_FULL, "model=thread,process workers=pus,2*pus hold_ns=1000 think_ns=0,10000"},
    {CB_FULL, "model=thread,process workers=2*pus hold_ns=100 think_ns=100"},
    {CB_FULL, "model=thread workers=pus read_pct=50,99"},
    {CB_FULL, "model=thread workers=pus locks=16"},
    {CB_FULL, "model=thread workers=pus hold_ns=1000 wait_ns=1000"},
    /* Read, spin, write: most of the time somebody is inside. */
    {CB_CHECK, "model=thread,process workers=2,4 hold_ns=300"},
    {CB_CHECK, "model=thread,process workers=2,3 read_pct=50 hold_ns=300"},
    {CB_CHECK, "model=thread,process workers=3 locks=2 hold_ns=100"},
    {CB_CHECK, "model=thread,process workers=2"},
    {CB_CHECK, "model=thread,process workers=2 wait_ns=200 hold_ns=1000"},
};

/* ---- what a case can be ---- */

static bool has(const struct cb_case *c, const char *key)
{
	return !c->kind->without || !strstr(c->kind->without, key);
}

int cb_lock_can(const struct cb_case *c, char *why, size_t why_len)
{
	const struct cb_lock *lock = (const struct cb_lock *)c->kind->impl;
	const int64_t locks = has(c, "locks") ? cb_case_value(c, "locks") : 1;

	if ((locks & (locks - 1)) != 0) {
		(void)snprintf(why, why_len, "locks:%" PRId64 " is not a power of two", locks);
		return -EINVAL;
	}
	if (has(c, "read_pct") && cb_case_value(c, "read_pct") && !lock->ops->acquire_shared) {
		(void)snprintf(
		    why, why_len, "its readers exclude each other, too: no shared acquire");
		return -EINVAL;
	}
	if (has(c, "wait_ns") && cb_case_value(c, "wait_ns") && !lock->ops->acquire_until) {
		(void)snprintf(why, why_len, "it cannot give up waiting: no timed acquire");
		return -EINVAL;
	}
	return 0;
}

/* What the loop calls without asking; one that has neither has a loop of its own. */
static int accepts(const struct cb_kind *k, char *why, size_t why_len)
{
	const struct cb_lock *lock = (const struct cb_lock *)k->impl;
	const struct cb_lock_ops *ops = lock ? lock->ops : NULL;
	const char *lacks = NULL;

	if (k->work->setup != cb_lock_setup)
		return 0;
	if (!ops)
		lacks = "calls (impl, a struct cb_lock with ops)";
	else if (!ops->acquire && ops->release)
		lacks = "acquire()";
	else if (ops->acquire && !ops->release)
		lacks = "release()";
	else if (ops->acquire_shared && !ops->release_shared)
		lacks = "release_shared()";
	if (!lacks)
		return 0;
	(void)snprintf(why, why_len, "it lacks %s", lacks);
	return -EINVAL;
}

/* ---- state ---- */

static size_t lines(size_t bytes)
{
	return (bytes + CB_ALIGN - 1) / CB_ALIGN * CB_ALIGN;
}

/* Where the parts of a case's memory begin. */
struct layout {
	size_t worker, node, node_stride, section, lock, lock_stride, end;
};

static struct layout lay_out(const struct cb_case *c)
{
	const struct cb_lock *impl = (const struct cb_lock *)c->kind->impl;
	const size_t locks = has(c, "locks") ? (size_t)cb_case_value(c, "locks") : 1;
	struct layout l;

	l.worker = lines(sizeof(struct cb_lock_state));
	l.node = l.worker + c->workers * sizeof(struct cb_lock_worker);
	l.node_stride = lines(impl->node_bytes);
	/* The locks, and apart from them what they protect: waiters on one leave the other alone.
	 */
	l.section = l.node + c->workers * l.node_stride;
	l.lock = l.section + locks * sizeof(struct cb_section);
	l.lock_stride = lines(impl->lock_size ? impl->lock_size(c) : impl->lock_bytes);
	l.end = l.lock + locks * l.lock_stride;
	return l;
}

size_t cb_lock_state_size(const struct cb_case *c)
{
	return lay_out(c).end;
}

int cb_lock_setup(struct cb_env *env, char *why, size_t why_len)
{
	const struct layout l = lay_out(env->c);
	const struct cb_lock_env lock_env = {env->c, env->model, env->workers};
	struct cb_lock_state *st = env->state;
	unsigned char *base = env->state;
	int ret = 0;

	st->impl = env->c->kind->impl;
	st->hold_turns =
	    has(env->c, "hold_ns") ? cb_spin_turns((uint64_t)cb_case_value(env->c, "hold_ns")) : 0;
	st->think_turns = cb_spin_turns((uint64_t)cb_case_value(env->c, "think_ns"));
	st->read_pct = has(env->c, "read_pct") ? (uint32_t)cb_case_value(env->c, "read_pct") : 0;
	st->wait_ns = has(env->c, "wait_ns") ? (uint64_t)cb_case_value(env->c, "wait_ns") : 0;
	st->locks = has(env->c, "locks") ? (uint32_t)cb_case_value(env->c, "locks") : 1;
	st->plain = st->locks == 1 && !st->read_pct && !st->wait_ns;
	st->worker = (void *)(base + l.worker);
	st->node = base + l.node;
	st->node_stride = l.node_stride;
	st->section = (void *)(base + l.section);
	st->lock = base + l.lock;
	st->lock_stride = l.lock_stride;
	for (uint32_t i = 0; !ret && st->impl->ops->init && i < st->locks; i++)
		ret = st->impl->ops->init(st->lock + i * st->lock_stride, &lock_env);
	if (ret)
		(void)snprintf(
		    why, why_len, "%s: making the lock: %s", env->c->kind->name, strerror(-ret));
	return ret;
}

void cb_lock_teardown(struct cb_env *env)
{
	struct cb_lock_state *st = env->state;

	for (uint32_t i = 0; st->impl->ops->destroy && i < st->locks; i++)
		st->impl->ops->destroy(st->lock + i * st->lock_stride);
}

void cb_lock_timed(struct cb_worker *w, uint64_t asked_ns, uint64_t held_ns)
{
	cb_record_ns(w, held_ns, held_ns - asked_ns);
}

/* ---- accounts ---- */

static uint64_t sum_done(const struct cb_env *env)
{
	uint64_t done = 0;

	for (unsigned i = 0; i < env->workers; i++)
		done += env->done[i];
	return done;
}

int cb_lock_check(const struct cb_env *env, char *why, size_t why_len)
{
	const struct cb_lock_state *st = env->state;
	uint64_t count = 0, written = 0, violations = 0;

	for (uint32_t i = 0; i < st->locks; i++)
		count += cb_load(&st->section[i].counter);
	for (unsigned i = 0; i < env->workers; i++) {
		written += st->worker[i].written;
		violations += st->worker[i].violations;
	}
	if (count != written || violations) {
		(void)snprintf(why, why_len,
		    "not exclusive: the protected counter is %" PRIu64 " after %" PRIu64
		    " operations, and workers met inside %" PRIu64 " times",
		    count, written, violations);
		return -EBADMSG;
	}
	if (st->read_pct ? written > sum_done(env) : written != sum_done(env)) {
		(void)snprintf(why, why_len,
		    "%" PRIu64 " sections entered, but %" PRIu64 " operations were counted",
		    written, sum_done(env));
		return -EBADMSG;
	}
	return 0;
}

int cb_lock_check_own(const struct cb_env *env, char *why, size_t why_len)
{
	const struct cb_lock_state *st = env->state;

	for (unsigned i = 0; i < env->workers; i++) {
		const struct cb_lock_worker *own = &st->worker[i];
		const uint64_t count = cb_load(&own->own.counter);

		if (count == env->done[i] && own->violations == 0)
			continue;
		(void)snprintf(why, why_len,
		    "the counter of worker %u alone is %" PRIu64 " after %" PRIu64
		    " operations, and it met others there %" PRIu64 " times",
		    i, count, env->done[i], own->violations);
		return -EBADMSG;
	}
	return 0;
}

void cb_lock_report(const struct cb_env *env, struct cb_metrics *metrics)
{
	struct cb_lock_state *st = env->state;
	uint64_t now[5] = {0};
	double of[5];

	for (unsigned i = 0; i < env->workers; i++) {
		now[ACQUIRED] += st->worker[i].written;
		now[HANDOFFS] += st->worker[i].handoffs;
		now[TRIED] += st->worker[i].tried;
		now[FOUND_HELD] += st->worker[i].found_held;
		now[GAVE_UP] += st->worker[i].gave_up;
	}
	for (unsigned i = 0; i < 5; i++) {
		of[i] = (double)(now[i] - st->reported[i]);
		st->reported[i] = now[i];
	}
	/* Not a number when there is nothing to share: that is left out. */
	(void)cb_metric(metrics, "handoff_share", of[HANDOFFS] / of[ACQUIRED]);
	(void)cb_metric(metrics, "contended_share", of[FOUND_HELD] / of[TRIED]);
	if (st->wait_ns)
		(void)cb_metric(metrics, "gave_up_per_op", of[GAVE_UP] / of[ACQUIRED]);
}

const struct cb_family lock_family = {
    .name = "lock",
    .plural = "locks",
    .title = "Locks",
    .question = "Which lock, for this many workers and this long a section?",
    .params = params,
    .param_count = sizeof(params) / sizeof(params[0]),
    .sweeps = sweeps,
    .sweep_count = sizeof(sweeps) / sizeof(sweeps[0]),
    .shape = CB_PANELS,
    .caption = "Time from one acquisition to the next, over all workers together: less is better. "
	       "One panel for each number of workers.",
    .axis = "workers",
    .contenders = CB_KINDS,
    .can = cb_lock_can,
    .accepts = accepts,
    .exercised = "handoff_share contended_share",
};
