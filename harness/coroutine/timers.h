/*
 * timers.h - a heap of absolute deadlines, and whom to wake at each.
 *
 * Four children a node: half the levels of a binary heap, and the children share a cache line or
 * two. Equal deadlines come out in the order they went in. Room is reserved once, so adding cannot
 * fail: a coroutine sleeps at most once at a time.
 */
#ifndef CONCBENCH_TIMERS_H
#define CONCBENCH_TIMERS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct timers_entry {
	uint64_t deadline_ns;
	uint64_t sequence; /* tie-break */
	void *who;
};

struct timers {
	struct timers_entry *heap;
	size_t count;
	size_t capacity;
	uint64_t next_sequence;
};

/** timers_init() - room for @capacity deadlines at once. Return: 0; -EINVAL when 0; -ENOMEM. */
int timers_init(struct timers *t, size_t capacity);
void timers_release(struct timers *t);

/** timers_add() - @who at @deadline_ns, not NULL. At most capacity at a time (asserted). */
void timers_add(struct timers *t, uint64_t deadline_ns, void *who);

/** timers_pop_due() - the earliest whose deadline is at or before @now_ns; NULL when there is none.
 */
void *timers_pop_due(struct timers *t, uint64_t now_ns);

/** timers_remove() - take out @who, whose deadline has not come; looks through all of them. Return:
 * false when it was not there. */
bool timers_remove(struct timers *t, const void *who);

/** timers_next_ns() - the earliest deadline; UINT64_MAX when empty. */
static inline uint64_t timers_next_ns(const struct timers *t)
{
	return t->count ? t->heap[0].deadline_ns : UINT64_MAX;
}

#endif
