/*
 * registry.h - all kinds: those compiled in and those of loaded shared objects.
 *
 * The harness knows that there are families and kinds, but not which.
 */
#ifndef CONCBENCH_REGISTRY_H
#define CONCBENCH_REGISTRY_H

#include <concbench/concbench.h>

#define CASE_PARAMS_MAX 16
#define KIND_NAME_MAX 64

/* The table of families, in report order, up to a NULL. Defined by the benches. */
extern const struct cb_family *const cb_families[];

/* A kind as it stands in the catalogue. */
struct kind {
	const struct cb_family *family;
	const struct cb_kind *self;
	char name[KIND_NAME_MAX]; /* "ck_mcs"; of a module with a prefix "mine.ck_mcs" */
	const struct cb_param *param[CASE_PARAMS_MAX]; /* the family's that apply, then its own */
	unsigned param_count;
	const char *module; /* the file it came from; NULL: compiled in */
	bool apart;         /* its functions are called in a separate process (case_build_all()) */
};

struct registry {
	struct kind *item; /* by family, in the families' order */
	size_t count;
	size_t capacity;
	size_t *by_name;  /* [count] places in @item */
	const char *only; /* name of a case: other kinds are passed over; NULL: all */
};

/**
 * registry_create() - the kinds that are compiled in. Return: 0; -ENOMEM; -EINVAL with @err: a kind
 * that is declared wrongly (our own fault).
 */
int registry_create(struct registry *r, char *err, size_t err_len);

/**
 * registry_create_for() - only the kind of one case, also of modules that are added later. A cell
 * needs no other: its supervisor has checked all of them, and the cell is itself the process that a
 * kind's functions may crash.
 * @name: outlives the registry.
 */
int registry_create_for(struct registry *r, const char *name, char *err, size_t err_len);

/**
 * registry_add() - the kinds of a module: all, or none if one is refused. @prefix: "" none.
 * @module: its path, for people; has to outlive the registry. All that a kind declares has to be
 * valid, base values and sweeps included, as far as that does not depend on the machine. Return: 0;
 * -EINVAL, -EEXIST with @err: one line, which kind and what about it; -ENOMEM. Kinds that were
 * found before may have moved.
 */
int registry_add(struct registry *r, const struct cb_kind *const *first,
    const struct cb_kind *const *end, const char *prefix, const char *module, char *err,
    size_t err_len);

void registry_free(struct registry *r);

/** registry_find() - by the first two parts of a name, or NULL. */
const struct kind *registry_find(const struct registry *r, const char *family, size_t family_len,
    const char *name, size_t name_len);

/** registry_family() - by its name or plural, or NULL. */
const struct cb_family *registry_family(const char *name, size_t len);

/** kind_param() - index of the parameter that @key means ("hold" is "hold_ns"), or -1. */
int kind_param(const struct kind *k, const char *key, size_t len);

/** kind_figures() - the figures that it gives: its own, its family's, or time per operation. */
const struct cb_figure *kind_figures(const struct kind *k, unsigned *count);

/** kind_listed() - do lists show it? Not if it is broken on purpose or hidden. */
bool kind_listed(const struct kind *k);

#endif
