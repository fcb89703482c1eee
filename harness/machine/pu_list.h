/*
 * pu_list.h - lists of PU numbers as text: "0-3,8". The one reader and writer of that form, for
 * $CONCBENCH_ALLOWED, --allowed and list: placements.
 */
#ifndef CONCBENCH_PU_LIST_H
#define CONCBENCH_PU_LIST_H

#include <stddef.h>

/* More than any machine has; bounds the cost of "0-4294967295". */
#define PU_LIST_INDEX_MAX 65535

/**
 * pu_list_parse() - numbers and ascending ranges, separated by commas; no blanks, order kept,
 * duplicates kept.
 * @max: the most entries accepted.
 * @out: [@count] on success, to be released with free(); untouched on error.
 * @err: one line on failure, naming the text; may be NULL when @err_len is 0.
 *
 * Return: 0; -EINVAL; -ENOMEM.
 */
int pu_list_parse(
    const char *text, size_t max, unsigned **out, size_t *count, char *err, size_t err_len);

/**
 * pu_list_format() - the shortest such text: runs of consecutive numbers become ranges.
 * Return: text to be released with free(), "" for an empty list; NULL without memory.
 */
char *pu_list_format(const unsigned *pus, size_t count);

#endif
