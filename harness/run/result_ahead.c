/* result_ahead.c - run files read by several threads, in slots that go round. */
#include "harness/run/result_ahead.h"

#include "harness/run/result.h"

#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

/* A run being read is its file and, as JSON in memory, ten times that. */
#define THREADS_MAX 8

struct slot {
	struct run run;
	int rc;
	char err[512];
	bool full;
};

struct result_ahead {
	const char *const *paths;
	size_t count;
	unsigned threads; /* that run; 0: whoever takes reads */
	unsigned slot_count;
	pthread_t *ids;
	struct slot *slots;
	pthread_mutex_t lock;
	pthread_cond_t filled, emptied;
	/* Of the files: given to readers, and taken by the caller. */
	size_t given, taken;
	bool ending;
};

static unsigned allowed_cpus(void)
{
	cpu_set_t set;

	/* Refused where there are more CPUs than the set holds: enough for anybody here. */
	if (sched_getaffinity(0, sizeof(set), &set))
		return THREADS_MAX;
	return (unsigned)CPU_COUNT(&set);
}

static void read_into(const struct result_ahead *a, size_t index, struct slot *slot)
{
	slot->err[0] = '\0';
	slot->rc = a->paths[index]
		       ? result_read(a->paths[index], &slot->run, slot->err, sizeof(slot->err))
		       : -EINVAL;
}

static void *reader(void *arg)
{
	struct result_ahead *a = arg;

	pthread_mutex_lock(&a->lock);
	for (;;) {
		size_t index;
		struct slot *slot;

		while (!a->ending && a->given < a->count && a->given - a->taken >= a->slot_count)
			pthread_cond_wait(&a->emptied, &a->lock);
		if (a->ending || a->given >= a->count)
			break;
		index = a->given++;
		slot = &a->slots[index % a->slot_count];
		pthread_mutex_unlock(&a->lock);
		read_into(a, index, slot);
		pthread_mutex_lock(&a->lock);
		slot->full = true;
		pthread_cond_signal(&a->filled);
	}
	pthread_mutex_unlock(&a->lock);
	return NULL;
}

int result_ahead_start(
    struct result_ahead **out, const char *const *paths, size_t count, unsigned threads)
{
	struct result_ahead *a = calloc(1, sizeof(*a));

	if (!a)
		return -ENOMEM;
	if (!threads)
		threads = allowed_cpus();
	if (threads > THREADS_MAX)
		threads = THREADS_MAX;
	if (threads > count)
		threads = (unsigned)count;
	a->paths = paths;
	a->count = count;
	a->slot_count = threads ? threads : 1;
	a->slots = calloc(a->slot_count, sizeof(*a->slots));
	a->ids = calloc(a->slot_count, sizeof(*a->ids));
	if (!a->slots || !a->ids) {
		free(a->slots);
		free(a->ids);
		free(a);
		return -ENOMEM;
	}
	/* With default attributes these cannot fail on Linux. */
	pthread_mutex_init(&a->lock, NULL);
	pthread_cond_init(&a->filled, NULL);
	pthread_cond_init(&a->emptied, NULL);
	while (threads > 1 && a->threads < threads &&
	       !pthread_create(&a->ids[a->threads], NULL, reader, a))
		a->threads++;
	*out = a;
	return 0;
}

int result_ahead_take(struct result_ahead *a, struct run *out, char *err, size_t err_len)
{
	struct slot *slot = &a->slots[a->taken % a->slot_count];
	int rc;

	if (a->taken >= a->count)
		return -EINVAL;
	if (a->threads) {
		pthread_mutex_lock(&a->lock);
		while (!slot->full)
			pthread_cond_wait(&a->filled, &a->lock);
		pthread_mutex_unlock(&a->lock);
	} else {
		read_into(a, a->taken, slot);
	}
	rc = slot->rc;
	if (rc)
		snprintf(err, err_len, "%s", slot->err);
	else
		*out = slot->run;
	pthread_mutex_lock(&a->lock);
	slot->full = false;
	slot->run = (struct run){0};
	a->taken++;
	pthread_cond_broadcast(&a->emptied);
	pthread_mutex_unlock(&a->lock);
	return rc;
}

void result_ahead_end(struct result_ahead *a)
{
	if (!a)
		return;
	pthread_mutex_lock(&a->lock);
	a->ending = true;
	pthread_cond_broadcast(&a->emptied);
	pthread_mutex_unlock(&a->lock);
	for (unsigned i = 0; i < a->threads; i++)
		pthread_join(a->ids[i], NULL);
	for (unsigned i = 0; i < a->slot_count; i++)
		run_free(&a->slots[i].run);
	pthread_cond_destroy(&a->emptied);
	pthread_cond_destroy(&a->filled);
	pthread_mutex_destroy(&a->lock);
	free(a->ids);
	free(a->slots);
	free(a);
}
