/*
 * queue.h - a queue of the family "queue": producers hand items to consumers, and every item is
 * accounted for.
 *
 * The short form is all of most queues that never sleep:
 *
 *	CB_QUEUE(my_ring, "one producer, one consumer, no read-modify-write", "paper or library",
 *	    CB_QUICK, CB_CAN_ALL, 1, 1, 0, struct my_ring,
 *	    sizeof(struct my_ring) + env->capacity * env->bytes, my_init(queue, env->capacity),
 *	    my_put(queue, item, bytes), my_get(queue, item, bytes))
 *
 * Its name, what it is and where it comes from; the smallest profile that has it; the models it can
 * do; how many producers and consumers at most (0: any number); the only size of item that it takes
 * (0: any); its type; and four expressions, in which `queue` points to the type, `item` to the
 * item's `bytes`, `w` to the worker (NULL when the queue is emptied between trials):
 *
 *	bytes    of shared memory; `env` is what is known beforehand
 *	init     an int: 0 or -errno
 *	put      true when done, false when full
 *	get      true when done, false when empty
 *
 * A worker that finds it full or empty goes round again, and gives up its PU where it should. One
 * that can say how many items it has is a CB_QUEUE_SIZED, with one expression more.
 *
 * The long form, for queues whose waiters sleep, that have a capacity of their own, or that each
 * worker has to attach to: write the functions of struct cb_queue_ops, then CB_QUEUE_BATCH(x) and a
 * struct cb_queue; CB_QUEUE's own expansion below shows how.
 *
 * An item begins with 8 bytes, its head: producer, number there, whether it is timed, and 16 bits
 * of nothing, all multiplied by a key: what is changed in a head shows in those bits, but once in
 * 65,536 times. What follows is decided by the head. A consumer checks all of it, and the item's
 * place in its producer's order. Between trials the queue is emptied, and then, for every producer,
 * the number of items that came out and the sum of their heads has to be that of the items put in.
 */
#ifndef CONCBENCH_PUBLIC_QUEUE_H
#define CONCBENCH_PUBLIC_QUEUE_H

#include <concbench/concbench.h>

#include <string.h>

