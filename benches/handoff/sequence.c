/*
 * sequence.c - a sequence of numbers as an array, an iterator, and generators without and with a
 * stack of their own: what one number takes, how long until the first, and how many bytes.
 */
#include "benches/handoff/sequence.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

/* Of what nobody counts there is this much, at most: the pages of a stack that was deeper before,
 * a page table's worth of a heap. */
#define UNCOUNTED_BYTES ((uint64_t)128 * 1024)
/* A sanitizer has notes of its own on all memory, of up to eight times its size. */
#if defined(__SANITIZE_THREAD__) || defined(__SANITIZE_ADDRESS__)
#define NOTES 8u
#else
#define NOTES 0u
#endif
#define ITEMS_MOST 100000000
/* At a time: so many that what nobody counts is a fraction of the smallest one. */
#define COPIES_MOST 20000u

uint64_t sequence_anonymous(void)
{
	FILE *f = fopen("/proc/self/smaps_rollup", "re");
	unsigned long kilobytes = 0;
	char line[200];

	while (f && fgets(line, sizeof(line), f))
		if (sscanf(line, "Pss_Anon: %lu", &kilobytes) == 1)
			break;
	if (f)
		(void)fclose(f);
	return (uint64_t)kilobytes * 1024;
}

/* Fresh from the kernel each time: an allocator that keeps it would save its page faults. */
static void *map(size_t bytes)
{
	void *p = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	return p == MAP_FAILED ? NULL : p;
}

static size_t page_bytes(void)
{
	return (size_t)sysconf(_SC_PAGESIZE);
}

/* ---- array ---- */

struct array {
	uint64_t items, at;
	uint64_t *number;
};

static int array_begin(struct array *own, size_t *bytes)
{
	const size_t all = own->items * sizeof(*own->number);

	own->number = map(all);
	if (!own->number)
		return -ENOMEM;
	for (uint64_t i = 0; i < own->items; i++)
		own->number[i] = i + 1;
	*bytes += sizeof(*own) + (all + page_bytes() - 1) / page_bytes() * page_bytes();
	return 0;
}

CB_INLINE bool array_next(struct array *own, uint64_t *item)
{
	if (own->at == own->items)
		return false;
	*item = own->number[own->at++];
	return true;
}

static void array_end(struct array *own, size_t *bytes)
{
	(void)bytes;
	(void)munmap(own->number, own->items * sizeof(*own->number));
}

SEQUENCE(array, struct array, array_begin, array_next, array_end)

/* ---- iterator ---- */

struct iterator {
	uint64_t items, at;
	bool (*next)(struct iterator *own, uint64_t *item);
};

static bool count_up(struct iterator *own, uint64_t *item)
{
	if (own->at == own->items)
		return false;
	*item = ++own->at;
	return true;
}

static int iterator_begin(struct iterator *own, size_t *bytes)
{
	own->next = count_up;
	*bytes += sizeof(*own);
	return 0;
}

CB_INLINE bool iterator_next(struct iterator *own, uint64_t *item)
{
	return own->next(own, item);
}

static void iterator_end(struct iterator *own, size_t *bytes)
{
	(void)own;
	(void)bytes;
}

SEQUENCE(iterator, struct iterator, iterator_begin, iterator_next, iterator_end)

/* ---- generators: what they are sent is added to what they gave last ---- */

struct stackless {
	uint64_t items, at;
	struct generator generator;
};

static int stackless_begin(struct stackless *own, size_t *bytes)
{
	generator_stackless_begin(&own->generator, 1, GENERATOR_SEND);
	*bytes += sizeof(*own);
	return 0;
}

CB_INLINE bool stackless_next(struct stackless *own, uint64_t *item)
{
	if (own->at == own->items)
		return false;
	own->at++;
	*item = own->generator.send(&own->generator, 1);
	return true;
}

static void stackless_end(struct stackless *own, size_t *bytes)
{
	(void)own;
	(void)bytes;
}

SEQUENCE(stackless, struct stackless, stackless_begin, stackless_next, stackless_end)

struct stackful {
	uint64_t items, at;
	unsigned char *stack;
	void *context;
};

/* A stack above a page that may not be touched. */
static int stackful_begin(struct stackful *own, size_t *bytes)
{
	unsigned char *p = map(CONTEXT_STACK_BYTES + page_bytes());

	if (!p)
		return -ENOMEM;
	if (mprotect(p, page_bytes(), PROT_NONE) != 0) {
		(void)munmap(p, CONTEXT_STACK_BYTES + page_bytes());
		return -ENOMEM;
	}
	own->stack = p + page_bytes();
	own->context = generator_stackful_begin(own->stack, 1, GENERATOR_SEND);
	*bytes += sizeof(*own);
	return 0;
}

