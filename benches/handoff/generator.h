/* generator.h - the state of the generators; public for the self-check's own test. */
#ifndef CONCBENCH_HANDOFF_GENERATOR_H
#define CONCBENCH_HANDOFF_GENERATOR_H

#include "benches/handoff/context.h"

#define GENERATOR_DEPTH_MAX 64

/* What is asked of one. */
enum generator_step {
	GENERATOR_SEND,   /* a value is sent in, and the sum of all comes back */
	GENERATOR_NEXT,   /* nothing is sent in, and the next number comes back */
	GENERATOR_RETURN, /* it is begun, gives one value and ends: what it returns is taken */
	GENERATOR_STEPS,
};

/*
 * A stackless one; in one of @inner it delegates. Whoever delegates adds its number to all that it
 * hands on: a level that is left out shows.
 */
struct generator {
	uint64_t (*send)(struct generator *g, uint64_t value);
	uint64_t (*next)(struct generator *g);
	struct generator *inner;
	uint64_t sum;    /* of what was sent; of GENERATOR_RETURN what it is begun with */
	uint64_t number; /* from 1, the outermost */
	int at;          /* where it goes on */
	bool over;       /* what it gave last is what it returns */
};

/* What a stackful one is begun with; of GENERATOR_RETURN it is used to the end. */
struct generator_life {
	unsigned depth;
	enum generator_step step;
	uint64_t start;
	bool over;
};

struct generator_state {
	struct context_state context; /* the stackful one's */
	unsigned depth;
	enum generator_step step;
	uint64_t numbers; /* of all who delegate, added up */
	uint64_t steps, expected;
	uint64_t wrong, wrong_returns; /* batches */
	struct generator_life life;
	struct generator level[GENERATOR_DEPTH_MAX];
};

/** generator_stackless_begin() - @depth of them: the last gives the values, the others delegate. */
void generator_stackless_begin(struct generator *level, unsigned depth, enum generator_step step);

/**
 * generator_stackful_begin() - one on the stack of CONTEXT_STACK_BYTES from @stack on, to send to,
 * or to ask for the next.
 * Return: its context, which waits for a value: jump there with it, and the sum comes back.
 */
void *generator_stackful_begin(unsigned char *stack, unsigned depth, enum generator_step step);

#endif
