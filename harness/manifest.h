/*
 * manifest.h - what machine, kernel, libraries and build a run was made with.
 *
 * An ordered list of key and value texts; keys are dotted ("cpu.model", "kernel.mitigations.mds").
 * What cannot be found out is left out, never guessed.
 */
#ifndef CONCBENCH_MANIFEST_H
#define CONCBENCH_MANIFEST_H

#include <stddef.h>

struct manifest_item {
	char *key;
	char *value;
};

struct manifest {
	struct manifest_item *items;
	size_t count;
	size_t capacity;
};

/**
 * manifest_add() - append, or replace the value of an existing key; copies both texts and removes
 * control characters. Return: 0; -ENOMEM.
 */
int manifest_add(struct manifest *m, const char *key, const char *value);

/** manifest_addf() - manifest_add() with a printf format. */
int manifest_addf(struct manifest *m, const char *key, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/** manifest_get() - the value of a key, or NULL. */
const char *manifest_get(const struct manifest *m, const char *key);

/**
 * manifest_collect() - find out all there is to know about this machine and build: CPU model,
 * flags that matter (constant_tsc, nonstop_tsc, hypervisor, smt...), caches, kernel, mitigations,
 * governor, turbo, SMT, clock source, hypervisor, transparent hugepages, libc, compiler and flags,
 * versions of the libraries under test, git revision and dirty flag (from the build), load average,
 * cgroup limits (v1 and v2), ulimits that bound worker counts.
 * Reads /proc and /sys only; runs nothing. Return: 0; -ENOMEM.
 */
int manifest_collect(struct manifest *m);

void manifest_free(struct manifest *m);

#endif
