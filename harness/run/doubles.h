/*
 * doubles.h - no series may have two trials with the same launch and slot.
 *
 * Stored runs find trials by these numbers: the second would be taken for the first.
 */
#ifndef CONCBENCH_DOUBLES_H
#define CONCBENCH_DOUBLES_H

#include "harness/run/run.h"

/** doubles_find_sample() - Return: 1 with the later one of two; 0; -ENOMEM. */
int doubles_find_sample(const struct series *s, const struct sample **out);

/** doubles_drop_samples() - keep the first of each. Return: 0 with how many were @dropped; -ENOMEM.
 */
int doubles_drop_samples(struct series *s, size_t *dropped);

#endif
