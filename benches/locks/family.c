/* family.c - the family of locks: its parameters, and the parts of the workload that all share. */
#include <concbench/lock.h>

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define LOCKS_MAX 1024
#define LINES_MAX 64

enum totals { ACQUIRED, HANDOFFS, TRIED, FOUND_HELD, GAVE_UP };

static const struct cb_param params[] = {
    CB_PARAM_MODEL,
    CB_PARAM_WORKERS("pus"),
    CB_PARAM_CARRIERS,
    CB_PARAM_PLACE("scatter"),
    CB_PARAM("hold_ns", CB_NS, "0", 0, 1000000000, "work inside the section"),
    CB_PARAM("think_ns", CB_NS, "0", 0, 1000000000, "work between release and the next acquire"),
    CB_PARAM_SPARSE("lines", CB_COUNT, "1", 0, LINES_MAX, "cache lines touched inside"),
    CB_PARAM_SPARSE("read_pct", CB_PERCENT, "0", 0, 100, "acquisitions that only read"),
    CB_PARAM_SPARSE("locks", CB_COUNT, "1", 1, LOCKS_MAX,
	"so many of them, a power of two; which one is taken is drawn"),
    CB_PARAM_SPARSE("wait_ns", CB_NS, "0", 0, 1000000000,
	"a waiter's patience, after which it gives up and tries again; 0: no end"),
};

static const struct cb_sweep sweeps[] = {
    {CB_SMOKE, "model=thread,process workers=pus"},
    {CB_QUICK, "model=thread,process workers=1"},
    {CB_QUICK, "model=thread workers=2*pus"},
    {CB_QUICK, "model=thread,process workers=pus hold_ns=100 think_ns=100"},
    {CB_QUICK, "model=thread workers=pus read_pct=90"},
    {CB_FULL, "model=thread,process workers=1..4*pus,2*pus,4*pus"},
    {CB_FULL, "model=thread,process workers=pus,2*pus hold_ns=0 think_ns=1000"},
    {CB_FULL, "model=thread,process workers=pus,2*pus hold_ns=1000 think_ns=0,10000"},
    {CB_FULL, "model=thread,process workers=2*pus hold_ns=100 think_ns=100"},
    {CB_FULL, "model=thread workers=pus read_pct=50,99"},
    {CB_FULL, "model=thread workers=pus locks=16"},
    {CB_FULL, "model=thread workers=1,pus lines=0,4"},
    {CB_FULL, "model=thread workers=pus hold_ns=1000 wait_ns=1000"},
    /* Read, spin, write: most of the time somebody is inside. */
    {CB_CHECK, "model=thread,process,coroutine workers=2,4 hold_ns=300"},
    {CB_CHECK, "model=thread,process,coroutine workers=2,3 read_pct=50 hold_ns=300"},
    {CB_CHECK, "model=thread,process,coroutine workers=3 locks=2 hold_ns=100"},
    {CB_CHECK, "model=thread,process,coroutine workers=2"},
    {CB_CHECK, "model=thread,process,coroutine workers=2 lines=0,4"},
    {CB_CHECK, "model=thread,process,coroutine workers=2 wait_ns=200 hold_ns=1000"},
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

	for (unsigned i = 0; i < 2; i++) {
		struct cb_room (*of)(const struct cb_case *) =
		    i ? lock->node_room : lock->lock_room;
		const size_t align = of ? of(c).align : 0;

		if ((align & (align - 1)) != 0) {
			(void)snprintf(why, why_len,
			    "its %s wants to lie on a multiple of %zu, which is not a power of two",
			    i ? "node" : "lock", align);
			return -EINVAL;
		}
	}
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
	else if (lock->fifo && ops->run)
		lacks = "acquire() and release(), and first come, first served is not to be seen";
	if (!lacks)
		return 0;
	(void)snprintf(why, why_len, "it lacks %s", lacks);
	return -EINVAL;
}

/* ---- state ---- */

static struct cb_room room(struct cb_room (*of)(const struct cb_case *c), const struct cb_case *c)
{
	struct cb_room r = of ? of(c) : (struct cb_room){0, 0};

	r.align = r.align > CB_ALIGN ? r.align : CB_ALIGN;
	return r;
}

/* Where the parts of a case's memory begin. */
struct layout {
	size_t worker, node, node_stride, section, own, lock, lock_stride, end;
};

