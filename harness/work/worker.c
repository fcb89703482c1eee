/* worker.c - shared by all execution models: latencies, mutexes, descriptors, work that takes a
 * while. */
#include "harness/base/clock.h"
#include "harness/work/worker.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>

int cb_mutex_init(struct cb_mutex *m, enum cb_model model)
{
	pthread_mutexattr_t attr;
	int ret;

	memset(m, 0, sizeof(*m));
	if (model == CB_COROUTINE)
		return 0;
	ret = pthread_mutexattr_init(&attr);
	if (ret)
		return -ret;
	ret = pthread_mutexattr_setpshared(
	    &attr, model == CB_PROCESS ? PTHREAD_PROCESS_SHARED : PTHREAD_PROCESS_PRIVATE);
	if (!ret)
		ret = pthread_mutex_init(&m->pthread, &attr);
	(void)pthread_mutexattr_destroy(&attr);
	return -ret;
}

int cb_cond_init(struct cb_cond *c, enum cb_model model)
{
	pthread_condattr_t attr;
	int ret;

	memset(c, 0, sizeof(*c));
	if (model == CB_COROUTINE)
		return 0;
	ret = pthread_condattr_init(&attr);
	if (ret)
		return -ret;
	ret = pthread_condattr_setpshared(
	    &attr, model == CB_PROCESS ? PTHREAD_PROCESS_SHARED : PTHREAD_PROCESS_PRIVATE);
	if (!ret)
		ret = pthread_cond_init(&c->pthread, &attr);
	(void)pthread_condattr_destroy(&attr);
	return -ret;
}

int cb_fd_prepare(int fd, enum cb_model model)
{
	int flags = fcntl(fd, F_GETFL);

	if (flags < 0)
		return -errno;
	flags = model == CB_COROUTINE ? flags | O_NONBLOCK : flags & ~O_NONBLOCK;
	return fcntl(fd, F_SETFL, flags) < 0 ? -errno : 0;
}

uint64_t cb_now_ns(void)
{
	return clock_now_ns();
}

bool cb_in_window(struct cb_worker *pub, uint64_t at_ns)
{
	const struct worker *w = worker_of(pub);

	/* Acquire: who sees when the window opens sees when it closes. */
	return at_ns >= atomic_load_explicit(w->open_ns, memory_order_acquire) &&
	       at_ns < atomic_load_explicit(w->close_ns, memory_order_relaxed);
}

void cb_record_ns(struct cb_worker *pub, uint64_t at_ns, uint64_t ns)
{
	struct worker *w = worker_of(pub);

	if (w->latency && cb_in_window(pub, at_ns))
		histogram_record(w->latency, ns);
}

/* Enough turns that reading the clock is below a per mille, short enough to do it several times. */
#define CALIBRATION_TURNS UINT64_C(200000)
#define CALIBRATION_ROUNDS 20

/* In a cache line of its own, so that it is the same loop wherever the linker puts it. */
__attribute__((noinline, aligned(64))) void cb_spin(uint64_t turns)
{
	for (; turns; turns--)
		__asm__ volatile("" : "+r"(turns));
}

uint64_t cb_spin_turns(uint64_t ns)
{
	uint64_t best_ns = UINT64_MAX, turns;

	if (!ns)
		return 0;
	/* The quickest: interrupts, and a PU waking up, only ever add. */
	for (int i = 0; i < CALIBRATION_ROUNDS; i++) {
		const uint64_t start_ns = clock_now_ns();
		uint64_t took_ns;

		cb_spin(CALIBRATION_TURNS);
		took_ns = clock_now_ns() - start_ns;
		if (took_ns < best_ns)
			best_ns = took_ns;
	}
	turns = ns * CALIBRATION_TURNS / (best_ns ? best_ns : 1);
	return turns ? turns : 1;
}

/* For a timer that is set at random times, in a thread that nothing delays. */
#define LATE_PATIENCE_NS UINT64_C(20000)
#define LATE_MIN_NS CLOCK_NS_PER_MS

uint64_t cb_late_ns(void)
{
	uint64_t least_ns = UINT64_MAX;

	for (unsigned i = 0; i < CB_LATE_OF; i++) {
		const uint64_t until_ns = clock_now_ns() + LATE_PATIENCE_NS;
		uint64_t late_ns;

		clock_sleep_until_ns(until_ns);
		late_ns = clock_now_ns() - until_ns;
		if (late_ns < least_ns)
			least_ns = late_ns;
	}
	return LATE_MIN_NS + 4 * least_ns;
}
