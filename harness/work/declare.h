/*
 * declare.h - copies what benches declare into a run, whose file outlives them.
 */
#ifndef CONCBENCH_DECLARE_H
#define CONCBENCH_DECLARE_H

#include "harness/work/bench_case.h"

/**
 * declare_case() - add a case's series to the run, one for each figure, and its family if the run
 * lacks it. @figure: only this one, by index; -1: all. @suffix: for their names, "" none. @first,
 * @count: which series they are.
 * Return: 0; -ENOMEM; -ENAMETOOLONG.
 */
int declare_case(struct run *run, const struct bench_case *bc, int figure, const char *suffix,
    size_t *first, unsigned *count);

/** declare_figure() - one of a kind's figures, copied. */
struct run_figure declare_figure(const struct cb_figure *f);

#endif