#ifdef __cplusplus
extern "C" {
#endif

/* ---- what a queue is ---- */

/* What init may know. */
struct cb_queue_env {
	const struct cb_case *c;
	enum cb_model model;
	unsigned producers;
	unsigned consumers;
	unsigned capacity; /* in items; the case's, a power of two, or the queue's own */
	size_t bytes;      /* of an item */
	bool checking;     /* no figure comes of it: a queue may look closer */
	uint64_t wait_ns;  /* patience of a put or get; 0: it has all the time */
	/* Workers that attach when others have died, in their roles. */
	unsigned latecomers;
	/* During init, which may write a line there that says more than its -errno. */
	char *why;
	size_t why_len;
};

enum cb_queue_result {
	CB_QUEUE_CLOSED = -1,
	CB_QUEUE_TIMED_OUT = 0,
	CB_QUEUE_DONE = 1,
	CB_QUEUE_WAITED = 2, /* done, but not at once */
};

enum cb_queue_order {
	CB_ORDER_FIFO, /* each producer's items come out in the order they went in */
	CB_ORDER_NONE, /* nothing lost, nothing twice, and that is all */
};

/*
 * The calls of a queue, on the queue and nothing of the workload: usable anywhere. Either the two
 * that return at once are there, or the two that wait, or all four. Others may be NULL. Which of
 * its producers and, counted on, consumers calls is w->role: a worker may stand between two queues.
 */
struct cb_queue_ops {
	int (*init)(void *queue, const struct cb_queue_env *env);
	/* attach() - in each worker, before its first trial, once a role: after fork(2), with
	 * descriptors of its own to open. Return: 0; -errno. */
	int (*attach)(void *queue, struct cb_worker *w);
	bool (*try_put)(void *queue, struct cb_worker *w, const void *item, size_t bytes);
	bool (*try_get)(void *queue, struct cb_worker *w, void *item, size_t bytes);
	/* put() / get() - wait for room or an item, not beyond @until_ns of cb_now_ns()
	 * (CB_FOR_EVER), and not when closed. */
	enum cb_queue_result (*put)(
	    void *queue, struct cb_worker *w, const void *item, size_t bytes, uint64_t until_ns);
	enum cb_queue_result (*get)(
	    void *queue, struct cb_worker *w, void *item, size_t bytes, uint64_t until_ns);
	/* close() - who waits, or comes to, gets CB_QUEUE_CLOSED. By each worker that leaves a
	 * trial. open() takes it back, no worker being about. */
	void (*close)(void *queue, struct cb_worker *w);
	void (*open)(void *queue);
	/* drain() - an item that is left, no worker being about; NULL: try_get. */
	bool (*drain)(void *queue, void *item, size_t bytes);
	void (*destroy)(void *queue);
};

/* What a queue says of itself beside struct cb_kind; its impl. */
struct cb_queue {
	const struct cb_queue_ops *ops;
	size_t (*queue_bytes)(const struct cb_queue_env *env);
	/* capacity() - of a queue that cannot be given one, in items; NULL: the case's is kept. */
	unsigned (*capacity)(const struct cb_queue_env *env);
	unsigned most_producers; /* 0: any number */
	unsigned most_consumers;
	size_t item_bytes; /* the only size it takes; 0: any up to most_bytes */
	size_t most_bytes; /* 0: any */
	enum cb_queue_order order;
	/* What its waiting calls return does not say who had to wait, but while checking. */
	bool waits_unseen;
	/* Its capacity() is a bound: what it holds is the kernel's, or a library's, to say. */
	bool holds_less;
	/* A case cannot have two of it. */
	bool single;
	/* size() - items in it, at a moment during the call; NULL: it cannot say. While nobody is
	 * about it is exact, and where its only producer asks it is never too few. */
	uint64_t (*size)(void *queue);
	unsigned spare; /* slots of its capacity that stay empty, so that full is not empty */
};

/* ---- kinds ---- */

/* CB_QUEUE_BATCH(x) - cb_queue_batch_x(): the loop for cb_queue_ops_x, whose functions are inlined;
 * once for items of a register, once for others. */
#define CB_QUEUE_BATCH(x)                                                                   \
	static uint64_t cb_queue_batch_##x(struct cb_worker *w, void *state, uint64_t n)    \
	{                                                                                   \
		struct cb_queue_state *st = (struct cb_queue_state *)state;                 \
		unsigned char item[CB_QUEUE_ITEM_BYTES];                                    \
                                                                                            \
		if (st->env.bytes == CB_QUEUE_ITEM_BYTES)                                   \
			return cb_queue_loop(                                               \
			    w, st, n, item, CB_QUEUE_ITEM_BYTES, &cb_queue_ops_##x);        \
		return cb_queue_loop(                                                       \
		    w, st, n, st->worker[w->index].item, st->env.bytes, &cb_queue_ops_##x); \
	}

/* Of the kinds below: a file whose queues are measured otherwise than before has it anew, higher.
 */
#define CB_QUEUE_VERSION 2

/* What becomes of items when a producer or a consumer is killed: every queue that works between
 * processes is a kind of the family "loss" as well. Its workload calls it through cb_queue_ops. */
extern const struct cb_workload cb_queue_loss_work;

#define CB_QUEUE_LOSS_VERSION 2

#define CB_QUEUE_LOSS(x, about, source, from, models, flags, can)                                 \
	static const struct cb_kind cb_loss_##x = {"loss", #x, about, source, flags,              \
	    (from) == CB_SMOKE ? CB_SMOKE : CB_FULL, CB_QUEUE_LOSS_VERSION, CB_CAN(CB_PROCESS),   \
	    "a signal that kills a thread or a coroutine kills all of them", &cb_queue_loss_work, \
	    NULL, &cb_queue_impl_##x, NULL, 0, NULL, NULL, NULL, 0, NULL, 0, can, NULL, NULL,     \
	    NULL, ""};                                                                            \
	CB_REGISTER_IF(((models)&CB_CAN(CB_PROCESS)) && !((flags)&CB_BROKEN), cb_loss_##x)

/* CB_QUEUE_KIND(x) - workload and kind of cb_queue_impl_x with that batch, entered into the table.
 * CB_QUEUE_KIND_IF(x) - the same, of one that cannot be every case: can(), as in struct cb_kind. */
#define CB_QUEUE_KIND(x, about, source, from, models, not_models, without, flags) \
	CB_QUEUE_KIND_IF(x, about, source, from, models, not_models, without, flags, NULL)

#define CB_QUEUE_KIND_IF(x, about, source, from, models, not_models, without, flags, can)         \
	CB_QUEUE_LOSS(x, about, source, from, models, flags, can)                                 \
	static const struct cb_workload cb_queue_work_##x = {CB_QUEUE_OP, CB_QUEUE_LATENCY, 0,    \
	    cb_queue_state_size, cb_queue_setup, cb_queue_enter, cb_queue_batch_##x,              \
	    cb_queue_leave, cb_queue_check, cb_queue_report, cb_queue_teardown, NULL, NULL, 0, 0, \
	    false, true, CB_QUEUE_INSIDE, CB_QUEUE_CHECKED};                                      \
	static const struct cb_kind cb_kind_##x = {"queue", #x, about, source, flags, from,       \
	    CB_QUEUE_VERSION, models, not_models, &cb_queue_work_##x, NULL, &cb_queue_impl_##x,   \
	    NULL, 0, without, NULL, NULL, 0, NULL, 0, can, NULL, NULL, cb_queue_depends, ""};     \
	CB_REGISTER(cb_kind_##x)

#define CB_QUEUE_AS(x, about, source, from, models, most_producers, most_consumers, item_bytes,  \
    type, bytes_, init_, try_put_, try_get_, size_fn_, spare_)                                   \
	static size_t cb_queue_bytes_##x(const struct cb_queue_env *env)                         \
	{                                                                                        \
		(void)env;                                                                       \
		return bytes_;                                                                   \
	}                                                                                        \
	static int cb_queue_init_##x(void *queue_, const struct cb_queue_env *env)               \
	{                                                                                        \
		type *queue = (type *)queue_;                                                    \
                                                                                                 \
		(void)queue;                                                                     \
		(void)env;                                                                       \
		return init_;                                                                    \
	}                                                                                        \
	CB_INLINE bool cb_queue_try_put_##x(                                                     \
	    void *queue_, struct cb_worker *w, const void *item, size_t bytes)                   \
	{                                                                                        \
		type *queue = (type *)queue_;                                                    \
                                                                                                 \
		(void)w;                                                                         \
		(void)bytes;                                                                     \
		return try_put_;                                                                 \
	}                                                                                        \
	CB_INLINE bool cb_queue_try_get_##x(                                                     \
	    void *queue_, struct cb_worker *w, void *item, size_t bytes)                         \
	{                                                                                        \
		type *queue = (type *)queue_;                                                    \
                                                                                                 \
		(void)w;                                                                         \
		(void)bytes;                                                                     \
		return try_get_;                                                                 \
	}                                                                                        \
	static const struct cb_queue_ops cb_queue_ops_##x = {cb_queue_init_##x, NULL,            \
	    cb_queue_try_put_##x, cb_queue_try_get_##x, NULL, NULL, NULL, NULL, NULL, NULL};     \
	CB_QUEUE_BATCH(x)                                                                        \
	static const struct cb_queue cb_queue_impl_##x = {&cb_queue_ops_##x, cb_queue_bytes_##x, \
	    NULL, most_producers, most_consumers, item_bytes, 0, CB_ORDER_FIFO, false, false,    \
	    false, size_fn_, spare_};                                                            \
	CB_QUEUE_KIND(x, about, source, from, models,                                            \
	    (models) == CB_CAN_ALL ? NULL : CB_NOT_CLAIMED, NULL, 0)

