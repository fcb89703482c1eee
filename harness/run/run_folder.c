#include "harness/run/run_folder.h"

#include "harness/base/file.h"

#include <ctype.h>
#include <errno.h>
#include <limits.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#define HOST_SHOWN 24
#define ATTEMPTS 8

/* The host's name as a part of a file name. */
static void host_part(char *out, size_t len)
{
	char whole[HOST_NAME_MAX + 1];

	/* Asked for whole: of a name that does not fit glibc says only that it does not. */
	if (gethostname(whole, sizeof(whole)) != 0 || whole[0] == '\0')
		(void)snprintf(whole, sizeof(whole), "host");
	(void)snprintf(out, len, "%.*s", HOST_SHOWN, whole);
	for (char *p = out; *p; p++)
		if (!isalnum((unsigned char)*p) && *p != '-' && *p != '_')
			*p = '_';
}

int run_folder_create(
    const char *results_dir, time_t now, char *id, size_t id_len, char *path, size_t path_len)
{
	char host[HOST_SHOWN + 1], stamp[32];
	struct tm utc;
	int ret = file_make_dirs(results_dir);

	if (ret)
		return ret;
	host_part(host, sizeof(host));
	if (!gmtime_r(&now, &utc) || !strftime(stamp, sizeof(stamp), "%Y%m%dT%H%M%SZ", &utc))
		return -EOVERFLOW;
	for (unsigned i = 0; i < ATTEMPTS; i++) {
		uint32_t random = 0;
		int n;

		if (getrandom(&random, sizeof(random), 0) != (ssize_t)sizeof(random))
			random = (uint32_t)getpid() + i;
		n = snprintf(id, id_len, "%s-%s-%06x", stamp, host, random & 0xffffffu);
		if (n < 0 || (size_t)n >= id_len)
			return -ENAMETOOLONG;
		n = snprintf(path, path_len, "%s/%s", results_dir, id);
		if (n < 0 || (size_t)n >= path_len)
			return -ENAMETOOLONG;
		if (mkdir(path, 0777) == 0)
			return 0;
		if (errno != EEXIST)
			return -errno;
	}
	return -EEXIST;
}

int run_folder_link_latest(const char *results_dir, const char *id)
{
	char link[4096], temporary[4096];
	struct stat st;
	int ret;

	if (snprintf(link, sizeof(link), "%s/latest", results_dir) >= (int)sizeof(link) ||
	    snprintf(temporary, sizeof(temporary), "%s/.latest-%ld", results_dir, (long)getpid()) >=
		(int)sizeof(temporary))
		return -ENAMETOOLONG;
	/* A file of somebody else's that happens to be called so. */
	if (lstat(link, &st) == 0 && !S_ISLNK(st.st_mode))
		return -EEXIST;
	(void)unlink(temporary);
	if (symlink(id, temporary) < 0)
		return -errno;
	if (rename(temporary, link) == 0)
		return 0;
	ret = -errno;
	(void)unlink(temporary);
	return ret;
}

static bool has_journal_only(const char *folder)
{
	char path[PATH_MAX];
	int n = snprintf(path, sizeof(path), "%s/run.json", folder);

	if (n < 0 || (size_t)n >= sizeof(path) || access(path, F_OK) == 0)
		return false;
	n = snprintf(path, sizeof(path), "%s/journal.jsonl", folder);
	return n > 0 && (size_t)n < sizeof(path) && access(path, F_OK) == 0;
}

bool run_folder_unfinished(const char *results_dir, const char *ref)
{
	char path[PATH_MAX];
	const int n = snprintf(path, sizeof(path), "%s/%s", results_dir, ref);

	return has_journal_only(ref) ||
	       (n > 0 && (size_t)n < sizeof(path) && has_journal_only(path));
}
