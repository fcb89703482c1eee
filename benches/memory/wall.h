/*
 * wall.h - which limit stops one more worker, and how to raise it.
 *
 * The kernel says EAGAIN for four of them and ENOMEM for three. Which one it was is found by
 * looking: how much of each is in use, against what it allows.
 */
#ifndef CONCBENCH_MEMORY_WALL_H
#define CONCBENCH_MEMORY_WALL_H

#include <concbench/concbench.h>

enum wall {
	WALL_NONE,        /* all of them could be made */
	WALL_NPROC,       /* RLIMIT_NPROC: tasks of a user */
	WALL_PIDS_MAX,    /* pids.max: tasks of a cgroup, or of one above it */
	WALL_THREADS_MAX, /* kernel.threads-max: of the system */
	WALL_PID_MAX,     /* kernel.pid_max: numbers of the system, or of a namespace */
	WALL_NOFILE,      /* RLIMIT_NOFILE: descriptors of a process */
	WALL_FILE_MAX,    /* fs.file-max: open files of the system */
	WALL_MAP_COUNT,   /* vm.max_map_count: mappings of a process */
	WALL_SPACE,       /* RLIMIT_AS: address space of a process */
	WALL_MEMORY,      /* whatever else there is no memory for */
	WALL_UNKNOWN,     /* none of these is used up */
	WALLS,
};

/* One that was run into, or could be. */
struct wall_seen {
	enum wall wall;
	uint64_t used, limit; /* UINT64_MAX: not known, or there is none */
};

/** wall_look() - how much of one of them is used at the moment, and what it allows. */
struct wall_seen wall_look(enum wall wall);

/**
 * wall_look_cgroup() - of our control group and those above it, the one of which the least is left.
 * @root: "", or a folder that has a /proc and a /sys of its own, for tests.
 * @seen: of WALL_PIDS_MAX or WALL_MEMORY; stays when no group has less left than it has.
 */
void wall_look_cgroup(const char *root, struct wall_seen *seen);

/** wall_tasks_of_user() - how many tasks, of all processes, this one's user has. */
uint64_t wall_tasks_of_user(void);

/**
 * wall_find() - which of them is it? To be asked at once, while everything is still in use.
 * @error: negative errno of whoever could not be made, or 0.
 */
struct wall_seen wall_find(int error);

/** wall_tell() - a line: "RLIMIT_NPROC: 512 of 512 in use; to raise it: ulimit -u". */
void wall_tell(const struct wall_seen *seen, char *text, size_t len);

/** wall_name() / wall_cure() - for people: what it is called, and how to raise it. */
const char *wall_name(enum wall wall);
const char *wall_cure(enum wall wall);

#endif
