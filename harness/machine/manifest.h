/*
 * manifest.h - the machine, kernel, libraries and build that a run was made with.
 *
 * An ordered list of key and value texts; keys are dotted ("cpu.model", "kernel.mitigations.mds").
 * Facts that cannot be found out are left out, never guessed.
 */
#ifndef CONCBENCH_MANIFEST_H
#define CONCBENCH_MANIFEST_H

#include <stddef.h>

/* How many CPUs' worth of time the control groups grant: "0.5", "none". */
#define MANIFEST_CPU_LIMIT "cgroup.cpu_limit_cpus"

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
 * manifest_add() - append, or replace the value of an existing key in its place.
 *
 * Copies the value as text_clean() leaves it: valid UTF-8 without control characters, so it is fit
 * for JSON and a terminal wherever it came from. Zero-initialised is an empty manifest.
 * Return: 0; -ENOMEM, and nothing changed.
 */
int manifest_add(struct manifest *m, const char *key, const char *value);

/** manifest_addf() - manifest_add() with a printf format. */
int manifest_addf(struct manifest *m, const char *key, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/** manifest_get() - the value of a key, or NULL. */
const char *manifest_get(const struct manifest *m, const char *key);

/**
 * manifest_collect() - find out all there is to know about this machine: CPU model, flags that
 * matter (constant_tsc, nonstop_tsc, hypervisor, ...), caches, kernel and its parameters that
 * matter, mitigations, governor, turbo, SMT, clock source, hypervisor, transparent hugepages, libc,
 * compiler, load average ("load.before"), cgroup limits (v1, v2 and both at once), rlimits and
 * sysctls that bound worker counts or change what a system call costs.
 *
 * Versions of libraries, git revision and compiler flags are the build's, and added by the caller.
 * Reads /proc, /sys and /etc/os-release only; runs nothing. Call it before anything is bound:
 * "process.cpus_allowed" is what this process was started with.
 * Return: 0; -ENOMEM, and what was added until then stays.
 */
int manifest_collect(struct manifest *m);

/** manifest_collect_from() - the same for a machine whose /proc and /sys are below @root, for
 * tests; "" is this machine. */
int manifest_collect_from(struct manifest *m, const char *root);

/**
 * manifest_add_load() - the load average as "<prefix>.1min", ".5min", ".15min" and the scheduled
 * entities now as ".runnable" ("2/110": of those that exist).
 * @prefix: "load.before" is taken by manifest_collect(); "load.after" goes with it.
 * Return: 0; -ENOMEM.
 */
int manifest_add_load(struct manifest *m, const char *prefix);

/** manifest_free() - release everything; it may be used again. */
void manifest_free(struct manifest *m);

#endif
