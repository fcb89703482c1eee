/* wall.c - limits on workers: what is used of each. Nothing here allocates: it is asked when there
 * may be no memory, and no descriptor, left. */
#include "benches/memory/wall.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#define NOT_KNOWN UINT64_MAX
/* Numbers below are given out once and then never again. */
#define RESERVED_PIDS 300u

/* ---- reading ---- */

/* Return: bytes in @text, which ends with a NUL; 0 when it cannot be read. */
static size_t read_text(const char *path, char *text, size_t len)
{
	const int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n;

	text[0] = '\0';
	if (fd < 0)
		return 0;
	n = read(fd, text, len - 1);
	(void)close(fd);
	text[n > 0 ? n : 0] = '\0';
	return n > 0 ? (size_t)n : 0;
}

/* The first number in it; "max" is none. */
static uint64_t number_in(const char *path)
{
	char text[64];
	uint64_t n;
	char *end;

	if (!read_text(path, text, sizeof(text)))
		return NOT_KNOWN;
	n = strtoull(text, &end, 10);
	return end == text ? NOT_KNOWN : n;
}

static uint64_t rlimit_of(__rlimit_resource_t what)
{
	struct rlimit limit;

	if (getrlimit(what, &limit) != 0 || limit.rlim_cur == RLIM_INFINITY)
		return NOT_KNOWN;
	return limit.rlim_cur;
}

/* The number behind @key at the beginning of a line of proc_pid_status(5). */
static uint64_t status_of(const char *text, const char *key)
{
	const char *at = strstr(text, key);

	return at && (at == text || at[-1] == '\n') ? strtoull(at + strlen(key), NULL, 10)
						    : NOT_KNOWN;
}

/* do_for_each_name() - @fn for what is in a folder; as readdir(3), which allocates. */
static void do_for_each_name(const char *path, void (*fn)(const char *name, void *to), void *to)
{
	struct entry {
		uint64_t inode;
		int64_t offset;
		unsigned short bytes;
		unsigned char type;
		char name[];
	};
	union {
		char bytes[8192];
		uint64_t aligned;
	} buffer;
	const int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	long n;

	if (fd < 0)
		return;
	while ((n = syscall(SYS_getdents64, fd, buffer.bytes, sizeof(buffer.bytes))) > 0)
		for (long at = 0; at < n;) {
			const struct entry *e = (const void *)(buffer.bytes + at);

			fn(e->name, to);
			at += e->bytes;
		}
	(void)close(fd);
}

/* ---- what is used ---- */

struct tasks {
	uint64_t uid, count;
};

static void add_tasks(const char *pid, void *to)
{
	struct tasks *t = to;
	char path[300], text[4096];
	uint64_t threads;

	if (pid[0] < '1' || pid[0] > '9')
		return;
	(void)snprintf(path, sizeof(path), "/proc/%s/status", pid);
	if (!read_text(path, text, sizeof(text)) || status_of(text, "Uid:\t") != t->uid)
		return;
	threads = status_of(text, "Threads:\t");
	t->count += threads == NOT_KNOWN ? 1 : threads;
}

uint64_t wall_tasks_of_user(void)
{
	struct tasks t = {.uid = getuid()};

	do_for_each_name("/proc", add_tasks, &t);
	return t.count;
}

/* The system's first user is not limited; the first one of a namespace is. */
static bool is_limited(void)
{
	unsigned long inside, outside, count;
	char text[200];

	if (getuid() != 0)
		return true;
	return read_text("/proc/self/uid_map", text, sizeof(text)) &&
	       sscanf(text, "%lu %lu %lu", &inside, &outside, &count) == 3 &&
	       (inside != 0 || outside != 0);
}

/* Behind the one stroke of "0.52 0.58 0.59 1/1234 5678". */
static uint64_t tasks_of_system(void)
{
	char text[128];
	const char *stroke;

	(void)read_text("/proc/loadavg", text, sizeof(text));
	stroke = strchr(text, '/');
	return stroke ? strtoull(stroke + 1, NULL, 10) : NOT_KNOWN;
}

static void count_one(const char *name, void *to)
{
	*(uint64_t *)to += name[0] != '.';
}

/* One of them is the folder's own. */
static uint64_t descriptors(void)
{
	uint64_t count = 0;

	do_for_each_name("/proc/self/fd", count_one, &count);
	return count ? count - 1 : NOT_KNOWN;
}

static uint64_t mappings(void)
{
	static char text[65536];
	const int fd = open("/proc/self/maps", O_RDONLY | O_CLOEXEC);
	uint64_t lines = 0;
	ssize_t n;

	if (fd < 0)
		return NOT_KNOWN;
	while ((n = read(fd, text, sizeof(text))) > 0)
		for (ssize_t i = 0; i < n; i++)
			lines += text[i] == '\n';
	(void)close(fd);
	return lines;
}

static uint64_t address_space(void)
{
	const uint64_t pages = number_in("/proc/self/statm");

	return pages == NOT_KNOWN ? NOT_KNOWN : pages * (uint64_t)sysconf(_SC_PAGESIZE);
}

