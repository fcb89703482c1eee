/*
 * flat_combining.c - Hendler, Incze, Shavit, Tzafrir: Flat combining and the
 * synchronization-parallelism tradeoff (SPAA 2010): sections are brought to the lock, and whoever
 * has it runs all of them, so that what they touch stays in one cache.
 *
 * Each worker has a record, in which it publishes its section. Records hang in a list, to which
 * their owners add them at the head and from which only the holder of the lock, the combiner, takes
 * those that have not been of use for a while. Who waits looks at its own record, and for the lock
 * to be free.
 */
#include <concbench/lock.h>

/* So often the combiner goes through the list, if each time there was something for others. */
#define COMBINER_TURNS 8u
/* Every so many turns what was of no use for as many is taken out. */
#define TIDY_TURNS 128u

struct record {
	void (*section)(void *); /* published; NULL again when it has run */
	void *arg;
	uint32_t listed;
	struct record *next; /* its owner's while it is not listed, else the combiner's */
	uint64_t used;       /* the combiner's: in which turn it last had a section */
} CB_ALIGNED;

struct flat {
	uint32_t held CB_ALIGNED;
	uint64_t turn; /* the combiner's */
	struct record *head CB_ALIGNED;
	struct record record[]; /* one a worker */
};

static struct cb_room flat_room(const struct cb_case *c)
{
	return (struct cb_room){
	    sizeof(struct flat) + c->workers * sizeof(struct record), _Alignof(struct flat)};
}

static void list(struct flat *l, struct record *r)
{
	struct record *head = cb_load(&l->head);

	cb_store(&r->listed, 1);
	do
		r->next = head;
	while (!__atomic_compare_exchange_n(
	    &l->head, &head, r, true, __ATOMIC_ACQ_REL, __ATOMIC_RELAXED));
}

/* The head stays: others are adding before it. */
static void tidy(struct flat *l)
{
	struct record *before = cb_load_acquire(&l->head);

	while (before && before->next) {
		struct record *r = before->next;

		if (l->turn - r->used <= TIDY_TURNS) {
			before = r;
			continue;
		}
		before->next = r->next;
		/* Its owner may add it again, also when it has published something just now. */
		cb_store_release(&r->listed, 0);
	}
}

/* By whoever holds the lock. */
static void combine(struct flat *l)
{
	unsigned served = 2;

	for (unsigned turn = 0; turn < COMBINER_TURNS && served > 1; turn++) {
		served = 0;
		l->turn++;
		for (struct record *r = cb_load_acquire(&l->head); r; r = r->next) {
			void (*section)(void *) = cb_load_acquire(&r->section);

			if (!section)
				continue;
			section(r->arg);
			r->used = l->turn;
			cb_store_release(&r->section, NULL);
			served++;
		}
		if (l->turn % TIDY_TURNS == 0)
			tidy(l);
	}
}

CB_INLINE bool take(struct flat *l)
{
	return !cb_load(&l->held) && !__atomic_exchange_n(&l->held, 1, __ATOMIC_ACQUIRE);
}

CB_INLINE void flat_run(
    void *lock, void *node, struct cb_worker *w, void (*section)(void *), void *arg)
{
	struct flat *l = (struct flat *)lock;
	struct record *r = &l->record[w->index];

	(void)node;
	r->arg = arg;
	cb_store_release(&r->section, section);
	do {
		if (CB_UNLIKELY(!cb_load_acquire(&r->listed)))
			list(l, r);
		if (take(l)) {
			combine(l);
			cb_store_release(&l->held, 0);
		} else {
			cb_relax(w);
		}
	} while (cb_load_acquire(&r->section));
}

static const struct cb_lock_ops cb_lock_ops_flat = {.run = flat_run};
CB_LOCK_BATCH(flat)
CB_LOCK_WORK(flat)

static const struct cb_lock flat_lock = {.ops = &cb_lock_ops_flat, .lock_room = flat_room};

static const struct cb_kind flat_combining = {
    .family = "lock",
    .name = "flat_combining",
    .about = "sections are brought to the lock; its holder runs those of all who wait",
    .source = "Hendler, Incze, Shavit, Tzafrir 2010",
    .from = CB_FULL,
    .version = 2,
    .models = CB_CAN(CB_THREAD),
    .not_models = "one worker runs what lies on another's stack, and waits spinning: neither "
		  "between processes nor on one carrier",
    .work = &cb_lock_work_flat,
    .impl = &flat_lock,
};

CB_REGISTER(flat_combining)
