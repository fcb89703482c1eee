#include "harness/cmd/kept_build.h"

#include "harness/base/clock.h"
#include "harness/base/file.h"
#include "harness/base/hash.h"
#include "harness/base/interrupt.h"
#include "harness/cmd/cmd.h"
#include "harness/cmd/tool.h"
#include "harness/machine/build_info.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

/* Two a gate: of the changes that somebody tries in a day against one base, some. */
#define KEPT 8
#define SAID_LINES 15
#define TEXT_MAX 1000
/* A path below the folder of a build. */
#define BELOW_MAX (KEPT_PATH_MAX + 300)

int kept_build_folder(char *path, size_t len)
{
	const char *cache = getenv("XDG_CACHE_HOME"), *home = getenv("HOME");
	int n;

	/* A relative one is to be ignored, says its specification. */
	if (cache && cache[0] == '/')
		n = snprintf(path, len, "%s/concbench/builds", cache);
	else if (home && home[0] == '/')
		n = snprintf(path, len, "%s/.cache/concbench/builds", home);
	else
		return -ENOENT;
	return n < (int)len / 2 ? 0 : -ENAMETOOLONG;
}

/* Return: 0; -EINTR. */
static int key_of(const struct build_order *q, char *key, size_t len)
{
	static const char *const decides[] = {
	    "CC", "CXX", "CPPFLAGS", "CFLAGS", "CXXFLAGS", "LDFLAGS", "PKG_CONFIG_PATH", "PATH"};
	/* A compiler of the same name may have become another. */
	static const char *const versions[] = {"sh", "-c",
	    "${CC:-cc} --version; ${CXX:-c++} --version; ld --version | head -n 1; :", NULL};
	const struct tool ask = {.argv = versions};
	char said[TEXT_MAX], why[TEXT_MAX];
	uint64_t hash = HASH_START;
	const int ret = tool_ask(&ask, said, sizeof(said), why, sizeof(why));

	hash = hash_text(hash_text(hash_text(hash, q->build), q->below), said);
	for (size_t i = 0; i < sizeof(decides) / sizeof(decides[0]); i++)
		hash = hash_text(hash, getenv(decides[i]) ? getenv(decides[i]) : "");
	hash = hash_text(hash_text(hash, build_info_version()), build_info_revision());
	(void)snprintf(key, len, "%s-%016" PRIx64, q->commit, hash);
	return ret == -EINTR ? ret : 0;
}

/* ---- folders ---- */

static int remove_entry(const char *path, const struct stat *st, int kind, struct FTW *at)
{
	(void)st;
	(void)kind;
	(void)at;
	(void)remove(path);
	return 0;
}

static void remove_all(const char *path)
{
	(void)nftw(path, remove_entry, 32, FTW_DEPTH | FTW_PHYS);
}

static const char *below(const char *folder, const char *name, char path[BELOW_MAX])
{
	(void)snprintf(path, BELOW_MAX, "%s/%s", folder, name);
	return path;
}

/* Everything but the lock, which whoever calls this holds. */
static void empty_build(const char *folder)
{
	static const char *const parts[] = {"built", "tree", "aside", "build.log"};
	char path[BELOW_MAX];

	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++)
		remove_all(below(folder, parts[i], path));
}

/* @fd: open and locked. */
static void remove_build(const char *folder, int fd)
{
	char path[BELOW_MAX];

	empty_build(folder);
	(void)unlink(below(folder, "in-use", path));
	(void)rmdir(folder);
	(void)close(fd);
}

static bool is_built(const char *folder)
{
	char path[BELOW_MAX];

	return access(below(folder, "built", path), F_OK) == 0;
}

/* For us alone, or, of what is whole, together with others that use it. A folder whose lock is not
 * in it any more has been tidied up in between. Return: a descriptor; -EINTR; -errno. */
