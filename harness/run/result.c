#include "harness/run/result.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#define RUN_FILE "run.json"

/* Return: 0 when @path is a file, 1 when it is a folder, -errno. */
static int kind_of(const char *path)
{
	struct stat st;

	if (stat(path, &st))
		return -errno;
	return S_ISDIR(st.st_mode);
}

/* Is @candidate a run file, or a folder that has one? */
static int try(const char *candidate, char *path, size_t path_len)
{
	const char *slash = candidate[0] && candidate[strlen(candidate) - 1] == '/' ? "" : "/";
	int kind = kind_of(candidate);
	int n;

	if (kind < 0)
		return kind;
	n = snprintf(path, path_len, "%s%s%s", candidate, kind ? slash : "", kind ? RUN_FILE : "");
	if (n < 0 || (size_t)n >= path_len)
		return -ENAMETOOLONG;
	return kind && kind_of(path) ? -ENOENT : 0;
}

int result_resolve(const char *results_dir, const char *ref, char *path, size_t path_len)
{
	char inside[4096];
	char found[4096];
	int own, n, rc;

	if (!ref[0])
		return -ENOENT;
	n = snprintf(inside, sizeof(inside), "%s/%s", results_dir, ref);
	if (n < 0 || (size_t)n >= sizeof(inside))
		return -ENAMETOOLONG;
	/* "latest" always is the newest run, whatever a file of that name beside us may be. */
	own = !strcmp(ref, "latest");
	rc = try(own ? inside : ref, found, sizeof(found));
	if (rc == -ENOENT || rc == -ENOTDIR)
		rc = try(own ? ref : inside, found, sizeof(found));
	if (rc)
		return rc == -ENAMETOOLONG ? rc : -ENOENT;
	if (strlen(found) >= path_len)
		return -ENAMETOOLONG;
	memcpy(path, found, strlen(found) + 1);
	return 0;
}
