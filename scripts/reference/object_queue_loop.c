/* object_queue_loop.c - items through queues that are an object in memory, their order checked, and
 * nothing around them: what queue/NAME must agree with. The loops know where it is by a pointer
 * alone, as a queue of any program: what is in it is loaded and stored at each item. Shares no code
 * with concbench on purpose. Usage: object_queue_loop
 * spsc_cached|mpmc_bounded|two_lock|mutex_ring|eventfd_ring [TURNS]. Prints: name, ns an item. */
#include "loop.h"
#include <stdint.h>
#include <sys/eventfd.h>
#define ALIGNED __attribute__((aligned(128)))
#define CAPACITY 256
typedef unsigned long item;

static void *queue;
static unsigned long turns = 200; /* at least one, before sleeping at an eventfd */

/* ---- each end remembers where the other was ---- */

struct spsc_cached {
	struct {
		unsigned long count, seen;
	} ALIGNED put, get;
	unsigned long capacity ALIGNED;
	item slot[CAPACITY] ALIGNED;
};

static inline void spsc_cached_put(struct spsc_cached *q, item i)
{
	const unsigned long n = q->put.count;

	for (unsigned long got; n - q->put.seen == q->capacity; relax())
		if (n - (got = __atomic_load_n(&q->get.count, __ATOMIC_ACQUIRE)) < q->capacity) {
			q->put.seen = got;
			break;
		}
	q->slot[n & (q->capacity - 1)] = i;
	__atomic_store_n(&q->put.count, n + 1, __ATOMIC_RELEASE);
}

static inline item spsc_cached_get(struct spsc_cached *q)
{
	const unsigned long n = q->get.count;
	item i;

	for (unsigned long put; n == q->get.seen; relax())
		if ((put = __atomic_load_n(&q->put.count, __ATOMIC_ACQUIRE)) != n) {
			q->get.seen = put;
			break;
		}
	i = q->slot[n & (q->capacity - 1)];
	__atomic_store_n(&q->get.count, n + 1, __ATOMIC_RELEASE);
	return i;
}

/* ---- a number in each slot says whose turn it is ---- */

struct mpmc_bounded {
	unsigned long put ALIGNED, get ALIGNED, capacity ALIGNED;
	struct turn {
		unsigned long turn;
		item i;
	} slot[CAPACITY] ALIGNED;
};

/* The slot of @next, once it is at its turn, @ahead of the number. */
static inline struct turn *claim(
    struct mpmc_bounded *q, unsigned long *next, unsigned long ahead, unsigned long *number)
{
	unsigned long n = __atomic_load_n(next, __ATOMIC_RELAXED);

	for (;;) {
		struct turn *s = &q->slot[n & (q->capacity - 1)];
		const long off = (long)(__atomic_load_n(&s->turn, __ATOMIC_ACQUIRE) - (n + ahead));

		if (off == 0 && __atomic_compare_exchange_n(
				    next, &n, n + 1, 1, __ATOMIC_RELAXED, __ATOMIC_RELAXED)) {
			*number = n;
			return s;
		}
		if (off < 0)
			relax();
		if (off != 0)
			n = __atomic_load_n(next, __ATOMIC_RELAXED);
	}
}

static inline void mpmc_bounded_put(struct mpmc_bounded *q, item i)
{
	unsigned long n;
	struct turn *s = claim(q, &q->put, 0, &n);

	s->i = i;
	__atomic_store_n(&s->turn, n + 1, __ATOMIC_RELEASE);
}

static inline item mpmc_bounded_get(struct mpmc_bounded *q)
{
	unsigned long n;
	struct turn *s = claim(q, &q->get, 1, &n);
	const item i = s->i;

	__atomic_store_n(&s->turn, n + q->capacity, __ATOMIC_RELEASE);
	return i;
}

/* ---- a list with a mutex at each end ---- */

struct node {
	struct node *next;
	item i;
};

