/* folder_fixture.h - a folder of a test's own, and the environment that leads there. Included by
 * tests, which have cmocka. */
#ifndef CONCBENCH_QUEUES_FOLDER_FIXTURE_H
#define CONCBENCH_QUEUES_FOLDER_FIXTURE_H

#include "benches/team_fixture.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Sets a variable until it is called with what it was. Return: that, on the heap; NULL: none. */
static inline char *set_variable(const char *name, const char *value)
{
	const char *was = getenv(name);
	char *kept = was ? strdup(was) : NULL;

	assert_int_equal(value ? setenv(name, value, 1) : unsetenv(name), 0);
	return kept;
}

static inline void restore_variable(const char *name, char *was)
{
	free(set_variable(name, was));
	free(was);
}

static char folder[64];

static inline const char *in_folder(const char *name)
{
	static char path[128];

	(void)snprintf(path, sizeof(path), "%s/%s", folder, name);
	return path;
}

static inline void make_folder(void)
{
	(void)snprintf(folder, sizeof(folder), "%s/concbench-test-XXXXXX", P_tmpdir);
	assert_non_null(mkdtemp(folder));
}

static inline unsigned names_there(void)
{
	DIR *dir = opendir(folder);
	const struct dirent *entry;
	unsigned n = 0;

	assert_non_null(dir);
	while ((entry = readdir(dir)) != NULL)
		n += entry->d_name[0] != '.';
	(void)closedir(dir);
	return n;
}

#endif
