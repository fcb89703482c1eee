/*
 * coroutine_stacks.c - an arena of equal stacks, touched only when used.
 */
#include "harness/coroutine/coroutine_impl.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#ifndef MADV_GUARD_INSTALL
#define MADV_GUARD_INSTALL 102 /* Linux 6.13; the libc may be older than the kernel */
#endif

/*
 * Stacks a power of two apart put all their tops into the same few cache sets: a thousand
 * coroutines would share 8 ways of L1 and miss L2 as well. So the tops are shifted by whole lines.
 * The more shifts the better: which sets of a page's 64 lines are used is all that they decide, and
 * the few lines that a thousand coroutines touch at each switch fill half of a small L2. With 40 a
 * yield among a thousand took 20.0 ns, with 52 18.2, by turns on one machine. But the shift, the
 * header and the first frames, of 0.8 KiB, fit one page, so that the hot end of a shallow coroutine
 * still is one. The step is coprime to the number of shifts, so that neighbours, whose lines are
 * next to each other anyway, do not overlap.
 */
#define COLOURS 52u
#define COLOUR_STEP 7u

struct coroutine_stacks {
	char *base;
	size_t slot_bytes;
	size_t map_bytes;
	size_t page_bytes;
	uint32_t count;
	uint32_t fresh;      /* slots from here on were never handed out */
	uint32_t free_count; /* recycled ones, last in first out */
	uint32_t *free_slots;
	bool guard_by_madvise;
};

static char *slot_base(const struct coroutine_stacks *s, uint32_t slot)
{
	return s->base + (size_t)slot * s->slot_bytes;
}

/* Lazily, per slot: a million guards at once would take a second and 128 MB of page tables. */
static int guard_slot(const struct coroutine_stacks *s, uint32_t slot)
{
	char *at = slot_base(s, slot);
	int rc;

	if (s->guard_by_madvise)
		rc = madvise(at, s->page_bytes, MADV_GUARD_INSTALL);
	else
		rc = mprotect(at, s->page_bytes, PROT_NONE);
	return rc == 0 ? 0 : -ENOMEM;
}

int coroutine_stacks_create_guarded(
    size_t count, size_t stack_bytes, bool by_madvise, struct coroutine_stacks **out)
{
	struct coroutine_stacks *s;
	size_t page = (size_t)sysconf(_SC_PAGESIZE);

	if (count == 0 || count > UINT32_MAX || stack_bytes < COROUTINE_STACK_MIN_BYTES ||
	    stack_bytes > SIZE_MAX / 4)
		return -EINVAL;
	s = calloc(1, sizeof(*s));
	if (!s)
		return -ENOMEM;
	s->page_bytes = page;
	s->count = (uint32_t)count;
	/* One page of guard below, two above for the colour and the largest header (the second
	 * costs addresses only, unless it is needed). */
	s->slot_bytes = (stack_bytes + page - 1) / page * page + 3 * page;
	if (__builtin_mul_overflow(s->slot_bytes, count, &s->map_bytes))
		goto out_free;
	s->free_slots = malloc(count * sizeof(*s->free_slots));
	if (!s->free_slots)
		goto out_free;
	s->base = mmap(NULL, s->map_bytes, PROT_READ | PROT_WRITE,
	    MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_STACK, -1, 0);
	if (s->base == MAP_FAILED)
		goto out_slots;
	/* A huge page under the first touched stack would be 32 stacks' worth of memory; before
	 * Linux 6.7 MAP_STACK does not see to that. Fails where there are no huge pages: as well.
	 */
	(void)madvise(s->base, s->map_bytes, MADV_NOHUGEPAGE);
	s->guard_by_madvise = by_madvise && madvise(s->base, page, MADV_GUARD_INSTALL) == 0;
	*out = s;
	return 0;

out_slots:
	free(s->free_slots);
out_free:
	free(s);
	return -ENOMEM;
}

int coroutine_stacks_create(size_t count, size_t stack_bytes, struct coroutine_stacks **out)
{
	return coroutine_stacks_create_guarded(count, stack_bytes, true, out);
}

void coroutine_stacks_destroy(struct coroutine_stacks *s)
{
	if (!s)
		return;
#if COROUTINE_ASAN
	/* The addresses go back to the system; what is mapped there next is nobody's stack. */
	if (s->fresh)
		__asan_unpoison_memory_region(s->base, s->fresh * s->slot_bytes);
#endif
	(void)munmap(s->base, s->map_bytes);
	free(s->free_slots);
	free(s);
}

static const char *guard_name(bool by_madvise)
{
	return by_madvise ? "madvise" : "mprotect";
}

const char *coroutine_stacks_guard_name(const struct coroutine_stacks *s)
{
	return guard_name(s->guard_by_madvise);
}

/* Of a page that is mapped for that: there may be no carrier yet. */
const char *cb_carrier_guard_name(void)
{
	const size_t page = (size_t)sysconf(_SC_PAGESIZE);
	void *p = mmap(NULL, page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	const bool by_madvise = p != MAP_FAILED && madvise(p, page, MADV_GUARD_INSTALL) == 0;

	if (p != MAP_FAILED)
		(void)munmap(p, page);
	return guard_name(by_madvise);
}

int coroutine_stacks_take(struct coroutine_stacks *s, uint32_t *slot, char **lo, char **top)
{
	uint32_t i;
	int rc;

	if (s->free_count) {
		i = s->free_slots[--s->free_count];
	} else if (s->fresh < s->count) {
		rc = guard_slot(s, s->fresh);
		if (rc < 0)
			return rc;
		i = s->fresh++;
	} else {
		return -EAGAIN;
	}
	*slot = i;
	*lo = slot_base(s, i) + s->page_bytes;
	*top = slot_base(s, i) + s->slot_bytes -
	       i * (size_t)COLOUR_STEP % COLOURS * COROUTINE_LINE_BYTES;
	return 0;
}

void coroutine_stacks_give(struct coroutine_stacks *s, uint32_t slot)
{
	s->free_slots[s->free_count++] = slot;
}
