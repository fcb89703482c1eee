/*
 * crew.h - what teams that come to harm have in common: in a sacrificed process, a member each as a
 * thread, a process or a coroutine.
 */
#ifndef CONCBENCH_FAULT_CREW_H
#define CONCBENCH_FAULT_CREW_H

#include <concbench/concbench.h>

#include <pthread.h>
#include <sys/types.h>

struct crew_member {
	void (*work)(struct crew_member *m);
	void *st;                   /* the kind's */
	struct cb_carrier *carrier; /* NULL: none */
	unsigned me;
	int pu; /* -1: any */
	pthread_t thread;
};

/** crew_create() - @n members of a process that is about to end: nobody frees them.
 * @pu: of each; NULL: any. Return: NULL when there is no memory. */
struct crew_member *crew_create(
    unsigned n, void (*work)(struct crew_member *m), void *st, const int *pu);

/** crew_start_threads() - one for each of @n, with stacks of @stack_bytes; 0: as they come.
 * Return: 0; -errno, some may be there then. */
int crew_start_threads(struct crew_member *m, unsigned n, size_t stack_bytes);

/** crew_join_threads() - of @n. Return: 0; -errno. */
int crew_join_threads(struct crew_member *m, unsigned n);

/** crew_run_coroutines() - of @n, on one carrier, to their end. Return: 0; -errno. */
int crew_run_coroutines(struct crew_member *m, unsigned n);

/** crew_fork_member() - cb_fork() of a member's work. */
pid_t crew_fork_member(struct crew_member *m);

/** crew_mutex_init() - one that processes share. Return: 0; -errno. */
int crew_mutex_init(pthread_mutex_t *m, bool robust);

/** crew_can() - coroutines of one carrier only, and @least workers. As struct cb_kind's can(). */
int crew_can(const struct cb_case *c, unsigned least, char *why, size_t why_len);

/** crew_failed() - a line about it. Return: @error. */
int crew_failed(int error, char *why, size_t why_len);

#endif
