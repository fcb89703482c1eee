/*
 * pace.h - queues at a part of their peak. Each producer's items are due as in a Poisson process,
 * whether or not the queue has taken those before, and a timed item's latency counts from when it
 * was due: what a queue takes under load, and not only when it is full to the brim.
 */
#ifndef CONCBENCH_QUEUES_PACE_H
#define CONCBENCH_QUEUES_PACE_H

#include <concbench/queue.h>

#define PACE_GAPS (1u << CB_QUEUE_GAP_BITS)

/** pace_pct() - 0: at none. */
unsigned pace_pct(const struct cb_case *c);
/** pace_bytes() - of memory that the state has for its gaps. */
size_t pace_bytes(const struct cb_case *c);
/**
 * pace_gaps() - exponentially distributed around @mean: each is the mean of as large a part of the
 * distribution, the shortest first, and their own mean is the same.
 */
void pace_gaps(uint64_t *gap, unsigned count, double mean);
/** pace_setup() - Return: 0; -EINVAL with a line in @why: no peak was given. */
int pace_setup(
    struct cb_queue_state *st, const struct cb_env *env, uint64_t *gap, char *why, size_t why_len);
/** pace_enter() - what is due counts from the producer's first item. */
void pace_enter(const struct cb_queue_state *st, struct cb_queue_worker *own);
/** pace_check() - no more was put than could be due. Return: 0; -EBADMSG with a line in @why. */
int pace_check(struct cb_queue_state *st, char *why, size_t why_len);

#endif
