/*
 * compare_options.h - the command line of `concbench compare`, and how a share is written on any.
 */
#ifndef CONCBENCH_COMPARE_OPTIONS_H
#define CONCBENCH_COMPARE_OPTIONS_H

#include <stdbool.h>
#include <stdio.h>

struct compare_options {
	const char *base; /* runs as typed */
	const char *head;
	const char *filter; /* NULL: all */
	const char *results_dir;
	const char *markdown; /* files to write; NULL: none */
	const char *json;
	const char *junit;
	double min_effect; /* relative */
	bool strict;
	bool force;
	bool help;
};

/** compare_options_parse() - a user's mistake is said in one line on stderr. Return: 0; EXIT_USAGE.
 */
int compare_options_parse(int argc, char **argv, struct compare_options *o);
void compare_options_help(FILE *to);

/**
 * compare_options_share() - a share as people write it: "1%", or the fraction "0.01".
 *
 * A bare number from 1 on is refused: "2" may mean 2 % or twice as long.
 * Return: 0; -EINVAL when it is neither; -ERANGE when not above 0 and up to @max.
 */
int compare_options_share(const char *text, double max, double *out);

#endif
