/*
 * channel.c - channels between coroutines of one carrier. Nobody else runs between two waits, so
 * that nothing is locked: a put or get that does not wait is some plain loads and stores. (What
 * cb_wait() wants a mutex for cannot happen here; it is taken for that call alone.)
 *
 * Unbuffered, a put ends when its item has been taken: two coroutines meet. Who gives up, or is
 * sent away, takes back what nobody has taken.
 */
#include <concbench/queue.h>

struct channel {
	struct cb_mutex mutex;
	struct cb_cond room;
	struct cb_cond items;
	struct cb_cond taken; /* unbuffered */
	unsigned waiting_room, waiting_items;
	bool closed;
	unsigned capacity;
	unsigned first; /* slot of the oldest item */
	unsigned count;
	uint64_t put, got;
	unsigned char slot[];
};

static size_t channel_bytes(const struct cb_queue_env *env)
{
	return sizeof(struct channel) + env->capacity * env->bytes;
}

static unsigned one(const struct cb_queue_env *env)
{
	(void)env;
	return 1;
}

static int channel_init(void *queue, const struct cb_queue_env *env)
{
	struct channel *c = queue;
	int ret = cb_mutex_init(&c->mutex, env->model);

	c->capacity = env->capacity;
	if (!ret)
		ret = cb_cond_init(&c->room, env->model);
	if (!ret)
		ret = cb_cond_init(&c->items, env->model);
	return ret ? ret : cb_cond_init(&c->taken, env->model);
}

static bool await(struct channel *c, struct cb_worker *w, struct cb_cond *cond, uint64_t until_ns)
{
	bool in_time;

	cb_lock(w, &c->mutex);
	in_time = cb_wait_until(w, cond, &c->mutex, until_ns);
	cb_unlock(w, &c->mutex);
	return in_time;
}

/* Until @count is no longer @not. @waiting: how many do so, for who may wake one. */
static enum cb_queue_result until_other(struct channel *c, struct cb_worker *w,
    struct cb_cond *cond, unsigned *waiting, unsigned not, uint64_t until_ns)
{
	while (c->count == not ) {
		bool in_time;

		if (c->closed)
			return CB_QUEUE_CLOSED;
		(*waiting)++;
		in_time = await(c, w, cond, until_ns);
		(*waiting)--;
		if (!in_time && c->count == not )
			return CB_QUEUE_TIMED_OUT;
	}
	return CB_QUEUE_WAITED;
}

static inline unsigned char *slot(struct channel *c, unsigned i, size_t bytes)
{
	return &c->slot[((c->first + i) & (c->capacity - 1)) * bytes];
}

static inline void take_first(struct channel *c, void *item, size_t bytes)
{
	memcpy(item, slot(c, 0, bytes), bytes);
	c->first = (c->first + 1) & (c->capacity - 1);
	c->count--;
	c->got++;
}

/* Return: @result when it has been taken. */
static enum cb_queue_result until_taken(
    struct channel *c, struct cb_worker *w, uint64_t number, uint64_t until_ns)
{
	while (c->got < number) {
		const bool in_time = !c->closed && await(c, w, &c->taken, until_ns);

		if (c->got >= number || (in_time && !c->closed))
			continue;
		/* Its slot is the only one, and now another's. */
		c->count--;
		c->put--;
		cb_wake_one(w, &c->room);
		return c->closed ? CB_QUEUE_CLOSED : CB_QUEUE_TIMED_OUT;
	}
	return CB_QUEUE_WAITED;
}

CB_INLINE enum cb_queue_result put(struct channel *c, struct cb_worker *w, const void *item,
    size_t bytes, uint64_t until_ns, bool buffered)
{
	enum cb_queue_result result = CB_QUEUE_DONE;

	if (CB_UNLIKELY(c->count == c->capacity)) {
		result = until_other(c, w, &c->room, &c->waiting_room, c->capacity, until_ns);
		if (result <= 0)
			return result;
	}
	memcpy(slot(c, c->count, bytes), item, bytes);
	c->count++;
	c->put++;
	if (c->waiting_items)
		cb_wake_one(w, &c->items);
	return buffered ? result : until_taken(c, w, c->put, until_ns);
}

CB_INLINE enum cb_queue_result get(struct channel *c, struct cb_worker *w, void *item, size_t bytes,
    uint64_t until_ns, bool buffered)
{
	enum cb_queue_result result = CB_QUEUE_DONE;

	if (CB_UNLIKELY(!c->count)) {
		result = until_other(c, w, &c->items, &c->waiting_items, 0, until_ns);
		if (result <= 0)
			return result;
	}
	take_first(c, item, bytes);
	if (!buffered)
		cb_wake_all(w, &c->taken);
	if (c->waiting_room)
		cb_wake_one(w, &c->room);
	return result;
}

static void channel_close(void *queue, struct cb_worker *w)
{
	struct channel *c = queue;

	c->closed = true;
	cb_wake_all(w, &c->room);
	cb_wake_all(w, &c->items);
	cb_wake_all(w, &c->taken);
}

static void channel_open(void *queue)
{
	((struct channel *)queue)->closed = false;
}

static bool channel_drain(void *queue, void *item, size_t bytes)
{
	struct channel *c = queue;

	if (!c->count)
		return false;
	take_first(c, item, bytes);
	return true;
}

static uint64_t channel_size(void *queue)
{
	return ((const struct channel *)queue)->count;
}

#define CHANNEL(x, about, buffered, capacity_, without)                                           \
	static inline enum cb_queue_result x##_put(                                               \
	    void *queue, struct cb_worker *w, const void *item, size_t bytes, uint64_t until)     \
	{                                                                                         \
		return put((struct channel *)queue, w, item, bytes, until, buffered);             \
	}                                                                                         \
	static inline enum cb_queue_result x##_get(                                               \
	    void *queue, struct cb_worker *w, void *item, size_t bytes, uint64_t until)           \
	{                                                                                         \
		return get((struct channel *)queue, w, item, bytes, until, buffered);             \
	}                                                                                         \
	static const struct cb_queue_ops cb_queue_ops_##x = {.init = channel_init,                \
	    .put = x##_put,                                                                       \
	    .get = x##_get,                                                                       \
	    .close = channel_close,                                                               \
	    .open = channel_open,                                                                 \
	    .drain = channel_drain};                                                              \
	CB_QUEUE_BATCH(x)                                                                         \
	static const struct cb_queue cb_queue_impl_##x = {.ops = &cb_queue_ops_##x,               \
	    .queue_bytes = channel_bytes,                                                         \
	    .capacity = capacity_,                                                                \
	    .size = channel_size};                                                                \
	CB_QUEUE_KIND_IF(x, about,                                                                \
	    "channels of Go; Hoare 1978, Communicating Sequential Processes", CB_FULL,            \
	    CB_CAN(CB_COROUTINE), "it is for coroutines that take turns on one carrier", without, \
	    0, cb_queue_on_one_carrier)

CHANNEL(
    channel, "between coroutines of one carrier: a ring that nobody has to lock", true, NULL, NULL)
CHANNEL(channel_unbuffered, "the same without a ring: a put ends when its item has been taken",
    false, one, "capacity asking")
