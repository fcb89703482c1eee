/*
 * companion.h - the process beside the workers: a load generator, on a PU of its own if one is
 * spare.
 *
 * A process under every execution model, so that all servers are measured against the same client.
 * For team.c only.
 */
#ifndef CONCBENCH_COMPANION_H
#define CONCBENCH_COMPANION_H

#include "harness/work/team.h"

size_t companion_shared_bytes(void);

/** companion_start() - fork it and wait until it says it is ready. Return: 0; -errno; -ECHILD. */
int companion_start(struct team *t, char *why, size_t why_len);

/** companion_alive() - Return: 0; -ECHILD with @why when it has died. */
int companion_alive(struct team *t, char *why, size_t why_len);

/** companion_cpu_ns() - CPU time it has used; 0 when that cannot be read. */
uint64_t companion_cpu_ns(const struct team *t);

/** companion_stop() - ask it to end, insist after a while; nothing when there is none. */
void companion_stop(struct team *t);

#endif
