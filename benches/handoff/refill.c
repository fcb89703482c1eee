/* refill.c - the family of hand-offs with something touched on each side: figures, and the check
 * that it was. */
#include "benches/handoff/refill.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>

static size_t bytes_of(const struct cb_case *c)
{
	return (size_t)cb_case_value(c, "touched_bytes");
}

size_t refill_size(const struct cb_case *c, size_t own)
{
	return REFILL_ROUND(own) + REFILL_ROUND(sizeof(struct refill)) +
	       2 * REFILL_ROUND(bytes_of(c));
}

void refill_setup(struct refill *r, const struct cb_case *c)
{
	r->bytes = bytes_of(c);
}

void refill_begin(struct refill *r, unsigned me)
{
	volatile uint64_t *const buffer = refill_buffer(r, me, r->bytes);

	r->side[me] = (struct refill_side){0, 0, 0};
	/* The other may be at it: a word that nobody writes to. */
	for (size_t i = 0; r->pages && i < REFILL_PAGES(r->bytes); i++)
		(void)refill_word(buffer, i)[1];
	if (r->pages)
		return;
	for (size_t at = 0; at < r->bytes; at += REFILL_PAGE_BYTES)
		buffer[at / sizeof(*buffer)] = buffer[at / sizeof(*buffer)];
}

static uint64_t touches_due(uint64_t turns)
{
	return turns + (turns + REFILL_AGAIN - 1) / REFILL_AGAIN;
}

static int check_pages(
    struct refill *r, size_t bytes, const uint64_t turns[2], char *why, size_t why_len)
{
	volatile uint64_t *const buffer = refill_buffer(r, 0, bytes);
	const uint64_t want = touches_due(turns[0]) + touches_due(turns[1]);

	for (size_t i = 0; i < REFILL_PAGES(bytes); i++) {
		const uint64_t touched = *refill_word(buffer, i);

		if (touched == want)
			continue;
		(void)snprintf(why, why_len, "page %zu was touched %" PRIu64 " times, not %" PRIu64,
		    i, touched, want);
		return -EBADMSG;
	}
	return 0;
}

int refill_check(
    struct refill *r, const struct cb_case *c, const uint64_t turns[2], char *why, size_t why_len)
{
	const size_t bytes = bytes_of(c);

	if (r->pages)
		return check_pages(r, bytes, turns, why, why_len);
	for (unsigned i = 0; i < 2; i++) {
		volatile uint64_t *const buffer = refill_buffer(r, i, bytes);
		const uint64_t want = touches_due(turns[i]);

		for (size_t at = 0; at < bytes; at += REFILL_LINE_BYTES) {
			const uint64_t touched = buffer[at / sizeof(*buffer)];

			if (touched == want)
				continue;
			(void)snprintf(why, why_len,
			    "side %u: line %zu was touched %" PRIu64 " times, not %" PRIu64, i,
			    at / REFILL_LINE_BYTES, touched, want);
			return -EBADMSG;
		}
	}
	return 0;
}

void refill_report(const struct refill *r, struct cb_metrics *metrics)
{
	const struct refill_side *a = &r->side[0], *b = &r->side[1];
	const double timed = (double)(a->timed + b->timed);
	const double cold_ns = (double)(a->cold_ns + b->cold_ns) / timed;
	const double warm_ns = (double)(a->warm_ns + b->warm_ns) / timed;

	/* Of none there is no figure: not a number is left out. */
	(void)cb_metric(metrics, "cold_ns", cold_ns);
	(void)cb_metric(metrics, "warm_ns", warm_ns);
	(void)cb_metric(metrics, "refill_ns", cold_ns - warm_ns);
}

/* Long enough for some turns in which it is done twice, whatever is touched. */
static uint64_t window_ns(const struct cb_case *c)
{
	(void)c;
	return 20 * CB_NS_PER_MS;
}

static const struct cb_param params[] = {
    CB_PARAM_MODEL,
    CB_PARAM_WORKERS("2"),
    CB_PARAM_PLACE("same"),
    CB_PARAM("touched_bytes", CB_BYTES, "32KiB", REFILL_LINE_BYTES, 1 << 28,
	"that each side reads and writes in its turn, a word of each cache line"),
};

static const struct cb_sweep sweeps[] = {
    {CB_SMOKE, "model=thread"},
    {CB_FULL, "model=thread,process place=same,scatter touched_bytes=32KiB,256KiB,1MiB"},
    {CB_CHECK, "model=thread,process place=same,scatter touched_bytes=32KiB"},
};

static const struct cb_figure figures[] = {
    {"ns_per_op", "a hand-off, and touching one's own", "ns", CB_RATIO, CB_LESS, 0.0, NULL},
    {"cold_ns", "touching it after a hand-off", "ns", CB_RATIO, CB_LESS, 0.0, NULL},
    {"warm_ns", "touching it again at once", "ns", CB_RATIO, CB_LESS, 0.0, NULL},
    /* May be below 0 where it is noise; its worth is some hundred lines from the next cache. */
    {"refill_ns", "what the first takes longer: refilling the caches", "ns", CB_DIFFERENCE, CB_LESS,
	1000.0, NULL},
};

const struct cb_family refill_family = {
    .name = "refill",
    .plural = "refills",
    .title = "Caches after a hand-off",
    .question = "What does it cost that another ran in between?",
    .params = params,
    .param_count = sizeof(params) / sizeof(params[0]),
    .sweeps = sweeps,
    .sweep_count = sizeof(sweeps) / sizeof(sweeps[0]),
    .figures = figures,
    .figure_count = sizeof(figures) / sizeof(figures[0]),
    .shape = CB_DOTS,
    .caption = "A hand-off with a buffer of its own touched by each side in its turn; and of that "
	       "the touching, after a hand-off (cold) and again at once (warm). What cold takes "
	       "longer is what it costs to fill the caches again.",
    .kind_blocks = true,
    .window_ns = window_ns,
};
