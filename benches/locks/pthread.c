/*
 * pthread.c - the C library's locks. Shared between processes exactly under the process model: a
 * private one in shared memory hangs, since its futex is keyed by address space, and a shared one
 * between threads is not what programs use.
 */
#include <concbench/lock.h>

#include <errno.h>
#include <pthread.h>
#include <time.h>

static int mutex_init(pthread_mutex_t *m, enum cb_model model)
{
	pthread_mutexattr_t attr;
	int ret = pthread_mutexattr_init(&attr);

	if (ret)
		return -ret;
	ret = pthread_mutexattr_setpshared(&attr, cb_pshared(model));
	if (!ret)
		ret = pthread_mutex_init(m, &attr);
	(void)pthread_mutexattr_destroy(&attr);
	return -ret;
}

/* Two lines more than the short form: it can give up waiting. */
CB_LOCK_CALLS(pthread_mutex, pthread_mutex_t, CB_NO_NODE, mutex_init(lock, env->model),
    cb_expect(w, pthread_mutex_lock(lock), "pthread_mutex_lock"),
    cb_expect(w, pthread_mutex_unlock(lock), "pthread_mutex_unlock"),
    pthread_mutex_trylock(lock) == 0)

#if defined(__SANITIZE_THREAD__)
/* It knows nothing of the real one. */
static int clocklock(pthread_mutex_t *m, uint64_t abs_ns)
{
	int ret;

	while ((ret = pthread_mutex_trylock(m)) == EBUSY && cb_now_ns() < abs_ns)
		;
	return ret == EBUSY ? ETIMEDOUT : ret;
}
#else
static int clocklock(pthread_mutex_t *m, uint64_t abs_ns)
{
	const struct timespec until = {
	    .tv_sec = (time_t)(abs_ns / 1000000000), .tv_nsec = (long)(abs_ns % 1000000000)};

	return pthread_mutex_clocklock(m, CLOCK_MONOTONIC, &until);
}
#endif

static bool mutex_until(void *lock, void *node, struct cb_worker *w, uint64_t abs_ns)
{
	const int ret = clocklock(lock, abs_ns);

	(void)node;
	if (ret == ETIMEDOUT)
		return false;
	cb_expect(w, ret, "pthread_mutex_clocklock");
	return true;
}

static const struct cb_lock_ops cb_lock_ops_pthread_mutex = {.init = cb_lock_init_pthread_mutex,
    .acquire = cb_lock_acquire_pthread_mutex,
    .release = cb_lock_release_pthread_mutex,
    .try_acquire = cb_lock_try_acquire_pthread_mutex,
    .acquire_until = mutex_until};
CB_LOCK_REST(pthread_mutex,
    "sleeps in the kernel when it has to wait; unfair: the first to come gets it",
    "glibc, Drepper: Futexes are tricky (2011)", CB_SMOKE, CB_CAN_OS, pthread_mutex_t, CB_NO_NODE)

CB_LOCK(pthread_spin, "test and set, spinning; unfair", "glibc", CB_FULL, CB_CAN_OS,
    pthread_spinlock_t, CB_NO_NODE, -pthread_spin_init(lock, cb_pshared(env->model)),
    cb_expect(w, pthread_spin_lock(lock), "pthread_spin_lock"),
    cb_expect(w, pthread_spin_unlock(lock), "pthread_spin_unlock"), pthread_spin_trylock(lock) == 0)

static int rwlock_init(pthread_rwlock_t *l, enum cb_model model)
{
	pthread_rwlockattr_t attr;
	int ret = pthread_rwlockattr_init(&attr);

	if (ret)
		return -ret;
	ret = pthread_rwlockattr_setpshared(&attr, cb_pshared(model));
	if (!ret)
		ret = pthread_rwlock_init(l, &attr);
	(void)pthread_rwlockattr_destroy(&attr);
	return -ret;
}

CB_RWLOCK(pthread_rwlock, "readers share it; prefers readers, as glibc's default does", "glibc",
    CB_QUICK, CB_CAN_OS, pthread_rwlock_t, CB_NO_NODE, rwlock_init(lock, env->model),
    cb_expect(w, pthread_rwlock_wrlock(lock), "pthread_rwlock_wrlock"),
    cb_expect(w, pthread_rwlock_unlock(lock), "pthread_rwlock_unlock"),
    pthread_rwlock_trywrlock(lock) == 0,
    cb_expect(w, pthread_rwlock_rdlock(lock), "pthread_rwlock_rdlock"),
    cb_expect(w, pthread_rwlock_unlock(lock), "pthread_rwlock_unlock"))
