/* thread.c - POSIX threads: joined, on the C library's own stacks, which are used again by the next
 * one; on small ones; and detached. */
#include "benches/create/thread.h"

#include <errno.h>
#include <stdio.h>
#include <unistd.h>

static void *live(void *arg)
{
	life_live(arg, NULL);
	return arg;
}

static int make(struct life *l)
{
	return -pthread_create(&l->thread, NULL, live, l);
}

static int await(struct life *l)
{
	return -pthread_join(l->thread, NULL);
}

static const struct cb_sweep sweeps[] = {
    {CB_SMOKE, "model=thread workers=1"},
    {CB_QUICK, "model=thread workers=pus"},
    {CB_FULL, "model=thread,process workers=1,pus,2*pus"},
    {CB_FULL, "model=process workers=1 dirty_bytes=256MiB"},
    {CB_FULL, "model=process workers=1 threads=1000"},
    {CB_CHECK, "model=thread,process workers=1,3"},
    {CB_CHECK, "model=process workers=2 dirty_bytes=1MiB threads=5"},
};

LIFE(thread, "pthread_create(3) and pthread_join(3), on a stack that was used before", "glibc",
    CB_SMOKE, life_setup, life_enter, make, await, .sweeps = sweeps,
    .sweep_count = sizeof(sweeps) / sizeof(sweeps[0]))

/* ---- on small stacks ---- */

/* A maker keeps where on its stack the last one was. */
static uintptr_t *place_of(struct life *l)
{
	return (uintptr_t *)(void *)life_maker_of(l)->own;
}

static void note_place(struct life *l)
{
	*place_of(l) = (uintptr_t)__builtin_frame_address(0);
}

static void *live_small(void *arg)
{
	life_live(arg, note_place);
	return arg;
}

int thread_make(struct life *l, size_t stack_bytes)
{
	pthread_attr_t attr;
	int ret = pthread_attr_init(&attr);

	if (ret)
		return -ret;
	ret = stack_bytes ? pthread_attr_setstacksize(&attr, stack_bytes) : 0;
	ret = ret ? ret : pthread_create(&l->thread, &attr, live_small, l);
	(void)pthread_attr_destroy(&attr);
	return -ret;
}

/* Of stacks that are free the C library takes one of up to four times the size, the guard of each
 * included; and a sanitizer gives each at least what it needs itself: megabytes, for threads. */
#if defined(__SANITIZE_THREAD__)
#define MOST_TIMES 1024u
#elif defined(__SANITIZE_ADDRESS__)
#define MOST_TIMES 32u
#else
#define MOST_TIMES 5u
#endif

/* Has one that has run, and was not joined, been on a stack of that size? Return: 0; -errno. */
static int look_at_stack(struct life *l, size_t stack_bytes, bool *right)
{
	pthread_attr_t attr;
	void *lowest = NULL;
	size_t bytes = 0;
	int ret;

	/* Its affinity is asked for by a number that it may lose at that moment; then it has none.
	 */
	while ((ret = pthread_getattr_np(l->thread, &attr)) == ESRCH)
		;
	if (ret)
		return -ret;
	ret = pthread_attr_getstack(&attr, &lowest, &bytes);
	(void)pthread_attr_destroy(&attr);
	*right = bytes >= stack_bytes && bytes < MOST_TIMES * stack_bytes &&
		 *place_of(l) - (uintptr_t)lowest < bytes;
	return -ret;
}

void thread_enter(
    struct cb_worker *w, void *state, size_t stack_bytes, int (*make_it)(struct life *l))
{
	struct life_maker *own = (struct life_maker *)state + w->index;
	const struct life fresh = {.maker = w, .key = cb_random(w)};
	bool right = false;
	int ret;

	life_enter(w, state);
	own->life = fresh;
	ret = make_it(&own->life);
	if (ret) {
		cb_fail(w, ret, "making a worker");
		return;
	}
	while (!cb_load_acquire(&own->life.ran))
		(void)sched_yield();
	cb_expect(w, -look_at_stack(&own->life, stack_bytes, &right), "the stack of a worker");
	own->wrong += !right;
	cb_expect(w, pthread_join(own->life.thread, NULL), "awaiting a worker");
}

/* SMALL(kib) - on stacks of so many KiB. What the C library keeps in a stack is in there, too. */
#define SMALL(kib)                                                                          \
	static int can_##kib(const struct cb_case *c, char *why, size_t why_len)            \
	{                                                                                   \
		const long least = sysconf(_SC_THREAD_STACK_MIN);                           \
                                                                                            \
		(void)c;                                                                    \
		if (least <= 1024 * (kib))                                                  \
			return 0;                                                           \
		(void)snprintf(why, why_len, "stacks have at least %ld bytes here", least); \
		return -ENOTSUP;                                                            \
	}                                                                                   \
	static int make_##kib(struct life *l)                                               \
	{                                                                                   \
		return thread_make(l, 1024 * (kib));                                        \
	}                                                                                   \
	static void enter_##kib(struct cb_worker *w, void *state)                           \
	{                                                                                   \
		thread_enter(w, state, 1024 * (kib), make_##kib);                           \
	}                                                                                   \
	LIFE(thread_##kib##k,                                                               \
	    "the same on stacks of " #kib " KiB instead of the limit's (8 MiB as a rule)",  \
	    "glibc", CB_FULL, life_setup, enter_##kib, make_##kib, await, .can = can_##kib)

SMALL(16)
SMALL(64)

/* ---- detached ---- */

/* Nobody joins it: that it is done is all that can be awaited, and its end comes after that. */
static void *live_alone(void *arg)
{
	struct life *l = arg;

	life_live(l, NULL);
	(void)syscall(SYS_futex, &l->ran, FUTEX_WAKE_PRIVATE, 1, NULL, NULL, 0);
	return NULL;
}

static int make_detached(struct life *l)
{
	pthread_attr_t attr;
	int ret = pthread_attr_init(&attr);

	if (ret)
		return -ret;
	ret = pthread_attr_setdetachstate(&attr, PTHREAD_CREATE_DETACHED);
	ret = ret ? ret : pthread_create(&l->thread, &attr, live_alone, l);
	(void)pthread_attr_destroy(&attr);
	return -ret;
}

static int await_done(struct life *l)
{
	while (!__atomic_load_n(&l->ran, __ATOMIC_ACQUIRE))
		if (syscall(SYS_futex, &l->ran, FUTEX_WAIT_PRIVATE, 0, NULL, NULL, 0) < 0 &&
		    errno != EAGAIN && errno != EINTR)
			return -errno;
	return 0;
}

LIFE(thread_detached, "a detached thread, awaited on a futex: its own end is nobody's to wait for",
    "glibc", CB_FULL, life_setup, life_enter, make_detached, await_done, .flags = 0)
