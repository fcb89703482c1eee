/*
 * declare.h - what benches declare, as a run carries it: copied, since a run file outlives them.
 */
#ifndef CONCBENCH_DECLARE_H
#define CONCBENCH_DECLARE_H

#include "harness/work/bench_case.h"

/**
 * declare_case() - the series of a case, one a figure, and its family if the run has not got it
 * yet.
 * @figure: one only, by index; -1: all.
 * @suffix: of their names, "" none.
 * @first, @count: which series they are.
 * Return: 0; -ENOMEM; -ENAMETOOLONG.
 */
int declare_case(struct run *run, const struct bench_case *bc, int figure, const char *suffix,
    size_t *first, unsigned *count);

#endif
