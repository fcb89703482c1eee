/*
 * redis_server.c - the server of redis.h: which program it is, how old, and the folder with its
 * socket. It has no port, keeps nothing on disk, and ends with the cell.
 *
 * Who was killed leaves the folder; the next to start takes it away. One whose maker has locked it,
 * which ends with the last process that has it open, is not left over.
 */
#include "benches/queues/redis.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#define PREFIX "concbench-redis-"
#define SOCKET "socket"
/* Of names that somebody else has, or takes away. */
#define TRIES 100

/* ---- the program ---- */

static bool is_in_path(const char *program)
{
	const char *at = getenv("PATH");
	char path[512];

	for (; at && *at; at += strspn(at, ":")) {
		const size_t n = strcspn(at, ":");

		if ((size_t)snprintf(path, sizeof(path), "%.*s/%s", (int)n, at, program) <
			sizeof(path) &&
		    access(path, X_OK) == 0)
			return true;
		at += n;
	}
	return false;
}

const char *redis_server_program(void)
{
	/* The second is the first's next of kin, and speaks as it does. */
	static const char *const programs[] = {"redis-server", "valkey-server"};

	for (size_t i = 0; i < sizeof(programs) / sizeof(programs[0]); i++)
		if (is_in_path(programs[i]))
			return programs[i];
	return NULL;
}

/* "Redis server v=7.0.15 sha=..." */
static int look_at_version(const char *program, char *why, size_t why_len)
{
	char command[64], said[200] = "";
	const char *version;
	unsigned major = 0;
	FILE *f;

	(void)snprintf(command, sizeof(command), "%s --version 2>&1 </dev/null", program);
	f = popen(command, "re");
	if (!f)
		return -errno;
	if (!fgets(said, sizeof(said), f))
		said[0] = '\0';
	(void)pclose(f);
	said[strcspn(said, "\n")] = '\0';
	version = strstr(said, "v=");
	if (!version || sscanf(version, "v=%u.", &major) != 1) {
		(void)snprintf(why, why_len,
		    "%s --version does not say which version it is: '%.60s'", program, said);
		return -ENOTSUP;
	}
	if (major >= REDIS_OLDEST)
		return 0;
	(void)snprintf(why, why_len, "%s is %.*s, and %u.0 or newer is needed", program,
	    (int)strcspn(version + 2, " "), version + 2, REDIS_OLDEST);
	return -ENOTSUP;
}

int redis_server_words(const struct cb_env *env, const char **argv, unsigned most)
{
	const struct redis *r = ((const struct cb_queue_state *)env->state)->queue;
	/* Named, whatever its own values without a file of them are. */
	const char *const words[] = {r->program, "--port", "0", "--unixsocket", r->path,
	    "--unixsocketperm", "700", "--save", "", "--appendonly", "no", "--databases", "1",
	    "--daemonize", "no", "--loglevel", "notice", "--logfile", "", NULL};

	if (most < sizeof(words) / sizeof(words[0]))
		return -E2BIG;
	memcpy(argv, words, sizeof(words));
	return 0;
}

/* ---- its folder ---- */

static const char *parent(void)
{
	const char *tmp = getenv("TMPDIR");

	return tmp && tmp[0] ? tmp : P_tmpdir;
}

struct sockaddr_un redis_address(const struct redis *r)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};

	memcpy(address.sun_path, r->path, sizeof(address.sun_path));
	return address;
}

/* One of ours that nobody has locked. */
static void remove_left_over(int dir, const char *name)
{
	struct stat st;
	const int fd = openat(dir, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

	if (fd < 0)
		return;
	if (fstat(fd, &st) == 0 && st.st_uid == geteuid() && flock(fd, LOCK_EX | LOCK_NB) == 0) {
		(void)unlinkat(fd, SOCKET, 0);
		(void)unlinkat(dir, name, AT_REMOVEDIR);
	}
	(void)close(fd);
}

static void remove_left_overs(void)
{
	DIR *dir = opendir(parent());
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
	struct stat own, there;
	int fd, error = 0;

	if (mkdir(path, 0700) < 0)
		return -errno;
	fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
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

static int make_folder(struct redis *r)
{
	int fd = -EEXIST;

	for (unsigned i = 0; fd == -EEXIST && i < TRIES; i++) {
		if (snprintf(r->path, sizeof(r->path), "%s/" PREFIX "%ld-%u/" SOCKET, parent(),
			(long)getpid(), i) >= (int)sizeof(r->path))
			return -ENAMETOOLONG;
		*strrchr(r->path, '/') = '\0';
		fd = make(r->path);
	}
	if (fd >= 0)
		r->path[strlen(r->path)] = '/';
	return fd;
}

int redis_server_prepare(struct redis *r, char *why, size_t why_len)
{
	int ret;

	r->folder = -1;
	r->program = redis_server_program();
	if (!r->program)
		return -ENOTSUP;
	ret = look_at_version(r->program, why, why_len);
	if (ret)
		return ret;
	remove_left_overs();
	r->folder = make_folder(r);
	if (r->folder >= 0)
		return 0;
	(void)snprintf(why, why_len, "TMPDIR: no folder for a socket in %.100s: %s", parent(),
	    strerror(-r->folder));
	return -ENOTSUP;
}

void redis_server_forget(struct redis *r)
{
	if (r->folder < 0)
		return;
	(void)unlink(r->path);
	*strrchr(r->path, '/') = '\0';
	(void)rmdir(r->path);
	(void)close(r->folder);
	r->folder = -1;
}
