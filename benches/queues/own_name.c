#include "benches/queues/own_name.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

/* Of names that somebody else has, or takes away. */
#define TRIES 100

const char *own_name_folder(void)
{
	const char *tmp = getenv("TMPDIR");

	return tmp && tmp[0] ? tmp : P_tmpdir;
}

static bool is_folder(const struct own_name *kind)
{
	return kind->type == S_IFDIR;
}

static int look_inside(const struct own_name *kind, int dir, const char *name)
{
	return openat(dir, name,
	    O_CLOEXEC | O_NOFOLLOW |
		(is_folder(kind) ? O_RDONLY | O_DIRECTORY : O_RDWR | O_NONBLOCK));
}

/* One of ours that nobody has locked. Of anything else the type is looked at first: some devices do
 * something when they are opened. */
static void remove_left_over(const struct own_name *kind, int dir, const char *name)
{
	struct stat st;
	int fd;

	if (fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) < 0 ||
	    (st.st_mode & S_IFMT) != kind->type || st.st_uid != geteuid())
		return;
	fd = look_inside(kind, dir, name);
	if (fd < 0)
		return;
	if (flock(fd, LOCK_EX | LOCK_NB) == 0) {
		if (is_folder(kind))
			(void)unlinkat(fd, kind->inside, 0);
		(void)unlinkat(dir, name, is_folder(kind) ? AT_REMOVEDIR : 0);
	}
	(void)close(fd);
}

static void remove_left_overs(const struct own_name *kind)
{
	DIR *dir = opendir(own_name_folder());
	const struct dirent *entry;

	if (!dir)
		return;
	while ((entry = readdir(dir)) != NULL)
		if (strncmp(entry->d_name, kind->prefix, strlen(kind->prefix)) == 0)
			remove_left_over(kind, dirfd(dir), entry->d_name);
	(void)closedir(dir);
}

/* Return: a descriptor; -errno: EEXIST when another name has to be tried. */
static int make(const struct own_name *kind, const char *path)
{
	struct stat own, there;
	int fd, error = 0;

	if ((is_folder(kind) ? mkdir(path, 0700) : mkfifo(path, 0600)) < 0)
		return -errno;
	fd = look_inside(kind, AT_FDCWD, path);
	if (fd < 0)
		return errno == ENOENT ? -EEXIST : -errno;
	/* Until it was locked, others may have taken it for one that is left over. */
	if (flock(fd, LOCK_EX | LOCK_NB) < 0)
		error = errno == EWOULDBLOCK ? EEXIST : errno;
	else if (fstat(fd, &own) < 0)
		error = errno;
	else if (stat(path, &there) < 0 || own.st_ino != there.st_ino)
		error = EEXIST;
	if (!error)
		return fd;
	(void)close(fd);
	return -error;
}

int own_name_make(const struct own_name *kind, char *path, size_t len)
{
	int fd = -EEXIST;

	remove_left_overs(kind);
	for (unsigned i = 0; fd == -EEXIST && i < TRIES; i++) {
		char own[PATH_MAX];

		if (snprintf(own, sizeof(own), "%s/%s%ld-%u", own_name_folder(), kind->prefix,
			(long)getpid(), i) >= (int)sizeof(own) ||
		    snprintf(path, len, "%s%s%s", own, is_folder(kind) ? "/" : "",
			is_folder(kind) ? kind->inside : "") >= (int)len)
			return -ENAMETOOLONG;
		fd = make(kind, own);
	}
	return fd;
}

void own_name_remove(const struct own_name *kind, const char *path)
{
	char own[PATH_MAX];

	(void)unlink(path);
	if (!is_folder(kind))
		return;
	(void)snprintf(own, sizeof(own), "%.*s", (int)(strrchr(path, '/') - path), path);
	(void)rmdir(own);
}
