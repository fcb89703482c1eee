#include "harness/base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#define TEMPORARY_NAME_MAX 48
#define TEMPORARY_ATTEMPTS 16

int file_append_all(int fd, const void *data, size_t len)
{
	const char *at = data;

	while (len > 0) {
		ssize_t n = write(fd, at, len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		/* POSIX leaves a zero from a regular file open; looping on it could last for ever.
		 */
		if (n == 0)
			return -EIO;
		at += n;
		len -= (size_t)n;
	}
	return 0;
}

/* Opens the directory that @path lies in; *base becomes the last component. */
static int open_parent(const char *path, const char **base)
{
	const char *slash = strrchr(path, '/');
	char *dir;
	int fd;

	*base = slash ? slash + 1 : path;
	if (**base == '\0')
		return *path == '\0' ? -ENOENT : -EISDIR;
	if (!slash)
		dir = strdup(".");
	else if (slash == path)
		dir = strdup("/");
	else
		dir = strndup(path, (size_t)(slash - path));
	if (!dir)
		return -ENOMEM;
	fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		fd = -errno;
	free(dir);
	return fd;
}

/* Not mkstemp(3): its mode is 0600, and widening that needs the umask, which only umask(2) tells by
 * changing it for all threads. */
static int open_temporary(int dir_fd, char name[TEMPORARY_NAME_MAX])
{
	for (int i = 0; i < TEMPORARY_ATTEMPTS; i++) {
		uint64_t random;
		int fd;

		/* getrandom(2) never cuts up to 256 bytes short. Where it is denied, any unused
		 * number will do: an existing file is never opened. */
		if (getrandom(&random, sizeof(random), 0) < 0)
			random = ((uint64_t)getpid() << 32) + (uint64_t)i;
		(void)snprintf(name, TEMPORARY_NAME_MAX, ".concbench-%016" PRIx64 ".tmp", random);
		fd = openat(dir_fd, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC,
		    S_IRUSR | S_IWUSR | S_IRGRP | S_IROTH);
		if (fd >= 0)
			return fd;
		if (errno != EEXIST)
			return -errno;
	}
	return -EEXIST;
}

/* Some file systems (FUSE, 9p) cannot sync a directory and say EINVAL; the rename still stands. */
static int sync_directory(int dir_fd)
{
	if (fsync(dir_fd) == 0 || errno == EINVAL || errno == ENOTSUP)
		return 0;
	return -errno;
}

/* Is @path a file that the shell or a parent has opened for us? A rename would leave its reader
 * with the old file, and a socket cannot be opened by its name. Return: the descriptor; -1. */
static int own_descriptor(const char *path, const struct stat *st)
{
	struct stat own;
	int fd, end = 0;

	for (fd = STDOUT_FILENO; fd <= STDERR_FILENO; fd++)
		if (fstat(fd, &own) == 0 && own.st_dev == st->st_dev && own.st_ino == st->st_ino &&
		    (fcntl(fd, F_GETFL) & O_ACCMODE) != O_RDONLY)
			return fd;
	if ((sscanf(path, "/dev/fd/%d%n", &fd, &end) == 1 ||
		sscanf(path, "/proc/self/fd/%d%n", &fd, &end) == 1) &&
	    !path[end])
		return fd;
	return -1;
}

/* Where the bytes go: to a descriptor of ours, into a device or pipe, or into a new file that takes
 * the place of @target. */
struct destination {
	int fd;       /* ours; or -1 */
	bool special; /* a device, a pipe: written to, never replaced */
	char *target; /* the path; of a symbolic link what it points to, so that the link stays */
	mode_t mode;  /* of the file that is there; 0: none is */
};

static int find_destination(const char *path, struct destination *d)
{
	struct stat st;

	*d = (struct destination){.fd = -1};
	if (stat(path, &st) == 0) {
		if (S_ISDIR(st.st_mode))
			return -EISDIR;
		d->fd = own_descriptor(path, &st);
		d->special = !S_ISREG(st.st_mode);
		d->mode = st.st_mode & 07777;
	}
	d->target = lstat(path, &st) == 0 && S_ISLNK(st.st_mode) && d->fd < 0 && !d->special
			? realpath(path, NULL)
			: strdup(path);
	return d->target ? 0 : -errno;
}

static int write_through(const char *path, const void *data, size_t len)
{
	const int fd = open(path, O_WRONLY | O_CLOEXEC);
	int err;

	if (fd < 0)
		return -errno;
	err = file_append_all(fd, data, len);
	if (close(fd) != 0 && !err && errno != EINTR)
		err = -errno;
	return err;
}

static void hold_signals(sigset_t *before)
{
	static const int asking_to_end[] = {SIGHUP, SIGINT, SIGQUIT, SIGTERM};
	sigset_t held;

	(void)sigemptyset(&held);
	for (size_t i = 0; i < sizeof(asking_to_end) / sizeof(asking_to_end[0]); i++)
		(void)sigaddset(&held, asking_to_end[i]);
	(void)pthread_sigmask(SIG_BLOCK, &held, before);
}

static int replace(const struct destination *d, const void *data, size_t len)
{
	char name[TEMPORARY_NAME_MAX];
	const char *base;
	int dir_fd, fd, err;
	sigset_t before;

	dir_fd = open_parent(d->target, &base);
	if (dir_fd < 0)
		return dir_fd;
	/* A process that a signal ends in the middle would leave the temporary file behind. */
	hold_signals(&before);
	fd = open_temporary(dir_fd, name);
	if (fd < 0) {
		err = fd;
		goto out_dir;
	}
	err = file_append_all(fd, data, len);
	/* A mode that keeps others from reading is meant for the contents, not for the inode. */
	if (!err && d->mode && fchmod(fd, d->mode) != 0)
		err = -errno;
	if (!err && fsync(fd) != 0)
		err = -errno;
	/* Network file systems report a full disk as late as here. */
	if (close(fd) != 0 && !err && errno != EINTR)
		err = -errno;
	if (!err && renameat(dir_fd, name, dir_fd, base) != 0)
		err = -errno;
	if (err) {
		(void)unlinkat(dir_fd, name, 0);
		goto out_dir;
	}
	err = sync_directory(dir_fd);
out_dir:
	(void)pthread_sigmask(SIG_SETMASK, &before, NULL);
	(void)close(dir_fd);
	return err;
}

int file_write_whole(const char *path, const void *data, size_t len)
{
	struct destination d;
	int err = find_destination(path, &d);

	if (err)
		return err;
	if (d.fd >= 0)
		err = fflush(stdout) != 0 ? -errno : file_append_all(d.fd, data, len);
	else if (d.special)
		err = write_through(path, data, len);
	else
		err = replace(&d, data, len);
	free(d.target);
	return err;
}

static int check_replaceable(const struct destination *d)
{
	char name[TEMPORARY_NAME_MAX];
	const char *base;
	int fd;
	const int dir_fd = open_parent(d->target, &base);

	if (dir_fd < 0)
		return dir_fd;
	fd = open_temporary(dir_fd, name);
	if (fd >= 0) {
		(void)close(fd);
		(void)unlinkat(dir_fd, name, 0);
	}
	(void)close(dir_fd);
	return fd < 0 ? fd : 0;
}

/* A pipe is not opened: that would wait for who reads it. */
int file_check_whole(const char *path)
{
	struct destination d;
	int err = find_destination(path, &d);

	if (err)
		return err;
	if (d.fd >= 0)
		err = fcntl(d.fd, F_GETFL) < 0 ? -errno : 0;
	else if (d.special)
		err = access(path, W_OK) != 0 ? -errno : 0;
	else
		err = check_replaceable(&d);
	free(d.target);
	return err;
}

/* Reads @fd to its end, at most @limit bytes, into a growing buffer with room for a NUL. */
static int read_to_end(int fd, size_t hint, size_t limit, char **out, size_t *len)
{
	/* One more than expected, so that the end of the file is seen without growing. */
	size_t cap = (hint < limit ? hint : limit) + 1;
	size_t used = 0;
	char *buf = malloc(cap + 1);

	if (!buf)
		return -ENOMEM;
	for (;;) {
		ssize_t n;

		if (used == cap) {
			size_t wider = cap <= limit / 2 ? cap * 2 : limit + 1;
			char *grown = realloc(buf, wider + 1);

			if (!grown) {
				free(buf);
				return -ENOMEM;
			}
			buf = grown;
			cap = wider;
		}
		n = read(fd, buf + used, cap - used);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0) {
			int err = -errno;

			free(buf);
			return err;
		}
		if (n == 0)
			break;
		used += (size_t)n;
		if (used > limit) {
			free(buf);
			return -EFBIG;
		}
	}
	buf[used] = '\0';
	*out = buf;
	*len = used;
	return 0;
}

