/*
 * mpmc_bounded.c - Vyukov's bounded queue for any number of both: each slot has a number that says
 * whose turn it is. A slot waits for put i while its number is i, for get i while it is i + 1, and
 * the get leaves it with the number of the put that is to come round. Ours, after his description.
 */
#include <concbench/queue.h>

struct slot {
	uint64_t turn;
	unsigned char item[];
};

struct ring {
	uint64_t put CB_ALIGNED; /* number of the next */
	uint64_t get CB_ALIGNED;
	uint64_t capacity CB_ALIGNED;
	unsigned char slots[] CB_ALIGNED;
};

/* Whole words, or a turn would lie across two. */
CB_INLINE size_t slot_bytes(size_t bytes)
{
	return (sizeof(struct slot) + bytes + sizeof(uint64_t) - 1) / sizeof(uint64_t) *
	       sizeof(uint64_t);
}

CB_INLINE struct slot *slot(struct ring *r, uint64_t i, size_t bytes)
{
	return (struct slot *)(void *)&r->slots[(i & (r->capacity - 1)) * slot_bytes(bytes)];
}

static int ring_init(struct ring *r, const struct cb_queue_env *env)
{
	r->capacity = env->capacity;
	for (unsigned i = 0; i < env->capacity; i++)
		slot(r, i, env->bytes)->turn = i;
	return 0;
}

/* The slot that is this worker's alone from here on, by @next and with the turn @ahead of it; NULL
 * when it is another round's, so that there is no room, or no item. */
CB_INLINE struct slot *claim(
    struct ring *r, uint64_t *next, unsigned ahead, size_t bytes, uint64_t *number)
{
	uint64_t i = cb_load(next);

	for (;;) {
		struct slot *s = slot(r, i, bytes);
		const int64_t off = (int64_t)(cb_load_acquire(&s->turn) - (i + ahead));

		if (off < 0)
			return NULL;
		if (off > 0) {
			i = cb_load(next);
			continue;
		}
		/* On failure it tells what is there now. */
		if (__atomic_compare_exchange_n(
			next, &i, i + 1, true, __ATOMIC_RELAXED, __ATOMIC_RELAXED)) {
			*number = i;
			return s;
		}
	}
}

CB_INLINE bool ring_put(struct ring *r, const void *item, size_t bytes)
{
	uint64_t i;
	struct slot *s = claim(r, &r->put, 0, bytes, &i);

	if (!s)
		return false;
	memcpy(s->item, item, bytes);
	cb_store_release(&s->turn, i + 1);
	return true;
}

CB_INLINE bool ring_get(struct ring *r, void *item, size_t bytes)
{
	uint64_t i;
	struct slot *s = claim(r, &r->get, 1, bytes, &i);

	if (!s)
		return false;
	memcpy(item, s->item, bytes);
	cb_store_release(&s->turn, i + r->capacity);
	return true;
}

CB_QUEUE(mpmc_bounded, "ring, any number of both; a number in each slot says whose turn it is",
    "Vyukov 2010, bounded MPMC queue", CB_FULL, CB_CAN_ALL, 0, 0, 0, struct ring,
    sizeof(struct ring) + env->capacity * slot_bytes(env->bytes), ring_init(queue, env),
    ring_put(queue, item, bytes), ring_get(queue, item, bytes))
