/*
 * life.h - the life of a worker that is made, runs next to nothing and is awaited; and each phase
 * of it timed apart.
 *
 * A row makes it and awaits it, the one that was made runs life_live(); life_batch() does the rest.
 * Both are on one PU, which the one that is made inherits; it says where it was. Binding it again
 * would be half of all pages that a forked one writes to.
 */
#ifndef CONCBENCH_CREATE_LIFE_H
#define CONCBENCH_CREATE_LIFE_H

#include <concbench/concbench.h>

#include <linux/futex.h>
#include <pthread.h>
#include <sched.h>
#include <stddef.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <unistd.h>

enum life_phase {
	LIFE_CALL,  /* making it, until the call is back: what its maker pays at once */
	LIFE_FIRST, /* from that call to its first instruction */
	LIFE_JOIN,  /* from its last instruction to its maker's going on */
	/* From that call to its maker's going on, but for what it notes in between: LIFE_FIRST and
	 * LIFE_JOIN together, by a sum of its own. */
	LIFE_WHOLE,
	LIFE_ROW, /* from here on the row's own */
	LIFE_PHASES = LIFE_ROW + 2,
};

#define LIFE_OWN_BYTES 64

/* One of those that are made. In shared state, so that a process could be one. */
struct life {
	struct cb_worker *maker;
	uint64_t key; /* it is made with */
	pthread_t thread;
	pid_t process;
	int pidfd;
	uint32_t there, released; /* life_tell() of each to the other, where the row needs that */
	/* Written by itself, but for what the row's maker times. */
	uint64_t phase_ns[LIFE_PHASES];
	uint64_t answer; /* to its key */
	uint64_t first_ns, last_ns;
	int pu;
	int error;
	pid_t tid;
	uint32_t wrong;      /* what is said of it is not so */
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
	uint64_t wrong;     /* was not what was said of it */
	uint64_t begun;     /* of those made: before this trial */
	uint64_t told;      /* that it had ended; in this trial */
	uint64_t timed;     /* in the window */
	uint64_t apart;     /* of these: with their phases apart, where not all of them are */
	uint64_t phase_ns[LIFE_PHASES];
	size_t dirty_bytes; /* written to by it before */
	bool dirtied;
	unsigned threads; /* in its process, it among them */
	struct sleepers *beside;
	/* The row's. */
	unsigned way;
	enum cb_model of;
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

/* life_maker_of() - who is making it. */
static inline struct life_maker *life_maker_of(struct life *l)
{
	return (struct life_maker *)(void *)((char *)l - offsetof(struct life_maker, life));
}

/* life_await() - until @word is no longer @was, with no time in between. Of threads and processes.
 */
static inline void life_await(const uint32_t *word, uint32_t was)
{
	while (cb_load_acquire(word) == was)
		(void)syscall(SYS_futex, word, FUTEX_WAIT, was, NULL, NULL, 0);
}

/* life_wake() - who waits for the change of @word. */
static inline void life_wake(const uint32_t *word)
{
	(void)syscall(SYS_futex, word, FUTEX_WAKE, 1, NULL, NULL, 0);
}

/* life_tell() / life_await_told() - once. */
static inline void life_tell(uint32_t *word)
{
	cb_store_release(word, 1);
	life_wake(word);
}

static inline void life_await_told(const uint32_t *word)
{
	life_await(word, 0);
}

/* life_end() - what it does when it has noted the time: neither this nor its end is in a phase.
 * @got: what it was made with. @inside: for fixtures; NULL. */
CB_INLINE void life_end(struct life *l, uint64_t got, void (*inside)(struct life *l))
{
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

/* What its maker has written to, which fork copies the page tables of; and how many threads there
 * are beside it. */
#define LIFE_PARAMS 2
extern const struct cb_param life_params[LIFE_PARAMS];

size_t life_state_size(const struct cb_case *c);
/** life_setup() - for kinds with life_params. Return: 0; -ENOTSUP so many threads are not to be
 * had, and the line says why. */
int life_setup(struct cb_env *env, char *why, size_t why_len);
/** life_assign() - for setup(): what all makers are to do, as the row's words have it. */
void life_assign(struct cb_env *env, unsigned way, enum cb_model of);
/** life_try_threads() - for setup(): can there be so many more? Return: as life_setup(). */
int life_try_threads(unsigned count, char *why, size_t why_len);
/** life_window_ns() - as window_ns(), of kinds with life_params. */
uint64_t life_window_ns(const struct cb_case *c);
void life_enter(struct cb_worker *w, void *state);
void life_leave(struct cb_worker *w, void *state);
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

/* Of rows that have two workers to choose from: a thread, or a forked process. */
extern const char *const life_of_words[];
#define LIFE_PARAM_OF                                                                          \
	{                                                                                      \
		"of", CB_WORD, "thread", CB_THREAD, CB_PROCESS, "what is made", life_of_words, \
		    false                                                                      \
	}

/* LIFE_KIND(x, version, about, source, axis, can, of) - a row with `work`, `params`, `sweeps` and
 * `figures` of its own.
 */
#define LIFE_KIND(x, version_, about_, source_, axis_, can_, of)                     \
	static const struct cb_kind cb_kind_##x = {.family = "create",               \
	    .name = #x,                                                              \
	    .about = about_,                                                         \
	    .source = source_,                                                       \
	    .from = CB_FULL,                                                         \
	    .version = version_,                                                     \
	    .models = CB_CAN_OS,                                                     \
	    .not_models = "awaiting it waits in the kernel: that stops the carrier", \
	    .work = &of##work,                                                       \
	    .params = of##params,                                                    \
	    .param_count = sizeof(of##params) / sizeof(of##params[0]),               \
	    .axis = axis_,                                                           \
	    .figures = of##figures,                                                  \
	    .figure_count = sizeof(of##figures) / sizeof(of##figures[0]),            \
	    .sweeps = of##sweeps,                                                    \
	    .sweep_count = sizeof(of##sweeps) / sizeof(of##sweeps[0]),               \
	    .can = can_};                                                            \
	CB_REGISTER(cb_kind_##x)

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
	    .leave = life_leave,                                                     \
	    .check = life_check,                                                     \
	    .report = life_report};                                                  \
	static const struct cb_kind cb_kind_##x = {.family = "create",               \
	    .name = #x,                                                              \
	    .about = about_,                                                         \
	    .source = source_,                                                       \
	    .from = from_,                                                           \
	    .version = 2,                                                            \
	    .models = CB_CAN_OS,                                                     \
	    .not_models = "awaiting it waits in the kernel: that stops the carrier", \
	    .work = &x##_work,                                                       \
	    .params = life_params,                                                   \
	    .param_count = LIFE_PARAMS,                                              \
	    .window_ns = life_window_ns,                                             \
	    __VA_ARGS__};                                                            \
	CB_REGISTER(cb_kind_##x)

#endif
