/*
 * whereabouts.h - is a thread still on the PU that it was bound to, and did it get to run there?
 *
 * When somebody changes the cpuset or the affinity, a bound thread moves without being told. So
 * each thread reads this back after every window.
 */
#ifndef CONCBENCH_WHEREABOUTS_H
#define CONCBENCH_WHEREABOUTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* Cumulative. */
struct whereabouts_reading {
	uint64_t run_delay_ns; /* was ready to run but did not; 0 when the kernel does not tell */
	uint64_t migrations;   /* moves to another PU; 0 likewise */
};

/* Belongs to one OS thread, which alone uses it. */
struct whereabouts {
	int schedstat_fd, sched_fd; /* -1: opened at every look, since many others are open */
	bool tells_delay;           /* the kernel does */
	struct whereabouts_reading before;
};

/** whereabouts_open() - of the calling thread, from now on. */
void whereabouts_open(struct whereabouts *w);

/** whereabouts_since() - since the last call, or the opening. About 10 us: never just before
 * something is timed. */
void whereabouts_since(struct whereabouts *w, struct whereabouts_reading *out);

void whereabouts_close(struct whereabouts *w);

/**
 * whereabouts_left() - may, or does, the calling thread run anywhere but on @pu? @moves: how often
 * it has moved since it was bound. @now: a predicate that says where it is, such as "now may run on
 * PUs 0 only".
 * Return: true with @now filled; false when it is where it was bound to.
 */
bool whereabouts_left(int pu, uint64_t moves, char *now, size_t len);

/** whereabouts_lost() - may the process @pid run anywhere but on @pu? Its past moves cannot be seen
 * from outside. Return: as whereabouts_left(); also false when it has ended. */
bool whereabouts_lost(pid_t pid, int pu, char *now, size_t len);

/** whereabouts_parse_delay() / whereabouts_parse_migrations() - from the texts of schedstat and
 * sched (a kernel with CONFIG_SCHED_DEBUG). Return: 0 when they do not say. */
uint64_t whereabouts_parse_delay(const char *text);
uint64_t whereabouts_parse_migrations(const char *text);

#endif
