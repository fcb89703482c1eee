/*
 * two_lock.c - the two-lock queue: a linked list with a lock at each end, so that a producer and a
 * consumer do not wait for each other. Locks are the worker's mutexes: they block threads and
 * processes, and suspend coroutines. Nodes lie in the shared state, as many as its capacity.
 */
#include <concbench/queue.h>

struct node {
	struct node *next;
	unsigned char item[];
};

struct two_lock {
	struct {
		struct cb_mutex mutex;
		struct node *last;
		struct node *free;
	} put CB_ALIGNED;
	struct {
		struct cb_mutex mutex;
		struct node *before; /* the first item: its own is out already */
	} get CB_ALIGNED;
	/* By whoever has the lock of gets; all of them at once by whoever has that of puts, so that
	 * none can go and come back while another looks at it. */
	struct node *returned CB_ALIGNED;
	unsigned char nodes[] CB_ALIGNED;
};

static size_t node_bytes(size_t bytes)
{
	return (sizeof(struct node) + bytes + sizeof(void *) - 1) / sizeof(void *) * sizeof(void *);
}

static size_t two_lock_bytes(const struct cb_queue_env *env)
{
	return sizeof(struct two_lock) + (env->capacity + 1) * node_bytes(env->bytes);
}

static int two_lock_init(void *queue, const struct cb_queue_env *env)
{
	struct two_lock *q = queue;
	int ret = cb_mutex_init(&q->put.mutex, env->model);

	for (unsigned i = 0; i <= env->capacity; i++) {
		struct node *node = (void *)&q->nodes[i * node_bytes(env->bytes)];

		node->next = q->put.free;
		q->put.free = node;
	}
	q->get.before = q->put.last = q->put.free;
	q->put.free = q->put.free->next;
	q->put.last->next = NULL;
	return ret ? ret : cb_mutex_init(&q->get.mutex, env->model);
}

/* With the lock of puts. NULL: it is full. */
static inline struct node *take_free(struct two_lock *q)
{
	struct node *node = q->put.free;

	if (!node && cb_load(&q->returned))
		node = __atomic_exchange_n(&q->returned, NULL, __ATOMIC_ACQUIRE);
	if (node)
		q->put.free = node->next;
	return node;
}

/* With the lock of gets. */
static inline void give_back(struct two_lock *q, struct node *node)
{
	node->next = cb_load(&q->returned);
	while (!__atomic_compare_exchange_n(
	    &q->returned, &node->next, node, true, __ATOMIC_RELEASE, __ATOMIC_RELAXED))
		;
}

static inline bool two_lock_put(void *queue, struct cb_worker *w, const void *item, size_t bytes)
{
	struct two_lock *q = queue;
	struct node *node;

	cb_lock(w, &q->put.mutex);
	node = take_free(q);
	if (node) {
		node->next = NULL;
		memcpy(node->item, item, bytes);
		cb_store_release(&q->put.last->next, node);
		q->put.last = node;
	}
	cb_unlock(w, &q->put.mutex);
	return node != NULL;
}

/* With the lock of gets, or nobody else about. */
static inline bool take_first(struct two_lock *q, void *item, size_t bytes)
{
	struct node *before = q->get.before, *first = cb_load_acquire(&before->next);

	if (!first)
		return false;
	memcpy(item, first->item, bytes);
	q->get.before = first;
	give_back(q, before);
	return true;
}

static inline bool two_lock_get(void *queue, struct cb_worker *w, void *item, size_t bytes)
{
	struct two_lock *q = queue;
	bool done;

	cb_lock(w, &q->get.mutex);
	done = take_first(q, item, bytes);
	cb_unlock(w, &q->get.mutex);
	return done;
}

static bool two_lock_drain(void *queue, void *item, size_t bytes)
{
	return take_first(queue, item, bytes);
}

static const struct cb_queue_ops cb_queue_ops_two_lock = {.init = two_lock_init,
    .try_put = two_lock_put,
    .try_get = two_lock_get,
    .drain = two_lock_drain};
CB_QUEUE_BATCH(two_lock)
static const struct cb_queue cb_queue_impl_two_lock = {
    .ops = &cb_queue_ops_two_lock, .queue_bytes = two_lock_bytes};
CB_QUEUE_KIND_IF(two_lock,
    "linked list with a mutex at each end; who finds it full or empty goes round",
    "Michael and Scott 1996, the two-lock queue", CB_FULL, CB_CAN_ALL, NULL, NULL, 0,
    cb_queue_on_one_carrier)
