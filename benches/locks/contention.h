/*
 * contention.h - the lock workload: workers take one lock in turn, and prove that they did.
 *
 * To add a lock, write in its library's file (pthread.c is the shortest)
 *
 *	static int x_init(struct contention *c, enum model model)       0; -errno
 *	static inline void x_acquire(struct worker *w, struct contention *c)
 *	static inline void x_release(struct worker *w, struct contention *c)
 *	static inline bool x_try(struct worker *w, struct contention *c)    true: acquired
 *
 * with the lock itself at contention_lock(c) and what each worker needs of its own, such as a queue
 * node, at contention_node(c, w); then CONTENTION_BATCH(x) and {LOCK_KIND(x, "name")} in the table.
 * Both areas are shared memory under every model and start as zeroes. For a lock that cannot be
 * tried, define x_try as NULL.
 *
 * An operation is: think, acquire, look who was in last, count, hold, release. The loop is
 * instantiated for each lock with its own functions inlined, since calls through pointers would
 * cost a good part of an uncontended lock.
 *
 * `none` is the whole loop without a lock: what self-check and sampling add to every other figure.
 */
#ifndef CONCBENCH_LOCKS_CONTENTION_H
#define CONCBENCH_LOCKS_CONTENTION_H

#include "harness/base/clock.h"
#include "harness/work/bench_case.h"

/* Places in bench_case.params. */
enum contention_param {
	CONTENTION_HOLD_NS,  /* work inside the critical section */
	CONTENTION_THINK_NS, /* work between release and the next acquire */
};

/*
 * One acquisition in this many is timed: timing each would change what is timed. Another one tries
 * before it waits, to see whether the lock is held: not a timed one, since a failed try has already
 * fetched the lock's cache line. (That the owner word is set says nothing: an empty section is over
 * before any other PU can see its beginning.)
 */
#define CONTENTION_SAMPLED 64u
#define CONTENTION_TIMED 0u
#define CONTENTION_TRIED (CONTENTION_SAMPLED / 2)

/* Room for any lock and any node: two cache lines, which the prefetcher pulls as a pair. */
#define CONTENTION_LOCK_BYTES ARENA_ALIGN

/*
 * What the lock protects. Loads and stores apart, never a read-modify-write: two workers inside at
 * once lose a count. Relaxed atomics, so that this is a wrong sum and not undefined behaviour.
 */
struct contention_data {
	_Alignas(ARENA_ALIGN) _Atomic uint64_t counter;
	/* (index + 1) * 2 of whoever was in last, + 1 while inside. */
	_Atomic uint64_t owner;
};

/* Written by one worker only, and summed up by the cell between trials. */
struct contention_worker {
	_Alignas(CONTENTION_LOCK_BYTES) unsigned char node[CONTENTION_LOCK_BYTES];
	struct contention_data data;         /* of the kind that shares none */
	_Alignas(ARENA_ALIGN) uint64_t turn; /* counts on over batches, which may be of one */
	uint64_t handoffs;                   /* acquisitions after somebody else's */
	uint64_t tried;
	uint64_t found_held; /* of those tried */
	uint64_t violations; /* somebody else was inside too */
};

/* The same, of all workers, up to the last trial reported. */
struct contention_totals {
	uint64_t acquired;
	uint64_t handoffs;
	uint64_t tried;
	uint64_t found_held;
};

struct contention {
	/* Not written while workers run. */
	_Alignas(ARENA_ALIGN) uint64_t hold_turns; /* of contention_spin() */
	uint64_t think_turns;
	struct contention_totals reported; /* the cell's */
	/* The lock, and apart from it what it protects: waiters on one leave the other alone. */
	_Alignas(ARENA_ALIGN) unsigned char lock[CONTENTION_LOCK_BYTES];
	struct contention_data data;
	struct contention_worker worker[]; /* one for each */
};

static inline void *contention_lock(struct contention *c)
{
	return c->lock;
}

static inline void *contention_node(struct contention *c, const struct worker *w)
{
	return c->worker[w->index].node;
}

struct lock_kind {
	const char *name;
	struct workload workload;
	int (*init)(struct contention *c, enum model model);
	bool quick;             /* in the quick profile too; smoke takes these only */
	bool no_section;        /* nothing is held: hold_ns means nothing */
	const char *coroutines; /* why not; NULL: no row about it (one says it for all) */
};

/* A library's table of locks. */
struct lock_library {
	const struct lock_kind *kinds;
	size_t count;
};

extern const struct lock_library lock_library_builtin;
extern const struct lock_library lock_library_pthread;
extern const struct lock_library lock_library_ck;

#define LOCK_LIBRARY(table)                                                   \
	{                                                                     \
		.kinds = (table), .count = sizeof(table) / sizeof((table)[0]) \
	}

/* Return: bytes of a struct contention for so many workers. */
size_t contention_state_size(const struct bench_case *bc);

/** contention_setup() - calibrate hold and think times, make the lock (env->bc->kind's init). */
int contention_setup(struct bench_env *env, char *why, size_t why_len);

