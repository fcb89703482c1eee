/*
 * manifest_fake.h - for the tests of the manifest only: a machine made of files in a temporary
 * directory. A header, because every test is one program of one file.
 */
#ifndef CONCBENCH_MANIFEST_FAKE_H
#define CONCBENCH_MANIFEST_FAKE_H

#include "harness/base/file.h"
#include "harness/machine/manifest.h"

#include <ftw.h>
#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))

/* A test of its own machine. */
#define IN_ROOT(test) cmocka_unit_test_setup_teardown(test, make_root, remove_root)

static char fake_root[256];

static int make_root(void **state)
{
	const char *tmp = getenv("TMPDIR");

	(void)state;
	(void)snprintf(
	    fake_root, sizeof(fake_root), "%s/concbench-root-XXXXXX", tmp ? tmp : P_tmpdir);
	return mkdtemp(fake_root) ? 0 : -1;
}

static int remove_entry(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st;
	(void)type;
	(void)ftw;
	return remove(path);
}

static int remove_root(void **state)
{
	(void)state;
	return nftw(fake_root, remove_entry, 16, FTW_DEPTH | FTW_PHYS);
}

struct fake_file {
	const char *path, *content;
};

static void write_files(const struct fake_file *files, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		char path[PATH_MAX];

		assert_true(snprintf(path, sizeof(path), "%s%s", fake_root, files[i].path) > 0);
		*strrchr(path, '/') = '\0';
		assert_int_equal(file_make_dirs(path), 0);
		path[strlen(path)] = '/';
		assert_int_equal(
		    file_write_whole(path, files[i].content, strlen(files[i].content)), 0);
	}
}

struct expected {
	const char *key, *value; /* NULL: left out */
};

static inline void assert_manifest(const struct manifest *m, const struct expected *e, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		const char *value = manifest_get(m, e[i].key);

		if (!value || !e[i].value ? value != e[i].value : strcmp(value, e[i].value) != 0)
			fail_msg("%s is \"%s\", not \"%s\"", e[i].key, value ? value : "(left out)",
			    e[i].value ? e[i].value : "(left out)");
	}
}

/* Builds it, collects, compares. */
static inline void check_machine(const struct fake_file *files, size_t file_count,
    const struct expected *expected, size_t expected_count)
{
	struct manifest m = {0};

	write_files(files, file_count);
	assert_int_equal(manifest_collect_from(&m, fake_root), 0);
	assert_manifest(&m, expected, expected_count);
	manifest_free(&m);
}

#endif
