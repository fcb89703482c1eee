/*
 * sweep.h - the cases of a profile, or those that the user's own values make.
 */
#ifndef CONCBENCH_SWEEP_H
#define CONCBENCH_SWEEP_H

#include "harness/work/bench_case.h"

/* One --set: KEY=VALUES. */
struct sweep_set {
	const char *key; /* as typed, with or without its unit */
	size_t key_len;
	const char *values;
};

struct sweep_request {
	enum cb_profile profile;
	const struct cb_family *family; /* NULL: all */
	const char *kind;               /* NULL: all of the family */
	/* All kinds, whatever their smallest profile is: for a family on its own. */
	bool every_kind;
	const struct sweep_set *set;
	size_t sets;
};

struct case_list {
	struct bench_case *item;
	size_t count;
	size_t capacity;
};

/**
 * sweep_set_parse() - "KEY=V[,V...]"; points into @text.
 * Return: 0; -EINVAL with @err.
 */
int sweep_set_parse(const char *text, struct sweep_set *out, char *err, size_t err_len);

/**
 * sweep_cases() - append the cases asked for, none twice: kinds in the registry's order, the cases
 * of a kind ordered by their values, the first parameter first.
 *
 * A case that its kind declines (a model that it does not support, more producers than it takes) is
 * left out, unless the user names the kind and sets values: then it is listed with the reason. A
 * case that this machine cannot run is always listed. If no case is left, that is an error which
 * gives the first reason.
 *
 * Return: 0; -ENOMEM; -EINVAL with @err: a value that is not one of the parameter's, or a key that
 * none of the kinds has (@err names those they have).
 */
int sweep_cases(const struct registry *r, const struct host *h, const struct sweep_request *q,
    struct case_list *out, char *err, size_t err_len);

/** case_list_add() - append a copy. Return: 0; -ENOMEM. */
int case_list_add(struct case_list *list, const struct bench_case *bc);

/** case_list_find() - by exact name, or NULL. */
const struct bench_case *case_list_find(const struct case_list *list, const char *name);

void case_list_free(struct case_list *list);

#endif
