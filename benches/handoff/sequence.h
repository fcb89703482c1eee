/*
 * sequence.h - the numbers from 1 to n, one after the other: all of them made beforehand, or each
 * when it is asked for.
 *
 * A kind has a type, of which it has one object, with members items (asked for) and at, and three
 * functions, which are inlined into the loop that asks (SEQUENCE()):
 *  begin() - Return: 0; -errno. Adds up in *bytes how much it takes, its object included.
 *  next()  - Return: false when there was no further number.
 *  end()   - gives back what it has taken. Adds to *bytes what it has touched of a stack.
 *
 * How much one takes is hidden by a few pages that come and go. So in conformance there are
 * thousands at a time, and all that the kernel has given has to be what they say that they take.
 */
#ifndef CONCBENCH_HANDOFF_SEQUENCE_H
#define CONCBENCH_HANDOFF_SEQUENCE_H

#include "benches/handoff/generator.h"

struct sequence_state {
	uint64_t items; /* asked for */
	/* Of the last trial. */
	uint64_t count, sum, order; /* order: the sum of the sums so far */
	uint64_t begin_ns, first_ns, end_ns;
	uint64_t bytes;                       /* what the kind says that it takes */
	uint64_t anonymous_before, anonymous; /* what this process has, by the kernel, before it and
						 at the last number */
	/* Of many at a time, each of which has given its first number. */
	uint32_t copies;
	uint64_t copies_bytes;                              /* what they say that they take */
	uint64_t copies_anonymous_before, copies_anonymous; /* as those of one */
};

/* What a kind is made of: SEQUENCE(). */
struct sequence {
	size_t object_bytes;
	int (*run)(struct sequence_state *st);
	/* Begins up to @most in @room, which is of so many objects. */
	int (*copy)(struct sequence_state *st, void *room, uint32_t most);
};

/** sequence_anonymous() - anonymous memory of this process, in bytes; 0: the kernel does not say.
 */
uint64_t sequence_anonymous(void);

/* So much altogether may those take that do not say how much they take. */
#define SEQUENCE_COPIES_BYTES ((uint64_t)32 * 1024 * 1024)

/* Looking costs as much as many of them; but a few may be too many already. */
static inline bool sequence_has_room(const struct sequence_state *st, uint32_t made)
{
	const bool looks = made % 256 == 0 || (made & (made - 1)) == 0;

	return !looks ||
	       sequence_anonymous() < st->copies_anonymous_before + 2 * SEQUENCE_COPIES_BYTES;
}

/* Nobody knows which number it is, so that all of them have to be made and added. */
CB_INLINE void sequence_hide(uint64_t *item)
{
	__asm__ volatile("" : "+r"(*item));
}

/* SEQUENCE() - x: ask for all of it; and for the first number of many. */
#define SEQUENCE(x, type, begin, next, end)                                                   \
	static __attribute__((noinline)) int ON_BARE_STACK x##_run(struct sequence_state *st) \
	{                                                                                     \
		type object = {.items = st->items}, *own = &object;                           \
		uint64_t item, sum = 0, order = 0, count = 0;                                 \
		size_t bytes = 0;                                                             \
		int ret;                                                                      \
                                                                                              \
		st->begin_ns = cb_now_ns();                                                   \
		ret = begin(own, &bytes);                                                     \
		if (ret)                                                                      \
			return ret;                                                           \
		/* Nor which function it calls. */                                            \
		__asm__ volatile("" : "+r"(own) : : "memory");                                \
		for (bool more = next(own, &item); more; more = next(own, &item)) {           \
			if (CB_UNLIKELY(!count++))                                            \
				st->first_ns = cb_now_ns();                                   \
			sequence_hide(&item);                                                 \
			sum += item;                                                          \
			order += sum;                                                         \
		}                                                                             \
		st->end_ns = cb_now_ns();                                                     \
		st->anonymous = sequence_anonymous();                                         \
		st->count = count;                                                            \
		st->sum = sum;                                                                \
		st->order = order;                                                            \
		end(own, &bytes);                                                             \
		st->bytes = bytes;                                                            \
		return 0;                                                                     \
	}                                                                                     \
	static __attribute__((noinline)) int ON_BARE_STACK x##_copy(                          \
	    struct sequence_state *st, void *room, uint32_t most)                             \
	{                                                                                     \
		type *own = room;                                                             \
		uint32_t made = 0;                                                            \
		size_t bytes = 0;                                                             \
		uint64_t item;                                                                \
		int ret = 0;                                                                  \
                                                                                              \
		for (; !ret && made < most && sequence_has_room(st, made); made += !ret) {    \
			own[made] = (type){.items = st->items};                               \
			ret = begin(&own[made], &bytes);                                      \
			if (!ret)                                                             \
				(void)next(&own[made], &item);                                \
		}                                                                             \
		st->copies_anonymous = sequence_anonymous();                                  \
		st->copies = made;                                                            \
		while (made--)                                                                \
			end(&own[made], &bytes);                                              \
		st->copies_bytes = bytes;                                                     \
		return ret;                                                                   \
	}                                                                                     \
	static const struct sequence x = {sizeof(type), x##_run, x##_copy};

/** sequence_once() - as struct cb_workload's once(). */
int sequence_once(const struct sequence *seq, struct cb_env *env, struct cb_metrics *metrics,
    char *why, size_t why_len);

#endif
