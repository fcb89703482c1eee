/*
 * arena.h - memory that all workers of a case share, under every execution model.
 *
 * The cell maps it MAP_SHARED and anonymous before it forks, so it has the same address in all
 * processes: addresses inside are valid everywhere. Offsets are recorded, not addresses. It never
 * grows, and nothing is given back before arena_destroy().
 */
#ifndef CONCBENCH_ARENA_H
#define CONCBENCH_ARENA_H

#include <stddef.h>
#include <stdint.h>

/* Two cache lines: the adjacent-line prefetcher of x86 pulls them in pairs. */
#define ARENA_ALIGN 128

struct arena {
	unsigned char *base;
	size_t size;
	size_t used;
};

/** arena_create() - @size bytes, zeroed and not yet touched. Return: 0; -ENOMEM. */
int arena_create(struct arena *a, size_t size);

/**
 * arena_alloc() - @size zeroed bytes, 128-byte aligned and alone on their cache lines.
 * Return: NULL when the arena is full.
 */
void *arena_alloc(struct arena *a, size_t size);

/** arena_skip() - leave a gap of @bytes, so that buffers land at a fresh offset. */
void arena_skip(struct arena *a, size_t bytes);

/** arena_offset() / arena_at() - between addresses and offsets, for what is recorded. */
static inline size_t arena_offset(const struct arena *a, const void *p)
{
	return (size_t)((const unsigned char *)p - a->base);
}

static inline void *arena_at(const struct arena *a, size_t offset)
{
	return a->base + offset;
}

void arena_destroy(struct arena *a);

#endif
