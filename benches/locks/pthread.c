/*
 * pthread.c - the C library's locks. Shared between processes exactly under the process model: a
 * private one in shared memory hangs, since its futex is keyed by address space, and a shared one
 * between threads is not what programs use.
 */
#include "benches/locks/contention.h"

#include <assert.h>
#include <pthread.h>

static_assert(sizeof(pthread_mutex_t) <= CONTENTION_LOCK_BYTES, "the lock's area is too small");
static_assert(sizeof(pthread_spinlock_t) <= CONTENTION_LOCK_BYTES, "the lock's area is too small");

static int sharing(enum model model)
{
	return model == MODEL_PROCESS ? PTHREAD_PROCESS_SHARED : PTHREAD_PROCESS_PRIVATE;
}

static int mutex_init(struct contention *c, enum model model)
{
	pthread_mutexattr_t attr;
	int ret = pthread_mutexattr_init(&attr);

	if (ret)
		return -ret;
	ret = pthread_mutexattr_setpshared(&attr, sharing(model));
	if (!ret)
		ret = pthread_mutex_init(contention_lock(c), &attr);
	(void)pthread_mutexattr_destroy(&attr);
	return -ret;
}

static inline void mutex_acquire(struct worker *w, struct contention *c)
{
	const int ret = pthread_mutex_lock(contention_lock(c));

	if (ret)
		worker_fail(w, -ret, "pthread_mutex_lock");
}

static inline void mutex_release(struct worker *w, struct contention *c)
{
	const int ret = pthread_mutex_unlock(contention_lock(c));

	if (ret)
		worker_fail(w, -ret, "pthread_mutex_unlock");
}

static inline bool mutex_try(struct worker *w, struct contention *c)
{
	(void)w;
	return pthread_mutex_trylock(contention_lock(c)) == 0;
}

CONTENTION_BATCH(mutex)

static int spin_init(struct contention *c, enum model model)
{
	return -pthread_spin_init(contention_lock(c), sharing(model));
}

static inline void spin_acquire(struct worker *w, struct contention *c)
{
	const int ret = pthread_spin_lock(contention_lock(c));

	if (ret)
		worker_fail(w, -ret, "pthread_spin_lock");
}

static inline void spin_release(struct worker *w, struct contention *c)
{
	const int ret = pthread_spin_unlock(contention_lock(c));

	if (ret)
		worker_fail(w, -ret, "pthread_spin_unlock");
}

static inline bool spin_try(struct worker *w, struct contention *c)
{
	(void)w;
	return pthread_spin_trylock(contention_lock(c)) == 0;
}

CONTENTION_BATCH(spin)

static const struct lock_kind pthread_locks[] = {
    {LOCK_KIND(mutex, "pthread_mutex"), .quick = true,
	.coroutines =
	    "a lock that blocks or spins stops its carrier and every coroutine on it, the "
	    "one that holds the lock included"},
    {LOCK_KIND(spin, "pthread_spin")},
};

const struct lock_library lock_library_pthread = LOCK_LIBRARY(pthread_locks);
