/*
 * result_ahead.h - run files read by several threads, ahead of one that takes them in their order.
 *
 * A run file of megabytes takes a CPU longer to read than its run takes to be stored. One thread of
 * the caller starts, takes and ends; result_read() is all that the others do.
 */
#ifndef CONCBENCH_RESULT_AHEAD_H
#define CONCBENCH_RESULT_AHEAD_H

#include "harness/run/run.h"

#include <stddef.h>

struct result_ahead;

/**
 * result_ahead_start() - begin to read @count files.
 * @paths:   NULL for one that cannot be taken; the array and the texts stay the caller's, and have
 * to live until result_ahead_end().
 * @threads: as many read at a time, and at most as many runs are being read or wait to be taken; 0
 *           for the CPUs that this process may use, and never more than eight. With 1, or where no
 *           thread can be had, a file is read when it is taken.
 *
 * Return: 0; -ENOMEM.
 */
int result_ahead_start(
    struct result_ahead **out, const char *const *paths, size_t count, unsigned threads);

/**
 * result_ahead_take() - the next run, in the order of the files; waits until it has been read.
 * @err: as result_read() has it.
 *
 * Not beyond the last; a file without a path counts, and is -EINVAL.
 * Return: as result_read().
 */
int result_ahead_take(struct result_ahead *ahead, struct run *out, char *err, size_t err_len);

/** result_ahead_end() - wait for the readers, free what was not taken. NULL is fine. */
void result_ahead_end(struct result_ahead *ahead);

#endif