CB_INLINE bool ON_BARE_STACK stackful_next(struct stackful *own, uint64_t *item)
{
	struct transfer back;

	if (own->at == own->items)
		return false;
	own->at++;
	back = jump_fcontext(own->context, (void *)(uintptr_t)1);
	own->context = back.context;
	*item = (uintptr_t)back.data;
	return true;
}

static void stackful_end(struct stackful *own, size_t *bytes)
{
	unsigned char resident[CONTEXT_STACK_BYTES / 1024];
	const size_t pages = CONTEXT_STACK_BYTES / page_bytes();

	if (mincore(own->stack, CONTEXT_STACK_BYTES, resident) == 0)
		for (size_t i = 0; i < pages; i++)
			*bytes += (resident[i] & 1) * page_bytes();
	(void)munmap(own->stack - page_bytes(), CONTEXT_STACK_BYTES + page_bytes());
}

SEQUENCE(stackful, struct stackful, stackful_begin, stackful_next, stackful_end)

/* ---- all of them ---- */

/* What looking itself takes is there then. */
static uint64_t anonymous_before(void)
{
	(void)sequence_anonymous();
	return sequence_anonymous();
}

/* Return: 0; -errno. */
static int make_copies(const struct sequence *seq, struct sequence_state *st)
{
	const uint64_t fit = SEQUENCE_COPIES_BYTES / (st->bytes ? st->bytes : 1);
	const uint32_t most = fit < COPIES_MOST ? (uint32_t)fit + !fit : COPIES_MOST;
	void *room = map(most * seq->object_bytes);
	int ret;

	if (!room)
		return -ENOMEM;
	st->copies_anonymous_before = anonymous_before();
	ret = seq->copy(st, room, most);
	(void)munmap(room, most * seq->object_bytes);
	return ret;
}

int sequence_once(const struct sequence *seq, struct cb_env *env, struct cb_metrics *metrics,
    char *why, size_t why_len)
{
	struct sequence_state *st = env->state;
	int ret;

	memset(st, 0, sizeof(*st));
	st->items = (uint64_t)cb_case_value(env->c, "items");
	st->anonymous_before = anonymous_before();
	if (!st->anonymous_before) {
		(void)snprintf(why, why_len, "Pss_Anon in /proc/self/smaps_rollup: not told here");
		return -ENOTSUP;
	}
	ret = seq->run(st);
	if (!ret && env->checking)
		ret = make_copies(seq, st);
	if (ret) {
		(void)snprintf(why, why_len, "%" PRIu64 " numbers: %s", st->items, strerror(-ret));
		return ret;
	}
	(void)cb_metric(
	    metrics, "item_ns", (double)(st->end_ns - st->begin_ns) / (double)st->items);
	(void)cb_metric(metrics, "first_ns", (double)(st->first_ns - st->begin_ns));
	(void)cb_metric(metrics, "peak_bytes", (double)st->bytes);
	return 0;
}

static uint64_t more_of(uint64_t after, uint64_t before)
{
	return after > before ? after - before : 0;
}

static bool too_few(uint64_t grown, uint64_t bytes)
{
	return grown + UNCOUNTED_BYTES < bytes;
}

static bool too_many(uint64_t grown, uint64_t bytes)
{
	return grown > bytes * (1 + NOTES) + UNCOUNTED_BYTES;
}

static int check(const struct cb_env *env, char *why, size_t why_len)
{
	const struct sequence_state *st = env->state;
	const uint64_t grown = more_of(st->anonymous, st->anonymous_before),
		       copies = more_of(st->copies_anonymous, st->copies_anonymous_before);
	uint64_t sum = 0, order = 0;

	for (uint64_t i = 1; i <= st->items; i++) {
		sum += i;
		order += sum;
	}
	if (st->count != st->items)
		(void)snprintf(
		    why, why_len, "%" PRIu64 " of %" PRIu64 " numbers came", st->count, st->items);
	else if (st->sum != sum)
		(void)snprintf(why, why_len, "the sum of the numbers is %" PRIu64 ", not %" PRIu64,
		    st->sum, sum);
	else if (st->order != order)
		(void)snprintf(why, why_len, "the numbers did not come in their order");
	else if (too_few(grown, st->bytes))
		(void)snprintf(why, why_len,
		    "it says that it takes %" PRIu64 " bytes, and there were only %" PRIu64 " more",
		    st->bytes, grown);
	else if (too_many(grown, st->bytes))
		(void)snprintf(why, why_len,
		    "it says that it takes %" PRIu64 " bytes, and there were %" PRIu64 " more",
		    st->bytes, grown);
	else if (too_few(copies, st->copies_bytes) || too_many(copies, st->copies_bytes))
		(void)snprintf(why, why_len,
		    "%u of them say that they take %" PRIu64 " bytes, and there were %" PRIu64
		    " more",
		    st->copies, st->copies_bytes, copies);
	else
		return 0;
	return -EBADMSG;
}

