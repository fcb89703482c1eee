/*
 * fifo.c - a pipe that has a name, by which each worker opens it: fifo(7). It cannot be asked not
 * to wait but when it is opened, so a worker that blocks opens it twice.
 *
 * Its name is gone when all have opened it. Who was killed before that leaves it; the next to start
 * takes it away. What a FIFO's maker has locked, which ends with the last process that has it, is
 * not left over: pids would not tell, since containers may share a folder and not those.
 */
#include "benches/queues/kernel.h"

#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#define PREFIX "concbench-fifo-"
/* Of names that somebody else has, or takes away. */
#define TRIES 100

static inline ssize_t fifo_try_write(int fd, const void *item, size_t bytes)
{
	return write(fd, item, bytes);
}

static inline ssize_t fifo_try_read(int fd, void *item, size_t bytes)
{
	return read(fd, item, bytes);
}

static const struct kernel_calls fifo_calls = {
    fifo_try_write, fifo_try_read, cb_write, cb_read, true};

static const char *folder(void)
{
	const char *tmp = getenv("TMPDIR");

	return tmp && tmp[0] ? tmp : P_tmpdir;
}

/* One of ours that nobody has locked. */
static void remove_left_over(int dir, const char *name)
{
	struct stat st;
	int fd;

	if (fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) < 0 || !S_ISFIFO(st.st_mode) ||
	    st.st_uid != geteuid())
		return;
	fd = openat(dir, name, O_RDONLY | O_NONBLOCK | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		return;
	if (flock(fd, LOCK_EX | LOCK_NB) == 0)
		(void)unlinkat(dir, name, 0);
	(void)close(fd);
}

static void remove_left_overs(void)
{
	DIR *dir = opendir(folder());
	const struct dirent *entry;

	if (!dir)
		return;
	while ((entry = readdir(dir)) != NULL)
		if (strncmp(entry->d_name, PREFIX, strlen(PREFIX)) == 0)
			remove_left_over(dirfd(dir), entry->d_name);
	(void)closedir(dir);
}

/* Return: a descriptor; -errno: EEXIST when another name has to be tried. */
static int make(const char *path)
{
	struct stat st;
	int fd, error;

	if (mkfifo(path, 0600) < 0)
		return -errno;
	fd = open(path, O_RDWR | O_NONBLOCK | O_CLOEXEC);
	if (fd < 0)
		return errno == ENOENT ? -EEXIST : -errno;
	/* Until it was locked, others may have taken it for one that is left over. */
	if (flock(fd, LOCK_EX | LOCK_NB) < 0)
		error = errno == EWOULDBLOCK ? EEXIST : errno;
	else if (fstat(fd, &st) < 0)
		error = errno;
	else
		error = st.st_nlink ? 0 : EEXIST;
	if (!error)
		return fd;
	(void)close(fd);
	return -error;
}

static void fifo_destroy(void *queue)
{
	const struct kernel_queue *q = queue;

	if (q->path[0])
		(void)unlink(q->path);
	kernel_destroy(queue);
}

static int fifo_init(void *queue, const struct cb_queue_env *env)
{
	struct kernel_queue *q = queue;
	int fd = -EEXIST;

	remove_left_overs();
	for (unsigned i = 0; fd == -EEXIST && i < TRIES; i++) {
		if (snprintf(q->path, sizeof(q->path), "%s/" PREFIX "%ld-%u", folder(),
			(long)getpid(), i) >= (int)sizeof(q->path))
			fd = -ENAMETOOLONG;
		else
			fd = make(q->path);
	}
	if (fd < 0) {
		(void)snprintf(
		    env->why, env->why_len, "TMPDIR: no FIFO in %s: %s", folder(), strerror(-fd));
		return -ENOTSUP;
	}
	kernel_init(q, env, &fifo_calls, fd, fd);
	/* Those of a process are closed with it. */
	q->own_ends = env->model != CB_PROCESS;
	q->expected = env->producers + env->consumers + env->latecomers;
	if (fcntl(fd, F_SETPIPE_SZ, (int)KERNEL_PIPE_BYTES) == (int)KERNEL_PIPE_BYTES)
		return 0;
	fifo_destroy(q);
	return -ENOTSUP;
}

static int fifo_attach(void *queue, struct cb_worker *w)
{
	struct kernel_queue *q = queue;
	const int way = (w->role < q->producers ? O_WRONLY : O_RDONLY) | O_CLOEXEC;
	struct kernel_end *own = &q->end[w->role];

	own->now = own->wait = open(q->path, way | O_NONBLOCK);
	if (own->now >= 0 && w->model != CB_COROUTINE)
		own->wait = open(q->path, way);
	if (own->wait < 0)
		return -errno;
	if (cb_fetch_add(&q->attached, 1) + 1 == q->expected) {
		(void)unlink(q->path);
		q->path[0] = '\0';
	}
	return 0;
}

KERNEL_OPS(fifo, fifo_attach, fifo_destroy)
static const struct cb_queue cb_queue_impl_fifo = {KERNEL_IMPL(fifo),
    .capacity = kernel_pipe_capacity, .most_consumers = 1, .most_bytes = PIPE_BUF};
CB_QUEUE_KIND(fifo, "a pipe by a name that each worker opens: 64 KiB, who waits sleeps", "fifo(7)",
    CB_FULL, CB_CAN_ALL, NULL, "capacity wait_ns", 0)
