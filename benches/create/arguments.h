/*
 * arguments.h - what a worker is made with, of any size, and how it gets there.
 *
 * The words are in the maker's own memory. Before each creation the last of them is set so that the
 * sum of all is the key of the life: who has read the first page alone, or what another was made
 * with, comes to another sum.
 */
#ifndef CONCBENCH_CREATE_ARGUMENTS_H
#define CONCBENCH_CREATE_ARGUMENTS_H

#include "benches/create/life.h"

enum argument_way {
	ARGUMENT_POINTER, /* to a thread, which reads the maker's own */
	ARGUMENT_COPY,    /* a forked process has a copy of the maker's memory, on paper */
	ARGUMENT_PIPE,    /* a forked process reads it from a pipe */
	ARGUMENT_WAYS,
};

/* Of one maker. */
struct argument {
	uint64_t *words;
	size_t count;
	size_t heeded;  /* words that the worker adds up: all of them, but for fixtures */
	uint64_t *room; /* for what comes out of the pipe; nobody has touched it in the maker */
	uint64_t sum, sum_of_sums; /* of all words but the last */
	enum argument_way way;
	int fd[2];
};

#endif
