/*
 * worker_models.h - the implementations behind struct cb_worker_ops. For the harness only.
 */
#ifndef CONCBENCH_WORKER_MODELS_H
#define CONCBENCH_WORKER_MODELS_H

#include "harness/work/worker.h"

extern const struct cb_worker_ops worker_blocking_ops;  /* threads and processes */
extern const struct cb_worker_ops worker_coroutine_ops; /* from a task: cb_carrier_here() */

/** worker_count_call() - every model's struct cb_worker_ops.nothing. */
uint64_t worker_count_call(struct cb_worker *w);

#endif
