/*
 * selection.h - which cases somebody asks for: a profile, families, kinds, names, values of their
 * own, shared objects. The same words for run, list, check and both sides of a gate.
 */
#ifndef CONCBENCH_SELECTION_H
#define CONCBENCH_SELECTION_H

#include "harness/work/module.h"
#include "harness/work/sweep.h"

/* As typed. */
struct selection {
	enum cb_profile profile;
	const char *filter;       /* NULL: all */
	const char *const *names; /* families, kinds and cases; none: all of the profile */
	size_t name_count;
	const char *const *sets; /* KEY=VALUES */
	size_t set_count;
	const char *const *loads; /* [PREFIX=]FILE */
	size_t load_count;
	const char *const *build_ids; /* NULL, or what each of them has to be */
	const char *figure; /* NULL, or for a gate: tell this one of the kinds that declare it */
	const char *only;   /* NULL, or a case: no other kind is wanted in the catalogue */
};

/* What there is. */
struct catalogue_here {
	struct registry registry;
	struct module_list modules;
	struct host host;
};

/** catalogue_here_open() - Return: 0; -errno with @err. catalogue_here_close() after success. */
int catalogue_here_open(struct catalogue_here *c, const struct topology *topo,
    const struct selection *s, char *err, size_t err_len);
void catalogue_here_close(struct catalogue_here *c);

/* The cases, and of those that were named with a figure which. */
struct selected {
	struct case_list cases;
	int *figure; /* [cases.count], -1: all */
	bool named;  /* somebody chose: what cannot run is an answer, too */
};

/**
 * selection_cases() - Return: 0; -errno with @err: one line that names the flag or the name, what
 * was wrong and what is accepted. selected_free() after success.
 */
int selection_cases(const struct catalogue_here *c, const struct selection *s, struct selected *out,
    char *err, size_t err_len);
void selected_free(struct selected *s);

/** selection_words() - the words of a command line that select the same, for another program's
 * catalogue: up to a NULL; free() it. NULL: out of memory. */
const char **selection_words(const struct selection *s);

const char *profile_name(enum cb_profile p);
/** profile_from_name() - Return: 0; -EINVAL. */
int profile_from_name(const char *name, enum cb_profile *out);

#endif