struct two_lock {
	struct {
		pthread_mutex_t mutex;
		struct node *last, *free;
	} put ALIGNED;
	struct {
		pthread_mutex_t mutex;
		struct node *before;
	} get ALIGNED;
	struct node *returned ALIGNED;
	struct node node[CAPACITY + 1] ALIGNED;
};

static inline void two_lock_put(struct two_lock *q, item i)
{
	for (struct node *node = NULL; !node;) {
		pthread_mutex_lock(&q->put.mutex);
		node = q->put.free;
		if (!node && __atomic_load_n(&q->returned, __ATOMIC_RELAXED))
			node = __atomic_exchange_n(&q->returned, NULL, __ATOMIC_ACQUIRE);
		if (node) {
			q->put.free = node->next;
			node->next = NULL;
			node->i = i;
			__atomic_store_n(&q->put.last->next, node, __ATOMIC_RELEASE);
			q->put.last = node;
		}
		pthread_mutex_unlock(&q->put.mutex);
		if (!node)
			relax();
	}
}

static inline item two_lock_get(struct two_lock *q)
{
	for (item i = 0;; relax()) {
		struct node *before, *first;

		pthread_mutex_lock(&q->get.mutex);
		before = q->get.before;
		first = __atomic_load_n(&before->next, __ATOMIC_ACQUIRE);
		if (first) {
			i = first->i;
			q->get.before = first;
			before->next = __atomic_load_n(&q->returned, __ATOMIC_RELAXED);
			while (!__atomic_compare_exchange_n(&q->returned, &before->next, before, 1,
			    __ATOMIC_RELEASE, __ATOMIC_RELAXED))
				;
		}
		pthread_mutex_unlock(&q->get.mutex);
		if (first)
			return i;
	}
}

/* ---- a ring under a mutex ---- */

struct mutex_ring {
	pthread_mutex_t mutex;
	pthread_cond_t not_full, not_empty;
	unsigned capacity, first, count;
	item slot[CAPACITY];
};

static inline void mutex_ring_put(struct mutex_ring *q, item i)
{
	pthread_mutex_lock(&q->mutex);
	while (q->count == q->capacity)
		pthread_cond_wait(&q->not_full, &q->mutex);
	q->slot[(q->first + q->count++) & (q->capacity - 1)] = i;
	pthread_mutex_unlock(&q->mutex);
	pthread_cond_signal(&q->not_empty);
}

static inline item mutex_ring_get(struct mutex_ring *q)
{
	item i;

	pthread_mutex_lock(&q->mutex);
	while (!q->count)
		pthread_cond_wait(&q->not_empty, &q->mutex);
	i = q->slot[q->first];
	q->first = (q->first + 1) & (q->capacity - 1);
	q->count--;
	pthread_mutex_unlock(&q->mutex);
	pthread_cond_signal(&q->not_full);
	return i;
}

/* ---- who waits spins, and then sleeps at an eventfd ---- */

struct eventfd_ring {
	struct {
		unsigned long count, seen;
	} ALIGNED end[2];
	struct {
		int asleep, fd;
	} ALIGNED waiter[2];
	unsigned long capacity ALIGNED;
	item slot[CAPACITY] ALIGNED;
};

/* @full: how far apart the two counts are when this end cannot go on. */
static inline int may(struct eventfd_ring *q, int self, unsigned long full)
{
	if (q->end[self].count - q->end[self].seen != full)
		return 1;
	q->end[self].seen = __atomic_load_n(&q->end[!self].count, __ATOMIC_SEQ_CST);
	return q->end[self].count - q->end[self].seen != full;
}

static void sleep_until(struct eventfd_ring *q, int self, unsigned long full)
{
	int *asleep = &q->waiter[self].asleep;
	eventfd_t count;

	for (;;) {
		for (unsigned long i = 0; i < turns; i++, relax())
			if (may(q, self, full))
				return;
		__atomic_store_n(asleep, 1, __ATOMIC_SEQ_CST);
		if (!may(q, self, full) && eventfd_read(q->waiter[self].fd, &count) != 0)
			abort();
		__atomic_store_n(asleep, 0, __ATOMIC_RELAXED);
	}
}

