/*
 * history_options.h - the command line of `concbench history`.
 */
#ifndef CONCBENCH_HISTORY_OPTIONS_H
#define CONCBENCH_HISTORY_OPTIONS_H

#include "harness/history/history.h"

struct history_options {
	const char *db, *results, *format, *out, *run, *since;
	struct history_filter filter;
	double min_effect;
	unsigned wait_ms;
	bool plain, json, fail_on_change;
	char **operands;
	int operand_count;
};

extern const char history_help[];

/** history_complain() - one line on stderr. Return: EXIT_USAGE. */
int history_complain(const char *format, ...) __attribute__((format(printf, 1, 2)));

/**
 * history_options_parse() - @argv[0] is the action, its options and operands may be mixed.
 * Return: 0 to go on; -1 for --help; EXIT_USAGE after a complaint.
 */
int history_options_parse(int argc, char **argv, struct history_options *a);

#endif
