/*
 * lock.h - a lock of the family "lock": workers take it in turn, and prove that they did.
 *
 * The short form is all of most locks:
 *
 *	CB_LOCK(my_lock, "a ticket each, first come first served", "whose algorithm",
 *	    CB_QUICK, CB_CAN_OS, struct my_lock, CB_NO_NODE,
 *	    my_init(lock), my_acquire(lock), my_release(lock), my_try(lock))
 *
 * Its name, what it promises and where it comes from; the smallest profile that has it; the models
 * it can do; the types of the lock and of what each worker needs of its own, such as a queue node;
 * and four expressions, in which `lock` and `node` point to these and `w` to the worker (its PU and
 * NUMA node are in it). They are inlined into the measuring loop: what is timed is what stands
 * there.
 *
 *	init     an int: 0 or -errno; `env` is what is known beforehand. Memory is zeroed and
 *	         shared: CB_NO_INIT where that is all it takes.
 *	acquire
 *	release
 *	try      true when it got the lock; CB_NO_TRY where it cannot be tried
 *
 * The long form, for locks that are sized by the case, shared by readers, timed, or that take the
 * section to the lock (closure): write the functions of struct cb_lock_ops, then CB_LOCK_BATCH(x)
 * and a struct cb_lock; CB_LOCK's own expansion below shows how.
 *
 * An operation is: think, acquire, look who was in last, count, hold, release. The loop without a
 * lock is the kind `none`: what self-check and sampling add to every other figure.
 */
#ifndef CONCBENCH_PUBLIC_LOCK_H
#define CONCBENCH_PUBLIC_LOCK_H

#include <concbench/concbench.h>

