/*
 * case_filter.h - picking cases by name, as --benchmark_filter does.
 */
#ifndef CONCBENCH_CASE_FILTER_H
#define CONCBENCH_CASE_FILTER_H

#include <regex.h>
#include <stdbool.h>
#include <stddef.h>

struct case_filter {
	bool all;    /* no pattern */
	bool negate; /* pattern began with '-' */
	regex_t regex;
};

/**
 * case_filter_compile() - POSIX extended regular expression, found anywhere in the name; a leading
 * '-' picks the names that do not match (Google Benchmark's convention).
 * @pattern: NULL or "": everything.
 * @err: one line when the expression is bad.
 * Return: 0; -EINVAL. Release with case_filter_free() after success.
 */
int case_filter_compile(struct case_filter *f, const char *pattern, char *err, size_t err_len);

bool case_filter_matches(const struct case_filter *f, const char *name);

void case_filter_free(struct case_filter *f);

#endif
