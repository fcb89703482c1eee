/*
 * placement_draw.h - a table of where policies put workers on a machine.
 */
#ifndef CONCBENCH_PLACEMENT_DRAW_H
#define CONCBENCH_PLACEMENT_DRAW_H

#include "harness/machine/placement.h"

/**
 * placement_draw_table() - one row for each policy and number of workers; a policy that the machine
 * cannot offer gets one row with the reason.
 * @workers: [@worker_count] numbers, each at least 1.
 * @utf8:    else ASCII.
 * Return: 0; -ENOMEM with part of it written.
 */
int placement_draw_table(const struct topology *topo, const struct placement_policy *policies,
    size_t policy_count, const unsigned *workers, size_t worker_count, FILE *to, bool utf8);

#endif
