/*
 * module.h - kinds from a shared object: opened, checked, and known by what was built.
 */
#ifndef CONCBENCH_MODULE_H
#define CONCBENCH_MODULE_H

#include "harness/work/registry.h"

#define MODULE_ID_MAX 48

struct module {
	char *path;             /* absolute */
	char *prefix;           /* "" none */
	char *spec;             /* "PREFIX=PATH", or the path: what module_open() takes */
	char id[MODULE_ID_MAX]; /* the linker's build-id, or "content-" and a hash of the file */
	void *handle;
	const struct cb_module *self;
};

struct module_list {
	struct module *item;
	size_t count;
	const char **words; /* module_list_words() */
};

/** module_spec_file() - the FILE of [PREFIX=]FILE: where it begins. A prefix is a word, so a path
 * with a "=" in it begins with "./" or "/". */
const char *module_spec_file(const char *spec);

/**
 * module_list_open() - open [PREFIX=]FILE and enter its kinds into @r. A file without kinds is
 * refused.
 * @id:  what it has to be, or NULL: whatever it is.
 * @err: one line, naming the file: not a shared object, for another machine, no such symbol,
 * another interface, a kind that does not fit; or dlopen(3)'s own words. Return: 0; -EINVAL,
 * -ENOENT, -EEXIST; -ESTALE when it is not @id; -ENOMEM.
 */
int module_list_open(struct module_list *l, struct registry *r, const char *spec, const char *id,
    char *err, size_t err_len);

/** module_list_words() - the words of a command line that open the same files, as the same builds:
 * for cells. Up to a NULL; the list's. Return: NULL when out of memory. */
const char *const *module_list_words(struct module_list *l);

/** module_list_close() - frees everything, but closes no object: its kinds may be known elsewhere.
 */
void module_list_close(struct module_list *l);

#endif