/* Of "used 0 limit". */
static void files_of_system(struct wall_seen *seen)
{
	char text[128], *end;

	if (!read_text("/proc/sys/fs/file-nr", text, sizeof(text)))
		return;
	seen->used = strtoull(text, &end, 10);
	(void)strtoull(end, &end, 10);
	seen->limit = strtoull(end, NULL, 10);
}

/* ---- cgroups ---- */

/* Where ours is below its mount: "0::/a/b", or "8:pids:/a/b" where each controller has a tree of
 * its own. Return: length of what is the mount's in @path; 0 when there is none. */
static size_t cgroup_path(const char *root, const char *controller, char *path, size_t len)
{
	char text[4096], file[300], key[40];
	size_t mount = 0;

	(void)snprintf(file, sizeof(file), "%s/proc/self/cgroup", root);
	(void)snprintf(key, sizeof(key), ":%s:", controller);
	(void)read_text(file, text, sizeof(text));
	for (char *line = text, *next; line && *line; line = next) {
		const char *at;

		next = strchr(line, '\n');
		if (next)
			*next++ = '\0';
		at = strstr(line, key);
		if (at) {
			mount =
			    (size_t)snprintf(path, len, "%s/sys/fs/cgroup/%s", root, controller);
			(void)snprintf(path + mount, len - mount, "%s", at + strlen(key));
			return mount;
		}
		if (strncmp(line, "0::", 3) == 0) {
			mount = (size_t)snprintf(path, len, "%s/sys/fs/cgroup", root);
			(void)snprintf(path + mount, len - mount, "%s", line + 3);
		}
	}
	return mount;
}

static uint64_t in_cgroup(const char *path, const char *file)
{
	char name[700];

	(void)snprintf(name, sizeof(name), "%s/%s", path, file);
	return number_in(name);
}

static void tasks_of_group(const char *path, struct wall_seen *seen)
{
	seen->limit = in_cgroup(path, "pids.max");
	seen->used = in_cgroup(path, "pids.current");
}

/* What it has of files goes when there is need of memory. */
static void memory_of_group(const char *path, struct wall_seen *seen)
{
	char file[700], text[4096];

	(void)snprintf(file, sizeof(file), "%s/memory.stat", path);
	(void)read_text(file, text, sizeof(text));
	seen->limit = in_cgroup(path, "memory.max");
	seen->used = status_of(text, "anon ");
	if (seen->limit != NOT_KNOWN)
		return;
	/* Version 1 has an impossible number for none. */
	seen->limit = in_cgroup(path, "memory.limit_in_bytes");
	seen->used = status_of(text, "rss ");
	if (seen->limit >= (uint64_t)1 << 62)
		seen->limit = NOT_KNOWN;
}

static uint64_t left_of(const struct wall_seen *seen)
{
	return seen->limit > seen->used ? seen->limit - seen->used : 0;
}

void wall_look_cgroup(const char *root, struct wall_seen *seen)
{
	const bool tasks = seen->wall == WALL_PIDS_MAX;
	char path[600];
	const size_t mount = cgroup_path(root, tasks ? "pids" : "memory", path, sizeof(path));

	if (!mount)
		return;
	/* Ours, and all above it: the one of which the least is left. */
	for (char *end = path + strlen(path); end; end = strrchr(path + mount, '/')) {
		struct wall_seen one = {seen->wall, NOT_KNOWN, NOT_KNOWN};

		*end = '\0';
		(tasks ? tasks_of_group : memory_of_group)(path, &one);
		if (one.limit != NOT_KNOWN && one.used != NOT_KNOWN &&
		    (seen->limit == NOT_KNOWN || left_of(&one) < left_of(seen)))
			*seen = one;
	}
}

/* The machine's, in bytes; what can be had without swapping is not used. */
static void memory_of_machine(struct wall_seen *seen)
{
	char text[4096];
	uint64_t total, available;

	(void)read_text("/proc/meminfo", text, sizeof(text));
	total = status_of(text, "MemTotal:");
	available = status_of(text, "MemAvailable:");
	if (total == NOT_KNOWN || available == NOT_KNOWN)
		return;
	seen->limit = total * 1024;
	seen->used = (total - available) * 1024;
}

/* ---- all of them ---- */

struct wall_seen wall_look(enum wall wall)
{
	struct wall_seen seen = {wall, NOT_KNOWN, NOT_KNOWN};