#define CB_QUEUE(x, about, source, from, models, most_producers, most_consumers, item_bytes, type, \
    bytes_, init_, try_put_, try_get_)                                                             \
	CB_QUEUE_AS(x, about, source, from, models, most_producers, most_consumers, item_bytes,    \
	    type, bytes_, init_, try_put_, try_get_, NULL, 0)

/* CB_QUEUE_SIZED() - the same, and an expression more, its size; and how many slots stay empty
 * (cb_queue.size, .spare). */
#define CB_QUEUE_SIZED(x, about, source, from, models, most_producers, most_consumers, item_bytes, \
    type, bytes_, init_, try_put_, try_get_, size_, spare_)                                        \
	static uint64_t cb_queue_size_##x(void *queue_)                                            \
	{                                                                                          \
		type *queue = (type *)queue_;                                                      \
                                                                                                   \
		return size_;                                                                      \
	}                                                                                          \
	CB_QUEUE_AS(x, about, source, from, models, most_producers, most_consumers, item_bytes,    \
	    type, bytes_, init_, try_put_, try_get_, cb_queue_size_##x, spare_)

#ifdef __cplusplus
}
#endif

/* The state of a case, the items and the loop, which CB_QUEUE_BATCH() calls. */
#include <concbench/queue_loop.h>

#endif