static size_t section_lines(const struct cb_case *c)
{
	return has(c, "lines") ? (size_t)cb_case_value(c, "lines") : 1;
}

/* From offset @from of memory at @base on, the first that is aligned. */
static size_t aligned(uintptr_t base, size_t from, size_t align)
{
	return from + (align - (base + from) % align) % align;
}

/* @base: what begins where depends on where all of it does. */
static struct layout lay_out(const struct cb_case *c, uintptr_t base)
{
	const struct cb_lock *impl = (const struct cb_lock *)c->kind->impl;
	const size_t locks = has(c, "locks") ? (size_t)cb_case_value(c, "locks") : 1;
	const struct cb_room lock = room(impl->lock_room, c), node = room(impl->node_room, c);
	const size_t touched = section_lines(c);
	const size_t section_bytes = (touched ? touched : 1) * sizeof(struct cb_section);
	struct layout l;

	l.worker = cb_lines(sizeof(struct cb_lock_state));
	l.node = aligned(base, l.worker + c->workers * sizeof(struct cb_lock_worker), node.align);
	l.node_stride = aligned(0, node.bytes, node.align);
	/* The locks, and apart from them what they protect: waiters on one leave the other alone.
	 */
	l.section = l.node + c->workers * l.node_stride;
	l.own = l.section + locks * section_bytes;
	l.lock = aligned(base, l.own + c->workers * section_bytes, lock.align);
	l.lock_stride = aligned(0, lock.bytes, lock.align);
	l.end = l.lock + locks * l.lock_stride;
	return l;
}

size_t cb_lock_state_size(const struct cb_case *c)
{
	const struct cb_lock *impl = (const struct cb_lock *)c->kind->impl;

	/* Wherever it begins: on a cache line, and no more is known of it yet. */
	return lay_out(c, 0).end + room(impl->lock_room, c).align + room(impl->node_room, c).align -
	       2 * CB_ALIGN;
}

