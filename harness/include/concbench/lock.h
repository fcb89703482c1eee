/*
 * lock.h - a lock of the family "lock": workers take it in turn, and prove that they did.
 *
 * Most locks need no more than the short form:
 *
 *	CB_LOCK(my_lock, "a ticket each, first come first served", "whose algorithm",
 *	    CB_QUICK, CB_CAN_OS, struct my_lock, CB_NO_NODE,
 *	    my_init(lock), my_acquire(lock), my_release(lock), my_try(lock))
 *
 * Its arguments are: name, one line about it, its source; the smallest profile that includes it;
 * the models that it supports; the type of the lock and the type of each worker's own part, such
 * as a queue node; and four expressions. In these `lock` and `node` point to objects of the two
 * types and `w` to the worker, which knows its PU and NUMA node. The expressions are inlined into
 * the measuring loop: exactly what is written there is timed.
 *
 *	init     an int: 0 or -errno; `env` is what is known beforehand. Memory is zeroed and
 *	         shared; CB_NO_INIT when the lock needs no more.
 *	acquire
 *	release
 *	try      true when it got the lock; CB_NO_TRY where it cannot be tried
 *
 * A lock that promises first come, first served says so beside its models, CB_CAN_OS | CB_FIFO;
 * `concbench check` then tests that, too.
 *
 * The long form is for locks whose size depends on the case, that readers share, whose waiters give
 * up at a deadline, or that run the section for its caller (closures): write the functions of
 * struct cb_lock_ops, then CB_LOCK_BATCH(x) and a struct cb_lock. The expansion of CB_LOCK() below
 * shows how.
 *
 * An operation is: think, acquire, look who was in last, hold, count, release. The parameter
 * "lines" says how many cache lines the section touches; with 0 lines the lock is checked only
 * until the window opens. The kind `none` is the loop without a lock: its figure is what self-check
 * and sampling add to every other.
 */
#ifndef CONCBENCH_PUBLIC_LOCK_H
#define CONCBENCH_PUBLIC_LOCK_H

#include <concbench/concbench.h>