static inline void moved(struct eventfd_ring *q, int self)
{
	int *asleep = &q->waiter[!self].asleep;

	__atomic_store_n(&q->end[self].count, q->end[self].count + 1, __ATOMIC_SEQ_CST);
	if (__atomic_load_n(asleep, __ATOMIC_SEQ_CST) &&
	    __atomic_exchange_n(asleep, 0, __ATOMIC_SEQ_CST) &&
	    eventfd_write(q->waiter[!self].fd, 1) != 0)
		abort();
}

static inline void eventfd_ring_put(struct eventfd_ring *q, item i)
{
	if (!may(q, 0, q->capacity))
		sleep_until(q, 0, q->capacity);
	q->slot[q->end[0].count & (q->capacity - 1)] = i;
	moved(q, 0);
}

static inline item eventfd_ring_get(struct eventfd_ring *q)
{
	item i;

	if (!may(q, 1, 0))
		sleep_until(q, 1, 0);
	i = q->slot[q->end[1].count & (q->capacity - 1)];
	moved(q, 1);
	return i;
}

/* ---- all of them ---- */

/* The last one is 0: who gets goes on until then, so that nobody sleeps at the end. */
#define LOOP(x)                                                \
	static void x(int self)                                \
	{                                                      \
		struct x *const q = queue;                     \
		item i = 1;                                    \
		for (unsigned long n = 1; i; n++) {            \
			i = self ? x##_get(q) : over ? 0 : n;  \
			if (!self)                             \
				x##_put(q, i);                 \
			else if (i == n)                       \
				done[1].n = n;                 \
			else if (i)                            \
				abort(); /* or out of order */ \
		}                                              \
	}
LOOP(spsc_cached)
LOOP(mpmc_bounded)
LOOP(two_lock)
LOOP(mutex_ring)
LOOP(eventfd_ring)

static void init(struct spsc_cached *cached, struct mpmc_bounded *bounded, struct two_lock *list,
    struct mutex_ring *mutexes, struct eventfd_ring *sleeping)
{
	cached->capacity = bounded->capacity = mutexes->capacity = sleeping->capacity = CAPACITY;
	for (unsigned long n = 0; n < CAPACITY; n++) {
		bounded->slot[n].turn = n;
		list->node[n].next = &list->node[n + 1];
	}
	list->get.before = list->put.last = &list->node[0];
	list->put.free = &list->node[1];
	list->node[0].next = NULL;
	sleeping->waiter[0].fd = eventfd(0, 0);
	sleeping->waiter[1].fd = eventfd(0, 0);
	pthread_mutex_init(&list->put.mutex, NULL);
	pthread_mutex_init(&list->get.mutex, NULL);
	pthread_mutex_init(&mutexes->mutex, NULL);
	pthread_cond_init(&mutexes->not_full, NULL);
	pthread_cond_init(&mutexes->not_empty, NULL);
}

int main(int argc, char **argv)
{
	static struct spsc_cached cached;
	static struct mpmc_bounded bounded;
	static struct two_lock list;
	static struct mutex_ring mutexes;
	static struct eventfd_ring sleeping;
	static const struct {
		const char *name;
		void *queue;
		void (*loop)(int);
	} all[] = {
	    {"spsc_cached", &cached, spsc_cached},
	    {"mpmc_bounded", &bounded, mpmc_bounded},
	    {"two_lock", &list, two_lock},
	    {"mutex_ring", &mutexes, mutex_ring},
	    {"eventfd_ring", &sleeping, eventfd_ring},
	};

	init(&cached, &bounded, &list, &mutexes, &sleeping);
	if (argc > 2)
		turns = strtoul(argv[2], NULL, 10);
	for (unsigned i = 0; argc > 1 && i < sizeof(all) / sizeof(all[0]); i++) {
		if (strcmp(argv[1], all[i].name) != 0)
			continue;
		queue = all[i].queue;
		__asm__ volatile("" : : : "memory"); /* which of them, nobody knows */
		measure(all[i].name, all[i].loop, 2);
		return 0;
	}
	return 1;
}
