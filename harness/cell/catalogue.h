/*
 * catalogue.h - which cases a program can measure here, asked of the program itself: base and head
 * of a gate are two builds, and neither is the one that asks.
 */
#ifndef CONCBENCH_CATALOGUE_H
#define CONCBENCH_CATALOGUE_H

#include "harness/cell/supervise.h"
#include "harness/run/run.h"
#include "harness/work/sweep.h"

struct catalogue_case {
	char name[CASE_NAME_MAX];
	char hash[17];
	uint64_t slot_ns;
	struct run_figure figure; /* without a metric: the time per operation */
	bool supported;
	char reason[REASON_MAX]; /* why not */
	bool differs; /* false; a gate's: measured although the other side's does something else */
};

struct catalogue {
	struct catalogue_case *item;
	size_t count;
	size_t capacity;
};

/**
 * catalogue_ask() - in the program's own order.
 * @spec: exe, selection, modules, topology and deadlines; no case.
 * Return: 0; -EINTR; -EPROTO with @why when it is no concbench, or one older than this question;
 * -ETIMEDOUT, -ECHILD, -ENOMEM with @why. Release with catalogue_free() after success.
 */
int catalogue_ask(const struct cell_spec *spec, struct catalogue *out, char *why, size_t why_len);

/** catalogue_find() - by exact name, or NULL. */
const struct catalogue_case *catalogue_find(const struct catalogue *c, const char *name);

/** catalogue_join() - add what is in @more and not yet in @c. Return: 0; -ENOMEM. */
int catalogue_join(struct catalogue *c, const struct catalogue *more);

void catalogue_free(struct catalogue *c);

/** catalogue_tell() - the program's side: say all cases of @list to @fd. Return: 0; -errno. */
int catalogue_tell(const struct case_list *list, uint64_t slot_ns, int fd);

#endif
