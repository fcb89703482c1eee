/*
 * ticket.c - a lock of one's own; to begin with, one that serves in the order of arrival
 * (Mellor-Crummey and Scott 1991, 2.2). <concbench/lock.h> says what CB_LOCK() takes.
 */
#include <concbench/lock.h>

struct ticket {
	uint32_t next;               /* the next ticket to be given out */
	uint32_t serving CB_ALIGNED; /* the ticket that may be inside */
};

static inline void take(struct ticket *l, struct cb_worker *w)
{
	const uint32_t mine = cb_fetch_add(&l->next, 1u);

	while (cb_load_acquire(&l->serving) != mine)
		cb_relax(w);
}

static inline void pass_on(struct ticket *l)
{
	cb_store_release(&l->serving, cb_load(&l->serving) + 1);
}

CB_LOCK(ticket, "first come, first served; all wait on one word", "Mellor-Crummey and Scott 1991",
    CB_QUICK, CB_CAN_OS | CB_FIFO, struct ticket, CB_NO_NODE, CB_NO_INIT, take(lock, w),
    pass_on(lock), CB_NO_TRY)

CB_MODULE
