/*
 * machine.h - the machine as families see it, made from topology, limits and profile.
 */
#ifndef CONCBENCH_MACHINE_H
#define CONCBENCH_MACHINE_H

#include "harness/work/bench_case.h"

/**
 * machine_describe() - fill what families may know; @topo must outlive @m.
 */
void machine_describe(struct machine *m, const struct topology *topo, enum profile profile);

/**
 * machine_workers() - the worker counts a family sweeps: the user's if given, else its own.
 * @own: [n] counts, ascending; doubles are dropped.
 * @out: room for @max.
 * Return: how many.
 */
unsigned machine_workers(
    const struct machine *m, const unsigned *own, unsigned n, unsigned *out, unsigned max);

/** machine_place() - the placement a family gives its cases: the user's if given, else its own. */
struct placement_policy machine_place(const struct machine *m, enum placement_kind own);

/**
 * machine_place_pus() - the distinct PUs that a policy gives to as many workers as it can use: as
 * many carriers are worth having.
 * Return: 1 or more; all usable ones for "none" and for a policy that the machine cannot offer (its
 * cases are unsupported).
 */
unsigned machine_place_pus(const struct machine *m, const struct placement_policy *place);

#endif