	switch (wall) {
	case WALL_NPROC:
		seen.limit = is_limited() ? rlimit_of(RLIMIT_NPROC) : NOT_KNOWN;
		if (seen.limit != NOT_KNOWN)
			seen.used = wall_tasks_of_user();
		break;
	case WALL_PIDS_MAX:
		wall_look_cgroup("", &seen);
		break;
	case WALL_THREADS_MAX:
		seen.limit = number_in("/proc/sys/kernel/threads-max");
		seen.used = tasks_of_system();
		break;
	case WALL_PID_MAX:
		seen.limit = number_in("/proc/sys/kernel/pid_max");
		seen.used = tasks_of_system();
		if (seen.used != NOT_KNOWN)
			seen.used += RESERVED_PIDS;
		break;
	case WALL_NOFILE:
		seen.limit = rlimit_of(RLIMIT_NOFILE);
		seen.used = descriptors();
		break;
	case WALL_FILE_MAX:
		files_of_system(&seen);
		break;
	case WALL_MAP_COUNT:
		seen.limit = number_in("/proc/sys/vm/max_map_count");
		seen.used = mappings();
		break;
	case WALL_SPACE:
		seen.limit = rlimit_of(RLIMIT_AS);
		seen.used = address_space();
		break;
	case WALL_MEMORY:
		memory_of_machine(&seen);
		wall_look_cgroup("", &seen);
		break;
	default:
		break;
	}
	return seen;
}

/* Of some there may be a few left that one worker is not content with: a stack, two mappings; and
 * others may have ended since. */
static bool is_used_up(const struct wall_seen *seen)
{
	const uint64_t spare = seen->limit / 10;

	return seen->limit != NOT_KNOWN && seen->used != NOT_KNOWN &&
	       seen->used + spare >= seen->limit;
}

static double share(const struct wall_seen *seen)
{
	return (double)seen->used / (double)seen->limit;
}

/* The fullest of those that are used up; @otherwise when none is. */
static struct wall_seen fullest(enum wall from, enum wall to, enum wall otherwise)
{
	struct wall_seen found = {otherwise, NOT_KNOWN, NOT_KNOWN};

	for (enum wall w = from; w <= to; w++) {
		const struct wall_seen seen = wall_look(w);

		if (is_used_up(&seen) && (found.wall == otherwise || share(&seen) > share(&found)))
			found = seen;
	}
	return found;
}

struct wall_seen wall_find(int error)
{
	struct wall_seen found = {WALL_NONE, NOT_KNOWN, NOT_KNOWN};

	switch (error) {
	case 0:
		return found;
	case -EMFILE:
		/* Of this there is no doubt, and to count them there is no descriptor left. */
		found.wall = WALL_NOFILE;
		found.used = found.limit = rlimit_of(RLIMIT_NOFILE);
		return found;
	case -ENFILE:
		return wall_look(WALL_FILE_MAX);
	case -EAGAIN:
		found = fullest(WALL_NPROC, WALL_PID_MAX, WALL_UNKNOWN);
		/* pthread_create(3) says this for memory, too. */
		return found.wall != WALL_UNKNOWN
			   ? found
			   : fullest(WALL_MAP_COUNT, WALL_SPACE, WALL_UNKNOWN);
	case -ENOMEM:
		return fullest(WALL_MAP_COUNT, WALL_SPACE, WALL_MEMORY);
	default:
		found.wall = WALL_UNKNOWN;
		return found;
	}
}

/* ---- for people ---- */

static const struct {
	const char *name, *cure;
} texts[WALLS] = {
    [WALL_NONE] = {"nothing", "nothing to be raised"},
    [WALL_NPROC] = {"RLIMIT_NPROC, tasks of this user",
	"ulimit -u, limits.conf(5), TasksMax= of a unit"},
    [WALL_PIDS_MAX] = {"pids.max, tasks of the cgroup",
	"pids.max of it, TasksMax= of a unit, --pids-limit of a container"},
    [WALL_THREADS_MAX] = {"kernel.threads-max, tasks of the system", "sysctl kernel.threads-max"},
    [WALL_PID_MAX] = {"kernel.pid_max, numbers for tasks", "sysctl kernel.pid_max"},
    [WALL_NOFILE] = {"RLIMIT_NOFILE, descriptors of a process",
	"ulimit -n, limits.conf(5), LimitNOFILE= of a unit"},
    [WALL_FILE_MAX] = {"fs.file-max, open files of the system", "sysctl fs.file-max"},
    [WALL_MAP_COUNT] = {"vm.max_map_count, mappings of a process",
	"sysctl vm.max_map_count; a stack and its guard are two"},
    [WALL_SPACE] = {"RLIMIT_AS, address space of a process", "ulimit -v, or smaller stacks"},
    [WALL_MEMORY] = {"memory", "more of it, or vm.overcommit_memory, memory.max of the cgroup"},
    [WALL_UNKNOWN] = {"no limit that is known here", "dmesg may say more"},
};

const char *wall_name(enum wall wall)
{
	return texts[wall].name;
}

const char *wall_cure(enum wall wall)
{
	return texts[wall].cure;
}

void wall_tell(const struct wall_seen *seen, char *text, size_t len)
{
	char used[60] = "";

	if (seen->used != NOT_KNOWN && seen->limit != NOT_KNOWN)
		(void)snprintf(used, sizeof(used), ": %" PRIu64 " of %" PRIu64 " in use",
		    seen->used, seen->limit);
	(void)snprintf(text, len, "%s%s; to raise it: %s", texts[seen->wall].name, used,
	    texts[seen->wall].cure);
}