#ifdef __cplusplus
extern "C" {
#endif

/* ---- what a lock is ---- */

/* What init is told. */
struct cb_lock_env {
	const struct cb_case *c;
	enum cb_model model; /* CB_PROCESS: the workers are in different address spaces */
	unsigned workers;
};

/*
 * The calls of a lock. They take (lock, node) and know nothing of the workload, so they can be used
 * elsewhere too. Both lie in shared memory, on cache lines of their own. acquire and release, or
 * run, must be there; the others may be NULL.
 */
struct cb_lock_ops {
	int (*init)(void *lock, const struct cb_lock_env *env);
	void (*acquire)(void *lock, void *node, struct cb_worker *w);
	void (*release)(void *lock, void *node, struct cb_worker *w);
	/* try_acquire() - Return: 1 acquired; 0 held; -1 this lock cannot be tried. */
	int (*try_acquire)(void *lock, void *node, struct cb_worker *w);
	/* Readers share it with each other. */
	void (*acquire_shared)(void *lock, void *node, struct cb_worker *w);
	void (*release_shared)(void *lock, void *node, struct cb_worker *w);
	/* acquire_until() - Return: false when @abs_ns (of cb_now_ns()) has passed. */
	bool (*acquire_until)(void *lock, void *node, struct cb_worker *w, uint64_t abs_ns);
	/* run() - the section is brought to the lock, and its holder may run it for others.
	 * Returns when @section has run. */
	void (*run)(
	    void *lock, void *node, struct cb_worker *w, void (*section)(void *), void *arg);
	void (*destroy)(void *lock);
};

/* Memory that begins at a multiple of @align, a power of two. Everything gets at least a cache
 * line (CB_ALIGN). */
struct cb_room {
	size_t bytes;
	size_t align;
};

/* What a lock declares in addition to its struct cb_kind, whose impl points here. */
struct cb_lock {
	const struct cb_lock_ops *ops;
	/* How much memory a case needs for each lock (it may hold an array with a place for each
	 * worker) and for each worker's node. NULL: none. CB_ROOM_OF() makes one whose answer is
	 * always the same. */
	struct cb_room (*lock_room)(const struct cb_case *c);
	struct cb_room (*node_room)(const struct cb_case *c);
	/* First come, first served: cb_lock_check() tests a lock that claims it. */
	bool fifo;
	/* tries() - can it be tried? Looks at none of these. NULL: if there is try_acquire(). */
	bool (*tries)(void *lock, void *node, struct cb_worker *w);
};

/* CB_ROOM_OF(f, type) - defines f(), which asks for the room of one @type. */
#define CB_ROOM_OF(f, type)                                                    \
	static struct cb_room f(const struct cb_case *c)                       \
	{                                                                      \
		const struct cb_room room = {sizeof(type), __alignof__(type)}; \
                                                                               \
		(void)c;                                                       \
		return room;                                                   \
	}

/* The node of a lock whose workers need nothing of their own. */
struct cb_no_node {
	char nothing;
};

#define CB_NO_NODE struct cb_no_node
#define CB_NO_INIT ((void)lock, 0)
#define CB_NO_TRY (-1)
/* Added to the models of a short form, CB_CAN_OS | CB_FIFO: promises first come, first served. */
#define CB_FIFO (1u << 31)

/** cb_pshared() - the argument of pthread's *attr_setpshared() for a model. */
static inline int cb_pshared(enum cb_model model)
{
	return model == CB_PROCESS ? PTHREAD_PROCESS_SHARED : PTHREAD_PROCESS_PRIVATE;
}

/* ---- the workload ---- */

/*
 * On average one acquisition in this many is timed, or one in each batch of about 15 us where that
 * is rarer: reading the clock twice takes 50 ns, which must not show in the figure. As many other
 * acquisitions try before they wait, to see whether the lock is held. Those are never the timed
 * ones, because a failed try has already fetched the lock's cache line. Which ones they are is
 * random, so it does not depend on where a batch begins.
 */
#define CB_LOCK_SAMPLED 64u

/*
 * A cache line of what a lock protects. It is one word, so that the check costs no more than
 * counting alone: a load and a store. These are two operations, never a read-modify-write, so that
 * two workers who are inside at once lose a count. They are atomic, so that the result is a wrong
 * sum and not undefined behaviour.
 */
struct cb_section {
	uint64_t word; /* times entered : 40; who was in last, index + 1 : 23; inside : 1 */
} CB_ALIGNED;

#define CB_SECTION_INSIDE UINT64_C(1)
#define CB_SECTION_ENTERED_SHIFT 24
#define CB_SECTION_ONCE (UINT64_C(1) << CB_SECTION_ENTERED_SHIFT)
#define CB_SECTION_WHO (CB_SECTION_ONCE - 1 - CB_SECTION_INSIDE)

static inline uint64_t cb_section_entered(const struct cb_section *s)
{
	return cb_load(&s->word) >> CB_SECTION_ENTERED_SHIFT;
}
/* With more workers than this, nobody watches who is passed over. */
#define CB_LOCK_IN_TURN_MAX 8

/* Only one worker writes it; the cell adds them up between trials. */
struct cb_lock_worker {
	uint64_t turn;     /* goes on from batch to batch, since a batch may have one turn only */
	uint64_t special;  /* the next turn that is timed or tried */
	bool times_next;   /* which of the two it is */
	uint64_t written;  /* exclusive acquisitions */
	uint64_t touched;  /* those that touched the section's lines: all, except with lines:0 */
	uint64_t handoffs; /* those that followed another worker's */
	uint64_t tried;
	uint64_t found_held;    /* of those tried */
	uint64_t gave_up;       /* waits that ran into their deadline; each was tried again */
	uint64_t violations;    /* somebody else was inside too, or wrote while we read */
	uint64_t early;         /* gave up before its deadline */
	uint64_t least_late_ns; /* the smallest delay after a deadline, of those that gave up */
	/* During a check only: */
	uint64_t kept_to_end; /* held it until somebody would give up, but the trial ended first */
	uint64_t entered;     /* exclusive acquisitions so far, kept up to date */
	uint64_t passed_over; /* those before which another got in twice while this one waited */
	uint64_t saw[CB_LOCK_IN_TURN_MAX]; /* what others had entered when this one came */
} CB_ALIGNED;

/* The state of a case. While workers run, only what its pointers lead to is written. */
struct cb_lock_state {
	uint64_t hold_turns; /* of cb_spin() */
	uint64_t think_turns;
	uint64_t wait_ns;  /* how long a waiter waits before it gives up; 0: for ever */
	uint32_t locks;    /* a power of two; each acquisition takes a random one */
	uint32_t read_pct; /* how many of 100 acquisitions are shared */
	uint32_t lines;    /* touched inside; 0: only before the window opens, for the check */
	bool plain;        /* one lock, no readers, no deadlines: the tight loop */
	bool bare;         /* plain, and at most one line is touched inside, nothing else is done */
	bool checking;     /* a check, which gives no figure: see cb_lock_inside() */
	bool in_turn;      /* a check that counts who is passed over */
	uint64_t late_ns;  /* in a check: giving up later than this is late */
	unsigned char *lock;
	size_t lock_stride;
	unsigned char *node; /* one for each worker, since nobody holds two locks */
	size_t node_stride;
	struct cb_section *section; /* @lines for each lock */
	struct cb_section *own;     /* @lines for each worker, for the kind that shares none */
	struct cb_lock_worker *worker;
	const struct cb_lock *impl;
	uint64_t reported[5]; /* the cell's */
} CB_ALIGNED;

static inline void *cb_lock_node(const struct cb_lock_state *st, const struct cb_worker *w)
{
	return st->node + w->index * st->node_stride;
}

/* The lines of worker @i alone. */
static inline struct cb_section *cb_section_own(const struct cb_lock_state *st, unsigned i)
{
	return st->own + i * (st->lines ? st->lines : 1);
}

/* The family's part of the workload, which the program defines. */
size_t cb_lock_state_size(const struct cb_case *c);
int cb_lock_setup(struct cb_env *env, char *why, size_t why_len);
/** cb_lock_check() - is every protected counter the sum of all acquisitions, and were no two
 * workers inside at once? cb_lock_check_own(): the same for counters that each worker has alone. */
int cb_lock_check(const struct cb_env *env, char *why, size_t why_len);
int cb_lock_check_own(const struct cb_env *env, char *why, size_t why_len);
/** cb_lock_report() - of the last trial: "handoff_share", the share of acquisitions that followed
 * another worker's; "contended_share", the share of tries that found the lock held. */
void cb_lock_report(const struct cb_env *env, struct cb_metrics *metrics);
void cb_lock_teardown(struct cb_env *env);
/** cb_lock_can() - the family's answer for a kind with these calls. */
int cb_lock_can(const struct cb_case *c, char *why, size_t why_len);
/** cb_lock_timed() - out of line, so that it takes no registers from acquisitions that are not
 * timed. */
void cb_lock_timed(struct cb_worker *w, uint64_t asked_ns, uint64_t held_ns);
/** cb_lock_gave_up() - the worker did not get the lock by @until_ns. */
void cb_lock_gave_up(struct cb_lock_state *st, struct cb_worker *w, uint64_t until_ns);

/*
 * Used while a lock is checked, in the general loop only: cb_lock_outside() before the lock is
 * asked for, cb_lock_inside() while it is held.
 *
 * On one carrier no two workers would ever meet, so half of the time a worker lets others run, both
 * inside and outside. With deadlines, the worker inside sometimes stays until somebody has given
 * up: a lock that never lets anybody give up then does not heed its deadline. A lock that claims
 * first come, first served must not let anybody in twice while another waits. (Once proves nothing:
 * of two who come at the same time either may be noted first.)
 */
void cb_lock_outside(struct cb_worker *w, struct cb_lock_state *st);
void cb_lock_inside(struct cb_worker *w, struct cb_lock_state *st);

#define CB_LOCK_OP "acquire+release"
#define CB_LOCK_LATENCY "asking for the lock to holding it, 1 of 64 or fewer, drawn"
#define CB_LOCK_INSIDE "think, acquire, look who was in last, hold, count, release; then the next"
#define CB_LOCK_CHECKED                                                                       \
	"the protected counters are the sum of all acquisitions, and nobody has met another " \
	"inside"
#define CB_LOCK_NO_COROUTINES                                                               \
	"a lock that blocks or spins stops its carrier and every coroutine on it, the one " \
	"that holds the lock included"

CB_LAYOUT(lock, CB_SPAN(cb_lock_env, workers), CB_SPAN(cb_lock_ops, destroy),
    CB_SPAN(cb_lock, tries), CB_SPAN(cb_section, word), CB_SPAN(cb_lock_worker, saw),
    CB_SPAN(cb_room, align), CB_SPAN(cb_lock_state, reported))

/* ---- the measuring loop ---- */

/* cb_lock_touch() - inside: see who was in last, and count, in each line. */
CB_INLINE void cb_lock_touch(
    struct cb_section *s, uint32_t lines, uint64_t *handoffs, uint64_t me, uint64_t word)
{
	*handoffs += (word & CB_SECTION_WHO) != me;
	cb_store(&s->word, (word & ~(CB_SECTION_ONCE - 1)) + CB_SECTION_ONCE + me);
	for (uint32_t i = 1; i < lines; i++)
		cb_store(&s[i].word, cb_load(&s[i].word) + CB_SECTION_ONCE);
}

/*
 * cb_lock_section() - inside, where there is more to do than to touch one line.
 * @inside: called between reading the line and writing it back, for fixtures; may be NULL.
 */
CB_INLINE void cb_lock_section(const struct cb_lock_state *st, struct cb_section *s,
    struct cb_lock_worker *own, struct cb_worker *w, uint64_t *handoffs,
    void (*inside)(struct cb_worker *w, struct cb_lock_state *st), uint64_t me)
{
	const uint64_t word = cb_load(&s->word);

	/* A section that ends at once is over before another PU could see that it began. */
	if (st->hold_turns || inside) {
		own->violations += word & CB_SECTION_INSIDE;
		cb_store(&s->word, word | CB_SECTION_INSIDE);
		cb_spin(st->hold_turns);
		if (inside)
			inside(w, (struct cb_lock_state *)(uintptr_t)st);
		own->violations += cb_load(&s->word) != (word | CB_SECTION_INSIDE);
	}
	cb_lock_touch(s, st->lines, handoffs, me, word);
}

/* A reader: nothing may change under it. @w: the worker lets others run; NULL: it does not. */
CB_INLINE void cb_lock_section_shared(const struct cb_lock_state *st, const struct cb_section *s,
    struct cb_lock_worker *own, struct cb_worker *w)
{
	const uint64_t word = cb_load(&s->word);
	bool same = !(word & CB_SECTION_INSIDE);

	for (uint32_t i = 1; i < st->lines; i++)
		same &= cb_section_entered(&s[i]) == word >> CB_SECTION_ENTERED_SHIFT;
	if (CB_UNLIKELY(st->hold_turns != 0))
		cb_spin(st->hold_turns);
	if (w)
		cb_yield(w);
	own->violations += !same || cb_load(&s->word) != word;
}

/* Notes the outcome of a try. Return: true when it got the lock. */
CB_INLINE bool cb_lock_tried(struct cb_lock_worker *own, int got)
{
	if (got < 0)
		return false;
	own->tried++;
	own->found_held += got == 0;
	return got > 0;
}

/* Does this batch touch the section's lines? */
CB_INLINE bool cb_lock_touches(const struct cb_lock_state *st, struct cb_worker *w)
{
	return st->lines || st->checking || !cb_in_window(w, cb_now_ns());
}

/* cb_lock_special() - is this turn timed (true) or tried? Draws the next such turn. */
CB_INLINE bool cb_lock_special(struct cb_worker *w, struct cb_lock_worker *own, uint64_t n)
{
	const uint64_t every = n > CB_LOCK_SAMPLED ? n : CB_LOCK_SAMPLED;

	own->special += 1 + cb_random(w) % every;
	own->times_next = !own->times_next;
	return !own->times_next;
}

/*
 * cb_lock_turns() - one lock, no readers, no deadlines. The kind's functions are inlined twice, so
 * that the work of the few special turns takes no register from the others.
 * @bare: as in the state, but a constant, so that the tight loop has nothing to test.
 */
CB_INLINE uint64_t cb_lock_turns(struct cb_worker *w, struct cb_lock_state *st, uint64_t n,
    struct cb_section *s, const struct cb_lock_ops *ops,
    void (*inside)(struct cb_worker *w, struct cb_lock_state *st), bool bare)
{
	struct cb_lock_worker *own = &st->worker[w->index];
	void *const lock = st->lock, *const node = cb_lock_node(st, w);
	const uint64_t me = ((uint64_t)w->index + 1) * 2, first = own->turn, end = first + n;
	const bool touch = cb_lock_touches(st, w);
	uint64_t turn = first, special = own->special, handoffs = 0;

	do {
		uint64_t asked_ns = 0, held_ns = 0;

		if (!bare && st->think_turns)
			cb_spin(st->think_turns);
		if (CB_UNLIKELY(turn == special)) {
			if (cb_lock_special(w, own, n)) {
				asked_ns = cb_now_ns();
				ops->acquire(lock, node, w);
				held_ns = cb_now_ns();
			} else if (!ops->try_acquire ||
				   !cb_lock_tried(own, ops->try_acquire(lock, node, w))) {
				ops->acquire(lock, node, w);
			}
			special = own->special;
		} else {
			ops->acquire(lock, node, w);
		}
		if (CB_LIKELY(touch && bare))
			cb_lock_touch(s, 1, &handoffs, me, cb_load(&s->word));
		else if (touch)
			cb_lock_section(st, s, own, w, &handoffs, inside, me);
		else if (!bare && st->hold_turns)
			cb_spin(st->hold_turns);
		ops->release(lock, node, w);
		/* After the release, so that nobody waits for bookkeeping. */
		if (CB_UNLIKELY(held_ns != 0))
			cb_lock_timed(w, asked_ns, held_ns);
		turn++;
		/* Asked in every turn: with more workers than PUs one acquisition of a fair spin
		 * lock takes milliseconds. */
	} while (turn != end && !cb_stopping(w));
	own->turn = turn;
	own->written += turn - first;
	own->touched += touch ? turn - first : 0;
	own->handoffs += handoffs;
	return turn - first;
}

/* cb_lock_plain() - cb_lock_turns() as the case needs it, bare or not. */
CB_INLINE uint64_t cb_lock_plain(struct cb_worker *w, struct cb_lock_state *st, uint64_t n,
    struct cb_section *s, const struct cb_lock_ops *ops,
    void (*inside)(struct cb_worker *w, struct cb_lock_state *st))
{
	return st->bare && !inside ? cb_lock_turns(w, st, n, s, ops, NULL, true)
				   : cb_lock_turns(w, st, n, s, ops, inside, false);
}

/* cb_lock_general() - with several locks, readers, or deadlines. */
CB_INLINE uint64_t cb_lock_general(
    struct cb_worker *w, struct cb_lock_state *st, uint64_t n, const struct cb_lock_ops *ops)
{
	struct cb_lock_worker *own = &st->worker[w->index];
	void *const node = cb_lock_node(st, w);
	const uint64_t me = ((uint64_t)w->index + 1) * 2;
	const bool touch = cb_lock_touches(st, w);
	uint64_t handoffs = 0, written = 0, done = 0;

	do {
		const bool special = own->turn++ == own->special;
		const bool timed = special && cb_lock_special(w, own, n);
		const uint64_t drawn = cb_random(w);
		const uint32_t which = (uint32_t)drawn & (st->locks - 1);
		const bool shared = ops->acquire_shared && (drawn >> 32) % 100 < st->read_pct;
		struct cb_section *s = st->section + which * (st->lines ? st->lines : 1);
		void *const lock = st->lock + which * st->lock_stride;
		uint64_t asked_ns = 0, held_ns = 0, until_ns;

		if (CB_UNLIKELY(st->think_turns != 0))
			cb_spin(st->think_turns);
		if (CB_UNLIKELY(st->checking))
			cb_lock_outside(w, st);
		if (CB_UNLIKELY(timed))
			asked_ns = cb_now_ns();
		if (shared)
			ops->acquire_shared(lock, node, w);
		else if (ops->acquire_until && st->wait_ns)
			while (!ops->acquire_until(
			    lock, node, w, until_ns = cb_now_ns() + st->wait_ns))
				cb_lock_gave_up(st, w, until_ns);
		else if (!ops->try_acquire || CB_LIKELY(!special || timed) ||
			 !cb_lock_tried(own, ops->try_acquire(lock, node, w)))
			ops->acquire(lock, node, w);
		if (CB_UNLIKELY(timed))
			held_ns = cb_now_ns();
		if (!touch)
			cb_spin(st->hold_turns);
		else if (shared)
			cb_lock_section_shared(st, s, own,
			    CB_UNLIKELY(st->checking) && w->model == CB_COROUTINE ? w : NULL);
		else
			cb_lock_section(st, s, own, w, &handoffs,
			    CB_UNLIKELY(st->checking) ? cb_lock_inside : NULL, me);
		if (shared)
			ops->release_shared(lock, node, w);
		else
			ops->release(lock, node, w);
		written += !shared;
		if (CB_UNLIKELY(timed))
			cb_lock_timed(w, asked_ns, held_ns);
		done++;
	} while (done < n && !cb_stopping(w));
	own->written += written;
	own->touched += touch ? written : 0;
	own->handoffs += handoffs;
	return done;
}

/* For locks that run the section themselves. */
struct cb_lock_closure {
	struct cb_lock_state *st;
	struct cb_section *section; /* NULL: not to be touched */
	struct cb_worker *w;
	uint64_t handoffs;
	uint64_t held_ns;
	bool timed;
};

static inline void cb_lock_closure_run(void *arg)
{
	struct cb_lock_closure *c = (struct cb_lock_closure *)arg;

	if (c->timed)
		c->held_ns = cb_now_ns();
	if (c->section)
		cb_lock_section(c->st, c->section, &c->st->worker[c->w->index], c->w, &c->handoffs,
		    NULL, ((uint64_t)c->w->index + 1) * 2);
	else
		cb_spin(c->st->hold_turns);
}

CB_INLINE uint64_t cb_lock_closures(
    struct cb_worker *w, struct cb_lock_state *st, uint64_t n, const struct cb_lock_ops *ops)
{
	struct cb_lock_worker *own = &st->worker[w->index];
	const bool touch = cb_lock_touches(st, w);
	struct cb_lock_closure c = {st, NULL, w, 0, 0, false};
	uint64_t done = 0;

	do {
		const uint32_t which = st->locks > 1 ? (uint32_t)cb_random(w) & (st->locks - 1) : 0;
		uint64_t asked_ns = 0;

		c.timed = own->turn++ == own->special && cb_lock_special(w, own, n);
		c.section = touch ? st->section + which * (st->lines ? st->lines : 1) : NULL;
		if (CB_UNLIKELY(st->think_turns != 0))
			cb_spin(st->think_turns);
		if (CB_UNLIKELY(c.timed))
			asked_ns = cb_now_ns();
		ops->run(st->lock + which * st->lock_stride, cb_lock_node(st, w), w,
		    cb_lock_closure_run, &c);
		if (CB_UNLIKELY(c.timed))
			cb_lock_timed(w, asked_ns, c.held_ns);
		done++;
	} while (done < n && !cb_stopping(w));
	own->written += done;
	own->touched += touch ? done : 0;
	own->handoffs += c.handoffs;
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
#define CB_LOCK_WORK(x)                                                                       \
	static const struct cb_workload cb_lock_work_##x = {CB_LOCK_OP, CB_LOCK_LATENCY, 0,   \
	    cb_lock_state_size, cb_lock_setup, NULL, cb_lock_batch_##x, NULL, cb_lock_check,  \
	    cb_lock_report, cb_lock_teardown, NULL, NULL, 0, 0, false, false, CB_LOCK_INSIDE, \
	    CB_LOCK_CHECKED};

/* CB_LOCK_KIND(x) - the kind of cb_lock_impl_x with cb_lock_work_x, entered into the table. */
#define CB_LOCK_KIND(x, about, source, from, models, flags)                                     \
	static const struct cb_kind cb_kind_##x = {"lock", #x, about, source, flags, from, 2,   \
	    models, ((models)&CB_CAN_OS) == CB_CAN_OS ? CB_LOCK_NO_COROUTINES : CB_NOT_CLAIMED, \
	    &cb_lock_work_##x, NULL, &cb_lock_impl_##x, NULL, 0, NULL, NULL, NULL, 0, NULL, 0,  \
	    NULL, NULL, NULL, NULL, ""};                                                        \
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
	CB_LOCK_CALL(x, try_acquire, type, node_type, int, return (int)(try_))  \
	CB_LOCK_CALL(x, tries, type, node_type, bool,                           \
	    return !__builtin_constant_p(try_) || (int)(try_) + 1)

#define CB_LOCK_CALL(x, name, type, node_type, result, ...)                        \
	CB_INLINE __attribute__((unused))                                          \
	result cb_lock_##name##_##x(void *lock_, void *node_, struct cb_worker *w) \
	{                                                                          \
		type *lock = (type *)lock_;                                        \
		node_type *node = (node_type *)node_;                              \
                                                                                   \
		(void)lock;                                                        \
		(void)node;                                                        \
		(void)w;                                                           \
		__VA_ARGS__;                                                       \
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

#define CB_LOCK_REST(x, about, source, from, models, type, node_type)                       \
	CB_LOCK_BATCH(x)                                                                    \
	CB_LOCK_WORK(x)                                                                     \
	CB_ROOM_OF(cb_lock_room_##x, type)                                                  \
	CB_ROOM_OF(cb_lock_node_room_##x, node_type)                                        \
	static const struct cb_lock cb_lock_impl_##x = {&cb_lock_ops_##x, cb_lock_room_##x, \
	    cb_lock_node_room_##x, ((models)&CB_FIFO) != 0, cb_lock_tries_##x};             \
	CB_LOCK_KIND(x, about, source, from, (models) & ~CB_FIFO, 0)

#ifdef __cplusplus
}
#endif

#endif
