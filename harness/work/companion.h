/*
 * companion.h - the processes that run beside the workers: load generators, servers, soakers; each
 * on a PU of its own if one is spare.
 *
 * They are processes under every execution model, so that all models face the same. For team.c
 * only.
 */
#ifndef CONCBENCH_COMPANION_H
#define CONCBENCH_COMPANION_H

#include "harness/work/team.h"

struct companion_shared;

struct companion_process {
	const struct cb_companion_spec *spec;
	struct companion_shared *shared; /* arena */
	pid_t pid;                       /* 0: there is none, or it has ended */
	int output;                      /* of a program; -1 */
	char heard[128];                 /* of it: the line that is not whole yet */
	int pu;                          /* -1: unbound, no PU was spare */
	uint64_t cpu_ns;                 /* when the window opened */
	uint64_t open_ns;
};

/** companion_shared_bytes() - of the arena, for each. */
size_t companion_shared_bytes(void);

/** companions_start() - fork them and wait until each says it is ready. Return: 0; -errno; -ECHILD;
 * -ETIME when one never is. */
int companions_start(struct team *t, char *why, size_t why_len);

/** companions_alive() - Return: 0; -ECHILD with @why when one has died. */
int companions_alive(struct team *t, char *why, size_t why_len);

/** companions_ending() - has a companion ended, or is it about to? A program's connections close a
 * moment before it ends. Return: true with @why. */
bool companions_ending(struct team *t, char *why, size_t why_len);

/** companions_window_opens() / companions_window_closes() - account for their CPU time: fill
 * t->usage. */
void companions_window_opens(struct team *t);
void companions_window_closes(struct team *t);

/** companions_stayed() - after a window: are the bound ones still where they were bound?
 * Return: 0; -EIO with @why. */
int companions_stayed(const struct team *t, char *why, size_t why_len);

/** companions_stop() - ask them to end, insist after a while. */
void companions_stop(struct team *t);

#endif
