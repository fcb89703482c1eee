/*
 * timers.c - a 4-ary heap by (deadline, sequence).
 */
#include "harness/coroutine/timers.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>

#define ARITY ((size_t)4)

static bool before(const struct timers_entry *a, const struct timers_entry *b)
{
	if (a->deadline_ns != b->deadline_ns)
		return a->deadline_ns < b->deadline_ns;
	return a->sequence < b->sequence;
}

int timers_init(struct timers *t, size_t capacity)
{
	struct timers_entry *heap;

	if (capacity == 0)
		return -EINVAL;
	if (capacity > SIZE_MAX / sizeof(*heap))
		return -ENOMEM;
	heap = malloc(capacity * sizeof(*heap));
	if (!heap)
		return -ENOMEM;
	*t = (struct timers){.heap = heap, .capacity = capacity};
	return 0;
}

void timers_release(struct timers *t)
{
	free(t->heap);
	*t = (struct timers){0};
}

/* Let @e rise from place @i, whose entry is already taken. */
static void rise(struct timers *t, size_t i, struct timers_entry e)
{
	size_t parent;

	for (; i > 0; i = parent) {
		parent = (i - 1) / ARITY;
		if (!before(&e, &t->heap[parent]))
			break;
		t->heap[i] = t->heap[parent];
	}
	t->heap[i] = e;
}

void timers_add(struct timers *t, uint64_t deadline_ns, void *who)
{
	struct timers_entry e = {deadline_ns, t->next_sequence++, who};

	assert(who && t->count < t->capacity);
	rise(t, t->count++, e);
}

/* Let @e sink from place @i, whose entry is already taken. */
static void sink(struct timers *t, size_t i, struct timers_entry e)
{
	for (;;) {
		size_t first = i * ARITY + 1, end = first + ARITY, least = first;

		if (first >= t->count)
			break;
		if (end > t->count)
			end = t->count;
		for (size_t child = first + 1; child < end; child++)
			if (before(&t->heap[child], &t->heap[least]))
				least = child;
		if (!before(&t->heap[least], &e))
			break;
		t->heap[i] = t->heap[least];
		i = least;
	}
	t->heap[i] = e;
}

void *timers_pop_due(struct timers *t, uint64_t now_ns)
{
	void *who;

	if (t->count == 0 || t->heap[0].deadline_ns > now_ns)
		return NULL;
	who = t->heap[0].who;
	t->count--;
	if (t->count)
		sink(t, 0, t->heap[t->count]);
	return who;
}

bool timers_remove(struct timers *t, const void *who)
{
	struct timers_entry last;
	size_t i = 0;

	while (i < t->count && t->heap[i].who != who)
		i++;
	if (i == t->count)
		return false;
	last = t->heap[--t->count];
	if (i == t->count)
		return true;
	/* It may belong above as well as below: it came from another branch. */
	if (i > 0 && before(&last, &t->heap[(i - 1) / ARITY]))
		rise(t, i, last);
	else
		sink(t, i, last);
	return true;
}
