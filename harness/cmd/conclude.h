/*
 * conclude.h - what gate and compare have in common: complaints, stored runs, and where a
 * comparison goes.
 */
#ifndef CONCBENCH_CONCLUDE_H
#define CONCBENCH_CONCLUDE_H

#include "harness/gate/comparison.h"

/* Where a comparison goes beside the terminal; NULL: nowhere. */
struct outputs {
	const char *markdown;
	const char *json;
	const char *junit;
	bool quiet; /* nothing on stdout */
};

/** complain() - one line on stderr, "concbench COMMAND: ...". Return: EXIT_USAGE. */
int complain(const char *command, const char *format, ...) __attribute__((format(printf, 2, 3)));

/** read_stored_run() - by path, id or "latest". Return: 0; EXIT_USAGE after a line. */
int read_stored_run(const char *command, const char *results_dir, const char *ref, struct run *run);

/** describe_stored_run() - as typed, and which that is: "latest" will be another one tomorrow. */
void describe_stored_run(char *out, size_t len, const char *ref, const struct run *run);

/** write_comparison() - print it, write the files. Return: 0; EXIT_USAGE after a line each. */
int write_comparison(const char *command, const struct outputs *o, const struct comparison *c);

/** date_comparison() - now, UTC. */
void date_comparison(struct comparison *c);

#endif
