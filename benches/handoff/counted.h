/*
 * counted.h - hand-offs through something that counts, one for each worker: the bytes in a pipe, an
 * eventfd's number, a semaphore. A turn is one of it, and the kernel wakes who waits for that.
 *
 * A row is a type and five expressions (COUNTED() below), in which `it` points to one worker's:
 *
 *	open     with nothing in it, between processes if `shared`; below 0 with errno
 *	put      one more; below 0 with errno
 *	take     wait for it: how many were taken, one or all there are; below 0 with errno; `into`
 *	         has room for 8 bytes
 *	ready    above 0: take would not wait
 *	close
 *
 * A worker that leaves gives its partner one more, since that one may be waiting. What was given
 *and taken on leaving is known, so between trials it is known what has to be left.
 */
#ifndef CONCBENCH_HANDOFF_COUNTED_H
#define CONCBENCH_HANDOFF_COUNTED_H

#include "benches/handoff/turns.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* What a worker leaves behind. */
struct counted {
	int given; /* to the partner */
	int taken; /* in vain */
} CB_ALIGNED;

/**
 * counted_check() - is there what has to be? Begins to count anew.
 * @left: of each worker; all of it is taken out.
 */
int counted_check(
    struct counted count[2], const int left[2], unsigned next, char *why, size_t why_len);

/* readable() - ready for what has a descriptor. */
static inline int readable(int fd)
{
	struct pollfd p = {.fd = fd, .events = POLLIN};

	return poll(&p, 1, 0);
}

static inline void counted_put(struct cb_worker *w, long done)
{
	if (CB_UNLIKELY(done < 0))
		cb_fail(w, -errno, "to pass the turn");
}

/* Return: true for the turn. */
static inline bool counted_take(struct cb_worker *w, void *st, struct counted *count, long taken)
{
	if (CB_UNLIKELY(taken < 1)) {
		cb_fail(w, taken ? -errno : -EPIPE, "to wait for the turn");
		return false;
	}
	if (closed(w, st)) {
		count->taken += (int)taken;
		return false;
	}
	if (CB_UNLIKELY(taken > 1))
		cb_fail(w, -EBADMSG, "more than one turn at once");
	return true;
}

/* Return: -@error. */
static inline int counted_failed(int error, const char *what, char *why, size_t why_len)
{
	(void)snprintf(why, why_len, "%s: %s", what, strerror(error));
	return -error;
}

/* COUNTED_WORK() - the row's workload, x_work, on a struct x_pair. */
#define COUNTED_WORK(x, type, open_, put_, take_, ready_, close_)                                  \
	struct x##_pair {                                                                          \
		type its[2];                                                                       \
		struct counted count[2];                                                           \
	};                                                                                         \
	static inline long counted_put_##x(type *it)                                               \
	{                                                                                          \
		return TEMP_FAILURE_RETRY(put_);                                                   \
	}                                                                                          \
	static inline long counted_take_##x(type *it)                                              \
	{                                                                                          \
		uint64_t into;                                                                     \
                                                                                                   \
		(void)into;                                                                        \
		return TEMP_FAILURE_RETRY(take_);                                                  \
	}                                                                                          \
	static void counted_close_##x(type *it)                                                    \
	{                                                                                          \
		(void)(close_);                                                                    \
	}                                                                                          \
	static int counted_open_##x(struct x##_pair *st, bool shared)                              \
	{                                                                                          \
		(void)shared;                                                                      \
		for (unsigned i = 0; i < 2; i++) {                                                 \
			type *it = &st->its[i];                                                    \
			int ret;                                                                   \
                                                                                                   \
			if ((open_) >= 0)                                                          \
				continue;                                                          \
			ret = -errno;                                                              \
			while (i--)                                                                \
				counted_close_##x(&st->its[i]);                                    \
			return ret;                                                                \
		}                                                                                  \
		if (counted_put_##x(&st->its[0]) < 0) {                                            \
			const int error = errno;                                                   \
                                                                                                   \
			counted_close_##x(&st->its[0]);                                            \
			counted_close_##x(&st->its[1]);                                            \
			return -error;                                                             \
		}                                                                                  \
		return 0;                                                                          \
	}                                                                                          \
	static void counted_teardown_##x(struct cb_env *env)                                       \
	{                                                                                          \
		struct x##_pair *st = (void *)((struct turns *)env->state)->own;                   \
                                                                                                   \
		counted_close_##x(&st->its[0]);                                                    \
		counted_close_##x(&st->its[1]);                                                    \
	}                                                                                          \
	/* Nobody waits: there is what has to be, and the next turn. */                            \
	static int counted_again_##x(                                                              \
	    struct x##_pair *st, unsigned next, char *why, size_t why_len)                         \
	{                                                                                          \
		int left[2] = {0}, ret;                                                            \
                                                                                                   \
		for (unsigned i = 0; i < 2; i++)                                                   \
			for (type *it = &st->its[i]; (ready_) > 0;) {                              \
				const long taken = counted_take_##x(it);                           \
                                                                                                   \
				if (taken < 1)                                                     \
					return counted_failed(                                     \
					    taken ? errno : EPIPE, "taking a turn", why, why_len); \
				left[i] += (int)taken;                                             \
			}                                                                          \
		ret = counted_check(st->count, left, next, why, why_len);                          \
		if (ret || counted_put_##x(&st->its[next]) >= 0)                                   \
			return ret;                                                                \
		return counted_failed(errno, "giving the next turn", why, why_len);                \
	}                                                                                          \
	HANDOFF_WORK(x, struct x##_pair, counted_open_##x(st, model == CB_PROCESS),                \
	    counted_take(w, st, &st->count[me], counted_take_##x(&st->its[me])),                   \
	    counted_put(w, counted_put_##x(&st->its[1 - me])),                                     \
	    (counted_put(w, counted_put_##x(&st->its[1 - me])), (void)st->count[me].given++),      \
	    counted_again_##x(st, next, why, why_len), counted_teardown_##x)

#define COUNTED(x, about, source, from, type, open, put, take, ready, close) \
	COUNTED_WORK(x, type, open, put, take, ready, close)                 \
	HANDOFF_KIND(x, about, source, from)

#endif
