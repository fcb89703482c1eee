/*
 * told.h - what can be told of a worker while it lives: its name, and that it does.
 *
 * It says when it is there, and ends when it is told to: in between its maker asks.
 */
#ifndef CONCBENCH_CREATE_TOLD_H
#define CONCBENCH_CREATE_TOLD_H

#include "benches/create/life.h"

/* 15 characters are all that the kernel keeps of a name. */
#define TOLD_NAME_BYTES 16

enum told_way {
	TOLD_TRYJOIN,      /* pthread_tryjoin_np(3) */
	TOLD_PTHREAD_KILL, /* pthread_kill(3) with no signal */
	TOLD_KILL,         /* kill(2) with none */
	TOLD_WAITID,       /* waitid(2) that leaves it as it is */
	TOLD_PIDFD,        /* poll(2) */
	TOLD_WAYS,
};

/* So often it is asked of one that lives: a look at the clock takes as long as some answers do. */
#define TOLD_QUESTIONS 64u

struct told_ops {
	/* name() - give it a name, unless it has given that to itself. Return: 0; -errno. */
	int (*name)(struct life *l, const char *name);
	/* read() - what it is called. Return: 0; -errno. */
	int (*read)(struct life *l, char name[TOLD_NAME_BYTES]);
	/* ask() - does it live? @joined: it has been joined by that. Return: 1 it does; 0; -errno.
	 */
	int (*ask)(struct life *l, bool *joined);
};

extern const struct told_ops told_ops;

/** told_name_batch(), told_alive_batch() - as batch(). */
uint64_t told_name_batch(struct cb_worker *w, void *state, uint64_t n, const struct told_ops *ops);
uint64_t told_alive_batch(struct cb_worker *w, void *state, uint64_t n, const struct told_ops *ops);

#endif
