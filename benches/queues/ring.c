/*
 * ring.c - the bounded buffer of the textbooks: a ring, a mutex, two condition variables. Mutex and
 * condition variables are the worker's: they block threads and processes, and suspend coroutines.
 *
 * mutex_ring wakes one waiter after each item, also when nobody waits (which costs no system call).
 * mutex_ring_edge wakes only when the ring was empty, or full: nobody begins to wait at any other
 * time. It then wakes all who wait: if it woke one, the others would go on sleeping while more
 * items came, as these find the ring no longer empty.
 */
#include <concbench/queue.h>

struct ring {
	struct cb_mutex mutex;
	struct cb_cond not_full;
	struct cb_cond not_empty;
	bool closed;
	unsigned capacity;
	unsigned first; /* slot of the oldest item */
	unsigned count;
	size_t bytes; /* of an item */
	unsigned char slot[];
};

static size_t ring_bytes(const struct cb_queue_env *env)
{
	return sizeof(struct ring) + env->capacity * env->bytes;
}

static int ring_init(void *queue, const struct cb_queue_env *env)
{
	struct ring *r = queue;
	int ret = cb_mutex_init(&r->mutex, env->model);

	r->capacity = env->capacity;
	r->bytes = env->bytes;
	if (!ret)
		ret = cb_cond_init(&r->not_full, env->model);
	if (!ret)
		ret = cb_cond_init(&r->not_empty, env->model);
	return ret;
}

static inline unsigned char *slot(struct ring *r, unsigned i, size_t bytes)
{
	return &r->slot[((r->first + i) & (r->capacity - 1)) * bytes];
}

/* With the mutex held. Return: CB_QUEUE_DONE or CB_QUEUE_WAITED when @avail has come true. */
static inline enum cb_queue_result await(struct cb_worker *w, struct ring *r, struct cb_cond *cond,
    bool (*avail)(const struct ring *r), uint64_t until_ns)
{
	enum cb_queue_result result = CB_QUEUE_DONE;

	while (!avail(r)) {
		if (r->closed)
			return CB_QUEUE_CLOSED;
		result = CB_QUEUE_WAITED;
		if (!cb_wait_until(w, cond, &r->mutex, until_ns) && !avail(r))
			return CB_QUEUE_TIMED_OUT;
	}
	return result;
}

static bool has_room(const struct ring *r)
{
	return r->count < r->capacity;
}

static bool has_item(const struct ring *r)
{
	return r->count > 0;
}

/* The mutex is free again. @edge: what is waited for at @cond has only now come true. */
CB_INLINE void tell(struct cb_worker *w, struct cb_cond *cond, bool on_edge, bool edge)
{
	if (!on_edge)
		cb_wake_one(w, cond);
	else if (edge)
		cb_wake_all(w, cond);
}

CB_INLINE enum cb_queue_result put(struct ring *r, struct cb_worker *w, const void *item,
    size_t bytes, uint64_t until_ns, bool on_edge)
{
	enum cb_queue_result result;
	bool edge = false;

	cb_lock(w, &r->mutex);
	result = await(w, r, &r->not_full, has_room, until_ns);
	if (result > 0) {
		edge = r->count == 0;
		memcpy(slot(r, r->count++, bytes), item, bytes);
	}
	cb_unlock(w, &r->mutex);
	if (result > 0)
		tell(w, &r->not_empty, on_edge, edge);
	return result;
}

/* The oldest item, with the mutex held or nobody else about. */
static inline void take_first(struct ring *r, void *item, size_t bytes)
{
	memcpy(item, slot(r, 0, bytes), bytes);
	r->first = (r->first + 1) & (r->capacity - 1);
	r->count--;
}

CB_INLINE enum cb_queue_result get(
    struct ring *r, struct cb_worker *w, void *item, size_t bytes, uint64_t until_ns, bool on_edge)
{
	enum cb_queue_result result;
	bool edge = false;

	cb_lock(w, &r->mutex);
	result = await(w, r, &r->not_empty, has_item, until_ns);
	if (result > 0) {
		edge = r->count == r->capacity;
		take_first(r, item, bytes);
	}
	cb_unlock(w, &r->mutex);
	if (result > 0)
		tell(w, &r->not_full, on_edge, edge);
	return result;
}

static void ring_close(void *queue, struct cb_worker *w)
{
	struct ring *r = queue;

	/* Whoever has looked at it before it was set sleeps by the time the mutex is ours. */
	cb_lock(w, &r->mutex);
	r->closed = true;
	cb_unlock(w, &r->mutex);
	cb_wake_all(w, &r->not_full);
	cb_wake_all(w, &r->not_empty);
}

static void ring_open(void *queue)
{
	((struct ring *)queue)->closed = false;
}

static bool ring_drain(void *queue, void *item, size_t bytes)
{
	struct ring *r = queue;

	if (!has_item(r))
		return false;
	take_first(r, item, bytes);
	return true;
}

/* Under the mutex it could be as old by the time that it is looked at. */
static uint64_t ring_size(void *queue)
{
	return cb_load(&((struct ring *)queue)->count);
}

#define RING(x, about, source, from, on_edge)                                                 \
	static inline enum cb_queue_result x##_put(                                           \
	    void *queue, struct cb_worker *w, const void *item, size_t bytes, uint64_t until) \
	{                                                                                     \
		return put((struct ring *)queue, w, item, bytes, until, on_edge);             \
	}                                                                                     \
	static inline enum cb_queue_result x##_get(                                           \
	    void *queue, struct cb_worker *w, void *item, size_t bytes, uint64_t until)       \
	{                                                                                     \
		return get((struct ring *)queue, w, item, bytes, until, on_edge);             \
	}                                                                                     \
	static const struct cb_queue_ops cb_queue_ops_##x = {.init = ring_init,               \
	    .put = x##_put,                                                                   \
	    .get = x##_get,                                                                   \
	    .close = ring_close,                                                              \
	    .open = ring_open,                                                                \
	    .drain = ring_drain};                                                             \
	CB_QUEUE_BATCH(x)                                                                     \
	static const struct cb_queue cb_queue_impl_##x = {                                    \
	    .ops = &cb_queue_ops_##x, .queue_bytes = ring_bytes, .size = ring_size};          \
	CB_QUEUE_KIND_IF(x, about, source, from, CB_CAN_ALL, NULL, NULL, 0, cb_queue_on_one_carrier)

RING(mutex_ring, "ring under a mutex, two condition variables: who waits sleeps",
    "Hoare 1974, the bounded buffer", CB_SMOKE, false)
RING(mutex_ring_edge, "the same, and wakes only when it was empty or full, but then all who wait",
    "Hoare 1974, the bounded buffer", CB_FULL, true)
