/* thread.c - POSIX threads: joined, on the C library's own stacks, which are used again by the next
 * one; on small ones; and detached. */
#include "benches/create/life.h"

#include <errno.h>
#include <linux/futex.h>
#include <stdio.h>
#include <sys/syscall.h>
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

LIFE(thread, "pthread_create(3) and pthread_join(3), on a stack that was used before", "glibc",
    CB_SMOKE, NULL, life_enter, make, await, .flags = 0)

/* with() - made with one attribute. Return: 0; -errno. */
static int with(struct life *l, int (*set)(pthread_attr_t *), void *(*fn)(void *))
{
	pthread_attr_t attr;
	int ret = pthread_attr_init(&attr);

	if (ret)
		return -ret;
	ret = set(&attr);
	ret = ret ? ret : pthread_create(&l->thread, &attr, fn, l);
	(void)pthread_attr_destroy(&attr);
	return -ret;
}

#define SMALL_BYTES 65536

static int small(pthread_attr_t *attr)
{
	return pthread_attr_setstacksize(attr, SMALL_BYTES);
}

static int may_be_small(const struct cb_case *c, char *why, size_t why_len)
{
	const long least = sysconf(_SC_THREAD_STACK_MIN);

	(void)c;
	if (least <= SMALL_BYTES)
		return 0;
	(void)snprintf(why, why_len, "stacks have at least %ld bytes here", least);
	return -ENOTSUP;
}

static int make_small(struct life *l)
{
	return with(l, small, live);
}

LIFE(thread_64k, "the same on stacks of 64 KiB instead of the limit's (8 MiB as a rule)", "glibc",
    CB_FULL, NULL, life_enter, make_small, await, .can = may_be_small)

static int detached(pthread_attr_t *attr)
{
	return pthread_attr_setdetachstate(attr, PTHREAD_CREATE_DETACHED);
}

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
	return with(l, detached, live_alone);
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
    "glibc", CB_FULL, NULL, life_enter, make_detached, await_done, .flags = 0)