/**
 * contention_check() - the protected counter is the sum of all operations, and nobody has met
 * another inside. contention_check_own(): the same of counters that every worker has alone.
 */
int contention_check(const struct bench_env *env, char *why, size_t why_len);
int contention_check_own(const struct bench_env *env, char *why, size_t why_len);

/**
 * contention_report() - of the last trial: "handoff_share", acquisitions by another worker than the
 * one before, and "contended_share", acquisitions that found the lock held, of those that tried.
 */
void contention_report(const struct bench_env *env, struct metric_set *metrics);

/**
 * contention_spin() - work that takes a while, without reading a clock: a read of it is 25 ns, too
 * coarse for a section of 100. Not inline: the loop timed at setup has to be the one that runs,
 * down to its alignment. As exact as the PU's frequency is steady.
 */
void contention_spin(uint64_t turns);

/* A table's line for the lock whose functions are x_init(), x_acquire(), x_release(). */
#define LOCK_KIND(x, lock_name)                                               \
	.name = (lock_name), .init = x##_init,                                \
	.workload = {                                                         \
	    .op = "acquire+release",                                          \
	    .latency_of = "asking for the lock to holding it, 1 of 64 timed", \
	    .state_size = contention_state_size,                              \
	    .setup = contention_setup,                                        \
	    .batch = x##_batch,                                               \
	    .check = contention_check,                                        \
	    .report = contention_report,                                      \
	}

/* Out of line, so that the acquisitions that are not timed have the registers. */
uint64_t contention_clock_ns(void);
void contention_timed(struct worker *w, uint64_t asked_ns, uint64_t held_ns);

typedef void (*contention_op)(struct worker *w, struct contention *c);
typedef bool (*contention_try_fn)(struct worker *w, struct contention *c);

struct contention_ops {
	contention_op acquire;
	contention_op release;
	contention_try_fn try;
	contention_op inside; /* between reading the counter and writing it back, for tests */
};

/* Return: true when that got the lock. */
static inline __attribute__((always_inline)) bool contention_try(
    struct worker *w, struct contention *c, struct contention_worker *own, contention_try_fn try)
{
	own->tried++;
	if (try(w, c))
		return true;
	own->found_held++;
	return false;
}

/*
 * contention_loop() - the template. Always inlined, and so are the functions it is given.
 * @data: what the lock protects.
 * @ops:  a constant, or nothing is inlined.
 */
static inline __attribute__((always_inline)) uint64_t contention_loop(struct worker *w,
    struct contention *c, uint64_t n, struct contention_data *data,
    const struct contention_ops *ops)
{
	struct contention_worker *own = &c->worker[w->index];
	const uint64_t me = ((uint64_t)w->index + 1) * 2;
	uint64_t turn = own->turn, handoffs = 0, done = 0;

	do {
		const uint64_t nth = turn++ % CONTENTION_SAMPLED;
		const bool timed = nth == CONTENTION_TIMED;
		uint64_t last, count, asked_ns = 0, held_ns = 0;

		if (__builtin_expect(c->think_turns != 0, 0))
			contention_spin(c->think_turns);
		if (__builtin_expect(timed, 0))
			asked_ns = contention_clock_ns();
		if (!ops->try || __builtin_expect(nth != CONTENTION_TRIED, 1) ||
		    !contention_try(w, c, own, ops->try))
			ops->acquire(w, c);
		if (__builtin_expect(timed, 0))
			held_ns = contention_clock_ns();

		last = atomic_load_explicit(&data->owner, memory_order_relaxed);
		if (__builtin_expect(last & 1, 0))
			own->violations++;
		handoffs += last != me;
		atomic_store_explicit(&data->owner, me + 1, memory_order_relaxed);
		count = atomic_load_explicit(&data->counter, memory_order_relaxed);
		if (__builtin_expect(c->hold_turns != 0, 0))
			contention_spin(c->hold_turns);
		if (ops->inside)
			ops->inside(w, c);
		atomic_store_explicit(&data->counter, count + 1, memory_order_relaxed);
		last = atomic_load_explicit(&data->owner, memory_order_relaxed);
		if (__builtin_expect(last != me + 1, 0))
			own->violations++;
		atomic_store_explicit(&data->owner, me, memory_order_relaxed);
		ops->release(w, c);

		/* After the release: nobody should wait for bookkeeping. */
		if (__builtin_expect(timed, 0))
			contention_timed(w, asked_ns, held_ns);
		done++;
		/* Every time round: with more workers than PUs one acquisition of a fair spin lock
		 * takes milliseconds. */
	} while (done < n && !worker_stopping(w));
	own->turn = turn;
	own->handoffs += handoffs;
	return done;
}

/* x_batch(): the loop for x_acquire(), x_release() and x_try(). */
#define CONTENTION_BATCH(x)                                                          \
	static uint64_t x##_batch(struct worker *w, void *state, uint64_t n)         \
	{                                                                            \
		static const struct contention_ops ops = {                           \
		    .acquire = x##_acquire, .release = x##_release, .try = x##_try}; \
		struct contention *c = state;                                        \
                                                                                     \
		return contention_loop(w, c, n, &c->data, &ops);                     \
	}

#endif
