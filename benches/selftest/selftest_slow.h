/*
 * selftest_slow.h - real cases that can be made slower by an exact share, to try the gate on.
 *
 * CONCBENCH_SELFTEST_SLOWDOWN_PCT=S makes every operation cost S % more of the same work: the real
 * workload does its operations, and for every 100 + S of them 100 are counted. The knob is no part
 * of a case's definition: to see such a change in the same case is what a gate is for.
 */
#ifndef CONCBENCH_SELFTEST_SLOW_H
#define CONCBENCH_SELFTEST_SLOW_H

#include "harness/work/bench_case.h"

/** selftest_slow_list() - append the cases. */
void selftest_slow_list(struct case_list *list, const struct machine *m);

#endif