int cb_lock_setup(struct cb_env *env, char *why, size_t why_len)
{
	const struct layout l = lay_out(env->c, (uintptr_t)env->state);
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
	st->checking = env->checking;
	st->late_ns = env->checking && st->wait_ns ? cb_late_ns() : 0;
	/* Where it is held for a while; else the loop is tried as it is timed. */
	st->in_turn = env->checking && st->impl->fifo && st->locks == 1 && st->hold_turns &&
		      !st->wait_ns && env->workers <= CB_LOCK_IN_TURN_MAX;
	st->lines = (uint32_t)section_lines(env->c);
	st->bare = st->lines <= 1 && !st->hold_turns && !st->think_turns;
	st->plain = st->locks == 1 && !st->read_pct && !st->wait_ns && !st->in_turn &&
		    !(env->checking && env->model == CB_COROUTINE);
	st->worker = (void *)(base + l.worker);
	st->node = base + l.node;
	st->node_stride = l.node_stride;
	st->section = (void *)(base + l.section);
	st->own = (void *)(base + l.own);
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

/* ---- while it is checked ---- */

/* One section in so many is held until somebody gives up. */
#define KEPT_OF 16u
/* So often it has to have been held to the end of a trial before that nobody gave up says much. */
#define KEPT_MIN 20u
/* Of those that had it after another so many may have been passed over: a worker may lose its PU
 * between its coming being noted and its asking for the lock. Of a ticket lock's (`queueing` of the
 * fixture, three workers on two PUs and on one, each with seven other tasks) it was 1 in 20,000. */
#define PASSED_OVER_PCT 10u
#define HANDOFFS_MIN 100u

static bool by_chance(struct cb_worker *w, unsigned one_in)
{
	return (cb_random(w) >> 32) % one_in == 0;
}

void cb_lock_gave_up(struct cb_lock_state *st, struct cb_worker *w, uint64_t until_ns)
{
	struct cb_lock_worker *own = &st->worker[w->index];
	const uint64_t now_ns = cb_now_ns();

	if (now_ns < until_ns)
		own->early++;
	else if (own->gave_up == own->early || now_ns - until_ns < own->least_late_ns)
		own->least_late_ns = now_ns - until_ns;
	/* Others look at it. */
	cb_store(&own->gave_up, own->gave_up + 1);
}

void cb_lock_outside(struct cb_worker *w, struct cb_lock_state *st)
{
	struct cb_lock_worker *own = &st->worker[w->index];

	if (w->model == CB_COROUTINE && by_chance(w, 2))
		cb_yield(w);
	for (unsigned i = 0; st->in_turn && i < w->count; i++)
		own->saw[i] = cb_load(&st->worker[i].entered);
}

static uint64_t others_gave_up(const struct cb_lock_state *st, const struct cb_worker *w)
{
	uint64_t n = 0;

	for (unsigned i = 0; i < w->count; i++)
		n += i == w->index ? 0 : cb_load(&st->worker[i].gave_up);
	return n;
}

static void keep_until_given_up(struct cb_worker *w, struct cb_lock_state *st)
{
	const uint64_t before = others_gave_up(st, w);

	while (others_gave_up(st, w) == before) {
		if (cb_stopping(w)) {
			st->worker[w->index].kept_to_end++;
			return;
		}
		cb_yield(w);
	}
}

void cb_lock_inside(struct cb_worker *w, struct cb_lock_state *st)
{
	struct cb_lock_worker *own = &st->worker[w->index];
	bool passed_over = false;

	for (unsigned i = 0; st->in_turn && i < w->count; i++)
		passed_over |= i != w->index && cb_load(&st->worker[i].entered) >= own->saw[i] + 2;
	own->passed_over += passed_over;
	cb_store(&own->entered, own->entered + 1);
	if (w->model == CB_COROUTINE && by_chance(w, 2))
		cb_yield(w);
	if (st->wait_ns && st->locks == 1 && w->count > 1 && by_chance(w, KEPT_OF))
		keep_until_given_up(w, st);
}

/* ---- accounts ---- */

static uint64_t sum_done(const struct cb_env *env)
{
	uint64_t done = 0;

	for (unsigned i = 0; i < env->workers; i++)
		done += env->done[i];
	return done;
}

/* Times entered, by the first line; UINT64_MAX when the others say otherwise. */
static uint64_t entered(const struct cb_lock_state *st, const struct cb_section *s)
{
	const uint64_t count = cb_section_entered(s);

	for (uint32_t i = 1; i < st->lines; i++)
		if (cb_section_entered(&s[i]) != count)
			return UINT64_MAX;
	return count;
}

static int check_deadlines(const struct cb_env *env, char *why, size_t why_len)
{
	const struct cb_lock_state *st = env->state;
	uint64_t gave_up = 0, early = 0, kept = 0, least_ns = UINT64_MAX;

	for (unsigned i = 0; i < env->workers; i++) {
		const struct cb_lock_worker *own = &st->worker[i];

		gave_up += own->gave_up;
		early += own->early;
		kept += own->kept_to_end;
		if (own->gave_up > own->early && own->least_late_ns < least_ns)
			least_ns = own->least_late_ns;
	}
	if (early)
		(void)snprintf(why, why_len,
		    "%" PRIu64 " of %" PRIu64 " waits ended without the lock before their deadline",
		    early, gave_up);
	else if (!gave_up && kept >= KEPT_MIN)
		(void)snprintf(why, why_len,
		    "deadlines are not heeded: %" PRIu64
		    " times it was held to the end of a trial, and nobody gave up waiting",
		    kept);
	else if (st->checking && gave_up >= CB_LATE_OF && least_ns > st->late_ns)
		(void)snprintf(why, why_len,
		    "deadlines are not heeded: %" PRIu64
		    " waits ended without the lock, each at least %" PRIu64
		    " us after its deadline",
		    gave_up, least_ns / 1000);
	else
		return 0;
	return -EBADMSG;
}

static int check_turns(const struct cb_env *env, char *why, size_t why_len)
{
	const struct cb_lock_state *st = env->state;
	uint64_t handoffs = 0, passed_over = 0;

	for (unsigned i = 0; i < env->workers; i++) {
		handoffs += st->worker[i].handoffs;
		passed_over += st->worker[i].passed_over;
	}
	if (handoffs < HANDOFFS_MIN || passed_over * 100 <= handoffs * PASSED_OVER_PCT)
		return 0;
	(void)snprintf(why, why_len,
	    "not first come, first served: of %" PRIu64 " that had it after another, %" PRIu64
	    " waited while somebody had it twice",
	    handoffs, passed_over);
	return -EBADMSG;
}

int cb_lock_check(const struct cb_env *env, char *why, size_t why_len)
{
	const struct cb_lock_state *st = env->state;
	uint64_t count = 0, written = 0, touched = 0, violations = 0;
	bool apart = false;

	for (uint32_t i = 0; i < st->locks; i++) {
		const uint64_t one = entered(st, st->section + i * (st->lines ? st->lines : 1));

		apart |= one == UINT64_MAX;
		count += one;
	}
	for (unsigned i = 0; i < env->workers; i++) {
		written += st->worker[i].written;
		touched += st->worker[i].touched;
		violations += st->worker[i].violations;
	}
	if (apart) {
		(void)snprintf(why, why_len,
		    "not exclusive: the lines of one section were not entered equally often");
		return -EBADMSG;
	}
	if (count != touched || violations) {
		(void)snprintf(why, why_len,
		    "not exclusive: the protected counter is %" PRIu64 " after %" PRIu64
		    " operations, and workers met inside %" PRIu64 " times",
		    count, touched, violations);
		return -EBADMSG;
	}
	if (st->read_pct ? written > sum_done(env) : written != sum_done(env)) {
		(void)snprintf(why, why_len,
		    "%" PRIu64 " sections entered, but %" PRIu64 " operations were counted",
		    written, sum_done(env));
		return -EBADMSG;
	}
	if (st->wait_ns && check_deadlines(env, why, why_len) != 0)
		return -EBADMSG;
	return st->in_turn ? check_turns(env, why, why_len) : 0;
}

int cb_lock_check_own(const struct cb_env *env, char *why, size_t why_len)
{
	const struct cb_lock_state *st = env->state;

	for (unsigned i = 0; i < env->workers; i++) {
		const struct cb_lock_worker *own = &st->worker[i];
		const uint64_t count = entered(st, cb_section_own(st, i));

		if (count == own->touched && own->written == env->done[i] && !own->violations)
			continue;
		(void)snprintf(why, why_len,
		    "the counter of worker %u alone is %" PRIu64 " after %" PRIu64
		    " operations, and it met others there %" PRIu64 " times",
		    i, count, st->lines ? env->done[i] : own->touched, own->violations);
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
	if (st->lines || st->checking)
		(void)cb_metric(metrics, "handoff_share", of[HANDOFFS] / of[ACQUIRED]);
	(void)cb_metric(metrics, "contended_share", of[FOUND_HELD] / of[TRIED]);
	if (st->wait_ns)
		(void)cb_metric(metrics, "gave_up_per_op", of[GAVE_UP] / of[ACQUIRED]);
}

/* ---- what it says of itself ---- */

static void say_room(cb_say_fn *say, void *to, const char *what, struct cb_room r)
{
	char text[120];

	(void)snprintf(text, sizeof(text), "%zu bytes, at a multiple of %zu", r.bytes, r.align);
	say(to, what, text);
}

static void facts(const struct cb_case *c, cb_say_fn *say, void *to)
{
	const struct cb_lock *impl = c->kind->impl;
	const struct cb_lock_ops *ops = impl->ops;
	const struct cb_room node = room(impl->node_room, c);
	char text[120];
	bool tries;

	/* A floor: there is no lock in it. */
	if (!impl->lock_room)
		return;
	say_room(say, to, "lock", room(impl->lock_room, c));
	if (node.bytes > sizeof(struct cb_no_node))
		say_room(say, to, "node", node);
	else
		say(to, "node", "none: a worker needs nothing of its own");
	say(to, "order",
	    impl->fifo ? "promises first come, first served"
		       : "promises none: any waiter may be next");
	tries = impl->tries ? impl->tries(NULL, NULL, NULL) : ops->try_acquire != NULL;
	(void)snprintf(text, sizeof(text), "%s%s%s%s",
	    ops->run ? "run a section that is brought to it" : "acquire, release",
	    tries ? ", try" : "", ops->acquire_shared ? ", acquire for readers" : "",
	    ops->acquire_until ? ", acquire until a time" : "");
	say(to, "calls", text);
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
    .facts = facts,
    .exercised = "handoff_share contended_share gave_up_per_op",
    .floor = "none",
    .bound = "distance",
};