static int lock_folder(const char *folder)
{
	char path[BELOW_MAX];

	for (;;) {
		int ret = file_make_dirs(folder);
		const int fd =
		    ret ? -1
			: open(below(folder, "in-use", path), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
		struct stat st;

		if (fd < 0 && ret != -ENOENT && (ret || errno != ENOENT))
			return ret ? ret : -errno;
		if (fd >= 0 &&
		    (flock(fd, LOCK_EX | LOCK_NB) == 0 ||
			(flock(fd, LOCK_SH | LOCK_NB) == 0 && is_built(folder))) &&
		    fstat(fd, &st) == 0 && st.st_nlink > 0)
			return fd;
		if (fd >= 0)
			(void)close(fd);
		if (interrupt_poll(NULL, 0, clock_now_ns() + 50 * CLOCK_NS_PER_MS) == -EINTR)
			return -EINTR;
	}
}

/* ---- the build ---- */

static int git(const struct build_order *q, bool to_the_end, const char *const *argv, char *why)
{
	const struct tool t = {.argv = argv, .dir = q->top, .to_the_end = to_the_end};
	char said[TEXT_MAX];

	return tool_ask(&t, said, sizeof(said), why, TEXT_MAX);
}

/* The files stay; the repository forgets that they are a working tree of its. Git forgets only what
 * is gone, so they step aside for that. */
static void deregister(const struct build_order *q, const char *folder, bool keep)
{
	char tree[BELOW_MAX], aside[BELOW_MAX], file[BELOW_MAX + 8], why[TEXT_MAX];
	const char *const forget[] = {
	    "git", "worktree", "remove", "--force", "--force", tree, NULL};
	const char *const prune[] = {"git", "worktree", "prune", NULL};

	(void)below(folder, "tree", tree);
	(void)below(folder, "aside", aside);
	if (keep && rename(tree, aside) != 0)
		keep = false;
	if (git(q, true, forget, why) != 0)
		(void)git(q, true, prune, why);
	if (!keep)
		return;
	(void)snprintf(file, sizeof(file), "%s/.git", aside);
	(void)unlink(file);
	(void)rename(aside, tree);
}

static void say_end_of(const char *path)
{
	char *text, *from;
	size_t len;
	unsigned lines = 0;

	if (file_read_all(path, 64u << 20, &text, &len) != 0)
		return;
	for (from = text + len; from > text && lines < SAID_LINES; from--)
		lines += from[-1] == '\n' && from < text + len;
	if (lines == SAID_LINES)
		from++;
	(void)fprintf(stderr, "%s%s", from, len && text[len - 1] != '\n' ? "\n" : "");
	free(text);
}

/* Return: 0; -EINTR; EXIT_USAGE after a line. */
static int run_build(const struct build_order *q, const char *folder, const char *where)
{
	const char *const argv[] = {"sh", "-c", q->build, NULL};
	struct tool t = {.argv = argv, .dir = where};
	char log[BELOW_MAX];
	struct stat st;
	int ret;

	if (stat(where, &st) != 0)
		return complain(q->command, "%s (%s) has no folder %s", q->side, q->name, q->below);
	t.out = open(below(folder, "build.log", log),
	    O_WRONLY | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC, 0600);
	if (t.out < 0)
		return complain(q->command, "%s: %s", log, strerror(errno));
	t.err = t.out;
	if (!q->quiet)
		(void)fprintf(
		    stderr, "concbench %s: building %s (%s)\n", q->command, q->side, q->name);
	ret = tool_run(&t);
	(void)close(t.out);
	if (!ret || ret == -EINTR)
		return ret;
	say_end_of(log);
	return complain(q->command, "--build: '%.200s' failed in %s (%s): %s %d", q->build, q->side,
	    q->name,
	    ret > 128 ? "killed by signal"
	    : ret < 0 ? "error"
		      : "exit status",
	    ret > 128 ? ret - 128 : ret);
}

/* The lock is held for us alone, and there is nothing but it. Return: as run_build(). */
static int make(const struct build_order *q, const char *folder, const char *where)
{
	char tree[BELOW_MAX], built[BELOW_MAX], why[TEXT_MAX];
	/* No hooks: what somebody wants after his own checkouts is not wanted here. */
	const char *const add[] = {"git", "-c", "core.hooksPath=/dev/null", "worktree", "add",
	    "--quiet", "--force", "--detach", below(folder, "tree", tree), q->commit, NULL};
	int ret = git(q, false, add, why);

	if (ret && ret != -EINTR)
		ret = complain(q->command, "%s: cannot be checked out: %s", q->name, why);
	if (!ret)
		ret = run_build(q, folder, where);
	deregister(q, folder, !ret);
	if (!ret) {
		ret = file_write_whole(below(folder, "built", built), q->build, strlen(q->build));
		if (ret)
			ret = complain(q->command, "%s: %s", built, strerror(-ret));
	}
	return ret;
}

int kept_build_open(const struct build_order *q, struct kept_build *out)
{
	char root[KEPT_PATH_MAX / 2], key[128], folder[KEPT_PATH_MAX], path[BELOW_MAX];
	int ret = kept_build_folder(root, sizeof(root));

	if (ret)
		return complain(q->command, "no folder to keep builds in: %s",
		    ret == -ENOENT ? "set XDG_CACHE_HOME or HOME" : strerror(-ret));
	ret = key_of(q, key, sizeof(key));
	if (ret)
		return ret;
	if (snprintf(folder, sizeof(folder), "%s/%s", root, key) >= (int)sizeof(folder) ||
	    snprintf(out->folder, sizeof(out->folder), "%s/tree/%s", folder, q->below) >=
		(int)sizeof(out->folder))
		return complain(q->command, "%s: %s", root, strerror(ENAMETOOLONG));
	out->lock = lock_folder(folder);
	if (out->lock < 0)
		return out->lock == -EINTR
			   ? -EINTR
			   : complain(q->command, "%s: %s", folder, strerror(-out->lock));
	if (!is_built(folder)) {
		empty_build(folder);
		ret = make(q, folder, out->folder);
	}
	if (ret) {
		remove_build(folder, out->lock);
		return ret;
	}
	/* For kept_build_tidy(). */
	(void)utimensat(AT_FDCWD, below(folder, "built", path), NULL, 0);
	(void)flock(out->lock, LOCK_SH);
	return 0;
}

void kept_build_close(struct kept_build *b)
{
	(void)close(b->lock);
}

/* ---- the cache ---- */

struct entry {
	char name[NAME_MAX + 1];
	int64_t used_ns; /* 0: it was never whole */
};

static int newest_first(const void *a, const void *b)
{
	const struct entry *x = a, *y = b;

	return x->used_ns > y->used_ns ? -1 : x->used_ns < y->used_ns;
}

void kept_build_tidy(void)
{
	char root[KEPT_PATH_MAX / 2], folder[KEPT_PATH_MAX], path[BELOW_MAX];
	struct entry *all = NULL, *grown;
	const struct dirent *e;
	size_t count = 0;
	DIR *d;

	if (kept_build_folder(root, sizeof(root)) != 0 || (d = opendir(root)) == NULL)
		return;
	while ((e = readdir(d)) != NULL) {
		struct stat st;

		if (e->d_name[0] == '.' || !(grown = reallocarray(all, count + 1, sizeof(*grown))))
			continue;
		all = grown;
		(void)snprintf(all[count].name, sizeof(all[count].name), "%s", e->d_name);
		(void)snprintf(path, sizeof(path), "%s/%s/built", root, e->d_name);
		all[count++].used_ns =
		    stat(path, &st) == 0 ? st.st_mtim.tv_sec * 1000000000 + st.st_mtim.tv_nsec : 0;
	}
	(void)closedir(d);
	if (count)
		qsort(all, count, sizeof(*all), newest_first);
	for (size_t i = KEPT; i < count; i++) {
		int fd;

		(void)snprintf(folder, sizeof(folder), "%s/%s", root, all[i].name);
		fd = open(below(folder, "in-use", path), O_RDWR | O_CLOEXEC);
		if (fd < 0)
			continue;
		if (flock(fd, LOCK_EX | LOCK_NB) == 0)
			remove_build(folder, fd);
		else
			(void)close(fd);
	}
	free(all);
}
