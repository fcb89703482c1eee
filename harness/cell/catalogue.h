/*
 * catalogue.h - which cases a program can measure here, asked of the program itself: base and head
 * of a gate are two builds, and neither is the one that asks.
 */
#ifndef CONCBENCH_CATALOGUE_H
#define CONCBENCH_CATALOGUE_H

#include "harness/base/hash.h"
#include "harness/cell/supervise.h"
#include "harness/run/run.h"
#include "harness/work/sweep.h"

struct catalogue_case {
	char name[CASE_NAME_MAX];
	char hash[17];
	uint64_t slot_ns;
	struct run_figure figure;    /* without a metric: the time per operation */
	char depends[CASE_NAME_MAX]; /* on the figure of this case; "" on none */
	bool supported;
	bool failed;             /* not even what it is could be asked */
	char reason[REASON_MAX]; /* why not */
	/* A gate's: */
	bool differs;           /* false; measured although the other side's does something else */
	struct run_given given; /* for both sides, of the case that it depends on */
};

struct catalogue {
	struct catalogue_case *item;
	size_t count;
	size_t capacity;
	struct hash_index by_name;
};

/**
 * catalogue_ask() - in the program's own order.
 * @spec: exe, selection, modules, topology and deadlines; no case.
 * Return: 0; -EINTR; -EPROTO with @why when it is no concbench, or one older than this question;
 * -ETIMEDOUT, -ECHILD, -ENOMEM with @why. Release with catalogue_free() after success.
 */
int catalogue_ask(const struct cell_spec *spec, struct catalogue *out, char *why, size_t why_len);

/** catalogue_find() - by exact name, or NULL; in the time that one takes, however many there are.
 */
const struct catalogue_case *catalogue_find(const struct catalogue *c, const char *name);

/** catalogue_join() - add what is in @more and not yet in @c. Return: 0; -ENOMEM. */
int catalogue_join(struct catalogue *c, const struct catalogue *more);

void catalogue_free(struct catalogue *c);

/**
 * catalogue_tell() - the program's side: say all cases of @list to @fd.
 * @named: [list->count], or NULL: which of a case's figures was named, by index; -1: none, which
 * is the first.
 * @figure: NULL, or the metric of one that is told instead of those, by whoever declares it.
 * Return: 0; -errno.
 */
int catalogue_tell(
    const struct case_list *list, const int *named, const char *figure, uint64_t slot_ns, int fd);

#endif
