/*
 * grow.h - room in an array that doubles when it is full.
 */
#ifndef CONCBENCH_GROW_H
#define CONCBENCH_GROW_H

#include <errno.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/**
 * grow() - room for @need items in all.
 * @array:    address of the pointer to the items, which may be NULL; they may be moved.
 * @capacity: how many there is room for.
 * Return: 0; -ENOMEM, and nothing has changed.
 */
static inline int grow(void *array, size_t need, size_t *capacity, size_t item_size)
{
	size_t want = *capacity ? *capacity : 8, bytes;
	void *items;

	if (need <= *capacity)
		return 0;
	while (want < need)
		want = want > SIZE_MAX / 2 ? need : want * 2;
	/* Pointers to all types look alike, but none may be accessed as another: hence the copies.
	 */
	memcpy(&items, array, sizeof(items));
	if (__builtin_mul_overflow(want, item_size, &bytes) || !(items = realloc(items, bytes)))
		return -ENOMEM;
	memcpy(array, &items, sizeof(items));
	*capacity = want;
	return 0;
}

/** grow_by_one() - room for one item more than @count, in a short list that keeps no capacity. */
static inline int grow_by_one(void *array, size_t count, size_t item_size)
{
	size_t capacity = count;

	return grow(array, count + 1, &capacity, item_size);
}

#endif
