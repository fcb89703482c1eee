/* signal.c - ping-pong by signals that are waited for: one to the partner's thread, one from it. */
#include "benches/handoff/turns.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

struct signals {
	sigset_t turn;
	pid_t process[2], thread[2]; /* thread: 0 until it has begun */
};

static inline bool await(struct cb_worker *w, struct signals *st, unsigned me)
{
	if (CB_UNLIKELY(!cb_load(&st->thread[me]))) {
		st->process[me] = getpid();
		/* Of this and what pass() does to the same word one comes first, and the other sees
		 * what was done before it: the turn, or that there is somebody to send to. */
		(void)__atomic_exchange_n(&st->thread[me], gettid(), __ATOMIC_ACQ_REL);
	}
	while (!w->error && !closed(w, st) && !my_turn(st, me))
		if (sigwaitinfo(&st->turn, NULL) < 0 && errno != EINTR)
			cb_fail(w, -errno, "sigwaitinfo");
	return !w->error && !closed(w, st);
}

/* A worker that has not begun looks at the turn before it waits. */
static inline void pass(struct cb_worker *w, struct signals *st, unsigned to)
{
	pid_t thread = cb_load_acquire(&st->thread[to]);

	if (CB_UNLIKELY(!thread))
		thread = __atomic_fetch_add(&st->thread[to], 0, __ATOMIC_ACQ_REL);
	if (thread && syscall(SYS_tgkill, st->process[to], thread, SIGUSR1) < 0)
		cb_fail(w, -errno, "tgkill");
}

/* Blocked before workers are made, who have it from here. Not a real-time one: of those that nobody
 * has waited for one stays, and not a queue. */
HANDOFF(signal, "a signal each way, waited for with sigwaitinfo", "sigwaitinfo(2)", CB_FULL,
    struct signals,
    (sigemptyset(&st->turn), sigaddset(&st->turn, SIGUSR1),
	-pthread_sigmask(SIG_BLOCK, &st->turn, NULL)),
    await(w, st, me), pass(w, st, 1 - me), pass(w, st, 1 - me), 0)

REFILL(signal, "sigwaitinfo(2)", CB_FULL, NULL)
