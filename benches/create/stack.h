/*
 * stack.h - a worker that touches its stack as the first thing that it does.
 */
#ifndef CONCBENCH_CREATE_STACK_H
#define CONCBENCH_CREATE_STACK_H

#include "benches/create/life.h"

#define STACK_PAGE_BYTES 4096u

/** stack_touch() - write to each page of so much of the stack below. Return: pages that have kept
 * it. */
uint32_t stack_touch(uint32_t bytes, unsigned char value);

/** stack_renew() - the stack that a maker gives to its threads has no pages again. */
void stack_renew(struct life *l);

/** stack_batch() - as batch(). @renew: before each life; NULL. */
uint64_t stack_batch(struct cb_worker *w, void *state, uint64_t n, void (*renew)(struct life *l));

/** stack_live() - all that it does. */
void stack_live(struct life *l, uint32_t (*touch)(uint32_t bytes, unsigned char value));

#endif