static unsigned one(const struct cb_case *c)
{
	(void)c;
	return 1;
}

static const struct cb_param params[] = {
    CB_PARAM_MODEL,
    CB_PARAM("items", CB_COUNT, "1000000", 1, ITEMS_MOST, "numbers that are asked for"),
};

static const struct cb_sweep sweeps[] = {
    {CB_SMOKE, "model=thread items=1000000"},
    {CB_FULL, "model=thread items=10,1000,100000"},
    {CB_CHECK, "model=thread items=1,1000,1000000"},
};

static const struct cb_figure figures[] = {
    {"item_ns", "from asking for it to the last number, by number", "ns", CB_RATIO, CB_LESS, 0.0,
	NULL},
    {"first_ns", "from asking for it to the first number", "ns", CB_RATIO, CB_LESS, 0.0, NULL},
    {"peak_bytes", "the most memory that it has", "bytes", CB_RATIO, CB_LESS, 0.0, NULL},
};

const struct cb_family sequence_family = {
    .name = "sequence",
    .plural = "sequences",
    .title = "Sequences of numbers",
    .question = "What does it take to get numbers one after the other, instead of all at once?",
    .params = params,
    .param_count = sizeof(params) / sizeof(params[0]),
    .sweeps = sweeps,
    .sweep_count = sizeof(sweeps) / sizeof(sweeps[0]),
    .figures = figures,
    .figure_count = sizeof(figures) / sizeof(figures[0]),
    .shape = CB_DOTS,
    .axis = "items",
    .caption = "A sequence of numbers that is asked for and added up: time by number, time to the "
	       "first, and the bytes that it has at most: its objects, and the pages of its stack. "
	       "Less is better.",
    .contenders = CB_KINDS,
    .workers = one,
};

#define SEQUENCE_KIND(x, from_, seq, about_, source_)                                            \
	static int x##_once(                                                                     \
	    struct cb_env *env, struct cb_metrics *metrics, char *why, size_t why_len)           \
	{                                                                                        \
		return sequence_once(&seq, env, metrics, why, why_len);                          \
	}                                                                                        \
	static const struct cb_workload x##_work = {.op = "number",                              \
	    .timed =                                                                             \
		"a sequence is asked for, and its numbers one by one; the clock is read before " \
		"that, after the first and after the last: first_ns has one reading of it "      \
		"inside, "                                                                       \
		"which is most of it where nothing has to be made",                              \
	    .checked =                                                                           \
		"all numbers came, in their order, and the kernel knows of no more memory "      \
		"than the sequence says it has; `concbench check`: nor of more or less where "   \
		"there are thousands",                                                           \
	    .state_bytes = sizeof(struct sequence_state),                                        \
	    .once = x##_once,                                                                    \
	    .check = check};                                                                     \
	static const struct cb_kind x##_kind = {.family = "sequence",                            \
	    .name = #x,                                                                          \
	    .about = about_,                                                                     \
	    .source = source_,                                                                   \
	    .from = from_,                                                                       \
	    .version = 2,                                                                        \
	    .models = CB_CAN(CB_THREAD),                                                         \
	    .not_models = CONTEXT_NOT_MODELS,                                                    \
	    .work = &x##_work};                                                                  \
	CB_REGISTER(x##_kind)

SEQUENCE_KIND(array, CB_FULL, array, "all numbers are in memory before the first is taken", "C")
SEQUENCE_KIND(
    iterator, CB_FULL, iterator, "an object is asked for the next one, through a pointer", "C")
SEQUENCE_KIND(generator_stackless, CB_FULL, stackless,
    "a function that goes on where it left off, as a compiler makes of a generator",
    "Duff's device")
SEQUENCE_KIND(generator_coroutine, CB_SMOKE, stackful,
    "a coroutine with a stack of its own yields each", "Boost.Context")
