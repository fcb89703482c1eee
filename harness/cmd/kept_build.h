/*
 * kept_build.h - a revision of somebody's repository, checked out and built in the cache
 * folder, where it stays for the next time.
 *
 *	$XDG_CACHE_HOME/concbench/builds/COMMIT-HASH/
 *		in-use   locked while the build is made or used
 *		tree/    the revision and what was built in it
 *		built    there when it is whole
 *
 * HASH is of what else decides the outcome: the command and where it runs, the compilers and their
 * flags in the environment, this program. The names are of equal length on purpose: a path is
 * part of a process's stack, and where the stack begins moves figures by some percent.
 */
#ifndef CONCBENCH_KEPT_BUILD_H
#define CONCBENCH_KEPT_BUILD_H

#include <stdbool.h>
#include <stddef.h>

#define KEPT_PATH_MAX 4096

struct build_order {
	const char *command; /* of concbench, for messages */
	const char *side;    /* "base", "head" */
	const char *name;    /* of the revision, as the user knows it */
	const char *top;     /* the repository's working tree */
	const char *below;   /* where in it the command runs: "" or "sub/folder/" */
	const char *commit;  /* 40 hex digits, or 64 */
	const char *build;   /* for sh -c */
	bool quiet;
};

struct kept_build {
	char folder[KEPT_PATH_MAX]; /* the command's: tree/ and what is below */
	int lock;
};

/**
 * kept_build_open() - make it, or find it. The working tree that git is asked for is none any more
 * when this returns, whatever happens: nothing of it is left in the repository.
 * Return: 0; -EINTR; EXIT_USAGE after a line, before it the end of what the command has said.
 * kept_build_close() after success.
 */
int kept_build_open(const struct build_order *q, struct kept_build *out);
void kept_build_close(struct kept_build *b);

/** kept_build_tidy() - all but the newest go, and those in use. */
void kept_build_tidy(void);

/** kept_build_folder() - where builds are kept. Return: 0; -ENOENT without XDG_CACHE_HOME and HOME;
 * -ENAMETOOLONG. */
int kept_build_folder(char *path, size_t len);

#endif
