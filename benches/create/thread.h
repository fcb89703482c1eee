/*
 * thread.h - threads on stacks of a size that was asked for.
 */
#ifndef CONCBENCH_CREATE_THREAD_H
#define CONCBENCH_CREATE_THREAD_H

#include "benches/create/life.h"

/** thread_make() - on a stack of so many bytes; 0: of the limit's. Return: 0; -errno. */
int thread_make(struct life *l, size_t stack_bytes);

/**
 * thread_enter() - as enter(), of a row that makes them by @make: one is made beside those that
 * count, and it has to have run on a stack of @stack_bytes.
 */
void thread_enter(
    struct cb_worker *w, void *state, size_t stack_bytes, int (*make)(struct life *l));

#endif
