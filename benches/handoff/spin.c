/* spin.c - both look at the turn itself until it is theirs: what a wake-up costs that no kernel has
 * a part in. On one PU that is a yield a turn. */
#include "benches/handoff/turns.h"

#include <stdio.h>
#include <string.h>

static inline bool await(struct cb_worker *w, void *st, unsigned me)
{
	while (!my_turn(st, me)) {
		if (closed(w, st))
			return false;
		cb_relax(w);
	}
	return true;
}

HANDOFF(spin, "a turn in a cache line that both spin on", "LMAX Disruptor's busy spin", CB_FULL,
    char, 0, await(w, st, me), (void)0, (void)0, 0)
REFILL(spin, "LMAX Disruptor's busy spin", CB_FULL, NULL)
