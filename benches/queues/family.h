/* family.h - what the families of queues have in common: "queue" and "loss". */
#ifndef CONCBENCH_QUEUES_FAMILY_H
#define CONCBENCH_QUEUES_FAMILY_H

#include <concbench/queue.h>

/** queue_env_of() - of each of a case's queues, with the capacity that it will have. */
struct cb_queue_env queue_env_of(const struct cb_case *c);

/** queue_takes() - can the queue of env->c be that? Return: 0; -EINVAL with the reason in @why. */
int queue_takes(const struct cb_queue_env *env, char *why, size_t why_len);

/** queue_accepts() - of struct cb_family: a kind has all calls that the workload makes. */
int queue_accepts(const struct cb_kind *k, char *why, size_t why_len);

#endif
