/*
 * refill.h - what caches cost after a hand-off: whoever has the turn reads and writes a buffer of
 * its own before it passes the turn on, and meanwhile the other does the same to another buffer.
 *
 * In every REFILL_AGAIN-th turn it does so twice, with the clock read around each: the first time
 * after a hand-off, the second time without one in between. What the first takes longer is what the
 * hand-off has cost the caches; the second is what touching costs anyway.
 *
 * The state of a row is followed by struct refill, at REFILL_OF(), and by both buffers.
 */
#ifndef CONCBENCH_HANDOFF_REFILL_H
#define CONCBENCH_HANDOFF_REFILL_H

#include <concbench/concbench.h>

/* Rare enough that a turn is one touching and not two. */
#define REFILL_AGAIN 16
#define REFILL_LINE_BYTES 64
#define REFILL_LINE_WORDS (REFILL_LINE_BYTES / sizeof(uint64_t))
#define REFILL_PAGE_BYTES 4096

struct refill_side {
	/* Of the trial. */
	uint64_t timed;
	uint64_t cold_ns, warm_ns; /* sums: after a hand-off, and again */
} CB_ALIGNED;

struct refill {
	size_t bytes; /* that each touches */
	/* One buffer that both share, a word of each page: its lines stay in the caches, and what
	 * the other has changed is which address space the PU looks pages up in. */
	bool pages;
	struct refill_side side[2];
};

#define REFILL_PAGE_LINES (REFILL_PAGE_BYTES / REFILL_LINE_BYTES)
#define REFILL_PAGE_WORDS (REFILL_PAGE_BYTES / sizeof(uint64_t))
#define REFILL_PAGES(bytes) (((bytes) + REFILL_PAGE_BYTES - 1) / REFILL_PAGE_BYTES)
#define REFILL_ROUND(n) \
	(((n) + REFILL_PAGE_BYTES - 1) / REFILL_PAGE_BYTES * (size_t)REFILL_PAGE_BYTES)
/* REFILL_OF() - behind a row's state, which is of @type. */
#define REFILL_OF(type, state) \
	((struct refill *)(void *)((unsigned char *)(state) + REFILL_ROUND(sizeof(type))))

static inline volatile uint64_t *refill_buffer(struct refill *r, unsigned me, size_t bytes)
{
	unsigned char *first = (unsigned char *)r + REFILL_ROUND(sizeof(*r));

	if (r->pages)
		me = 0;
	return (volatile uint64_t *)(void *)(first + me * REFILL_ROUND(bytes));
}

/* A word of each line, in order, as a loop over an array does. */
static inline void refill_touch(volatile uint64_t *line, size_t bytes)
{
	const size_t words =
	    (bytes + REFILL_LINE_BYTES - 1) / REFILL_LINE_BYTES * REFILL_LINE_WORDS;

	for (size_t i = 0; i < words; i += REFILL_LINE_WORDS)
		line[i] = line[i] + 1;
}

/* refill_word() - of page @i, at another line than in the next one: in one column of the cache they
 * would not have room. */
static inline volatile uint64_t *refill_word(volatile uint64_t *buffer, size_t i)
{
	return &buffer[i * REFILL_PAGE_WORDS + i % REFILL_PAGE_LINES * REFILL_LINE_WORDS];
}

static inline void refill_touch_pages(volatile uint64_t *buffer, size_t bytes)
{
	for (size_t i = 0; i < REFILL_PAGES(bytes); i++) {
		volatile uint64_t *const word = refill_word(buffer, i);

		*word = *word + 1;
	}
}

static inline void refill_touch_all(const struct refill *r, volatile uint64_t *buffer)
{
	if (CB_UNLIKELY(r->pages))
		refill_touch_pages(buffer, r->bytes);
	else
		refill_touch(buffer, r->bytes);
}

/* refill_turn() - before @me passes on its turn number @turn of the launch. */
static inline void refill_turn(struct cb_worker *w, struct refill *r, unsigned me, uint64_t turn)
{
	volatile uint64_t *const buffer = refill_buffer(r, me, r->bytes);
	struct refill_side *own = &r->side[me];
	uint64_t begun_ns, cold_ns, warm_ns;

	if (CB_LIKELY(turn % REFILL_AGAIN)) {
		refill_touch_all(r, buffer);
		return;
	}
	begun_ns = cb_now_ns();
	refill_touch_all(r, buffer);
	cold_ns = cb_now_ns();
	refill_touch_all(r, buffer);
	warm_ns = cb_now_ns();
	if (!cb_in_window(w, warm_ns))
		return;
	own->timed++;
	own->cold_ns += cold_ns - begun_ns;
	own->warm_ns += warm_ns - cold_ns;
}

/** refill_size() - of the state of a row whose own is @own bytes. */
size_t refill_size(const struct cb_case *c, size_t own);

void refill_setup(struct refill *r, const struct cb_case *c);

/** refill_begin() - in enter() of each worker: its buffer is mapped, its sums are 0. */
void refill_begin(struct refill *r, unsigned me);

/** refill_check() - has each line been touched as often as it has to be, after so many @turns? */
int refill_check(
    struct refill *r, const struct cb_case *c, const uint64_t turns[2], char *why, size_t why_len);
void refill_report(const struct refill *r, struct cb_metrics *metrics);

#define REFILL_TIMED "; whoever has it touches a buffer of its own, twice in one turn of 16"
#define REFILL_CHECKED "; each line of both buffers was touched in each turn"

#define REFILL_PAGES_TIMED                                                                       \
	"; whoever has it touches a word in each 4 KiB page of a buffer that both share, twice " \
	"in "                                                                                    \
	"one turn of 16: what that takes processes longer than threads is the price of another " \
	"address space (its entries of the TLB, its page tables)"
#define REFILL_PAGES_CHECKED "; the word in each page was touched in each turn of either"

#define REFILL_KIND(x, source_, from_, ...)                                                \
	REFILL_KIND_AS(x, "as handoff/" #x ", with a buffer of its own touched in a turn", \
	    source_, from_, __VA_ARGS__)

#define REFILL_KIND_AS(x, about_, source_, from_, ...)                        \
	static const struct cb_kind cb_kind_refill_##x = {.family = "refill", \
	    .name = #x,                                                       \
	    .about = about_,                                                  \
	    .source = source_,                                                \
	    .from = from_,                                                    \
	    .version = 1,                                                     \
	    .work = &x##_refill_work,                                         \
	    __VA_ARGS__};                                                     \
	CB_REGISTER(cb_kind_refill_##x)

#endif
