/*
 * life.h - the life of a worker that is made, runs next to nothing and is awaited; and each phase
 * of it timed apart.
 *
 * A row makes it and awaits it, the one that was made runs life_live(); life_batch() does the rest.
 * Both are on one PU: the one that is made inherits it, and is bound to it again where it
 * is ours to bind.
 */
#ifndef CONCBENCH_CREATE_LIFE_H
#define CONCBENCH_CREATE_LIFE_H

#include <concbench/concbench.h>

#include <pthread.h>
#include <sched.h>
#include <sys/types.h>

enum life_phase {
	LIFE_CALL,  /* making it, until the call is back: what its maker pays at once */
	LIFE_FIRST, /* from that call to its first instruction */
	LIFE_JOIN,  /* from its last instruction to its maker's going on */
	LIFE_PHASES,
};

#define LIFE_OWN_BYTES 64

/* One of those that are made. In shared state, so that a process could be one. */
struct life {
	struct cb_worker *maker;
	uint64_t key; /* it is made with */
	pthread_t thread;
	pid_t process;
	int pidfd;
	/* Written by itself. */
	uint64_t answer; /* to its key */
	uint64_t first_ns, last_ns;
	int pu;
	int error;
	uint64_t charged_ns; /* a process: of its CPU time, by the time that it ended */
	uint32_t ran;        /* last of all */
} CB_ALIGNED;

/* The state is one of these a worker. Of those it has made since the launch began; what is timed is
 * of the trial. */
struct life_maker {
	struct life life;
	uint64_t made, ran;
	uint64_t strangers; /* did not get what they were made with */
	uint64_t astray;    /* ran on another PU */
	uint64_t timed;     /* in the window */
	uint64_t phase_ns[LIFE_PHASES];
	size_t dirty_bytes; /* written to by it before */
	bool dirtied;
	/* The row's. */
	int fd[2]; /* of setup() */
	unsigned char own[LIFE_OWN_BYTES] CB_ALIGNED;
} CB_ALIGNED;

/* splitmix64's finaliser (Steele, Lea, Flood 2014): nobody comes to it by chance. */
static inline uint64_t life_answer(uint64_t key)
{
	key = (key ^ (key >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
	key = (key ^ (key >> 27)) * UINT64_C(0x94d049bb133111eb);
	return key ^ (key >> 31);
}

/* life_end() - what it does when it has noted the time: neither this nor its end is in a phase.
 * @got: what it was made with. @inside: for fixtures; NULL. */
CB_INLINE void life_end(struct life *l, uint64_t got, void (*inside)(struct life *l))
{
	l->error = cb_adopt_begin(l->maker);
	if (inside)
		inside(l);
	l->pu = sched_getcpu();
	l->answer = life_answer(got);
	cb_adopt_end(l->maker);
	l->last_ns = cb_now_ns();
	__atomic_fetch_add(&l->ran, 1, __ATOMIC_RELEASE);
}

/* life_live() - all that it does. */
CB_INLINE void life_live(struct life *l, void (*inside)(struct life *l))
{
	l->first_ns = cb_now_ns();
	life_end(l, l->key, inside);
}

/* life_count() - one has been awaited: was it what it should be? */
void life_count(struct cb_worker *w, struct life_maker *own);

/* life_note() - the same, and how long did it take? */
void life_note(struct cb_worker *w, struct life_maker *own, uint64_t asked_ns, uint64_t returned_ns,
    uint64_t joined_ns);

/* life_batch_of() - @make, @await: 0 or -errno. @prepare: what is not timed, before each; NULL. */
CB_INLINE uint64_t life_batch_of(struct cb_worker *w, void *state, uint64_t n,
    void (*prepare)(struct life *l), int (*make)(struct life *l), int (*await)(struct life *l))
{
	struct life_maker *own = (struct life_maker *)state + w->index;
	uint64_t done = 0;

	do {
		const struct life fresh = {.maker = w, .key = cb_random(w)};
		uint64_t asked_ns, returned_ns, joined_ns;
		int ret;

		own->life = fresh;
		if (prepare)
			prepare(&own->life);
		asked_ns = cb_now_ns();
		ret = make(&own->life);
		returned_ns = cb_now_ns();
		if (ret) {
			cb_fail(w, ret, "making a worker");
			break;
		}
		ret = await(&own->life);
		joined_ns = cb_now_ns();
		if (ret) {
			cb_fail(w, ret, "awaiting a worker");
			break;
		}
		life_note(w, own, asked_ns, returned_ns, joined_ns);
		done++;
	} while (done < n && !cb_stopping(w));
	return done;
}

CB_INLINE uint64_t life_batch(struct cb_worker *w, void *state, uint64_t n,
    int (*make)(struct life *l), int (*await)(struct life *l))
{
	return life_batch_of(w, state, n, NULL, make, await);
}

size_t life_state_size(const struct cb_case *c);
void life_enter(struct cb_worker *w, void *state);
int life_check(const struct cb_env *env, char *why, size_t why_len);
void life_report(const struct cb_env *env, struct cb_metrics *metrics);

/** life_mean_ns() - a phase's mean over those that were timed in this trial; not a number when
 * there were none. */
double life_mean_ns(const struct cb_env *env, enum life_phase phase);

#define LIFE_LATENCY "call to make it -> its first instruction"
#define LIFE_TIMED "create one, which runs and notes when, and await its end; then the next"
#define LIFE_CHECKED                                                                       \
	"everything that was made has run once, on the PU of its maker, with what it was " \
	"made with, and was counted"

/* LIFE(x, about, source, from, setup, enter, make, await, ...) - a row; make and await: int
 * functions of a life; what follows are further initialisers of its kind. */
#define LIFE(x, about_, source_, from_, setup_, enter_, make_, await_, ...)          \
	static uint64_t x##_batch(struct cb_worker *w, void *state, uint64_t n)      \
	{                                                                            \
		return life_batch(w, state, n, make_, await_);                       \
	}                                                                            \
	static const struct cb_workload x##_work = {.op = "creation",                \
	    .timed = LIFE_TIMED,                                                     \
	    .checked = LIFE_CHECKED,                                                 \
	    .latency_of = LIFE_LATENCY,                                              \
	    .state_size = life_state_size,                                           \
	    .setup = setup_,                                                         \
	    .enter = enter_,                                                         \
	    .batch = x##_batch,                                                      \
	    .check = life_check,                                                     \
	    .report = life_report};                                                  \
	static const struct cb_kind cb_kind_##x = {.family = "create",               \
	    .name = #x,                                                              \
	    .about = about_,                                                         \
	    .source = source_,                                                       \
	    .from = from_,                                                           \
	    .version = 1,                                                            \
	    .models = CB_CAN_OS,                                                     \
	    .not_models = "awaiting it waits in the kernel: that stops the carrier", \
	    .work = &x##_work,                                                       \
	    __VA_ARGS__};                                                            \
	CB_REGISTER(cb_kind_##x)

#endif
