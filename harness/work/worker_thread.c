/* worker_thread.c - the worker's operations in a thread or process: they block in the kernel. */
#include "harness/work/worker_models.h"

#include "harness/base/clock.h"

#include <errno.h>
#include <poll.h>
#include <sched.h>
#include <unistd.h>

static ssize_t blocking_read(struct cb_worker *w, int fd, void *buf, size_t n)
{
	ssize_t ret;

	(void)w;
	do {
		ret = read(fd, buf, n);
	} while (ret < 0 && errno == EINTR);
	return ret < 0 ? -errno : ret;
}

static ssize_t blocking_write(struct cb_worker *w, int fd, const void *buf, size_t n)
{
	ssize_t ret;

	(void)w;
	do {
		ret = write(fd, buf, n);
	} while (ret < 0 && errno == EINTR);
	return ret < 0 ? -errno : ret;
}

static int blocking_accept(struct cb_worker *w, int fd, struct sockaddr *addr, socklen_t *len)
{
	int ret;

	(void)w;
	do {
		ret = accept4(fd, addr, len, SOCK_CLOEXEC);
	} while (ret < 0 && errno == EINTR);
	return ret < 0 ? -errno : ret;
}

static int blocking_connect(struct cb_worker *w, int fd, const struct sockaddr *addr, socklen_t len)
{
	(void)w;
	/* Not restarted on EINTR: the connection goes on being made (connect(2), ERRORS). */
	return connect(fd, addr, len) < 0 ? -errno : 0;
}

static int blocking_await_fd(struct cb_worker *w, int fd, bool writable, uint64_t until_ns)
{
	struct pollfd p = {.fd = fd, .events = writable ? POLLOUT : POLLIN};
	int ret;

	(void)w;
	/* ppoll(2) leaves it out, and would wait for nothing. */
	if (fd < 0)
		return -EBADF;
	do {
		const uint64_t now_ns = clock_now_ns();
		const uint64_t left_ns = until_ns > now_ns ? until_ns - now_ns : 0;
		const struct timespec left = {.tv_sec = (time_t)(left_ns / CLOCK_NS_PER_S),
		    .tv_nsec = (long)(left_ns % CLOCK_NS_PER_S)};

		ret = ppoll(&p, 1, until_ns == CB_FOR_EVER ? NULL : &left, NULL);
	} while (ret < 0 && errno == EINTR);
	if (ret > 0 && (p.revents & POLLNVAL))
		return -EBADF;
	return ret < 0 ? -errno : ret;
}

static void blocking_sleep_until(struct cb_worker *w, uint64_t abs_ns)
{
	(void)w;
	clock_sleep_until_ns(abs_ns);
}

static void blocking_yield(struct cb_worker *w)
{
	(void)w;
	(void)sched_yield();
}

static inline void cpu_pause(void)
{
#if defined(__x86_64__) || defined(__i386__)
	__builtin_ia32_pause();
#elif defined(__aarch64__) || defined(__arm__)
	__asm__ __volatile__("yield" ::: "memory");
#endif
}

static void blocking_relax(struct cb_worker *w)
{
	if (w->oversubscribed)
		(void)sched_yield();
	else
		cpu_pause();
}

static void blocking_lock(struct cb_worker *w, struct cb_mutex *m)
{
	int ret = pthread_mutex_lock(&m->pthread);

	if (ret)
		cb_fail(w, -ret, "pthread_mutex_lock");
}

static void blocking_unlock(struct cb_worker *w, struct cb_mutex *m)
{
	int ret = pthread_mutex_unlock(&m->pthread);

	if (ret)
		cb_fail(w, -ret, "pthread_mutex_unlock");
}

static bool blocking_wait(
    struct cb_worker *w, struct cb_cond *c, struct cb_mutex *m, uint64_t until_ns)
{
	const struct timespec until = {.tv_sec = (time_t)(until_ns / CLOCK_NS_PER_S),
	    .tv_nsec = (long)(until_ns % CLOCK_NS_PER_S)};
	int ret = until_ns == CB_FOR_EVER
		      ? pthread_cond_wait(&c->pthread, &m->pthread)
		      : pthread_cond_clockwait(&c->pthread, &m->pthread, CLOCK_MONOTONIC, &until);

	if (ret == ETIMEDOUT)
		return false;
	if (ret)
		cb_fail(w, -ret, "pthread_cond_wait");
	return true;
}

static void blocking_wake(struct cb_worker *w, struct cb_cond *c, bool all)
{
	int ret = all ? pthread_cond_broadcast(&c->pthread) : pthread_cond_signal(&c->pthread);

	if (ret)
		cb_fail(w, -ret, "pthread_cond_signal");
}

uint64_t worker_count_call(struct cb_worker *w)
{
	return ++w->calls;
}

const struct cb_worker_ops worker_blocking_ops = {
    .read = blocking_read,
    .write = blocking_write,
    .accept = blocking_accept,
    .connect = blocking_connect,
    .await_fd = blocking_await_fd,
    .sleep_until = blocking_sleep_until,
    .yield = blocking_yield,
    .relax = blocking_relax,
    .lock = blocking_lock,
    .unlock = blocking_unlock,
    .wait = blocking_wait,
    .wake = blocking_wake,
    .nothing = worker_count_call,
};

int cb_stand_in(const struct cb_env *env, unsigned index, struct cb_worker **out)
{
	static const _Atomic uint64_t never = UINT64_MAX;
	static const uint32_t no_stop;
	static struct worker self;
	const int pu = env->pu[index], ret = pu < 0 ? 0 : cb_bind_self(pu);

	if (ret)
		return ret;
	self = (struct worker){.pub = {.ops = &worker_blocking_ops,
				   .stop = &no_stop,
				   .index = index,
				   .role = index,
				   .count = env->workers,
				   .model = CB_PROCESS,
				   .oversubscribed = env->oversubscribed,
				   .pu = pu,
				   .node = -1,
				   .rng = env->seed ^ (index + 1) * UINT64_C(0x9E3779B97F4A7C15)},
	    .open_ns = &never,
	    .close_ns = &never};
	self.pub.rng += !self.pub.rng;
	*out = &self.pub;
	return 0;
}
