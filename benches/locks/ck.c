/*
 * ck.c - spin locks of Concurrency Kit (concurrencykit.org). They know nothing of processes: plain
 * words and addresses in shared memory, which lies at the same place in all processes of a case.
 *
 * Their atomics are inline assembly that the thread sanitizer cannot see: what they protect has to
 * be atomic in its own right, as struct cb_section is.
 */
#include <concbench/lock.h>

#include <ck_spinlock.h>

#ifdef CK_F_SPINLOCK_TICKET_TRYLOCK
#define TICKET_TRY ck_spinlock_ticket_trylock(lock)
#else
#define TICKET_TRY CB_NO_TRY
#endif

CB_LOCK(ck_ticket, "first come, first served; all wait on one word", "Concurrency Kit", CB_SMOKE,
    CB_CAN_OS | CB_FIFO, ck_spinlock_ticket_t, CB_NO_NODE, (ck_spinlock_ticket_init(lock), 0),
    ck_spinlock_ticket_lock(lock), ck_spinlock_ticket_unlock(lock), TICKET_TRY)

CB_LOCK(ck_mcs, "first come, first served; each waits on a node of its own",
    "Mellor-Crummey and Scott 1991; Concurrency Kit", CB_SMOKE, CB_CAN_OS | CB_FIFO,
    ck_spinlock_mcs_t, ck_spinlock_mcs_context_t, (ck_spinlock_mcs_init(lock), 0),
    ck_spinlock_mcs_lock(lock, node), ck_spinlock_mcs_unlock(lock, node),
    ck_spinlock_mcs_trylock(lock, node))

CB_LOCK(ck_fas, "the first to swap gets it: unfair, and quick for its last holder",
    "Concurrency Kit", CB_FULL, CB_CAN_OS, ck_spinlock_fas_t, CB_NO_NODE,
    (ck_spinlock_fas_init(lock), 0), ck_spinlock_fas_lock(lock), ck_spinlock_fas_unlock(lock),
    ck_spinlock_fas_trylock(lock))

/* Anderson's: a place for each worker to wait at, so how large it is depends on the case. */
struct anderson {
	ck_spinlock_anderson_t lock;
	ck_spinlock_anderson_thread_t place[1] CB_ALIGNED; /* as many as workers, a power of two */
};

/* Where it waits, and from where it lets the next one in. */
struct anderson_node {
	ck_spinlock_anderson_thread_t *place;
};

static unsigned anderson_places(unsigned workers)
{
	unsigned n = 2;

	while (n < workers)
		n *= 2;
	return n;
}

static struct cb_room anderson_room(const struct cb_case *c)
{
	return (struct cb_room){sizeof(struct anderson) + (anderson_places(c->workers) - 1) *
							      sizeof(ck_spinlock_anderson_thread_t),
	    _Alignof(struct anderson)};
}
CB_ROOM_OF(anderson_node_room, struct anderson_node)

CB_LOCK_CALLS(ck_anderson, struct anderson, struct anderson_node,
    (ck_spinlock_anderson_init(&lock->lock, lock->place, anderson_places(env->workers)), 0),
    ck_spinlock_anderson_lock(&lock->lock, &node->place),
    ck_spinlock_anderson_unlock(&lock->lock, node->place), CB_NO_TRY)
static const struct cb_lock_ops cb_lock_ops_ck_anderson = {.init = cb_lock_init_ck_anderson,
    .acquire = cb_lock_acquire_ck_anderson,
    .release = cb_lock_release_ck_anderson,
    .try_acquire = cb_lock_try_acquire_ck_anderson};
CB_LOCK_BATCH(ck_anderson)
CB_LOCK_WORK(ck_anderson)
static const struct cb_lock cb_lock_impl_ck_anderson = {.ops = &cb_lock_ops_ck_anderson,
    .lock_room = anderson_room,
    .node_room = anderson_node_room,
    .fifo = true,
    .tries = cb_lock_tries_ck_anderson};
CB_LOCK_KIND(ck_anderson, "first come, first served; each waits at a place of an array",
    "Anderson 1990; Concurrency Kit", CB_FULL, CB_CAN_OS, 0)
