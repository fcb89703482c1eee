#include "harness/base/hash.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct hash_slot {
	uint64_t hash;
	size_t place; /* of the name, from 1; 0: free */
};

static uint64_t hash_of(const char *name)
{
	return hash_bytes(HASH_START, name, strlen(name));
}

static void put(struct hash_slot *slots, size_t capacity, struct hash_slot s)
{
	size_t i = s.hash & (capacity - 1);

	while (slots[i].place)
		i = (i + 1) & (capacity - 1);
	slots[i] = s;
}

static int widen(struct hash_index *index)
{
	const size_t capacity = index->capacity ? index->capacity * 2 : 64;
	struct hash_slot *wider = calloc(capacity, sizeof(*wider));

	if (!wider)
		return -ENOMEM;
	for (size_t i = 0; i < index->capacity; i++)
		if (index->slots[i].place)
			put(wider, capacity, index->slots[i]);
	free(index->slots);
	index->slots = wider;
	index->capacity = capacity;
	return 0;
}

int hash_index_add(struct hash_index *index, const char *name, size_t at)
{
	if (2 * (index->count + 1) > index->capacity) {
		const int rc = widen(index);

		if (rc)
			return rc;
	}
	put(index->slots, index->capacity, (struct hash_slot){hash_of(name), at + 1});
	index->count++;
	return 0;
}

bool hash_index_find(const struct hash_index *index, const char *name, hash_name_fn *name_of,
    const void *array, size_t *at)
{
	const uint64_t hash = hash_of(name);

	if (!index->count)
		return false;
	for (size_t i = hash & (index->capacity - 1); index->slots[i].place;
	     i = (i + 1) & (index->capacity - 1)) {
		const struct hash_slot *s = &index->slots[i];

		if (s->hash == hash && !strcmp(name_of(array, s->place - 1), name)) {
			*at = s->place - 1;
			return true;
		}
	}
	return false;
}

void hash_index_free(struct hash_index *index)
{
	free(index->slots);
	memset(index, 0, sizeof(*index));
}
