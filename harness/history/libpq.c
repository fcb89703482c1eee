#include "harness/history/libpq.h"

#include "harness/base/one_line.h"

#include <dlfcn.h>
#include <stdbool.h>
#include <string.h>

/* The interface's version 5 has been the same since 2004. */
#ifdef __APPLE__
#define LIBPQ_FILE "libpq.5.dylib"
#else
#define LIBPQ_FILE "libpq.so.5"
#endif

/* ISO C has no conversion from void * to a function; dlsym(3) has nothing else to give. */
#define LIBPQ_LOOK_UP(name)                         \
	found = dlsym(library, #name);              \
	memcpy(&table.name, &found, sizeof(found)); \
	if (!found)                                 \
		missing = #name;

const struct libpq *libpq_load(char *err, size_t err_len)
{
	static struct libpq table;
	static bool loaded;
	const char *missing = NULL;
	void *library, *found;

	if (loaded)
		return &table;
	library = dlopen(LIBPQ_FILE, RTLD_NOW | RTLD_LOCAL);
	if (!library) {
		one_line_format(
		    err, err_len, "PostgreSQL's client library is not installed: %s", dlerror());
		return NULL;
	}
	LIBPQ_FUNCTIONS(LIBPQ_LOOK_UP)
	if (missing) {
		one_line_format(err, err_len, "%s is too old: it lacks %s", LIBPQ_FILE, missing);
		return NULL;
	}
	loaded = true;
	return &table;
}
