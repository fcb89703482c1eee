/*
 * futex.c - ping-pong over a futex word: the price of one wake-up through the kernel.
 *
 * The waiter always sleeps, never spins: FUTEX_WAIT at once, and one FUTEX_WAKE a hand-off. These
 * are the only jobs that call the kernel themselves: the call is what is measured.
 */
#include "benches/handoff/turns.h"

#include <linux/futex.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

struct word {
	uint32_t turn CB_ALIGNED; /* counts on with each hand-off, and when somebody leaves */
	/* A private futex is keyed by address space: between processes it would never wake. */
	int flag;
};

static inline void futex(struct word *st, int op, uint32_t value)
{
	/* However it ends (woken, EAGAIN, EINTR), the turn decides. */
	(void)syscall(SYS_futex, &st->turn, op | st->flag, value, NULL, NULL, 0);
}

static inline bool await(struct cb_worker *w, struct word *st, unsigned me)
{
	for (;;) {
		/* Before the looks: whoever changes what they look at wakes us, or it differs. */
		const uint32_t seen = cb_load_acquire(&st->turn);

		if (closed(w, st))
			return false;
		if (my_turn(st, me))
			return true;
		futex(st, FUTEX_WAIT, seen);
	}
}

static inline void wake(struct word *st)
{
	__atomic_fetch_add(&st->turn, 1, __ATOMIC_ACQ_REL);
	futex(st, FUTEX_WAKE, 1);
}

HANDOFF(futex, "FUTEX_WAIT and FUTEX_WAKE on one word; the waiter always sleeps", "futex(2)",
    CB_SMOKE, struct word, (st->flag = model == CB_PROCESS ? 0 : FUTEX_PRIVATE_FLAG, 0),
    await(w, st, me), wake(st), wake(st), 0)
REFILL(futex, "futex(2)", CB_SMOKE, NULL)
REFILL_SHARED_PAGES(futex)
