/*
 * whereabouts.h - is a thread still where it was bound to, and did it get to run there?
 *
 * A cpuset or an affinity that somebody changes moves a bound thread, and nothing tells it. So this
 * is read back after every window, by the thread itself.
 */
#ifndef CONCBENCH_WHEREABOUTS_H
#define CONCBENCH_WHEREABOUTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Cumulative. */
struct whereabouts_reading {
	uint64_t run_delay_ns; /* was ready to run and did not; 0 when the kernel does not tell */
	uint64_t migrations;   /* moves to another PU; 0 likewise */
};

/* Of one OS thread, which alone uses it. */
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
 * whereabouts_left() - may, or does, the calling thread run anywhere but on @pu?
 * @moves: that it has made since it was bound.
 * @now:   what became of it, after "it": "now may run on PUs 0 only".
 * Return: true with @now filled; false when it is where it was bound to.
 */
bool whereabouts_left(int pu, uint64_t moves, char *now, size_t len);

/** whereabouts_parse_delay() / whereabouts_parse_migrations() - from the texts of schedstat and
 * sched (a kernel with CONFIG_SCHED_DEBUG). Return: 0 when they do not say. */
uint64_t whereabouts_parse_delay(const char *text);
uint64_t whereabouts_parse_migrations(const char *text);

#endif
