/*
 * checksum.c - a job of one's own; to begin with, CPU-bound: Fletcher's sum (1982) of a page, which
 * each worker has for itself. <concbench/concbench.h> says when each function is called.
 */
#include <concbench/job.h>

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>

#define PAGE_BYTES 4096
/* The first byte counts the pages, so there are this many different ones. */
#define PAGES 256

/* Of one worker; in shared memory, where the check sees it under every model. */
struct own {
	uint64_t pages; /* summed so far */
	uint64_t total; /* of their sums */
	unsigned char page[PAGE_BYTES];
} CB_ALIGNED;

static uint32_t fletcher(const unsigned char *page)
{
	uint32_t low = 0, high = 0;

	for (unsigned i = 0; i < PAGE_BYTES; i++) {
		low += page[i];
		high += low;
	}
	return (high << 16) ^ low;
}

static void fill(unsigned char *page, uint64_t number)
{
	for (unsigned i = 1; i < PAGE_BYTES; i++)
		page[i] = (unsigned char)(i * 31 + 7);
	page[0] = (unsigned char)number;
}

static size_t state_size(const struct cb_case *c)
{
	return c->workers * sizeof(struct own);
}

/* In the worker, once it is bound: so its page lies near it. */
static void enter(struct cb_worker *w, void *state)
{
	fill(((struct own *)state)[w->index].page, 0);
}

static uint64_t batch(struct cb_worker *w, void *state, uint64_t n)
{
	struct own *own = &((struct own *)state)[w->index];

	for (uint64_t done = 0; done < n; done++) {
		own->page[0] = (unsigned char)own->pages++;
		own->total += fletcher(own->page);
	}
	return n;
}

static int check(const struct cb_env *env, char *why, size_t why_len)
{
	unsigned char page[PAGE_BYTES];
	uint32_t sum[PAGES];

	for (unsigned i = 0; i < PAGES; i++) {
		fill(page, i);
		sum[i] = fletcher(page);
	}
	for (unsigned i = 0; i < env->workers; i++) {
		const struct own *own = &((const struct own *)env->state)[i];
		uint64_t expected = 0;

		for (unsigned k = 0; k < PAGES; k++)
			expected += sum[k] * (own->pages / PAGES + (k < own->pages % PAGES));
		if (own->total == expected && own->pages == env->done[i])
			continue;
		(void)snprintf(why, why_len,
		    "worker %u: %" PRIu64 " pages of %" PRIu64 ", total %" PRIu64
		    " instead of %" PRIu64,
		    i, own->pages, env->done[i], own->total, expected);
		return -EBADMSG;
	}
	return 0;
}

static const struct cb_workload own_work = {
    .op = "page summed",
    .timed = "sum a page of 4 KiB",
    .checked = "the total of each worker is that of so many pages",
    .state_size = state_size,
    .enter = enter,
    .batch = batch,
    .check = check,
    .cooperative = true,
};

CB_JOB(checksum, "CPU-bound: Fletcher's sum of 4 KiB", "Fletcher 1982", CB_QUICK, &own_work)

CB_MODULE
