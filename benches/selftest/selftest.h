/*
 * selftest.h - cases that misbehave on purpose, so that the supervisor can be tested on real ones.
 *
 * Listed only when CONCBENCH_SELFTEST is set in the environment: nobody wants them in a report.
 */
#ifndef CONCBENCH_SELFTEST_H
#define CONCBENCH_SELFTEST_H

#include "harness/work/bench_case.h"

void selftest_list(struct case_list *list, const struct machine *m);

#endif
