/*
 * listing.h - all workers that exist, by the kernel's list and by one's own.
 */
#ifndef CONCBENCH_CREATE_LISTING_H
#define CONCBENCH_CREATE_LISTING_H

#include "benches/create/life.h"
#include "benches/create/sleepers.h"

enum listing_way {
	LISTING_PROC,     /* /proc/self/task */
	LISTING_REGISTRY, /* those that have entered themselves, and have not left */
	LISTING_WAYS,
};

/* One that is in the registry. */
struct listing_entry {
	struct listing_entry *next;
	pid_t tid;
};

struct listing {
	enum listing_way way;
	struct sleepers *all;
	pthread_mutex_t mutex; /* of the registry */
	struct listing_entry *first, *entry;
	pid_t *tid; /* [room] what was listed */
	unsigned room, count;
	pid_t gone; /* the last that has ended */
	uint64_t listings;
};

/** listing_batch() - as batch(). @list: fill l->tid and l->count. Return: 0; -errno. */
uint64_t listing_batch(
    struct cb_worker *w, void *state, uint64_t n, int (*list)(struct listing *l));

int listing_list(struct listing *l);

#endif
