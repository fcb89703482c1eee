/* generator.h - the state of the generators; public for the self-check's own test. */
#ifndef CONCBENCH_HANDOFF_GENERATOR_H
#define CONCBENCH_HANDOFF_GENERATOR_H

#include "benches/handoff/context.h"

#define GENERATOR_DEPTH_MAX 64

/* A stackless one; in one of @inner it delegates. */
struct generator {
	uint64_t (*send)(struct generator *g, uint64_t value);
	struct generator *inner;
	uint64_t sum;
	int at; /* where it goes on */
};

struct generator_state {
	struct context_state context; /* the stackful one's */
	unsigned depth;
	uint64_t sent, expected, wrong;
	struct generator level[GENERATOR_DEPTH_MAX];
};

#endif