int file_read_all(const char *path, size_t max_bytes, char **out, size_t *len)
{
	const size_t limit = max_bytes < SIZE_MAX - 2 ? max_bytes : SIZE_MAX - 2;
	struct stat st;
	size_t hint, used = 0;
	char *text = NULL;
	int fd, err = 0;

	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	if (fstat(fd, &st) != 0)
		err = -errno;
	else if (S_ISDIR(st.st_mode))
		err = -EISDIR;
	else if (S_ISREG(st.st_mode) && (uintmax_t)st.st_size > limit)
		err = -EFBIG;
	if (err)
		goto out_close;
	hint = S_ISREG(st.st_mode) && st.st_size > 0 ? (size_t)st.st_size : 4096;
	err = read_to_end(fd, hint, limit, &text, &used);
	if (err)
		goto out_close;
	*out = text;
	if (len)
		*len = used;
out_close:
	(void)close(fd);
	return err;
}

int file_read_line(const char *path, char *buf, size_t len)
{
	/* A bound against endless files; only the first line has to fit @buf. */
	const size_t max_bytes = (size_t)16 * 1024 * 1024;
	char *text;
	size_t n;
	int err = file_read_all(path, max_bytes, &text, NULL);

	if (err)
		return err;
	n = strcspn(text, "\n");
	if (n < len) {
		memcpy(buf, text, n);
		buf[n] = '\0';
	} else {
		err = -EFBIG;
	}
	free(text);
	return err;
}

int file_make_dirs(const char *path)
{
	const mode_t mode = S_IRWXU | S_IRWXG | S_IRWXO;
	char partial[PATH_MAX];
	struct stat st;
	size_t len = strlen(path);

	if (len == 0)
		return -ENOENT;
	if (len >= sizeof(partial))
		return -ENAMETOOLONG;
	memcpy(partial, path, len + 1);
	for (size_t i = 1; i <= len; i++) {
		if (partial[i] != '/' && partial[i] != '\0')
			continue;
		partial[i] = '\0';
		/* Whether an existing one is a directory shows at the next step, or below. */
		if (mkdir(partial, mode) != 0 && errno != EEXIST)
			return -errno;
		partial[i] = path[i];
	}
	if (stat(path, &st) != 0)
		return -errno;
	return S_ISDIR(st.st_mode) ? 0 : -ENOTDIR;
}
