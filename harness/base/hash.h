/*
 * hash.h - a hash of bytes that is the same on every machine, and an index of the names in an
 * array.
 */
#ifndef CONCBENCH_HASH_H
#define CONCBENCH_HASH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define HASH_START UINT64_C(0xcbf29ce484222325)

/** hash_bytes() - FNV-1a, 64 bits; @from is HASH_START or the hash of what comes before. */
static inline uint64_t hash_bytes(uint64_t from, const void *data, size_t len)
{
	const unsigned char *p = data;

	while (len--)
		from = (from ^ *p++) * UINT64_C(0x100000001b3);
	return from;
}

/** hash_text() - the same, including the NUL, so that "ab" then "c" differs from "a" then "bc". */
static inline uint64_t hash_text(uint64_t from, const char *text)
{
	return hash_bytes(from, text, strlen(text) + 1);
}

/*
 * Finds a name in an array in constant time. The array stays the caller's; a name must not change
 * while the index has it. Zero-initialised is empty.
 */
struct hash_index {
	struct hash_slot *slots;
	size_t capacity; /* a power of two, more than twice the count */
	size_t count;
};

/* The name at a place of the array, ended by a NUL. */
typedef const char *hash_name_fn(const void *array, size_t at);

/** hash_index_add() - a name that is not in it yet, at place @at of the array. Return: 0; -ENOMEM.
 */
int hash_index_add(struct hash_index *index, const char *name, size_t at);

/** hash_index_find() - Return: true with the place *@at of the name. */
bool hash_index_find(const struct hash_index *index, const char *name, hash_name_fn *name_of,
    const void *array, size_t *at);

void hash_index_free(struct hash_index *index);

#endif
