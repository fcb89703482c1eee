/*
 * module.h - kinds from a shared object: opens it, checks it, and identifies its build.
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

/** module_spec_file() - where the FILE of [PREFIX=]FILE begins. A prefix is a word, so a path with
 * a "=" in it has to begin with "./" or "/". */
const char *module_spec_file(const char *spec);

/**
 * module_list_open() - open [PREFIX=]FILE and enter its kinds into @r. A file without kinds is
 * refused.
 * @id:  what it has to be, or NULL: whatever it is.
 * @err: one line, naming the file: not a shared object, for another machine, no such symbol,
 * another interface, a kind that does not fit; or dlopen(3)'s own words.
 *
 * Its constructors are foreign code: they run in a separate process first, unless an @id shows that
 * the caller has seen them end. Return: 0; -EINVAL, -ENOENT, -EEXIST; -ESTALE when it is not
 * @id; -ENOMEM.
 */
int module_list_open(struct module_list *l, struct registry *r, const char *spec, const char *id,
    char *err, size_t err_len);

/**
 * module_judge() - can a program with interface @abi use a shared object that describes itself as
 * @self? Return: true; false with the reason.
 */
bool module_judge(const struct cb_module *self, uint32_t abi, char *why, size_t why_len);

/** module_list_words() - command-line words with which a cell opens the same files, in the same
 * builds. A NULL ends them; the list owns them. Return: NULL when out of memory. */
const char *const *module_list_words(struct module_list *l);

/** module_list_close() - frees everything, but closes no object: others may still refer to its
 * kinds.
 */
void module_list_close(struct module_list *l);

#endif
