/*
 * windows.h - how long windows have to be, as earlier runs found out. A file beside the runs keeps
 * this, so that the next run neither spends the time again nor ends with other lengths, which would
 * begin a new series in every history.
 *
 * It has an object for each class of machines with a member for each group of cases that share a
 * length. Not thread-safe.
 */
#ifndef CONCBENCH_WINDOWS_H
#define CONCBENCH_WINDOWS_H

#include "harness/base/hash.h"
#include "harness/run/run.h"

#define WINDOWS_FILE "windows.json"

/* As @machine: for whatever machine the file is read on. */
#define WINDOWS_ANY_MACHINE "any machine"

struct window_known {
	char group[256]; /* case_window_group(), or the name of one case */
	uint64_t window_ns;
	char run[128]; /* the run that found out; "" not known */
	struct run_window seen;
	/* In the file that a gate makes for head, from a stored base: what the case was given. */
	struct run_given given;
};

/* What one class of machines needs. Zero-initialised is empty; release with windows_free(). */
struct windows {
	struct window_known *item;
	size_t count, capacity;
	struct hash_index by_group;
};

/**
 * windows_read() - what the file has for any machine, and for @machine, which takes precedence.
 * Return: 0, also when there is no file, or nothing for it; -EINVAL not such a file, with a line in
 * @err; -ENOMEM; -errno.
 */
int windows_read(
    const char *path, const char *machine, struct windows *out, char *err, size_t err_len);

/** windows_write() - add @known to the file. A file that cannot be read is replaced. Return: 0;
 * -ENOMEM; -errno as file_write_whole(). */
int windows_write(const char *path, const char *machine, const struct windows *known);

/** windows_find() - NULL: nothing is known. */
const struct window_known *windows_find(const struct windows *known, const char *group);

/** windows_note() - add, or replace what was known. Return: 0; -ENOMEM. */
int windows_note(struct windows *known, const struct window_known *one);

void windows_free(struct windows *known);

#endif
