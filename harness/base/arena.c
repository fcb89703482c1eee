#include "harness/base/arena.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>

int arena_create(struct arena *a, size_t size)
{
	void *p = mmap(
	    NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	if (p == MAP_FAILED)
		return -errno;
	*a = (struct arena){.base = p, .size = size};
	return 0;
}

void *arena_alloc(struct arena *a, size_t size)
{
	const size_t mask = ARENA_ALIGN - 1;
	size_t start = (a->used + mask) & ~mask;
	size_t room;

	if (start > a->size)
		return NULL;
	room = a->size - start;
	if (size > room)
		return NULL;
	/* Rounded up so that the next allocation never shares the last line of this one. */
	a->used = size > room - (room & mask) ? a->size : start + ((size + mask) & ~mask);
	return a->base + start;
}

void arena_skip(struct arena *a, size_t bytes)
{
	a->used = bytes > a->size - a->used ? a->size : a->used + bytes;
}

void arena_destroy(struct arena *a)
{
	if (a->base)
		(void)munmap(a->base, a->size);
	memset(a, 0, sizeof(*a));
}
