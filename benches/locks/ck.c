/*
 * ck.c - spin locks of Concurrency Kit (concurrencykit.org). They know nothing of processes: plain
 * words and addresses in shared memory, which lies at the same place in all processes of a case.
 *
 * Their atomics are inline assembly that the thread sanitizer cannot see: what they protect has to
 * be atomic in its own right, as struct contention_data is.
 */
#include "benches/locks/contention.h"

#include <assert.h>
#include <ck_spinlock.h>

/* First come, first served, all waiting on one word. */
static_assert(
    sizeof(ck_spinlock_ticket_t) <= CONTENTION_LOCK_BYTES, "the lock's area is too small");

static int ticket_init(struct contention *c, enum model model)
{
	(void)model;
	ck_spinlock_ticket_init(contention_lock(c));
	return 0;
}

static inline void ticket_acquire(struct worker *w, struct contention *c)
{
	(void)w;
	ck_spinlock_ticket_lock(contention_lock(c));
}

static inline void ticket_release(struct worker *w, struct contention *c)
{
	(void)w;
	ck_spinlock_ticket_unlock(contention_lock(c));
}

#ifdef CK_F_SPINLOCK_TICKET_TRYLOCK
static inline bool ticket_try(struct worker *w, struct contention *c)
{
	(void)w;
	return ck_spinlock_ticket_trylock(contention_lock(c));
}
#else
#define ticket_try NULL
#endif

CONTENTION_BATCH(ticket)

/* First come, first served, each waiting on a node of its own (Mellor-Crummey, Scott 1991). */
static_assert(
    sizeof(ck_spinlock_mcs_context_t) <= CONTENTION_LOCK_BYTES, "the node's is too small");

static int mcs_init(struct contention *c, enum model model)
{
	(void)model;
	ck_spinlock_mcs_init(contention_lock(c));
	return 0;
}

static inline void mcs_acquire(struct worker *w, struct contention *c)
{
	ck_spinlock_mcs_lock(contention_lock(c), contention_node(c, w));
}

static inline void mcs_release(struct worker *w, struct contention *c)
{
	ck_spinlock_mcs_unlock(contention_lock(c), contention_node(c, w));
}

static inline bool mcs_try(struct worker *w, struct contention *c)
{
	return ck_spinlock_mcs_trylock(contention_lock(c), contention_node(c, w));
}

CONTENTION_BATCH(mcs)

/* Whoever swaps first: unfair, and quick for whoever had it last. */
static_assert(sizeof(ck_spinlock_fas_t) <= CONTENTION_LOCK_BYTES, "the lock's area is too small");

static int fas_init(struct contention *c, enum model model)
{
	(void)model;
	ck_spinlock_fas_init(contention_lock(c));
	return 0;
}

static inline void fas_acquire(struct worker *w, struct contention *c)
{
	(void)w;
	ck_spinlock_fas_lock(contention_lock(c));
}

static inline void fas_release(struct worker *w, struct contention *c)
{
	(void)w;
	ck_spinlock_fas_unlock(contention_lock(c));
}

static inline bool fas_try(struct worker *w, struct contention *c)
{
	(void)w;
	return ck_spinlock_fas_trylock(contention_lock(c));
}

CONTENTION_BATCH(fas)

static const struct lock_kind ck_locks[] = {
    {LOCK_KIND(ticket, "ck_ticket"), .quick = true},
    {LOCK_KIND(mcs, "ck_mcs"), .quick = true},
    {LOCK_KIND(fas, "ck_fas")},
};

const struct lock_library lock_library_ck = LOCK_LIBRARY(ck_locks);