#ifdef __cplusplus
extern "C" {
#endif

/* ---- what a lock is ---- */

/* What init may know. */
struct cb_lock_env {
	const struct cb_case *c;
	enum cb_model model; /* CB_PROCESS: waiters of other address spaces will come */
	unsigned workers;
};

/*
 * The calls of a lock, on (lock, node) and nothing of the workload: usable anywhere. Both lie in
 * shared memory, on cache lines of their own. acquire and release, or run, are there; others may be
 * NULL.
 */
struct cb_lock_ops {
	int (*init)(void *lock, const struct cb_lock_env *env);
	void (*acquire)(void *lock, void *node, struct cb_worker *w);
	void (*release)(void *lock, void *node, struct cb_worker *w);
	/* try_acquire() - Return: 1 acquired; 0 held; -1 this lock cannot be tried. */
	int (*try_acquire)(void *lock, void *node, struct cb_worker *w);
	/* Beside other readers. */
	void (*acquire_shared)(void *lock, void *node, struct cb_worker *w);
	void (*release_shared)(void *lock, void *node, struct cb_worker *w);
	/* acquire_until() - Return: false when @abs_ns (of cb_now_ns()) has passed. */
	bool (*acquire_until)(void *lock, void *node, struct cb_worker *w, uint64_t abs_ns);
	/* run() - the section is brought to the lock, and whoever holds it may run it for others.
	 * Returns when @section has run. */
	void (*run)(
	    void *lock, void *node, struct cb_worker *w, void (*section)(void *), void *arg);
	void (*destroy)(void *lock);
};

/* What a lock says of itself beside struct cb_kind; its impl. */
struct cb_lock {
	const struct cb_lock_ops *ops;
	size_t lock_bytes; /* when bytes() is NULL */
	size_t node_bytes;
	/* lock_size() - of a lock that depends on the case, such as an array with a place a worker.
	 */
	size_t (*lock_size)(const struct cb_case *c);
	bool fifo; /* first come, first served */
};

/* For the calls of one lock in an expression. */
struct cb_no_node {
	char nothing;
};

#define CB_NO_NODE struct cb_no_node
#define CB_NO_INIT ((void)lock, 0)
#define CB_NO_TRY (-1)

/** cb_pshared() - what pthread's *attr_setpshared() wants for a model. */
static inline int cb_pshared(enum cb_model model)
{
	return model == CB_PROCESS ? PTHREAD_PROCESS_SHARED : PTHREAD_PROCESS_PRIVATE;
}

/* ---- the workload ---- */

/*
 * One acquisition in this many is timed: timing each would change what is timed. Another one tries
 * before it waits, to see whether the lock is held: not a timed one, since a failed try has already
 * fetched the lock's cache line. (That the owner word is set says nothing: an empty section is over
 * before any other PU can see its beginning.)
 */
#define CB_LOCK_SAMPLED 64u
#define CB_LOCK_TIMED 0u
#define CB_LOCK_TRIED (CB_LOCK_SAMPLED / 2)

/*
 * What a lock protects. Loads and stores apart, never a read-modify-write: two workers inside at
 * once lose a count. Atomic, so that this is a wrong sum and not undefined behaviour.
 */
struct cb_section {
	uint64_t counter;
	uint64_t owner; /* (index + 1) * 2 of whoever was in last, + 1 while inside */
} CB_ALIGNED;

/* Written by one worker only, and summed up by the cell between trials. */
struct cb_lock_worker {
	struct cb_section own; /* of the kind that shares none */
	uint64_t turn;         /* counts on over batches, which may be of one */
	uint64_t written;      /* exclusive acquisitions */
	uint64_t handoffs;     /* of these, after somebody else's */
	uint64_t tried;
	uint64_t found_held; /* of those tried */
	uint64_t gave_up;    /* waits that ran into their deadline; each was tried again */
	uint64_t violations; /* somebody else was inside too, or wrote while we read */
} CB_ALIGNED;

/* The state of a case. Not written while workers run, but through the pointers. */
struct cb_lock_state {
	uint64_t hold_turns; /* of cb_spin() */
	uint64_t think_turns;
	uint64_t wait_ns;  /* a waiter's patience; 0: it has all the time */
	uint32_t locks;    /* a power of two: which one is taken is drawn */
	uint32_t read_pct; /* so many of 100 acquisitions are shared */
	bool plain;        /* one lock, no readers, no deadlines: the tight loop */
	unsigned char *lock;
	size_t lock_stride;
	unsigned char *node; /* one a worker: nobody holds two */
	size_t node_stride;
	struct cb_section *section; /* one a lock */
	struct cb_lock_worker *worker;
	const struct cb_lock *impl;
	uint64_t reported[5]; /* the cell's */
} CB_ALIGNED;

static inline void *cb_lock_node(const struct cb_lock_state *st, const struct cb_worker *w)
{
	return st->node + w->index * st->node_stride;
}

/* The family's parts of the workload; the program's. */
size_t cb_lock_state_size(const struct cb_case *c);
int cb_lock_setup(struct cb_env *env, char *why, size_t why_len);
/** cb_lock_check() - the protected counters are the sum of all acquisitions, and nobody has met
 * another inside. cb_lock_check_own(): the same of counters that every worker has alone. */
int cb_lock_check(const struct cb_env *env, char *why, size_t why_len);
int cb_lock_check_own(const struct cb_env *env, char *why, size_t why_len);
/** cb_lock_report() - of the last trial: "handoff_share", acquisitions by another worker than the
 * one before, and "contended_share", acquisitions that found the lock held, of those that tried. */
void cb_lock_report(const struct cb_env *env, struct cb_metrics *metrics);
void cb_lock_teardown(struct cb_env *env);
/** cb_lock_can() - the family's answer for a kind with these calls. */
int cb_lock_can(const struct cb_case *c, char *why, size_t why_len);
/** cb_lock_timed() - out of line, so that the acquisitions that are not timed have the registers.
 */
void cb_lock_timed(struct cb_worker *w, uint64_t asked_ns, uint64_t held_ns);

#define CB_LOCK_OP "acquire+release"
#define CB_LOCK_LATENCY "asking for the lock to holding it, 1 of 64 timed"
#define CB_LOCK_NO_COROUTINES                                                               \
	"a lock that blocks or spins stops its carrier and every coroutine on it, the one " \
	"that holds the lock included"

/* ---- the measuring loop ---- */

/*
 * cb_lock_section() - inside: look who was in last, count. Always inlined.
 * @inside: between reading the counter and writing it back, for fixtures; NULL.
 */
CB_INLINE void cb_lock_section(const struct cb_lock_state *st, struct cb_section *s,
    struct cb_lock_worker *own, struct cb_worker *w, uint64_t *handoffs,
    void (*inside)(struct cb_worker *w, struct cb_lock_state *st), uint64_t me)
{
	uint64_t last = cb_load(&s->owner), count;

	if (CB_UNLIKELY(last & 1))
		own->violations++;
	*handoffs += last != me;
	cb_store(&s->owner, me + 1);
	count = cb_load(&s->counter);
	if (CB_UNLIKELY(st->hold_turns != 0))
		cb_spin(st->hold_turns);
	if (inside)
		inside(w, (struct cb_lock_state *)(uintptr_t)st);
	cb_store(&s->counter, count + 1);
	last = cb_load(&s->owner);
	if (CB_UNLIKELY(last != me + 1))
		own->violations++;
	cb_store(&s->owner, me);
}

/* A reader: nothing may change under it. */
CB_INLINE void cb_lock_section_shared(
    const struct cb_lock_state *st, const struct cb_section *s, struct cb_lock_worker *own)
{
	const uint64_t owner = cb_load(&s->owner), count = cb_load(&s->counter);

	if (CB_UNLIKELY(st->hold_turns != 0))
		cb_spin(st->hold_turns);
	if (CB_UNLIKELY(
		(owner & 1) || cb_load(&s->owner) != owner || cb_load(&s->counter) != count))
		own->violations++;
}

/* Return: true when that got the lock. */
CB_INLINE bool cb_lock_tried(struct cb_lock_worker *own, int got)
{
	if (got < 0)
		return false;
	own->tried++;
	own->found_held += got == 0;
	return got > 0;
}

/* cb_lock_plain() - the tight loop: one lock, no readers, no deadlines. */
CB_INLINE uint64_t cb_lock_plain(struct cb_worker *w, struct cb_lock_state *st, uint64_t n,
    struct cb_section *s, const struct cb_lock_ops *ops,
    void (*inside)(struct cb_worker *w, struct cb_lock_state *st))
{
	struct cb_lock_worker *own = &st->worker[w->index];
	void *const lock = st->lock, *const node = cb_lock_node(st, w);
	const uint64_t me = ((uint64_t)w->index + 1) * 2;
	uint64_t turn = own->turn, handoffs = 0, done = 0;

	do {
		const uint64_t nth = turn++ % CB_LOCK_SAMPLED;
		const bool timed = nth == CB_LOCK_TIMED;
		uint64_t asked_ns = 0, held_ns = 0;

		if (CB_UNLIKELY(st->think_turns != 0))
			cb_spin(st->think_turns);
		if (CB_UNLIKELY(timed))
			asked_ns = cb_now_ns();
		if (!ops->try_acquire || CB_LIKELY(nth != CB_LOCK_TRIED) ||
		    !cb_lock_tried(own, ops->try_acquire(lock, node, w)))
			ops->acquire(lock, node, w);
		if (CB_UNLIKELY(timed))
			held_ns = cb_now_ns();
		cb_lock_section(st, s, own, w, &handoffs, inside, me);
		ops->release(lock, node, w);
		/* After the release: nobody should wait for bookkeeping. */
		if (CB_UNLIKELY(timed))
			cb_lock_timed(w, asked_ns, held_ns);
		done++;
		/* Every time round: with more workers than PUs one acquisition of a fair spin lock
		 * takes milliseconds. */
	} while (done < n && !cb_stopping(w));
	own->turn = turn;
	own->written += done;
	own->handoffs += handoffs;
	return done;
}

/* cb_lock_general() - several locks, readers, patience that ends. */
CB_INLINE uint64_t cb_lock_general(
    struct cb_worker *w, struct cb_lock_state *st, uint64_t n, const struct cb_lock_ops *ops)
{
	struct cb_lock_worker *own = &st->worker[w->index];
	void *const node = cb_lock_node(st, w);
	const uint64_t me = ((uint64_t)w->index + 1) * 2;
	uint64_t handoffs = 0, done = 0;

	do {
		const bool timed = own->turn++ % CB_LOCK_SAMPLED == CB_LOCK_TIMED;
		const uint64_t drawn = cb_random(w);
		const uint32_t which = (uint32_t)drawn & (st->locks - 1);
		const bool shared = ops->acquire_shared && (drawn >> 32) % 100 < st->read_pct;
		void *const lock = st->lock + which * st->lock_stride;
		uint64_t asked_ns = 0, held_ns = 0;

		if (CB_UNLIKELY(st->think_turns != 0))
			cb_spin(st->think_turns);
		if (CB_UNLIKELY(timed))
			asked_ns = cb_now_ns();
		if (shared)
			ops->acquire_shared(lock, node, w);
		else if (ops->acquire_until && st->wait_ns)
			while (!ops->acquire_until(lock, node, w, cb_now_ns() + st->wait_ns))
				own->gave_up++;
		else
			ops->acquire(lock, node, w);
		if (CB_UNLIKELY(timed))
			held_ns = cb_now_ns();
		if (shared) {
			cb_lock_section_shared(st, &st->section[which], own);
			ops->release_shared(lock, node, w);
		} else {
			cb_lock_section(st, &st->section[which], own, w, &handoffs, NULL, me);
			ops->release(lock, node, w);
			own->written++;
		}
		if (CB_UNLIKELY(timed))
			cb_lock_timed(w, asked_ns, held_ns);
		done++;
	} while (done < n && !cb_stopping(w));
	own->handoffs += handoffs;
	return done;
}

/* For locks that run the section themselves. */
struct cb_lock_closure {
	struct cb_lock_state *st;
	struct cb_section *section;
	struct cb_worker *w;
	uint64_t held_ns;
	bool timed;
};

static inline void cb_lock_closure_run(void *arg)
{
	struct cb_lock_closure *c = (struct cb_lock_closure *)arg;
	struct cb_lock_worker *own = &c->st->worker[c->w->index];
	uint64_t handoffs = 0;

	if (c->timed)
		c->held_ns = cb_now_ns();
	cb_lock_section(
	    c->st, c->section, own, c->w, &handoffs, NULL, ((uint64_t)c->w->index + 1) * 2);
	own->handoffs += handoffs;
}

CB_INLINE uint64_t cb_lock_closures(
    struct cb_worker *w, struct cb_lock_state *st, uint64_t n, const struct cb_lock_ops *ops)
{
	struct cb_lock_worker *own = &st->worker[w->index];
	uint64_t done = 0;

	do {
		const bool timed = own->turn++ % CB_LOCK_SAMPLED == CB_LOCK_TIMED;
		const uint32_t which = st->locks > 1 ? (uint32_t)cb_random(w) & (st->locks - 1) : 0;
		struct cb_lock_closure c = {st, &st->section[which], w, 0, timed};
		uint64_t asked_ns = 0;

		if (CB_UNLIKELY(st->think_turns != 0))
			cb_spin(st->think_turns);
		if (CB_UNLIKELY(timed))
			asked_ns = cb_now_ns();
		ops->run(st->lock + which * st->lock_stride, cb_lock_node(st, w), w,
		    cb_lock_closure_run, &c);
		if (CB_UNLIKELY(timed))
			cb_lock_timed(w, asked_ns, c.held_ns);
		own->written++;
		done++;
	} while (done < n && !cb_stopping(w));
	return done;
}

/* CB_LOCK_BATCH(x) - cb_lock_batch_x(): the loop for cb_lock_ops_x, whose functions are inlined. */
#define CB_LOCK_BATCH(x)                                                                     \
	static uint64_t cb_lock_batch_##x(struct cb_worker *w, void *state, uint64_t n)      \
	{                                                                                    \
		struct cb_lock_state *st = (struct cb_lock_state *)state;                    \
                                                                                             \
		if (cb_lock_ops_##x.run)                                                     \
			return cb_lock_closures(w, st, n, &cb_lock_ops_##x);                 \
		if (CB_LIKELY(st->plain))                                                    \
			return cb_lock_plain(w, st, n, st->section, &cb_lock_ops_##x, NULL); \
		return cb_lock_general(w, st, n, &cb_lock_ops_##x);                          \
	}

/* CB_LOCK_WORK(x) - cb_lock_work_x: the workload with that batch. */
#define CB_LOCK_WORK(x)                                                                      \
	static const struct cb_workload cb_lock_work_##x = {CB_LOCK_OP, CB_LOCK_LATENCY, 0,  \
	    cb_lock_state_size, cb_lock_setup, NULL, cb_lock_batch_##x, NULL, cb_lock_check, \
	    cb_lock_report, cb_lock_teardown, NULL, NULL, 0, 0, false, false};

/* CB_LOCK_KIND(x) - the kind of cb_lock_x with cb_lock_work_x, entered into the table. */
#define CB_LOCK_KIND(x, about, source, from, models, flags)                                     \
	static const struct cb_kind cb_kind_##x = {"lock", #x, about, source, flags, from, 1,   \
	    models, ((models)&CB_CAN_OS) == CB_CAN_OS ? CB_LOCK_NO_COROUTINES : CB_NOT_CLAIMED, \
	    &cb_lock_work_##x, NULL, &cb_lock_##x, NULL, 0, NULL, NULL, 0, NULL, 0, NULL, NULL, \
	    NULL, NULL, ""};                                                                    \
	CB_REGISTER(cb_kind_##x)

/* CB_LOCK_CALLS() - cb_lock_NAME_x() from an expression each. */
#define CB_LOCK_CALLS(x, type, node_type, init_, acquire_, release_, try_)      \
	static int cb_lock_init_##x(void *lock_, const struct cb_lock_env *env) \
	{                                                                       \
		type *lock = (type *)lock_;                                     \
                                                                                \
		(void)env;                                                      \
		return init_;                                                   \
	}                                                                       \
	CB_LOCK_CALL(x, acquire, type, node_type, void, (void)(acquire_))       \
	CB_LOCK_CALL(x, release, type, node_type, void, (void)(release_))       \
	CB_LOCK_CALL(x, try_acquire, type, node_type, int, return (int)(try_))

#define CB_LOCK_CALL(x, name, type, node_type, result, ...)                                  \
	CB_INLINE result cb_lock_##name##_##x(void *lock_, void *node_, struct cb_worker *w) \
	{                                                                                    \
		type *lock = (type *)lock_;                                                  \
		node_type *node = (node_type *)node_;                                        \
                                                                                             \
		(void)lock;                                                                  \
		(void)node;                                                                  \
		(void)w;                                                                     \
		__VA_ARGS__;                                                                 \
	}

#define CB_LOCK(x, about, source, from, models, type, node_type, init_, acquire_, release_, try_) \
	CB_LOCK_CALLS(x, type, node_type, init_, acquire_, release_, try_)                        \
	static const struct cb_lock_ops cb_lock_ops_##x = {cb_lock_init_##x, cb_lock_acquire_##x, \
	    cb_lock_release_##x, cb_lock_try_acquire_##x, NULL, NULL, NULL, NULL, NULL};          \
	CB_LOCK_REST(x, about, source, from, models, type, node_type)

/* CB_RWLOCK() - with two more expressions, for readers. */
#define CB_RWLOCK(x, about, source, from, models, type, node_type, init_, acquire_, release_,     \
    try_, acquire_shared_, release_shared_)                                                       \
	CB_LOCK_CALLS(x, type, node_type, init_, acquire_, release_, try_)                        \
	CB_LOCK_CALL(x, acquire_shared, type, node_type, void, (void)(acquire_shared_))           \
	CB_LOCK_CALL(x, release_shared, type, node_type, void, (void)(release_shared_))           \
	static const struct cb_lock_ops cb_lock_ops_##x = {cb_lock_init_##x, cb_lock_acquire_##x, \
	    cb_lock_release_##x, cb_lock_try_acquire_##x, cb_lock_acquire_shared_##x,             \
	    cb_lock_release_shared_##x, NULL, NULL, NULL};                                        \
	CB_LOCK_REST(x, about, source, from, models, type, node_type)

#define CB_LOCK_REST(x, about, source, from, models, type, node_type)        \
	CB_LOCK_BATCH(x)                                                     \
	CB_LOCK_WORK(x)                                                      \
	static const struct cb_lock cb_lock_##x = {                          \
	    &cb_lock_ops_##x, sizeof(type), sizeof(node_type), NULL, false}; \
	CB_LOCK_KIND(x, about, source, from, models, 0)

#ifdef __cplusplus
}
#endif

#endif
